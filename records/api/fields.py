"""The values of a record as they travel: each field is read from columns, checked coming in, described in the schema.

Reading is by columns and not by records: `read` names what to select and turns whole columns into what is answered.
A field that needs no turning costs nothing. Strict coming in: a number is not the text of one, 1 is not true.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import CharField, ExpressionWrapper, F
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from records.keys import SEPARATOR, escaped, named
from records.models import LONGEST_TEXT
from records.ownership import no_such_record
from records.periods import Period, PeriodField, Precision

Column = Sequence[Any]


@dataclass(frozen=True)
class Reading:
    """What to select, and how columns of it become the column that is answered (None: as they are)."""

    expressions: tuple[Any, ...]
    convert: Callable[..., Iterable[Any]] | None = None


class Readable:
    """How a field is read from the column of the same name and described, if not otherwise said."""

    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        return Reading((F(path),))

    def described(self, *, writing: bool) -> dict[str, Any]:
        """JSON schema, null left out; what is answered is told from what may be sent."""
        return {"type": "string"}


def _raw(place: F) -> ExpressionWrapper:
    """As the database keeps it: a field's own class would make an object of every single value first."""
    return ExpressionWrapper(place, CharField())


def _or_none(column: Column) -> Iterable[Any]:
    """Absent text is null."""
    return [value or None for value in column]


class Text(Readable, serializers.CharField):
    """What may be empty may be null, and is answered so."""

    default_error_messages = {"invalid": _("Write a text.")}

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        if kwargs.get("allow_blank"):
            kwargs["allow_null"] = True
        kwargs.pop("allow_unicode", None)  # of a slug; its validator comes with it
        kwargs.setdefault("max_length", LONGEST_TEXT)
        super().__init__(**kwargs)

    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        return Reading((F(path),), _or_none if self.allow_null else None)

    def described(self, *, writing: bool) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": self.max_length}
        if not self.allow_blank:
            schema["minLength"] = 1
        for validator in self.validators:
            # In Python, \w means letters of every language here, and ASCII alone to a reader of schemas.
            pattern = (
                str(getattr(validator.regex, "pattern", "")) if type(validator) is RegexValidator else ""
            )
            if pattern and "\\w" not in pattern:
                schema["pattern"] = pattern.replace(r"\A", "^").replace(r"\Z", "$")
        if writing and "pattern" in schema and self.allow_blank:
            schema["pattern"] = f"^$|{schema['pattern']}"
        return schema

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))

    def run_validation(self, data: Any = serializers.empty) -> Any:  # noqa: ANN401
        value = super().run_validation(data)
        return "" if value is None else value


class Address(Text):
    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.validators.append(URLValidator())

    def described(self, *, writing: bool) -> dict[str, Any]:
        schema = super().described(writing=writing)
        return schema if writing and self.allow_blank else {**schema, "format": "uri"}


class Choice(Readable, serializers.ChoiceField):
    def __init__(self, choices: Any, **kwargs: Any) -> None:  # noqa: ANN401
        if kwargs.get("allow_blank"):
            kwargs["allow_null"] = True
        super().__init__(choices, **kwargs)

    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        return Reading((F(path),), _or_none if self.allow_null else None)

    def described(self, *, writing: bool) -> dict[str, Any]:
        choices: list[Any] = [*self.choices]
        if self.allow_null:
            choices += ["", None] if writing else [None]
        return {"type": "string", "enum": list(dict.fromkeys(choices))}

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=str(data)[:40])
        return str(super().to_internal_value(data))

    def run_validation(self, data: Any = serializers.empty) -> Any:  # noqa: ANN401
        value = super().run_validation(data)
        return "" if value is None else value


class Whole(Readable, serializers.IntegerField):
    def described(self, *, writing: bool) -> dict[str, Any]:
        limits = {"minimum": self.min_value, "maximum": self.max_value}
        return {"type": "integer", **{name: limit for name, limit in limits.items() if limit is not None}}

    def to_internal_value(self, data: object) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class Flag(Readable, serializers.BooleanField):
    def described(self, *, writing: bool) -> dict[str, Any]:
        return {"type": "boolean"}

    def to_internal_value(self, data: object) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:40])
        return data


def _plain(column: Column) -> Iterable[Any]:
    """`80.5`, `62`, never an exponent.

    A column of fifteen digits passes through SQLite's floats unharmed, so its digits are written from there; making
    a Decimal of each figure first would take longer than everything else about a list.
    """
    if column.count(None) == len(column):
        return column  # as most are of what is rarely stated
    return [None if value is None else _digits(value) for value in column]


