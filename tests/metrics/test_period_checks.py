from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.aggregation import Aggregation, Part, fold
from metrics.checks import Agreement, Check, CheckKind, Share
from metrics.period_checks import (
    check_dropped,
    check_endpoint,
    check_running_totals,
    check_steady,
    check_step,
    check_year,
)
from metrics.units import Direction, Qualifier, Unit
from records.periods import Period
from tests.metrics.rounding import beyond, counts, cut, exact_values, written, written_places

QUARTERS = Period(2024).quarters
ONLY_UNROUNDED = "Only from the unrounded figures; the stated ones give another."


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _share(text: str, *, label: str = "") -> Share:
    """`3/4`; an absent part is left out, as in `/4`."""
    numerator, denominator = (_number(number or None) for number in text.split("/"))
    return Share(label=label, numerator=numerator, denominator=denominator)


# A stated change


def _step(
    stated: str,
    before: str | None,
    after: str | None,
    *,
    unit: str = Unit.PERCENTAGE_POINT,
    qualifier: str = Qualifier.EXACTLY,
    unrounded: tuple[str, str] | None = None,
) -> Check:
    return check_step(
        claim="",
        stated_change=Decimal(stated),
        change_unit=unit,
        before=_number(before),
        after=_number(after),
        qualifier=qualifier,
        unrounded=None if unrounded is None else (Decimal(unrounded[0]), Decimal(unrounded[1])),
    )


@pytest.mark.parametrize(
    ("stated", "unit", "before", "after", "formula"),
    [
        pytest.param("-60", Unit.PERCENT, "30", "12", "(12 − 30) / 30 = −60%", id="percent of the first"),
        pytest.param("0.4", Unit.TIMES, "30", "12", "12 / 30 = 0.4×", id="factor"),
        pytest.param("-18", Unit.GIGABYTE, "30", "12", "12 − 30 = −18 GB", id="difference"),
        pytest.param("25", Unit.PERCENTAGE_POINT, "0", "25", "25 − 0 = 25 pp", id="points from 0"),
        pytest.param("100", Unit.PERCENT, "1", "2", "(2 − 1) / 1 = 100%", id="percent of 1"),
    ],
)
def test_a_change_is_computed_in_the_unit_it_is_stated_in(
    stated: str, unit: str, before: str, after: str, formula: str
) -> None:
    check = _step(stated, before, after, unit=unit)

    assert (check.kind, check.verdict, check.unit) == (CheckKind.STEP, Agreement.EXACT, unit)
    assert (check.computed, check.difference) == (Decimal(stated), 0)
    assert (check.formula, check.note) == (formula, "")


@pytest.mark.parametrize(
    ("unit", "before", "after", "formula"),
    [
        (Unit.GIGABYTE, None, "12", "– → 12"),
        (Unit.GIGABYTE, "30", None, "30 → –"),
        (Unit.PERCENT, "0", "12", "0 → 12"),
        (Unit.TIMES, "0", "12", "0 → 12"),
    ],
)
def test_no_change_follows_from_one_end_nor_a_relative_one_from_zero(
    unit: str, before: str | None, after: str | None, formula: str
) -> None:
    check = _step("5", before, after, unit=unit)

    assert (check.verdict, check.stated, check.computed) == (Agreement.NOT_CHECKABLE, 5, None)
    assert (check.difference, check.formula) == (None, formula)


@pytest.mark.parametrize(
    ("stated", "verdict", "computed", "formula", "note"),
    [
        pytest.param("3", Agreement.ROUNDED, "3.2", "23.6 − 20.4 = 3.2 pp", ONLY_UNROUNDED, id="unrounded"),
        pytest.param("4", Agreement.EXACT, "4", "24 − 20 = 4 pp", "", id="stated"),
        pytest.param("5", Agreement.CONTRADICTS, "4", "24 − 20 = 4 pp", "", id="neither"),
    ],
)
def test_a_change_may_fit_the_unrounded_ends_where_the_stated_ones_contradict(
    stated: str, verdict: Agreement, computed: str, formula: str, note: str
) -> None:
    check = _step(stated, "20", "24", unrounded=("20.4", "23.6"))

    assert (check.verdict, check.computed) == (verdict, Decimal(computed))
    assert (check.formula, check.note) == (formula, note)


def test_a_change_is_granted_what_its_qualifier_promises() -> None:
    assert _step("3", "20", "24").verdict == Agreement.CONTRADICTS
    assert _step("3", "20", "24", qualifier=Qualifier.AT_LEAST).verdict == Agreement.ABOUT
    unrounded = _step("5", "20", "24", qualifier=Qualifier.AT_LEAST, unrounded=("20", "25.5"))
    assert (unrounded.verdict, unrounded.note) == (Agreement.ABOUT, ONLY_UNROUNDED)


