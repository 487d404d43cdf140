"""Every owned model, and one record of each: for tests that no model may escape."""

from __future__ import annotations

import inspect
from typing import Any

from django.apps import apps
from django.db import models

from goals.models import EVIDENCE_TARGETS, Evidence
from records.models import Account, ApiToken, Owned
from tests import factories

OWNED_MODELS: list[type[Owned]] = sorted(
    (model for model in apps.get_models() if issubclass(model, Owned)), key=lambda model: model._meta.label
)
REFERENCES: list[tuple[type[Owned], str]] = [
    (model, field.name)
    for model in OWNED_MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Owned)
]
_FACTORIES = dict(inspect.getmembers(factories, inspect.isfunction))


def create_one(model: type[Owned], *, owner: Account, **fields: Any) -> Any:  # noqa: ANN401
    """A valid record of any model, made by its factory."""
    if model is ApiToken:
        return ApiToken.issue(owner=owner, name=fields.get("name", "script"))[0]
    if model is Evidence and fields and not fields.keys() & {*EVIDENCE_TARGETS, "url"}:
        fields["url"] = "https://example.org/"
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in model.__name__)
    return _FACTORIES[f"create{name}"](owner=owner, **fields)


def create_referring(model: type[Owned], field: str, *, owner: Account) -> Any:  # noqa: ANN401
    """A valid record whose `field` refers to another record of the same owner."""
    parent = create_one(referred_model(model, field), owner=owner)
    beside = {"derivation": "numerator"} if field == "derived_from" else {}
    return create_one(model, owner=owner, **{field: parent}, **beside)


def referred_model(model: type[Owned], field: str) -> type[Owned]:
    referred: Any = model._meta.get_field(field).related_model
    assert issubclass(referred, Owned)
    return referred
