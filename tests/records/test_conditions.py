"""A condition asked in memory answers as the database does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goals.models import Goal
from metrics.models import Measurement
from records.conditions import condition_of, fields_of
from records.constraints import Rule
from records.models import Account, Owned
from records.ownership import owner_scope
from records.periods import Ends, Period, PeriodField, Precision, Starts
from tests.everything import OWNED_MODELS

RULES: dict[str, tuple[type[Owned], Rule]] = {
    constraint.name: (model, constraint)
    for model in OWNED_MODELS
    for constraint in model._meta.constraints
    if isinstance(constraint, Rule)
}
PERIODS = st.sampled_from(
    ["2023", "2024", "2024-H1", "2024-H2", "2024-Q1", "2024-Q4", "2024-01", "2024-12"]
).map(Period.parse)
DAYS = st.sampled_from([Period(2024, Precision.DAY, 1, 1), Period(2024, Precision.DAY, 12, 31)])


def _values(field: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401
    """A few values that a condition could tell apart, None where the column takes it."""
    if field.is_relation or field.primary_key:
        found: st.SearchStrategy[Any] = st.integers(1, 2)
    elif isinstance(field, PeriodField):
        found = PERIODS | DAYS if field.finest is Precision.DAY else PERIODS
    elif isinstance(field, models.BooleanField):
        found = st.booleans()
    elif isinstance(field, models.DecimalField):
        found = st.sampled_from([Decimal(-1), Decimal(0), Decimal("0.5"), Decimal(2)])
    elif isinstance(field, models.DateTimeField):
        found = st.sampled_from([dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in (1, 2)])
    elif isinstance(field, models.IntegerField):
        found = st.integers(0, 2)
    elif field.choices:
        found = st.sampled_from(
            [value for value, _label in field.flatchoices] + ([""] if field.blank else [])
        )
    else:
        found = st.sampled_from(["", "words"])
    return st.none() | found if field.null else found


@pytest.mark.parametrize("name", RULES)
def test_condition_in_memory_agrees_with_the_database(name: str, owner: Account) -> None:
    model, rule = RULES[name]
    holds = condition_of(model, rule.condition)
    fields: list[Any] = [model._meta.get_field(each) for each in sorted({*fields_of(rule.condition)})]

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(st.tuples(*map(_values, fields)))
    def agree(values: tuple[Any, ...]) -> None:
        given_values = {field.attname: value for field, value in zip(fields, values, strict=True)}
        record = model(owner=owner, **given_values)
        try:
            rule.validate(model, record)
        except ValidationError:
            assert holds(record) is False
        else:
            assert holds(record) is not False

    with owner_scope(owner):
        agree()


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        pytest.param(Q(value=1), None, id="unknown"),
        pytest.param(~Q(value=1), None, id="not unknown"),
        pytest.param(Q(value=1) | Q(as_stated="x"), True, id="unknown or true"),
        pytest.param(Q(value=1) | Q(as_stated="y"), None, id="unknown or false"),
        pytest.param(Q(value=1) & Q(as_stated="x"), None, id="unknown and true"),
        pytest.param(Q(value=1) & Q(as_stated="y"), False, id="unknown and false"),
        pytest.param(Q(as_stated__in=["x", "z"]), True, id="one of"),
        pytest.param(~(Q(as_stated="x") & Q(note="")), False, id="not both"),
    ],
)
def test_condition_has_three_values(condition: Q, answer: bool | None) -> None:
    record = Measurement(value=None, as_stated="x", note="")
    assert condition_of(Measurement, condition)(record) is answer


def test_condition_knows_records_that_are_not_stored_yet() -> None:
    earlier, later = Goal(), Goal()
    is_own_part = condition_of(Goal, Q(parent=F("id")))
    assert is_own_part(Goal(parent=earlier)) is False
    earlier.parent = earlier
    later.parent = earlier
    assert is_own_part(earlier) is True
    assert is_own_part(later) is False
    assert is_own_part(Goal()) is None


@pytest.mark.parametrize(
    "condition", [Q(as_stated__length=3), Q(value=Value(1)), Q(value=1) ^ Q(value=2)], ids=str
)
def test_condition_that_only_the_database_can_tell_is_refused(condition: Q) -> None:
    with pytest.raises(NotImplementedError):
        condition_of(Measurement, condition)


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-H2", "2024-07-01", "2024-12-31"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2024-02", "2024-02-01", "2024-02-31"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
    ],
)
def test_ends_of_a_period_in_memory_are_those_in_sql(text: str, starts: str, ends: str) -> None:
    assert (Starts.in_python(Period.parse(text)), Ends.in_python(Period.parse(text))) == (starts, ends)
