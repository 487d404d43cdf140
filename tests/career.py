"""The facts of the five documents in the database of a test."""

from __future__ import annotations

import random
from typing import Any

from django.core.management import call_command
from django.db import transaction

from goals.models import Goal
from metrics.models import Change, Incident, Measurement
from projects.models import Activity, Engagement
from records.merging import in_dependency_order
from records.models import Account, Record
from records.ownership import every_owner, owner_scope
from tests.everything import OWNED_MODELS

# Ids of a process's copy begin here, far from those of what a test makes.
_FIRST = 1_000_000
_copy: list[Any] = []


def load_career() -> Account:
    """The account `demo` with the fixture `career`. To load it takes seconds: a process does that once, then copies."""
    if not _copy:
        call_command("loaddata", "career", verbosity=0)
        _copy.extend(_copied())
    else:
        with transaction.atomic():  # as some refer to later ones of their kind
            for record in _copy:
                record.save_base(raw=True, force_insert=True)
    return Account.objects.get(username="demo")


def _copied() -> list[Any]:
    """What was loaded, with ids of its own, in an order in which it can be stored."""
    with every_owner():
        found: list[Any] = list(Account.objects.filter(username="demo"))
        for model in in_dependency_order(OWNED_MODELS):
            found += model._base_manager.filter(owner=found[0]).order_by("pk")
    for record in found:
        for field in record._meta.concrete_fields:
            value = getattr(record, field.attname)
            if value is not None and (field.primary_key or field.is_relation):
                setattr(record, field.attname, value + _FIRST)
    return found


def shake(owner: Account, seed: int) -> None:
    """Changes every third figure a little, and every target, so that every kind of check contradicts."""
    chance = random.Random(seed)  # noqa: S311
    figures: list[tuple[type[Record], str]] = [
        (Measurement, "value"),
        (Measurement, "stated_change"),
        (Change, "after"),
        (Change, "stated_change"),
        (Incident, "stated_duration"),
        (Engagement, "stated_duration"),
        (Activity, "hours"),
        (Goal, "target"),
    ]
    with owner_scope(owner):
        for model, field in figures:
            for row in model._default_manager.filter(**{f"{field}__isnull": False}):
                if model is Goal or chance.random() < 1 / 3:
                    changed = getattr(row, field) + chance.choice([1, 3, 7])
                    model._default_manager.filter(pk=row.pk).update(**{field: changed})
