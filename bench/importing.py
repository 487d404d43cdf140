"""Importing 10,000 rows, against a stock ModelResource of django-import-export that keeps validation and history.

`python -m bench.importing ROUNDS` measures, in a process with the app's settings and a database of its own, and answers
with one line of JSON: for every round rows per second, ours and the stock way's, by the clock and by computing time.
Both show a preview first, as on the page, and then write. The stock way takes a tenth of the rows, as every row costs
it the same, and answers for as many as it took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.databases import ROOT, environment, migrated
from bench.figures import NOTE, figures, make_metrics, take_away, timed
from bench.results import Result

ROWS, STOCK_ROWS = 10_000, 1_000
IMPORT, GOAL = "import of 10,000 rows / stock ModelResource", 10.0


def import_speed(server: str, *, rounds: int) -> Result:
    """`server` "": SQLite."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.importing", str(rounds)],
        cwd=ROOT,
        env=environment(migrated("importing", server=server)),
        check=True,
        capture_output=True,
        text=True,
    )
    pairs = json.loads(answer.stdout)
    ours, stock = (median(pair[side]["rate"] for pair in pairs) for side in ("ours", "stock"))
    return Result(
        name=IMPORT,
        database="postgresql" if server else "sqlite",
        rounds=tuple(pair["ours"]["rate"] / pair["stock"]["rate"] for pair in pairs),
        goal=GOAL,
        cpu=median(pair["ours"]["cpu"] / pair["stock"]["cpu"] for pair in pairs),
        detail=f"{ours:.0f} rows/s against {stock:.0f}",
    )


def table(rows: int) -> str:
    """So many figures, as somebody would keep them."""
    lines = (f"{metric},{month},{value},exactly,{NOTE}" for metric, month, value in figures(rows))
    return "metric,period,value,qualifier,note\n" + "\n".join(lines) + "\n"


def measure(rounds: int) -> Iterator[dict[str, Any]]:
    """One pair after another, after one that does not count."""
    from metrics.models import Measurement
    from records.models import Account, Upload
    from records.ownership import owner_scope

    owner, _is_new = Account.objects.get_or_create(username="importer")
    with owner_scope(owner):
        make_metrics(owner)
        for number in range(rounds + 1):
            pair = {}
            for name, work, rows in (("ours", _ours, ROWS), ("stock", _stock, STOCK_ROWS)):
                text = table(rows)
                pair[name] = timed(lambda work=work, text=text: work(text, owner), rows)  # type: ignore[misc]
                assert Measurement.history.count() == rows  # noqa: S101
                take_away(rows)
                Upload.objects.remove()
            if number:
                yield pair


def _ours(text: str, owner: Any) -> None:  # noqa: ANN401
    from django.utils import timezone

    from careertrack.importing import apply_upload, plan_upload, preview
    from records.models import Upload

    now = timezone.now()
    upload = Upload.keep(
        owner=owner, filename="a.csv", model_name="measurement", year=None, body=text.encode(), now=now
    )
    shown = preview(plan_upload(upload), show="", page=None)
    assert shown.can_apply  # noqa: S101
    apply_upload(upload, by=owner, digest=shown.digest, now=now)


def _stock(text: str, owner: Any) -> None:  # noqa: ANN401
    import tablib
    from import_export import fields, resources, widgets

    from metrics.models import Measurement, Metric

    class StockResource(resources.ModelResource):
        metric = fields.Field(
            attribute="metric", column_name="metric", widget=widgets.ForeignKeyWidget(Metric, "slug")
        )

        class Meta:
            model = Measurement
            fields = ("metric", "period", "value", "qualifier", "note")
            import_id_fields = ("metric", "period")
            clean_model_instances = True
            skip_unchanged = True
            report_skipped = True

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:  # noqa: ANN401
            instance.owner = owner

        def init_instance(self, row: Any = None) -> Any:  # noqa: ANN401
            return Measurement(owner=owner)

    for is_preview in (True, False):
        found = StockResource().import_data(
            tablib.Dataset().load(text, format="csv"),
            dry_run=is_preview,
            raise_errors=True,
            use_transactions=True,
        )
        assert not found.has_validation_errors()  # noqa: S101


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "careertrack.settings"
    import django

    django.setup()
    sys.stdout.write(json.dumps(list(measure(int(sys.argv[1])))))
