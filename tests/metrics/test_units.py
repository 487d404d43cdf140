from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from metrics.units import (
    Qualifier,
    Unit,
    format_change,
    format_value,
    in_base_units,
    minutes_between,
    plain,
    qualified,
    quotient,
    round_half_up,
)

stored = st.decimals(-10_000_000_000, 10_000_000_000, places=4)


@pytest.mark.parametrize(
    ("value", "unit", "english", "korean"),
    [
        ("80.5", Unit.PERCENT, "80.5%", "80.5%"),
        ("62.0000", Unit.PERCENT, "62%", "62%"),
        ("-62.5", Unit.PERCENT, "−62.5%", "−62.5%"),
        ("13", Unit.PERCENTAGE_POINT, "13 pp", "13%p"),
        ("2.5", Unit.TIMES, "2.5×", "2.5×"),
        ("999", Unit.COUNT, "999", "999"),
        ("1234", Unit.COUNT, "1,234", "1,234"),
        ("1234567", Unit.COUNT, "1,234,567", "1,234,567"),
        ("0", Unit.COUNT, "0", "0"),
        ("1", Unit.PEOPLE, "1 person", "1명"),
        ("2", Unit.PEOPLE, "2 people", "2명"),
        ("0", Unit.DAY, "0 days", "0일"),
        ("1", Unit.DAY, "1 day", "1일"),
        ("6.75", Unit.DAY, "6.75 days", "6.75일"),
        ("1.001", Unit.DAY, "1 day", "1일"),
        ("-1", Unit.WEEK, "−1 week", "−1주"),
        ("1", Unit.MONTH, "1 month", "1개월"),
        ("3", Unit.HOUR, "3 hours", "3시간"),
        ("1427", Unit.MINUTE, "23 h 47 min", "23시간 47분"),
        ("59", Unit.MINUTE, "59 min", "59분"),
        ("60", Unit.MINUTE, "1 h 0 min", "1시간 0분"),
        ("59.5", Unit.MINUTE, "1 h 0 min", "1시간 0분"),
        ("-90", Unit.MINUTE, "−1 h 30 min", "−1시간 30분"),
        ("4", Unit.GIGABYTE, "4 GB", "4 GB"),
        ("1.5", Unit.TERABYTE, "1.5 TB", "1.5 TB"),
        ("300", Unit.KILOBYTE_PER_SECOND, "300 KB/s", "300 KB/s"),
        ("30", Unit.FRAME_PER_SECOND, "30 FPS", "30 FPS"),
        ("87", Unit.STAR, "87★", "87★"),
        ("2", Unit.PER_MONTH, "2 per month", "월 2"),
        ("2", Unit.PER_QUARTER, "2 per quarter", "분기당 2"),
        ("7.25", "", "7.25", "7.25"),
        (None, Unit.PERCENT, "–", "–"),
        (None, Unit.MINUTE, "–", "–"),
    ],
)
def test_value_is_written_with_its_unit_in_the_language_of_the_page(
    value: str | None, unit: str, english: str, korean: str
) -> None:
    figure = None if value is None else Decimal(value)
    with translation.override("en"):
        assert format_value(figure, unit) == english
    with translation.override("ko"):
        assert format_value(figure, unit) == korean


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("unit", Unit)
def test_every_unit_is_written_and_tells_itself_apart_from_a_bare_number(unit: Unit, language: str) -> None:
    with translation.override(language):
        text = format_value(Decimal("-2"), unit)
        assert "−2" in text
        assert (text == "−2") is (unit == Unit.COUNT)
        assert format_value(None, unit) == "–"


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("2.005", 2, "2.01%"),
        ("2.004", 2, "2%"),
        ("-2.005", 2, "−2.01%"),
        ("2.5", 0, "3%"),
        ("99.96", 1, "100%"),
        ("-0.004", 2, "0%"),
        ("0.004", 2, "0%"),
    ],
)
def test_value_is_rounded_half_up_and_zero_has_no_sign(value: str, places: int, text: str) -> None:
    assert format_value(Decimal(value), Unit.PERCENT, places=places) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("18.5", Unit.PERCENT, "+18.5 pp"),
        ("-18.5", Unit.PERCENT, "−18.5 pp"),
        ("-59", Unit.DAY, "−59 days"),
        ("90", Unit.MINUTE, "+1 h 30 min"),
        ("0", Unit.PERCENT, "0 pp"),
        ("0.001", Unit.COUNT, "0"),
        (None, Unit.PERCENT, "–"),
    ],
)
def test_change_is_signed_and_that_of_percentages_is_in_points(
    value: str | None, unit: str, text: str
) -> None:
    assert format_change(None if value is None else Decimal(value), unit) == text


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        (Qualifier.EXACTLY, "3"),
        (Qualifier.AT_LEAST, "3+"),
        (Qualifier.AT_MOST, "≤ 3"),
        (Qualifier.ABOUT, "~3"),
    ],
)
def test_qualifier_is_written_around_the_figure(qualifier: str, text: str) -> None:
    assert qualified("3", qualifier) == text


