"""The words in which computed answers are described to the schema, and what several of them say alike.

    RESULT = shape(period=PERIOD, value=FIGURE, source=SOURCE)

Every property is always answered, and nothing else is. Decimals are strings, absent is null. A serializer stands for
what a list of its records answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.models import Record

Described = dict[str, Any]
TEXT: Described = {"type": "string"}
MAYBE_TEXT: Described = {"type": ["string", "null"]}
WHOLE: Described = {"type": "integer"}
MAYBE_WHOLE: Described = {"type": ["integer", "null"]}
FLAG: Described = {"type": "boolean"}
MAYBE_FLAG: Described = {"type": ["boolean", "null"]}
FIGURE: Described = {"type": ["string", "null"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
PERIOD: Described = {
    "type": "string",
    "pattern": r"^[12][0-9]{3}(-H[12]|-Q[1-4]|-[01][0-9](-[0-3][0-9])?)?$",
}
MAYBE_PERIOD: Described = {**PERIOD, "type": ["string", "null"]}
MOMENT: Described = {"type": ["string", "null"], "format": "date-time"}


def shape(about: str = "", /, **properties: Described) -> Described:
    """An object with exactly these properties."""
    described: Described = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return told(described, about) if about else described


def sparse(**properties: Described) -> Described:
    """The same where `?fields=` leaves some out."""
    return {**shape(**properties), "required": []}


def maybe(described: Described) -> Described:
    """The same, or null."""
    if "enum" in described:
        return {**described, "type": ["string", "null"], "enum": [*described["enum"], None]}
    return {**described, "type": [described["type"], "null"]}


def many(item: Described | type, about: str = "") -> Described:
    return told({"type": "array", "items": item}, about) if about else {"type": "array", "items": item}


def one_of(values: Sequence[str], about: str = "") -> Described:
    described: Described = {"type": "string", "enum": [str(value) for value in values]}
    return told(described, about) if about else described


def told(described: Described, about: str) -> Described:
    return {**described, "description": about}


KEY = told(TEXT, "What names it among those of its kind: the last segment of its address.")
SOURCE = maybe(
    shape(
        "The document that states it, by its year, and the lines; null: none does.",
        document=WHOLE,
        lines=MAYBE_TEXT,
    )
)


def source_of(record: Record) -> dict[str, Any] | None:
    """Where a record stands; the document must be joined. None: in no document."""
    if record.source is None:
        return None
    return {"document": record.source.year, "lines": record.source_lines or None}
