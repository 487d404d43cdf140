"""Stated figures beside recomputed ones.

How far a stated figure may lie from the recomputed one follows from how it was written: `62` allows everything
that rounds or truncates to 62 (and the check says which), `~20` a tenth more or less, `3+` anything from 3 up.
What cannot be recomputed is said to be so; it is never counted as a contradiction.

Every function takes values and answers with one `Check`. Here: the verdict, and one figure beside its own parts;
metrics/period_checks.py has figures of several periods, metrics/record_checks.py claims beside records.
Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from metrics.units import Qualifier, Unit, format_value, in_base_units, plain

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
        return f"{part(self.numerator)}/{part(self.denominator)}"


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
        formula = " + ".join(part(share.value) for share in shares) + f" = {plain(computed)}"
    else:
        return Check(
            kind=CheckKind.BREAKDOWN,
            claim=claim,
            stated=total.value,
            unit=unit,
            verdict=Agreement.NOT_CHECKABLE,
            formula=" + ".join(f"{share.label} {part(share.value)}" for share in shares),
            note=_t("Figures of this kind do not add up.")
            if all(share.value is not None for share in shares)
            else _t("A part of it is stated without a number."),
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


def shown(value: Decimal | None, unit: str, *, beside: Decimal | None = None) -> str:
    """A computed figure with one digit more than the stated one beside it."""
    places = 0 if beside is None else -_exponent(_last_digit(beside))
    return format_value(value, unit, places=places + 1)


def part(value: Decimal | None) -> str:
    """A figure inside a formula; a dash for an absent one."""
    return "–" if value is None else plain(round(value, 2))


def _exponent(digit: Decimal) -> int:
    exponent = digit.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101
    return exponent
