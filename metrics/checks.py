"""Stated figures beside recomputed ones.

How far a stated figure may lie from the recomputed one follows from how it was written: `62` allows everything
that rounds or truncates to 62 (and the check says which), `~20` a tenth more or less, `3+` anything from 3 up.
What cannot be recomputed is said to be so; it is never counted as a contradiction.

Every function takes values and answers with one `Check`; what holds a claim against records rather than figures
is in metrics/record_checks.py. Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from metrics.aggregation import Aggregation, Folded
from metrics.units import Direction, Qualifier, Unit, format_value, in_base_units, plain, qualified
from records.periods import Period

# "About" promises a neighbourhood, not a rounding; a tenth is what readers grant it.
ABOUT = Decimal("0.1")


class Agreement(models.TextChoices):
    """The verdict of a check, worst first in `SEVERITY`."""

    EXACT = "exact", _("exact")
    ROUNDED = "rounded", _("agrees by rounding")
    TRUNCATED = "truncated", _("agrees by truncation")
    ABOUT = "about", _("agrees approximately")
    CONTRADICTS = "contradicts", _("contradicts")
    NOT_CHECKABLE = "not_checkable", _("not checkable")


SEVERITY = [
    Agreement.CONTRADICTS,
    Agreement.NOT_CHECKABLE,
    Agreement.ABOUT,
    Agreement.TRUNCATED,
    Agreement.ROUNDED,
    Agreement.EXACT,
]


class CheckKind(models.TextChoices):
    RATIO = "ratio", _("ratio of its parts")
    BREAKDOWN = "breakdown", _("total against its projects")
    STEP = "step", _("change since the period before")
    YEAR = "year", _("year against its periods")
    CHANGE = "change", _("before and after")
    INCIDENT = "incident", _("incident")
    LIST = "list", _("count against the list")
    SPAN = "span", _("start and end")
    RESTATED = "restated", _("stated more than once")
    OPEN_WORK = "open_work", _("open work")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim, recomputed. `stated` and `computed` are in `unit`; None where there is no such number.

    `formula` shows the computation with the numbers in it; `note` says in one sentence what a reader should know.
    """

    kind: CheckKind
    claim: str
    verdict: Agreement
    formula: str
    unit: str = ""
    stated: Decimal | None = None
    computed: Decimal | None = None
    note: str = ""

    @property
    def difference(self) -> Decimal | None:
        """Computed less stated, in `unit`; None unless both are there."""
        if self.stated is None or self.computed is None:
            return None
        return self.computed - self.stated


def agreement(
    *, stated: Decimal | None, computed: Decimal | None, qualifier: str = Qualifier.EXACTLY
) -> Agreement:
    """How a stated figure relates to the recomputed one; not checkable if either is absent.

    The stated figure's own last digit is the precision: 62 is compared at whole numbers, 80.5 at tenths.
    """
    if stated is None or computed is None:
        return Agreement.NOT_CHECKABLE
    if computed == stated:
        return Agreement.EXACT
    match qualifier:
        case Qualifier.AT_LEAST:
            return Agreement.ABOUT if computed >= stated else Agreement.CONTRADICTS
        case Qualifier.AT_MOST:
            return Agreement.ABOUT if computed <= stated else Agreement.CONTRADICTS
        case Qualifier.ABOUT:
            if computed.quantize(_last_digit(stated), rounding=ROUND_HALF_UP) == stated:
                return Agreement.ROUNDED
            close = abs(computed - stated) <= abs(stated) * ABOUT
            return Agreement.ABOUT if close else Agreement.CONTRADICTS
    last_digit = _last_digit(stated)
    if computed.quantize(last_digit, rounding=ROUND_HALF_UP) == stated:
        return Agreement.ROUNDED
    if computed.quantize(last_digit, rounding=ROUND_DOWN) == stated:
        return Agreement.TRUNCATED
    return Agreement.CONTRADICTS


def _last_digit(stated: Decimal) -> Decimal:
    """The unit of the last digit written: 1 for 62, 0.1 for 80.5. A round 100 counts as written to the one."""
    return Decimal(1).scaleb(min(_exponent(stated.normalize()), 0))


