"""The whole story of one project across the years: all that any document tells of it.

Projects, metrics and goals each know their part; only here do they meet. Runs inside the owner's scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, Generic, TypeVar

from django.db.models import Exists, OuterRef, Q

from goals.comparisons import Outcome, outcomes_of
from goals.grounds import join_targets
from goals.models import Evidence, Goal
from metrics.marks import Marks, find_marks
from metrics.models import Change, Incident, Measurement, Metric
from metrics.references import read_references
from projects.listings import Span, span_of
from projects.models import Achievement, Activity, Engagement, Project, SkillUse
from projects.timeline import Timeline, timeline_of, when_in_words
from records.models import Document
from records.periods import Period
from records.together import read_together

# How many of each a page lists, the latest, before it asks whether all are wanted.
LIMITS = {
    "engagements": 30,
    "achievements": 60,
    "changes": 60,
    "figures": 300,
    "incidents": 50,
    "activities": 50,
    "goals": 40,
}
SKILLS_LIMIT, CITED_LIMIT = 500, 500

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Generic[Row]):
    """Rows in the order of the page; `is_cut`: there are earlier ones than these."""

    rows: tuple[Row, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """An engagement and the skills it was told with, by heading and name."""

    engagement: Engagement
    skill_uses: tuple[SkillUse, ...]

    @property
    def when(self) -> str:
        return when_in_words(self.engagement)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOf(Generic[Row]):
    """The rows of one year, as stated periods order them."""

    year: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricLine:
    """One metric in one year: a measurement or None for each period of the table it is a line of."""

    metric: Metric
    cells: tuple[Measurement | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTable:
    """The figures of one year: periods across (the year itself first, then its parts), metrics down, by name."""

    year: int
    periods: tuple[Period, ...]
    lines: tuple[MetricLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedGoal:
    """A goal the project served. `cited`: the project's records that are its evidence; where there are none, the
    project has figures of its metric."""

    outcome: Outcome
    cited: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStory:
    """All that is told of one project, from the earliest to the latest; achievements by year.

    `timeline` None: at most one stint, without a date, so there is nothing to draw. `span` None: there is no stint, or
    not all of them are shown.
    """

    project: Project
    span: Span | None
    timeline: Timeline | None
    engagements: Shown[Stint]
    achievements: Shown[YearOf[Achievement]]
    changes: Shown[Change]
    figures: Shown[FigureTable]
    incidents: Shown[Incident]
    activities: Shown[Activity]
    goals: Shown[ServedGoal]

    @property
    def is_empty(self) -> bool:
        sections: tuple[Shown[Any], ...] = (
            self.engagements,
            self.achievements,
            self.changes,
            self.figures,
            self.incidents,
            self.activities,
            self.goals,
        )
        return not any(section.rows for section in sections)


def tell_story(*, project: Project, whole: Collection[str] = ()) -> ProjectStory:
    """The story of a project; sections named in `whole` (keys of LIMITS) are not cut.

    Queries, whatever there is to tell: stints, achievements, changes, figures, incidents, activities and goals (7);
    skills of the stints, if there are any (1); evidence and documents, what is cited, and figures of the goals, if
    there are any (3, and one more if a goal's metric was measured for projects only).
    """

    def shown(section: str, rows: Any, *joined: str) -> Shown[Any]:  # noqa: ANN401
        rows = rows.with_source(*joined).lean("source", *joined)
        if section in whole:
            return Shown(rows=tuple(rows))
        limit = LIMITS[section]
        latest = tuple(rows.reverse()[: limit + 1])
        return Shown(rows=latest[:limit][::-1], is_cut=len(latest) > limit)

    of_project = Q(project=project) | Q(engagement__project=project)
    of_achievement = Q(achievement__project=project) | Q(achievement__engagement__project=project)
    stints = Engagement.objects.filter(project=project).order_by("period", "id")
    engagements = shown("engagements", stints)
    achieved = Achievement.objects.filter(of_project).order_by("period", "id")
    achievements = shown("achievements", achieved, "engagement")
    changed = Change.objects.filter(Q(project=project) | of_achievement).order_by("to_period", "id")
    changes = shown("changes", changed, "achievement")
    measured = Measurement.objects.filter(project=project).order_by("period", "id")
    figures = shown("figures", measured, "metric", "project")
    failed = Incident.objects.filter(project=project).order_by("period", "started_at", "id")
    incidents = shown("incidents", failed)
    done = Activity.objects.filter(project=project).order_by("period", "id")
    activities = shown("activities", done)
    goals = shown("goals", _goals_served(project))
    span = span_of(engagements.rows)
    return ProjectStory(
        project=project,
        span=None if engagements.is_cut else span,
        timeline=timeline_of(engagements.rows)
        if len(engagements.rows) > 1 or (span and span.is_dated)
        else None,
        engagements=Shown(rows=tuple(_stints(engagements.rows)), is_cut=engagements.is_cut),
        achievements=Shown(rows=by_year(achievements.rows), is_cut=achievements.is_cut),
        changes=changes,
        figures=Shown(rows=figure_tables(figures.rows), is_cut=figures.is_cut),
        incidents=incidents,
        activities=activities,
        goals=Shown(rows=tuple(_served(goals.rows, project=project)), is_cut=goals.is_cut),
    )


def _stints(engagements: Sequence[Engagement]) -> Iterable[Stint]:
    if not engagements:
        return
    uses: dict[int, list[SkillUse]] = defaultdict(list)
    found = SkillUse.objects.filter(engagement__in=engagements).with_source("skill").lean("skill", "source")
    for use in found.order_by("engagement", "category", "skill__name", "id")[:SKILLS_LIMIT]:
        uses[use.engagement_id].append(use)
    for engagement in engagements:
        yield Stint(engagement=engagement, skill_uses=tuple(uses[engagement.pk]))


def _evidence_from(project: Project) -> Any:  # noqa: ANN401
    """Evidence that is a record of the project."""
    return Evidence.objects.filter(
        Q(engagement__project=project)
        | Q(achievement__project=project)
        | Q(achievement__engagement__project=project)
        | Q(activity__project=project)
        | Q(measurement__project=project)
        | Q(change__project=project)
        | Q(change__achievement__project=project)
        | Q(change__achievement__engagement__project=project)
    )


def _goals_served(project: Project) -> Any:  # noqa: ANN401
    """Goals that cite a record of the project, or whose metric was measured for it."""
    measured = Measurement.objects.filter(project=project, metric=OuterRef("metric"))
    return (
        Goal.objects.filter(Q(pk__in=_evidence_from(project).values("goal")) | Q(Exists(measured)))
        .with_results()
        .order_by("set_in", "due", "id")
    )


def _served(goals: Sequence[Goal], *, project: Project) -> Iterable[ServedGoal]:
    if not goals:
        return
    pieces, documents = read_together(
        _evidence_from(project).filter(goal__in=goals).order_by("goal", "position").lean()[:CITED_LIMIT],
        Document.objects.lean().defer("body"),
    )
    join_targets(pieces, documents=documents)
    cited: dict[int, list[Evidence]] = defaultdict(list)
    for piece in pieces:
        cited[piece.goal_id].append(piece)
    for outcome in outcomes_of(goals=goals, documents={each.year: each for each in documents}):
        yield ServedGoal(outcome=outcome, cited=tuple(cited[outcome.goal.pk]))


def by_year(rows: Iterable[Any]) -> tuple[YearOf[Any], ...]:
    """Rows with a period, grouped by its year; years and the rows within them in the order of time."""
    in_time = sorted(rows, key=lambda row: row.period)
    return tuple(
        YearOf(year=year, rows=tuple(group))
        for year, group in groupby(in_time, key=lambda row: int(row.period.year))
    )


def figure_tables(measurements: Iterable[Measurement]) -> tuple[FigureTable, ...]:
    """Measurements of one project, metrics joined, as one table per year. No query."""
    return tuple(_figure_table(year.year, year.rows) for year in by_year(measurements))


def _figure_table(year: int, measurements: Sequence[Measurement]) -> FigureTable:
    periods = tuple(sorted({row.period for row in measurements}))
    metrics: dict[int, Metric] = {row.metric_id: row.metric for row in measurements}
    cells = {(row.metric_id, row.period): row for row in measurements}
    return FigureTable(
        year=year,
        periods=periods,
        lines=tuple(
            MetricLine(metric=metric, cells=tuple(cells.get((metric.pk, period)) for period in periods))
            for metric in sorted(metrics.values(), key=lambda metric: (metric.name, metric.pk))
        ),
    )


def marks_of_story(story: ProjectStory) -> Marks:
    """The contradictions that what a project's page shows takes part in (queries: see `find_marks`)."""
    cells = (cell for table in story.figures.rows for line in table.lines for cell in line.cells)
    shown = chain(
        (cell for cell in cells if cell is not None),
        story.changes.rows,
        story.incidents.rows,
        story.activities.rows,
        (stint.engagement for stint in story.engagements.rows),
    )
    return find_marks(shown=shown, references=read_references())
