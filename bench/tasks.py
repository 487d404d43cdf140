"""Everything that is measured, in the order it is told, and what happens to the rest if one thing fails."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bench.bulk import BULK, bulk_speed
from bench.comparison import Bench
from bench.fixture import FIXTURE, loading_time
from bench.importing import IMPORT, import_speed
from bench.results import Result
from bench.rows import BROWSED, PAGES, ROWS, STATEMENTS, statements_name, timed_name
from bench.startup import START_AND_MEMORY, start_and_memory


@dataclass(frozen=True, slots=True)
class Task:
    """One or more lines of the table. `is_quick`: also in `make bench-quick`. `only` names a database, "" for both."""

    name: str
    run: Callable[[], Iterable[Result]]
    is_quick: bool = True
    only: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure what has no rounds of `Bench`."""

    rounds: int
    minutes: float


def tasks(bench: Bench, effort: Effort) -> Iterator[Task]:
    for row in ROWS:
        yield Task(row.name, lambda row=row: [bench.measured(row)], row.is_quick, row.only)  # type: ignore[misc]
    for name in PAGES:
        yield Task(timed_name(name), lambda name=name: [bench.timed(name)], is_quick=False)  # type: ignore[misc]
    yield Task(BROWSED, lambda: [bench.browsed(minutes=effort.minutes)])
    yield Task(IMPORT, lambda: [import_speed(bench.server, rounds=effort.rounds)], is_quick=False)
    yield Task(FIXTURE, lambda: [loading_time(bench.server, rounds=effort.rounds)], is_quick=False)
    yield Task(BULK, lambda: [bulk_speed(bench.server, rounds=effort.rounds)], is_quick=False)
    for name in STATEMENTS:
        yield Task(statements_name(name), lambda name=name: [bench.statements(name)])  # type: ignore[misc]
    yield Task(
        START_AND_MEMORY,
        lambda: start_and_memory(bench.url_of_smallest(), bench.database, rounds=effort.rounds),
    )


def results_of(task: Task, bench: Bench) -> list[Result]:
    """A line that says why, where it fails: an hour of other lines is not lost with it."""
    try:
        return list(task.run())
    except Exception as error:
        bench.start_anew()
        return [Result(name=task.name, database=bench.database, rounds=(), goal=None, failure=_told(error))]


def _told(error: Exception) -> str:
    """In one line, and without the paths of this machine that a command is made of."""
    lines = str(error).splitlines()
    if isinstance(error, subprocess.CalledProcessError):
        lines = str(error.stderr or "").strip().splitlines()[-1:]
        lines = lines or [f"{' '.join(error.cmd[1:3])} ended with {error.returncode}"]
    return lines[0] if lines else type(error).__name__
