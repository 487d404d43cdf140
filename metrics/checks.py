"""Stated figures beside recomputed ones.

How far a stated figure may lie from the recomputed one follows from how it was written: `62` allows everything
that rounds or truncates to 62 (and the check says which), `~20` a tenth more or less, `3+` anything from 3 up.
What cannot be recomputed is said to be so; it is never counted as a contradiction.

Every function takes values and answers with one `Check`. Pure: no database, no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from metrics.aggregation import Aggregation, Folded
from metrics.units import Direction, Qualifier, Unit, format_value, in_base_units, plain, qualified
from records.periods import Period, Precision

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
    exponent = stated.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101
    return Decimal(1).scaleb(min(exponent, 0))


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
        formula=f"{parts} = {_exact(computed, unit)}",
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


def check_breakdown(*, claim: str, total: Share, qualifier: str, shares: Sequence[Share], unit: str) -> Check:
    """A total against its projects: numerators and denominators if all have them, else the values themselves.

    A percentage without parts of its own is compared with the pooled parts of its projects. A project without
    a number makes the breakdown incomplete: not checkable.
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
        formula = f"{terms} = {whole} = {_exact(computed, unit)}"
    elif all(share.value is not None for share in shares):
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
            note=_t("A part of it is stated without a number."),
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
) -> Check:
    """A stated change against both ends: a percentage of the first, a factor, or a plain difference.

    Percentage points and percent are told apart by the unit of the change.
    """
    computed: Decimal | None = None
    formula = f"{_part(before)} → {_part(after)}"
    if before is not None and after is not None:
        match change_unit:
            case Unit.PERCENT if before == 0:
                pass
            case Unit.PERCENT:
                computed = (after - before) / before * 100
                formula = (
                    f"({plain(after)} − {plain(before)}) / {plain(before)} = {_exact(computed, change_unit)}"
                )
            case Unit.TIMES if before == 0:
                pass
            case Unit.TIMES:
                computed = after / before
                formula = f"{plain(after)} / {plain(before)} = {_exact(computed, change_unit)}"
            case _:
                computed = after - before
                formula = f"{plain(after)} − {plain(before)} = {_exact(computed, change_unit)}"
    return Check(
        kind=kind,
        claim=claim,
        stated=stated_change,
        computed=computed,
        unit=change_unit,
        verdict=agreement(stated=stated_change, computed=computed, qualifier=qualifier),
        formula=formula,
    )


def check_year(
    *,
    claim: str,
    stated: Decimal,
    qualifier: str,
    folded: Folded,
    aggregation: str,
    unit: str,
    is_complete: bool,
) -> Check:
    """A figure of a whole period against its parts, read as the metric says; the other readings stand in the note.

    A mean that comes out only if empty periods count as 0 agrees, and the note says so. Parts that do not cover
    the period can confirm the figure but not contradict it.
    """
    computed = folded.computed
    verdict = agreement(stated=stated, computed=computed, qualifier=qualifier)
    readings = {
        _t("mean"): folded.mean,
        _t("pooled"): folded.pooled,
        _t("sum"): folded.sum,
        _t("last"): folded.last,
    }
    others = [
        f"{name} {_exact(value, unit)}"
        for name, value in readings.items()
        if value is not None and value != computed and (name != _t("sum") or aggregation == Aggregation.SUM)
    ]
    note = _t("Other readings: %(readings)s.") % {"readings": ", ".join(others)} if others else ""
    if verdict == Agreement.CONTRADICTS and folded.empty_changes_the_mean:
        as_zero = agreement(stated=stated, computed=folded.mean_with_empty_as_zero, qualifier=qualifier)
        if as_zero != Agreement.CONTRADICTS:
            verdict, computed = as_zero, folded.mean_with_empty_as_zero
            note = _t(
                "Only if periods with nothing to measure count as 0; without them the mean is %(mean)s."
            ) % {"mean": _exact(folded.mean, unit)}
    if verdict == Agreement.CONTRADICTS and not is_complete:
        verdict, note = Agreement.NOT_CHECKABLE, _t("Not all of its periods have a figure.")
    return Check(
        kind=CheckKind.YEAR,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=verdict,
        formula=f"{Aggregation(aggregation).label} = {_exact(computed, unit)}",
        note=note,
    )


