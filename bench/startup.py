"""From the command to the first answer, and what a worker keeps, against a bare Django + DRF + admin project."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from bench.databases import environment
from bench.results import Failed, Result
from bench.servers import serving

# The first page anybody is shown, and how often it is asked for before memory is looked at.
_PAGES = {"careertrack": "/accounts/login/", "bench.stock": "/admin/login/"}
_REQUESTS = 20
START_AND_MEMORY = "start to first answer, memory of a worker / bare project"


def start_and_memory(url: str, database: str, *, rounds: int) -> Iterator[Result]:
    """Goals: within 1.5 and 1.4 times those of the bare project. The first round, which compiles, does not count."""
    seconds: dict[str, list[float]] = {project: [] for project in _PAGES}
    megabytes: dict[str, list[float]] = {project: [] for project in _PAGES}
    for each in range(rounds + 1):
        for project, page in _PAGES.items():
            begun = time.perf_counter()
            with serving(project, environment(url), workers=1) as server:
                for number in range(_REQUESTS):
                    status, _body = server.get(page, {"Host": "127.0.0.1"})
                    if status != 200:
                        raise Failed(f"{project} answered {status} to {page}.")
                    if each and not number:
                        seconds[project].append(time.perf_counter() - begun)
                if each:
                    megabytes[project].append(server.megabytes())
    for name, found, unit, goal in (
        ("start to first answer", seconds, "s", 1.5),
        ("memory of a worker", megabytes, "MB", 1.4),
    ):
        ours, bare = found.values()
        yield Result(
            name=f"{name} / bare project",
            database=database,
            rounds=tuple(mine / other for mine, other in zip(ours, bare, strict=True)),
            goal=goal,
            is_at_most=True,
            detail=f"{median(ours):.2f} {unit} against {median(bare):.2f} {unit}",
        )
