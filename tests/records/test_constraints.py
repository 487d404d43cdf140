"""Every rule of every model: a sentence at its field for people, and a refusal by the database for everybody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction

from goals.evaluation import Aim
from goals.models import Evidence, Goal, GoalLink, GoalResult
from metrics.models import Change, Incident, Measurement, Metric
from projects.models import Activity, Engagement
from records.constraints import Rule
from records.models import Account, Owned
from records.ownership import owner_scope
from records.periods import Period
from tests.everything import OWNED_MODELS, create_one
from tests.factories import create_activity, create_metric

NOON = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
Fields = dict[str, Any]
Case = tuple[type[Owned], Fields | Callable[[Owned], Fields]]

# One record per rule that breaks this rule and no other: what to change of a valid one.
BROKEN: dict[str, Case] = {
    "goals_evidence_exactly_one_target": (Evidence, {"url": "https://example.org/"}),
    "goals_goal_due_after_set": (Goal, {"set_in": Period(2025), "due": Period(2024)}),
    "goals_goal_do_has_no_target": (Goal, lambda goal: _measured(goal, aim=Aim.DO, target=5)),
    "goals_goal_aim_has_target": (Goal, {"aim": Aim.AT_LEAST}),
    "goals_goal_between_has_upper_target": (Goal, lambda goal: _measured(goal, aim=Aim.BETWEEN, target=5)),
    "goals_goal_upper_target_only_between": (
        Goal,
        lambda goal: _measured(goal, aim=Aim.AT_LEAST, target=5, upper_target=7),
    ),
    "goals_goal_bounds_in_order": (
        Goal,
        lambda goal: _measured(goal, aim=Aim.BETWEEN, target=5, upper_target=4),
    ),
    "goals_goal_number_has_metric": (Goal, {"baseline": Decimal(5)}),
    "goals_goal_cadence_complete": (Goal, {"cadence_count": 2}),
    "goals_goallink_not_to_itself": (GoalLink, lambda link: {"earlier": link.later}),  # type: ignore[attr-defined]
    "goals_goalresult_judgement_has_reason": (GoalResult, {"reason": ""}),
    "metrics_change_has_unit": (Change, {"unit": ""}),
    "metrics_change_runs_forward": (Change, {"from_period": Period(2025)}),
    "metrics_change_says_something": (Change, {"before": None, "after": None}),
    "metrics_change_stated_change_has_unit": (Change, {"stated_change": Decimal(-60)}),
    "metrics_incident_resolved_after_start": (
        Incident,
        {"started_at": NOON, "resolved_at": NOON - dt.timedelta(minutes=1)},
    ),
    "metrics_measurement_change_has_unit": (Measurement, {"stated_change": Decimal(13)}),
    "metrics_measurement_denominator_has_numerator": (Measurement, {"denominator": Decimal(40)}),
    "metrics_measurement_denominator_positive": (
        Measurement,
        {"numerator": Decimal(25), "denominator": Decimal(0)},
    ),
    "metrics_measurement_smallest_before_largest": (
        Measurement,
        {"minimum": Decimal(3), "maximum": Decimal(2)},
    ),
    "metrics_metric_derivation_complete": (Metric, lambda metric: {"derived_from_id": metric.pk}),
    "metrics_metric_does_not_supersede_itself": (Metric, lambda metric: {"supersedes_id": metric.pk}),
    "projects_activity_ends_after_it_starts": (
        Activity,
        {"starts_on": Period.parse("2024-03"), "ends_on": Period.parse("2024-02-29")},
    ),
    "projects_engagement_duration_has_unit": (Engagement, {"stated_duration": Decimal(3)}),
    "projects_engagement_ends_after_it_starts": (
        Engagement,
        {"starts_on": Period(2024), "ends_on": Period.parse("2023-Q4")},
    ),
    "projects_engagement_ongoing_has_no_end": (Engagement, {"is_ongoing": True, "ends_on": Period(2024)}),
}

# What a rule must not refuse: the borders.
ALLOWED: dict[str, Case] = {
    "goal due in the period it was set in": (Goal, {"set_in": Period(2024), "due": Period(2024)}),
    "goal set late in the year it is due in": (
        Goal,
        {"set_in": Period.parse("2024-12"), "due": Period(2024)},
    ),
    "goal between two equal bounds": (
        Goal,
        lambda goal: _measured(goal, aim=Aim.BETWEEN, target=5, upper_target=5),
    ),
    "goal with words as its baseline": (Goal, {"baseline_text": "none worth the name"}),
    "evidence by address alone": (Evidence, {"achievement": None, "url": "https://example.org/"}),
    "stated result without a reason": (GoalResult, {"basis": GoalResult.Basis.STATED, "reason": ""}),
    "change in words": (Change, {"before": None, "after": None, "unit": "", "after_text": "calm"}),
    "change stated only": (
        Change,
        {"before": None, "after": None, "stated_change": Decimal(-60), "stated_change_unit": "percent"},
    ),
    "change within one period": (Change, {"from_period": Period.parse("2024-12")}),
    "incident of no length": (Incident, {"started_at": NOON, "resolved_at": NOON}),
    "incident without an end": (Incident, {"started_at": NOON}),
    "numerator alone": (Measurement, {"numerator": Decimal(447)}),
    "nothing of forty": (Measurement, {"numerator": Decimal(0), "denominator": Decimal(40)}),
    "one case": (Measurement, {"minimum": Decimal(2), "maximum": Decimal(2)}),
    "nothing to measure": (Measurement, {"value": None}),
    "activity of one day": (
        Activity,
        {"starts_on": Period.parse("2024-02-29"), "ends_on": Period.parse("2024-02")},
    ),
    "engagement without an end": (Engagement, {"is_ongoing": True, "starts_on": Period(2024)}),
}

RULES: dict[str, Rule] = {
    constraint.name: constraint
    for model in OWNED_MODELS
    for constraint in model._meta.constraints
    if isinstance(constraint, Rule)
}


def _measured(goal: Any, **fields: Any) -> Fields:  # noqa: ANN401
    figures = {name: Decimal(value) for name, value in fields.items() if name != "aim"}
    return {"metric": create_metric(owner=goal.owner), "aim": fields["aim"], **figures}


def _changed(case: Case, owner: Account) -> Any:  # noqa: ANN401
    """A saved, valid record, changed in memory as the case says."""
    model, fields = case
    record = create_one(model, owner=owner)
    with owner_scope(owner):
        record.full_clean()
    for name, value in (fields(record) if callable(fields) else fields).items():
        setattr(record, name, value)
    return record


def _write_past_validation(record: Owned) -> None:
    with transaction.atomic():
        type(record)._base_manager.filter(pk=record.pk).delete()
        type(record)._base_manager.bulk_create([record])


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    assert sorted(BROKEN) == sorted(RULES)


@pytest.mark.parametrize("name", BROKEN)
def test_record_that_breaks_a_rule_gets_its_sentence_at_its_field(name: str, owner: Account) -> None:
    record = _changed(BROKEN[name], owner)
    with owner_scope(owner), pytest.raises(ValidationError) as caught:
        record.full_clean()
    rule = RULES[name]
    assert caught.value.message_dict == {rule.at: [str(rule.violation_error_message)]}
    assert rule.at in {field.name for field in record._meta.concrete_fields if field.editable}
    assert rule.violation_error_message != rule.default_violation_error_message


@pytest.mark.parametrize("name", BROKEN)
def test_database_refuses_a_record_that_breaks_a_rule(name: str, owner: Account) -> None:
    record = _changed(BROKEN[name], owner)
    with owner_scope(owner), pytest.raises(IntegrityError, match=name):
        _write_past_validation(record)


@pytest.mark.parametrize("case", ALLOWED.values(), ids=ALLOWED.keys())
def test_record_at_the_border_of_a_rule_is_kept(case: Case, owner: Account) -> None:
    record = _changed(case, owner)
    with owner_scope(owner):
        record.full_clean()
        _write_past_validation(record)
        assert type(record).objects.filter(pk=record.pk).exists()


def test_rule_about_a_field_that_is_not_shown_speaks_for_the_record(owner: Account) -> None:
    record = create_activity(owner=owner, starts_on="2024-03")
    record.ends_on = Period(2023)
    rule = RULES["projects_activity_ends_after_it_starts"]
    with owner_scope(owner):
        rule.validate(Activity, record, exclude={"starts_on"})  # not to be judged without what it compares
        with pytest.raises(ValidationError) as caught:
            rule.validate(Activity, record, exclude={"title"})
    assert list(caught.value.message_dict) == ["ends_on"]
    excluded = Rule(condition=rule.condition, name=rule.name, at="note", message="x")
    with owner_scope(owner), pytest.raises(ValidationError) as caught:
        excluded.validate(Activity, record, exclude={"note"})
    assert list(caught.value.message_dict) == [NON_FIELD_ERRORS]


@pytest.mark.parametrize("name", RULES)
def test_rule_in_a_migration_carries_no_sentence(name: str) -> None:
    rule = RULES[name]
    _path, args, kwargs = rule.deconstruct()
    assert "violation_error_message" not in kwargs
    assert Rule(*args, **kwargs) == rule == rule.clone()
    assert rule.clone().violation_error_message == rule.violation_error_message
    assert Rule(**{**kwargs, "at": "elsewhere"}) != rule
    assert rule != name
