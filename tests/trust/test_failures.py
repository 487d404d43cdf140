"""A real server loses its database, its disk and its processes, and works again by itself."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.trust.server import (
    PASSWORD,
    Relay,
    Server,
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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    with scratch_database(tmp_path) as url:
        manage(url, "migrate", "--no-input")
        manage(url, "setup_demo", DEMO_PASSWORD=PASSWORD)
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
    connection.cut()
    answer = server.ask(GOAL, Accept_Language="ko")
    assert answer.status == 503
    assert '<html lang="ko">' in answer.text
    assert server.ask("/healthz").status == 200
    assert server.ask("/readyz").status == 503
    problem = server.ask("/api/v1/checks/")
    assert problem.status == 503
    assert json.loads(problem.text)["status"] == 503
    connection.mend()
    wait_for(lambda: server.ask("/readyz").status == 200, "the server to come back", server)
    assert server.ask(GOAL).status == 200


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
    path.rename(tmp_path / "away")
    path.mkdir()  # or SQLite would make an empty one
    assert server.ask(GOAL).status == 503
    assert server.ask("/readyz").status == 503
    assert server.ask("/healthz").status == 200
    path.rmdir()
    (tmp_path / "away").rename(path)
    assert server.ask("/readyz").status == 200
    assert server.ask(GOAL).status == 200


@only_sqlite
def test_a_full_disk_loses_nothing_and_passes(server: Server, tmp_path: Path) -> None:
    document = {"year": "1999", "title": "Long", "language": "ko", "body": "가" * 19_000}
    page = "/admin/records/document/add/"
    (worker,) = server.workers()
    before, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    # Room for what SQLite needs to read, but no file grows beyond it: writing ends as on a full disk.
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (65_536, hard))
    assert server.post(page, **document).status == 503
    assert server.ask(GOAL).status == 200
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (before, hard))
    with sqlite3.connect(tmp_path / "db.sqlite3") as looked:
        assert looked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert looked.execute("SELECT count(*) FROM records_document WHERE year = 1999").fetchone() == (0,)
    assert server.post(page, **document).status == 200  # after the redirect to the list
    with sqlite3.connect(tmp_path / "db.sqlite3") as looked:
        assert looked.execute("SELECT count(*) FROM records_document WHERE year = 1999").fetchone() == (1,)


def test_a_killed_worker_is_replaced(server: Server) -> None:
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: server.workers() not in ([], [worker]), "another worker", server)
    wait_for(lambda: _is_up(server), "the server to answer", server)
    assert server.ask(GOAL).status == 200


def _is_up(server: Server) -> bool:
    try:
        return server.ask("/readyz").status == 200
    except OSError:
        return False


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
