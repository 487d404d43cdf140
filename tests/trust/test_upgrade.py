"""What any release wrote is brought to the present, and nothing of it is lost (see `keep_release`)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from careertrack.backups import BY_MIGRATIONS, SESSIONS
from records.models import Account
from tests.careertrack.test_archives import bring_in, facts
from tests.trust.keep_release import RELEASES
from tests.trust.server import manage, scratch_database, serving
from tests.trust.test_restore_drill import counts

KEPT = sorted(RELEASES.iterdir())
# What the first release knew.
KINDS = {
    f"json/{kind}.json"
    for kind in (
        *("document", "project", "engagement", "achievement", "activity", "skill", "skilluse"),
        *("metric", "measurement", "mention", "incident", "change", "settlement"),
        *("goal", "goallink", "milestone", "goalresult", "evidence", "reflection"),
    )
}
# A restore signs everybody out.
NOT_PEOPLES = SESSIONS | BY_MIGRATIONS


def _said(archive: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Every record of an archive, by its file and its place there: records stand by key."""
    with zipfile.ZipFile(archive) as files:
        return {
            (path, place): record
            for path in files.namelist()
            if path.startswith("json/")
            for place, record in enumerate(json.loads(files.read(path)))
        }


@pytest.mark.parametrize("release", KEPT, ids=[release.name for release in KEPT])
def test_database_and_archive_of_every_release_come_to_the_present(
    release: Path, owner: Account, stranger: Account, tmp_path: Path
) -> None:
    backup = release / f"{connection.vendor}.zip"
    told = json.loads(zipfile.ZipFile(backup).read("manifest.json"))["tables"]
    before = {name: table["rows"] for name, table in told.items() if name not in NOT_PEOPLES}
    assert sum(before.values()) > 800
    now = tmp_path / "now.zip"
    with scratch_database(tmp_path) as url:
        manage(url, "restore", str(backup))
        manage(url, "migrate", "--no-input")
        assert counts(url, list(before)) == before
        manage(url, "export_archive", str(now), "--owner", "demo")
        with serving(url, tmp_path) as server:
            server.sign_in("demo")
            assert server.ask("/goals/2023/").status == 200
    kept, found = _said(release / "career.zip"), _said(now)
    assert {path for path, _place in kept} >= KINDS
    for place, record in kept.items():
        assert record.items() <= found[place].items(), place
    bring_in(owner, (release / "career.zip").read_bytes())
    bring_in(stranger, now.read_bytes())
    assert facts(owner) == facts(stranger)
    assert sum(map(len, facts(owner).values())) >= len(kept)
