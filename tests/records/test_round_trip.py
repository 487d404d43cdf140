"""What is exported, wiped and imported is what it was, for every model and format; a second import changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from records.merging import apply, is_mergeable, plan_rows
from records.models import Account, Owned
from records.ownership import owner_scope
from records.resources import registered, resource_of
from records.sheets import write_table
from records.tables import read_table
from tests.everything import OWNED_MODELS
from tests.records.generated import Maker, facts_of

MODELS = [model for model in OWNED_MODELS if is_mergeable(model)]
KINDS = ["csv", "xlsx", "json"]


def _facts(model: type[Owned]) -> list[dict[str, Any]]:
    return [facts_of(record) for record in resource_of(model)().get_queryset()]


def _survive(owner: Account, model: type[Owned], *, examples: int) -> None:
    """Many records in one file: what one of them says must not reach another one either."""
    resource = resource_of(model)
    survived = dict.fromkeys(KINDS, 0)
    with owner_scope(owner):
        for rows in Maker(model, owner=owner).batches(examples):
            apply(plan_rows(model, rows), by=owner, reason="Made")
            before = _facts(model)
            assert len(before) == len(rows)
            for kind in KINDS:
                body = write_table(resource, model.objects.order_by("pk"), kind=kind)
                model.objects.all().delete()
                plan = plan_rows(model, resource.rows(read_table(body)))
                assert plan.problems == ()
                assert len(plan.created) == len(before)
                apply(plan, by=owner, reason="Imported")
                assert _facts(model) == before
                again = plan_rows(model, resource.rows(read_table(body)))
                assert (again.problems, again.is_empty) == ((), True)
                survived[kind] += len(before)
            model.objects.all().delete()
    assert min(survived.values()) >= examples


each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def test_every_model_is_in_the_register() -> None:
    assert {*registered()} == {*MODELS}


@each_model
def test_generated_records_survive_a_file(model: type[Owned], owner: Account) -> None:
    _survive(owner, model, examples=10)


@pytest.mark.trust
@each_model
def test_a_thousand_generated_records_survive_every_kind_of_file(model: type[Owned], owner: Account) -> None:
    _survive(owner, model, examples=1000)


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_last_cell_of_nothing_but_a_space_is_a_text(delimiter: str) -> None:
    table = read_table(f"title{delimiter}note\nA{delimiter} \n".encode())

    assert [row.cells["note"] for row in table.rows] == [" "]
