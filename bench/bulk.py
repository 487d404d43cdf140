"""5,000 figures sent to the API at once, against `bulk_create` of the same 5,000.

Each side is a process of its own with the app's settings, on one database of its own: `python -m bench.bulk SIDE` works
once for every line of its standard input, takes away what it wrote, and answers with one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

from bench.databases import FOLDER, ROOT, environment, migrated
from bench.figures import NOTE, figures, make_metrics, take_away, timed
from bench.results import Failed, Result

BULK, GOAL = "PUT measurements/bulk/ of 5,000 / bulk_create", 0.30
_ROWS = 5_000
_SIDES = ("put", "create")


def bulk_speed(server: str, *, rounds: int) -> Result:
    """`server` "": SQLite. One pair after another, after one that does not count."""
    surroundings = environment(migrated("bulk", server=server))
    with ExitStack() as stack:
        log = stack.enter_context((FOLDER / "servers.log").open("ab"))
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "bench.bulk", side],
                    cwd=ROOT,
                    env=surroundings,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
            )
            for side in _SIDES
        ]
        pairs = [[_asked(process) for process in processes] for _ in range(rounds + 1)][1:]
    put, create = (median(pair[side]["rate"] for pair in pairs) for side in range(2))
    return Result(
        name=BULK,
        database="postgresql" if server else "sqlite",
        rounds=tuple(pair[0]["rate"] / pair[1]["rate"] for pair in pairs),
        goal=GOAL,
        cpu=median(pair[0]["cpu"] / pair[1]["cpu"] for pair in pairs),
        detail=f"{put:.0f} rows/s against {create:.0f}",
    )


def _asked(process: subprocess.Popen[str]) -> dict[str, float]:
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    process.stdin.write("\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise Failed("The process that writes figures ended: see var/bench/servers.log.")
    found: dict[str, float] = json.loads(answer)
    return found


def rows() -> list[dict[str, str]]:
    return [
        {"metric": metric, "period": month, "value": value, "note": NOTE}
        for metric, month, value in figures(_ROWS)
    ]


def _work(side: str) -> None:
    from metrics.models import Measurement
    from records.models import Account
    from records.ownership import owner_scope

    write: Callable[[], None] | None = None
    for _line in sys.stdin:
        # Not before it is asked, as the other side makes the same metrics.
        owner, _is_new = Account.objects.get_or_create(username="sender")
        write = write or _prepared(side, owner)
        took = timed(write, _ROWS)
        with owner_scope(owner):
            assert Measurement.objects.filter(value="96.5").count() == _ROWS // 97  # noqa: S101
            take_away(_ROWS)
        sys.stdout.write(json.dumps(took) + "\n")
        sys.stdout.flush()


def _prepared(side: str, owner: Any) -> Callable[[], None]:  # noqa: ANN401
    """Metrics are made if they are missing; what is measured is figures alone."""
    from records.models import ApiToken
    from records.ownership import owner_scope

    with owner_scope(owner):
        make_metrics(owner)
        ApiToken.objects.filter(name=side).delete()
        token = ApiToken.issue(owner=owner, name=side)[1]
    return _putting(token) if side == "put" else _creating(owner)


def _putting(token: str) -> Callable[[], None]:
    """Through the whole app, but for the server: the body is read, checked, written with its history."""
    from django.test import Client

    client = Client(HTTP_HOST="127.0.0.1")
    body = json.dumps({"measurements": rows()})

    def put() -> None:
        answer = client.put(
            "/api/v1/measurements/bulk/",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200, answer.content[:200]  # noqa: S101
        assert len(answer.json()["created"]) == _ROWS  # noqa: S101

    return put


def _creating(owner: Any) -> Callable[[], None]:  # noqa: ANN401
    """The same figures, made and stored; neither checked nor with history."""
    from decimal import Decimal

    from metrics.models import Measurement, Metric
    from records.ownership import owner_scope
    from records.periods import Period

    def create() -> None:
        with owner_scope(owner):
            metrics = {metric.slug: metric for metric in Metric.objects.all()}
            Measurement.objects.bulk_create(
                Measurement(
                    owner=owner,
                    metric=metrics[row["metric"]],
                    period=Period.parse(row["period"]),
                    value=Decimal(row["value"]),
                    note=row["note"],
                )
                for row in rows()
            )

    return create


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "careertrack.settings"
    import django

    django.setup()
    _work(sys.argv[1])
