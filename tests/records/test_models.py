"""What every record promises: version, history, slug, clean text, natural key, repeatable fixtures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from goals.models import Milestone
from metrics.models import Measurement
from projects.models import Project, SkillUse
from records.models import LONGEST_TEXT, Account, Conflict, Document, Owned
from records.ownership import owner_scope
from tests import factories as make
from tests.everything import OWNED_MODELS, create_one
from tests.factories import (
    create_achievement,
    create_document,
    create_engagement,
    create_goal,
    create_measurement,
    create_metric,
    create_milestone,
    create_project,
    create_skill_use,
)

each_model = pytest.mark.parametrize("model", OWNED_MODELS, ids=lambda model: model.__name__)
TEXTS = [
    (model, field)
    for model in OWNED_MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, models.CharField | models.TextField)
]
each_text = pytest.mark.parametrize(
    ("model", "field"), TEXTS, ids=[f"{model.__name__}.{field.name}" for model, field in TEXTS]
)


# Version


def test_save_counts_versions_and_moves_the_moment_of_the_change(owner: Account) -> None:
    project = create_project(owner=owner)
    created, updated = project.created_at, project.updated_at
    with owner_scope(owner):
        project.note = "second"
        project.save()
        project.refresh_from_db()
    assert (project.version, project.note, project.created_at) == (2, "second", created)
    assert project.updated_at > updated


@pytest.mark.parametrize("fields", [None, ["note"]], ids=["whole record", "one field"])
def test_save_of_a_record_somebody_else_saved_meanwhile_is_a_conflict(
    fields: list[str] | None, owner: Account
) -> None:
    create_project(owner=owner)
    with owner_scope(owner):
        first, second = Project.objects.get(), Project.objects.get()
        first.note = "first"
        first.save(update_fields=fields)
        second.note = "second"
        with pytest.raises(Conflict, match="changed in the meantime"), transaction.atomic():
            second.save(update_fields=fields)
        stored = Project.objects.get()
        assert (stored.note, stored.version) == ("first", 2)
        assert Project.history.count() == 2

        with pytest.raises(Conflict), transaction.atomic():
            second.save()  # trying again does not help: the version was not read anew
        second.refresh_from_db()
        second.note = "second"
        second.save()
        assert Project.objects.get().note == "second"


def test_save_of_a_record_deleted_meanwhile_is_a_conflict(owner: Account) -> None:
    project = create_project(owner=owner)
    with owner_scope(owner):
        Project.objects.all().delete()
        with pytest.raises(Conflict), transaction.atomic():
            project.save()
        assert not Project.objects.exists()


def test_save_refused_by_the_database_can_be_repeated(owner: Account) -> None:
    create_project(owner=owner, slug="taken")
    project = create_project(owner=owner, slug="free")
    with owner_scope(owner):
        project.slug = "taken"
        with pytest.raises(IntegrityError), transaction.atomic():
            project.save()
        project.slug = "other"
        project.save()
    assert project.version == 2


# History


def test_history_keeps_every_version_for_its_owner_alone(owner: Account, stranger: Account) -> None:
    project = create_project(owner=owner, note="one")
    with owner_scope(owner):
        project.note = "two"
        project.save()
        project.delete()
        rows = Project.history.order_by("history_id").values_list("history_type", "note", "version")
        assert list(rows) == [("+", "one", 1), ("~", "two", 2), ("-", "two", 2)]
    with owner_scope(stranger):
        assert not Project.history.exists()
        assert not project.history.exists()


# Slug


def test_slug_is_made_from_the_title_and_is_unique_for_its_owner_only(
    owner: Account, stranger: Account
) -> None:
    slugs = [create_project(owner=owner, name="Harbour  Survey!").slug for _ in range(3)]
    assert slugs == ["harbour-survey", "harbour-survey-2", "harbour-survey-3"]
    assert create_project(owner=stranger, name="Harbour survey").slug == "harbour-survey"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        pytest.param("항만 조사", "항만-조사", id="Korean"),
        pytest.param("!?", "record", id="no letters"),
        pytest.param("a" * 200, "a" * 70, id="long"),
        pytest.param("a" * 69 + " b", "a" * 69, id="cut at a dash"),
    ],
)
def test_slug_is_readable_whatever_the_title(name: str, slug: str, owner: Account) -> None:
    assert create_project(owner=owner, name=name).slug == slug
    assert create_project(owner=owner, name=name).slug == f"{slug}-2"


def test_slug_once_given_is_kept_and_a_taken_one_refused(owner: Account) -> None:
    project = create_project(owner=owner, slug="mine")
    with owner_scope(owner):
        project.name = "Another name"
        project.save()
        assert project.slug == "mine"
        with pytest.raises(ValidationError) as caught:
            Project(owner=owner, name="x", slug="mine").full_clean()
    assert caught.value.messages == ["You use this slug already."]


# Text


@each_text
def test_text_with_a_control_character_is_refused_at_its_field(
    model: type[Owned], field: models.Field[Any, Any], owner: Account
) -> None:
    record = create_one(model, owner=owner)
    for character, code in (("\0", "U+0000"), ("\x1b", "U+001B"), ("\x85", "U+0085"), ("\ud800", "U+D800")):
        setattr(record, field.name, f"a{character}b")
        with owner_scope(owner), pytest.raises(ValidationError) as caught:
            record.full_clean()
        messages = caught.value.message_dict[field.name]
        assert f"Character 2 ({code}) is a control character; remove it." in messages


@each_text
def test_text_that_is_too_long_is_refused_at_its_field(
    model: type[Owned], field: models.Field[Any, Any], owner: Account
) -> None:
    limit = LONGEST_TEXT if field.max_length is None else field.max_length
    record = create_one(model, owner=owner)
    setattr(record, field.name, "1" * (limit + 1))
    with owner_scope(owner), pytest.raises(ValidationError) as caught:
        record.full_clean()
    refused = [message for message in caught.value.message_dict[field.name] if "character" in message]
    assert refused or field.choices


def test_text_that_is_none_is_refused_at_its_field(owner: Account) -> None:
    record = make.create_project(owner=owner)
    record.name = None  # type: ignore[assignment]
    with owner_scope(owner), pytest.raises(ValidationError) as caught:
        record.full_clean()
    assert caught.value.message_dict == {"name": ["This field cannot be null."]}


@each_text
def test_line_breaks_are_for_texts_of_several_lines(
    model: type[Owned], field: models.Field[Any, Any], owner: Account
) -> None:
    record = create_one(model, owner=owner)
    setattr(record, field.name, "one\n\ttwo\r\n")
    found: dict[str, list[str]] = {}
    with owner_scope(owner):
        try:
            record.full_clean()
        except ValidationError as error:
            found = error.message_dict
    is_refused = any("control character" in message for message in found.get(field.name, []))
    assert is_refused == isinstance(field, models.CharField)


# Source


@pytest.mark.parametrize(
    ("lines", "cited"),
    [("", ()), ("7", (7,)), ("44-46", (44, 45, 46)), ("7, 16-18,20", (7, 16, 17, 18, 20))],
)
def test_source_lines_are_read_as_written(lines: str, cited: tuple[int, ...], owner: Account) -> None:
    achievement = create_achievement(owner=owner, source_lines=lines)
    with owner_scope(owner):
        achievement.full_clean()
    assert achievement.cited_lines == cited


@pytest.mark.parametrize("lines", ["x", "7-", "-7", "7;8", "7,,8"])
def test_source_lines_that_nobody_can_look_up_are_refused(lines: str, owner: Account) -> None:
    achievement = create_achievement(owner=owner)
    achievement.source_lines = lines
    with owner_scope(owner), pytest.raises(ValidationError) as caught:
        achievement.full_clean()
    assert caught.value.message_dict == {"source_lines": ["Write lines like 7 or 44-46 or 7, 16-20."]}


def test_document_of_a_year_exists_once_for_each_owner(owner: Account, stranger: Account) -> None:
    create_document(owner=owner, year=2024)
    create_document(owner=stranger, year=2024)
    with owner_scope(owner), pytest.raises(ValidationError) as caught:
        Document(owner=owner, year=2024, title="Again", language="ko").full_clean()
    assert caught.value.messages == ["There is a document of this year already."]


def test_milestone_of_two_goals_may_have_the_same_position(owner: Account) -> None:
    first, second = create_goal(owner=owner), create_goal(owner=owner)
    create_milestone(owner=owner, goal=first)
    with owner_scope(owner):
        Milestone(owner=owner, goal=second, label="x").full_clean()
        with pytest.raises(ValidationError, match="Another milestone of the goal has this position"):
            Milestone(owner=owner, goal=first, label="x").full_clean()


def test_measurement_and_skill_use_exist_once_with_and_without_their_optional_part(owner: Account) -> None:
    project = create_project(owner=owner)
    create_engagement(owner=owner, project=project)
    both: tuple[dict[str, Any], ...] = ({}, {"project": project})
    for fields in both:
        row = create_measurement(owner=owner, metric=create_metric(owner=owner), **fields)
        copy = Measurement(owner=owner, metric=row.metric, period=row.period, **fields)
        with owner_scope(owner), pytest.raises(ValidationError, match="has a figure for this period"):
            copy.full_clean()
    use = create_skill_use(owner=owner)
    with owner_scope(owner), pytest.raises(ValidationError, match="stands under this heading"):
        SkillUse(owner=owner, skill=use.skill, period=use.period).full_clean()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        pytest.param("note", "safe \u202eevas", "is a control character", id="text-turned-around"),
        pytest.param("cadence_count", 32_768, "At most 32767.", id="more-than-a-small-integer"),
    ],
)
def test_a_value_one_database_would_refuse_is_refused_at_its_field(
    owner: Account, field: str, value: object, message: str
) -> None:
    goal = make.create_goal(owner=owner, cadence_count=1, cadence_every="month")
    setattr(goal, field, value)

    with owner_scope(owner), pytest.raises(ValidationError) as refused:
        goal.full_clean()

    assert message in str(refused.value.message_dict[field])


@pytest.mark.parametrize("year", [1, 1899, 2200])
def test_a_day_outside_of_the_years_of_documents_is_refused(owner: Account, year: int) -> None:
    result = make.create_goal_result(owner=owner)
    result.decided_on = dt.date(year, 1, 1)

    with owner_scope(owner), pytest.raises(ValidationError) as refused:
        result.full_clean()

    assert list(refused.value.message_dict) == ["decided_on"]
