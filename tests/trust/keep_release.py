"""Keeps what a release wrote, so that every later version proves it can read it.

    python -m tests.trust.keep_release            # SQLite, and the archive
    TEST_DATABASE_URL=postgres://… python -m tests.trust.keep_release

Writes tests/trust/releases/<version>/: a backup of a filled database of either kind and the archive of a career. Run it
when a release is made; never again for the same version after that.
"""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

from tests.environment import ROOT
from tests.trust.server import PASSWORD, manage, postgresql_url, scratch_database

RELEASES = Path(__file__).with_name("releases")
# The demo with what it has no record of; one of every kind was saved twice.
_FILL = """
from records.models import Account
from records.ownership import owner_scope
from tests.everything import OWNED_MODELS, create_one
owner = Account.objects.get(username="demo")
with owner_scope(owner):
    for model in OWNED_MODELS:
        (model.objects.first() or create_one(model, owner=owner)).save()
"""


def keep(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    backup = folder / ("postgresql.zip" if postgresql_url() else "sqlite.zip")
    archive = folder / "career.zip"
    for path in (backup, archive):
        path.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as scratch, scratch_database(Path(scratch)) as url:
        manage(url, "migrate", "--no-input")
        manage(url, "setup_demo", DEMO_PASSWORD=PASSWORD)
        manage(url, "shell", "--no-imports", "-c", _FILL)
        manage(url, "backup", str(backup))
        manage(url, "export_archive", str(archive), "--owner", "demo")


if __name__ == "__main__":
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    keep(RELEASES / version)
