"""Writing many records of the owner in scope at once, inside a transaction that somebody else has begun."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django_scopes import get_scope

from records.models import Account, Conflict, Owned

# How many keys one query asks for.
CHUNK = 500
_LONGEST_REASON = 100  # what a row of history holds


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk


def refuse_if_changed(model: type[Owned], wanted: dict[int, tuple[int, Any]]) -> None:
    """Locks the records and compares their versions. `wanted`: id → version and how to call the record."""
    for chunk in chunks(wanted):
        locked = model._default_manager.select_for_update().filter(pk__in=chunk)
        versions = dict(locked.values_list("pk", "version"))
        for pk in chunk:
            version, place = wanted[pk]
            if versions.get(pk) != version:
                raise Conflict(
                    _("%(place)s: this record was changed in the meantime. Nothing was written; look again.")
                    % {"place": place}
                )


def insert(model: type[Owned], records: Sequence[Any]) -> None:
    """References between these records are set once all of them have an id."""
    own = [field for field in model._meta.concrete_fields if field.related_model is model]
    waiting = []
    for record in records:
        for field in own:
            parent = record._state.fields_cache.get(field.name)
            if parent is not None and parent.pk is None:
                waiting.append((record, field, parent))
                setattr(record, field.name, None)
    model._default_manager.bulk_create(records)
    for record, field, parent in waiting:
        setattr(record, field.name, parent)
    update(model, [*{id(record): record for record, _field, _parent in waiting}.values()])


def update(model: type[Owned], records: Sequence[Any]) -> None:
    """Writes all fields of stored records, which must be locked.

    By an upsert: one statement for many rows on both databases, where `bulk_update` compiles a CASE for each value.
    """
    if not records:
        return
    fields = [
        field.name for field in model._meta.concrete_fields if field.name not in ("id", "owner", "created_at")
    ]
    stored: Any = model._default_manager
    stored.bulk_create(records, update_conflicts=True, unique_fields=["id"], update_fields=fields)


def remember(
    model: Any,  # noqa: ANN401
    ids: Iterable[int],
    *,
    kind: str,
    now: dt.datetime,
    by: Account,
    reason: str,
) -> None:
    """One row of history for each of the owner's records as it is stored, as saving it would have made.

    Copied within the database: through Python a merge would spend as long on its history as on its records.
    One query per 500 records.
    """
    history: Any = model.history.model
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in history.tracked_fields)
    said: dict[str, Any] = {
        "history_date": connection.ops.adapt_datetimefield_value(now),
        "history_user": by.pk,
        "history_type": kind,
        "history_change_reason": reason[:_LONGEST_REASON],
    }
    names = ", ".join(quote(history._meta.get_field(name).column) for name in said)
    for chunk in chunks(ids):
        marks = ", ".join(["%s"] * len(chunk))
        # Raw SQL knows no scope, so the owner in force is named here.
        statement = (
            f"INSERT INTO {quote(history._meta.db_table)} ({columns}, {names}) "  # noqa: S608  # names of ours, quoted
            f"SELECT {columns}, {', '.join(['%s'] * len(said))} FROM {quote(model._meta.db_table)} "
            f"WHERE {quote('owner_id')} = %s AND {quote('id')} IN ({marks}) ORDER BY {quote('id')}"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [*said.values(), get_scope()["owner"], *chunk])
