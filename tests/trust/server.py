"""A real server with a database of its own, to be stopped, starved and cut off.

On PostgreSQL (TEST_DATABASE_URL) the database is created for the test and dropped after it, and the server reaches
it through a relay that can be cut. On SQLite it is a file in a folder of the test's own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg

from tests.environment import ROOT

PASSWORD = "a long password of nobody"


def postgresql_url() -> str | None:
    """Of the server that the tests run on; None on SQLite."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    return url if url.startswith("postgres") else None


@contextlib.contextmanager
def scratch_database(folder: Path, *, like: str = "") -> Iterator[str]:
    """DATABASE_URL of an empty database, or of a copy of another one that nobody uses; gone afterwards."""
    url = postgresql_url()
    if url is None:
        if like:
            shutil.copy(urllib.parse.urlsplit(like).path, folder / "db.sqlite3")
        yield f"sqlite:///{folder / 'db.sqlite3'}"
        return
    name = f"ct_scratch_{secrets.token_hex(6)}"
    parts = urllib.parse.urlsplit(url)
    template = f' TEMPLATE "{urllib.parse.urlsplit(like).path[1:]}"' if like else ""
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"{template}'.encode())
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@functools.cache
def filled_database() -> str:
    """DATABASE_URL of a database with the account `demo` and its records, to be copied: filling one takes long."""
    held = contextlib.ExitStack()
    atexit.register(held.close)
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="careertrack-tests-")))
    url = held.enter_context(scratch_database(folder))
    manage(url, "migrate", "--no-input")
    manage(url, "setup_demo", DEMO_PASSWORD=PASSWORD)
    return url


@functools.cache
def _data_dir() -> Path:
    """For what the program keeps beside the database, with the static files: those are slow to collect."""
    folder = tempfile.TemporaryDirectory(prefix="careertrack-tests-")
    atexit.register(folder.cleanup)
    path = Path(folder.name)
    variables = {**environment("sqlite://:memory:"), "DATA_DIR": folder.name}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        cwd=ROOT,
        env=variables,
        check=True,
    )
    return path


def environment(database_url: str, **more: str) -> dict[str, str]:
    """Nothing of the shell's own but the way to the programs; `.env` is overruled variable by variable."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/nonexistent"),
        "LANG": "C.UTF-8",
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "HTTPS": "false",
        "DEBUG": "false",
        "DATABASE_URL": database_url,
        **more,
    }


def manage(
    database_url: str, *arguments: str, check: bool = True, **more: str
) -> subprocess.CompletedProcess[str]:
    """`python manage.py …` in a process of its own, as an operator runs it."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(database_url, **{"DATA_DIR": str(_data_dir()), **more}),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


class Relay:
    """A port that leads to another one until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.is_cut = False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection(self.target)
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        self.is_cut = True
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()


def relayed(database_url: str) -> tuple[str, Relay | None]:
    """The same database behind a relay; SQLite has nothing to cut."""
    parts = urllib.parse.urlsplit(database_url)
    if parts.scheme == "sqlite":
        return database_url, None
    relay = Relay(parts.hostname or "127.0.0.1", parts.port or 5432)
    user = f"{parts.username}{f':{parts.password}' if parts.password else ''}"
    return parts._replace(netloc=f"{user}@127.0.0.1:{relay.port}").geturl(), relay


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Server:
    """A gunicorn that answers. `log` is what it has written so far."""

    process: subprocess.Popen[bytes]
    port: int
    log_path: Path
    jar: CookieJar = field(default_factory=CookieJar)

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    def ask(self, path: str, data: dict[str, str] | None = None, **headers: str) -> Answer:
        """GET, or POST of a form with the token of the last page; redirects are followed, cookies kept."""
        body = None if data is None else urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar)
        )
        try:
            with opener.open(request, timeout=60) as response:
                return Answer(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode(), dict(error.headers))

    def post(self, page: str, path: str | None = None, **data: str) -> Answer:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.ask(page).text)
        assert found is not None
        return self.ask(path or page, {"csrfmiddlewaretoken": found[1], **data})

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        answer = self.post("/accounts/login/", login=username, password=password)
        assert "account_logout" in answer.text or "/accounts/logout/" in answer.text, answer.text

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(
            encoding="ascii"
        )
        return [int(pid) for pid in children.split()]


@contextlib.contextmanager
def serving(
    database_url: str, folder: Path, *, workers: int = 1, inside: Sequence[str] = (), **more: str
) -> Iterator[Server]:
    """`gunicorn careertrack.wsgi`, as README.md says; `inside`: the command that starts it, instead of a shell."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log_path = folder / f"server-{port}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [
                *inside,
                *(sys.executable, "-m", "gunicorn", "careertrack.wsgi"),
                *("--workers", str(workers), "--bind", f"127.0.0.1:{port}"),
            ],
            cwd=ROOT,
            env=environment(database_url, **{"DATA_DIR": str(_data_dir()), **more}),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, port, log_path)
    try:
        wait_for(lambda: _answers(server), "the server to answer", server)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, server.log
    try:
        return server.ask("/healthz").status == 200
    except OSError:
        return False


def wait_for(reached: object, what: str, server: Server | None = None, *, seconds: float = 300) -> None:
    """Until `reached()` is true; fails after so many seconds."""
    assert callable(reached)
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"waited {seconds} s for {what}\n{server.log if server else ''}"
        time.sleep(0.02)