@given(st.integers(1, 500), counts, written_places, cut, st.sampled_from([1, -1]))
def test_a_change_agrees_as_written_and_contradicts_one_further(
    before: int, after: int, places: int, rounding: str, direction: int
) -> None:
    computed = Decimal(after - before) / before * 100

    def verdict(stated: Decimal) -> Agreement:
        return _step(str(stated), str(before), str(after), unit=Unit.PERCENT).verdict

    assert verdict(written(computed, places, rounding)) != Agreement.CONTRADICTS
    assert verdict(beyond(computed, places, direction)) == Agreement.CONTRADICTS


# A year against its periods


def _year(
    stated: str,
    values: Sequence[str | None],
    *,
    aggregation: str = Aggregation.MEAN,
    unit: str = Unit.PERCENT,
    qualifier: str = Qualifier.EXACTLY,
    parts: Sequence[str] = (),
    is_complete: bool = True,
    unrounded: str | None = None,
) -> Check:
    """`parts` are those that the values have, as `3/4`."""
    numbers = [_number(value) for value in values]
    shares = [_share(text) for text in parts or ["/"] * len(values)]
    measured = [
        Part(quarter, number, share.numerator, share.denominator)
        for quarter, number, share in zip(QUARTERS, numbers, shares, strict=False)
    ]
    return check_year(
        claim="",
        stated=Decimal(stated),
        qualifier=qualifier,
        folded=fold(aggregation=aggregation, parts=measured, is_percentage=unit == Unit.PERCENT),
        values=numbers,
        aggregation=aggregation,
        unit=unit,
        is_complete=lambda: is_complete,
        unrounded=lambda: _number(unrounded),
    )


@pytest.mark.parametrize(
    ("aggregation", "unit", "values", "stated", "formula"),
    [
        (Aggregation.MEAN, Unit.PERCENT, ("62", "75"), "68.5", "(62 + 75) / 2 = 68.5%"),
        (Aggregation.SUM, Unit.COUNT, ("62", "75"), "137", "62 + 75 = 137"),
        (Aggregation.SUM, Unit.MINUTE, ("90", "1427"), "1517", "1 h 30 min + 23 h 47 min = 25 h 17 min"),
        (Aggregation.LAST, Unit.COUNT, ("62", "75"), "75", "value of the last period = 75"),
        (Aggregation.MEAN, Unit.PERCENT, ("62", None), "62", "62%"),
        (Aggregation.SUM, Unit.COUNT, (None, "62", "75"), "137", "62 + 75 = 137"),
    ],
)
def test_a_year_is_computed_as_its_metric_says_from_the_periods_with_a_figure(
    aggregation: str, unit: str, values: tuple[str | None, ...], stated: str, formula: str
) -> None:
    check = _year(stated, values, aggregation=aggregation, unit=unit)

    assert (check.kind, check.verdict, check.unit) == (CheckKind.YEAR, Agreement.EXACT, unit)
    assert (check.computed, check.difference, check.formula) == (Decimal(stated), 0, formula)


@pytest.mark.parametrize(
    ("aggregation", "values", "formula"),
    [
        (Aggregation.MEAN, (None, None), "mean of the periods = –"),
        (Aggregation.SUM, (None, None), "sum of the periods = –"),
        (Aggregation.NONE, ("62", "75"), "periods cannot be combined = –"),
    ],
)
def test_a_year_of_nothing_that_can_be_put_together_is_not_checkable(
    aggregation: str, values: tuple[str | None, ...], formula: str
) -> None:
    check = _year("0", values, aggregation=aggregation)

    assert (check.verdict, check.stated, check.computed) == (Agreement.NOT_CHECKABLE, 0, None)
    assert (check.difference, check.formula) == (None, formula)


@pytest.mark.parametrize(
    ("aggregation", "values", "parts", "note"),
    [
        (Aggregation.MEAN, ("50", "90"), ("2/4", "9/10"), "Other readings: pooled 78.6%, last 90%."),
        (Aggregation.POOLED, ("50", "90"), ("2/4", "9/10"), "Other readings: mean 70%, last 90%."),
        (Aggregation.LAST, ("50", "90"), (), "Other readings: mean 70%."),
        (Aggregation.MEAN, ("70", "70"), ("7/10", "7/10"), ""),
        (Aggregation.MEAN, ("70",), (), ""),
    ],
)
def test_a_year_names_the_readings_that_would_give_another_figure(
    aggregation: str, values: tuple[str, ...], parts: tuple[str, ...], note: str
) -> None:
    assert _year("70", values, aggregation=aggregation, parts=parts).note == note


