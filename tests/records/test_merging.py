"""Planning, applying and undoing a merge, for every model."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone
from metrics.models import Incident, Measurement, Mention, Metric
from projects.models import Achievement, Engagement, Project
from records.constraints import Rule
from records.merging import (
    Plan,
    Receipt,
    Row,
    apply,
    in_dependency_order,
    is_mergeable,
    plan_merge,
    plan_rows,
    undo,
    writable_fields,
)
from records.merging.planning import KEPT
from records.models import Account, ApiToken, Conflict, Document, Owned
from records.ownership import SameOwner, ScopeError, owner_scope
from records.periods import Period
from records.references import key_leaves, key_text
from tests.everything import OWNED_MODELS, REFERENCES, create_one, create_referring
from tests.factories import (
    create_achievement,
    create_document,
    create_goal,
    create_goal_link,
    create_measurement,
    create_metric,
    create_milestone,
    create_project,
)

MODELS = [model for model in OWNED_MODELS if is_mergeable(model)]
FIGURE = {"metric": "articles", "period": "2024-Q1", "value": "12"}


def by_name(model: type[Owned]) -> str:
    return model.__name__


def row_of(record: Owned, place: str = "row 1") -> Row:
    """The row that says what is stored."""
    values: dict[str, Any] = {}
    for field in writable_fields(type(record)):
        if field.is_relation:
            parent = getattr(record, field.name)
            values[field.name] = None if parent is None else key_text(parent.key)
        else:
            values[field.name] = getattr(record, field.name)
    return Row(place, values)


def facts(owner: Account) -> dict[str, list[dict[str, Any]]]:
    """Every record of the owner, without what the server says about it."""
    with owner_scope(owner):
        return {
            model.__name__: [dict(row_of(record).values) for record in model.objects.order_by("pk")]
            for model in MODELS
        }


def merge(owner: Account, model: type[Owned], *rows: dict[str, Any]) -> tuple[Plan, Receipt]:
    with owner_scope(owner):
        plan = plan_rows(model, [Row(number, values) for number, values in enumerate(rows, 1)])
        assert plan.problems == ()
        return plan, apply(plan, by=owner, reason="Imported")


def problems(owner: Account, model: type[Owned], *rows: dict[str, Any]) -> list[tuple[Any, str, str]]:
    with owner_scope(owner):
        plan = plan_rows(model, [Row(number, values) for number, values in enumerate(rows, 1)])
    return [(each.place, each.field, each.message) for each in plan.problems]


@pytest.mark.parametrize("model", MODELS, ids=by_name)
def test_what_is_stored_is_planned_as_unchanged(model: type[Owned], owner: Account) -> None:
    with owner_scope(owner):
        record = create_one(model, owner=owner)
        plan = plan_rows(model, [row_of(record)])
        assert (plan.problems, plan.created, plan.changed) == ((), (), ())
        assert [row.record for row in plan.unchanged] == [record]
        assert plan.is_empty


@pytest.mark.parametrize(("model", "field"), REFERENCES, ids=lambda value: getattr(value, "__name__", value))
def test_reference_survives_being_exported_wiped_and_merged(
    model: type[Owned], field: str, owner: Account
) -> None:
    create_referring(model, field, owner=owner)
    before = facts(owner)
    with owner_scope(owner):
        parts = {
            each: [row_of(record, f"{each.__name__} {record.pk}") for record in each.objects.order_by("-pk")]
            for each in MODELS
        }
        for each in reversed(in_dependency_order(MODELS)):
            each.objects.all().delete()
        plan = plan_merge(parts)
        assert plan.problems == ()
        apply(plan, by=owner, reason="Restored")
        again = plan_merge(parts)
        assert (again.problems, again.is_empty) == ((), True)
    after = facts(owner)
    assert {name: sorted(map(repr, rows)) for name, rows in after.items()} == {
        name: sorted(map(repr, rows)) for name, rows in before.items()
    }


@pytest.mark.parametrize("model", MODELS, ids=by_name)
def test_creating_and_changing_keeps_history_version_and_moment(model: type[Owned], owner: Account) -> None:
    with owner_scope(owner):
        row = row_of(create_one(model, owner=owner))
        model.objects.all().delete()
        apply(plan_rows(model, [row]), by=owner, reason="First")
        record = model.objects.get()
        assert (record.version, record.owner) == (1, owner)
        created_at = record.created_at
        apply(plan_rows(model, [Row(1, {**row.values, "note": "seen"})]), by=owner, reason="Second")
        record.refresh_from_db()
        assert (record.version, record.note, record.created_at) == (2, "seen", created_at)
        assert record.updated_at > created_at
        kept = list(model.history.filter(id=record.pk).order_by("history_id"))
    assert [(each.history_type, each.version, each.note, each.history_change_reason) for each in kept] == [
        ("+", 1, row.values["note"], "First"),
        ("~", 2, "seen", "Second"),
    ]
    assert {each.history_user for each in kept} == {owner}


@pytest.mark.parametrize("model", MODELS, ids=by_name)
def test_undo_takes_back_what_was_created_and_changed(model: type[Owned], owner: Account) -> None:
    with owner_scope(owner):
        record = create_one(model, owner=owner)
        row = row_of(record)
        changed = apply(
            plan_rows(model, [Row(1, {**row.values, "note": "seen"})]), by=owner, reason="Changed"
        )
        undo(Receipt.from_json(changed.to_json()), by=owner, reason="Undone")
        record.refresh_from_db()
        assert (row_of(record), record.version) == (row, 3)
        model.objects.all().delete()
        created = apply(plan_rows(model, [row]), by=owner, reason="Created")
        (new,) = model.objects.all()
        undo(Receipt.from_json(created.to_json()), by=owner, reason="Undone")
        assert not model.objects.exists()
        history = model.history.filter(id=new.pk)
        kept = history.order_by("history_id").values_list("history_type", "history_change_reason")
        assert list(kept) == [("+", "Created"), ("-", "Undone")]


def test_rows_are_planned_as_created_changed_and_unchanged(owner: Account) -> None:
    metric = create_metric(owner=owner)
    create_measurement(owner=owner, metric=metric, period="2024-Q1", value="12")
    create_measurement(owner=owner, metric=metric, period="2024-Q2", value="12")
    with owner_scope(owner):
        plan = plan_rows(
            Measurement,
            [Row(f"row {n}", {**FIGURE, "period": f"2024-Q{n}", "value": n * 12}) for n in (1, 2, 3)],
        )
    assert [(row.place, row.key) for row in plan.unchanged] == [("row 1", "articles 2024-Q1")]
    assert [(row.place, row.key) for row in plan.created] == [("row 3", "articles 2024-Q3")]
    (changed,) = plan.changed
    (change,) = changed.changes
    assert (changed.place, changed.key, changed.version) == ("row 2", "articles 2024-Q2", 1)
    assert (change.field, change.before, change.after) == ("value", Decimal(12), Decimal(24))


def test_field_left_out_stays_and_empty_value_empties(owner: Account) -> None:
    metric = create_metric(owner=owner)
    create_measurement(owner=owner, metric=metric, period="2024-Q1", as_stated="a dozen", note="kept")
    merge(owner, Measurement, {"metric": "articles", "period": "2024-Q1", "as_stated": "", "value": ""})
    with owner_scope(owner):
        figure = Measurement.objects.get()
    assert (figure.value, figure.as_stated, figure.note) == (None, "", "kept")


def test_empty_value_of_a_field_that_may_not_be_empty_is_its_default(owner: Account) -> None:
    create_metric(owner=owner)
    merge(owner, Measurement, {**FIGURE, "qualifier": ""})
    with owner_scope(owner):
        assert Measurement.objects.get().qualifier == "exactly"


def test_change_of_a_reference_is_told_by_natural_key(owner: Account) -> None:
    create_achievement(owner=owner, project=create_project(owner=owner, name="Harbour"))
    create_project(owner=owner, name="Lighthouse")
    with owner_scope(owner):
        plan = plan_rows(Achievement, [Row(1, {"slug": "tiles-load-in-a-second", "project": "lighthouse"})])
    (change,) = plan.changed[0].changes
    assert (change.before, change.after) == ("harbour", "lighthouse")


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"metric": "nothing"}, "metric", "You have no metric “nothing”."),
        ({"metric": ""}, "metric", "This field cannot be blank."),
        ({"metric": ["articles", "2024"]}, "metric", "You have no metric “articles 2024”."),
        ({"period": ""}, "period", "This field cannot be blank."),
        (
            {"period": "2024-Q5"},
            "period",
            "“2024-Q5” is not a period: A year has 4 of these; 5 does not exist.",
        ),
        ({"value": "1,234.5"}, "value", "“1,234.5” is not a number. Write digits with a point, e.g. 1234.5."),
        ({"value": "１２"}, "value", "“１２” is not a number. Write digits with a point, e.g. 1234.5."),
        ({"value": "1_000"}, "value", "“1_000” is not a number. Write digits with a point, e.g. 1234.5."),
        ({"value": "NaN"}, "value", "“NaN” is not a number. Write digits with a point, e.g. 1234.5."),
        ({"value": float("inf")}, "value", "“inf” is not a number. Write digits with a point, e.g. 1234.5."),
        ({"value": True}, "value", "“True” value must be a decimal number."),
        ({"value": [1]}, "value", "“[1]” value must be a decimal number."),
        ({"value": "1e400"}, "value", "Ensure that there are no more than 15 digits in total."),
        ({"value": "0.00001"}, "value", "Ensure that there are no more than 4 decimal places."),
        ({"sample_size": "2.5"}, "sample_size", "“2.5” is not a whole number."),
        ({"sample_size": 3_000_000_000}, "sample_size", "At most 2147483647."),  # and Django's, on PostgreSQL
        ({"qualifier": "roughly"}, "qualifier", "Value 'roughly' is not a valid choice."),
        ({"as_stated": "x" * 201}, "as_stated", "Ensure this value has at most 200 characters (it has 201)."),
        ({"as_stated": "a\x00"}, "as_stated", "Character 2 (U+0000) is a control character; remove it."),
        ({"as_stated": {"a": 1}}, "as_stated", "Write a text."),
        ({"source_lines": "seven"}, "source_lines", "Write lines like 7 or 44-46 or 7, 16-20."),
        ({"denominator": 4}, "numerator", "A denominator needs its numerator."),
        ({"numerator": 0, "denominator": 0}, "denominator", "The denominator must be above 0."),
        ({"colour": "red"}, "colour", "There is no such field."),
        ({"owner": "stranger"}, "owner", "This cannot be set from outside."),
        ({"id": 1}, "id", "This cannot be set from outside."),
        ({"created_at": "2024-01-01"}, "created_at", "This cannot be set from outside."),
        ({"version": 1}, "version", "This record does not exist any more."),
    ],
    ids=str,
)
def test_problem_is_told_at_its_field(
    values: dict[str, Any], field: str, message: str, owner: Account
) -> None:
    create_metric(owner=owner)
    found = problems(owner, Measurement, {**FIGURE, **values})
    assert (1, field, message) in found
    assert {at for _place, at, _message in found} == {field}


def test_foreign_reference_answers_as_a_missing_one(owner: Account, stranger: Account) -> None:
    create_metric(owner=stranger)
    assert problems(owner, Measurement, FIGURE) == [(1, "metric", "You have no metric “articles”.")]


def test_record_of_somebody_else_with_the_same_key_is_left_alone(owner: Account, stranger: Account) -> None:
    create_project(owner=stranger, name="Harbour", client="theirs")
    plan, _receipt = merge(owner, Project, {"slug": "harbour", "name": "Harbour", "client": "mine"})
    assert len(plan.created) == 1
    with owner_scope(stranger):
        assert Project.objects.get().client == "theirs"


def test_two_rows_for_one_record_name_each_other(owner: Account) -> None:
    create_metric(owner=owner)
    found = problems(owner, Measurement, FIGURE, {**FIGURE, "period": "2024Q1", "value": 13})
    assert found == [
        (1, "metric", "This names the same record as 2."),
        (2, "metric", "This names the same record as 1."),
    ]


def test_row_without_slug_gets_one_and_never_changes_a_record(owner: Account) -> None:
    stored = create_achievement(owner=owner, title="Faster tiles", period="2023")
    row = {"title": "Faster tiles", "period": "2024", "category": "technical"}
    plan, _receipt = merge(owner, Achievement, row, row)
    assert [new.key for new in plan.created] == ["faster-tiles-2", "faster-tiles-3"]
    again, _receipt = merge(owner, Achievement, row, row)
    assert again.is_empty
    stored.refresh_from_db()
    assert stored.version == 1


def test_rows_may_refer_to_records_that_other_rows_make(owner: Account) -> None:
    merge(
        owner,
        Goal,
        {
            "slug": "a",
            "statement": "A",
            "kind": "kpi",
            "set_in": 2023,
            "due": 2024,
            "aim": "do",
            "parent": "b",
        },
        {"slug": "b", "statement": "B", "kind": "kpi", "set_in": 2023, "due": 2024, "aim": "do"},
    )
    with owner_scope(owner):
        assert Goal.objects.get(slug="a").parent == Goal.objects.get(slug="b")
        assert Goal.history.get(slug="a").parent_id == Goal.objects.get(slug="b").pk
        assert Goal.objects.get(slug="a").version == 1


def test_circle_of_goals_within_the_rows_is_refused(owner: Account) -> None:
    goal = {"statement": "A", "kind": "kpi", "set_in": 2023, "due": 2024, "aim": "do"}
    rows = [{**goal, "slug": "a", "parent": "b"}, {**goal, "slug": "b", "parent": "a"}]
    message = "This would make the goal a part of itself."
    assert problems(owner, Goal, *rows) == [(1, "parent", message), (2, "parent", message)]


def test_circle_of_goals_with_what_is_stored_is_refused(owner: Account) -> None:
    upper = create_goal(owner=owner, statement="upper")
    create_goal(owner=owner, statement="lower", parent=upper)
    found = problems(owner, Goal, {"slug": "upper", "parent": "lower"})
    assert found == [(1, "parent", "This would make the goal a part of itself.")]


def test_circle_of_links_is_refused(owner: Account) -> None:
    first = create_goal(owner=owner, statement="first")
    second = create_goal(owner=owner, statement="second")
    create_goal_link(owner=owner, earlier=first, later=second)
    found = problems(owner, GoalLink, {"earlier": "second", "later": "first", "kind": "retries"})
    assert found == [(1, "earlier", "This would close a circle: the goal already leads back here.")]


def test_link_back_in_time_is_refused(owner: Account) -> None:
    create_goal(owner=owner, statement="old", set_in="2022", due="2023")
    create_goal(owner=owner, statement="new", set_in="2023", due="2024")
    found = problems(owner, GoalLink, {"earlier": "new", "later": "old", "kind": "retries"})
    assert found == [(1, "earlier", "The earlier goal was set after the later one.")]


def test_models_with_a_clean_of_their_own_have_one_for_many_records() -> None:
    own = [model for model in MODELS if model.clean is not models.Model.clean]
    assert own == [Goal, GoalLink]
    together = [model for model in MODELS if "problems_together" in vars(model)]
    assert together == own


@pytest.mark.parametrize("model", MODELS, ids=by_name)
def test_every_constraint_is_one_the_plan_knows(model: type[Owned]) -> None:
    heads = {path.partition("__")[0] for path in model.natural_fields}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert {*constraint.fields} - {"owner"} <= heads or {*constraint.fields} == {"owner", "id"}
        else:
            assert isinstance(constraint, Rule | SameOwner)
    unique = {field.name for field in model._meta.concrete_fields if field.unique and not field.primary_key}
    assert unique <= heads


@pytest.mark.parametrize("model", MODELS, ids=by_name)
def test_key_with_several_parts_can_be_read_where_it_is_referred_to(model: type[Owned]) -> None:
    if len(model.natural_fields) > 1 and any(
        model in [f.related_model for f in m._meta.concrete_fields] for m in MODELS
    ):
        kinds = {type(leaf).__name__ for leaf in key_leaves(model)}
        assert kinds <= {"SlugField", "PeriodField", "PositiveSmallIntegerField"}  # no spaces in any


def test_token_is_never_merged(owner: Account) -> None:
    assert not is_mergeable(ApiToken)
    with owner_scope(owner), pytest.raises(ValueError, match="ApiToken"):
        plan_rows(ApiToken, [])


def test_version_the_sender_has_seen_is_compared(owner: Account) -> None:
    project = create_project(owner=owner, name="Harbour")
    with owner_scope(owner):
        project.client = "Port"
        project.save()
        (found,) = plan_rows(Project, [Row(0, {"slug": "harbour", "client": "City", "version": 1})]).problems
        assert (found.field, found.code) == ("version", "conflict")
        assert (
            plan_rows(Project, [Row(0, {"slug": "harbour", "client": "City", "version": 2})]).problems == ()
        )


def test_record_changed_between_plan_and_apply_stops_all_of_it(owner: Account) -> None:
    project = create_project(owner=owner, name="Harbour")
    with owner_scope(owner):
        plan = plan_rows(
            Project,
            [Row("row 2", {"slug": "new", "name": "New"}), Row("row 3", {"slug": "harbour", "client": "x"})],
        )
        project.client = "Port"
        project.save()
        with pytest.raises(Conflict, match=r"^row 3: "):
            apply(plan, by=owner, reason="Imported")
        assert list(Project.objects.values_list("name", "client")) == [("Harbour", "Port")]


def test_record_made_between_plan_and_apply_stops_all_of_it(owner: Account) -> None:
    metric = create_metric(owner=owner)
    with owner_scope(owner):
        plan = plan_rows(Measurement, [Row("row 2", FIGURE), Row("row 3", {**FIGURE, "period": "2024-Q2"})])
        create_measurement(owner=owner, metric=metric, period="2024-Q2")
        with pytest.raises(Conflict, match=r"^row 3: "):
            apply(plan, by=owner, reason="Imported")
        assert Measurement.objects.count() == 1


def test_digest_of_a_plan_tells_whether_what_is_stored_has_changed(owner: Account) -> None:
    project = create_project(owner=owner, name="Harbour")
    rows = [Row("row 2", {"slug": "harbour", "client": "City"})]
    with owner_scope(owner):
        before = plan_rows(Project, rows)
        assert plan_rows(Project, rows).digest == before.digest
        project.note = "seen"
        project.save()
        assert plan_rows(Project, rows).digest != before.digest


def test_plan_with_problems_or_of_another_account_is_not_applied(owner: Account, stranger: Account) -> None:
    with owner_scope(owner):
        bad = plan_rows(Project, [Row(1, {"slug": "x"})])
        with pytest.raises(ValueError, match="problems"):
            apply(bad, by=owner, reason="")
        good = plan_rows(Project, [Row(1, {"slug": "x", "name": "X"})])
    with owner_scope(stranger), pytest.raises(ScopeError):
        apply(good, by=stranger, reason="")
    with pytest.raises(ScopeError):
        plan_rows(Project, [])


def test_undo_is_refused_once_a_record_was_changed(owner: Account) -> None:
    _plan, receipt = merge(owner, Project, {"slug": "a", "name": "A"}, {"slug": "b", "name": "B"})
    with owner_scope(owner):
        changed = Project.objects.get(slug="b")
        changed.note = "mine now"
        changed.save()
        with pytest.raises(Conflict, match=r"^b: "):
            undo(receipt, by=owner, reason="Undone")
        assert Project.objects.count() == 2


def test_undo_is_refused_once_another_record_refers_to_it(owner: Account) -> None:
    _plan, receipt = merge(owner, Project, {"slug": "a", "name": "A"})
    with owner_scope(owner):
        create_achievement(owner=owner, project=Project.objects.get())
        with pytest.raises(Conflict, match=r"^a: another record .achievement. refers to it"):
            undo(receipt, by=owner, reason="Undone")
        assert Project.objects.count() == 1


def test_undo_of_records_that_refer_to_each_other(owner: Account) -> None:
    with owner_scope(owner):
        project = create_project(owner=owner, name="Harbour")
        stored = create_achievement(owner=owner, title="Old", project=project)
        plan = plan_merge(
            {
                Achievement: [
                    Row(1, {"slug": "old", "project": "new"}),
                    Row(
                        2, {"slug": "a", "title": "A", "period": 2024, "category": "other", "project": "new"}
                    ),
                ],
                Project: [Row(3, {"slug": "new", "name": "New"})],
            }
        )
        receipt = apply(plan, by=owner, reason="Imported")
        assert (receipt.created, receipt.changed) == (2, 1)
        undo(receipt, by=owner, reason="Undone")
        stored.refresh_from_db()
        assert stored.project == project
        assert (Project.objects.count(), Achievement.objects.count()) == (1, 1)


def test_undo_sets_back_every_kind_of_value(owner: Account) -> None:
    create_document(owner=owner)
    metric = create_metric(owner=owner)
    figure = create_measurement(owner=owner, metric=metric, period="2024-Q1", value="0.1", sample_size=3)
    before = row_of(figure)
    _plan, receipt = merge(
        owner,
        Measurement,
        {**FIGURE, "value": "", "sample_size": "", "source": "2024", "qualifier": "about", "minimum": "1.25"},
    )
    with owner_scope(owner):
        undo(Receipt.from_json(receipt.to_json()), by=owner, reason="Undone")
        figure.refresh_from_db()
        assert row_of(figure) == before


def test_evidence_may_name_a_measurement_by_its_parts(owner: Account) -> None:
    create_goal(owner=owner)
    project = create_project(owner=owner, name="Harbour")
    figure = create_measurement(owner=owner, period="2024-Q1", project=project)
    row = {"goal": "write-more-articles", "position": 1}
    merge(owner, Evidence, {**row, "measurement": "articles 2024-Q1 harbour"})
    with owner_scope(owner):
        assert Evidence.objects.get().measurement == figure
        parts = plan_rows(Evidence, [Row(1, {**row, "measurement": ["articles", "2024-Q1", "harbour"]})])
    assert parts.is_empty


def queries(owner: Account, rows: int) -> tuple[list[str], list[str]]:
    with owner_scope(owner), CaptureQueriesContext(connection) as planning:
        plan = plan_rows(
            Measurement,
            [
                Row(n, {**FIGURE, "period": f"{1900 + n}", "source": "2024", "value": n, "project": ""})
                for n in range(rows)
            ],
        )
    assert plan.problems == ()
    with owner_scope(owner), CaptureQueriesContext(connection) as writing:
        apply(plan, by=owner, reason="Imported")
    return (
        [query["sql"][:11] for query in planning.captured_queries],
        [query["sql"][:6] for query in writing.captured_queries],
    )


@pytest.mark.parametrize("rows", [4, 30])
def test_queries_do_not_grow_with_the_rows(rows: int, owner: Account) -> None:
    metric = create_metric(owner=owner)
    create_document(owner=owner)
    for n in range(rows // 2):
        create_measurement(owner=owner, metric=metric, period=str(1900 + n), value="0.5")
    planning, writing = queries(owner, rows)
    # Keys of metrics and of documents; the stored measurements. No key of projects: no row names one.
    assert len(planning) == 3, planning
    # Savepoint; versions; insert; upsert; history of both; savepoint.
    assert len(writing) == 7, writing


@pytest.mark.parametrize(
    "model", [Goal, GoalLink, Mention, GoalResult, Engagement, Document, Metric], ids=by_name
)
def test_what_the_server_says_is_not_writable(model: type[Owned]) -> None:
    assert not {field.name for field in writable_fields(model)} & {*KEPT}


def test_moment_without_zone_is_local_time_and_text_is_read_as_people_write_it(owner: Account) -> None:
    merge(
        owner,
        Incident,
        {
            "title": "Queue stood still",
            "period": "2024년 1분기",
            "started_at": "2024-01-02 09:00",
            "stated_duration": 90,
        },
    )
    with owner_scope(owner):
        incident = Incident.objects.get()
    assert incident.started_at == dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    assert incident.period == Period.parse("2024-Q1")


def test_planned_problem_is_what_full_clean_says(owner: Account) -> None:
    goal = create_goal(owner=owner)
    values = {"goal": goal.slug, "position": "0", "label": "", "done": "maybe"}
    with owner_scope(owner):
        record = create_milestone(owner=owner, goal=goal)
        record.position, record.label, record.done = 40_000, "", "maybe"
        with pytest.raises(ValidationError) as caught:
            record.full_clean()
    found = problems(owner, Milestone, {**values, "position": 40_000})
    by_field: dict[str, list[str]] = {}
    for _place, field, message in found:
        by_field.setdefault(field, []).append(message)
    assert by_field == caught.value.message_dict
