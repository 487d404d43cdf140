"""Loading the fictional career into an empty database: seconds from the command to its end, the start included."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.databases import ROOT, environment, migrated
from bench.results import Result

FIXTURE = "loading fixtures/career.json"


def loading_time(server: str, *, rounds: int) -> Result:
    """`server` "": SQLite. The database is emptied before each round, which does not count."""
    url = migrated("fixture", server=server)
    seconds = []
    for _ in range(rounds):
        _manage(url, "flush", "--no-input")
        began = time.perf_counter()
        loaded = _manage(url, "loaddata", "fixtures/career.json")
        seconds.append(time.perf_counter() - began)
    return Result(
        name=FIXTURE,
        database="postgresql" if server else "sqlite",
        rounds=tuple(seconds),
        goal=None,
        unit="s",
        detail=loaded.strip(),
    )


def _manage(url: str, *command: str) -> str:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(url),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