def test_a_mean_that_counts_empty_periods_as_zero_agrees_and_says_so() -> None:
    check = _year("31", ("62", None))

    assert (check.verdict, check.computed, check.formula) == (Agreement.EXACT, 31, "(62 + 0) / 2 = 31%")
    assert check.note == "Only if periods with nothing to measure count as 0; without them the mean is 62%."


@pytest.mark.parametrize(
    ("aggregation", "computed"), [(Aggregation.SUM, 62), (Aggregation.LAST, 62), (Aggregation.POOLED, 62)]
)
def test_only_a_mean_can_have_counted_empty_periods_as_zero(aggregation: str, computed: int) -> None:
    check = _year("31", ("62", None), aggregation=aggregation, parts=("31/50", "/"))

    assert (check.verdict, check.computed) == (Agreement.CONTRADICTS, computed)


def test_a_mean_of_the_unrounded_figures_agrees_and_says_so() -> None:
    check = _year("23", ("20", "24"), unrounded="22.6")

    assert (check.verdict, check.computed) == (Agreement.ROUNDED, Decimal("22.6"))
    assert (check.formula, check.note) == ("mean of the periods = 22.6%", ONLY_UNROUNDED)


def test_a_year_that_no_reading_gives_contradicts_with_the_reading_of_its_metric() -> None:
    check = _year("40", ("62", "68", None), unrounded="65.2")

    assert (check.verdict, check.computed, check.difference) == (Agreement.CONTRADICTS, 65, 25)
    assert (check.formula, check.note) == ("(62 + 68) / 2 = 65%", "Other readings: last 68%.")


@pytest.mark.parametrize(
    ("stated", "verdict", "note"),
    [
        ("65", Agreement.EXACT, "Other readings: last 68%."),
        ("40", Agreement.NOT_CHECKABLE, "Not all of its periods have a figure."),
    ],
)
def test_some_periods_of_a_year_can_confirm_its_figure_but_not_contradict_it(
    stated: str, verdict: Agreement, note: str
) -> None:
    check = _year(stated, ("62", "68"), is_complete=False)

    assert (check.verdict, check.computed, check.note) == (verdict, 65, note)


def test_a_year_is_granted_what_its_qualifier_promises() -> None:
    assert _year("60", ("62", "68"), qualifier=Qualifier.AT_LEAST).verdict == Agreement.ABOUT
    assert _year("30", ("62", None), qualifier=Qualifier.AT_MOST).verdict == Agreement.CONTRADICTS
    as_zero = _year("33", ("62", None), qualifier=Qualifier.AT_MOST)
    assert (as_zero.verdict, as_zero.computed) == (Agreement.ABOUT, 31)


@given(
    st.lists(exact_values, min_size=1, max_size=4),
    st.sampled_from([Aggregation.SUM, Aggregation.MEAN, Aggregation.LAST]),
    written_places,
    cut,
    st.sampled_from([1, -1]),
)
def test_a_year_agrees_as_written_and_contradicts_one_further(
    values: list[Decimal], aggregation: str, places: int, rounding: str, direction: int
) -> None:
    parts = [Part(quarter, value) for quarter, value in zip(QUARTERS, values, strict=False)]
    computed = fold(aggregation=aggregation, parts=parts).computed
    assert computed is not None

    def verdict(stated: Decimal) -> Agreement:
        return _year(
            str(stated), [str(value) for value in values], aggregation=aggregation, unit=Unit.COUNT
        ).verdict

    assert verdict(written(computed, places, rounding)) != Agreement.CONTRADICTS
    assert verdict(beyond(computed, places, direction)) == Agreement.CONTRADICTS


# Before and after


@pytest.mark.parametrize(
    ("figures", "verdict", "computed", "formula"),
    [
        pytest.param(("50", "44"), Agreement.EXACT, "44", "2024-Q1 50%; 2024-Q2 44%", id="any"),
        pytest.param(
            ("44.9", "43.4"), Agreement.TRUNCATED, "44.9", "2024-Q1 44.9%; 2024-Q2 43.4%", id="best"
        ),
        pytest.param(("40", "47"), Agreement.CONTRADICTS, "47", "2024-Q1 40%; 2024-Q2 47%", id="nearest"),
        pytest.param((), Agreement.NOT_CHECKABLE, None, "", id="nothing measured"),
    ],
)
def test_an_end_of_a_change_stands_beside_the_figure_that_agrees_best_else_the_nearest(
    figures: tuple[str, ...], verdict: Agreement, computed: str | None, formula: str
) -> None:
    check = check_endpoint(
        claim="",
        stated=Decimal(44),
        candidates=[
            (str(quarter), Decimal(figure)) for quarter, figure in zip(QUARTERS, figures, strict=False)
        ],
        unit=Unit.PERCENT,
    )

    assert (check.kind, check.stated, check.verdict) == (CheckKind.CHANGE, 44, verdict)
    assert (check.computed, check.formula) == (_number(computed), formula)


