"""Stated figures beside recomputed ones.

How far a stated figure may lie from the recomputed one follows from how it was written: `62` allows everything
that rounds or truncates to 62 (and the check says which), `~20` a tenth more or less, `3+` anything from 3 up.
What cannot be recomputed is said to be so; it is never counted as a contradiction.

Every function takes values and answers with one `Check`. Here: the verdict, and one figure beside its own parts;
metrics/period_checks.py has figures of several periods, metrics/record_checks.py claims beside records.
Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache, partial
from typing import NamedTuple, Protocol, Self

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from metrics.units import Qualifier, Unit, format_value, plain, quotient, round_half_up

# "About" promises a neighbourhood, not a rounding; a tenth is what readers grant it.
ABOUT = Decimal("0.1")
# The exponent of the finest digit; four places are stored.
_FINEST = -8
_ZERO = Decimal(0)
# What a line or three can hold: two hundred projects are no sum that anybody reads.
_MOST_TERMS = 12


class Agreement(models.TextChoices):
    """The verdict of a check, worst first in `SEVERITY`."""

    EXACT = "exact", _("exact")
    ROUNDED = "rounded", _("agrees by rounding")
    TRUNCATED = "truncated", _("agrees by truncation")
    ABOUT = "about", _("agrees approximately")
    CONTRADICTS = "contradicts", _("contradicts")
    NOT_CHECKABLE = "not_checkable", _("not checkable")


# An enum looks its members up at every access; these are asked for with every check.
_EXACT, _ROUNDED, _EXACTLY = Agreement.EXACT, Agreement.ROUNDED, Qualifier.EXACTLY.value

SEVERITY = [
    Agreement.CONTRADICTS,
    Agreement.NOT_CHECKABLE,
    Agreement.ABOUT,
    Agreement.TRUNCATED,
    Agreement.ROUNDED,
    Agreement.EXACT,
]


_PERCENT = Unit.PERCENT.value


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
    GOAL = "goal", _("target of a goal")


_RATIO = CheckKind.RATIO

# Of fifty thousand checks a page shows fifty: a text may be handed over as what writes it.
Text = str | Callable[[], str]


def _written(text: Text) -> str:
    return text if isinstance(text, str) else text()


class _Numbers(NamedTuple):
    kind: CheckKind
    verdict: Agreement
    unit: str
    stated: Decimal | None
    computed: Decimal | None
    texts: tuple[Text, Text, Text]


class Check(_Numbers):
    """One claim, recomputed. `stated` and `computed` are in `unit`; None where there is no such number.

    `formula` shows the computation with the numbers in it; `note` says in one sentence what a reader should know.
    Texts are written when they are read, in the language of that moment.
    """

    __slots__ = ()

    def __new__(
        cls,
        *,
        kind: CheckKind,
        claim: Text,
        verdict: Agreement,
        formula: Text,
        unit: str = "",
        stated: Decimal | None = None,
        computed: Decimal | None = None,
        note: Text = "",
    ) -> Self:
        # As the class of the tuple would, without going through it: there are very many.
        return tuple.__new__(cls, (kind, verdict, unit, stated, computed, (claim, formula, note)))

    @property
    def claim(self) -> str:
        return _written(self.texts[0])

    @property
    def formula(self) -> str:
        return _written(self.texts[1])

    @property
    def note(self) -> str:
        return _written(self.texts[2])

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
        return _EXACT
    if qualifier != _EXACTLY:
        return _bounded(stated=stated, computed=computed, qualifier=qualifier)
    last_digit = _last_digit(stated)
    if computed.quantize(last_digit, rounding=ROUND_HALF_UP) == stated:
        return _ROUNDED
    if computed.quantize(last_digit, rounding=ROUND_DOWN) == stated:
        return Agreement.TRUNCATED
    return Agreement.CONTRADICTS


def _bounded(*, stated: Decimal, computed: Decimal, qualifier: str) -> Agreement:
    """Of figures that differ and of which the stated one is no more than a bound or a neighbourhood."""
    match qualifier:
        case Qualifier.AT_LEAST:
            return Agreement.ABOUT if computed >= stated else Agreement.CONTRADICTS
        case Qualifier.AT_MOST:
            return Agreement.ABOUT if computed <= stated else Agreement.CONTRADICTS
        case _:
            if computed.quantize(_last_digit(stated), rounding=ROUND_HALF_UP) == stated:
                return Agreement.ROUNDED
            close = abs(computed - stated) <= abs(stated) * ABOUT
            return Agreement.ABOUT if close else Agreement.CONTRADICTS


@lru_cache(maxsize=4096)
def _last_digit(stated: Decimal) -> Decimal:
    """The unit of the last digit written: 1 for 62, 0.1 for 80.5. A round 100 counts as written to the one.

    Nobody writes as many digits as a division leaves: comparing at its last one has no room for larger figures.
    """
    return Decimal(1).scaleb(max(min(_exponent(stated.normalize()), 0), _FINEST))


def check_ratio(
    *,
    claim: Text,
    value: Decimal,
    qualifier: str,
    numerator: Decimal,
    denominator: Decimal,
    unit: str,
    numerator_unit: str = "",
    denominator_unit: str = "",
) -> Check:
    """value = numerator ÷ denominator; × 100 for a percentage, converted where the parts have units of their own."""
    computed = quotient(
        numerator,
        denominator,
        unit=unit,
        numerator_unit=numerator_unit,
        denominator_unit=denominator_unit,
    )

    return Check(
        kind=_RATIO,
        claim=claim,
        stated=value,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=value, computed=computed, qualifier=qualifier),
        formula=partial(
            _ratio_text, value, computed, unit, (numerator, numerator_unit), (denominator, denominator_unit)
        ),
    )


def _ratio_text(
    value: Decimal, computed: Decimal, unit: str, over: tuple[Decimal, str], under: tuple[Decimal, str]
) -> str:
    have_units = over[1] and under[1]
    first, second = (format_value(*each) if have_units else plain(each[0]) for each in (over, under))
    return f"{first} / {second} = {shown(computed, unit, beside=value)}"


def check_rate(
    *, claim: Text, value: Decimal, qualifier: str, total: Decimal, periods: int, unit: str
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
        formula=lambda: f"{plain(total)} / {periods} = {shown(computed, unit, beside=value)}",
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
    claim: Text,
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
        formula=lambda: f"{plain(least)} ≤ {plain(total)} ≤ {plain(most)}",
        note=lambda: _t("A total of that many cases within the stated range."),
    )


class Portion(Protocol):
    """A figure with its parts: of one project, or of all of them. A measurement is one."""

    @property
    def label(self) -> str: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def numerator(self) -> Decimal | None: ...
    @property
    def denominator(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part that is nothing else."""

    label: str
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