@given(stored)
def test_plain_is_exact_and_the_shortest_writing(value: Decimal) -> None:
    text = plain(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert "." not in text or not text.endswith(("0", "."))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("80.5000", "80.5"),
        ("62", "62"),
        ("1E+3", "1000"),
        ("-0.0040", "-0.004"),
        ("0E-4", "0"),
        ("100", "100"),
    ],
)
def test_plain_never_writes_an_exponent(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@given(stored, st.sampled_from(Unit.values), st.booleans())
def test_sign_is_that_of_the_shown_figure(value: Decimal, unit: str, signed: bool) -> None:
    places = 0 if unit == Unit.MINUTE else 2
    shown = round_half_up(value, places=places)
    text = format_value(value, unit, signed=signed)
    assert text.startswith("−") == (shown < 0)
    assert text.startswith("+") == (signed and shown > 0)
    assert "-" not in text


@pytest.mark.parametrize(
    ("value", "unit", "base"),
    [
        ("2", Unit.HOUR, "120"),
        ("1", Unit.DAY, "1440"),
        ("1", Unit.WEEK, "10080"),
        ("300", Unit.KILOBYTE_PER_SECOND, "18000000"),
        ("1.5", Unit.GIGABYTE, "1500000000"),
        ("2", Unit.TERABYTE, "2000000000000"),
        ("80", Unit.PERCENT, "0.80"),
        ("7", Unit.COUNT, "7"),
        ("7", Unit.MINUTE, "7"),
    ],
)
def test_quantities_have_a_base_in_which_they_divide(value: str, unit: str, base: str) -> None:
    assert in_base_units(Decimal(value), unit) == Decimal(base)


@pytest.mark.parametrize(
    ("over", "over_unit", "under", "under_unit", "unit", "expected"),
    [
        ("8", "", "10", "", Unit.PERCENT, "80"),
        ("8", "", "10", "", Unit.COUNT, "0.8"),
        # 300 GB at 5 MB a second are 1,000 minutes.
        ("300", Unit.GIGABYTE, "5000", Unit.KILOBYTE_PER_SECOND, Unit.MINUTE, "1000"),
        ("3", Unit.TERABYTE, "600", Unit.GIGABYTE, Unit.TIMES, "5"),
        ("12", Unit.HOUR, "2", Unit.DAY, Unit.PERCENT, "25"),
        ("6", Unit.DAY, "3", Unit.COUNT, Unit.DAY, "2"),
        # One that has no unit says nothing about the other's.
        ("6", Unit.DAY, "3", "", Unit.COUNT, "2"),
        ("6", "", "3", Unit.DAY, Unit.COUNT, "2"),
    ],
)
def test_a_quotient_is_in_the_unit_of_its_metric(
    over: str, over_unit: str, under: str, under_unit: str, unit: str, expected: str
) -> None:
    found = quotient(
        Decimal(over), Decimal(under), unit=unit, numerator_unit=over_unit, denominator_unit=under_unit
    )
    assert found == Decimal(expected)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2024-07-08T16:53:00+09:00", "2024-07-08T16:55:59+09:00", 2),
        ("2024-07-08T16:53:00+09:00", "2024-07-10T11:50:00+09:00", 2577),
        ("2024-07-08T16:00:00+09:00", "2024-07-08T07:30:00+00:00", 30),
    ],
)
def test_full_minutes_go_by_between_two_moments(start: str, end: str, minutes: int) -> None:
    found = minutes_between(dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end))
    assert found == minutes
