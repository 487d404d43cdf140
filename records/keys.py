"""What names a record in an address or a reference: its natural key as one text.

The parts stand in the order of `natural_fields`, joined by `~`; an absent part is empty: `adherence~2024-Q1~`. A key
of one part is that part: `adherence`. What could be mistaken for something else inside an address is written as `!`
and two hexadecimal digits per byte: `/` is `!2F`, `~` is `!7E`. Every key has exactly one writing.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import models
from django.db.models import Q, Subquery

from records.periods import Period, PeriodField

SEPARATOR = "~"
_UNSAFE = re.compile(r"[~!/\\%?#;\x00-\x1f\x7f]|\A\.+\Z")
_ESCAPED = re.compile(r"((?:![0-9A-F]{2})+)")
_LONGEST = 2000


def escaped(part: object) -> str:
    """One part as it stands in a key; None is the empty text."""
    text = "" if part is None else str(part)
    return _UNSAFE.sub(lambda found: "".join(f"!{byte:02X}" for byte in found[0].encode()), text)


def joined(parts: tuple[object, ...]) -> str:
    return SEPARATOR.join(map(escaped, parts))


def parts_of(text: str) -> tuple[str, ...] | None:
    """The parts of a key; None if it is not written as `joined` writes it."""
    if len(text) > _LONGEST:
        return None
    try:
        parts = tuple(_ESCAPED.sub(_unescaped, part) for part in text.split(SEPARATOR))
    except UnicodeDecodeError:
        return None
    return parts if joined(parts) == text else None


def _unescaped(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("!", "")).decode()


def named(model: Any, text: str) -> Q | None:  # noqa: ANN401
    """The condition that finds the record of this key in the owner's scope; None if none can have it. No query.

    References are sub-selects within the scope and not joins, so that the index on the reference serves them.
    """
    parts = parts_of(text)
    if parts is None or len(parts) != len(model.natural_fields):
        return None
    condition = Q()
    for path, part in zip(model.natural_fields, parts, strict=True):
        found = _is(model, path, part)
        if found is None:
            return None
        condition &= found
    return condition


def _is(model: Any, path: str, part: str) -> Q | None:  # noqa: ANN401
    head, _sign, rest = path.partition("__")
    field = model._meta.get_field(head)
    if rest:
        if not part:
            return Q(**{f"{head}__isnull": True}) if field.null else None
        parent = field.related_model
        condition = _is(parent, rest, part)
        if condition is None:
            return None
        return Q(**{head: Subquery(parent.objects.filter(condition).values("pk")[:1])})
    value = _value(field, part)
    return None if value is None else Q(**{head: value})


def _value(field: models.Field[Any, Any], part: str) -> object:
    """What is stored for the part; None if nothing can be."""
    if isinstance(field, PeriodField):
        try:
            return period if str(period := Period.parse(part)) == part else None
        except ValueError:
            return None
    if isinstance(field, models.IntegerField):
        # Nine digits fit every whole number of both databases.
        return int(part) if re.fullmatch(r"0|[1-9][0-9]{0,8}", part) else None
    # PostgreSQL takes neither; no text is stored with them.
    return None if re.search(r"[\x00\ud800-\udfff]", part) else part
