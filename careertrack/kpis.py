"""The figures of one year as tables: metrics down, its periods across, the year as stated and as computed.

Metrics that are followed in the same periods share a table: quarters, halves (a year may have only those), months, or
nothing but the year. No query; measurements are handed in, with metric and project joined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from goals.comparisons import Outcome
from metrics.claims import unrounded
from metrics.figures import Figure, figure_of
from metrics.models import Measurement, Metric
from metrics.units import Direction, Unit, format_value, plain
from projects.models import Project
from records.periods import FIRST_YEAR, Period, Precision

# A metric measured in so few months has a column for each of these only, else for all twelve.
FEW_MONTHS = 4
MOST_HEADLINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The difference to an earlier figure, in the metric's unit (percentage points for percent).

    `trend`: `better`, `worse`, `same`, or "" where neither way is better.
    """

    value: Decimal
    unit: str
    trend: str
    since: Period

    @property
    def trend_label(self) -> str:
        return {"better": _("better"), "worse": _("worse"), "same": _("unchanged")}.get(self.trend, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One period. `measurement` None: nothing is recorded there, which is not zero, nor "nothing to measure".

    `step` None: no figure in the period before. `is_stated_step`: the document states a change that is not `step`.
    """

    period: Period
    measurement: Measurement | None
    step: Step | None = None
    is_stated_step: bool = False

    @property
    def computed(self) -> Decimal | None:
        """What its parts give where no figure is stated: 50 for 5/10 in percent."""
        if self.measurement is None or self.measurement.value is not None:
            return None
        return unrounded(self.measurement)

    @property
    def parts(self) -> str:
        """`25 / 40`, or a total alone; "" without."""
        row = self.measurement
        if row is None or row.numerator is None:
            return ""
        if row.denominator is None:
            return plain(row.numerator)
        return f"{plain(row.numerator)} / {plain(row.denominator)}"

    @property
    def span(self) -> str:
        """The smallest and the largest case: `1–54 days`; "" without."""
        row = self.measurement
        if row is None or (row.minimum is None and row.maximum is None):
            return ""
        unit = row.metric.unit
        if row.minimum is None:
            return _("up to %(largest)s") % {"largest": format_value(row.maximum, unit)}
        if row.maximum is None:
            return _("from %(smallest)s") % {"smallest": format_value(row.minimum, unit)}
        smallest = format_value(row.minimum, "" if unit != Unit.MINUTE else unit)
        return f"{smallest} – {format_value(row.maximum, unit)}"

    @property
    def words(self) -> str:
        """What is stated where no figure is."""
        row = self.measurement
        return "" if row is None or row.value is not None else row.as_stated or row.breakdown_note


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLine:
    """One project's part in a metric: the same columns, the year last."""

    project: Project
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiLine:
    """One metric in one year. `cells`: one for each column of its table; `whole`: the year as stated.

    `only_project`: it was measured for this project alone, so its figures are the metric's. `step`: against the year
    before. `superseded`: last year's figure of the metric it supersedes, where it has none itself, so nothing is
    compared. `goals`: those due in the year that are measured by it.
    """

    metric: Metric
    figure: Figure
    cells: tuple[Cell, ...]
    whole: Cell
    before: Figure
    step: Step | None
    superseded: Figure | None
    only_project: Project | None
    projects: tuple[ProjectLine, ...]
    goals: tuple[Outcome, ...]

    @property
    def computed(self) -> Decimal | None:
        return self.figure.folded.computed

    @property
    def target(self) -> Decimal | None:
        """Of the first goal, for the picture."""
        return self.goals[0].goal.target if self.goals else None

    @property
    def baseline(self) -> Decimal | None:
        return self.goals[0].goal.baseline if self.goals else None

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Every measurement on the line, its projects included."""
        cells = [*self.cells, self.whole, *(cell for line in self.projects for cell in line.cells)]
        return tuple(dict.fromkeys(cell.measurement for cell in cells if cell.measurement is not None))

    @property
    def sources(self) -> tuple[Measurement, ...]:
        """One measurement for each place in the documents the figures of the line stand in."""
        rows = [row for row in self.measurements if row.source_id is not None]
        return tuple({(row.source_id, row.source_lines): row for row in rows}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiTable:
    """Metrics followed in the same `columns`, periods within the year in order; () for the whole year only."""

    precisions: tuple[Precision, ...]
    columns: tuple[Period, ...]
    lines: tuple[KpiLine, ...]

    @property
    def name(self) -> str:
        """For an address within the page: `quarter`, `half`, `month`, `month-quarter`, `year`."""
        return "-".join(precision.name.lower() for precision in self.precisions) or "year"

    @property
    def title(self) -> str:
        match self.precisions:
            case ():
                return _("Figures of the whole year")
            case (Precision.QUARTER,):
                return _("By quarter")
            case (Precision.HALF,):
                return _("By half-year")
            case (Precision.MONTH,):
                return _("By month")
            case _:
                return _("By several periods")


def kpi_tables(
    *,
    year: int,
    measurements: Sequence[Measurement],
    metrics: Mapping[int, Metric],
    outcomes: Iterable[Outcome] = (),
) -> tuple[KpiTable, ...]:
    """The tables of a year: by quarter first, then other periods, then the year alone.

    `measurements`: of the year and the year before. `metrics`: by id, those of the measurements. Lines begin with the
    metrics of goals due in the year, then by name.
    """
    rows: dict[int, list[Measurement]] = defaultdict(list)
    earlier: dict[int, list[Measurement]] = defaultdict(list)
    for row in measurements:
        if row.period.year == year:
            rows[row.metric_id].append(row)
        elif row.period.year == year - 1:
            earlier[row.metric_id].append(row)
    goals: dict[int | None, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        goals[outcome.goal.metric_id].append(outcome)
    groups: dict[tuple[Precision, ...], list[int]] = defaultdict(list)
    for metric_id, found in rows.items():
        precisions = {row.period.precision for row in found} - {Precision.YEAR}
        groups[tuple(sorted(precisions))].append(metric_id)
    tables = []
    for group in sorted(groups, key=_table_order):
        columns = _columns(year, group, [row for pk in groups[group] for row in rows[pk]])
        lines = [
            _line(
                metric=metrics[pk],
                year=year,
                columns=columns,
                rows=rows[pk],
                earlier=earlier,
                goals=tuple(goals[pk]),
            )
            for pk in groups[group]
        ]
        lines.sort(key=lambda line: (not line.goals, line.metric.name.casefold(), line.metric.pk))
        tables.append(KpiTable(precisions=group, columns=columns, lines=tuple(lines)))
    return tuple(tables)


def _table_order(precisions: tuple[Precision, ...]) -> tuple[bool, int, bool, int]:
    """Quarters, halves, months, several of them, nothing but the year."""
    shortest = min(precisions, default=Precision.YEAR)
    return not precisions, len(precisions), shortest is not Precision.QUARTER, -shortest


def _columns(year: int, precisions: tuple[Precision, ...], rows: Sequence[Measurement]) -> tuple[Period, ...]:
    columns: set[Period] = set()
    for precision in precisions:
        present = {row.period for row in rows if row.period.precision is precision}
        if (precision is Precision.MONTH and len(present) < FEW_MONTHS) or precision is Precision.DAY:
            columns |= present
        else:
            columns |= set(Period(year).split(precision))
    return tuple(sorted(columns))


def _line(
    *,
    metric: Metric,
    year: int,
    columns: tuple[Period, ...],
    rows: Sequence[Measurement],
    earlier: Mapping[int, Sequence[Measurement]],
    goals: tuple[Outcome, ...],
) -> KpiLine:
    totals = [row for row in rows if row.project_id is None]
    projects = {row.project_id: row.project for row in rows if row.project_id is not None}
    only_project = next(iter(projects.values())) if len(projects) == 1 and not totals else None
    mine = list(rows) if only_project is not None else totals
    last_year = Period(max(year - 1, FIRST_YEAR))
    before = figure_of(metric=metric, period=last_year, measurements=earlier.get(metric.pk, ()))
    figure = figure_of(metric=metric, period=Period(year), measurements=mine)
    lines: tuple[ProjectLine, ...] = ()
    if only_project is None:
        lines = tuple(
            ProjectLine(
                project=project,
                cells=_cells(
                    metric, (*columns, Period(year)), [row for row in rows if row.project_id == pk], ()
                ),
            )
            for pk, project in sorted(projects.items(), key=lambda item: (str(item[1]).casefold(), item[0]))
            if project is not None
        )
    old = None
    if metric.supersedes_id is not None and before.value is None:
        predecessor = metric.supersedes
        assert predecessor is not None  # noqa: S101
        old = figure_of(
            metric=predecessor,
            period=last_year,
            measurements=earlier.get(predecessor.pk, ()),
        )
    return KpiLine(
        metric=metric,
        figure=figure,
        cells=_cells(metric, columns, mine, before.parts),
        whole=_cells(metric, (Period(year),), mine, ())[0],
        before=before,
        step=_step(metric, figure.value, before.value, since=last_year),
        superseded=old if old is not None and old.value is not None else None,
        only_project=only_project,
        projects=lines,
        goals=goals,
    )


def _cells(
    metric: Metric,
    periods: Sequence[Period],
    rows: Iterable[Measurement],
    earlier: Sequence[Measurement],
) -> tuple[Cell, ...]:
    by_period = {row.period: row for row in rows}
    known = {**{row.period: row for row in earlier}, **by_period}
    cells = []
    for period in periods:
        row = by_period.get(period)
        last = known.get(_period_before(period)) if period.precision is not Precision.YEAR else None
        step = None
        if row is not None and last is not None:
            step = _step(metric, _value(row), _value(last), since=last.period)
        is_stated = row is not None and row.stated_change is not None
        if row is not None and row.stated_change is not None and step is not None:
            unit = Unit.PERCENTAGE_POINT if metric.unit == Unit.PERCENT else metric.unit
            is_stated = (row.stated_change, row.stated_change_unit) != (step.value, unit)
        cells.append(Cell(period=period, measurement=row, step=step, is_stated_step=is_stated))
    return tuple(cells)


def _value(row: Measurement) -> Decimal | None:
    return row.value if row.value is not None else unrounded(row)


def _period_before(period: Period) -> Period | None:
    """The period of the same length just before it; None for a day, and before the first year there is."""
    if period.number > 1 and period.precision is not Precision.DAY:
        return Period(period.year, period.precision, period.number - 1)
    try:
        return max(Period(period.year - 1).split(period.precision), default=None)
    except ValueError:
        return None


def _step(metric: Metric, value: Decimal | None, before: Decimal | None, *, since: Period) -> Step | None:
    if value is None or before is None:
        return None
    change = value - before
    trend = ""
    if change == 0:
        trend = "same"
    elif metric.direction != Direction.NEUTRAL:
        trend = "better" if (change > 0) == (metric.direction == Direction.UP) else "worse"
    return Step(value=change, unit=metric.unit, trend=trend, since=since)


def cut_to(tables: Sequence[KpiTable], *, most: int) -> tuple[KpiTable, ...]:
    """The tables with no more lines than that: those that say most of the year."""
    kept = {
        line.metric.pk for line in _telling((line for table in tables for line in table.lines), most=most)
    }
    shorter = [
        replace(table, lines=tuple(line for line in table.lines if line.metric.pk in kept))
        for table in tables
    ]
    return tuple(table for table in shorter if table.lines)


def headlines(tables: Iterable[KpiTable], *, most: int = MOST_HEADLINES) -> tuple[KpiLine, ...]:
    """The lines that say most of the year, in the order of the tables; only such as have a figure of it."""
    lines = [line for table in tables for line in table.lines if line.figure.value is not None]
    return _telling(lines, most=most)


def _telling(lines: Iterable[KpiLine], *, most: int) -> tuple[KpiLine, ...]:
    """First those a goal asked for, then those followed through the year, then those with a direction of good."""
    lines = list(lines)
    chosen = sorted(
        lines,
        key=lambda line: (
            not line.goals,
            len(line.figure.parts) < 2,
            line.metric.direction == Direction.NEUTRAL,
            line.step is None,
        ),
    )[:most]
    wanted = {line.metric.pk for line in chosen}
    return tuple(line for line in lines if line.metric.pk in wanted)