def fraction(share: Portion) -> str:
    return f"{part(share.numerator)}/{part(share.denominator)}"


def check_breakdown(
    *, claim: Text, total: Portion, qualifier: str, shares: Sequence[Portion], unit: str, adds_up: bool
) -> Check:
    """A total against its projects: numerators and denominators if all have them, else the values themselves.

    A percentage without parts of its own is compared with the pooled parts of its projects. A project without
    a number makes the breakdown incomplete: not checkable. Neither is one of figures that do not add up, such as
    the means of single projects (`adds_up` False).
    """
    if all(share.denominator is not None for share in shares):
        numerator = sum([share.numerator or _ZERO for share in shares], _ZERO)
        denominator = sum([share.denominator or _ZERO for share in shares], _ZERO)

        def pooled() -> str:
            return terms(shares, fraction) + f" = {plain(numerator)}/{plain(denominator)}"

        if total.denominator is not None:
            same = (total.numerator, total.denominator) == (numerator, denominator)
            return Check(
                kind=CheckKind.BREAKDOWN,
                claim=claim,
                verdict=Agreement.EXACT if same else Agreement.CONTRADICTS,
                formula=lambda: pooled() + ("" if same else f" ≠ {fraction(total)}"),
            )
        computed = numerator / denominator * (100 if unit == Unit.PERCENT else 1)

        def formula() -> str:
            return f"{pooled()} = {shown(computed, unit, beside=total.value)}"

    elif adds_up and all(share.value is not None for share in shares):
        computed = sum((share.value or _ZERO for share in shares), _ZERO)

        def formula() -> str:
            return terms(shares, lambda share: part(share.value)) + f" = {plain(computed)}"

    else:
        return Check(
            kind=CheckKind.BREAKDOWN,
            claim=claim,
            stated=total.value,
            unit=unit,
            verdict=Agreement.NOT_CHECKABLE,
            formula=lambda: terms(shares, lambda share: f"{share.label} {part(share.value)}"),
            note=lambda: (
                _t("Figures of this kind do not add up.")
                if all(share.value is not None for share in shares)
                else _t("A part of it is stated without a number.")
            ),
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


def check_summed(*, claim: Text, stated: Decimal | None, agrees: bool, unit: str) -> Check:
    """A total against projects that were added up elsewhere: exactly what they make, or nothing to be said of it."""
    return Check(
        kind=CheckKind.BREAKDOWN,
        claim=claim,
        stated=stated,
        computed=stated if agrees else None,
        unit=unit,
        verdict=Agreement.EXACT if agrees else Agreement.NOT_CHECKABLE,
        formula="",
    )


def shown(value: Decimal | None, unit: str, *, beside: Decimal | None = None) -> str:
    """A computed figure with one digit more than the stated one beside it."""
    places = 0 if beside is None else -_exponent(_last_digit(beside))
    return format_value(value, unit, places=places + 1)


def terms(shares: Sequence[Portion], write: Callable[[Portion], str]) -> str:
    """`2 + 3 + 5`; of very many the first and the last, and how many stand between them."""
    if len(shares) <= _MOST_TERMS:
        return " + ".join(map(write, shares))
    between = _t("… %(count)s more …") % {"count": len(shares) - _MOST_TERMS + 1}
    return " + ".join([*map(write, shares[: _MOST_TERMS - 2]), between, write(shares[-1])])


def part(value: Decimal | None) -> str:
    """A figure inside a formula; a dash for an absent one."""
    return "–" if value is None else plain(round_half_up(value, places=2))


def _exponent(digit: Decimal) -> int:
    exponent = digit.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101
    return exponent
