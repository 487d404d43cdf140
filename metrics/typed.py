"""A figure as people type it into a cell, and the text a stored one is shown as there.

| typed                        | read as                                                           |
|------------------------------|-------------------------------------------------------------------|
| `80.5`, `80.5%`, `1,234`     | that value, in the metric's unit                                  |
| `18h 55m`, `18:55`, `45분`   | a duration; minutes if the metric is kept in minutes              |
| `25/40`                      | numerator and denominator; the value is what they give            |
| `62 (25/40)`                 | a stated value beside its parts                                   |
| `3+`, `≤ 3`, `~20`, `약 20`  | with a qualifier: at least, at most, about                        |
| `–`, `-`, `없음`             | recorded, and there was nothing to measure, which is not zero     |

Pure: no database, no clock. `read_figure` raises ValueError with a sentence for the person who typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _t

from metrics.figures import ratio_of
from metrics.models import Measurement, Metric
from metrics.units import Qualifier, Unit, plain, quotient

NOTHING = "–"
LONGEST = 60
_NOTHING = {NOTHING, "-", "—", "−", "없음", "n/a", "none"}
_NUMBER = r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-+−]?\.\d+"
_PLAIN = re.compile(rf"({_NUMBER})\s*(.*)", re.ASCII)
_FRACTION = re.compile(rf"({_NUMBER})\s*/\s*({_NUMBER})", re.ASCII)
_WITH_PARTS = re.compile(r"(.+?)\s*\(([^()]*)\)")
_CLOCK = re.compile(r"(\d+):([0-5]\d)", re.ASCII)
_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)\s*(?:h|hours?|hrs?|시간))?\s*(?:(\d+(?:\.\d+)?)\s*(?:m|min|mins|minutes?|분))?",
    re.ASCII,
)
# What may stand behind a number, by unit. Minutes and hours are read as durations before that.
_SUFFIXES: dict[str, set[str]] = {
    Unit.PERCENT: {"%", "percent", "퍼센트"},
    Unit.PERCENTAGE_POINT: {"pp", "%p", "%포인트"},
    Unit.TIMES: {"×", "x", "times", "배"},
    Unit.COUNT: {"건", "개", "회", "편", "번", "권"},
    Unit.PEOPLE: {"명", "인", "people", "person"},
    Unit.DAY: {"d", "day", "days", "일"},
    Unit.WEEK: {"w", "week", "weeks", "주"},
    Unit.MONTH: {"month", "months", "개월", "달"},
    Unit.GIGABYTE: {"gb"},
    Unit.TERABYTE: {"tb"},
    Unit.KILOBYTE_PER_SECOND: {"kb/s"},
    Unit.FRAME_PER_SECOND: {"fps"},
    Unit.STAR: {"★", "stars", "star"},
}
# A part of what is counted one by one is no figure of it.
_WITHOUT_PARTS = {Unit.COUNT, Unit.PEOPLE, Unit.STAR}
_STORED_DIGITS = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """`value` None: nothing to measure."""

    value: Decimal | None
    qualifier: str = Qualifier.EXACTLY
    numerator: Decimal | None = None
    denominator: Decimal | None = None


def read_figure(text: str, metric: Metric) -> Typed:
    """What was typed for the metric. Not empty: an empty cell is no figure."""
    cleaned = " ".join(unicodedata.normalize("NFKC", text).split())
    if len(text) > LONGEST:
        raise ValueError(_t("At most %(limit)s characters.") % {"limit": LONGEST})
    if cleaned.lower() in _NOTHING:
        return Typed(value=None)
    qualifier, figure = _qualifier(cleaned)
    numerator = denominator = None
    if match := _FRACTION.fullmatch(figure):
        numerator, denominator = _parts(match, metric)
        value = quotient_of(numerator, denominator, metric)
    elif match := _WITH_PARTS.fullmatch(figure):
        parts = _FRACTION.fullmatch(match[2].strip())
        if parts is None:
            raise _unreadable(text)
        numerator, denominator = _number(parts[1]), _denominator(parts[2])
        value = _value(match[1], metric, text)
    else:
        value = _value(figure, metric, text)
    return Typed(value=value, qualifier=qualifier, numerator=numerator, denominator=denominator)


def quotient_of(numerator: Decimal, denominator: Decimal, metric: Metric) -> Decimal:
    """As many digits as are stored."""
    exact = quotient(
        numerator,
        denominator,
        unit=metric.unit,
        numerator_unit=metric.numerator_unit,
        denominator_unit=metric.denominator_unit,
    )
    return exact.quantize(_STORED_DIGITS, rounding=ROUND_HALF_UP)


def _qualifier(text: str) -> tuple[str, str]:
    for qualifier, pattern in (
        (Qualifier.AT_LEAST, r"(?:≥|>=)\s*(.+)|(.+?)\s*(?:\+|이상)"),
        (Qualifier.AT_MOST, r"(?:≤|<=)\s*(.+)|(.+?)\s*이하"),
        (Qualifier.ABOUT, r"(?:~|≈|약)\s*(.+)|(.+?)\s*정도"),
    ):
        if match := re.fullmatch(pattern, text):
            return qualifier, match[1] or match[2]
    return Qualifier.EXACTLY, text


def _parts(match: re.Match[str], metric: Metric) -> tuple[Decimal, Decimal]:
    if metric.unit in _WITHOUT_PARTS:
        raise ValueError(
            _t("This metric is counted in %(unit)s, not in parts of a whole. Write one number.")
            % {"unit": metric.get_unit_display()}
        )
    return _number(match[1]), _denominator(match[2])


def _denominator(text: str) -> Decimal:
    number = _number(text)
    if number <= 0:
        raise ValueError(_t("The denominator must be above 0."))
    return number


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def _value(figure: str, metric: Metric, text: str) -> Decimal:
    figure = figure.strip()
    if metric.unit in (Unit.MINUTE, Unit.HOUR) and (minutes := _minutes(figure)) is not None:
        return minutes if metric.unit == Unit.MINUTE else (minutes / 60).quantize(_STORED_DIGITS).normalize()
    match = _PLAIN.fullmatch(figure)
    if match is None:
        raise _unreadable(text)
    number, suffix = _number(match[1]), match[2].strip().lower()
    if suffix and suffix not in _SUFFIXES.get(metric.unit, set()):
        if metric.unit != Unit.PERCENT and suffix == "%":
            raise ValueError(
                _t("This metric is in %(unit)s, not in percent.") % {"unit": metric.get_unit_display()}
            )
        raise _unreadable(text)
    return number


def _minutes(text: str) -> Decimal | None:
    """A duration with its units; None for a bare number, which is in the metric's own."""
    if match := _CLOCK.fullmatch(text):
        return Decimal(match[1]) * 60 + Decimal(match[2])
    match = _DURATION.fullmatch(text.lower())
    if match is None or not (match[1] or match[2]):
        return None
    return Decimal(match[1] or 0) * 60 + Decimal(match[2] or 0)


