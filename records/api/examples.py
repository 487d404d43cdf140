"""An example of every record for the schema: what a person might have entered."""

from __future__ import annotations

from functools import cache
from typing import Any

from records.api.fields import Choice, Day, Figure, Flag, Key, Moment, PeriodText, Reference, Whole
from records.api.serializers import OwnedSerializer
from records.keys import joined

# What stands for a reference or a text of this name.
_TEXTS = {
    "name": "Schedule adherence",
    "title": "Tiles load in a second",
    "statement": "Write one article every two weeks",
    "subject": "Docker package size",
    "label": "First draft",
    "slug": "an-example",
    "url": "https://example.org/on-queues",
    "as_stated": "62%",
    "source_lines": "44-46",
    "category": "architecture",
    "check_key": "ratio:measurement/schedule-adherence/2024",
    "reason": "Rounded twice.",
}
_ABSENT = {
    "achievement",
    "engagement",
    "activity",
    "change",
    "parent",
    "supersedes",
    "derived_from",
    "sha256",
    "body",
}


@cache
def example_of(serializer: type[OwnedSerializer]) -> dict[str, Any]:
    """All fields with a value that fits; optional ones that say little are null."""
    fields = serializer().fields
    example = {name: _value(name, field) for name, field in fields.items()}
    parts = [example[path.partition("__")[0]] for path in serializer.Meta.model.natural_fields]
    example["key"] = joined(tuple(parts))
    return {**example, **serializer.example}


def _value(name: str, field: Any) -> Any:  # noqa: ANN401
    match field:
        case Key():
            return None
        case _ if name in _ABSENT and not field.required:
            return None
        case Reference():
            return {"source": "2024", "measurement": "schedule-adherence~2024~"}.get(name, f"a-{name}")
        case Choice():
            return None if field.allow_null else next(iter(field.choices))
        case PeriodText():
            return "2023" if name in ("set_in",) else "2024" if field.required else None
        case Whole():
            return {"year": 2024}.get(name, 1)
        case Flag():
            return False
        case Figure():
            return None
        case Day():
            return "2024-12-20"
        case Moment():
            return "2024-12-20T09:00:00Z" if field.read_only else None
    return _TEXTS.get(name) if field.required or name in ("slug", "source_lines", "as_stated") else None
