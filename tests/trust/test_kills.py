"""kill -9 at random moments of writing: nothing partial, nothing lost that was said to be saved."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.environment import ROOT
from tests.trust.importer import ROWS
from tests.trust.server import environment, filled_database, scratch_database, wait_for
from tests.trust.writers import WHOLE, imported, saved

pytestmark = pytest.mark.trust
KILLS, AT_ONCE = 200, 3


def _kill_two_hundred(url: str, folder: Path, *command: str, longest: float) -> list[str]:
    """Starts one process after another and kills them at random moments; what they had told before."""
    chance = random.Random(20_240_101)  # noqa: S311
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment(url),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        alive: list[int] = []
        try:
            for number in range(KILLS):
                told = folder / f"writer{number}.told"
                nursery.stdin.write(f"writer{number}\n".encode())
                nursery.stdin.flush()
                alive.append(int(nursery.stdout.readline()))
                wait_for(lambda told=told: told.exists() and told.stat().st_size, f"writer {number}")
                # Others write meanwhile, so that what is killed holds locks and awaits them.
                if len(alive) == AT_ONCE:
                    time.sleep(chance.uniform(0, longest))
                    os.kill(
                        alive.pop(chance.randrange(AT_ONCE)), signal.SIGKILL
                    )  # fails if it gave up by itself
        finally:
            for victim in alive:
                os.kill(victim, signal.SIGKILL)
            nursery.stdin.close()
    return [name for path in folder.glob("writer*.told") for name in path.read_text("ascii").split("\n")[:-1]]


def _is_sound(url: str, folder: Path) -> None:
    if url.startswith("sqlite"):
        with sqlite3.connect(folder / "db.sqlite3") as looked:
            assert looked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert looked.execute("PRAGMA foreign_key_check").fetchall() == []


def test_two_hundred_kills_leave_nothing_partial_and_lose_nothing(tmp_path: Path) -> None:
    with scratch_database(tmp_path, like=filled_database()) as url:
        writer = ("tests.trust.writer", "--for", str(tmp_path))
        acknowledged = _kill_two_hundred(url, tmp_path, *writer, longest=0.05)
        found = saved(url)
        assert set(acknowledged) - set(found) == set()
        assert {slug: parts for slug, parts in found.items() if parts != WHOLE} == {}
        assert len(acknowledged) > KILLS
        _is_sound(url, tmp_path)


def test_two_hundred_kills_of_imports_leave_whole_tables_and_lose_none(tmp_path: Path) -> None:
    with scratch_database(tmp_path, like=filled_database()) as url:
        importer = ("tests.trust.importer", str(tmp_path))
        acknowledged = _kill_two_hundred(url, tmp_path, *importer, longest=0.15)
        found = imported(url)
        assert set(acknowledged) - set(found) == set()
        # Records, their history, and the receipt by which it can be undone.
        assert {name: parts for name, parts in found.items() if parts != (ROWS, ROWS, 1)} == {}
        assert len(acknowledged) >= KILLS
        _is_sound(url, tmp_path)
