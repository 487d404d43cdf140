"""From what a cell or a JSON value says to what a field holds."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.translation import gettext as _

# Python's own int() and Decimal() also take 1_000, １２ and ٣, which people type by accident.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)


def value_for(field: Any, value: object) -> Any:  # noqa: ANN401
    """The value as the field holds it; not validated beyond its type. Raises ValidationError with a sentence.

    Empty (None or no text) is the field's empty value, or its default where it may not be empty.
    """
    if value is None or value == "":
        return _empty(field)
    if isinstance(value, bool) and not isinstance(field, models.BooleanField):
        raise _invalid(field, value)
    if isinstance(field, models.DecimalField | models.IntegerField):
        return _number(field, value)
    if isinstance(field, models.CharField | models.TextField):
        if isinstance(value, str):
            return str(value)  # a plain text also of a TextChoices member
        if isinstance(value, int | Decimal):
            return str(value)
        raise ValidationError(_("Write a text."), code="invalid")
    if isinstance(value, list | tuple | dict | set):
        raise _invalid(field, value)
    found = field.to_python(value.strip() if isinstance(value, str) else value)
    if isinstance(field, models.DateTimeField) and found is not None and timezone.is_naive(found):
        found = from_current_timezone(found)
    return found


def _empty(field: Any) -> Any:  # noqa: ANN401
    if field.null:
        return None
    if field.has_default() and not (field.blank and field.empty_strings_allowed):
        return field.get_default()
    return (
        "" if field.empty_strings_allowed and isinstance(field, models.CharField | models.TextField) else None
    )


def _number(field: Any, value: object) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise ValidationError(
                _("“%(value)s” is not a number. Write digits with a point, e.g. 1234.5."),
                code="invalid",
                params={"value": text[:40]},
            )
        value = Decimal(text)
    if not isinstance(value, int | Decimal):
        raise _invalid(field, value)
    if isinstance(field, models.IntegerField):
        if isinstance(value, Decimal):
            if not value.is_finite() or abs(value) > 10**18 or value != value.to_integral_value():
                raise ValidationError(
                    _("“%(value)s” is not a whole number."), code="invalid", params={"value": str(value)[:40]}
                )
            value = int(value)
        return value
    return field.to_python(value)


def _invalid(field: Any, value: object) -> ValidationError:  # noqa: ANN401
    message = field.error_messages.get("invalid") or _("“%(value)s” cannot be read.")
    return ValidationError(message, code="invalid", params={"value": str(value)[:40]})
