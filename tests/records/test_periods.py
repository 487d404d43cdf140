from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from records.periods import FIRST_YEAR, LAST_YEAR, Period, Precision

SPANS = {Precision.YEAR: 1, Precision.HALF: 2, Precision.QUARTER: 4, Precision.MONTH: 12}

spans = st.builds(
    lambda year, precision, number: Period(year, precision, number % SPANS[precision] + 1),
    st.integers(FIRST_YEAR, LAST_YEAR),
    st.sampled_from(list(SPANS)),
    st.integers(0, 11),
)
days = st.dates(dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31)).map(Period.of_day)
periods = spans | days


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2024", "2024"),
        ("2024년", "2024"),
        ("2024-H1", "2024-H1"),
        ("2024h2", "2024-H2"),
        ("2024/H2", "2024-H2"),
        ("H1 2024", "2024-H1"),
        ("2024년 상반기", "2024-H1"),
        ("2024년하반기", "2024-H2"),
        ("2024 하반기", "2024-H2"),
        ("2024-Q1", "2024-Q1"),
        ("2024Q1", "2024-Q1"),
        ("2024 q4", "2024-Q4"),
        ("2024.Q3", "2024-Q3"),
        ("Q2 2024", "2024-Q2"),
        ("q2-2024", "2024-Q2"),
        ("2024년 1분기", "2024-Q1"),
        ("2024년4 분기", "2024-Q4"),
        ("2024-09", "2024-09"),
        ("2024.9", "2024-09"),
        ("2024/12", "2024-12"),
        ("2024년 9월", "2024-09"),
        ("2024-09-30", "2024-09-30"),
        ("2024.9.3", "2024-09-03"),
        ("2024/2/29", "2024-02-29"),
        ("2024년 3월 5일", "2024-03-05"),
        ("2024년3월5일", "2024-03-05"),
        ("  2024-Q1\n", "2024-Q1"),
        ("1900", "1900"),
        ("2199-12-31", "2199-12-31"),
    ],
)
def test_parse_reads_what_people_write(text: str, canonical: str) -> None:
    assert str(Period.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("2024-Q5", "A year has 4 of these; 5 does not exist.", id="fifth quarter"),
        pytest.param("2024-Q0", "0 does not exist", id="quarter zero"),
        pytest.param("2024-H3", "A year has 2 of these", id="third half"),
        pytest.param("2024-13", "A year has 12 of these; 13 does not exist.", id="thirteenth month"),
        pytest.param("2024-00", "0 does not exist", id="month zero"),
        pytest.param("2023-02-30", "day", id="30 February"),
        pytest.param("2023-02-29", "day", id="29 February of a common year"),
        pytest.param("1899", "Years from 1900 to 2199 only.", id="before the first year"),
        pytest.param("2200-Q1", "Years from 1900 to 2199 only.", id="after the last year"),
        pytest.param("20241", "Write 2024, 2024-H2", id="five digits"),
        pytest.param("24-Q1", "Write 2024, 2024-H2", id="two-digit year"),
        pytest.param("2024--Q1", "Write 2024, 2024-H2", id="two dashes"),
        pytest.param("2024-Q1 or so", "Write 2024, 2024-H2", id="more words"),
        pytest.param("-2024", "Write 2024, 2024-H2", id="negative"),
        pytest.param("2024.5.6.7", "Write 2024, 2024-H2", id="four parts"),
        pytest.param("２０２４", "Write 2024, 2024-H2", id="full-width digits"),
        pytest.param("２０２４년", "Write 2024, 2024-H2", id="full-width digits with the Korean word"),
        pytest.param("2024년 １분기", "Write 2024, 2024-H2", id="full-width quarter"),
        pytest.param("2024-Q²", "Write 2024, 2024-H2", id="superscript"),
        pytest.param("", "Write 2024, 2024-H2", id="empty"),
        pytest.param("   ", "Write 2024, 2024-H2", id="blank"),
        pytest.param("2024\0", "Write 2024, 2024-H2", id="control character"),
    ],
)
def test_parse_refuses_what_is_no_period_and_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="is not a period") as caught:
        Period.parse(text)
    assert why in str(caught.value)


def test_parse_quotes_only_the_beginning_of_a_long_text() -> None:
    with pytest.raises(ValueError, match="is not a period") as caught:
        Period.parse("x" * 5000)
    assert len(str(caught.value)) < 200


@given(periods)
def test_parse_reads_back_what_is_written(period: Period) -> None:
    assert Period.parse(str(period)) == period
    assert len(str(period)) <= 10  # the width of the column


