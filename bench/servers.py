"""gunicorn as README.md says to run it, but for two plain workers: one process each for app and limit app."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import FOLDER, ROOT
from bench.results import Failed

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running gunicorn: its port and the process that started the workers."""

    port: int
    pid: int

    @property
    def workers(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def cpu_seconds(self) -> float:
        """What its workers have computed so far, whoever else keeps the machine busy."""
        return sum(_ticks(pid) for pid in self.workers) / _TICKS

    def megabytes(self) -> float:
        """Memory that the first worker keeps."""
        lines = Path(f"/proc/{self.workers[0]}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def get(self, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def _ticks(pid: int) -> int:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[11]) + int(after_name[12])


@contextmanager
def serving(project: str, environment: Mapping[str, str], *, workers: int = 2) -> Iterator[Server]:
    """`project` holds a `wsgi` module. Answers by the time it is handed out; stopped at the end."""
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        f"{project}.wsgi",
        "--no-control-socket",
        "--log-level",
        "warning",
    ]
    command += ["--workers", str(workers), "--bind", f"127.0.0.1:{port}"]
    with (FOLDER / "servers.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stderr=log)
    server = Server(port=port, pid=process.pid)
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Until it answers anything at all; asking does not count as being asked by a user."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            server.get("/no-such-page/", {"Host": "127.0.0.1"})
        except OSError:
            if process.poll() is not None:
                raise Failed("gunicorn ended before it answered: see var/bench/servers.log.") from None
            time.sleep(0.01)
        else:
            return
    raise Failed(f"gunicorn did not answer within {_PATIENCE:.0f} seconds.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