def check_endpoint(
    *, claim: str, stated: Decimal, candidates: Sequence[tuple[str, Decimal]], unit: str
) -> Check:
    """One end of a before/after pair against the figures of its period; agreeing with any of them is enough."""
    found = [(agreement(stated=stated, computed=value), label, value) for label, value in candidates]
    found.sort(key=lambda each: SEVERITY.index(each[0]), reverse=True)
    verdict, label, value = found[0] if found else (Agreement.NOT_CHECKABLE, "", None)
    return Check(
        kind=CheckKind.CHANGE,
        claim=claim,
        stated=stated,
        computed=value,
        unit=unit,
        verdict=verdict,
        formula="; ".join(f"{label} {_exact(value, unit)}" for _verdict, label, value in found),
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
        formula=" → ".join(f"{period.short_label} {_exact(value, unit)}" for period, value in values),
        note=_t("It got worse on the way.") if verdict == Agreement.CONTRADICTS else "",
    )


def check_duration(
    *, claim: str, stated: Decimal, in_hours: bool, started_at: dt.datetime, resolved_at: dt.datetime
) -> Check:
    """A stated duration (minutes) against start and end, compared in the unit it was written in."""
    minutes = Decimal((resolved_at - started_at) // dt.timedelta(minutes=1))
    scale = 60 if in_hours else 1
    return Check(
        kind=CheckKind.INCIDENT,
        claim=claim,
        stated=stated,
        computed=minutes,
        unit=Unit.MINUTE,
        verdict=agreement(stated=stated / scale, computed=minutes / scale),
        formula=f"{started_at:%Y-%m-%d %H:%M} → {resolved_at:%Y-%m-%d %H:%M} = {format_value(minutes, Unit.MINUTE)}",
    )


def check_filing(*, claim: str, filed: Period, started_at: dt.datetime) -> Check:
    """The period an incident is filed under against its own date."""
    day = Period.of_day(started_at.date())
    inside = day in filed
    return Check(
        kind=CheckKind.INCIDENT,
        claim=claim,
        verdict=Agreement.EXACT if inside else Agreement.CONTRADICTS,
        formula=f"{day} {'∈' if inside else '∉'} {filed}",
        note="" if inside else _t("Its date lies outside of the period it is filed under."),
    )


def check_mean_duration(*, claim: str, stated: Decimal | None, durations: Sequence[Decimal]) -> Check:
    """A stated mean (minutes) against the incidents of the period. The mean of no incident is undefined, not 0."""
    if not durations or stated is None:
        return Check(
            kind=CheckKind.INCIDENT,
            claim=claim,
            stated=stated,
            unit=Unit.MINUTE,
            verdict=Agreement.NOT_CHECKABLE,
            formula=_t("no incident"),
            note=_t("The mean of no incident is undefined; it is not 0."),
        )
    computed = sum(durations, Decimal(0)) / len(durations)
    terms = " + ".join(plain(duration) for duration in durations)
    return Check(
        kind=CheckKind.INCIDENT,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=Unit.MINUTE,
        verdict=agreement(stated=stated, computed=computed),
        formula=f"({terms}) / {len(durations)} = {plain(round(computed, 2))}",
    )


def check_list(*, claim: str, stated: Decimal, qualifier: str, listed: int, unit: str) -> Check:
    """A stated count against the records that are listed; not checkable if none is."""
    computed = Decimal(listed) if listed else None
    return Check(
        kind=CheckKind.LIST,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=stated, computed=computed, qualifier=qualifier),
        formula=_t("%(count)s listed") % {"count": listed},
    )


def check_span(*, claim: str, stated: Decimal, unit: str, starts_on: Period, ends_on: Period) -> Check:
    """A stated duration against start and end: months count both ends, weeks and days are end less start."""
    computed: Decimal | None = None
    formula = f"{starts_on} → {ends_on}"
    first, last = starts_on.first_day, ends_on.last_day
    exact_days = starts_on.precision == ends_on.precision == Precision.DAY
    if unit == "month" and starts_on.precision <= Precision.MONTH and ends_on.precision <= Precision.MONTH:
        computed = Decimal((last.year - first.year) * 12 + last.month - first.month + 1)
        formula += _t(", both months counted")
    elif unit in ("week", "day") and exact_days:
        days = Decimal((ends_on.first_day - first).days)
        computed = days / 7 if unit == "week" else days
        formula += _t(" = %(days)s days") % {"days": plain(days)} + (" / 7" if unit == "week" else "")
    elif unit == "year" and starts_on.precision == ends_on.precision == Precision.YEAR:
        computed = Decimal(last.year - first.year + 1)
    return Check(
        kind=CheckKind.SPAN,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=stated, computed=computed),
        formula=formula if computed is None else f"{formula} = {plain(round(computed, 2))}",
    )


