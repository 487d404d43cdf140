"""Naming records by what a person can type, and finding many of them at once.

A natural key is the tuple of `Owned.natural_fields`. In a cell it is one text: the part itself (`articles`, `2024`)
or the parts with spaces between them (`articles 2024-Q1 harbour-survey`), absent parts at the end left out.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from records.models import Owned

Key = tuple[Any, ...]
# A stored record is known by its id, one that is not stored yet by itself.
Reference = int | Owned | None


def identity(record: models.Model) -> Any:  # noqa: ANN401
    """The id, or for a record that is not stored yet something equal for the same object only."""
    return record.pk if record.pk is not None else ("new", id(record))


def referred(record: models.Model, name: str) -> Any:  # noqa: ANN401
    """The `identity` of what a reference points to; None where it points to nothing. No query."""
    field: Any = record._meta.get_field(name)
    if field.primary_key:
        return identity(record)
    cached = record._state.fields_cache.get(name)
    if cached is not None and cached.pk is None:
        return identity(cached)
    return getattr(record, field.attname)


def key_leaves(model: type[Owned]) -> tuple[Any, ...]:
    """The fields that hold the parts of the natural key, joined records' fields included."""
    leaves = []
    for path in model.natural_fields:
        field: Any = None
        at: Any = model
        for name in path.split("__"):
            field = at._meta.get_field(name)
            at = field.related_model
        leaves.append(field)
    return tuple(leaves)


def key_text(key: Key) -> str:
    """A natural key as it stands in a cell."""
    parts = list(key)
    while parts and parts[-1] is None:
        parts.pop()
    return " ".join(map(str, parts))


def read_key(model: type[Owned], value: object) -> Key:
    """The natural key that a cell or a JSON value (text, number, list of parts) names.

    Raises ValidationError with a sentence.
    """
    leaves = key_leaves(model)
    if isinstance(value, list | tuple):
        parts: list[Any] = list(value)
    elif len(leaves) == 1:
        parts = [value.strip() if isinstance(value, str) else value]
    else:
        parts = list(str(value).split())
    if not 1 <= len(parts) <= len(leaves):
        raise _unknown(model, value)
    parts += [None] * (len(leaves) - len(parts))
    try:
        return tuple(
            None if part in (None, "") else leaf.to_python(part)
            for leaf, part in zip(leaves, parts, strict=True)
        )
    except (ValidationError, TypeError) as error:
        raise _unknown(model, value) from error


def _unknown(model: type[Owned], value: object) -> ValidationError:
    """What a missing record answers, and one of somebody else."""
    return ValidationError(
        _("You have no %(model)s “%(key)s”."),
        code="unknown_reference",
        params={
            "model": model._meta.verbose_name,
            "key": (key_text(tuple(value)) if isinstance(value, list | tuple) else str(value))[:80],
        },
    )


class References:
    """The natural keys of the owner in scope, and of records that are about to be stored.

    One query per model that is asked for, when it is first asked for.
    """

    def __init__(self) -> None:
        self._known: dict[type[Owned], dict[Key, Reference]] = {}
        self._names: dict[type[Owned], dict[Any, Key]] = {}

    def _load(self, model: type[Owned]) -> dict[Key, Reference]:
        known = self._known.get(model)
        if known is None:
            known = self._known[model] = {}
            names = self._names[model] = {}
            for pk, *key in model._default_manager.values_list("pk", *model.natural_fields):
                known[tuple(key)] = pk
                names[pk] = tuple(key)
        return known

    def announce(self, record: Owned, key: Key) -> None:
        """From now on the key finds this record, which is not stored yet."""
        self._load(type(record)).setdefault(key, record)
        self._names[type(record)][identity(record)] = key

    def find(self, model: type[Owned], value: object) -> Reference:
        """What a cell or a JSON value refers to. Raises ValidationError with a sentence if there is no such record."""
        known = self._load(model)
        if isinstance(value, str) and (found := known.get((value,))) is not None:
            return found  # nearly always: a slug
        found = known.get(read_key(model, value))
        if found is None:
            raise _unknown(model, value)
        return found

    def key(self, model: type[Owned], reference: Reference) -> Key | None:
        """The natural key of what is referred to; None for no reference, and for what was deleted meanwhile."""
        if reference is None:
            return None
        self._load(model)
        return self._names[model].get(identity(reference) if isinstance(reference, Owned) else reference)

    def key_of_row(self, model: type[Owned], values: dict[str, Any]) -> Key:
        """The natural key a row of `model` will have, from its own fields."""
        parts = []
        for path in model.natural_fields:
            head, _dots, rest = path.partition("__")
            value = values.get(head)
            if rest:
                referred_model: Any = model._meta.get_field(head).related_model
                key = self.key(referred_model, value)
                value = None if key is None else key[referred_model.natural_fields.index(rest)]
            parts.append(value)
        return tuple(parts)

    def name(self, model: type[Owned], reference: Reference) -> str | None:
        """The natural key as it stands in a cell; None for no reference."""
        key = self.key(model, reference)
        return None if key is None else key_text(key)
