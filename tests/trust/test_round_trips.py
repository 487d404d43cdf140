"""Generated careers travel as archives between two databases: the one of this run and a file of SQLite.

With TEST_DATABASE_URL that is PostgreSQL to SQLite and back.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from careertrack.archives import write_archive
from records.merging import apply, in_dependency_order, is_mergeable, plan_rows
from records.models import Account
from records.ownership import owner_scope
from tests.careertrack.test_archives import bring_in, facts
from tests.everything import OWNED_MODELS
from tests.records.generated import Maker
from tests.trust.server import manage

# Committed, as imports are: in one transaction PostgreSQL would hold every record against all that were wiped before.
pytestmark = [pytest.mark.trust, pytest.mark.django_db(transaction=True)]
MODELS = in_dependency_order(model for model in OWNED_MODELS if is_mergeable(model))
CAREERS, EACH = 10, 100
# In the zone of somebody else, and through both commands.
_THERE = """
import sys
from pathlib import Path
from django.core.management import call_command
from records.models import Account
folder = Path({folder!r})
for path in sorted(folder.glob("here-*.zip")):
    name = path.stem
    Account.objects.create_user(username=name)
    call_command("import_archive", str(path), "--owner", name)
    call_command("export_archive", str(folder / f"there-{{name}}.zip"), "--owner", name)
"""


def test_a_thousand_generated_records_of_each_model_travel_between_databases(
    owner: Account, tmp_path: Path
) -> None:
    made = dict.fromkeys(MODELS, 0)
    batches = {}
    with owner_scope(owner):
        makers = {model: Maker(model, owner=owner) for model in MODELS}
        for model in MODELS:
            batches[model] = list(makers[model].batches(CAREERS * EACH))
    there = f"sqlite:///{tmp_path / 'there.sqlite3'}"
    parents = owner_archive(owner)
    told = []
    for career in range(max(map(len, batches.values()))):
        writer = _nobody_yet(f"writer-{career:02}")
        bring_in(writer, parents)
        with owner_scope(writer):
            for model in MODELS:
                if career < len(batches[model]):
                    rows = batches[model][career]
                    plan = plan_rows(model, rows)
                    assert plan.problems == ()
                    apply(plan, by=writer, reason="Made")
                    made[model] += len(rows)
        (tmp_path / f"here-{career:02}.zip").write_bytes(owner_archive(writer))
        told.append(facts(writer))
    assert min(made.values()) >= CAREERS * EACH
    manage(there, "migrate", "--no-input")
    manage(
        there,
        "shell",
        "--no-imports",
        "-c",
        _THERE.format(folder=str(tmp_path)),
        TIME_ZONE="America/New_York",
    )
    for career, expected in enumerate(told):
        came = (tmp_path / f"there-here-{career:02}.zip").read_bytes()
        assert came == (tmp_path / f"here-{career:02}.zip").read_bytes()
        reader = _nobody_yet(f"reader-{career:02}")
        bring_in(reader, came)
        assert facts(reader) == expected


def _nobody_yet(name: str) -> Account:
    """An account of its own for every career: emptying one costs more than filling it, as history is kept."""
    return Account.objects.create_user(username=name)


def owner_archive(owner: Account) -> bytes:
    with owner_scope(owner):
        return write_archive()


def test_the_demo_travels_between_databases(owner: Account, tmp_path: Path) -> None:
    there = f"sqlite:///{tmp_path / 'there.sqlite3'}"
    manage(there, "migrate", "--no-input")
    manage(there, "setup_demo", DEMO_PASSWORD="a long password of nobody")
    manage(there, "export_archive", str(tmp_path / "demo.zip"), "--owner", "demo", TIME_ZONE="UTC")
    body = (tmp_path / "demo.zip").read_bytes()
    bring_in(owner, body)
    assert owner_archive(owner) == body
