"""The facts of the five documents in the database of a test."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import transaction

from records.merging import in_dependency_order
from records.models import Account
from records.ownership import every_owner
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
