from __future__ import annotations

import inspect

import pytest
from django.apps import apps

from records.models import Account, ApiToken, Owned
from records.ownership import owner_scope
from tests import factories

FACTORIES = dict(inspect.getmembers(factories, inspect.isfunction))


def _factory_name(model: type[Owned]) -> str:
    return "create_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in model.__name__).lstrip("_")


OWNED_MODELS = [
    model
    for model in apps.get_models()
    if issubclass(model, Owned) and model is not ApiToken  # made by ApiToken.issue
]


@pytest.mark.parametrize("model", OWNED_MODELS, ids=lambda model: model.__name__)
def test_factory_makes_a_valid_record_of_every_model(model: type[Owned], owner: Account) -> None:
    create = FACTORIES[_factory_name(model)]
    records = [create(owner=owner)]
    if getattr(model, "slug_source", ""):
        records.append(create(owner=owner))
    for record in records:
        assert isinstance(record, model)
        with owner_scope(owner):
            record.full_clean()
            assert record.owner == owner
