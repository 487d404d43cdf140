"""Query parameters: how each is read, what it asks of the database, how the schema describes it.

Thin on purpose: a filter form per request (django-filter) costs more than the query of the list it narrows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Q, Subquery, TextChoices
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from records.keys import named
from records.periods import FIRST_YEAR, LAST_YEAR, Period, Precision

LONGEST_QUERY = 200
_NOTHING = Q(pk__in=())


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A text in a query. `read` raises ValueError with a sentence for whoever sent it.

    An empty one is as good as none, as a form sends it, unless `takes_empty`.
    """

    name: str
    description: str
    example: object = None
    takes_empty: ClassVar[bool] = False

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def read(self, text: str) -> Any:  # noqa: ANN401
        return text


@dataclass(frozen=True, kw_only=True)
class Whole(Parameter):
    """A whole number from `least` to `most`."""

    least: int
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def read(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not self.least <= int(text) <= self.most:
            allowed = {"value": text[:40], "least": self.least, "most": self.most}
            raise ValueError(_("“%(value)s” is no whole number from %(least)s to %(most)s.") % allowed)
        return int(text)


@dataclass(frozen=True, kw_only=True)
class Year(Parameter):
    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR}

    def read(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{4}", text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
            allowed = {"value": text[:40], "first": FIRST_YEAR, "last": LAST_YEAR}
            raise ValueError(_("“%(value)s” is no year; write one from %(first)s to %(last)s.") % allowed)
        return int(text)


@dataclass(frozen=True, kw_only=True)
class Choice(Parameter):
    choices: Sequence[str]
    default: str | None = None

    @classmethod
    def of(cls, name: str, choices: type[TextChoices], **kwargs: Any) -> Choice:  # noqa: ANN401
        return cls(name=name, choices=tuple(choices.values), **kwargs)

    @property
    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "enum": list(self.choices)}
        return schema if self.default is None else {**schema, "default": self.default}

    def read(self, text: str) -> str:
        if text not in self.choices:
            allowed = {"value": text[:40], "choices": ", ".join(self.choices)}
            raise ValueError(_("“%(value)s” is none of the choices: %(choices)s.") % allowed)
        return text


@dataclass(frozen=True, kw_only=True)
class Names(Parameter):
    """Names out of a list, separated by commas; read in the order of the list."""

    choices: Sequence[str]

    @property
    def schema(self) -> dict[str, Any]:
        one = "|".join(map(re.escape, self.choices))
        return {"type": "string", "pattern": f"^({one})(,({one}))*$"}

    def read(self, text: str) -> tuple[str, ...]:
        asked = text.split(",")
        for name in asked:
            if name not in self.choices:
                allowed = {"value": name[:40], "choices": ", ".join(self.choices)}
                raise ValueError(_("“%(value)s” is none of the choices: %(choices)s.") % allowed)
        return tuple(name for name in self.choices if name in asked)


@dataclass(frozen=True, kw_only=True)
class Filter(Parameter):
    """A parameter that narrows a list. `path` is the look-up path from the model."""

    path: str

    def condition(self, model: Any, value: Any) -> Q:  # noqa: ANN401
        return Q(**{self.path: value})


@dataclass(frozen=True, kw_only=True)
class ByChoice(Filter, Choice):
    pass


@dataclass(frozen=True, kw_only=True)
class ByYear(Filter, Year):
    """`path` leads to a period."""

    def condition(self, model: Any, value: int) -> Q:  # noqa: ANN401
        return Q(**{f"{self.path}__in_year": value})


@dataclass(frozen=True, kw_only=True)
class ByNumberOfYear(Filter, Year):
    """`path` leads to a whole number."""


@dataclass(frozen=True, kw_only=True)
class ByFlag(Filter):
    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def read(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError(_("Write true or false."))
        return text == "true"


@dataclass(frozen=True, kw_only=True)
class ByText(Filter):
    """Exactly this text."""

    def read(self, text: str) -> str:
        return _storable(text)


@dataclass(frozen=True, kw_only=True)
class ByReference(Filter):
    """By the key of the record it refers to; empty: those that refer to none."""

    takes_empty = True

    def condition(self, model: Any, value: str) -> Q:  # noqa: ANN401
        reference = model._meta.get_field(self.path)
        if not value and reference.null:
            return Q(**{f"{self.path}__isnull": True})
        parent = reference.related_model
        found = named(parent, value)
        if found is None:
            return _NOTHING
        # A sub-select, so that the index on the reference serves it, and not one row more is looked at.
        return Q(**{self.path: Subquery(parent.objects.filter(found).values("pk")[:1])})


@dataclass(frozen=True, kw_only=True)
class _PeriodBound(Filter):
    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 20}

    def read(self, text: str) -> Period:
        return Period.parse(text)


