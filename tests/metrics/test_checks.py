from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metrics.checks import (
    Agreement,
    Check,
    Share,
    agreement,
    check_breakdown,
    check_range,
    check_rate,
    check_ratio,
    check_summed,
)
from metrics.units import Qualifier, Unit
from tests.metrics.rounding import beyond, counts, cut, exact_values, written, written_places


def _compare(stated: str | None, computed: str | None, qualifier: str = Qualifier.EXACTLY) -> Agreement:
    return agreement(
        stated=None if stated is None else Decimal(stated),
        computed=None if computed is None else Decimal(computed),
        qualifier=qualifier,
    )


@pytest.mark.parametrize(
    ("stated", "computed", "found"),
    [
        pytest.param("62.5", "62.5", Agreement.EXACT, id="the same"),
        pytest.param("62.5000", "62.5", Agreement.EXACT, id="stored with more places"),
        pytest.param("63", "62.5", Agreement.ROUNDED, id="half rounds up"),
        pytest.param("62", "62.5", Agreement.TRUNCATED, id="half cut off"),
        pytest.param("62", "62.4", Agreement.ROUNDED, id="below half"),
        pytest.param("80.5", "80.46", Agreement.ROUNDED, id="tenths"),
        pytest.param("80.5", "80.59", Agreement.TRUNCATED, id="tenths cut off"),
        pytest.param("80.5", "80.60", Agreement.CONTRADICTS, id="a tenth too low"),
        pytest.param("80.5", "80.44", Agreement.CONTRADICTS, id="a tenth too high"),
        pytest.param("64", "62.5", Agreement.CONTRADICTS, id="one too high"),
        pytest.param("61", "62.5", Agreement.CONTRADICTS, id="one too low"),
        pytest.param("100", "99.5", Agreement.ROUNDED, id="a round number counts as written to the one"),
        pytest.param("100", "96", Agreement.CONTRADICTS, id="a round number is no rough one"),
        pytest.param("62.0000", "62.4", Agreement.ROUNDED, id="stored zeros were not written"),
        pytest.param("-59", "-58.6", Agreement.ROUNDED, id="negative rounds away from zero"),
        pytest.param("-58", "-58.6", Agreement.TRUNCATED, id="negative cut off towards zero"),
        pytest.param("-60", "-58.6", Agreement.CONTRADICTS, id="negative one too low"),
        pytest.param("0", "0.4", Agreement.ROUNDED, id="zero for a little"),
        pytest.param("0", "1", Agreement.CONTRADICTS, id="zero for one"),
        pytest.param(None, "1", Agreement.NOT_CHECKABLE, id="nothing stated"),
        pytest.param("0", None, Agreement.NOT_CHECKABLE, id="nothing to compute from"),
        pytest.param(None, None, Agreement.NOT_CHECKABLE, id="neither"),
    ],
)
def test_agreement_follows_from_how_the_figure_was_written(
    stated: str | None, computed: str | None, found: Agreement
) -> None:
    assert _compare(stated, computed) == found


@pytest.mark.parametrize(
    ("stated", "computed", "qualifier", "found"),
    [
        ("3", "3", Qualifier.AT_LEAST, Agreement.EXACT),
        ("3", "7", Qualifier.AT_LEAST, Agreement.ABOUT),
        ("3", "2.9", Qualifier.AT_LEAST, Agreement.CONTRADICTS),
        ("3", "2.9", Qualifier.AT_MOST, Agreement.ABOUT),
        ("3", "3.1", Qualifier.AT_MOST, Agreement.CONTRADICTS),
        ("20", "18", Qualifier.ABOUT, Agreement.ABOUT),
        ("20", "22", Qualifier.ABOUT, Agreement.ABOUT),
        ("20", "17.9", Qualifier.ABOUT, Agreement.CONTRADICTS),
        ("20", "22.1", Qualifier.ABOUT, Agreement.CONTRADICTS),
        ("-20", "-22", Qualifier.ABOUT, Agreement.ABOUT),
        ("-20", "-22.1", Qualifier.ABOUT, Agreement.CONTRADICTS),
        (None, "3", Qualifier.AT_LEAST, Agreement.NOT_CHECKABLE),
    ],
)
def test_agreement_grants_what_the_qualifier_promises(
    stated: str | None, computed: str, qualifier: str, found: Agreement
) -> None:
    assert _compare(stated, computed, qualifier) == found


@given(exact_values, written_places, st.sampled_from([ROUND_HALF_UP, ROUND_DOWN]))
def test_agreement_never_contradicts_a_figure_rounded_or_cut_off(
    computed: Decimal, places: int, rounding: str
) -> None:
    stated = computed.quantize(Decimal(1).scaleb(-places), rounding=rounding)
    # A figure that rounds to 62.0 is stored and read as 62, which says less.
    assert agreement(stated=stated, computed=computed) != Agreement.CONTRADICTS


