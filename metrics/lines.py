"""The geometry of a metric's line over time. Templates draw it as SVG; here are only numbers and words, no markup.

Across, places are percentages of the picture's width, so that text keeps its size on a narrow screen; down, they are
pixels. What was not measured is a gap in the line, never a point at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _t

from metrics.aggregation import Aggregation
from metrics.models import Measurement, Metric
from metrics.scales import HEIGHT, SMALL_HEIGHT, Name, Scale, Target, names_of, scale_of, ticks_of
from metrics.series import DefinitionBreak, MetricSeries, ProjectSeries, SeriesYear
from metrics.units import format_value, qualified
from projects.timeline import Tick
from records.periods import Period, Precision

# Figures beside all points must fit next to each other on a telephone.
_MOST_LETTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A measured period. `text` "" where its figure has no room; `words` always says it. `is_old`: of an earlier
    definition. `is_year`: of a whole year."""

    x: float
    y: int
    text: str
    anchor: str
    words: str
    is_old: bool
    is_year: bool

    @property
    def text_y(self) -> int:
        return self.y - 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    x1: float
    y1: int
    x2: float
    y2: int
    is_old: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A horizontal line. `kind`: year, target or baseline. `height`: of the band above it, 0 for a line."""

    x1: float
    x2: float
    y: int
    height: int
    kind: str
    text: str
    words: str

    @property
    def width(self) -> float:
        return round(self.x2 - self.x1, 2)

    @property
    def text_y(self) -> int:
        """Above a target, below a baseline, as both often stand close together."""
        return self.y + 14 if self.kind == "baseline" else self.y - 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A period in which there was nothing to measure."""

    x: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Here the definition changed."""

    x: float
    anchor: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """`floor`: the lowest figure, or 0 if none is below; `zero`: where 0 lies; `ceiling`: the highest figure.

    `names`: of the periods within the years, where there is room to name each of them.
    """

    name: str
    title: str
    height: int
    floor: int
    zero: int
    ceiling: int
    ticks: tuple[Tick, ...]
    names: tuple[Name, ...]
    points: tuple[Point, ...]
    strokes: tuple[Stroke, ...]
    levels: tuple[Level, ...]
    holes: tuple[Hole, ...]
    cuts: tuple[Cut, ...]

    @property
    def words(self) -> str:
        """All that it shows, for those who do not see it."""
        shown: list[Point | Hole | Level | Cut] = [*self.points, *self.holes, *self.levels, *self.cuts]
        return "; ".join(each.words for each in shown)


def charts_of(series: MetricSeries, *, targets: Sequence[Target] = ()) -> tuple[LineChart, ...]:
    """The pictures of a series, the years first; () where nothing was measured.

    The sum of a year stands on another scale than its quarters, so these are two pictures; any other year lies among
    its quarters and is drawn with them. Earlier definitions are drawn if they have the unit of the present one.
    """
    years = [year for year in series.years if year.metric.unit == series.metric.unit]
    breaks = [each for each in series.breaks if each.is_same_unit and each.at is not None]
    by_year = [row for year in years if (row := _whole(year)) is not None]
    in_parts = [row for year in years for row in year.figure.parts]
    name = series.metric.name
    found = []
    if series.metric.aggregation == Aggregation.SUM and in_parts:
        if len(by_year) > 1 or targets:
            title = _t("%(metric)s by year") % {"metric": name}
            found.append(_chart("years", title, series.metric, by_year, breaks=breaks, targets=targets))
        title = _t("%(metric)s within the years") % {"metric": name}
        found.append(_chart("parts", title, series.metric, in_parts, breaks=breaks))
    else:
        rows = [row for year in years for row in (year.figure.parts or filter(None, [_whole(year)]))]
        levels = [row for year in years if year.figure.parts and (row := _whole(year)) is not None]
        title = _t("%(metric)s over time") % {"metric": name}
        found.append(
            _chart("parts", title, series.metric, rows, breaks=breaks, targets=targets, levels=levels)
        )
    return tuple(chart for chart in found if chart is not None)


def charts_of_projects(
    series: MetricSeries, lines: Sequence[ProjectSeries]
) -> tuple[tuple[ProjectSeries, LineChart], ...]:
    """Each project's line in small, all on one scale of time and figure. Sums leave out the whole years."""
    sums = series.metric.aggregation == Aggregation.SUM
    of_line = []
    for line in lines:
        rows: list[Measurement] = []
        for year in line.years:
            rows += year.figure.parts or filter(None, [_whole(year)])
        if sums and any(row.period.precision != Precision.YEAR for row in rows):
            rows = [row for row in rows if row.period.precision != Precision.YEAR]
        of_line.append((line, rows))
    scale = scale_of([row for _line, rows in of_line for row in rows], height=SMALL_HEIGHT)
    found = []
    for place, (line, rows) in enumerate(of_line, start=1):
        title = _t("%(metric)s: %(project)s") % {"metric": series.metric.name, "project": line.project.name}
        chart = _chart(f"project-{place}", title, series.metric, rows, scale=scale)
        if chart is not None:
            found.append((line, chart))
    return tuple(found)


