"""What is measured, against what, and what it should reach. A new page needs one line in ROWS.

A ratio is requests per second of `subject` divided by those of `against`, so 1 is as fast and 0.5 half as fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

# As careertrack/seeding.py has it, which cannot be imported without Django; a test holds them together.
GOAL_YEAR, LAST_YEAR = 2023, 2024


class Project(StrEnum):
    """A Django project that gunicorn serves: CareerTrack, the least that answers the same question, or what a
    framework answers as it comes."""

    APP = "careertrack"
    LIMIT = "bench.limit"
    STOCK = "bench.stock.api"


class Size(StrEnum):
    """A database made by `seed_demo`: owners × measurements of each."""

    SMALL = "1x1000"
    MIDDLE = "1x100000"
    LARGE = "1x1000000"
    FEW = "10x200"
    CROWD = "10000x200"

    @property
    def owners(self) -> int:
        return int(self.partition("x")[0])

    @property
    def measurements(self) -> int:
        return int(self.partition("x")[2])


class Identity(StrEnum):
    """Who asks: a browser that is signed in as seed-1, a script with a token, or nobody."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of one project on one database. `count` times `holds` must stand in the answer (0: at least once).

    `replays` names a request of the app whose SQL statements are run as well. `follows`: the page is so many times
    `next` behind `path`.
    """

    project: Project
    size: Size
    path: str
    holds: str
    count: int = 0
    identity: Identity = Identity.SESSION
    replays: str = ""
    follows: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `goal` None: only reported. `is_quick`: also in `make bench-quick`.

    `only` names a database, "" for both.
    """

    name: str
    subject: Request
    against: Request
    goal: float | None
    is_quick: bool = True
    only: str = ""


_API_LIST = "/api/v1/measurements/?page_size=100"

# One page in 1.10 times the time of another.
SAME = round(1 / 1.10, 3)

# What a page of the app is asked for, and what it must hold: name → path, text, how often.
PAGES: dict[str, tuple[str, str, int]] = {
    "home": ("/", "<tr", 11),
    "goals of a year": (f"/goals/{GOAL_YEAR}/", '<article class="goal"', 50),
    "projects": ("/projects/", "/projects/project-", 40),
    "a project": ("/projects/project-1/", "Harbour survey", 0),
    "activities": ("/activities/", "On queues", 100),
    "search": ("/search/?q=tiles", "<mark>", 0),
    "checks": ("/checks/", "contradicts", 0),
    "a year": (f"/years/{LAST_YEAR}/", "<article", 36),
    "a metric": ("/metrics/metric-0/", "<tr", 11),  # that of a goal
    "metrics": ("/metrics/", "<tr", 41),
    "trends": ("/trends/", "<tr", 0),
    "grid of a quarter": (f"/metrics/enter/{LAST_YEAR}-Q4/", "<tr", 31),
}
ADMIN_LISTS: dict[str, tuple[str, str, int]] = {
    "admin: measurements": ("/admin/metrics/measurement/", 'name="_selected_action"', 50),
    "admin: activities": ("/admin/projects/activity/", 'name="_selected_action"', 50),
}


def page(name: str, size: Size = Size.SMALL) -> Request:
    path, holds, count = {**PAGES, **ADMIN_LISTS}[name]
    # Small careers have fewer goals, projects and activities.
    return Request(Project.APP, size, path, holds, count if size.measurements >= 1000 else 0)


def bare(replays: str = "") -> Request:
    """The goals of a year in one SQL statement and joined strings, signed in."""
    return Request(Project.LIMIT, Size.SMALL, "/goals/", "<article>", 50, replays=replays)


def _api(project: Project, size: Size = Size.SMALL) -> Request:
    return Request(project, size, _API_LIST, '"period":', 100, identity=Identity.TOKEN)


def _same(name: str, *, subject: Size, against: Size, goal: float, is_quick: bool, only: str = "") -> Row:
    return Row(
        f"{name}: {subject} / {against}", page(name, subject), page(name, against), goal, is_quick, only
    )


ROWS: tuple[Row, ...] = (
    Row("goals of a year / bare page", page("goals of a year"), bare(), 0.50),
    Row(
        "goals of a year / bare page that shows as much",
        page("goals of a year"),
        Request(Project.LIMIT, Size.SMALL, "/goals/whole/", "<article>", 50),
        None,
        is_quick=False,
    ),
    Row(
        "API, 100 measurements / bare JSON of them",
        _api(Project.APP),
        Request(Project.LIMIT, Size.SMALL, "/measurements/", '"period":', 100, identity=Identity.TOKEN),
        0.60,
    ),
    Row("API, 100 measurements / stock ModelViewSet", _api(Project.APP), _api(Project.STOCK), 2.5),
    *(
        Row(f"{name} / bare page and its SQL", page(name), bare(replays=PAGES[name][0]), 0.45)
        for name in ("home", "search", "checks", "a year", "a metric")
    ),
    *(
        _same(name, subject=subject, against=Size.SMALL, goal=SAME, is_quick=False)
        for name in PAGES
        for subject in (Size.MIDDLE, Size.LARGE)
    ),
    *(
        _same(name, subject=Size.CROWD, against=Size.FEW, goal=SAME, is_quick=False, only="postgresql")
        for name in PAGES
    ),
    *(
        _same(name, subject=Size.MIDDLE, against=Size.SMALL, goal=round(1 / 1.20, 3), is_quick=False)
        for name in ADMIN_LISTS
    ),
)

# A page far down a list and one at its beginning: name → both paths, text, how often. Of 20,000 activities there are
# 200 pages, of the checks 106 with those that agree exactly.
DEEP: dict[str, tuple[str, str, str, int]] = {
    "activities, page 200 / page 1": ("/activities/?page=200", "/activities/", "On queues", 100),
    "checks, page 50 / page 1": ("/checks/?verdict=all&page=50", "/checks/?verdict=all", "<article", 25),
    "admin: measurements, page 1,000 / page 1": (
        "/admin/metrics/measurement/?p=1000",
        "/admin/metrics/measurement/",
        'name="_selected_action"',
        50,
    ),
}


def _deep_rows() -> Iterator[Row]:
    first = _api(Project.APP, Size.MIDDLE)
    yield Row("API, page 1,000 / page 1", replace(first, follows=999), first, SAME, is_quick=False)
    for name, (deep, path, holds, count) in DEEP.items():
        first = Request(Project.APP, Size.MIDDLE, path, holds, count)
        yield Row(name, replace(first, path=deep), first, SAME, is_quick=False)


ROWS += tuple(_deep_rows())

# One request for each page on this database must not take longer, in milliseconds.
TIMED, LONGEST = Size.MIDDLE, 200.0


def timed_name(name: str) -> str:
    return f"{name} at {TIMED}: ms"


# So many people ask for all pages in turn; the slowest answers but one in a hundred take at most so many times the
# median.
USERS, WORST = 50, 10.0
BROWSED = f"{USERS} users browsing {TIMED}: p99 / median"

# SQL statements of one request, session or token and account included: name → path and the most there may be.
_MOST = {"home": 8, "goals of a year": 8, "a year": 14}
STATEMENTS: dict[str, tuple[str, int | None]] = {
    "API, 100 measurements": (_API_LIST, 3),
    **{name: (path, _MOST.get(name)) for name, (path, *_) in PAGES.items()},
}


def statements_name(name: str) -> str:
    return f"SQL statements: {name}"
