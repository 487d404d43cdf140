"""Writing a plan: all of it in one transaction, or nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_scopes import get_scope

from records.merging.plans import Changed, Created, Part, Plan
from records.merging.undoing import Receipt, Touched, kept
from records.merging.writing import insert, refuse_if_changed, remember, update
from records.models import Account, Conflict, Owned
from records.ownership import ScopeError


def apply(plan: Plan, *, by: Account, reason: str) -> Receipt:
    """Writes the plan and its history, and answers what `undo` needs.

    Raises ValueError for a plan with problems and `Conflict`, naming the row, if a record it changes or refers to
    was changed since it was planned. Nothing is written then. Queries per model: one per 500 records to be changed,
    and as many as the database needs to insert, update and record them.
    """
    if get_scope().get("owner") != plan.owner_id:
        raise ScopeError("A plan is applied in the scope of the account it was made for.")
    if plan.problems:
        raise ValueError("This plan has problems.")
    now = timezone.now()
    try:
        with transaction.atomic():
            touched = [touch for part in plan.parts for touch in _write(part, now=now, by=by, reason=reason)]
    except IntegrityError as error:
        raise _conflict_of(plan) from error
    return Receipt(tuple(touched))


def _write(part: Part, *, now: dt.datetime, by: Account, reason: str) -> list[Touched]:
    refuse_if_changed(part.model, {row.record.pk: (row.version, row.place) for row in part.changed})
    created: list[Any] = [row.record for row in part.created]
    changed: list[Any] = [row.record for row in part.changed]
    for record in created:
        record.created_at = record.updated_at = now
    insert(part.model, created)
    for record in changed:
        record._prepare_related_fields_for_save("bulk_create")  # the ids of what was created just now
        record.version += 1
        record.updated_at = now
    update(part.model, changed)
    remember(part.model, [record.pk for record in created], kind="+", now=now, by=by, reason=reason)
    remember(part.model, [record.pk for record in changed], kind="~", now=now, by=by, reason=reason)
    rows: list[Created | Changed] = [*part.created, *part.changed]
    return [_touched(part.model, row) for row in rows]


def _touched(model: type[Owned], row: Created | Changed) -> Touched:
    before = None
    if isinstance(row, Changed):
        fields: list[Any] = [model._meta.get_field(change.field) for change in row.changes]
        before = {field.name: kept(getattr(row.stored, field.attname)) for field in fields}
    record: Any = row.record
    return Touched(model._meta.label, record.pk, record.version, row.key, before)


def _conflict_of(plan: Plan) -> Conflict:
    """Which row the database refused: somebody made the same record meanwhile, or removed what it refers to."""
    for part in plan.parts:
        for row in part.created:
            if _is_stored(part.model, row):
                return Conflict(
                    _("%(place)s: this record was made in the meantime. Nothing was written; look again.")
                    % {"place": row.place}
                )
    return Conflict(
        _("A record these rows refer to was removed in the meantime. Nothing was written; look again.")
    )


def _is_stored(model: type[Owned], row: Created) -> bool:
    look_up: dict[str, Any] = {}
    for path in model.natural_fields:
        field: Any = model._meta.get_field(path.partition("__")[0])
        value = getattr(row.record, field.attname)
        if isinstance(field, models.ForeignKey) and value is None:
            cached = row.record._state.fields_cache.get(field.name)
            if cached is not None:
                return False
        look_up[field.attname if value is not None else f"{field.name}__isnull"] = (
            True if value is None else value
        )
    return bool(model._default_manager.filter(**look_up).exists())
