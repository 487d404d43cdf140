"""At most ten guesses an hour reach the hasher, also when processes guess at once, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.environment import ROOT

TOGETHER = 32


def test_ten_of_many_parallel_guesses_reach_the_hasher() -> None:
    """Whether the account exists or not; addresses, true and forged, change nothing."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-m", "tests.trust.guessing", str(TOGETHER), "owner", "nobody"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    exact = {"hashed": 10, "statuses": {"200": 10, "429": TOGETHER - 10}}
    assert json.loads(done.stdout.splitlines()[-1]) == {"owner": exact, "nobody": exact}
