"""Made-up careers of any size, the same ones every time: for the benchmark and for trying things out.

What the pages show of a career (goals, their quarters, evidence, figures nobody asked for) is the same from 1,000
measurements on; beyond that it has more metrics, followed monthly for every project, and more activities. So a page
that gets slower with the number of measurements is slow because of what it does not show.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from django.db import models, transaction

from goals.evaluation import Aim, Verdict
from goals.models import Evidence, Goal, GoalLink, GoalResult, Reflection
from metrics.aggregation import Aggregation
from metrics.models import Change, Measurement, Metric
from metrics.units import Direction, Unit
from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.models import Account, Document, Owned
from records.periods import Period, Precision

FIRST_YEAR, LAST_YEAR = 2015, 2024
# The year whose goals stand beside the results of the last one.
GOAL_YEAR = LAST_YEAR - 1
_YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
_MOMENT = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_KEPT = {"created_at": _MOMENT, "updated_at": _MOMENT}
_CHUNK = 10_000
_UNITS = (Unit.PERCENT, Unit.COUNT, Unit.MINUTE, Unit.DAY)
_AIMS = (Aim.AT_LEAST, Aim.AT_MOST, Aim.IMPROVE, Aim.KEEP, Aim.BETWEEN)
AnyRecord = TypeVar("AnyRecord", bound=Owned)


@dataclass(frozen=True, slots=True)
class Career:
    """How much of everything a career of so many measurements has."""

    measurements: int

    @property
    def projects(self) -> int:
        return min(max(self.measurements // 25, 1), 40)

    @property
    def goals(self) -> int:
        """Those of GOAL_YEAR, each with a metric of its own that is measured in eight quarters."""
        return min(max(self.measurements // 20, 1), 50)

    @property
    def unasked(self) -> int:
        """Metrics that no goal names, with a figure of the whole last year."""
        return min(max(self.measurements // 10, 1), 100)

    @property
    def monthly(self) -> int:
        """Of these metrics, how many the second project has a figure of for each month of the last year."""
        return self.unasked // 4 if self.projects > 1 else 0

    @property
    def activities(self) -> int:
        return max(self.measurements // 5, 1)


def seed(
    *, owners: int, measurements: int, password: str = "", progress: Callable[[int, int], None]
) -> Counter[str]:
    """Accounts `seed-1`, `seed-2`, … with so many measurements each. Returns the number of records by model.

    Past `save` and the history, in transactions of some thousand rows. `password` is as stored, "" for none.
    `progress` hears how many measurements of how many there are. Raises IntegrityError if such an account exists.
    """
    career = Career(measurements)
    made: Counter[str] = Counter()
    at_once = max(_CHUNK // measurements, 1)
    for first in range(1, owners + 1, at_once):
        names = [f"seed-{number}" for number in range(first, min(first + at_once, owners + 1))]
        with transaction.atomic():
            accounts = Account.objects.bulk_create(
                Account(username=name, password=password or "!", date_joined=_MOMENT) for name in names
            )
            made["Account"] += len(accounts)
            before = made["Measurement"]
            for _ in _Seeder(career, accounts, made).run():
                progress(made["Measurement"], owners * measurements)
            assert made["Measurement"] - before == len(accounts) * measurements  # noqa: S101
    return made


class _Seeder:
    """The records of some accounts, written model by model: parents before what refers to them."""

    def __init__(self, career: Career, accounts: Sequence[Account], made: Counter[str]) -> None:
        self.career = career
        self.accounts = accounts
        self.made = made

    def run(self) -> Iterator[None]:
        """Yields after every few thousand measurements."""
        self.documents = self._each(Document, self._documents)
        self.projects = self._each(Project, self._projects)
        self.metrics = self._each(Metric, self._metrics)
        self.achievements = self._each(Achievement, self._achievements)
        self.goals = self._each(Goal, self._goals)
        self.engagements = self._each(Engagement, self._engagements)
        self.skills = self._each(Skill, self._skills)
        for model, rows in (
            (GoalResult, self._results),
            (Evidence, self._evidence),
            (GoalLink, self._links),
            (Reflection, self._reflections),
            (Change, self._changes),
            (SkillUse, self._skill_uses),
        ):
            self._each(model, rows)
        for many in (self._activities, self._measurements):
            everybodys: Iterator[Owned] = (row for account in self.accounts for row in many(account))
            while chunk := list(islice(everybodys, _CHUNK)):
                self._write(type(chunk[0]), chunk)
                yield

    def _each(
        self, model: type[AnyRecord], rows: Callable[[Account], Iterable[AnyRecord]]
    ) -> dict[int, list[AnyRecord]]:
        """The records of each account by its id, stored."""
        found = {account.pk: list(rows(account)) for account in self.accounts}
        self._write(model, [row for of_one in found.values() for row in of_one])
        return found

    def _write(self, model: type[models.Model], rows: list[Any]) -> None:
        model._default_manager.bulk_create(rows)
        self.made[model.__name__] += len(rows)

    def _common(self, account: Account, year: int = LAST_YEAR, line: int = 1) -> dict[str, Any]:
        """The fields of every record: whose it is and where it stands."""
        document = self.documents[account.pk][year - FIRST_YEAR]
        return {"owner": account, "source": document, "source_lines": str(line), **_KEPT}

    def _documents(self, account: Account) -> Iterator[Document]:
        for year in _YEARS:
            yield Document(
                owner=account, year=year, title=f"Year in review {year}", language="ko-en", body="", **_KEPT
            )

    def _projects(self, account: Account) -> Iterator[Project]:
        for number in range(self.career.projects):
            yield Project(
                **self._common(account, FIRST_YEAR + number % len(_YEARS)),
                name=f"항만 측량 {number} Harbour survey",
                slug=f"project-{number}",
                kind=Project.Kind.values[number % len(Project.Kind.values)],
            )

    def _engagements(self, account: Account) -> Iterator[Engagement]:
        for number, project in enumerate(self.projects[account.pk]):
            for year in (FIRST_YEAR + number % 5, LAST_YEAR - number % 5):
                yield Engagement(
                    **self._common(account, year, number + 1),
                    project=project,
                    name=project.name,
                    period=Period(year),
                    starts_on=Period(year, Precision.MONTH, 1 + number % 6),
                    ends_on=Period(year, Precision.MONTH, 7 + number % 6),
                    slug=f"project-{number}-{year}",
                    role="Backend",
                    difficulty=1 + number % 5,
                )

    def _skills(self, account: Account) -> Iterator[Skill]:
        for number, kind in enumerate(Skill.Kind.values):
            yield Skill(**self._common(account), name=f"Skill {number}", slug=f"skill-{number}", kind=kind)

    def _skill_uses(self, account: Account) -> Iterator[SkillUse]:
        for skill in self.skills[account.pk]:
            for engagement in self.engagements[account.pk][:10]:
                yield SkillUse(
                    **self._common(account, engagement.period.year),
                    skill=skill,
                    period=engagement.period,
                    engagement=engagement,
                    category="Backend",
                )

    def _metrics(self, account: Account) -> Iterator[Metric]:
        career = self.career
        for number in range(career.goals + career.unasked + self._followed):
            yield Metric(
                **self._common(account),
                name=f"리드 타임 {number:05} Lead time",
                slug=f"metric-{number}",
                unit=_UNITS[number % len(_UNITS)],
                direction=(Direction.UP, Direction.DOWN)[number % 2],
                aggregation=Aggregation.MEAN,
            )

    @property
    def _followed(self) -> int:
        """How many metrics are followed for every project."""
        career = self.career
        rest = career.measurements - 8 * career.goals - career.unasked - 12 * career.monthly
        each = len(_YEARS) * (12 * (career.projects + 1) + 1) - (12 if career.monthly else 0)
        return max(-(-rest // each), 0)

    def _achievements(self, account: Account) -> Iterator[Achievement]:
        projects = self.projects[account.pk]
        for number in range(40):
            year = FIRST_YEAR + number % len(_YEARS)
            yield Achievement(
                **self._common(account, year, number + 1),
                title=f"Tiles load in {number + 1} ms",
                slug=f"achievement-{number}",
                period=Period(year),
                category=Achievement.Category.TECHNICAL,
                project=projects[number % len(projects)],
                problem="Tiles loaded slowly.",
                action="Built an index.",
                result="They do not any more.",
            )

    def _goals(self, account: Account) -> Iterator[Goal]:
        for year in range(FIRST_YEAR, GOAL_YEAR):
            for number in range(4):
                yield Goal(
                    **self._common(account, year, number + 1),
                    statement=f"Write {number + 1} articles in {year + 1}",
                    slug=f"goal-{year}-{number}",
                    kind=Goal.Kind.CONTINUOUS,
                    set_in=Period(year),
                    due=Period(year + 1),
                    aim=Aim.DO,
                )
        for number, metric in enumerate(self.metrics[account.pk][: self.career.goals]):
            aim = _AIMS[number % len(_AIMS)]
            has_target = aim in (Aim.AT_LEAST, Aim.AT_MOST, Aim.BETWEEN)
            yield Goal(
                **self._common(account, GOAL_YEAR, number + 1),
                statement=f"리드 타임을 줄인다 {number}: a shorter lead time",
                slug=f"goal-{number}",
                kind=Goal.Kind.KPI,
                set_in=Period(GOAL_YEAR),
                due=Period(LAST_YEAR),
                aim=aim,
                metric=metric,
                baseline=Decimal(40 + number),
                target=Decimal(50 + number) if has_target else None,
                upper_target=Decimal(60 + number) if aim == Aim.BETWEEN else None,
            )

    def _results(self, account: Account) -> Iterator[GoalResult]:
        for goal in self.goals[account.pk][::2]:
            yield GoalResult(
                **self._common(account, goal.due.year),
                goal=goal,
                verdict=Verdict.PARTLY,
                basis=GoalResult.Basis.JUDGED,
                reason="Three of five were done by the end of the year.",
            )

    def _evidence(self, account: Account) -> Iterator[Evidence]:
        achievements = self.achievements[account.pk]
        for number, goal in enumerate(self.goals[account.pk]):
            for position in (1, 2):
                yield Evidence(
                    **self._common(account, goal.due.year),
                    goal=goal,
                    position=position,
                    achievement=achievements[(number + position) % len(achievements)],
                )

    def _links(self, account: Account) -> Iterator[GoalLink]:
        goals = self.goals[account.pk]
        for number in range(len(goals) - 4):
            if number % 4 == 0:
                yield GoalLink(
                    **self._common(account),
                    later=goals[number + 4],
                    earlier=goals[number],
                    kind=GoalLink.Kind.CONTINUES,
                )

    def _reflections(self, account: Account) -> Iterator[Reflection]:
        for year in _YEARS:
            for number, kind in enumerate(Reflection.Kind.values):
                yield Reflection(
                    **self._common(account, year, number + 1),
                    kind=kind,
                    title=f"Smaller steps, {kind}",
                    slug=f"reflection-{year}-{number}",
                    period=Period(year),
                )

    def _changes(self, account: Account) -> Iterator[Change]:
        achievements = self.achievements[account.pk]
        for number in range(30):
            year = FIRST_YEAR + number % len(_YEARS)
            yield Change(
                **self._common(account, year, number + 1),
                achievement=achievements[number],
                subject=f"Tile time {number}",
                slug=f"change-{number}",
                before=Decimal(90),
                after=Decimal(30),
                unit=Unit.MINUTE,
                direction=Direction.DOWN,
                to_period=Period(year),
            )

    def _activities(self, account: Account) -> Iterator[Activity]:
        kinds = Activity.Kind.values
        for number in range(self.career.activities):
            year = FIRST_YEAR + number % len(_YEARS)
            yield Activity(
                **self._common(account, year, 1 + number % 999),
                title=f"On queues {number}",
                slug=f"activity-{number}",
                period=Period(year),
                kind=kinds[number // len(_YEARS) % len(kinds)],
            )

    def _measurements(self, account: Account) -> Iterator[Measurement]:
        return islice(self._every_measurement(account), self.career.measurements)

    def _every_measurement(self, account: Account) -> Iterator[Measurement]:
        """First what the pages show, then what they do not."""
        goals, unasked = self.career.goals, self.career.unasked
        metrics = self.metrics[account.pk]
        common = {year: self._common(account, year) for year in _YEARS}
        for number, metric in enumerate(metrics[:goals]):
            for year in (GOAL_YEAR, LAST_YEAR):
                for part in Period(year).quarters:
                    value = Decimal(36 + number % 20 + 4 * part.number)
                    yield Measurement(**common[year], metric=metric, period=part, value=value)
        last = Period(LAST_YEAR)
        for number, metric in enumerate(metrics[goals : goals + unasked]):
            # The very first one is not what its parts say, so that there is something to find.
            parts = {"numerator": Decimal(1), "denominator": Decimal(4)} if number == 0 else {}
            yield Measurement(**common[last.year], metric=metric, period=last, value=Decimal(70), **parts)
        # As many as the page of a project shows, and later ones than all it does not.
        shown = self.projects[account.pk][1] if self.career.monthly else None
        for metric in metrics[goals + 1 : goals + 1 + self.career.monthly]:
            for period in last.split(Precision.MONTH):
                yield Measurement(
                    **common[last.year], metric=metric, period=period, project=shown, value=Decimal(70)
                )
        for number, metric in enumerate(metrics[goals + unasked :]):
            for year in _YEARS:
                value = Decimal(5 + (7 * number + year) % 90)
                fields = {**common[year], "metric": metric, "value": value}
                months = list(Period(year).split(Precision.MONTH))
                for period in (Period(year), *months):
                    yield Measurement(**fields, period=period)
                for project in self.projects[account.pk]:
                    if project is shown and year == last.year:
                        continue
                    for period in months:
                        yield Measurement(**fields, period=period, project=project)
