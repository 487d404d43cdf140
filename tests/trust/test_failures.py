"""A real server loses its database, its disk and its processes, and works again by itself."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import psycopg.sql
import pytest

from tests.trust.server import (
    PASSWORD,
    Relay,
    Server,
    filled_database,
    manage,
    postgresql_url,
    relayed,
    scratch_database,
    serving,
    wait_for,
)

pytestmark = pytest.mark.trust
only_sqlite = pytest.mark.skipif(postgresql_url() is not None, reason="a file of SQLite")
only_postgresql = pytest.mark.skipif(postgresql_url() is None, reason="a connection to PostgreSQL")
GOAL = "/goals/2023/g24-mttr/"
DOCUMENTS = "/admin/records/document/add/"
DOCUMENT = {"title": "Long", "language": "ko"}
SECONDS = 30


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    with scratch_database(tmp_path, like=filled_database()) as url:
        yield url


@pytest.fixture
def relay(database: str) -> Iterator[tuple[str, Relay | None]]:
    url, relay = relayed(database)
    yield url, relay
    if relay is not None:
        relay.close()


@pytest.fixture
def server(relay: tuple[str, Relay | None], tmp_path: Path) -> Iterator[Server]:
    with serving(relay[0], tmp_path) as running:
        running.sign_in("demo")
        assert running.ask(GOAL).status == 200
        yield running


@only_postgresql
def test_a_database_that_was_away_is_taken_up_again(server: Server, relay: tuple[str, Relay | None]) -> None:
    connection = relay[1]
    assert connection is not None
    assert server.post(DOCUMENTS, **DOCUMENT, year="1998").status == 200  # after the redirect to the list
    connection.cut()
    _told_for(SECONDS, server)
    connection.mend()
    _works_again(server)


@only_postgresql
def test_connections_ended_by_the_database_cost_nobody_an_error(server: Server, database: str) -> None:
    """As after a restart of PostgreSQL: the pool holds dead connections."""
    with psycopg.connect(database, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert ended
    assert server.ask(GOAL).status == 200


@only_sqlite
def test_a_database_file_that_was_away_is_taken_up_again(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    assert server.post(DOCUMENTS, **DOCUMENT, year="1998").status == 200
    path.rename(tmp_path / "away")
    path.mkdir()  # or SQLite would make an empty one
    _start_another_worker(server)  # which has no file open
    _told_for(SECONDS, server)
    path.rmdir()
    (tmp_path / "away").rename(path)
    _works_again(server)


def _told_for(seconds: int, server: Server) -> None:
    """Meanwhile every answer says what is the matter, in the language of whoever asks."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = server.ask(GOAL, Accept_Language="ko")
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "30"
        assert '<html lang="ko">' in answer.text
        assert server.ask(DOCUMENTS, dict(DOCUMENT)).status == 503
        problem = server.ask("/api/v1/checks/")
        assert (problem.status, json.loads(problem.text)["status"]) == (503, 503)
        assert server.ask("/readyz").status == 503
        assert server.ask("/healthz").status == 200
        time.sleep(1)


def _works_again(server: Server) -> None:
    """With what was saved before, and with what is saved now."""
    wait_for(lambda: server.ask("/readyz").status == 200, "the server to come back", server)
    assert server.ask(GOAL).status == 200
    assert server.post(DOCUMENTS, **DOCUMENT, year="1999").status == 200
    listed = json.loads(server.ask("/api/v1/documents/?fields=year&page_size=100").text)["results"]
    assert {row["year"] for row in listed} >= {1998, 1999}


def _start_another_worker(server: Server) -> None:
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: server.workers() not in ([], [worker]), "another worker", server)
    wait_for(lambda: _is_alive(server), "the server to answer", server)


def _is_alive(server: Server) -> bool:
    try:
        return server.ask("/healthz").status == 200
    except OSError:
        return False


