from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string

from projects.listings import span_of, strip_of
from projects.models import Engagement
from projects.timeline import LEFT, RIGHT, shortened, timeline_of, when_in_words
from records.periods import Period


def _stint(
    period: str,
    starts: str | None = None,
    ends: str | None = None,
    *,
    is_ongoing: bool = False,
    name: str = "Stint",
) -> Engagement:
    return Engagement(
        name=name,
        period=Period.parse(period),
        starts_on=None if starts is None else Period.parse(starts),
        ends_on=None if ends is None else Period.parse(ends),
        is_ongoing=is_ongoing,
    )


def test_a_timeline_needs_a_stint() -> None:
    assert timeline_of([]) is None


def test_days_are_drawn_solid_from_the_first_to_the_last() -> None:
    timeline = timeline_of([_stint("2023", "2023-01-01", "2023-12-31")])

    assert timeline is not None
    (bar,) = timeline.bars
    assert bar.certain == bar.possible
    assert (bar.possible.x, bar.possible.end) == (LEFT, RIGHT)
    assert not bar.is_open_left
    assert not bar.is_open_right


def test_the_months_of_start_and_end_are_pale() -> None:
    timeline = timeline_of([_stint("2021", "2021-03", "2021-10")])

    assert timeline is not None
    (bar,) = timeline.bars
    assert bar.certain is not None
    assert bar.possible.x < bar.certain.x
    assert bar.certain.end < bar.possible.end


def test_within_one_month_no_day_is_certain() -> None:
    timeline = timeline_of([_stint("2021", "2021-03", "2021-03")])

    assert timeline is not None
    assert timeline.bars[0].certain is None


@pytest.mark.parametrize(
    ("stint", "left", "right", "has_certain"),
    [
        pytest.param(_stint("2022"), True, True, False, id="no-dates"),
        pytest.param(_stint("2022", "2022-03"), False, True, False, id="start-only"),
        pytest.param(_stint("2022", None, "2022-03"), True, False, False, id="end-only"),
        pytest.param(_stint("2022", "2022-03", is_ongoing=True), False, True, True, id="ongoing"),
    ],
)
def test_an_end_that_is_not_stated_is_open(
    stint: Engagement, left: bool, right: bool, has_certain: bool
) -> None:
    timeline = timeline_of([stint])

    assert timeline is not None
    (bar,) = timeline.bars
    assert (bar.is_open_left, bar.is_open_right) == (left, right)
    assert (bar.certain is not None) == has_certain
    assert LEFT <= bar.possible.x < bar.possible.end <= RIGHT


def test_a_day_can_still_be_seen() -> None:
    timeline = timeline_of([_stint("2023", "2023-05-05", "2023-05-05"), _stint("1990")])

    assert timeline is not None
    assert timeline.bars[0].possible.width >= 0.8


def test_years_are_named_where_there_is_room() -> None:
    timeline = timeline_of([_stint("2001"), _stint("2020")])

    assert timeline is not None
    labels = [tick.label for tick in timeline.ticks]
    assert len(labels) == 20
    assert [label for label in labels if label] == ["2001", "2004", "2007", "2010", "2013", "2016", "2019"]


@pytest.mark.parametrize(
    ("stint", "words"),
    [
        (_stint("2023", "2023-04-03", "2023-12-25"), "2023-04-03 – 2023-12-25"),
        (_stint("2021", "2021-03", "2021-03"), "2021-03"),
        (_stint("2022"), "2022, dates not stated"),
        (_stint("2022", is_ongoing=True), "2022, still going on"),
        (_stint("2022", "2022-09", is_ongoing=True), "2022-09 – still going on (2022)"),
        (_stint("2022", "2022-09"), "2022-09 – end not stated"),
        (_stint("2022", None, "2022-09"), "start not stated – 2022-09"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_when_in_words_says_what_is_not_stated(stint: Engagement, words: str) -> None:
    assert when_in_words(stint) == words


@pytest.mark.parametrize(
    ("stint", "begins", "ends"),
    [
        (_stint("2022"), "2022", "2022"),
        (_stint("2022", "2022-09"), "2022-09", "2022"),
        (_stint("2022", None, "2021-05"), "2021-05", "2021-05"),
        (_stint("2022", "2023-02"), "2023-02", "2023-02"),
        (_stint("2021", "2021-03", "2022-05"), "2021-03", "2022-05"),
    ],
    ids=["no-dates", "start", "ended-before-its-period", "starts-after-its-period", "both"],
)
def test_a_stint_never_ends_before_it_begins(stint: Engagement, begins: str, ends: str) -> None:
    assert (str(stint.begins), str(stint.ends)) == (begins, ends)
    assert stint.begins.first_day <= stint.ends.last_day


def test_years_of_a_stint_are_all_it_reaches_into() -> None:
    assert _stint("2023", "2020-03", "2022-05").years == (2020, 2021, 2022, 2023)


def test_span_runs_from_the_first_start_to_the_last_end() -> None:
    span = span_of([_stint("2023", "2023-04-03", "2023-12-25"), _stint("2021", "2021-03", "2022-05")])

    assert span is not None
    assert (str(span.first), str(span.last), span.is_open) == ("2021-03", "2023-12-25", False)


def test_span_is_open_only_if_nothing_came_after_what_went_on() -> None:
    ongoing = _stint("2022", "2022-11", is_ongoing=True)

    alone, followed = span_of([ongoing]), span_of([ongoing, _stint("2024")])

    assert alone is not None
    assert alone.is_open
    assert followed is not None
    assert not followed.is_open
    assert span_of([]) is None


def test_a_strip_leaves_no_year_out_unless_there_are_too_many() -> None:
    assert strip_of([2024, 2021]) == (2021, 2022, 2023, 2024)
    assert strip_of([2024, 1950]) == (1950, 2024)
    assert strip_of([]) == ()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Harbour", "Harbour"),
        ("a" * 40, "a" * 31 + "…"),
        ("가" * 20, "가" * 15 + "…"),
    ],
    ids=["fits", "latin", "korean"],
)
def test_shortened_counts_wide_letters_twice(text: str, short: str) -> None:
    assert shortened(text) == short


def test_the_picture_is_well_formed_and_says_all_in_words() -> None:
    stints = [_stint("2022", "2022-09", is_ongoing=True, name="<Søk> & more"), _stint("2024", name="Second")]

    markup = render_to_string("partials/timeline.svg", {"timeline": timeline_of(stints), "title": "When"})

    picture = ElementTree.fromstring(markup.strip())  # noqa: S314  # our own markup
    assert picture.findtext("title") == "When"
    described = picture.findtext("desc") or ""
    assert "<Søk> & more: 2022-09 – still going on (2022)" in described
    assert "Second: 2024, dates not stated" in described
    assert "style=" not in markup
    for element in picture.iter("rect"):
        assert Decimal(element.attrib["width"].rstrip("%")) > 0
