"""A period in a form, in the database and in SQL."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F

from goals.models import Milestone
from metrics.models import Change, Measurement
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period, PeriodField, PeriodFormField, Precision, year_of
from tests.factories import create_change, create_goal, create_measurement, create_metric, create_milestone

# The form field


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2024-Q5", "“2024-Q5” is not a period: A year has 4 of these; 5 does not exist."),
        ("20241", "“20241” is not a period. Write 2024, 2024-H2, 2024-Q1, 2024-09 or 2024-09-30."),
        ("1899", "“1899” is not a period: Years from 1900 to 2199 only."),
        ("2024-09-30", "“2024-09-30” is too exact here. Write 2024, 2024-H2, 2024-Q1 or 2024-09."),
        ("", "This field is required."),
        ("2024%s", "“2024%s” is not a period. Write 2024, 2024-H2, 2024-Q1, 2024-09 or 2024-09-30."),
    ],
)
def test_form_field_refuses_with_a_sentence(text: str, message: str) -> None:
    class PeriodForm(forms.Form):
        period = PeriodFormField()

    form = PeriodForm({"period": text})
    assert form.errors["period"] == [message]


def test_form_field_accepts_a_day_where_days_are_meant() -> None:
    assert PeriodFormField(finest=Precision.DAY).clean("2024년 9월 30일") == Period.parse("2024-09-30")
    assert PeriodFormField(required=False).clean("  ") is None
    assert PeriodFormField().clean("2024 q1") == Period.parse("2024-Q1")


def test_form_field_that_nobody_may_change_keeps_its_period() -> None:
    class PeriodForm(forms.Form):
        period = PeriodFormField(disabled=True, initial=Period.parse("2024-Q1"))

    form = PeriodForm({"period": "2025"})
    assert form.is_valid()
    assert form.cleaned_data["period"] == Period.parse("2024-Q1")


def test_form_field_sees_no_change_in_the_stored_text() -> None:
    field = PeriodFormField()
    assert not field.has_changed(Period.parse("2024-Q1"), "2024-Q1")
    assert field.has_changed(Period.parse("2024-Q1"), "2024-Q2")
    assert field.has_changed(None, "2024")


# The column


def test_column_stores_the_text_a_person_would_type(owner: Account) -> None:
    measurement = create_measurement(owner=owner, period="2024년 1분기")
    with owner_scope(owner), connection.cursor() as cursor:
        cursor.execute("SELECT period FROM metrics_measurement")
        assert cursor.fetchall() == [("2024-Q1",)]
        assert Measurement.objects.get(period="Q1 2024") == measurement
        assert Measurement.objects.get().period == Period.parse("2024-Q1")


@pytest.mark.parametrize("text", ["2024-Q5", "2024-09-30", "nonsense"])
def test_column_refuses_what_the_form_refuses(text: str, owner: Account) -> None:
    measurement = Measurement(owner=owner, metric=create_metric(owner=owner), period=text)
    with owner_scope(owner), pytest.raises(ValidationError) as caught:
        measurement.full_clean()
    assert list(caught.value.message_dict) == ["period"]


def test_column_keeps_its_precision_in_migrations() -> None:
    _name, _path, _args, kwargs = PeriodField(finest=Precision.DAY, null=True).deconstruct()
    assert kwargs == {"finest": Precision.DAY, "null": True}
    assert PeriodField().deconstruct()[3] == {}


def test_column_is_a_short_text_edited_as_a_period() -> None:
    field = PeriodField(finest=Precision.DAY)
    assert (field.get_internal_type(), field.max_length) == ("CharField", 10)
    edited = field.formfield()
    assert isinstance(edited, PeriodFormField)
    assert edited.clean("2024-09-30") == Period.parse("2024-09-30")


def test_column_is_written_as_text_into_a_fixture() -> None:
    field = Measurement._meta.get_field("period")
    assert field.value_to_string(Measurement(period=Period.parse("2024-Q1"))) == "2024-Q1"
    assert field.value_to_string(Measurement()) is None
    assert field.to_python("") is None
    assert field.get_prep_value(None) is None


def test_in_year_finds_every_period_of_the_year_and_no_other(owner: Account) -> None:
    metric = create_metric(owner=owner)
    inside = ["2024", "2024-01", "2024-12", "2024-H1", "2024-H2", "2024-Q1", "2024-Q4"]
    for text in [*inside, "2023", "2023-12", "2023-Q4", "2025", "2025-01", "2025-H1"]:
        create_measurement(owner=owner, metric=metric, period=text)
    with owner_scope(owner):
        found = Measurement.objects.filter(period__in_year=2024).values_list("period", flat=True)
        assert sorted(str(period) for period in found) == inside
        of_two = Measurement.objects.filter(period__in_years=("2023", "2024"))
        assert {row.period.year for row in of_two} == {2023, 2024}
        assert of_two.count() == len(inside) + 3


def test_year_in_sql_is_that_of_the_first_period_filled_in(owner: Account) -> None:
    create_change(owner=owner, from_period="2022-Q4", to_period="2024-H1")
    create_change(owner=owner, from_period=None, to_period="2025-01")
    with owner_scope(owner):
        rows = Change.objects.order_by("to_period").annotate(
            of_end=year_of("to_period"), of_first=year_of("from_period", "to_period")
        )
        assert list(rows.values_list("of_end", "of_first")) == [("2024", "2022"), ("2025", "2025")]


def test_starts_and_ends_in_sql_are_in_the_order_of_first_and_last_day(owner: Account) -> None:
    everything = [Period(year) for year in (2023, 2024)]
    for year in (2023, 2024):
        everything += [part for precision in Precision for part in Period(year).split(precision)]
    everything += [Period.parse(day) for day in ("2023-01-01", "2024-02-28", "2024-02-29", "2024-12-31")]
    goal = create_goal(owner=owner)
    for position, period in enumerate(set(everything), start=1):
        create_milestone(owner=owner, goal=goal, position=position, due_on=period)
    with owner_scope(owner):
        rows: list[Any] = [
            (milestone.due_on, milestone.start, milestone.end)
            for milestone in Milestone.objects.annotate(start=F("due_on__starts"), end=F("due_on__ends"))
        ]
    assert len(rows) == len(set(everything))
    for period, start, end in rows:
        assert start == period.first_day.isoformat()
        # Every month is taken to end on day 31; only a day keeps its own.
        assert end[:7] == period.last_day.isoformat()[:7]
        for other, other_start, other_end in rows:
            assert (start < other_start) == (period.first_day < other.first_day)
            assert (end < other_start) == (period.last_day < other.first_day), (period, other)
            if Precision.DAY not in (period.precision, other.precision):
                assert (end < other_end) == (period.last_day < other.last_day)
