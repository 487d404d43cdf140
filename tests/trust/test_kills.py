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
from tests.trust.server import PASSWORD, environment, manage, scratch_database, wait_for
from tests.trust.writers import WHOLE, saved

pytestmark = pytest.mark.trust
KILLS, AT_ONCE = 200, 3


def test_two_hundred_kills_leave_nothing_partial_and_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(20_240_101)  # noqa: S311
    with scratch_database(tmp_path) as url:
        manage(url, "migrate", "--no-input")
        manage(url, "setup_demo", DEMO_PASSWORD=PASSWORD)
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tests.trust.writer", "--for", str(tmp_path)],
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
                    told = tmp_path / f"writer{number}.told"
                    nursery.stdin.write(f"writer{number}\n".encode())
                    nursery.stdin.flush()
                    alive.append(int(nursery.stdout.readline()))
                    wait_for(lambda told=told: told.exists() and told.stat().st_size, f"writer {number}")
                    # Others write meanwhile, so that what is killed holds locks and awaits them.
                    if len(alive) == AT_ONCE:
                        time.sleep(chance.uniform(0, 0.05))
                        os.kill(
                            alive.pop(chance.randrange(AT_ONCE)), signal.SIGKILL
                        )  # fails if it gave up by itself
            finally:
                for victim in alive:
                    os.kill(victim, signal.SIGKILL)
                nursery.stdin.close()
        acknowledged = [
            slug
            for path in tmp_path.glob("writer*.told")
            for slug in path.read_text("ascii").split("\n")[:-1]
        ]
        found = saved(url)
        assert set(acknowledged) - set(found) == set()
        assert {slug: parts for slug, parts in found.items() if parts != WHOLE} == {}
        assert len(acknowledged) > KILLS
        if url.startswith("sqlite"):
            with sqlite3.connect(tmp_path / "db.sqlite3") as looked:
                assert looked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert looked.execute("PRAGMA foreign_key_check").fetchall() == []
