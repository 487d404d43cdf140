"""One metric across all its years: what was stated for each period, what its parts give, and what is missing.

A year is a `Figure`, the same one goals and checks read: stated value, parts, every reading of the parts. Here they
stand in order, gaps included, with the projects beside them and the definitions the metric had before.

Absence has two kinds and neither is zero: a period without a measurement was not recorded (`Slot.measurement` is
None), one whose measurement has no value had nothing to measure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Q

from metrics.figures import Figure, figure_of
from metrics.models import Measurement, Metric
from projects.models import Project
from records.periods import Period

# A page shows the projects' figures of the latest years that have together no more than this.
MOST_OF_PROJECTS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One period and what was measured in it; None: nothing was recorded."""

    period: Period
    measurement: Measurement | None

    @property
    def is_empty(self) -> bool:
        """Recorded, and there was nothing to measure."""
        return self.measurement is not None and self.measurement.value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesYear:
    """A metric in one year, by the definition in force then.

    `measurements`: those the figure was chosen from, in order of period; () where nothing was measured, and where
    only single projects were, more than one of them. `projects`: how many were measured for themselves.
    """

    year: int
    metric: Metric
    figure: Figure
    measurements: tuple[Measurement, ...]
    projects: int

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every period of the precision the year was measured in, then finer ones measured beside them.

        () if only the whole year was measured, or nothing.
        """
        if not self.figure.parts:
            return ()
        by_period = {row.period: row for row in self.figure.parts}
        precision = self.figure.parts[0].period.precision
        slots = [
            Slot(period=period, measurement=by_period.get(period))
            for period in Period(self.year).split(precision)
        ]
        taken = by_period.keys() | {Period(self.year)}
        slots += [
            Slot(period=row.period, measurement=row) for row in self.measurements if row.period not in taken
        ]
        return tuple(slots)

    @property
    def is_absent(self) -> bool:
        """Whether nothing at all was recorded."""
        return not self.measurements and not self.projects


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSeries:
    """The metric in one project, by its present definition; years between the first and the last without a gap."""

    project: Project
    years: tuple[SeriesYear, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionBreak:
    """From `at` on, the first period measured by `later`, figures are of another definition than before.

    `at` None: nothing is measured by the later definition yet.
    """

    at: Period | None
    earlier: Metric
    later: Metric

    @property
    def text(self) -> str:
        """What changed, in the owner's words; maybe empty."""
        return self.later.definition_change

    @property
    def is_same_unit(self) -> bool:
        """Whether both can be drawn on one scale."""
        return self.earlier.unit == self.later.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeries:
    """`years` from the first measured to the last, by this metric or one it supersedes; years without a figure
    between them are there, and absent. () for a metric that was never measured.

    `definitions`: the metrics it supersedes, the earliest first, then itself. `successors`: those that supersede it.
    `projects`: those it was measured for, the latest measured first. `is_cut`: earlier figures of projects exist.
    """

    metric: Metric
    definitions: tuple[Metric, ...]
    successors: tuple[Metric, ...]
    breaks: tuple[DefinitionBreak, ...]
    years: tuple[SeriesYear, ...]
    projects: tuple[ProjectSeries, ...]
    is_cut: bool

    @property
    def latest(self) -> SeriesYear | None:
        """The latest year with a figure by the present definition; None without any."""
        found = (
            each
            for each in reversed(self.years)
            if each.metric == self.metric and each.figure.value is not None
        )
        return next(found, None)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Every measurement in it, those of projects included, each once."""
        rows = [row for year in self.years for row in year.measurements]
        rows += [row for line in self.projects for year in line.years for row in year.measurements]
        return tuple({row.pk: row for row in rows}.values())


def find_series(*, slug: str, most_of_projects: int | None = MOST_OF_PROJECTS) -> MetricSeries | None:
    """The series of the owner's metric of that slug; None if there is no such metric.

    3 queries, whatever is measured: the metric and those that supersede others, figures of all projects together,
    figures of single projects (no more than `most_of_projects`, whole years only; None for all of them).
    """
    related = Q(supersedes__isnull=False) | Q(superseded_by__isnull=False)
    known = Metric.objects.filter(Q(slug=slug) | related).with_source()
    metrics: dict[int, Metric] = {each.pk: each for each in known.order_by("name", "id")}
    metric = next((each for each in metrics.values() if each.slug == slug), None)
    if metric is None:
        return None
    definitions = _definitions(metric, metrics)
    for earlier, later in pairwise(definitions):
        later.supersedes = earlier
    whole = _joined(Measurement.objects.filter(metric__in=definitions, project__isnull=True))
    single, is_cut = _of_projects(metric, most=most_of_projects)
    measurements = [*whole.order_by("period", "id"), *single]
    for row in measurements:
        row.metric = metrics[row.metric_id]  # one metric for all its figures, with what it supersedes
    return series_of(
        metric=metric,
        definitions=definitions,
        successors=[each for each in metrics.values() if each.supersedes_id == metric.pk],
        measurements=measurements,
        is_cut=is_cut,
    )


def _definitions(metric: Metric, metrics: Mapping[int, Metric]) -> list[Metric]:
    """The metric and those it supersedes, the earliest first. A circle of definitions ends where it closes."""
    chain = [metric]
    while (before := metrics.get(chain[-1].supersedes_id or 0)) is not None and before not in chain:
        chain.append(before)
    return chain[::-1]


def _joined(rows: Any) -> Any:  # noqa: ANN401
    return rows.with_source("project")


def _of_projects(metric: Metric, *, most: int | None) -> tuple[list[Measurement], bool]:
    """The latest, whole years only: a part of one would fold into a wrong figure."""
    rows = _joined(Measurement.objects.filter(metric=metric, project__isnull=False))
    rows = rows.order_by("-period", "project__name", "id")
    if most is None:
        return list(rows), False
    latest = list(rows[: most + 1])
    if len(latest) <= most:
        return latest, False
    oldest = latest[-1].period.year
    # Of a single year with more than that, there is nothing to show but its end.
    return [row for row in latest if row.period.year > oldest] or latest[:most], True


def series_of(
    *,
    metric: Metric,
    definitions: Sequence[Metric],
    measurements: Iterable[Measurement],
    successors: Sequence[Metric] = (),
    is_cut: bool = False,
) -> MetricSeries:
    """Arrange measurements of a metric and of those it supersedes (metrics and projects joined). No query."""
    by_metric: dict[int, dict[int, list[Measurement]]] = defaultdict(lambda: defaultdict(list))
    by_project: dict[int, dict[int, list[Measurement]]] = defaultdict(lambda: defaultdict(list))
    projects: dict[int, Project] = {}
    for row in sorted(measurements, key=lambda row: row.period):
        by_metric[row.metric_id][row.period.year].append(row)
        if row.project is not None and row.metric_id == metric.pk:
            projects[row.project.pk] = row.project
            by_project[row.project.pk][row.period.year].append(row)
    lines = [
        ProjectSeries(project=project, years=tuple(_years([(metric, by_project[pk])])))
        for pk, project in projects.items()
    ]
    return MetricSeries(
        metric=metric,
        definitions=tuple(definitions),
        successors=tuple(successors),
        breaks=tuple(
            DefinitionBreak(at=_first(by_metric[later.pk]), earlier=earlier, later=later)
            for earlier, later in pairwise(definitions)
        ),
        years=tuple(_years([(each, by_metric[each.pk]) for each in definitions])),
        projects=tuple(sorted(lines, key=_latest_first)),
        is_cut=is_cut,
    )


def _latest_first(line: ProjectSeries) -> tuple[int, str, int]:
    latest = line.years[-1].measurements[-1].period
    return -latest.last_day.toordinal(), line.project.name, line.project.pk


def _first(by_year: Mapping[int, Sequence[Measurement]]) -> Period | None:
    return min((row.period for rows in by_year.values() for row in rows), default=None)


def _years(measured: Sequence[tuple[Metric, Mapping[int, Sequence[Measurement]]]]) -> Iterable[SeriesYear]:
    """Every year from the first to the last; one that two definitions measured comes twice, the earlier first."""
    known = {year for _metric, by_year in measured for year in by_year}
    if not known:
        return
    current = next(metric for metric, by_year in measured if by_year)
    for year in range(min(known), max(known) + 1):
        found = [(metric, by_year[year]) for metric, by_year in measured if by_year.get(year)]
        for metric, rows in found or [(current, ())]:
            current = metric
            yield _year(year, metric, rows)


def _year(year: int, metric: Metric, rows: Sequence[Measurement]) -> SeriesYear:
    figure = figure_of(metric=metric, period=Period(year), measurements=rows)
    # The figure has chosen between all projects together and a single one.
    chosen = {row.project_id for row in figure.rows}
    return SeriesYear(
        year=year,
        metric=metric,
        figure=figure,
        measurements=tuple(row for row in rows if row.project_id in chosen),
        projects=len({row.project_id for row in rows} - {None}),
    )