@pytest.mark.parametrize(
    ("direction", "figures", "verdict"),
    [
        (Direction.UP, (1, 1, 2), Agreement.EXACT),
        (Direction.UP, (1, 2), Agreement.EXACT),
        (Direction.UP, (1, 3, 2), Agreement.CONTRADICTS),
        (Direction.DOWN, (2, 1, 1), Agreement.EXACT),
        (Direction.DOWN, (3, 1, 2), Agreement.CONTRADICTS),
        (Direction.NEUTRAL, (1, 2), Agreement.NOT_CHECKABLE),
        (Direction.UP, (1,), Agreement.NOT_CHECKABLE),
        (Direction.DOWN, (), Agreement.NOT_CHECKABLE),
    ],
)
def test_a_steady_change_may_stand_still_but_never_gets_worse(
    direction: str, figures: tuple[int, ...], verdict: Agreement
) -> None:
    values = [(quarter, Decimal(figure)) for quarter, figure in zip(QUARTERS, figures, strict=False)]
    check = check_steady(claim="", values=values, direction=direction, unit=Unit.PERCENT)

    assert check.verdict == verdict
    assert check.formula == " → ".join(f"Q{place} {figure}%" for place, figure in enumerate(figures, 1))
    assert check.note == ("It got worse on the way." if verdict == Agreement.CONTRADICTS else "")


# Open work


@pytest.mark.parametrize(
    ("total", "unit", "dropped", "formula", "names"),
    [
        ("6/8", Unit.PERCENT, {"Ferry": "1/4", "Kiosk": "/2"}, "7/14 = 50%", "Ferry 1/4, Kiosk –/2"),
        ("6/8", Unit.TIMES, {"Ferry": "1/6"}, "7/14 = 0.5×", "Ferry 1/6"),
        ("0/8", Unit.PERCENT, {"Ferry": "2/2", "Kiosk": "/"}, "2/10 = 20%", "Ferry 2/2, Kiosk –/–"),
        ("/", Unit.PERCENT, {"Ferry": "1/4"}, "1/4 = 25%", "Ferry 1/4"),
    ],
)
def test_dropped_projects_count_towards_the_rate_that_would_have_been(
    total: str, unit: str, dropped: dict[str, str], formula: str, names: str
) -> None:
    shares = [_share(text, label=label) for label, text in dropped.items()]
    check = check_dropped(claim="", total=_share(total), dropped=shares, unit=unit)

    assert (check.kind, check.verdict) == (CheckKind.OPEN_WORK, Agreement.NOT_CHECKABLE)
    assert check.formula == formula
    assert (
        check.note
        == f"Still open in the period before and missing here: {names}. With them the rate is as shown."
    )


def _running(*series: Sequence[str], unit: str = Unit.PERCENT) -> Check | None:
    """`series`: of each project its parts, period by period."""
    return check_running_totals(
        claim="", series=[[_share(text) for text in shares] for shares in series], unit=unit
    )


@pytest.mark.parametrize(
    "rising",
    [("0/4", "0/4", "1/4"), ("0/3", "1/4", "1/4"), ("/4", "1/4")],
    ids=["late", "early", "from nothing"],
)
@pytest.mark.parametrize(("unit", "formula"), [(Unit.PERCENT, "4/8 = 50%"), (Unit.TIMES, "4/8 = 0.5×")])
def test_parts_that_only_rise_look_like_running_totals_and_the_last_ones_make_the_state(
    rising: tuple[str, ...], unit: str, formula: str
) -> None:
    found = _running(rising, ("2/2", "2/2"), ("/", "/"), ("1/2",), unit=unit)

    assert found is not None
    assert (found.kind, found.verdict) == (CheckKind.OPEN_WORK, Agreement.NOT_CHECKABLE)
    assert found.formula == formula
    assert (
        found.note
        == "No project's figures ever fall: they look like running totals. The state at the end is as shown."
    )


RISING = ("1/4", "2/4")


@pytest.mark.parametrize(
    "series",
    [
        pytest.param([RISING, ("3/4",)], id="one measured twice"),
        pytest.param([RISING, ("1/4", "0/4")], id="numerator falls to 0"),
        pytest.param([RISING, ("3/4", "2/4", "4/4")], id="numerator falls on the way"),
        pytest.param([RISING, ("1/2", "1/1")], id="denominator falls"),
        pytest.param([RISING, ("1/1", "1/")], id="denominator vanishes"),
        pytest.param([("2/4", "2/4"), ("0/4", "0/4")], id="none rises"),
    ],
)
def test_parts_that_fall_or_stand_still_or_are_of_one_project_are_no_running_totals(
    series: Sequence[Sequence[str]],
) -> None:
    assert _running(RISING, RISING) is not None
    assert _running(*series) is None