@given(exact_values, written_places, st.sampled_from([1, -1]))
def test_agreement_contradicts_a_figure_one_further_in_its_last_digit(
    computed: Decimal, places: int, direction: int
) -> None:
    unit = Decimal(1).scaleb(-places)
    honest = {computed.quantize(unit, rounding=rounding) for rounding in (ROUND_HALF_UP, ROUND_DOWN)}
    stated = (max(honest) if direction > 0 else min(honest)) + direction * unit
    assume(stated == stated.quantize(unit))
    # 61.9 + 0.1 is read as 62: written to the one, it says less, and may be right.
    assume(places == 0 or stated % (unit * 10) != 0)
    assert agreement(stated=stated, computed=computed) == Agreement.CONTRADICTS


@given(exact_values, written_places)
def test_agreement_contradicts_a_figure_rounded_up_where_rounding_goes_down(
    computed: Decimal, places: int
) -> None:
    unit = Decimal(1).scaleb(-places)
    stated = abs(computed).quantize(unit, rounding=ROUND_CEILING)
    assume(stated - abs(computed) > unit / 2)
    assume(places == 0 or stated % (unit * 10) != 0)
    assert agreement(stated=stated, computed=abs(computed)) == Agreement.CONTRADICTS


@given(exact_values, exact_values, st.sampled_from(Qualifier.values))
def test_agreement_is_exact_for_equal_figures_only(
    stated: Decimal, computed: Decimal, qualifier: str
) -> None:
    found = agreement(stated=stated, computed=computed, qualifier=qualifier)
    assert (found == Agreement.EXACT) is (stated == computed)
    assert agreement(stated=stated, computed=stated, qualifier=qualifier) == Agreement.EXACT
    assert found != Agreement.NOT_CHECKABLE


@given(exact_values, exact_values)
def test_agreement_at_least_and_at_most_share_only_the_figure_itself(
    stated: Decimal, computed: Decimal
) -> None:
    both = {
        agreement(stated=stated, computed=computed, qualifier=qualifier)
        for qualifier in (Qualifier.AT_LEAST, Qualifier.AT_MOST)
    }
    wanted = {Agreement.EXACT} if stated == computed else {Agreement.ABOUT, Agreement.CONTRADICTS}
    assert both == wanted


# What a document does to a ratio, a sum or a difference when it writes it down, and what it cannot do


def _ratio(stated: Decimal, numerator: int, denominator: int) -> Agreement:
    return check_ratio(
        claim="",
        value=stated,
        qualifier=Qualifier.EXACTLY,
        numerator=Decimal(numerator),
        denominator=Decimal(denominator),
        unit=Unit.PERCENT,
    ).verdict


def _percentage(numerator: int, denominator: int) -> Decimal:
    return Decimal(numerator) / Decimal(denominator) * 100


@given(counts, st.integers(1, 500), written_places, cut)
def test_a_percentage_written_from_its_parts_never_contradicts(
    numerator: int, denominator: int, places: int, rounding: str
) -> None:
    stated = written(_percentage(numerator, denominator), places, rounding)

    assert _ratio(stated, numerator, denominator) != Agreement.CONTRADICTS


@given(counts, st.integers(1, 500), written_places, st.sampled_from([1, -1]))
def test_a_percentage_one_further_always_contradicts(
    numerator: int, denominator: int, places: int, direction: int
) -> None:
    stated = beyond(_percentage(numerator, denominator), places, direction)

    assert _ratio(stated, numerator, denominator) == Agreement.CONTRADICTS


shares = st.lists(st.tuples(counts, st.integers(1, 500)), min_size=1, max_size=6)


def _pooled(stated: Decimal, parts: list[tuple[int, int]]) -> Agreement:
    return check_breakdown(
        claim="",
        total=Share(label="", value=stated),
        qualifier=Qualifier.EXACTLY,
        shares=[Share(label="", numerator=Decimal(n), denominator=Decimal(d)) for n, d in parts],
        unit=Unit.PERCENT,
        adds_up=False,
    ).verdict


@given(shares, written_places, cut, st.sampled_from([1, -1]))
def test_a_total_of_projects_agrees_as_written_and_contradicts_one_further(
    parts: list[tuple[int, int]], places: int, rounding: str, direction: int
) -> None:
    computed = _percentage(sum(n for n, _ in parts), sum(d for _, d in parts))

    assert _pooled(written(computed, places, rounding), parts) != Agreement.CONTRADICTS
    assert _pooled(beyond(computed, places, direction), parts) == Agreement.CONTRADICTS


def _range(mean: Decimal, cases: int, total: int | None, low: int, high: int) -> Check:
    return check_range(
        claim="",
        mean=mean,
        cases=Decimal(cases),
        total=None if total is None else Decimal(total),
        low=Decimal(low),
        high=Decimal(high),
        unit=Unit.DAY,
    )