def check_ratio(
    *,
    claim: str,
    value: Decimal,
    qualifier: str,
    numerator: Decimal,
    denominator: Decimal,
    unit: str,
    numerator_unit: str = "",
    denominator_unit: str = "",
) -> Check:
    """value = numerator ÷ denominator; × 100 for a percentage, converted where the parts have units of their own."""
    if numerator_unit and denominator_unit:
        whole = in_base_units(numerator, numerator_unit) / in_base_units(denominator, denominator_unit)
        computed = whole / in_base_units(Decimal(1), unit)
        parts = f"{format_value(numerator, numerator_unit)} / {format_value(denominator, denominator_unit)}"
    else:
        computed = numerator / denominator * (100 if unit == Unit.PERCENT else 1)
        parts = f"{plain(numerator)} / {plain(denominator)}"
    return Check(
        kind=CheckKind.RATIO,
        claim=claim,
        stated=value,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=value, computed=computed, qualifier=qualifier),
        formula=f"{parts} = {shown(computed, unit, beside=value)}",
    )


def check_rate(
    *, claim: str, value: Decimal, qualifier: str, total: Decimal, periods: int, unit: str
) -> Check:
    """A rate per month or quarter against its total and the number of months or quarters."""
    computed = total / periods
    return Check(
        kind=CheckKind.RATIO,
        claim=claim,
        stated=value,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=value, computed=computed, qualifier=qualifier),
        formula=f"{plain(total)} / {periods} = {shown(computed, unit, beside=value)}",
    )


def check_product(*, claim: str, stated: Decimal, times: Decimal, each: Decimal, unit: str) -> Check:
    """A total against how often and how much each time."""
    computed = times * each
    return Check(
        kind=CheckKind.RATIO,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=stated, computed=computed),
        formula=f"{plain(times)} × {plain(each)} = {plain(computed)}",
    )


