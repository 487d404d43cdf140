from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.models import Measurement, Metric
from metrics.typed import Typed, read_figure, text_of
from metrics.units import Qualifier, Unit

figures = st.decimals(0, 99_999_999, places=4)


def _metric(unit: str = Unit.PERCENT, **fields: str) -> Metric:
    return Metric(name="Rate", unit=unit, **fields)


def _typed(value: str | None, qualifier: str = Qualifier.EXACTLY, *parts: int) -> Typed:
    numerator, denominator = map(Decimal, parts) if parts else (None, None)
    return Typed(
        value=None if value is None else Decimal(value),
        qualifier=qualifier,
        numerator=numerator,
        denominator=denominator,
    )


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("80.5", Unit.PERCENT, _typed("80.5")),
        (" 80.5 % ", Unit.PERCENT, _typed("80.5")),
        ("８０.５％", Unit.PERCENT, _typed("80.5")),
        ("1,234,567.5", Unit.COUNT, _typed("1234567.5")),
        ("0", Unit.COUNT, _typed("0")),
        ("−3", Unit.PERCENTAGE_POINT, _typed("-3")),
        ("17개", Unit.COUNT, _typed("17")),
        ("14 days", Unit.DAY, _typed("14")),
        ("14일", Unit.DAY, _typed("14")),
        ("12 GB", Unit.GIGABYTE, _typed("12")),
        ("18h 55m", Unit.MINUTE, _typed("1135")),
        ("18 h 55 min", Unit.MINUTE, _typed("1135")),
        ("18시간 55분", Unit.MINUTE, _typed("1135")),
        ("18:55", Unit.MINUTE, _typed("1135")),
        ("42.95h", Unit.MINUTE, _typed("2577")),
        ("30분", Unit.MINUTE, _typed("30")),
        ("1135", Unit.MINUTE, _typed("1135")),
        ("1h 30m", Unit.HOUR, _typed("1.5")),
        ("7", Unit.HOUR, _typed("7")),
        ("25/40", Unit.PERCENT, _typed("62.5", Qualifier.EXACTLY, 25, 40)),
        ("17 / 19", Unit.PERCENT, _typed("89.4737", Qualifier.EXACTLY, 17, 19)),
        ("447/12", Unit.DAY, _typed("37.25", Qualifier.EXACTLY, 447, 12)),
        ("62 (25/40)", Unit.PERCENT, _typed("62", Qualifier.EXACTLY, 25, 40)),
        ("62% (25/40)", Unit.PERCENT, _typed("62", Qualifier.EXACTLY, 25, 40)),
        ("3+", Unit.COUNT, _typed("3", Qualifier.AT_LEAST)),
        ("3 이상", Unit.COUNT, _typed("3", Qualifier.AT_LEAST)),
        (">= 3", Unit.COUNT, _typed("3", Qualifier.AT_LEAST)),
        ("≤ 3", Unit.COUNT, _typed("3", Qualifier.AT_MOST)),
        ("~20", Unit.COUNT, _typed("20", Qualifier.ABOUT)),
        ("약 20개", Unit.COUNT, _typed("20", Qualifier.ABOUT)),
        ("–", Unit.COUNT, _typed(None)),
        ("-", Unit.COUNT, _typed(None)),
        ("없음", Unit.MINUTE, _typed(None)),
    ],
)
def test_figures_are_read_as_people_type_them(text: str, unit: str, expected: Typed) -> None:
    assert read_figure(text, _metric(unit)) == expected


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        ("soon", Unit.PERCENT, "“soon” is not a figure"),
        ("1.234,5", Unit.COUNT, "is not a figure"),
        ("0,5", Unit.COUNT, "is not a figure"),
        ("1e5", Unit.COUNT, "is not a figure"),
        ("NaN", Unit.COUNT, "is not a figure"),
        ("12 days", Unit.PERCENT, "is not a figure"),
        ("80%", Unit.DAY, "in days, not in percent"),
        ("3/4", Unit.COUNT, "not in parts of a whole"),
        ("25/0", Unit.PERCENT, "The denominator must be above 0."),
        ("62 (of 40)", Unit.PERCENT, "is not a figure"),
        ("18:75", Unit.MINUTE, "is not a figure"),
        ("9" * 61, Unit.COUNT, "At most 60 characters."),
        ("٣", Unit.COUNT, "is not a figure"),
    ],
)
def test_what_is_no_figure_says_what_to_write(text: str, unit: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        read_figure(text, _metric(unit))


@given(value=st.none() | figures, unit=st.sampled_from(Unit), qualifier=st.sampled_from(Qualifier))
def test_a_stored_figure_typed_again_is_the_same(value: Decimal | None, unit: str, qualifier: str) -> None:
    metric = _metric(unit)
    stored = Measurement(metric=metric, value=value, qualifier=qualifier)
    expected = qualifier if value is not None else Qualifier.EXACTLY

    assert read_figure(text_of(stored), metric) == Typed(value=value, qualifier=expected)


@given(value=figures, numerator=figures, denominator=figures.filter(bool))
def test_stored_parts_typed_again_are_the_same(
    value: Decimal, numerator: Decimal, denominator: Decimal
) -> None:
    metric = _metric()
    stored = Measurement(metric=metric, value=value, numerator=numerator, denominator=denominator)

    assert read_figure(text_of(stored), metric) == Typed(
        value=value, numerator=numerator, denominator=denominator
    )


def test_parts_without_a_value_stand_alone() -> None:
    parts = Measurement(metric=_metric(), value=None, numerator=Decimal(14), denominator=Decimal(14))

    assert text_of(parts) == "14/14"


def test_a_value_that_is_its_ratio_shows_the_parts_alone() -> None:
    stored = Measurement(
        metric=_metric(), value=Decimal("89.4737"), numerator=Decimal(17), denominator=Decimal(19)
    )

    assert text_of(stored) == "17/19"


def test_a_numerator_alone_is_left_out_of_a_cell() -> None:
    stored = Measurement(metric=_metric(Unit.COUNT), value=Decimal(3), numerator=Decimal(3))

    assert text_of(stored) == "3"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [("59", "59m"), ("60", "1h 0m"), ("1427", "23h 47m"), ("0", "0m"), ("59.5", "59.5"), ("-90", "-90")],
)
def test_minutes_stand_in_a_cell_as_on_a_clock(minutes: str, text: str) -> None:
    assert text_of(Measurement(metric=_metric(Unit.MINUTE), value=Decimal(minutes))) == text
