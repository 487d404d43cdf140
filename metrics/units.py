"""Units, directions and qualifiers, and how a figure is written for people.

Percent and percentage point are two units. Clock durations are kept in minutes; a lead time is a count of
calendar days. No figure is shown for an absent value: absence is a dash, never 0.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache

from django.db import models
from django.utils.formats import get_format
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

ABSENT = "–"


class Unit(models.TextChoices):
    PERCENT = "percent", _("percent")
    PERCENTAGE_POINT = "pp", _("percentage points")
    TIMES = "times", _("times")
    COUNT = "count", _("count")
    PEOPLE = "people", _("people")
    MINUTE = "minute", _("minutes")
    HOUR = "hour", _("hours")
    DAY = "day", _("days")
    WEEK = "week", _("weeks")
    MONTH = "month", _("months")
    GIGABYTE = "gigabyte", _("gigabytes")
    TERABYTE = "terabyte", _("terabytes")
    KILOBYTE_PER_SECOND = "kb_per_s", _("kilobytes per second")
    FRAME_PER_SECOND = "fps", _("frames per second")
    PER_MONTH = "per_month", _("per month")
    PER_QUARTER = "per_quarter", _("per quarter")
    STAR = "star", _("stars")


class Direction(models.TextChoices):
    UP = "up", _("higher is better")
    DOWN = "down", _("lower is better")
    NEUTRAL = "neutral", _("neither is better")


class Qualifier(models.TextChoices):
    EXACTLY = "exactly", _("exact")
    AT_LEAST = "at_least", _("at least")
    AT_MOST = "at_most", _("at most")
    ABOUT = "about", _("about")


_SUFFIXES = {
    Unit.PERCENT: "%",
    Unit.GIGABYTE: " GB",
    Unit.TERABYTE: " TB",
    Unit.KILOBYTE_PER_SECOND: " KB/s",
    Unit.FRAME_PER_SECOND: " FPS",
    Unit.STAR: "★",
    Unit.TIMES: "×",
    Unit.COUNT: "",
}


# What one unit is of its base: bytes, minutes, or itself. Decimal prefixes, as storage is sold.
_IN_BASE: dict[str, Decimal] = {
    Unit.KILOBYTE_PER_SECOND: Decimal(60_000),  # bytes a minute
    Unit.GIGABYTE: Decimal(10) ** 9,
    Unit.TERABYTE: Decimal(10) ** 12,
    Unit.HOUR: Decimal(60),
    Unit.DAY: Decimal(24 * 60),
    Unit.WEEK: Decimal(7 * 24 * 60),
    Unit.PERCENT: Decimal("0.01"),
}


def in_base_units(value: Decimal, unit: str) -> Decimal:
    """In bytes, minutes, bytes a minute or the unit itself, so that quantities of different units divide."""
    return value * _IN_BASE.get(unit, Decimal(1))


def quotient(
    numerator: Decimal,
    denominator: Decimal,
    *,
    unit: str,
    numerator_unit: str = "",
    denominator_unit: str = "",
) -> Decimal:
    """Their ratio in `unit`: × 100 for a percentage, converted where both parts have a unit of their own."""
    if numerator_unit and denominator_unit:
        whole = in_base_units(numerator, numerator_unit) / in_base_units(denominator, denominator_unit)
        return whole / in_base_units(Decimal(1), unit)
    return numerator / denominator * (100 if unit == Unit.PERCENT else 1)


def minutes_between(start: dt.datetime, end: dt.datetime) -> Decimal:
    """Full minutes that went by, also where the clocks were changed in between. Moments must know their zone."""
    # Moments of one zone are subtracted as clocks on the wall.
    went_by = end.astimezone(dt.UTC) - start.astimezone(dt.UTC)
    return Decimal(went_by // dt.timedelta(minutes=1))


def plain(value: Decimal) -> str:
    """The shortest exact writing, for machines: `80.5`, `62`, `-0.004`. Never an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_value(value: Decimal | None, unit: str, *, signed: bool = False, places: int = 2) -> str:
    """A figure with its unit in the language of the page, rounded half up to `places`; a dash for None.

    Minutes read as hours and minutes: 1427 → `23 h 47 min`.
    """
    if value is None:
        return ABSENT
    value = round_half_up(value, places=0 if unit == Unit.MINUTE else places)
    sign = ""
    if value < 0:
        sign = "−"
    elif signed and value > 0:
        sign = "+"
    value = abs(value)
    if unit == Unit.MINUTE:
        return sign + _clock(value)
    number = _number(value)
    if unit in _SUFFIXES:
        return f"{sign}{number}{_SUFFIXES[Unit(unit)]}"
    if not unit:
        return f"{sign}{number}"
    return _worded(f"{sign}{number}", unit, value)


def _number(value: Decimal) -> str:
    """Grouped by thousands in the language of the page; Django's own formatting takes ten times as long."""
    shown = plain(value)
    whole, point, fraction = shown.partition(".")
    if len(whole) < 4 and not point:
        return whole
    thousands, decimal_point = _separators(get_language())
    grouped = f"{int(whole):,}".replace(",", thousands)
    return f"{grouped}{decimal_point}{fraction}" if point else grouped


@cache
def _separators(language: str | None) -> tuple[str, str]:
    return (
        get_format("THOUSAND_SEPARATOR", language, use_l10n=True),
        get_format("DECIMAL_SEPARATOR", language, use_l10n=True),
    )


_STEPS = [Decimal(1).scaleb(-places) for places in range(10)]


def round_half_up(value: Decimal, *, places: int) -> Decimal:
    return value.quantize(_STEPS[places], rounding="ROUND_HALF_UP")


def _clock(minutes: Decimal) -> str:
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return gettext("%(minutes)s min") % {"minutes": rest}
    return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}


def _worded(number: str, unit: str, value: Decimal) -> str:
    # Fractions are plural in English: 6.75 days.
    many = 1 if value == 1 else 2
    match unit:
        case Unit.PERCENTAGE_POINT:
            words = gettext("%(number)s pp")
        case Unit.PEOPLE:
            words = ngettext("%(number)s person", "%(number)s people", many)
        case Unit.HOUR:
            words = ngettext("%(number)s hour", "%(number)s hours", many)
        case Unit.DAY:
            words = ngettext("%(number)s day", "%(number)s days", many)
        case Unit.WEEK:
            words = ngettext("%(number)s week", "%(number)s weeks", many)
        case Unit.MONTH:
            words = ngettext("%(number)s month", "%(number)s months", many)
        case "year":  # no unit of a metric, but of a stated duration of work
            words = ngettext("%(number)s year", "%(number)s years", many)
        case Unit.PER_MONTH:
            words = gettext("%(number)s per month")
        case Unit.PER_QUARTER:
            words = gettext("%(number)s per quarter")
        case _:
            raise KeyError(unit)
    return words % {"number": number}


def format_change(value: Decimal | None, unit: str) -> str:
    """A signed difference of two figures: that of two percentages is in percentage points."""
    return format_value(value, Unit.PERCENTAGE_POINT if unit == Unit.PERCENT else unit, signed=True)


def qualified(text: str, qualifier: str) -> str:
    """`3+`, `≤ 3`, `~20` around an already formatted figure."""
    match qualifier:
        case Qualifier.AT_LEAST:
            return f"{text}+"
        case Qualifier.AT_MOST:
            return f"≤ {text}"
        case Qualifier.ABOUT:
            return f"~{text}"
        case _:
            return text
