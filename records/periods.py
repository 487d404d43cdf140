"""A calendar span with its precision, as people write it.

| text         | precision |
|--------------|-----------|
| `2024`       | year      |
| `2024-H2`    | half      |
| `2024-Q1`    | quarter   |
| `2024-09`    | month     |
| `2024-09-30` | day       |

`Period` is the value, `PeriodField` the column. The column keeps the text, so a fixture, an export and a
database shell all show what a person would type.
"""

from __future__ import annotations

import calendar
import datetime as dt
import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, total_ordering
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler
from django.utils.dates import MONTHS_3
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1900, 2199


class Precision(enum.IntEnum):
    """How exact a period is; a larger number is a longer span."""

    DAY = 1
    MONTH = 2
    QUARTER = 3
    HALF = 4
    YEAR = 5


# What people type: 2024-Q1, 2024Q1, 2024 q1, 2024.03, 2024/3/5, Q1 2024,
# 2024년 1분기, 2024년 상반기, 2024년 3월 5일.
_PATTERNS = [
    (precision, re.compile(pattern, re.ASCII))  # full-width digits are refused, not guessed at
    for precision, pattern in [
        (Precision.YEAR, r"(?P<year>\d{4})년?"),
        (Precision.HALF, r"(?P<year>\d{4})[-./ ]?H(?P<n>\d)"),
        (Precision.QUARTER, r"(?P<year>\d{4})[-./ ]?Q(?P<n>\d)"),
        (Precision.HALF, r"H(?P<n>\d)[-./ ]?(?P<year>\d{4})"),
        (Precision.QUARTER, r"Q(?P<n>\d)[-./ ]?(?P<year>\d{4})"),
        (Precision.QUARTER, r"(?P<year>\d{4})년 ?(?P<n>\d) ?분기"),
        (Precision.MONTH, r"(?P<year>\d{4})[-./](?P<n>\d{1,2})"),
        (Precision.MONTH, r"(?P<year>\d{4})년 ?(?P<n>\d{1,2})월"),
        (Precision.DAY, r"(?P<year>\d{4})[-./](?P<n>\d{1,2})[-./](?P<day>\d{1,2})"),
        (Precision.DAY, r"(?P<year>\d{4})년 ?(?P<n>\d{1,2})월 ?(?P<day>\d{1,2})일"),
    ]
]
_KOREAN_HALVES = {"상반기": "H1", "하반기": "H2"}
_SPANS_PER_YEAR = {Precision.HALF: 2, Precision.QUARTER: 4, Precision.MONTH: 12}


