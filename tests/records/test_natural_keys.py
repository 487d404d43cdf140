"""The key a person can type, and fixtures that can be loaded again."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core import serializers
from django.core.management import call_command

from goals.models import Goal
from records.models import Account, Owned
from records.ownership import every_owner, owner_scope
from tests.everything import OWNED_MODELS, create_one
from tests.factories import (
    create_engagement,
    create_goal,
    create_measurement,
    create_metric,
    create_project,
    create_skill,
    create_skill_use,
)

each_model = pytest.mark.parametrize("model", OWNED_MODELS, ids=lambda model: model.__name__)


@each_model
def test_natural_key_finds_the_record_among_those_of_every_owner(
    model: type[Owned], owner: Account, stranger: Account
) -> None:
    records = [create_one(model, owner=account) for account in (stranger, owner)]
    for record in records:
        key = record.natural_key()
        assert key[0] == record.owner.username
        assert all(part is None or isinstance(part, str | int) for part in key)
        assert model.objects.get_by_natural_key(*key) == record
    assert records[0].natural_key()[1:] == records[1].natural_key()[1:]


def test_natural_key_tells_an_absent_part_from_a_given_one(owner: Account) -> None:
    metric, project = create_metric(owner=owner), create_project(owner=owner)
    whole = create_measurement(owner=owner, metric=metric)
    part = create_measurement(owner=owner, metric=metric, project=project)
    skill, engagement = create_skill(owner=owner), create_engagement(owner=owner, project=project)
    year = create_skill_use(owner=owner, skill=skill)
    stint = create_skill_use(owner=owner, skill=skill, engagement=engagement)
    for record in (whole, part, year, stint):
        assert type(record).objects.get_by_natural_key(*record.natural_key()) == record
    assert whole.natural_key() == ("owner", "articles", "2024", None)
    assert part.natural_key() == ("owner", "articles", "2024", "harbour-survey")


def test_natural_key_of_nothing_finds_nothing(owner: Account, stranger: Account) -> None:
    goal = create_goal(owner=owner)
    with pytest.raises(Goal.DoesNotExist):
        Goal.objects.get_by_natural_key("stranger", goal.slug)
    with pytest.raises(ValueError, match="zip"):
        Goal.objects.get_by_natural_key("owner")


@each_model
def test_fixture_loaded_again_restores_the_facts_and_keeps_version_and_moments(
    model: type[Owned], owner: Account, tmp_path: Path
) -> None:
    record = create_one(
        model, owner=owner, **({} if model.__name__ == "ApiToken" else {"note": "as documented"})
    )
    with every_owner():
        text = serializers.serialize(
            "json", [record], use_natural_foreign_keys=True, use_natural_primary_keys=True
        )
    fixture = tmp_path / "one.json"
    fixture.write_text(text, encoding="utf-8")
    with owner_scope(owner):
        record.note = "edited"
        record.save()
        record.refresh_from_db()
        before = (record.version, record.created_at, record.updated_at, model.history.count())
        for _ in range(2):
            call_command("loaddata", str(fixture), verbosity=0)
            stored = model.objects.get()
            assert stored.pk == record.pk
            assert stored.note == ("" if model.__name__ == "ApiToken" else "as documented")
            after = (stored.version, stored.created_at, stored.updated_at, model.history.count())
            assert after == before


def test_fixture_leaves_an_existing_account_and_its_password_alone(owner: Account, tmp_path: Path) -> None:
    text = serializers.serialize("json", [owner], use_natural_primary_keys=True)
    fixture = tmp_path / "account.json"
    fixture.write_text(text.replace('"is_active": true', '"is_active": false'), encoding="utf-8")
    owner.set_password("a new password")
    owner.save()
    call_command("loaddata", str(fixture), verbosity=0)
    owner.refresh_from_db()
    assert owner.is_active
    assert owner.check_password("a new password")
