"""The geometry of the pictures of a year and of the years. Templates draw them; here are only numbers and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.models import Change
from metrics.units import Direction, format_value

DUMBBELL_WIDTH, _MARGIN = 160, 8
SPARK_WIDTH, SPARK_HEIGHT = 120, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumbbell:
    """From `before` to `after` on a scale that begins at 0, in pixels. `trend`: better, worse, same or ""."""

    before: int
    after: int
    trend: str
    title: str
    text: str

    @property
    def left(self) -> int:
        return min(self.before, self.after)

    @property
    def right(self) -> int:
        return max(self.before, self.after)

    @property
    def points_right(self) -> bool:
        return self.after >= self.before


def dumbbell(change: Change) -> Dumbbell | None:
    """None unless both ends are numbers: words have no place on a scale."""
    if change.before is None or change.after is None:
        return None
    low = min(change.before, change.after, Decimal(0))
    high = max(change.before, change.after, Decimal(0))
    room = DUMBBELL_WIDTH - 2 * _MARGIN

    def x_of(value: Decimal) -> int:
        return _MARGIN + (round(room * (value - low) / (high - low)) if high > low else 0)

    return Dumbbell(
        before=x_of(change.before),
        after=x_of(change.after),
        trend=trend_of(change.after - change.before, change.direction),
        title=change.subject,
        text=f"{format_value(change.before, change.unit)} → {format_value(change.after, change.unit)}",
    )


def trend_of(difference: Decimal, direction: str) -> str:
    """Whether a difference is for the `better` or `worse`, the `same`, or "" where neither way is better."""
    if difference == 0:
        return "same"
    if direction == Direction.NEUTRAL:
        return ""
    return "better" if (difference > 0) == (direction == Direction.UP) else "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPoint:
    """`y` None: there is no figure."""

    x: int
    y: int | None
    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small line. `runs`: the stretches without a gap, as SVG points; a single point is a run of its own."""

    title: str
    points: tuple[SparkPoint, ...]
    runs: tuple[str, ...]

    @property
    def description(self) -> str:
        return ", ".join(f"{point.label}: {point.text}" for point in self.points)


def spark(*, title: str, unit: str, values: Sequence[tuple[str, Decimal | None]]) -> Spark:
    """Values in order with the names of their periods; the scale runs from 0, or what is below it, to the largest."""
    known = [value for _label, value in values if value is not None]
    low, high = min([*known, Decimal(0)]), max([*known, Decimal(0)])
    step = (SPARK_WIDTH - 12) / max(len(values) - 1, 1)
    points = tuple(
        SparkPoint(
            x=round(6 + place * step),
            y=None
            if value is None
            else round(
                SPARK_HEIGHT - 5 - (SPARK_HEIGHT - 10) * ((value - low) / (high - low) if high > low else 0)
            ),
            label=label,
            text=format_value(value, unit),
        )
        for place, (label, value) in enumerate(values)
    )
    runs: list[list[str]] = [[]]
    for point in points:
        if point.y is None:
            runs.append([])
        else:
            runs[-1].append(f"{point.x},{point.y}")
    return Spark(title=title, points=points, runs=tuple(" ".join(run) for run in runs if run))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a bar; `x` and `width` in percent of it."""

    name: str
    label: str
    count: int
    x: float
    width: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


def segments(counts: Sequence[tuple[str, str, int]], *, whole: int) -> tuple[Segment, ...]:
    """Counts (name, label, number) side by side; `whole` fills the bar."""
    found, done = [], 0
    for name, label, count in counts:
        found.append(
            Segment(
                name=name,
                label=label,
                count=count,
                x=round(100 * done / max(whole, 1), 2),
                width=round(100 * count / max(whole, 1), 2),
            )
        )
        done += count
    return tuple(found)