@pytest.mark.parametrize(("total", "fits"), [(12, False), (13, True), (None, True), (20, True), (21, False)])
def test_three_cases_from_2_to_9_total_13_to_20(total: int | None, fits: bool) -> None:
    """At the least 2 + 2 + 9, at the most 2 + 9 + 9; a mean of 5 makes 15."""
    check = _range(Decimal(5), 3, total, 2, 9)

    assert check.verdict == (Agreement.EXACT if fits else Agreement.CONTRADICTS)
    assert check.formula == f"13 ≤ {15 if total is None else total} ≤ 20"
    assert check.note == "A total of that many cases within the stated range."


def test_thirty_in_twelve_months_are_two_and_a_half_a_month() -> None:
    stated = Decimal(2)
    check = check_rate(
        claim="thirty a year",
        value=stated,
        qualifier=Qualifier.EXACTLY,
        total=Decimal(30),
        periods=12,
        unit="",
    )

    assert (check.computed, check.difference, check.verdict) == (2.5, 0.5, Agreement.TRUNCATED)
    assert (check.claim, check.formula, check.note) == ("thirty a year", "30 / 12 = 2.5", "")


def test_a_total_added_up_elsewhere_agrees_exactly_or_says_nothing() -> None:
    agrees, silent = (
        check_summed(claim="", stated=Decimal(7), agrees=agrees, unit=Unit.COUNT) for agrees in (True, False)
    )

    assert (agrees.verdict, agrees.stated, agrees.computed) == (Agreement.EXACT, 7, 7)
    assert (silent.verdict, silent.stated, silent.computed) == (Agreement.NOT_CHECKABLE, 7, None)


@given(st.lists(st.integers(1, 60), min_size=2, max_size=12))
def test_a_mean_of_cases_always_lies_within_their_range(cases: list[int]) -> None:
    check = _range(Decimal(sum(cases)) / len(cases), len(cases), sum(cases), min(cases), max(cases))

    assert check.verdict == Agreement.EXACT


def test_a_formula_of_very_many_terms_names_the_first_and_the_last() -> None:
    shares = [Share(label=f"p{number}", value=Decimal(number)) for number in range(1, 41)]
    total = Share(label="", value=Decimal(820))
    check = check_breakdown(
        claim="", total=total, qualifier=Qualifier.EXACTLY, shares=shares, unit=Unit.COUNT, adds_up=True
    )
    assert check.formula == "1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + … 29 more … + 40 = 820"
    twelve = check_breakdown(
        claim="", total=total, qualifier=Qualifier.EXACTLY, shares=shares[:12], unit=Unit.COUNT, adds_up=True
    )
    assert twelve.formula == "1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 = 78"


def _upload(*units: str) -> Check:
    return check_ratio(
        claim="Uploads",
        value=Decimal(1000),
        qualifier=Qualifier.EXACTLY,
        numerator=Decimal(300),
        denominator=Decimal(5000),
        unit=Unit.MINUTE,
        numerator_unit=units[0],
        denominator_unit=units[1],
    )


def test_a_formula_writes_units_only_where_both_parts_have_one() -> None:
    both = _upload(Unit.GIGABYTE, Unit.KILOBYTE_PER_SECOND)
    assert (both.verdict, both.formula) == (Agreement.EXACT, "300 GB / 5,000 KB/s = 16 h 40 min")
    assert _upload(Unit.GIGABYTE, "").formula.startswith("300 / 5000 = ")
    assert _upload("", Unit.KILOBYTE_PER_SECOND).formula.startswith("300 / 5000 = ")


def test_pooled_parts_give_a_percentage_or_a_plain_quotient() -> None:
    shares = [
        Share(label="A", numerator=Decimal(6), denominator=Decimal(8)),
        Share(label="B", numerator=Decimal(3), denominator=Decimal(4)),
    ]
    for unit, stated, formula in (
        (Unit.PERCENT, "75", "6/8 + 3/4 = 9/12 = 75%"),
        (Unit.TIMES, "0.75", "6/8 + 3/4 = 9/12 = 0.75×"),
    ):
        check = check_breakdown(
            claim="Renewals",
            total=Share(label="all", value=Decimal(stated)),
            qualifier=Qualifier.EXACTLY,
            shares=shares,
            unit=unit,
            adds_up=False,
        )
        assert (check.verdict, check.formula) == (Agreement.EXACT, formula)
        assert check.difference == 0


def test_a_breakdown_that_cannot_be_checked_says_why_and_has_no_difference() -> None:
    def _found(value: Decimal | None) -> Check:
        return check_breakdown(
            claim="Review time",
            total=Share(label="all", value=Decimal(5)),
            qualifier=Qualifier.EXACTLY,
            shares=[Share(label="A", value=Decimal("2.346")), Share(label="B", value=value)],
            unit=Unit.DAY,
            adds_up=False,
        )

    silent, means = _found(None), _found(Decimal(3))
    assert silent.note == "A part of it is stated without a number."
    assert means.note == "Figures of this kind do not add up."
    assert silent.formula == "A 2.35 + B –"
    assert silent.verdict == means.verdict == Agreement.NOT_CHECKABLE
    assert silent.difference is None