@only_sqlite
def test_a_read_only_file_system_is_told_and_passes(database: str, tmp_path: Path) -> None:
    """Mounted in a name space of the server's own; whoever may not make one maps themselves to root in it."""
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = 'mount --bind "$0" "$0" && exec "$@"'
    inside = ["unshare", "--mount", *mapped, "sh", "-c", script, str(tmp_path)]
    with serving(database, tmp_path, inside=inside) as server:
        server.sign_in("demo")
        _start_another_worker(server)  # nothing is open for writing
        _remount(server, tmp_path, "ro")
        assert server.ask("/healthz").status == 200
        assert server.ask(GOAL).status == 200
        refused = server.post(DOCUMENTS, **DOCUMENT, year="1998")
        assert refused.status == 503
        assert "can only read" in refused.text
        _remount(server, tmp_path, "rw")
        _start_another_worker(server)
        assert server.post(DOCUMENTS, **DOCUMENT, year="1998").status == 200
        _works_again(server)


def _remount(server: Server, folder: Path, mode: str) -> None:
    mapped = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    command = ["nsenter", "--mount", *mapped, "--target", str(server.process.pid)]
    subprocess.run([*command, "mount", "-o", f"remount,bind,{mode}", str(folder)], check=True)  # noqa: S603


@only_postgresql
def test_a_database_that_takes_no_writes_is_told_and_passes(server: Server, database: str) -> None:
    """As a standby, or a server whose disk is read-only: it answers and refuses."""
    assert server.post(DOCUMENTS, **DOCUMENT, year="1998").status == 200
    page = server.ask(DOCUMENTS)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token is not None
    _let_write(database, "off")
    assert server.ask(GOAL).status == 200
    refused = server.ask(DOCUMENTS, {**DOCUMENT, "year": "1999", "csrfmiddlewaretoken": token[1]})
    assert refused.status == 503
    assert "can only read" in refused.text
    _let_write(database, "on")
    _works_again(server)


def _let_write(database: str, whether: str) -> None:
    """Connections that are open keep their setting: they are ended."""
    read_only = {"on": "off", "off": "on"}[whether]
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("SET default_transaction_read_only = off")
        name = psycopg.sql.Identifier(admin.info.dbname)
        setting = psycopg.sql.SQL(f"ALTER DATABASE {{}} SET default_transaction_read_only = {read_only}")
        admin.execute(setting.format(name))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@only_sqlite
def test_a_full_disk_loses_nothing_and_passes(server: Server, tmp_path: Path) -> None:
    document = {**DOCUMENT, "year": "1999", "body": "가" * 19_000}
    (worker,) = server.workers()
    before, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    # Room for what SQLite needs to read, but no file grows beyond it: writing ends as on a full disk.
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (65_536, hard))
    assert server.post(DOCUMENTS, **document).status == 503
    assert server.ask(GOAL).status == 200
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (before, hard))
    with sqlite3.connect(tmp_path / "db.sqlite3") as looked:
        assert looked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert looked.execute("SELECT count(*) FROM records_document WHERE year = 1999").fetchone() == (0,)
    assert server.post(DOCUMENTS, **document).status == 200  # after the redirect to the list
    with sqlite3.connect(tmp_path / "db.sqlite3") as looked:
        assert looked.execute("SELECT count(*) FROM records_document WHERE year = 1999").fetchone() == (1,)


def test_a_killed_worker_is_replaced(server: Server) -> None:
    _start_another_worker(server)
    assert server.ask(GOAL).status == 200


def test_the_servers_own_log_is_json_and_keeps_secrets(server: Server) -> None:
    """Of gunicorn and Django together, from start to stop, with what no framework takes for a request."""
    secret = "zqsecret"
    server.ask(f"/projects/{secret}/?q={secret}", Authorization=f"Bearer {secret}", X_Request_ID=secret * 2)
    server.ask(f"/{secret}", Referer=f"http://{secret}.example.org/")
    for text in (
        f"{secret} / HTTP/1.1\r\n\r\n",
        f"GET /{secret} HTTP/9.9\r\n\r\n",
        f"GET / HTTP/1.1\r\n{secret}\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
            raw.sendall(text.encode())
            raw.recv(4096)
    events = [json.loads(line) for line in server.log.splitlines()]
    assert {event["logger"] for event in events} >= {"careertrack.requests", "gunicorn.error"}
    assert any("Listening at" in event["event"] for event in events)
    assert all({"at", "level", "logger", "event"} <= set(event) for event in events)
    assert secret not in server.log
    assert PASSWORD not in server.log


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    told = manage("postgres://user:zqsecret@host:port/name", "check", check=False)
    assert told.returncode != 0
    assert "DATABASE_URL cannot be read" in told.stderr
    assert "zqsecret" not in told.stderr