@pytest.mark.parametrize("language", ["en", "ko"])
@given(period=periods)
def test_parse_reads_back_the_label(language: str, period: Period) -> None:
    with translation.override(language):
        assert Period.parse(period.label) == period


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("en", "2024", "2024"),
        ("en", "2024-H1", "H1 2024"),
        ("en", "2024-H2", "H2 2024"),
        ("en", "2024-Q1", "Q1 2024"),
        ("en", "2024-09", "2024-09"),
        ("en", "2024-09-03", "2024-09-03"),
        ("ko", "2024", "2024"),
        ("ko", "2024-H1", "2024년 상반기"),
        ("ko", "2024-H2", "2024년 하반기"),
        ("ko", "2024-Q1", "2024년 1분기"),
        ("ko", "2024-09", "2024년 9월"),
        ("ko", "2024-11-03", "2024년 11월 3일"),
    ],
)
def test_label_is_written_in_the_language_of_the_page(language: str, text: str, label: str) -> None:
    with translation.override(language):
        assert Period.parse(text).label == label


@pytest.mark.parametrize(
    ("text", "short"), [("2024", "2024"), ("2024-H2", "H2"), ("2024-Q1", "Q1"), ("2024-09", "Sep")]
)
def test_short_label_leaves_the_year_out_of_its_parts(text: str, short: str) -> None:
    assert Period.parse(text).short_label == short


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-H1", "2024-01-01", "2024-06-30"),
        ("2024-H2", "2024-07-01", "2024-12-31"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2024-Q4", "2024-10-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-09-30", "2024-09-30", "2024-09-30"),
    ],
)
def test_period_begins_and_ends_on_these_days(text: str, first: str, last: str) -> None:
    period = Period.parse(text)
    assert (period.first_day.isoformat(), period.last_day.isoformat()) == (first, last)


def test_periods_are_in_order_of_first_day_and_the_longer_one_first() -> None:
    texts = [
        "2023-12-31",
        "2024",
        "2024-H1",
        "2024-Q1",
        "2024-01",
        "2024-01-01",
        "2024-02",
        "2024-Q2",
        "2025",
    ]
    ordered = [Period.parse(text) for text in texts]
    assert sorted([*ordered[3:], *ordered[:3]]) == ordered
    assert not any(period < period for period in ordered)
    with pytest.raises(TypeError):
        _ = ordered[0] < "2024"


@given(periods, periods)
def test_period_contains_another_when_it_has_all_of_its_days(outer: Period, inner: Period) -> None:
    has_all_days = outer.first_day <= inner.first_day and inner.last_day <= outer.last_day
    assert (inner in outer) is has_all_days
    assert outer in Period(outer.year)
    assert outer in outer


@given(spans, st.sampled_from(list(SPANS)))
def test_split_covers_the_period_without_gap_or_overlap(period: Period, precision: Precision) -> None:
    parts = list(period.split(precision))
    if precision > period.precision:
        assert parts == []
        return
    if not parts:
        pytest.fail("a longer span has shorter ones")
    assert parts[0].first_day == period.first_day
    assert parts[-1].last_day == period.last_day
    one_day = dt.timedelta(days=1)
    assert all(a.last_day + one_day == b.first_day for a, b in itertools.pairwise(parts))


def test_quarters_of_a_half_are_its_two_and_a_month_has_none() -> None:
    assert [str(quarter) for quarter in Period.parse("2024-H2").quarters] == ["2024-Q3", "2024-Q4"]
    assert Period.parse("2024-03").quarters == ()
    assert str(Period.parse("2024-Q3").next_year) == "2025"


@pytest.mark.parametrize(
    ("text", "by", "expected"),
    [
        ("2024-Q4", 1, "2025-Q1"),
        ("2024-Q1", -1, "2023-Q4"),
        ("2024-01", -13, "2022-12"),
        ("2024-H2", 3, "2026-H1"),
        ("2024", -4, "2020"),
        ("1901", -1, "1900"),
        ("2198", 1, "2199"),
        ("2199-Q4", 1, "None"),
        ("1900-01", -1, "None"),
    ],
)
def test_a_period_shifts_by_its_own_length(text: str, by: int, expected: str) -> None:
    assert str(Period.parse(text).shifted(by)) == expected


@pytest.mark.parametrize(
    ("text", "precision", "expected"),
    [
        ("2024-08-31", Precision.QUARTER, "2024-Q3"),
        ("2024-08", Precision.HALF, "2024-H2"),
        ("2024-Q3", Precision.YEAR, "2024"),
        ("2024-Q3", Precision.QUARTER, "2024-Q3"),
    ],
)
def test_a_longer_period_holds_a_shorter_one(text: str, precision: Precision, expected: str) -> None:
    assert str(Period.parse(text).holding(precision)) == expected


def test_a_shorter_period_holds_no_longer_one() -> None:
    with pytest.raises(ValueError, match="2024 lies in no quarter"):
        Period(2024).holding(Precision.QUARTER)


@pytest.mark.parametrize(
    ("precision", "number", "day", "why"),
    [
        (Precision.YEAR, 2, 1, "A year has 1 of these; 2 does not exist."),
        (Precision.MONTH, 13, 1, "A year has 12 of these; 13 does not exist."),
        (Precision.DAY, 13, 1, "There is no such day."),
        (Precision.DAY, 0, 1, "There is no such day."),
        (Precision.DAY, 2, 30, "There is no such day."),
    ],
)
def test_no_period_beyond_its_year_can_be_made(precision: Precision, number: int, day: int, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        Period(2024, precision, number, day)