def check_range(
    *,
    claim: str,
    mean: Decimal,
    cases: Decimal,
    total: Decimal | None,
    low: Decimal,
    high: Decimal,
    unit: str,
) -> Check:
    """Whether `cases` values between `low` and `high`, both of them reached, can have the total.

    (n − 1) · low + high ≤ total ≤ (n − 1) · high + low; without a stated total it is n · mean.
    """
    total = cases * mean if total is None else total
    least, most = (cases - 1) * low + high, (cases - 1) * high + low
    fits = least <= total <= most
    return Check(
        kind=CheckKind.RATIO,
        claim=claim,
        stated=total,
        unit=unit,
        verdict=Agreement.EXACT if fits else Agreement.CONTRADICTS,
        formula=f"{plain(least)} ≤ {plain(total)} ≤ {plain(most)}",
        note=_t("A total of that many cases within the stated range."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One project's part of a total."""

    label: str
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None

    @property
    def fraction(self) -> str:
        return f"{_part(self.numerator)}/{_part(self.denominator)}"


def check_breakdown(
    *, claim: str, total: Share, qualifier: str, shares: Sequence[Share], unit: str, adds_up: bool
) -> Check:
    """A total against its projects: numerators and denominators if all have them, else the values themselves.

    A percentage without parts of its own is compared with the pooled parts of its projects. A project without
    a number makes the breakdown incomplete: not checkable. Neither is one of figures that do not add up, such as
    the means of single projects (`adds_up` False).
    """
    fractions = all(share.denominator is not None for share in shares)
    if fractions:
        numerator = sum((share.numerator or Decimal(0) for share in shares), Decimal(0))
        denominator = sum((share.denominator or Decimal(0) for share in shares), Decimal(0))
        whole = f"{plain(numerator)}/{plain(denominator)}"
        terms = " + ".join(share.fraction for share in shares)
        if total.denominator is not None:
            same = (total.numerator, total.denominator) == (numerator, denominator)
            return Check(
                kind=CheckKind.BREAKDOWN,
                claim=claim,
                verdict=Agreement.EXACT if same else Agreement.CONTRADICTS,
                formula=f"{terms} = {whole}" + ("" if same else f" ≠ {total.fraction}"),
            )
        computed = numerator / denominator * (100 if unit == Unit.PERCENT else 1)
        formula = f"{terms} = {whole} = {shown(computed, unit, beside=total.value)}"
    elif adds_up and all(share.value is not None for share in shares):
        computed = sum((share.value or Decimal(0) for share in shares), Decimal(0))
        formula = " + ".join(_part(share.value) for share in shares) + f" = {plain(computed)}"
    else:
        return Check(
            kind=CheckKind.BREAKDOWN,
            claim=claim,
            stated=total.value,
            unit=unit,
            verdict=Agreement.NOT_CHECKABLE,
            formula=" + ".join(f"{share.label} {_part(share.value)}" for share in shares),
            note=_t("A part of it is stated without a number.")
            if adds_up
            else _t("Figures of this kind do not add up."),
        )
    return Check(
        kind=CheckKind.BREAKDOWN,
        claim=claim,
        stated=total.value,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=total.value, computed=computed, qualifier=qualifier),
        formula=formula,
    )


def check_step(
    *,
    claim: str,
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
    note = ""
    if verdict == Agreement.CONTRADICTS and unrounded is not None:
        exact, exact_formula = _difference(
            before=unrounded[0], after=unrounded[1], unit=change_unit, beside=stated_change
        )
        again = agreement(stated=stated_change, computed=exact, qualifier=qualifier)
        if again != Agreement.CONTRADICTS:
            verdict, computed, formula = again, exact, exact_formula
            note = _t("Only from the unrounded figures; the stated ones give another.")
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


def _difference(
    *, before: Decimal | None, after: Decimal | None, unit: str, beside: Decimal
) -> tuple[Decimal | None, str]:
    """What changed, in the unit of the change, and how it was computed; None of nothing, or in percent of 0."""
    if before is None or after is None or (before == 0 and unit in (Unit.PERCENT, Unit.TIMES)):
        return None, f"{_part(before)} → {_part(after)}"
    first, last = _figure(before), _figure(after)
    match unit:
        case Unit.PERCENT:
            computed = (after - before) / before * 100
            terms = f"({last} − {first}) / {first}"
        case Unit.TIMES:
            computed, terms = after / before, f"{last} / {first}"
        case _:
            computed, terms = after - before, f"{last} − {first}"
    return computed, f"{terms} = {shown(computed, unit, beside=beside)}"


def _figure(value: Decimal) -> str:
    """A figure inside a formula: exact as far as it was written, else cut to two places."""
    return plain(round(value, 2))


def check_year(
    *,
    claim: str,
    stated: Decimal,
    qualifier: str,
    folded: Folded,
    values: Sequence[Decimal | None],
    aggregation: str,
    unit: str,
    is_complete: bool,
    unrounded: Decimal | None = None,
) -> Check:
    """A figure of a whole period against its parts, read as the metric says; the other readings stand in the note.

    A mean that comes out only if empty periods count as 0, or only from the `unrounded` figures of the periods,
    agrees, and the note says so. Parts that do not cover the period can confirm the figure but not contradict it.
    """
    computed = folded.computed
    verdict = agreement(stated=stated, computed=computed, qualifier=qualifier)
    note = _other_readings(folded, aggregation=aggregation, unit=unit)
    counted: Sequence[Decimal | None] = [value for value in values if value is not None]
    tolerated = [
        (
            folded.mean_with_empty_as_zero if folded.empty_changes_the_mean else None,
            _t("Only if periods with nothing to measure count as 0; without them the mean is %(mean)s.")
            % {"mean": shown(folded.mean, unit)},
        ),
        (unrounded, _t("Only from the unrounded figures; the stated ones give another.")),
    ]
    for other, reason in tolerated:
        if verdict == Agreement.CONTRADICTS and other is not None:
            again = agreement(stated=stated, computed=other, qualifier=qualifier)
            if again != Agreement.CONTRADICTS:
                verdict, computed, note = again, other, reason
                counted = values if other is folded.mean_with_empty_as_zero else ()
    if verdict == Agreement.CONTRADICTS and not is_complete:
        verdict, note = Agreement.NOT_CHECKABLE, _t("Not all of its periods have a figure.")
    terms = _terms(counted, aggregation=aggregation, unit=unit) or Aggregation(aggregation).label
    return Check(
        kind=CheckKind.YEAR,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=verdict,
        formula=f"{terms} = {shown(computed, unit, beside=stated)}",
        note=note,
    )


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


def _other_readings(folded: Folded, *, aggregation: str, unit: str) -> str:
    readings = {
        _t("mean"): folded.mean,
        _t("pooled"): folded.pooled,
        _t("last"): folded.last,
    }
    if aggregation == Aggregation.SUM:
        readings[_t("sum")] = folded.sum
    others = [
        f"{name} {shown(value, unit)}"
        for name, value in readings.items()
        if value is not None and value != folded.computed
    ]
    return _t("Other readings: %(readings)s.") % {"readings": ", ".join(others)} if others else ""


def check_endpoint(
    *, claim: str, stated: Decimal, candidates: Sequence[tuple[str, Decimal]], unit: str
) -> Check:
    """One end of a before/after pair against the figures of its period; agreeing with any of them is enough.

    `computed` is the one that agrees best; if none does, the nearest.
    """
    verdict, value = Agreement.NOT_CHECKABLE, None
    if candidates:
        found = [(agreement(stated=stated, computed=each), each) for _label, each in candidates]
        verdict, value = max(
            found, key=lambda each: (SEVERITY.index(each[0]), -abs(each[1] - stated))
        )
    return Check(
        kind=CheckKind.CHANGE,
        claim=claim,
        stated=stated,
        computed=value,
        unit=unit,
        verdict=verdict,
        formula="; ".join(f"{label} {shown(each, unit)}" for label, each in candidates),
    )


def check_steady(*, claim: str, values: Sequence[tuple[Period, Decimal]], direction: str, unit: str) -> Check:
    """Whether every figure is at least as good as the one before it; not checkable with fewer than two."""
    sign = -1 if direction == Direction.DOWN else 1
    falls = any(
        (after - before) * sign < 0
        for (_first, before), (_second, after) in zip(values, values[1:], strict=False)
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


def check_mention(
    *, claim: str, stated: Decimal, qualifier: str, elsewhere: Decimal, elsewhere_qualifier: str, unit: str
) -> Check:
    """The same figure in another place. `87+` and `87` agree, and so do `~303` and `303`; `80` and `85` do not."""
    first = agreement(stated=stated, computed=elsewhere, qualifier=qualifier)
    second = agreement(stated=elsewhere, computed=stated, qualifier=elsewhere_qualifier)
    best = max(first, second, key=SEVERITY.index)
    return Check(
        kind=CheckKind.RESTATED,
        claim=claim,
        stated=elsewhere,
        computed=stated,
        unit=unit,
        verdict=best,
        formula=f"{qualified(plain(stated), qualifier)} ↔ {qualified(plain(elsewhere), elsewhere_qualifier)}",
    )


def check_same_figure(*, claim: str, stated: Decimal, unit: str, lines: str) -> Check:
    """A figure that several places state alike."""
    return Check(
        kind=CheckKind.RESTATED,
        claim=claim,
        stated=stated,
        computed=stated,
        unit=unit,
        verdict=Agreement.EXACT,
        formula=_t("the same on lines %(lines)s") % {"lines": lines},
    )


def check_derived(
    *, claim: str, stated: Decimal, qualifier: str, part: Decimal | None, formula: str, unit: str
) -> Check:
    """A figure that repeats a part of another metric's figure of the same period and project."""
    return Check(
        kind=CheckKind.RESTATED,
        claim=claim,
        stated=stated,
        computed=part,
        unit=unit,
        verdict=agreement(stated=stated, computed=part, qualifier=qualifier),
        formula=formula,
    )


def _part(value: Decimal | None) -> str:
    return "–" if value is None else plain(value)


def shown(value: Decimal | None, unit: str, *, beside: Decimal | None = None) -> str:
    """A computed figure with one digit more than the stated one beside it."""
    places = 0 if beside is None else -_exponent(_last_digit(beside))
    return format_value(value, unit, places=places + 1)


def _exponent(digit: Decimal) -> int:
    exponent = digit.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101
    return exponent