def check_begins_before(*, claim: str, starts_on: Period, earliest: Period, what: str) -> Check:
    """Work recorded for a stint against the day it is said to have begun."""
    early = earliest.last_day < starts_on.first_day
    return Check(
        kind=CheckKind.SPAN,
        claim=claim,
        verdict=Agreement.CONTRADICTS if early else Agreement.EXACT,
        formula=f"{earliest} {'<' if early else '≥'} {starts_on}",
        note=_t("“%(what)s” is recorded before it began.") % {"what": what} if early else "",
    )


def check_completion(*, claim: str, told_in: Period, ends_on: Period | None, later: Sequence[str]) -> Check:
    """Work called complete in one year against its own end and against what later years record of the project."""
    overruns = ends_on is not None and ends_on.last_day > told_in.last_day
    reasons = [f"{ends_on} > {told_in}"] if overruns else []
    reasons += later
    return Check(
        kind=CheckKind.OPEN_WORK,
        claim=claim,
        verdict=Agreement.CONTRADICTS if reasons else Agreement.EXACT,
        formula="; ".join(reasons) or _t("nothing recorded after %(year)s") % {"year": told_in},
        note=_t("Work goes on after it was called complete; it may have been one phase of several.")
        if reasons
        else "",
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


def check_dropped(*, claim: str, total: Share, dropped: Sequence[Share], unit: str) -> Check:
    """Projects with open work that are missing in the next period. Not a contradiction, but the rate would differ."""
    numerator = (total.numerator or Decimal(0)) + sum(
        (each.numerator or Decimal(0) for each in dropped), Decimal(0)
    )
    denominator = (total.denominator or Decimal(0)) + sum(
        (each.denominator or Decimal(0) for each in dropped), Decimal(0)
    )
    rate = numerator / denominator * (100 if unit == Unit.PERCENT else 1)
    names = ", ".join(f"{each.label} {each.fraction}" for each in dropped)
    return Check(
        kind=CheckKind.OPEN_WORK,
        claim=claim,
        stated=total.value,
        unit=unit,
        verdict=Agreement.NOT_CHECKABLE,
        formula=f"{plain(numerator)}/{plain(denominator)} = {_exact(rate, unit)}",
        note=_t(
            "Still open in the period before and missing here: %(names)s. With them the rate is as shown."
        )
        % {"names": names},
    )


def check_running_totals(*, claim: str, series: Sequence[Sequence[Share]], unit: str) -> Check | None:
    """Whether parts per project that never fall look like running totals summed as if they were per period.

    `series` are the shares of each project, period by period. None unless at least two projects are measured
    twice, one of them rising. Not decidable from the figures alone.
    """
    repeated = [shares for shares in series if len(shares) > 1]
    if len(repeated) < 2 or not any(_rises(shares) for shares in repeated):
        return None
    if any(_falls(shares) for shares in repeated):
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
        formula=f"{plain(numerator)}/{plain(denominator)} = {_exact(rate, unit)}",
        note=_t(
            "No project's figures ever fall: they look like running totals. The state at the end is as shown."
        ),
    )


def _falls(shares: Sequence[Share]) -> bool:
    return any(
        (after.numerator or 0) < (before.numerator or 0)
        or (after.denominator or 0) < (before.denominator or 0)
        for before, after in zip(shares, shares[1:], strict=False)
    )


def _rises(shares: Sequence[Share]) -> bool:
    return (shares[-1].numerator or 0) > (shares[0].numerator or 0)


def _part(value: Decimal | None) -> str:
    return "–" if value is None else plain(value)


def _exact(value: Decimal | None, unit: str) -> str:
    return format_value(value, unit, places=1)
