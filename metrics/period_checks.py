"""Figures of several periods beside each other: changes, years, and work that stays open.

The same contract as metrics/checks.py. Pure: no database, no clock.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _t

from metrics.aggregation import Aggregation, Folded
from metrics.checks import (
    SEVERITY,
    Agreement,
    Check,
    CheckKind,
    Portion,
    Text,
    agreement,
    fraction,
    part,
    shown,
)
from metrics.units import Direction, Qualifier, Unit, format_value, plain
from records.periods import Period


def check_step(
    *,
    claim: Text,
    stated_change: Decimal,
    change_unit: str,
    before: Decimal | None,
    after: Decimal | None,
    kind: CheckKind = CheckKind.STEP,
    qualifier: str = Qualifier.EXACTLY,
    unrounded: tuple[Decimal, Decimal] | None = None,
) -> Check:
    """A stated change against both ends: a percentage of the first, a factor, or a plain difference.

    Percentage points and percent are told apart by the unit of the change. A change that fits the `unrounded`
    ends (those their own parts give) rather than the stated ones does not contradict them.
    """
    computed, formula = _difference(before=before, after=after, unit=change_unit, beside=stated_change)
    verdict = agreement(stated=stated_change, computed=computed, qualifier=qualifier)
    note: Text = ""
    if verdict == Agreement.CONTRADICTS and unrounded is not None:
        exact, exact_formula = _difference(
            before=unrounded[0], after=unrounded[1], unit=change_unit, beside=stated_change
        )
        again = agreement(stated=stated_change, computed=exact, qualifier=qualifier)
        if again != Agreement.CONTRADICTS:
            verdict, computed, formula = again, exact, exact_formula
            note = _only_unrounded
    return Check(
        kind=kind,
        claim=claim,
        stated=stated_change,
        computed=computed,
        unit=change_unit,
        verdict=verdict,
        formula=formula,
        note=note,
    )


def _only_unrounded() -> str:
    return _t("Only from the unrounded figures; the stated ones give another.")


def _difference(
    *, before: Decimal | None, after: Decimal | None, unit: str, beside: Decimal
) -> tuple[Decimal | None, Text]:
    """What changed, in the unit of the change, and how it was computed; None of nothing, or in percent of 0."""
    if before is None or after is None or (before == 0 and unit in (Unit.PERCENT, Unit.TIMES)):
        return None, lambda: f"{part(before)} → {part(after)}"
    match unit:
        case Unit.PERCENT:
            computed, terms = (after - before) / before * 100, "({last} − {first}) / {first}"
        case Unit.TIMES:
            computed, terms = after / before, "{last} / {first}"
        case _:
            computed, terms = after - before, "{last} − {first}"

    def formula() -> str:
        return (
            f"{terms.format(first=part(before), last=part(after))} = {shown(computed, unit, beside=beside)}"
        )

    return computed, formula


def check_year(
    *,
    claim: Text,
    stated: Decimal,
    qualifier: str,
    folded: Folded,
    values: Sequence[Decimal | None],
    aggregation: str,
    unit: str,
    is_complete: Callable[[], bool],
    unrounded: Callable[[], Decimal | None] = lambda: None,
) -> Check:
    """A figure of a whole period against its parts, read as the metric says; the other readings stand in the note.

    A mean that comes out only if empty periods count as 0, or only from the `unrounded` figures of the periods,
    agrees, and the note says so. Parts that do not cover the period can confirm the figure but not contradict it.
    """
    computed = folded.computed
    verdict = agreement(stated=stated, computed=computed, qualifier=qualifier)
    note: Text = partial(_other_readings, folded, unit=unit)
    counted: Sequence[Decimal | None] = [value for value in values if value is not None]
    if verdict is Agreement.CONTRADICTS:
        is_mean = aggregation == Aggregation.MEAN and folded.empty_changes_the_mean
        as_zero = folded.mean_with_empty_as_zero if is_mean else None
        tolerated: list[tuple[Decimal | None, Sequence[Decimal | None], Text]] = [
            (as_zero, values, partial(_only_with_zero, folded, unit=unit)),
            (unrounded(), (), _only_unrounded),
        ]
        for other, used, reason in tolerated:
            again = agreement(stated=stated, computed=other, qualifier=qualifier)
            if again not in (Agreement.CONTRADICTS, Agreement.NOT_CHECKABLE):
                verdict, computed, note, counted = again, other, reason, used
                break
    if verdict is Agreement.CONTRADICTS and not is_complete():
        verdict, note = Agreement.NOT_CHECKABLE, _not_all_periods

    return Check(
        kind=CheckKind.YEAR,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=verdict,
        formula=partial(_year_text, stated, computed, counted, aggregation, unit),
        note=note,
    )


def _year_text(
    stated: Decimal,
    computed: Decimal | None,
    counted: Sequence[Decimal | None],
    aggregation: str,
    unit: str,
) -> str:
    result = shown(computed, unit, beside=stated)
    if len(counted) == 1:
        return result
    terms = _terms(counted, aggregation=aggregation, unit=unit) or Aggregation(aggregation).label
    return f"{terms} = {result}"


def _only_with_zero(folded: Folded, *, unit: str) -> str:
    text = _t("Only if periods with nothing to measure count as 0; without them the mean is %(mean)s.")
    return text % {"mean": shown(folded.mean, unit)}


def _not_all_periods() -> str:
    return _t("Not all of its periods have a figure.")


def _terms(values: Sequence[Decimal | None], *, aggregation: str, unit: str) -> str:
    """`(62 + 75) / 2` for a mean, `62 + 75` for a sum; empty for the other readings."""
    write = (lambda value: format_value(value, unit)) if unit == Unit.MINUTE else plain
    terms = " + ".join(write(value if value is not None else Decimal(0)) for value in values)
    match aggregation:
        case Aggregation.SUM:
            return terms
        case Aggregation.MEAN if values:
            return f"({terms}) / {len(values)}"
    return ""


def _other_readings(folded: Folded, *, unit: str) -> str:
    readings = {
        _t("mean"): folded.mean,
        _t("pooled"): folded.pooled,
        _t("last"): folded.last,
    }
    others = [
        f"{name} {shown(value, unit)}"
        for name, value in readings.items()
        if value is not None and value != folded.computed
    ]
    return _t("Other readings: %(readings)s.") % {"readings": ", ".join(others)} if others else ""


def check_endpoint(
    *, claim: Text, stated: Decimal, candidates: Sequence[tuple[str, Decimal]], unit: str
) -> Check:
    """One end of a before/after pair against the figures of its period; agreeing with any of them is enough.

    `computed` is the one that agrees best; if none does, the nearest.
    """
    verdict, value = Agreement.NOT_CHECKABLE, None
    if candidates:
        found = [(agreement(stated=stated, computed=each), each) for _label, each in candidates]
        verdict, value = max(found, key=lambda each: (SEVERITY.index(each[0]), -abs(each[1] - stated)))
    return Check(
        kind=CheckKind.CHANGE,
        claim=claim,
        stated=stated,
        computed=value,
        unit=unit,
        verdict=verdict,
        formula="; ".join(f"{label} {shown(each, unit)}" for label, each in candidates),
    )


def check_steady(
    *, claim: Text, values: Sequence[tuple[Period, Decimal]], direction: str, unit: str
) -> Check:
    """Whether every figure is at least as good as the one before it; not checkable with fewer than two."""
    sign = -1 if direction == Direction.DOWN else 1
    falls = any(
        (after - before) * sign < 0 for (_first, before), (_second, after) in itertools.pairwise(values)
    )
    if len(values) < 2 or direction == Direction.NEUTRAL:
        verdict = Agreement.NOT_CHECKABLE
    else:
        verdict = Agreement.CONTRADICTS if falls else Agreement.EXACT
    return Check(
        kind=CheckKind.CHANGE,
        claim=claim,
        unit=unit,
        verdict=verdict,
        formula=" → ".join(f"{period.short_label} {shown(value, unit)}" for period, value in values),
        note=_t("It got worse on the way.") if verdict == Agreement.CONTRADICTS else "",
    )


def check_dropped(*, claim: Text, total: Portion, dropped: Sequence[Portion], unit: str) -> Check:
    """Projects with open work that are missing in the next period. Not a contradiction, but the rate would differ."""
    numerator = (total.numerator or Decimal(0)) + sum(
        (each.numerator or Decimal(0) for each in dropped), Decimal(0)
    )
    denominator = (total.denominator or Decimal(0)) + sum(
        (each.denominator or Decimal(0) for each in dropped), Decimal(0)
    )
    rate = numerator / denominator * (100 if unit == Unit.PERCENT else 1)
    return Check(
        kind=CheckKind.OPEN_WORK,
        claim=claim,
        stated=total.value,
        unit=unit,
        verdict=Agreement.NOT_CHECKABLE,
        formula=lambda: f"{plain(numerator)}/{plain(denominator)} = {shown(rate, unit)}",
        note=lambda: (
            _t("Still open in the period before and missing here: %(names)s. With them the rate is as shown.")
            % {"names": ", ".join(f"{each.label} {fraction(each)}" for each in dropped)}
        ),
    )


def check_running_totals(*, claim: Text, series: Sequence[Sequence[Portion]], unit: str) -> Check | None:
    """Whether parts per project that never fall look like running totals summed as if they were per period.

    `series` are the shares of each project, period by period. None unless at least two projects are measured
    twice, one of them rising. Not decidable from the figures alone.
    """
    repeated = [shares for shares in series if len(shares) > 1]
    if len(repeated) < 2 or any(map(_falls, repeated)) or not any(map(_rises, repeated)):
        return None
    last = [shares[-1] for shares in series]
    numerator = sum((share.numerator or Decimal(0) for share in last), Decimal(0))
    denominator = sum((share.denominator or Decimal(0) for share in last), Decimal(0))
    rate = numerator / denominator * (100 if unit == Unit.PERCENT else 1)
    return Check(
        kind=CheckKind.OPEN_WORK,
        claim=claim,
        unit=unit,
        verdict=Agreement.NOT_CHECKABLE,
        formula=f"{plain(numerator)}/{plain(denominator)} = {shown(rate, unit)}",
        note=_t(
            "No project's figures ever fall: they look like running totals. The state at the end is as shown."
        ),
    )


def _falls(shares: Sequence[Portion]) -> bool:
    for before, after in itertools.pairwise(shares):
        if (after.numerator or 0) < (before.numerator or 0):
            return True
        if (after.denominator or 0) < (before.denominator or 0):
            return True
    return False


def _rises(shares: Sequence[Portion]) -> bool:
    return (shares[-1].numerator or 0) > (shares[0].numerator or 0)