@dataclass(frozen=True, kw_only=True)
class From(_PeriodBound):
    """Periods that begin with this one or later."""

    def condition(self, model: Any, value: Period) -> Q:  # noqa: ANN401
        begins = {f"{self.path}__gte": f"{value.year:04}"}  # the index on the period finds these
        return Q(**begins) & Q(**{f"{self.path}__starts__gte": value.first_day.isoformat()})


@dataclass(frozen=True, kw_only=True)
class Until(_PeriodBound):
    """Periods that end with this one or sooner."""

    def condition(self, model: Any, value: Period) -> Q:  # noqa: ANN401
        # As `Ends` computes it: every month ends on day 31.
        last = value.last_day
        text = last.isoformat() if value.precision is Precision.DAY else f"{last.year:04}-{last.month:02}-31"
        ends = {f"{self.path}__lt": f"{value.year + 1:04}"}
        return Q(**ends) & Q(**{f"{self.path}__ends__lte": text})


@dataclass(frozen=True, kw_only=True)
class Since(Filter):
    """Changed at this moment or later."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def read(self, text: str) -> dt.datetime:
        # A plus sign that was not escaped arrives as a space.
        text = re.sub(r" (?=[0-9]{2}:?[0-9]{2}\Z)", "+", text)
        try:
            moment = parse_datetime(text)  # a day is its first moment
        except ValueError:
            moment = None
        if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(_("Write a moment like 2024-03-01T09:00:00Z, or a day."))
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment

    def condition(self, model: Any, value: dt.datetime) -> Q:  # noqa: ANN401
        return Q(**{f"{self.path}__gte": value})


@dataclass(frozen=True, kw_only=True)
class Search(Filter):
    """Every word stands in one of the texts, whatever the case."""

    path: str = ""
    paths: Sequence[str] = field(default=())

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": LONGEST_QUERY}

    def read(self, text: str) -> str:
        if len(text) > LONGEST_QUERY:
            raise ValueError(_("At most %(limit)s characters.") % {"limit": LONGEST_QUERY})
        return _storable(text)

    def condition(self, model: Any, value: str) -> Q:  # noqa: ANN401
        condition = Q()
        for word in value.split():
            found = Q()
            for path in self.paths:
                found |= Q(**{f"{path}__icontains": word})
            condition &= found
        return condition


def _storable(text: str) -> str:
    """PostgreSQL fails at a character that no stored text can hold."""
    if "\x00" in text:
        raise ValueError(_("It contains a character that no text can hold."))
    return text


def by_period(path: str) -> tuple[Filter, ...]:
    """`year`, `from` and `until` for records that are filed under a period."""
    return (
        ByYear(
            name="year",
            path=path,
            description="Only what is filed under this year or a part of it.",
            example=2024,
        ),
        From(
            name="from",
            path=path,
            description="Only periods that begin with this one or later: `2023`, `2023-H2`, `2023-Q3` or `2023-09`.",
            example="2023-Q3",
        ),
        Until(
            name="until",
            path=path,
            description="Only periods that end with this one or sooner.",
            example="2024-Q2",
        ),
    )


def by_choices(path: str, choices: Any, *, name: str = "", what: str = "") -> ByChoice:  # noqa: ANN401
    return ByChoice(
        name=name or path,
        path=path,
        choices=tuple(choices.values),
        description=f"Only those of this {what or name or path}.",
    )


def by_reference(path: str, *, what: str, example: str | None = None) -> ByReference:
    return ByReference(
        name=path,
        path=path,
        description=f"Only those of this {what}, by its key; empty: of none.",
        example=example,
    )


def conditions(filters: Sequence[Filter], asked: Mapping[str, Any], model: Any) -> list[Q]:  # noqa: ANN401
    return [each.condition(model, asked[each.name]) for each in filters if each.name in asked]
