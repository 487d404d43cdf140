"""How the measurements of shorter periods make up a longer one.

`fold` answers with every reading side by side, because documents mix them: one table states three means and a
sum under "Annual Average/Total", and one of its means counts an empty quarter as 0. Which reading is *the*
computed one is the metric's choice; the others stay visible as alternatives.

Pure: no database, no clock. An empty value (`None`) means nothing to measure; it is left out of every reading
except `mean_with_empty_as_zero`, which exists to recognise figures that were computed that way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.periods import Period, Precision


class Aggregation(models.TextChoices):
    SUM = "sum", _("sum of the periods")
    MEAN = "mean", _("mean of the periods")
    POOLED = "pooled", _("pooled: sum of numerators ÷ sum of denominators")
    LAST = "last", _("value of the last period")
    NONE = "none", _("periods cannot be combined")


class Measured(Protocol):
    """A measurement of a period, or a `Part`."""

    @property
    def period(self) -> Period: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def numerator(self) -> Decimal | None: ...
    @property
    def denominator(self) -> Decimal | None: ...


AnyMeasured = TypeVar("AnyMeasured", bound=Measured)


@dataclass(frozen=True, slots=True)
class Part:
    """One measured period. `value` None: nothing to measure there, which is not zero."""

    period: Period
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """All readings of a series; None where a reading is not possible. `computed` is the metric's own."""

    computed: Decimal | None
    sum: Decimal | None
    mean: Decimal | None
    pooled: Decimal | None
    last: Decimal | None
    mean_with_empty_as_zero: Decimal | None

    @property
    def empty_changes_the_mean(self) -> bool:
        """Whether counting empty periods as zero gives another mean than leaving them out."""
        return self.mean_with_empty_as_zero is not None and self.mean_with_empty_as_zero != self.mean


def parts_of(period: Period, parts: Sequence[AnyMeasured]) -> tuple[AnyMeasured, ...]:
    """The parts strictly within `period`, all of the coarsest precision found there, in order.

    Quarters and months of one year are two tellings of the same year: adding both would count it twice.
    """
    precision, year = period.precision, period.year
    if precision is Precision.YEAR:
        within = [each for each in parts if each.period.precision < precision and each.period.year == year]
    else:
        within = [each for each in parts if each.period.precision < precision and each.period in period]
    if not within:
        return ()
    coarsest: Precision = max([part.period.precision for part in within])
    found = [part for part in within if part.period.precision is coarsest]
    found.sort(key=_number)
    return tuple(found)


def _number(part: Measured) -> tuple[int, int]:
    """Puts periods of one year and precision in order."""
    return part.period.number, part.period.day


def fold(*, aggregation: str, parts: Sequence[Measured], is_percentage: bool = False) -> Folded:
    """Fold parts in period order. No part with a value: every reading is None.

    pooled = Σ numerator ÷ Σ denominator, × 100 for percentages, and only if every part with a value has both.
    """
    values = [part.value for part in parts if part.value is not None]
    if not values:
        return Folded(None, None, None, None, None, None)
    total = sum(values, _ZERO)
    mean, last = total / len(values), values[-1]
    measured = parts if len(values) == len(parts) else [part for part in parts if part.value is not None]
    pooled = _pooled(measured, is_percentage=is_percentage)
    match aggregation:
        case Aggregation.SUM:
            computed: Decimal | None = total
        case Aggregation.MEAN:
            computed = mean
        case Aggregation.POOLED:
            computed = pooled
        case Aggregation.LAST:
            computed = last
        case _:
            computed = None
    return Folded(
        computed=computed,
        sum=total,
        mean=mean,
        pooled=pooled,
        last=last,
        mean_with_empty_as_zero=total / len(parts) if len(parts) > len(values) else None,
    )


_ZERO = Decimal(0)


def _pooled(parts: Sequence[Measured], *, is_percentage: bool) -> Decimal | None:
    numerators, denominators = _ZERO, _ZERO
    for part in parts:
        if part.numerator is None or not part.denominator:
            return None
        numerators += part.numerator
        denominators += part.denominator
    return numerators / denominators * (100 if is_percentage else 1)
