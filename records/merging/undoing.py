"""Taking a merge back, for as long as nothing else has touched its records."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_scopes import get_scope

from records.merging.writing import chunks, refuse_if_changed, remember, update
from records.models import Account, Conflict, Owned

# No record has this version: the first one is 1.
REMOVED = 0


@dataclass(frozen=True, slots=True)
class Touched:
    """One record a merge has written: its version since, and what its changed fields held before.

    `before` is None for a record that was created; of one that was removed it holds every field, and `version` is
    REMOVED. References in it are ids, which is why a receipt never leaves the server.
    """

    model: str
    pk: int
    version: int
    key: str
    before: dict[str, Any] | None

    @property
    def was_removed(self) -> bool:
        return self.version == REMOVED


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a merge has written: what is referred to before what refers to it."""

    touched: tuple[Touched, ...]

    def to_json(self) -> str:
        entries = [[each.model, each.pk, each.version, each.key, each.before] for each in self.touched]
        return json.dumps(entries, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        return cls(tuple(Touched(*entry) for entry in json.loads(text)))

    @property
    def created(self) -> int:
        return sum(each.before is None for each in self.touched)

    @property
    def changed(self) -> int:
        return len(self.touched) - self.created - self.removed

    @property
    def removed(self) -> int:
        return sum(each.was_removed for each in self.touched)

    def by_model(self) -> dict[type[Owned], list[Touched]]:
        """Last written first."""
        found: dict[type[Owned], list[Touched]] = {}
        for each in reversed(self.touched):
            found.setdefault(apps.get_model(each.model), []).append(each)
        return found


def undo(receipt: Receipt, *, by: Account, reason: str) -> None:
    """Deletes what was created, sets back what was changed, enters anew what was removed; history keeps all of it.

    Runs in the scope of the owner. Raises `Conflict` with the first record that was changed or deleted since, or
    that another record refers to by now, or in whose place there is another one; nothing is written then. Queries:
    for each model one or two per 500 records, one for each model that can refer to it (or that a removed one referred
    to), and the writes.
    """
    now = timezone.now()
    removed = Receipt(tuple(each for each in receipt.touched if each.was_removed)).by_model()
    groups = Receipt(tuple(each for each in receipt.touched if not each.was_removed)).by_model()
    with transaction.atomic():
        for model, entries in groups.items():
            refuse_if_changed(model, {each.pk: (each.version, each.key) for each in entries})
        for model, entries in groups.items():
            _set_back(model, entries, now=now, by=by, reason=reason)
        created = {
            model: {each.pk: each.key for each in entries if each.before is None}
            for model, entries in groups.items()
        }
        for model, keys in created.items():
            _refuse_if_referred_to(model, keys, besides=created)
        for model, keys in created.items():
            _delete(model, keys, now=now, by=by, reason=reason)
        for model, entries in removed.items():
            _enter_anew(model, entries, now=now, by=by, reason=reason)


def remove(
    model: type[Owned], versions: Mapping[int, tuple[int, str]], *, by: Account, reason: str
) -> tuple[Touched, ...]:
    """Deletes records and answers what `undo` needs to enter them anew. `versions`: id → version and key.

    Raises `Conflict`, as `undo` does, for one that was changed meanwhile or that another record refers to. Queries:
    two, one for each model that can refer to it, and the writes.
    """
    now = timezone.now()
    keys = {pk: key for pk, (_version, key) in versions.items()}
    with transaction.atomic():
        refuse_if_changed(model, dict(versions))
        _refuse_if_referred_to(model, keys, besides={})
        stored: Any = model._default_manager.filter(pk__in=keys)
        touched = tuple(
            Touched(model._meta.label, each.pk, REMOVED, keys[each.pk], _facts(each)) for each in stored
        )
        _delete(model, keys, now=now, by=by, reason=reason)
    return touched


def _facts(record: Owned) -> dict[str, Any]:
    """Every field but the id and the owner, which is the one in scope."""
    fields: list[Any] = [field for field in record._meta.concrete_fields if field.name not in ("id", "owner")]
    return {field.name: kept(getattr(record, field.attname)) for field in fields}


def kept(value: object) -> Any:  # noqa: ANN401
    """A value as JSON can keep it and its field can read it."""
    if value is None or isinstance(value, bool | int):
        return value
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _enter_anew(
    model: Any,  # noqa: ANN401
    entries: list[Touched],
    *,
    now: dt.datetime,
    by: Account,
    reason: str,
) -> None:
    """With the ids they had, so that their history goes on; with a later version than anybody has seen."""
    records = []
    for entry in entries:
        record = model(pk=entry.pk, owner_id=get_scope()["owner"])
        _read(record, entry.before or {})
        record.version += 1
        record.updated_at = now
        records.append(record)
    keys = ", ".join(entry.key for entry in entries)
    for field in model._meta.concrete_fields:
        if field.is_relation and field.name != "owner":
            wanted = {getattr(record, field.attname) for record in records} - {None}
            there = field.related_model._default_manager.filter(pk__in=wanted).count() if wanted else 0
            if there < len(wanted):
                raise Conflict(_("%(key)s: what it refers to is gone. Nothing was undone.") % {"key": keys})
    try:
        with transaction.atomic():
            model._default_manager.bulk_create(records)
    except IntegrityError as error:
        raise Conflict(_("%(key)s: it was entered anew. Nothing was undone.") % {"key": keys}) from error
    remember(model, [record.pk for record in records], kind="+", now=now, by=by, reason=reason)


def _read(record: Any, facts: Mapping[str, Any]) -> None:  # noqa: ANN401
    for name, value in facts.items():
        field = record._meta.get_field(name)
        setattr(record, field.attname, value if field.is_relation else field.to_python(value))


def _set_back(
    model: Any,  # noqa: ANN401
    entries: list[Touched],
    *,
    now: dt.datetime,
    by: Account,
    reason: str,
) -> None:
    before = {each.pk: each.before for each in entries if each.before is not None}
    records: list[Any] = []
    for chunk in chunks(before):
        records += model._default_manager.filter(pk__in=chunk)
    for record in records:
        _read(record, before[record.pk] or {})
        record.version += 1
        record.updated_at = now
    update(model, records)
    remember(model, before, kind="~", now=now, by=by, reason=reason)


def _references_to(model: type[Owned]) -> Iterator[tuple[type[Owned], str]]:
    for relation in model._meta.get_fields(include_hidden=True):
        source: Any = relation.related_model
        if relation.auto_created and not relation.concrete and issubclass(source, Owned):
            yield source, relation.field.name  # type: ignore[union-attr]


def _refuse_if_referred_to(
    model: type[Owned], keys: dict[int, str], *, besides: dict[type[Owned], dict[int, str]]
) -> None:
    for source, name in _references_to(model) if keys else ():
        for chunk in chunks(keys):
            for pk, target in source._default_manager.filter(**{f"{name}__in": chunk}).values_list(
                "pk", name
            ):
                if pk not in besides.get(source, ()):
                    raise Conflict(
                        _("%(key)s: another record (%(model)s) refers to it by now. Nothing was undone.")
                        % {"key": keys[target], "model": source._meta.verbose_name}
                    )


def _delete(model: Any, keys: dict[int, str], *, now: dt.datetime, by: Account, reason: str) -> None:  # noqa: ANN401
    remember(model, keys, kind="-", now=now, by=by, reason=reason)
    for chunk in chunks(keys):
        found = model._default_manager.filter(pk__in=chunk)
        # Deleting one by one would ask of each what refers to it, and make history one row a time.
        found._raw_delete(found.db)