def _whole(year: SeriesYear) -> Measurement | None:
    """The figure of the whole year: as stated, else as computed, which is a measurement nobody saved."""
    if year.figure.stated is not None:
        return year.figure.stated
    if year.figure.value is None:
        return None
    return Measurement(metric=year.metric, period=Period(year.year), value=year.figure.value)


def _chart(
    name: str,
    title: str,
    metric: Metric,
    rows: Sequence[Measurement],
    *,
    breaks: Sequence[DefinitionBreak] = (),
    targets: Sequence[Target] = (),
    levels: Sequence[Measurement] = (),
    scale: Scale | None = None,
) -> LineChart | None:
    height = HEIGHT if scale is None else scale.height
    cuts = [each for each in breaks if each.at is not None]
    scale = scale or scale_of(rows, height=height, targets=targets, levels=levels, has_breaks=bool(cuts))
    if scale is None:
        return None
    rows = sorted(rows, key=lambda row: row.period)
    measured = [row for row in rows if row.value is not None]
    written = _written(measured)
    return LineChart(
        name=name,
        title=title,
        height=height,
        floor=scale.floor,
        zero=scale.y(Decimal(0)),
        ceiling=scale.y(scale.high),
        ticks=tuple(ticks_of(scale)),
        names=tuple(names_of(rows, scale)),
        points=tuple(_point(row, metric, scale, text=row in written) for row in measured),
        strokes=tuple(_strokes(rows, metric, scale)),
        levels=(
            *(_level_of_target(each, metric, scale) for each in targets),
            *(_level_of_year(row, metric, scale) for row in levels if row.value is not None),
        ),
        holes=tuple(
            Hole(
                x=scale.middle(row.period),
                words=_t("%(period)s: nothing to measure") % {"period": row.period.label},
            )
            for row in rows
            if row.value is None
        ),
        cuts=tuple(_cut(each, scale) for each in cuts),
    )


def _text(row: Measurement) -> str:
    return qualified(format_value(row.value, row.metric.unit, places=1), row.qualifier)


def _written(rows: Sequence[Measurement]) -> list[Measurement]:
    """The points that say their figure: all if there is room, else the highest, the lowest and the last."""
    if sum(len(_text(row)) for row in rows) <= _MOST_LETTERS:
        return list(rows)
    by_value = sorted(rows, key=lambda row: row.value or Decimal(0))
    return [by_value[0], by_value[-1], rows[-1]]


def _anchor(x: float) -> str:
    return "start" if x < 12 else "end" if x > 88 else "middle"


def _point(row: Measurement, metric: Metric, scale: Scale, *, text: bool) -> Point:
    assert row.value is not None  # noqa: S101
    x = scale.middle(row.period)
    return Point(
        x=x,
        y=scale.y(row.value),
        text=_text(row) if text else "",
        anchor=_anchor(x),
        words=f"{row.period.label}: {_text(row)}",
        is_old=row.metric_id != metric.pk,
        is_year=row.period.precision == Precision.YEAR,
    )


def _strokes(rows: Sequence[Measurement], metric: Metric, scale: Scale) -> Iterable[Stroke]:
    """Between neighbours in time of one length and one definition; a gap between them is left open."""
    for one, other in pairwise(rows):
        if one.value is None or other.value is None or one.metric_id != other.metric_id:
            continue
        if one.period.precision != other.period.precision:
            continue
        if (other.period.first_day - one.period.last_day).days != 1:
            continue
        yield Stroke(
            x1=scale.middle(one.period),
            y1=scale.y(one.value),
            x2=scale.middle(other.period),
            y2=scale.y(other.value),
            is_old=one.metric_id != metric.pk,
        )


def _level_of_year(row: Measurement, metric: Metric, scale: Scale) -> Level:
    assert row.value is not None  # noqa: S101
    return Level(
        x1=scale.begin(row.period),
        x2=scale.end(row.period),
        y=scale.y(row.value),
        height=0,
        kind="year",
        text="",
        words=f"{row.period.label}: {_text(row)}",
    )


def _level_of_target(target: Target, metric: Metric, scale: Scale) -> Level:
    value = format_value(target.value, metric.unit)
    if target.upper is not None:
        value = f"{value} – {format_value(target.upper, metric.unit)}"
    text = (_t("baseline %(value)s") if target.is_baseline else _t("target %(value)s")) % {"value": value}
    y = scale.y(target.value)
    return Level(
        x1=scale.begin(target.period),
        x2=scale.end(target.period),
        y=y if target.upper is None else scale.y(target.upper),
        height=0 if target.upper is None else y - scale.y(target.upper),
        kind="baseline" if target.is_baseline else "target",
        text=text,
        words=f"{target.period.label}: {text}",
    )


def _cut(each: DefinitionBreak, scale: Scale) -> Cut:
    assert each.at is not None  # noqa: S101
    x = scale.begin(each.at)
    return Cut(
        x=x,
        anchor="start" if x < 60 else "end",
        words=_t("%(period)s: definition changed") % {"period": each.at.label},
    )
