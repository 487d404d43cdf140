"""Claims beside the records that bear them out or do not: incidents, lists, stints of work, other mentions.

The same contract as metrics/checks.py. Pure: no database, no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _t

from metrics.checks import SEVERITY, Agreement, Check, CheckKind, Text, agreement, part, shown
from metrics.units import Unit, format_value, minutes_between, plain, qualified
from records.periods import Period, Precision

# On average over the Gregorian calendar.
_DAYS_PER_MONTH = Decimal("30.4369")


def check_duration(
    *, claim: Text, stated: Decimal, in_hours: bool, started_at: dt.datetime, resolved_at: dt.datetime
) -> Check:
    """A stated duration (minutes) against start and end, compared in the unit it was written in."""
    minutes = minutes_between(started_at, resolved_at)
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


def check_filing(*, claim: Text, filed: Period, started_at: dt.datetime) -> Check:
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


def check_mean_duration(
    *, claim: Text, stated: Decimal | None, qualifier: str, durations: Sequence[Decimal | None]
) -> Check:
    """A stated mean (minutes) against the incidents of the period. The mean of no incident is undefined, not 0.

    An incident whose duration is not known (None) leaves the mean open.
    """
    known = [duration for duration in durations if duration is not None]
    if stated is None or not known or len(known) < len(durations):
        if not durations:
            note = _t("The mean of no incident is undefined; it is not 0.")
        elif len(known) < len(durations):
            note = _t("The duration of an incident is not known.")
        else:
            note = _t("No mean is stated.")
        return Check(
            kind=CheckKind.INCIDENT,
            claim=claim,
            stated=stated,
            unit=Unit.MINUTE,
            verdict=Agreement.NOT_CHECKABLE,
            formula=_t("%(count)s incidents") % {"count": len(durations)},
            note=note,
        )
    computed = sum(known, Decimal(0)) / len(known)
    return Check(
        kind=CheckKind.INCIDENT,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=Unit.MINUTE,
        verdict=agreement(stated=stated, computed=computed, qualifier=qualifier),
        formula=_mean(known, shown=part(computed)),
    )


def _mean(values: Sequence[Decimal], *, shown: str) -> str:
    """`(2 + 3) / 2 = 2.5`; of a single value the value alone."""
    terms = " + ".join(plain(value) for value in values)
    return f"({terms}) / {len(values)} = {shown}" if len(values) > 1 else shown


def check_list(*, claim: Text, stated: Decimal, qualifier: str, listed: int, unit: str) -> Check:
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


def check_listed_mean(
    *, claim: Text, stated: Decimal, qualifier: str, listed: Sequence[Decimal], unit: str
) -> Check:
    """A stated mean against the records listed with a figure; those without one are left out."""
    computed = sum(listed, Decimal(0)) / len(listed)
    return Check(
        kind=CheckKind.LIST,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=stated, computed=computed, qualifier=qualifier),
        formula=_mean(listed, shown=shown(computed, unit, beside=stated)),
    )


def check_listed_extreme(
    *, claim: Text, stated: Decimal, listed: Sequence[Decimal], is_largest: bool, unit: str
) -> Check:
    """A stated largest or smallest case against the records listed."""
    computed = max(listed) if is_largest else min(listed)
    return Check(
        kind=CheckKind.LIST,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=agreement(stated=stated, computed=computed),
        formula=f"{'max' if is_largest else 'min'}({', '.join(plain(value) for value in listed)})"
        f" = {plain(computed)}",
    )


def check_equal_share(*, claim: Text, stated: Decimal, people: int) -> Check:
    """A stated contribution against an equal share of the team. Shares need not be equal: never a contradiction."""
    computed = Decimal(100) / people
    verdict = agreement(stated=stated, computed=computed)
    is_equal = verdict != Agreement.CONTRADICTS
    return Check(
        kind=CheckKind.RATIO,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=Unit.PERCENT,
        verdict=verdict if is_equal else Agreement.NOT_CHECKABLE,
        formula=f"1 / {people} = {shown(computed, Unit.PERCENT, beside=stated)}",
        note=_t("Fits an equal share of the team; that proves nothing.")
        if is_equal
        else _t("Shares need not be equal."),
    )


def check_span(*, claim: Text, stated: Decimal, unit: str, starts_on: Period, ends_on: Period) -> Check:
    """A stated duration against start and end: months count both ends, weeks and days are end less start.

    With exact days also the last day may be counted, and months may be measured rather than counted.
    """
    found = [
        (agreement(stated=stated, computed=value), value, how)
        for value, how in _spans(unit, starts_on, ends_on)
    ]
    verdict, computed, how = max(
        found, key=lambda each: SEVERITY.index(each[0]), default=(Agreement.NOT_CHECKABLE, None, "")
    )
    return Check(
        kind=CheckKind.SPAN,
        claim=claim,
        stated=stated,
        computed=computed,
        unit=unit,
        verdict=verdict,
        formula=f"{starts_on} → {ends_on}" + (f"{how} = {part(computed)}" if computed is not None else ""),
    )


def _spans(unit: str, starts_on: Period, ends_on: Period) -> Iterator[tuple[Decimal, str]]:
    """Every honest length of the span in the unit, with how it was measured, the usual reading first."""
    first, last = starts_on.first_day, ends_on.last_day
    months = Decimal((last.year - first.year) * 12 + last.month - first.month + 1)
    is_exact = starts_on.precision == ends_on.precision == Precision.DAY
    days = Decimal((last - first).days)
    by_month = starts_on.precision <= Precision.MONTH and ends_on.precision <= Precision.MONTH
    by_year = starts_on.precision == ends_on.precision == Precision.YEAR
    if unit == Unit.MONTH and by_month:
        yield months, _t(", both months counted")
    if unit == "year" and (by_month or by_year):
        yield months / 12, _t(", both months counted") + " / 12" if by_month else ""
    if is_exact:
        for number, how in ((days, ""), (days + 1, _t(", both days counted"))):
            measured = how + _t(" = %(days)s days") % {"days": number}
            match unit:
                case Unit.DAY:
                    yield number, how
                case Unit.WEEK:
                    yield number / 7, f"{measured} / 7"
                case Unit.MONTH:
                    yield number / _DAYS_PER_MONTH, f"{measured} / {_DAYS_PER_MONTH}"


def check_begins_before(*, claim: Text, starts_on: Period, earliest: Period, what: str) -> Check:
    """Work recorded for a stint against the day it is said to have begun."""
    early = earliest.last_day < starts_on.first_day
    return Check(
        kind=CheckKind.SPAN,
        claim=claim,
        verdict=Agreement.CONTRADICTS if early else Agreement.EXACT,
        formula=f"{earliest} {'<' if early else '≥'} {starts_on}",
        note=_t("“%(what)s” is recorded before it began.") % {"what": what} if early else "",
    )


def check_completion(*, claim: Text, told_in: Period, ends_on: Period | None, later: Sequence[str]) -> Check:
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


def check_ongoing(*, claim: Text, told_in: Period, later: Sequence[str]) -> Check:
    """Work called ongoing in one year against what later years record of the project: nothing is left open."""
    return Check(
        kind=CheckKind.OPEN_WORK,
        claim=claim,
        verdict=Agreement.EXACT if later else Agreement.NOT_CHECKABLE,
        formula="; ".join(later) or _t("nothing recorded after %(year)s") % {"year": told_in},
        note="" if later else _t("Called ongoing and never heard of again: neither closed nor continued."),
    )


def check_mention(
    *, claim: Text, stated: Decimal, qualifier: str, elsewhere: Decimal, elsewhere_qualifier: str, unit: str
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


def check_same_figure(*, claim: Text, stated: Decimal, unit: str, lines: str) -> Check:
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
    *,
    claim: Text,
    stated: Decimal,
    qualifier: str,
    part: Decimal,
    formula: str,
    unit: str,
    is_complete: bool = True,
) -> Check:
    """A figure that repeats a part of another metric's figures. Some of them cannot contradict it."""
    verdict = agreement(stated=stated, computed=part, qualifier=qualifier)
    is_open = verdict == Agreement.CONTRADICTS and not is_complete
    return Check(
        kind=CheckKind.RESTATED,
        claim=claim,
        stated=stated,
        computed=part,
        unit=unit,
        verdict=Agreement.NOT_CHECKABLE if is_open else verdict,
        formula=formula,
        note=_t("Not all of its periods have a figure.") if is_open else "",
    )
