"""One metric, one period: the figure as stated beside the figure as computed, and the parts it rests on.

Every page, check and comparison that shows a figure of a year reads it from here, so that all of them choose the
same one: what the document states wins, what its parts give stands beside it, and an absent figure stays absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from metrics.aggregation import Aggregation, Folded, Part, fold, parts_of
from metrics.checks import Agreement, agreement
from metrics.models import Measurement, Metric
from metrics.units import Unit, quotient
from records.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to make a year out of its parts."""

    label: str
    value: Decimal | None
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`stated` None: no measurement of the whole period. `parts` are in order and all of one precision."""

    metric: Metric
    period: Period
    stated: Measurement | None
    parts: tuple[Measurement, ...]
    folded: Folded

    @property
    def rows(self) -> tuple[Measurement, ...]:
        """The measurements behind the figure: the parts, then the whole period."""
        return self.parts if self.stated is None else (*self.parts, self.stated)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every way the parts make up the period, the metric's own marked; () without at least two parts."""
        if len(self.parts) < 2:
            return ()
        values = {
            Aggregation.SUM: self.folded.sum,
            Aggregation.MEAN: self.folded.mean,
            Aggregation.POOLED: self.folded.pooled,
            Aggregation.LAST: self.folded.last,
        }
        own = self.metric.aggregation
        readings = [
            Reading(label=str(way.label), value=value, is_own=way == own)
            for way, value in values.items()
            if value is not None
        ]
        if self.folded.empty_changes_the_mean:
            label = gettext("mean, empty periods counted as zero")
            readings.append(Reading(label=label, value=self.folded.mean_with_empty_as_zero, is_own=False))
        return tuple(readings)

    @property
    def value(self) -> Decimal | None:
        """As stated where the whole period is measured, else as computed; None where nothing was measured."""
        return self.folded.computed if self.stated is None else self.stated.value

    @property
    def is_computed(self) -> bool:
        return self.stated is None and self.value is not None

    @property
    def is_complete(self) -> bool:
        """Whether every part of the period is there; figures of some quarters cannot contradict a year."""
        if not self.parts:
            return False
        return len(self.parts) == sum(1 for _ in self.period.split(self.parts[0].period.precision))

    @property
    def counts_empty_as_zero(self) -> bool:
        """Whether the stated mean comes out only if a period with nothing to measure counts as 0."""
        stated = self.stated.value if self.stated is not None else None
        if stated is None or not self.folded.empty_changes_the_mean:
            return False
        as_zero = agreement(stated=stated, computed=self.folded.mean_with_empty_as_zero)
        without = agreement(stated=stated, computed=self.folded.mean)
        return as_zero != Agreement.CONTRADICTS and without == Agreement.CONTRADICTS

    @property
    def contradicts_its_parts(self) -> bool:
        """Whether the stated figure differs from the reading of its parts by more than its writing allows."""
        if self.stated is None or self.counts_empty_as_zero or not self.is_complete:
            return False
        found = agreement(
            stated=self.stated.value, computed=self.folded.computed, qualifier=self.stated.qualifier
        )
        return found == Agreement.CONTRADICTS


def figure_of(*, metric: Metric, period: Period, measurements: Sequence[Measurement]) -> Figure:
    """Choose among measurements of one metric: the one of the whole period, and the parts within it. No query.

    Figures of all projects together come first; where there are none and a single project was measured, its
    figures are the metric's.
    """
    rows = [row for row in measurements if row.project_id is None and row.period in period]
    if not rows:
        rows = [row for row in measurements if row.period in period]
        if len({row.project_id for row in rows}) > 1:
            rows = []
    by_period = {row.period: row for row in rows}
    parts = parts_of(period, [Part(row.period, row.value, row.numerator, row.denominator) for row in rows])
    return Figure(
        metric=metric,
        period=period,
        stated=by_period.get(period),
        parts=tuple(by_period[part.period] for part in parts),
        folded=fold(aggregation=metric.aggregation, parts=parts, is_percentage=metric.unit == Unit.PERCENT),
    )


def ratio_of(measurement: Measurement) -> Decimal | None:
    """Numerator ÷ denominator in the metric's unit; None unless both are there. The metric must be joined."""
    if measurement.numerator is None or not measurement.denominator:
        return None
    metric = measurement.metric
    return quotient(
        measurement.numerator,
        measurement.denominator,
        unit=metric.unit,
        numerator_unit=metric.numerator_unit,
        denominator_unit=metric.denominator_unit,
    )
