"""Taking a merge back, for as long as nothing else has touched its records."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from records.merging.writing import chunks, refuse_if_changed, remember, update
from records.models import Account, Conflict, Owned


@dataclass(frozen=True, slots=True)
class Touched:
    """One record a merge has written: its version since, and what its changed fields held before.

    `before` is None for a record that was created. References in it are ids, which is why a receipt never leaves
    the server.
    """

    model: str
    pk: int
    version: int
    key: str
    before: dict[str, Any] | None


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
        return len(self.touched) - self.created

    def by_model(self) -> dict[type[Owned], list[Touched]]:
        """Last written first."""
        found: dict[type[Owned], list[Touched]] = {}
        for each in reversed(self.touched):
            found.setdefault(apps.get_model(each.model), []).append(each)
        return found


def undo(receipt: Receipt, *, by: Account, reason: str) -> None:
    """Deletes what was created and sets back what was changed; history keeps all of it.

    Runs in the scope of the owner. Raises `Conflict` with the first record that was changed or deleted since, or
    that another record refers to by now; nothing is written then. Queries: for each model one or two per 500
    records, one for each model that can refer to it, and the writes.
    """
    now = timezone.now()
    groups = receipt.by_model()
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
        for name, value in (before[record.pk] or {}).items():
            field = model._meta.get_field(name)
            setattr(record, field.attname, value if field.is_relation else field.to_python(value))
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
