"""The second wall: the database itself refuses a reference to another owner's record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from pytest_django import DjangoAssertNumQueries

from goals.models import Goal
from metrics.models import Measurement
from records.models import Account, Owned
from records.ownership import SameOwner, owner_scope
from tests.everything import OWNED_MODELS, REFERENCES, create_one, create_referring, referred_model
from tests.factories import create_goal, create_measurement, create_metric, create_milestone, create_project

Key = tuple[tuple[str, ...], str, tuple[str, ...]]

each_reference = pytest.mark.parametrize(
    ("model", "field"), REFERENCES, ids=[f"{model.__name__}.{field}" for model, field in REFERENCES]
)


def _wall(model: type[Owned], field: str) -> SameOwner:
    (wall,) = [c for c in model._meta.constraints if isinstance(c, SameOwner) and c.field == field]
    return wall


def _composite_keys(table: str) -> set[Key]:
    """(columns, parent, parent's columns) of every foreign key of two columns that the database holds."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA foreign_key_list({connection.ops.quote_name(table)})")
            keys: dict[int, list[Any]] = {}
            for number, _place, parent, column, parent_column, *_rest in cursor.fetchall():
                keys.setdefault(number, []).append((column, parent, parent_column))
            return {
                (tuple(c for c, _p, _q in rows), rows[0][1], tuple(q for _c, _p, q in rows))
                for rows in keys.values()
                if len(rows) == 2
            }
        cursor.execute(
            """
            SELECT (SELECT array_agg(attname ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS k(n, place)
                    JOIN pg_attribute ON attrelid = conrelid AND attnum = k.n),
                   confrelid::regclass::text,
                   (SELECT array_agg(attname ORDER BY place) FROM unnest(confkey) WITH ORDINALITY AS k(n, place)
                    JOIN pg_attribute ON attrelid = confrelid AND attnum = k.n)
            FROM pg_constraint
            WHERE contype = 'f' AND conrelid = %s::regclass AND cardinality(conkey) = 2
              AND condeferrable AND condeferred AND convalidated
            """,
            [table],
        )
        return {(tuple(columns), parent, tuple(theirs)) for columns, parent, theirs in cursor.fetchall()}


def _write(rows: models.QuerySet[Any], **values: Any) -> None:  # noqa: ANN401
    """One UPDATE past managers and validation, and what the commit would say about it."""
    with transaction.atomic():
        rows.update(**values)
        connection.check_constraints()


@each_reference
@pytest.mark.django_db
def test_database_contains_the_wall_of_every_reference(model: type[Owned], field: str) -> None:
    column = model._meta.get_field(field).column  # type: ignore[union-attr]
    wanted = (("owner_id", column), referred_model(model, field)._meta.db_table, ("owner_id", "id"))
    assert wanted in _composite_keys(model._meta.db_table)


@pytest.mark.django_db
def test_database_contains_no_wall_that_no_model_names() -> None:
    found = sum(len(_composite_keys(model._meta.db_table)) for model in OWNED_MODELS)
    assert found == len(REFERENCES) >= 40


@each_reference
def test_database_refuses_a_reference_to_a_record_of_somebody_else(
    model: type[Owned], field: str, owner: Account, stranger: Account
) -> None:
    record = create_referring(model, field, owner=owner)
    parent = referred_model(model, field)
    rows: models.QuerySet[Any] = model._base_manager.filter(pk=record.pk)
    column = f"{field}_id"

    own = create_one(parent, owner=owner, **({"year": 2019} if field == "source" else {}))
    _write(rows, **{column: own.pk})  # a reference to one's own record is fine

    foreign = create_one(parent, owner=stranger)
    with pytest.raises(IntegrityError, match=r"foreign key"):
        _write(rows, **{column: foreign.pk})
    assert rows.values_list(column, flat=True).get() == own.pk


def test_database_refuses_to_give_away_a_record_that_others_refer_to(
    owner: Account, stranger: Account
) -> None:
    goal = create_goal(owner=owner)
    create_milestone(owner=owner, goal=goal)
    with pytest.raises(IntegrityError, match=r"foreign key"):
        _write(Goal._base_manager.filter(pk=goal.pk), owner=stranger)


@pytest.mark.django_db(transaction=True)
def test_commit_fails_with_a_foreign_reference(owner: Account, stranger: Account) -> None:
    measurement = create_measurement(owner=owner)
    foreign = create_metric(owner=stranger)
    with pytest.raises(IntegrityError), transaction.atomic():
        Measurement._base_manager.filter(pk=measurement.pk).update(metric=foreign)
    with owner_scope(owner):
        assert Measurement.objects.get().metric_id == measurement.metric_id


@each_reference
def test_validate_answers_for_a_foreign_record_as_for_a_missing_one(
    model: type[Owned], field: str, owner: Account, stranger: Account
) -> None:
    record = create_referring(model, field, owner=owner)
    foreign = create_one(referred_model(model, field), owner=stranger)
    with owner_scope(owner):
        record.full_clean()
        answers: list[tuple[Any, Any]] = []
        for key in (foreign.pk, 987_654_321):
            setattr(record, f"{field}_id", key)
            with pytest.raises(ValidationError) as caught:
                _wall(model, field).validate(model, record)
            answers.append((caught.value.message_dict, caught.value.error_dict[field][0].code))
            with pytest.raises(ValidationError) as caught:
                record.full_clean()
            answers.append((str(caught.value.message_dict).replace(str(key), "KEY"), "all"))
    assert answers[0] == answers[2]
    assert answers[1] == answers[3]


def test_validate_looks_at_a_joined_record_without_a_query(
    owner: Account, stranger: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    wall = _wall(Goal, "parent")
    goal, own, foreign = (create_goal(owner=account) for account in (owner, owner, stranger))
    with owner_scope(owner), django_assert_num_queries(0):
        wall.validate(Goal, goal)  # absent: nothing to check
        goal.parent = own
        wall.validate(Goal, goal)
        goal.parent = foreign
        wall.validate(Goal, goal, exclude={"parent"})
        with pytest.raises(ValidationError):
            wall.validate(Goal, goal)


@pytest.fixture
def _registry() -> Iterator[None]:
    """SQLite rebuilds a table with a copy of its model, which stays registered: whatever is deleted afterwards would
    look into the copy's table."""
    before = {label: dict(registered) for label, registered in apps.all_models.items()}
    yield
    for label, registered in apps.all_models.items():
        registered.clear()
        registered.update(before[label])
    apps.clear_cache()


@pytest.mark.usefixtures("_registry")
@pytest.mark.filterwarnings("ignore:Model .* was already registered")
@pytest.mark.django_db(transaction=True)
def test_wall_survives_the_rebuild_of_its_table(owner: Account, stranger: Account) -> None:
    before = _composite_keys("metrics_measurement")
    old = Measurement._meta.get_field("breakdown_note")
    new = models.CharField(max_length=150, blank=True)
    new.set_attributes_from_name("breakdown_note")
    new.model = Measurement
    with connection.schema_editor() as editor:
        editor.alter_field(Measurement, old, new)
    try:
        assert _composite_keys("metrics_measurement") == before
        measurement = create_measurement(owner=owner)
        foreign = create_project(owner=stranger)
        with pytest.raises(IntegrityError), transaction.atomic():
            Measurement._base_manager.filter(pk=measurement.pk).update(project=foreign)
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(Measurement, new, old)


@pytest.mark.usefixtures("_registry")
@pytest.mark.filterwarnings("ignore:Model .* was already registered")
@pytest.mark.django_db(transaction=True)
def test_wall_can_be_removed_and_built_again() -> None:
    wall = _wall(Measurement, "project")
    before = _composite_keys("metrics_measurement")
    constraints = Measurement._meta.constraints
    try:
        Measurement._meta.constraints = [c for c in constraints if c is not wall]
        with connection.schema_editor() as editor:
            editor.remove_constraint(Measurement, wall)
        assert before - _composite_keys("metrics_measurement") == {
            (("owner_id", "project_id"), "projects_project", ("owner_id", "id"))
        }
    finally:
        Measurement._meta.constraints = constraints
        with connection.schema_editor() as editor:
            editor.add_constraint(Measurement, wall)
    assert _composite_keys("metrics_measurement") == before


def test_postgresql_builds_and_removes_the_wall_apart_from_its_table() -> None:
    """The statements, whichever database the tests run on: nothing is connected to."""
    wall = _wall(Measurement, "project")
    name = "metrics_measurement_project_same_owner"
    built = (
        f'ALTER TABLE "metrics_measurement" ADD CONSTRAINT "{name}" FOREIGN KEY ("owner_id", "project_id") '
        'REFERENCES "projects_project" ("owner_id", "id") DEFERRABLE INITIALLY DEFERRED;'
    )
    server = DatabaseWrapper({**connection.settings_dict, "OPTIONS": {}}, alias="nowhere")
    with server.schema_editor(collect_sql=True, atomic=False) as editor:
        editor.create_model(Measurement)
    statements = editor.collected_sql or []
    assert statements[0].startswith('CREATE TABLE "metrics_measurement"')
    assert [each for each in statements if name in each] == [built]

    with server.schema_editor(collect_sql=True, atomic=False) as editor:
        editor.add_constraint(Measurement, wall)
        assert editor.collected_sql == []  # the parent may be created after it
    assert editor.collected_sql == [built]
    assert str(wall.remove_sql(Measurement, editor)) == (
        f'ALTER TABLE "metrics_measurement" DROP CONSTRAINT "{name}"'
    )


def test_wall_is_the_same_after_a_migration_has_written_it_down() -> None:
    wall = _wall(Measurement, "project")
    _path, args, kwargs = wall.deconstruct()
    assert SameOwner(*args, **kwargs) == wall
    assert hash(SameOwner(*args, **kwargs)) == hash(wall)
    assert SameOwner("metric", name=wall.name) != wall
    assert wall != wall.name


@each_reference
def test_delete_of_what_is_referred_to_runs_into_no_rule(
    model: type[Owned], field: str, owner: Account
) -> None:
    record = create_referring(model, field, owner=owner)
    with owner_scope(owner):
        try:
            getattr(record, field).delete()
        except models.ProtectedError:
            assert model._meta.get_field(field).remote_field.on_delete is models.PROTECT  # type: ignore[union-attr]
        connection.check_constraints()
