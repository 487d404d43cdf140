from __future__ import annotations

import subprocess
from collections.abc import Iterable

import pytest

from bench.comparison import Bench
from bench.results import Failed, Result, as_text
from bench.tasks import Effort, Task, results_of, tasks


def _bench(*, server: str = "") -> Bench:
    return Bench(server=server, rounds=1, seconds=0.1)


def test_every_line_has_a_name_of_its_own() -> None:
    names = [task.name for task in tasks(_bench(), Effort(rounds=1, minutes=1))]
    assert len(set(names)) == len(names)
    for page in ("a year", "a metric"):
        assert f"{page} / bare page and its SQL" in names
        assert f"{page} at 1x100000: ms" in names
        assert f"SQL statements: {page}" in names


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(Failed("/ answered 500."), "/ answered 500.", id="said-by-the-benchmark"),
        pytest.param(KeyError(), "KeyError", id="without-words"),
        pytest.param(
            subprocess.CalledProcessError(1, ["/a/path/python", "manage.py", "migrate", "-v"]),
            "manage.py migrate ended with 1",
            id="command",
        ),
        pytest.param(
            subprocess.CalledProcessError(1, ["python"], stderr="Traceback\n  …\nno such table\n"),
            "no such table",
            id="command-that-says-why",
        ),
    ],
)
def test_what_fails_is_told_and_the_next_is_measured(error: Exception, told: str) -> None:
    def fail() -> Iterable[Result]:
        raise error

    fine = Result(name="fine", database="sqlite", rounds=(1.0,), goal=None)
    with _bench() as bench:
        (failed,) = results_of(Task("home", fail), bench)
        assert results_of(Task("fine", lambda: [fine]), bench) == [fine]
    assert (failed.name, failed.verdict, failed.failure) == ("home", "failed", told)
    assert as_text([failed, fine]).count(told) == 1