def _unreadable(text: str) -> ValueError:
    return ValueError(
        _t("“%(text)s” is not a figure. Write 80.5, 18h 55m, 25/40, ~20, 3+, or – for nothing to measure.")
        % {"text": text.strip()[:LONGEST]}
    )


def text_of(measurement: Measurement) -> str:
    """How a stored figure stands in a cell; typed again, it is the same figure. The metric must be joined."""
    value = None if measurement.value is None else plain(measurement.value)
    if value is not None and measurement.metric.unit == Unit.MINUTE:
        value = _clock(measurement.value or Decimal(0))
    parts = ""
    if measurement.numerator is not None and measurement.denominator is not None:
        parts = f"{plain(measurement.numerator)}/{plain(measurement.denominator)}"
        if value is None or _is_its_ratio(measurement):
            return _marked(parts, measurement.qualifier)
    if value is None:
        return NOTHING
    return _marked(f"{value} ({parts})" if parts else value, measurement.qualifier)


def _is_its_ratio(measurement: Measurement) -> bool:
    """Of a percentage its parts say enough; of a mean one wants to see the mean."""
    ratio = ratio_of(measurement) if measurement.metric.unit == Unit.PERCENT else None
    return ratio is not None and measurement.value == ratio.quantize(_STORED_DIGITS, rounding=ROUND_HALF_UP)


def _marked(text: str, qualifier: str) -> str:
    match qualifier:
        case Qualifier.AT_LEAST:
            return f"≥ {text}"
        case Qualifier.AT_MOST:
            return f"≤ {text}"
        case Qualifier.ABOUT:
            return f"~{text}"
        case _:
            return text


def _clock(minutes: Decimal) -> str:
    if minutes != minutes.to_integral_value() or minutes < 0:
        return plain(minutes)
    hours, rest = divmod(int(minutes), 60)
    return f"{hours}h {rest}m" if hours else f"{rest}m"
