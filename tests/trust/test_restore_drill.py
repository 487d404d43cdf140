"""The restore drill: a backup made while eight processes write, restored into an empty place, is whole."""

from __future__ import annotations

import json
import sqlite3
import urllib.parse
import zipfile
from pathlib import Path

import psycopg
import pytest

from tests.trust.server import filled_database, manage, scratch_database, serving, wait_for
from tests.trust.writers import WHOLE, saved, writing


def counts(database_url: str, tables: list[str]) -> dict[str, int]:
    """Asked without any code of ours."""
    questions = {name: f'SELECT count(*) FROM "{name}"' for name in tables}  # noqa: S608
    if database_url.startswith("sqlite"):
        with sqlite3.connect(urllib.parse.urlsplit(database_url).path) as database:
            return {name: database.execute(question).fetchone()[0] for name, question in questions.items()}
    with psycopg.connect(database_url) as connection:
        rows = {
            name: connection.execute(question.encode()).fetchone() for name, question in questions.items()
        }
        return {name: row[0] for name, row in rows.items() if row}


def test_a_backup_under_eight_writers_comes_back_whole(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    backup = tmp_path / "backup.zip"
    with (
        scratch_database(tmp_path / "first", like=filled_database()) as first,
        scratch_database(tmp_path / "second") as second,
    ):
        with writing(first, [f"writer{number}" for number in range(8)], tmp_path) as writers:
            wait_for(lambda: all(len(writer.acknowledged()) >= 5 for writer in writers), "eight writers")
            acknowledged = [slug for writer in writers for slug in writer.acknowledged()]
            manage(first, "backup", str(backup))
            assert sum(len(writer.acknowledged()) for writer in writers) > len(acknowledged)  # still writing
        assert backup.stat().st_mode & 0o777 == 0o600
        manage(second, "restore", str(backup))

        manifest = json.loads(zipfile.ZipFile(backup).read("manifest.json"))
        told = {name: table["rows"] for name, table in manifest["tables"].items()}
        assert counts(second, list(told)) == told
        found = saved(second)
        assert set(acknowledged) <= set(found)
        assert {slug: parts for slug, parts in found.items() if parts != WHOLE} == {}
        with serving(second, tmp_path) as server:
            server.sign_in("demo")
            assert server.ask("/goals/2023/").status == 200

        refused = manage(second, "restore", str(backup), check=False)
        assert refused.returncode == 1
        assert "not empty" in refused.stderr
        assert counts(second, ["records_account"]) == {"records_account": 1}


def test_a_restore_signs_everybody_out(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    backup = tmp_path / "backup.zip"
    sessions = ["records_session"]
    with (
        scratch_database(tmp_path / "first", like=filled_database()) as first,
        scratch_database(tmp_path / "second") as second,
    ):
        with serving(first, tmp_path) as server:
            server.sign_in("demo")
        assert counts(first, sessions) == {"records_session": 1}
        manage(first, "backup", str(backup))
        manage(second, "restore", str(backup))
        assert counts(second, sessions) == {"records_session": 0}
        assert counts(first, sessions) == {"records_session": 1}


@pytest.mark.trust
def test_a_backup_of_before_our_own_sessions_is_restored(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    backup = tmp_path / "backup.zip"
    with scratch_database(tmp_path / "first") as first, scratch_database(tmp_path / "second") as second:
        manage(first, "migrate", "records", "0003", "--no-input")
        manage(first, "migrate", "sessions", "--no-input")
        manage(first, "backup", str(backup))
        manage(second, "restore", str(backup))
        manage(second, "migrate", "--no-input")
        assert counts(second, ["records_session", "django_session"]) == {
            "records_session": 0,
            "django_session": 0,
        }