def _digits(value: float | Decimal) -> str:
    if isinstance(value, int):
        return str(value)
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Figure(Readable, serializers.DecimalField):
    """A number written as text, so that none is rounded on the way; a JSON number is taken as well."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        assert (self.decimal_places or 0) <= 4  # noqa: S101  # as `_digits` writes them
        assert (self.max_digits or 0) <= 15  # noqa: S101

    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        return Reading((_raw(F(path)),), _plain)

    def described(self, *, writing: bool) -> dict[str, Any]:
        whole, places = (self.max_digits or 0) - (self.decimal_places or 0), self.decimal_places
        sign = "" if self.min_value is not None and self.min_value >= 0 else "-?"
        text = {"type": "string", "pattern": rf"^{sign}[0-9]{{1,{whole}}}(\.[0-9]{{1,{places}}})?$"}
        if not writing:
            return text
        least = self.min_value if self.min_value is not None else -(10**whole) + 1
        most = self.max_value if self.max_value is not None else 10**whole - 1
        return {"anyOf": [text, {"type": "number", "minimum": int(least), "maximum": int(most)}]}

    def validate_empty_values(self, data: Any) -> Any:  # noqa: ANN401
        return serializers.Field.validate_empty_values(self, data)  # DRF's own takes "" for null

    def to_internal_value(self, data: object) -> Decimal:
        if isinstance(data, str):
            if not re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", data.strip(), re.ASCII):
                self.fail("invalid")
            data = Decimal(data.strip())
        elif isinstance(data, bool) or not isinstance(data, int | Decimal):
            self.fail("invalid")
        # Zeros at the end are no decimal places.
        number = Decimal(data)
        if number.is_finite() and abs(number.adjusted()) < 30:
            number = Decimal(f"{number:f}")
            whole = number.to_integral_value()
            number = whole if number == whole else number.normalize()
        return Decimal(super().to_internal_value(number))


class PeriodText(Readable, serializers.Field):
    """`2024`, `2024-H2`, `2024-Q1`, `2024-09`; written as people write it, answered in one writing."""

    default_error_messages = {"invalid": _("Write a period as text: 2024, 2024-H2, 2024-Q1 or 2024-09.")}

    def __init__(self, *, field: PeriodField | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        for name in ("max_length", "model_field", "validators"):
            kwargs.pop(name, None)
        self.field = field or PeriodField()
        super().__init__(**kwargs)

    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        return Reading((_raw(F(path)),))

    def described(self, *, writing: bool) -> dict[str, Any]:
        if writing:
            return {"type": "string", "minLength": 4, "maxLength": 20}
        day = "(-[0-3][0-9])?" if self.field.finest is Precision.DAY else ""
        return {"type": "string", "pattern": f"^[12][0-9]{{3}}(-H[12]|-Q[1-4]|-[01][0-9]{day})?$"}

    def to_internal_value(self, data: object) -> Period:
        if not isinstance(data, str) or not data.strip():
            self.fail("invalid")
        try:
            period = self.field.to_python(data)
        except ModelError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error
        assert period is not None  # noqa: S101
        return period


def _moments(column: Column) -> Iterable[Any]:
    """ISO 8601 in UTC. The databases write a space for the T; SQLite no zone, PostgreSQL +00."""
    if None in column:
        return [None if text is None else _moment(text) for text in column]
    # A whole column as one text: there are two in every list, and none of them is ever absent.
    return _moment("\n".join(column)).split("\n")


def _moment(text: str) -> str:
    return text.replace(" ", "T").replace("+00\n", "\n").removesuffix("+00").replace("\n", "Z\n") + "Z"


class Moment(Readable, serializers.DateTimeField):
    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        return Reading((Cast(F(path), CharField()),), _moments)

    def described(self, *, writing: bool) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def to_internal_value(self, value: object) -> dt.datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="2024-03-01T09:00:00Z")
        return super().to_internal_value(value)


class Day(Readable, serializers.DateField):
    def described(self, *, writing: bool) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def to_internal_value(self, value: object) -> dt.date:
        if not isinstance(value, str):
            self.fail("invalid", format="2024-03-01")
        return super().to_internal_value(value)


def key_reading(model: Any, path: str = "", *, may_be_absent: bool = False) -> Reading:  # noqa: ANN401
    """The key of the record at `path`, or of the record itself."""
    expressions, written = [], []
    for part in model.natural_fields:
        field = _field_at(model, part)
        place = F(f"{path}__{part}" if path else part)
        expressions.append(_raw(place) if isinstance(field, PeriodField) else place)
        written.append(_as_part(field))
    if len(expressions) == 1 and isinstance(_field_at(model, model.natural_fields[0]), models.SlugField):
        return Reading((expressions[0],))

    def convert(*columns: Column) -> Iterable[Any]:
        parts = [write(column) for write, column in zip(written, columns, strict=True)]
        keys = map(SEPARATOR.join, zip(*parts, strict=True))
        if may_be_absent or len(columns) == 1:
            return [None if first is None else key for first, key in zip(columns[0], keys, strict=True)]
        return list(keys)

    return Reading(tuple(expressions), convert)


def _as_part(field: Any) -> Callable[[Column], Iterable[str]]:  # noqa: ANN401
    """Of a key. What can hold no sign that needs it, is not looked through."""
    if isinstance(field, PeriodField | models.SlugField):
        return lambda column: ["" if part is None else part for part in column]
    if isinstance(field, models.IntegerField):
        return lambda column: ["" if part is None else str(part) for part in column]
    return lambda column: [escaped(part) for part in column]


def _field_at(model: Any, path: str) -> Any:  # noqa: ANN401
    *through, name = path.split("__")
    for step in through:
        model = model._meta.get_field(step).related_model
    return model._meta.get_field(name)


class Key(Readable, serializers.Field):
    """What names the record: the last segment of its address."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(read_only=True, **kwargs)

    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        return key_reading(model)


class Reference(Readable, serializers.RelatedField):
    """Another record by its key, within the account. One that is somebody else's does not exist."""

    default_error_messages = {
        "invalid": _("Write the key of a record as text."),
        "required": _("This field is required."),
    }

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        for name in ("view_name", "validators", "to_field"):
            kwargs.pop(name, None)
        super().__init__(**kwargs)

    def described(self, *, writing: bool) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def reading(self, model: Any, path: str) -> Reading:  # noqa: ANN401
        reference = model._meta.get_field(path)
        return key_reading(reference.related_model, path, may_be_absent=reference.null)

    def to_internal_value(self, data: object) -> Any:  # noqa: ANN401
        if not isinstance(data, str):
            self.fail("invalid")
        queryset: Any = self.get_queryset()
        condition = named(queryset.model, data)
        found = None if condition is None else queryset.filter(condition).first()
        if found is None:
            refused = no_such_record()
            raise serializers.ValidationError(refused.messages, code=refused.code)
        return found