@total_ordering
@dataclass(frozen=True, slots=True)
class Period:
    """One span of the calendar.

    `number` counts the half (1–2), quarter (1–4) or month (1–12) within the year; for a day it is the month.
    Periods are ordered by first day; of two that begin together the longer one comes first.
    """

    year: int
    precision: Precision = Precision.YEAR
    number: int = 1
    day: int = 1

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(
                gettext("Years from %(first)s to %(last)s only.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        limit = _SPANS_PER_YEAR.get(self.precision, 1)
        if self.precision is Precision.DAY:
            if (
                not 1 <= self.number <= 12
                or not 1 <= self.day <= calendar.monthrange(self.year, self.number)[1]
            ):
                raise ValueError(gettext("There is no such day."))
        elif not 1 <= self.number <= limit:
            raise ValueError(
                gettext("A year has %(limit)s of these; %(number)s does not exist.")
                % {"limit": limit, "number": self.number}
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a period as people write it. Raises ValueError with a sentence for the reader."""
        cleaned = " ".join(str(text).split()).upper()
        for korean, code in _KOREAN_HALVES.items():
            cleaned = re.sub(rf"년? ?{korean}", f"-{code}", cleaned)
        for precision, pattern in _PATTERNS:
            if match := pattern.fullmatch(cleaned):
                parts = {name: int(digits) for name, digits in match.groupdict().items()}
                try:
                    return cls(parts["year"], precision, parts.get("n", 1), parts.get("day", 1))
                except ValueError as error:
                    raise ValueError(
                        gettext("“%(text)s” is not a period: %(why)s") % {"text": text, "why": error}
                    ) from error
        raise ValueError(
            gettext("“%(text)s” is not a period. Write 2024, 2024-H2, 2024-Q1, 2024-09 or 2024-09-30.")
            % {"text": str(text)[:40]}
        )

    @classmethod
    def of_day(cls, day: dt.date) -> Self:
        return cls(day.year, Precision.DAY, day.month, day.day)

    def __str__(self) -> str:
        match self.precision:
            case Precision.YEAR:
                return f"{self.year}"
            case Precision.HALF:
                return f"{self.year}-H{self.number}"
            case Precision.QUARTER:
                return f"{self.year}-Q{self.number}"
            case Precision.MONTH:
                return f"{self.year}-{self.number:02}"
            case _:
                return f"{self.year}-{self.number:02}-{self.day:02}"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Period):
            return NotImplemented
        return (self.first_day, -self.precision) < (other.first_day, -other.precision)

    @property
    def label(self) -> str:
        """For people, in the language of the page: `Q1 2024`, `2024년 1분기`. A year stays digits alone."""
        digits = pgettext("how the number of a month or day is written", "02d")
        names = {"year": self.year, "number": f"{self.number:{digits}}", "day": f"{self.day:{digits}}"}
        match self.precision:
            case Precision.YEAR:
                return str(self.year)
            case Precision.HALF if self.number == 1:
                return pgettext("period", "H1 %(year)s") % names
            case Precision.HALF:
                return pgettext("period", "H2 %(year)s") % names
            case Precision.QUARTER:
                return pgettext("period", "Q%(number)s %(year)s") % {**names, "number": self.number}
            case Precision.MONTH:
                return pgettext("period", "%(year)s-%(number)s") % names
            case _:
                return pgettext("period", "%(year)s-%(number)s-%(day)s") % names

    @property
    def short_label(self) -> str:
        """The part within its year, for column heads: `Q1`, `H2`, `Sep` or `9월`; the year itself for a year."""
        if self.precision is Precision.MONTH:
            return str(MONTHS_3[self.number]).title()
        text = str(self)
        return text[5:] or text

    @property
    def _first_month(self) -> int:
        if self.precision in (Precision.MONTH, Precision.DAY):
            return self.number
        return (self.number - 1) * (12 // _SPANS_PER_YEAR.get(self.precision, 1)) + 1

    @property
    def first_day(self) -> dt.date:
        return _bounds(self)[0]

    @property
    def last_day(self) -> dt.date:
        return _bounds(self)[1]

    def __contains__(self, other: Period) -> bool:
        """Whether all of `other` lies within this period; a period contains itself."""
        if self.precision is Precision.YEAR:
            return self.year == other.year
        (first, last), (others_first, others_last) = _bounds(self), _bounds(other)
        return first <= others_first and others_last <= last

    def split(self, precision: Precision) -> Iterator[Period]:
        """The periods of that precision within this one, in order. Days are not split into."""
        yield from _split(self, precision)

    @property
    def quarters(self) -> tuple[Period, ...]:
        """The quarters within this period; none for a month or a day."""
        return tuple(self.split(Precision.QUARTER))

    def holding(self, precision: Precision) -> Period:
        """The period of that precision this one lies in: the quarter of a day. Raises ValueError for a finer one."""
        for period in Period(self.year).split(precision):
            if self in period:
                return period
        raise ValueError(f"{self} lies in no {precision.name.lower()}")

    def shifted(self, by: int) -> Period | None:
        """That many periods of its length later, or earlier if negative; None outside of the years. Not for days."""
        spans = _SPANS_PER_YEAR.get(self.precision, 1)
        year, number = divmod(self.year * spans + self.number - 1 + by, spans)
        return Period(year, self.precision, number + 1) if FIRST_YEAR <= year <= LAST_YEAR else None

    @property
    def next_year(self) -> Period:
        """The whole year after the one this period lies in."""
        return Period(self.year + 1)


@lru_cache(maxsize=4096)
def _split(period: Period, precision: Precision) -> tuple[Period, ...]:
    numbers = range(1, _SPANS_PER_YEAR.get(precision, 1) + 1)
    return tuple(part for number in numbers if (part := Period(period.year, precision, number)) in period)


@lru_cache(maxsize=4096)
def _bounds(period: Period) -> tuple[dt.date, dt.date]:
    """First and last day. Asked for again and again wherever periods are compared."""
    month = period._first_month
    if period.precision is Precision.DAY:
        day = dt.date(period.year, month, period.day)
        return day, day
    end = month + 12 // _SPANS_PER_YEAR.get(period.precision, 1) - 1
    days = calendar.monthrange(period.year, end)[1]
    return dt.date(period.year, month, 1), dt.date(period.year, end, days)


class PeriodFormField(forms.CharField):
    """Accepts a period as people write it; the error says what is accepted."""

    def __init__(self, *, finest: Precision = Precision.MONTH, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs.setdefault("max_length", 20)
        super().__init__(**kwargs)
        self.finest = finest
        self.widget.attrs.setdefault("placeholder", "2024-Q1")
        self.widget.attrs.setdefault("size", "12")

    def to_python(self, value: object) -> Period | None:  # type: ignore[override]
        if isinstance(value, Period):
            return value
        text = super().to_python(value)
        return _to_period(text, finest=self.finest) if text else None

    def has_changed(self, initial: object, data: object) -> bool:
        return str(initial or "") != str(data or "")

    def run_validators(self, value: object) -> None:
        """The text was checked by parsing it; the length validators of a text field do not apply."""


def _to_period(value: object, *, finest: Precision) -> Period:
    try:
        period = value if isinstance(value, Period) else Period.parse(str(value))
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from error
    if period.precision < finest:
        raise ValidationError(
            gettext("“%(period)s” is too exact here. Write 2024, 2024-H2, 2024-Q1 or 2024-09."),
            code="too_exact",
            params={"period": period},
        )
    return period


class PeriodField(models.Field):
    """A column holding a `Period` as its text; `finest` is the shortest span it accepts.

    Look-ups: `period__in_year=2024` uses the index; `period__starts` and `period__ends` are ISO texts that
    constraints may compare (every month is taken to end on day 31 there: enough for an order).
    """

    description = _("Period")
    empty_strings_allowed = False

    def __init__(self, *args: Any, finest: Precision = Precision.MONTH, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs["max_length"] = 10
        self.finest = finest
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:  # noqa: ANN401
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        if self.finest is not Precision.MONTH:
            kwargs["finest"] = self.finest
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "CharField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "varchar(10)"

    def from_db_value(self, value: str | None, *args: object) -> Period | None:
        return None if value is None else _stored(value)

    def to_python(self, value: object) -> Period | None:
        return None if value in (None, "") else _to_period(value, finest=self.finest)

    def get_prep_value(self, value: object) -> str | None:
        period = self.to_python(super().get_prep_value(value))
        return None if period is None else str(period)

    def value_to_string(self, obj: models.Model) -> str | None:  # type: ignore[override]
        value = self.value_from_object(obj)
        return None if value is None else str(value)

    def formfield(self, **kwargs: Any) -> forms.Field | None:  # noqa: ANN401
        kwargs.pop("widget", None)  # admin's text widgets are too wide for ten characters
        return super().formfield(form_class=PeriodFormField, finest=self.finest, **kwargs)


_STORED: dict[str, Period] = {}


def _stored(text: str) -> Period:
    """Parsing is pure and a database holds few distinct periods, so each text is parsed once."""
    period = _STORED.get(text)
    if period is None:
        period = _STORED[text] = Period.parse(text)
    return period


@PeriodField.register_lookup
class InYears(models.Lookup):
    """`period__in_years=(2021, 2024)`, both included: a range of text, so that an index on the period serves it."""

    lookup_name = "in_years"
    prepare_rhs = False

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        sql, params = self.process_lhs(compiler, connection)
        first, last = self.years
        return f"({sql} >= %s AND {sql} < %s)", [*params, f"{first:04}", *params, f"{last + 1:04}"]

    @property
    def years(self) -> tuple[int, int]:
        first, last = self.rhs
        return int(first), int(last)


@PeriodField.register_lookup
class InYear(InYears):
    """`period__in_year=2024`."""

    lookup_name = "in_year"

    @property
    def years(self) -> tuple[int, int]:
        return int(self.rhs), int(self.rhs)


class _Bound(models.Transform):
    """One end of a period as ISO text, computed in SQL so that a CHECK constraint can compare it."""

    output_field = models.CharField()
    bounds: dict[str, str]
    day_of_month: str

    @classmethod
    def in_python(cls, period: Period) -> str:
        """The same of a period in memory."""
        text = str(period)
        rest = text[4:]
        return text[:4] + cls.bounds.get(rest, rest + cls.day_of_month if len(rest) == 3 else rest)

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **kwargs: object
    ) -> tuple[str, list[Any]]:
        sql, params = compiler.compile(self.lhs)
        cases = " ".join(f"WHEN '{code}' THEN '{day}'" for code, day in self.bounds.items())
        rest = f"substr({sql}, 5)"
        return (
            f"(substr({sql}, 1, 4) || CASE {rest} {cases} ELSE "
            f"CASE length({sql}) WHEN 7 THEN {rest} || '{self.day_of_month}' ELSE {rest} END END)",
            list(params) * 5,
        )


@PeriodField.register_lookup
class Starts(_Bound):
    lookup_name = "starts"
    day_of_month = "-01"
    bounds = {
        "": "-01-01",
        **{f"-H{n}": f"-{6 * n - 5:02}-01" for n in (1, 2)},
        **{f"-Q{n}": f"-{3 * n - 2:02}-01" for n in (1, 2, 3, 4)},
    }


@PeriodField.register_lookup
class Ends(_Bound):
    lookup_name = "ends"
    day_of_month = "-31"
    bounds = {
        "": "-12-31",
        **{f"-H{n}": f"-{6 * n:02}-31" for n in (1, 2)},
        **{f"-Q{n}": f"-{3 * n:02}-31" for n in (1, 2, 3, 4)},
    }


class YearOf(models.Func):
    """The year of a period, as text. Without parameters, so that an index can have it and be found by it."""

    template = "SUBSTR(%(expressions)s, 1, 4)"
    output_field = models.CharField()


def year_of(*periods: str) -> YearOf:
    """In SQL: the year, as text, of the first of these period columns that is filled in."""
    first = Coalesce(*periods, output_field=models.CharField()) if len(periods) > 1 else models.F(periods[0])
    return YearOf(first)
