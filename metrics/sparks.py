"""A line small enough for a row of a list. The figures it is drawn from stand beside it in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.models import Measurement, Metric
from metrics.units import format_value
from records.periods import Period

WIDTH, HEIGHT = 112, 26
_EDGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """`paths` are interrupted where nothing was measured; `dots` are the last figure and those that stand alone."""

    width: int
    height: int
    paths: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    words: str


def spark_of(metric: Metric, rows: Sequence[Measurement]) -> Spark | None:
    """Figures of one precision in order; None for fewer than two, which are no line."""
    measured = [row for row in rows if row.value is not None]
    if len(measured) < 2:
        return None
    first, last = measured[0].period.first_day.toordinal(), measured[-1].period.first_day.toordinal()
    values = [row.value for row in measured if row.value is not None]
    low, high = min(*values, Decimal(0)), max(values)
    span = (high - low) or Decimal(1)

    def place(row: Measurement) -> tuple[float, float]:
        assert row.value is not None  # noqa: S101
        x = _EDGE + (WIDTH - 2 * _EDGE) * (row.period.first_day.toordinal() - first) / (last - first)
        y = HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * float((row.value - low) / span)
        return round(x, 1), round(y, 1)

    runs: list[list[tuple[float, float]]] = [[]]
    before: Period | None = None
    for row in measured:
        if before is not None and (row.period.first_day - before.last_day).days != 1:
            runs.append([])
        runs[-1].append(place(row))
        before = row.period
    return Spark(
        width=WIDTH,
        height=HEIGHT,
        paths=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        dots=(*(run[0] for run in runs[:-1] if len(run) == 1), runs[-1][-1]),
        words="; ".join(
            f"{row.period.label}: {format_value(row.value, metric.unit, places=1)}" for row in measured
        ),
    )
