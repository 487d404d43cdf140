"""The page of one metric: metrics know its figures, goals what was wanted of them. Only here do they meet.

Runs inside the owner's scope.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from goals.comparisons import Outcome, outcomes_of
from goals.models import Goal
from metrics.lines import LineChart, charts_of, charts_of_projects
from metrics.marks import Marks, find_marks
from metrics.models import Incident, Measurement, Metric
from metrics.scales import Target
from metrics.series import MOST_OF_PROJECTS, MetricSeries, ProjectSeries, SeriesYear, find_series
from records.periods import Period

# How many of each a page shows, the latest, before it asks whether all are wanted.
LIMITS = {"projects": 12, "goals": 40, "incidents": 50, "years": 30}
# Of years with many figures, those of projects counted, the tables show as many as have together no more than this.
MOST_FIGURES = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTable:
    """One year of the metric by project: `periods` across, the year itself last, projects down as in the pictures.

    A cell is None where nothing was recorded.
    """

    year: int
    periods: tuple[Period, ...]
    lines: tuple[tuple[ProjectSeries, tuple[Measurement | None, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPage:
    """`years`: the latest first, as the tables tell them; the pictures show all. `projects`: those shown, each with its
    picture; `more_projects`: how many are not.

    `goals` and `incidents` are the latest, in the order of time; `has_more_…`: there are earlier ones.
    """

    metric: Metric
    series: MetricSeries
    charts: tuple[LineChart, ...]
    years: tuple[SeriesYear, ...]
    has_more_years: bool
    projects: tuple[tuple[ProjectSeries, LineChart], ...]
    more_projects: int
    tables: tuple[ProjectTable, ...]
    goals: tuple[Outcome, ...]
    has_more_goals: bool
    incidents: tuple[Incident, ...]
    has_more_incidents: bool
    marks: Marks

    @property
    def other_names(self) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, self.metric.aliases.splitlines())))

    @property
    def legend(self) -> dict[str, bool]:
        """Which signs its pictures use."""
        charts = [*self.charts, *(chart for _line, chart in self.projects)]
        kinds = {level.kind for chart in charts for level in chart.levels}
        return {
            "holes": any(chart.holes for chart in charts),
            "years": "year" in kinds,
            "targets": "target" in kinds,
            "baselines": "baseline" in kinds,
            "old": any(point.is_old for chart in charts for point in chart.points),
        }


def metric_page(*, slug: str, whole: Collection[str] = ()) -> MetricPage | None:
    """The page of the owner's metric of that slug; None if there is no such metric. `whole`: keys of LIMITS that are
    not cut.

    Queries, whatever there is to show: the series (3), goals, documents of their due years if there are any, incidents
    if the metric is about them, marks (see `find_marks`, 3 to 6 for the figures of one metric); 12 at most.
    """
    series = find_series(slug=slug, most_of_projects=None if "projects" in whole else MOST_OF_PROJECTS)
    if series is None:
        return None
    outcomes, has_more_goals = _outcomes(series, whole=whole)
    incidents, has_more_incidents = _incidents(series.metric, whole=whole)
    lines = series.projects if "projects" in whole else series.projects[: LIMITS["projects"]]
    targets = tuple(_targets(outcomes))
    years = series.years[::-1] if "years" in whole else tuple(_latest_years(series))
    since = years[-1].year if years else 0
    return MetricPage(
        metric=series.metric,
        series=series,
        charts=charts_of(series, targets=targets),
        years=years,
        has_more_years=len(years) < len(series.years),
        projects=charts_of_projects(series, lines),
        more_projects=len(series.projects) - len(lines),
        tables=tuple(_tables(lines, since=since)),
        goals=outcomes,
        has_more_goals=has_more_goals,
        incidents=incidents,
        has_more_incidents=has_more_incidents,
        marks=find_marks(
            shown=[*(row for row in series.measurements if row.period.year >= since), *incidents]
        ),
    )


def _outcomes(series: MetricSeries, *, whole: Collection[str]) -> tuple[tuple[Outcome, ...], bool]:
    """The goals that used the metric or one it supersedes, in the order they were set, with what came of them."""
    found = Goal.objects.filter(metric__in=series.definitions).with_results()
    goals, has_more = _latest(found.order_by("-set_in", "-due", "-id"), section="goals", whole=whole)
    if not goals:
        return (), False
    measurements: dict[int, list[Measurement]] = defaultdict(list)
    for row in series.measurements:
        measurements[row.metric_id].append(row)
    # Where earlier figures of projects were cut, they are asked for.
    return outcomes_of(goals=goals, measurements=None if series.is_cut else measurements), has_more


def _incidents(metric: Metric, *, whole: Collection[str]) -> tuple[tuple[Incident, ...], bool]:
    if metric.counts != "incident":
        return (), False
    found = Incident.objects.with_source("project")
    rows, has_more = _latest(
        found.order_by("-period", "-started_at", "-id"), section="incidents", whole=whole
    )
    return tuple(rows), has_more


def _latest(rows: Any, *, section: str, whole: Collection[str]) -> tuple[list[Any], bool]:  # noqa: ANN401
    """Those the page shows, in the order of time, and whether there are more. `rows` come the latest first."""
    if section in whole:
        return list(rows)[::-1], False
    found = list(rows[: LIMITS[section] + 1])
    return found[: LIMITS[section]][::-1], len(found) > LIMITS[section]


def _targets(outcomes: Iterable[Outcome]) -> Iterable[Target]:
    """Each value once per period, however many goals name it."""
    seen = set()
    for outcome in outcomes:
        goal = outcome.goal
        for value, upper, is_baseline in (
            (goal.target, goal.upper_target, False),
            (goal.baseline, None, True),
        ):
            target = (
                None
                if value is None
                else Target(period=goal.due, value=value, upper=upper, is_baseline=is_baseline)
            )
            if target is not None and target not in seen:
                seen.add(target)
                yield target


def _latest_years(series: MetricSeries) -> Iterable[SeriesYear]:
    """The latest first; one at least."""
    of_projects = Counter(
        year.year for line in series.projects for year in line.years for _row in year.measurements
    )
    figures = 0
    for place, year in enumerate(reversed(series.years)):
        figures += len(year.measurements) + of_projects[year.year]
        if place and (place >= LIMITS["years"] or figures > MOST_FIGURES):
            return
        yield year


def _tables(lines: Sequence[ProjectSeries], *, since: int) -> Iterable[ProjectTable]:
    found = {year.year for line in lines for year in line.years if year.measurements}
    years = sorted((year for year in found if year >= since), reverse=True)
    for year in years:
        rows = [
            (line, {row.period: row for each in line.years if each.year == year for row in each.measurements})
            for line in lines
        ]
        rows = [(line, by_period) for line, by_period in rows if by_period]
        measured = {period for _line, by_period in rows for period in by_period}
        periods = sorted(measured, key=lambda period: (period.precision, period))
        yield ProjectTable(
            year=year,
            periods=tuple(periods),
            lines=tuple((line, tuple(map(by_period.get, periods))) for line, by_period in rows),
        )
