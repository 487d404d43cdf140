"""An import that the disk or the database ends in the middle: nothing of it is there, and it says why."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.environment import ROOT
from tests.trust.server import environment, filled_database, manage, postgresql_url, relayed, scratch_database

pytestmark = pytest.mark.trust
ROWS = 20_000
only_sqlite = pytest.mark.skipif(postgresql_url() is not None, reason="a file of SQLite")
only_postgresql = pytest.mark.skipif(postgresql_url() is None, reason="a connection to PostgreSQL")


def _table(folder: Path) -> Path:
    path = folder / "projects.csv"
    rows = (f"Project {number},project-{number},{'가' * 100}\n" for number in range(ROWS))
    path.write_text("name,slug,note\n" + "".join(rows), encoding="utf-8")
    return path


def _import(url: str, path: Path) -> list[str]:
    return [sys.executable, "manage.py", "import_table", str(path), "--owner", "demo", "--model", "project"]


def _count(url: str, table: str) -> int:
    question = f"SELECT count(*) FROM {table}"  # noqa: S608  # one of ours
    if url.startswith("sqlite"):
        with sqlite3.connect(urllib.parse.urlsplit(url).path) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return int(database.execute(question).fetchone()[0])
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return int(row[0])


def _counts(url: str) -> tuple[int, int]:
    return _count(url, "projects_project"), _count(url, "projects_historicalproject")


def _ends_for_want_of_room(url: str, path: Path, *, begins: Callable[[], None] | None = None) -> None:
    """`begins` runs in the process of the import before it does."""
    done = subprocess.run(  # noqa: S603
        _import(url, path),
        cwd=ROOT,
        env=environment(url),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=begins,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "CommandError: Nothing was imported: the disk is full." in done.stderr
    assert "Traceback" not in done.stderr


@only_sqlite
@pytest.mark.parametrize("room", [200_000, 1_000_000, 3_000_000], ids="{} bytes".format)
def test_a_disk_that_fills_up_in_an_import_leaves_nothing_of_it(room: int, tmp_path: Path) -> None:
    with scratch_database(tmp_path, like=filled_database()) as url:
        before, path = _counts(url), _table(tmp_path)

        def no_room() -> None:
            # No file grows beyond it, the journal of the database least of all: as on a full disk.
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

        _ends_for_want_of_room(url, path, begins=no_room)
        assert _counts(url) == before
        manage(url, "import_table", str(path), "--owner", "demo", "--model", "project")
        assert _counts(url) == (before[0] + ROWS, before[1] + ROWS)


# What the server says of a full disk, at one row of the table: a trigger, as the disk is the server's.
_FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.slug = '{slug}' THEN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON projects_project FOR EACH ROW EXECUTE FUNCTION no_room();
"""


@only_postgresql
@pytest.mark.parametrize("slug", ["project-0", "project-9999", f"project-{ROWS - 1}"])
def test_a_server_without_room_leaves_nothing_of_an_import(slug: str, tmp_path: Path) -> None:
    with scratch_database(tmp_path, like=filled_database()) as url:
        before, path = _counts(url), _table(tmp_path)
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(_FULL.format(slug=slug).encode())
        _ends_for_want_of_room(url, path)
        assert _counts(url) == before
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("DROP TRIGGER no_room ON projects_project")
        manage(url, "import_table", str(path), "--owner", "demo", "--model", "project")
        assert _counts(url) == (before[0] + ROWS, before[1] + ROWS)


@only_postgresql
@pytest.mark.parametrize("after", [0.1, 0.5, 1.0], ids="{} s after its first write".format)
def test_a_connection_cut_in_an_import_leaves_nothing_of_it(after: float, tmp_path: Path) -> None:
    with scratch_database(tmp_path, like=filled_database()) as direct:
        before, path = _counts(direct), _table(tmp_path)
        url, relay = relayed(direct)
        assert relay is not None
        try:
            process = subprocess.Popen(  # noqa: S603
                _import(url, path), cwd=ROOT, env=environment(url), stderr=subprocess.PIPE, text=True
            )
            threading.Thread(target=_cut_once_it_writes, args=(direct, relay, after), daemon=True).start()
            _out, told = process.communicate(timeout=300)
        finally:
            relay.close()
        assert process.returncode == 1, told
        assert "Nothing was imported: the database does not answer or lost the connection." in told
        assert "Traceback" not in told
        assert _counts(direct) == before
        manage(direct, "import_table", str(path), "--owner", "demo", "--model", "project")
        assert _counts(direct) == (before[0] + ROWS, before[1] + ROWS)


def _cut_once_it_writes(direct: str, relay: object, after: float) -> None:
    question = (
        "SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
        "WHERE relname = 'projects_project' AND mode = 'RowExclusiveLock'"
    )
    with psycopg.connect(direct, autocommit=True) as looking:
        while not looking.execute(question.encode()).fetchone()[0]:  # type: ignore[index]
            time.sleep(0.01)
    time.sleep(after)
    relay.cut()  # type: ignore[attr-defined]
