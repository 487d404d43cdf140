"""The geometry of our pictures. Templates draw them as SVG; here are only numbers and words, no markup."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from metrics.figures import Figure
from metrics.units import format_value

WIDTH, HEIGHT = 280, 96
_TOP, _BOTTOM = 18, 76  # room for the figures above and the names of the periods below the bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One period. `is_empty`: nothing was measured there; a dash is drawn, not a bar of height 0."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    label: str
    text: str
    is_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A horizontal line at a target or baseline."""

    y: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars in the order of the periods; the scale begins at 0 and ends at the largest figure or mark."""

    width: int
    height: int
    floor: int
    title: str
    bars: tuple[Bar, ...]
    target: Mark | None
    baseline: Mark | None


def bar_chart(*, figure: Figure, target: Decimal | None, baseline: Decimal | None) -> BarChart:
    """The parts behind a figure as bars, with lines for target and baseline where there are any."""
    unit = figure.metric.unit
    values = [part.value for part in figure.parts if part.value is not None]
    top = max([*values, *(mark for mark in (target, baseline) if mark is not None), Decimal(0)]) or Decimal(1)

    def y_of(value: Decimal) -> int:
        return round(_BOTTOM - (_BOTTOM - _TOP) * max(value, Decimal(0)) / top)

    step = WIDTH // max(len(figure.parts), 1)
    width = min(step - 8, 44)
    bars = []
    for index, part in enumerate(figure.parts):
        middle = index * step + step // 2
        y = _BOTTOM if part.value is None else y_of(part.value)
        bars.append(
            Bar(
                x=middle - width // 2,
                y=y,
                width=width,
                height=_BOTTOM - y,
                middle=middle,
                label=part.period.short_label,
                text=format_value(part.value, unit, places=1),
                is_empty=part.value is None,
            )
        )
    return BarChart(
        width=WIDTH,
        height=HEIGHT,
        floor=_BOTTOM,
        title=f"{figure.metric.name}, {figure.period.label}",
        bars=tuple(bars),
        target=None if target is None else Mark(y=y_of(target), text=format_value(target, unit)),
        baseline=None if baseline is None else Mark(y=y_of(baseline), text=format_value(baseline, unit)),
    )
