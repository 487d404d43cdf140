"""Where days and figures lie in a picture of a metric's line, and what is written below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.models import Measurement
from projects.timeline import Tick
from records.periods import Period, Precision

HEIGHT, SMALL_HEIGHT = 220, 84
_TOP, _BELOW = 26, 24  # room for a figure above the highest point, and for the years below
_BREAK = 16  # room for what is written beside a break, above the figures
_NAMES, _MOST_DAYS_NAMED = 16, 2 * 366  # room for the names of quarters, and for how long there is
_LEFT, _RIGHT = 1.5, 98.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a goal wants or starts from in a period: a line, or a band up to `upper`."""

    period: Period
    value: Decimal
    upper: Decimal | None = None
    is_baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The name of a quarter or month below its place."""

    x: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Maps days to percent and figures to pixels."""

    first: int
    days: int
    low: Decimal
    high: Decimal
    height: int
    top: int = _TOP

    @property
    def floor(self) -> int:
        return self.height - _BELOW - (_NAMES if self.names_parts else 0)

    @property
    def names_parts(self) -> bool:
        return self.height == HEIGHT and self.days <= _MOST_DAYS_NAMED

    def x(self, day: int) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (day - self.first) / self.days, 2)

    def y(self, value: Decimal) -> int:
        part = (value - self.low) / (self.high - self.low)
        return self.floor - round((self.floor - self.top) * part)

    def begin(self, period: Period) -> float:
        return self.x(period.first_day.toordinal())

    def end(self, period: Period) -> float:
        return self.x(period.last_day.toordinal() + 1)

    def middle(self, period: Period) -> float:
        return round((self.begin(period) + self.end(period)) / 2, 2)


def scale_of(
    rows: Sequence[Measurement],
    *,
    height: int,
    targets: Sequence[Target] = (),
    levels: Sequence[Measurement] = (),
    has_breaks: bool = False,
) -> Scale | None:
    values = [row.value for row in (*rows, *levels) if row.value is not None]
    values += [value for each in targets for value in (each.value, each.upper) if value is not None]
    if not values:
        return None
    periods = [row.period for row in (*rows, *levels)] + [each.period for each in targets]
    first = Period(min(period.year for period in periods)).first_day.toordinal()
    last = Period(max(period.year for period in periods)).last_day.toordinal() + 1
    low, high = min(*values, Decimal(0)), max(*values, Decimal(0))
    return Scale(
        first=first,
        days=last - first,
        low=low,
        high=high if high > low else low + 1,
        height=height,
        top=_TOP + _BREAK if has_breaks else _TOP,
    )


def names_of(rows: Sequence[Measurement], scale: Scale) -> Iterable[Name]:
    parts = {row.period for row in rows if row.period.precision != Precision.YEAR}
    # Months of two years would run into each other.
    if scale.names_parts and len(parts) <= 12 and len({period.precision for period in parts}) == 1:
        for period in sorted(parts):
            yield Name(x=scale.middle(period), text=period.short_label)


def ticks_of(scale: Scale) -> Iterable[Tick]:
    first = dt.date.fromordinal(scale.first).year
    last = dt.date.fromordinal(scale.first + scale.days - 1).year
    # A telephone has room for eight years' names.
    step = (last - first) // 8 + 1
    for year in range(first, last + 1):
        label = str(year) if (last - year) % step == 0 else ""
        yield Tick(x=scale.begin(Period(year)), middle=scale.middle(Period(year)), label=label)
