from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from metrics.checks import Agreement, Check, CheckKind
from metrics.record_checks import (
    check_begins_before,
    check_completion,
    check_derived,
    check_duration,
    check_equal_share,
    check_filing,
    check_list,
    check_listed_extreme,
    check_listed_mean,
    check_mean_duration,
    check_mention,
    check_ongoing,
    check_same_figure,
    check_span,
)
from metrics.units import Qualifier, Unit
from records.periods import Period


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


# Incidents


@pytest.mark.parametrize(
    ("stated", "in_hours", "verdict"),
    [
        pytest.param("2577", False, Agreement.EXACT, id="minutes"),
        pytest.param("2578", False, Agreement.CONTRADICTS, id="one minute more"),
        pytest.param("2577", True, Agreement.EXACT, id="42.95 h"),
        pytest.param("2580", True, Agreement.ROUNDED, id="43 h"),
        pytest.param("2520", True, Agreement.TRUNCATED, id="42 h"),
        pytest.param("2580", False, Agreement.CONTRADICTS, id="43 h in minutes"),
    ],
)
def test_a_duration_is_compared_in_the_unit_it_was_written_in(
    stated: str, in_hours: bool, verdict: Agreement
) -> None:
    check = check_duration(
        claim="",
        stated=Decimal(stated),
        in_hours=in_hours,
        started_at=_moment("2024-07-08T16:53"),
        resolved_at=_moment("2024-07-10T11:50"),
    )

    assert (check.kind, check.verdict) == (CheckKind.INCIDENT, verdict)
    assert (check.stated, check.computed, check.unit) == (Decimal(stated), 2577, Unit.MINUTE)
    assert check.formula == "2024-07-08 16:53 → 2024-07-10 11:50 = 42 h 57 min"


@pytest.mark.parametrize(("stated", "minutes"), [("100", 700), ("1427", 6100), ("100", 101)])
def test_hours_that_are_no_round_number_are_compared_all_the_same(stated: str, minutes: int) -> None:
    started_at = _moment("2024-07-08T16:53")
    check = check_duration(
        claim="",
        stated=Decimal(stated),
        in_hours=True,
        started_at=started_at,
        resolved_at=started_at + dt.timedelta(minutes=minutes),
    )

    assert (check.verdict, check.computed) == (Agreement.CONTRADICTS, minutes)


def test_a_duration_counts_the_hour_that_the_clocks_were_put_forward() -> None:
    zone = ZoneInfo("Europe/Berlin")
    check = check_duration(
        claim="",
        stated=Decimal(60),
        in_hours=False,
        started_at=dt.datetime(2024, 3, 31, 1, 30, tzinfo=zone),
        resolved_at=dt.datetime(2024, 3, 31, 3, 30, tzinfo=zone),
    )

    assert (check.verdict, check.computed) == (Agreement.EXACT, 60)


def test_a_duration_counts_full_minutes() -> None:
    check = check_duration(
        claim="",
        stated=Decimal(2),
        in_hours=False,
        started_at=_moment("2024-07-08T16:53:00"),
        resolved_at=_moment("2024-07-08T16:55:59"),
    )

    assert (check.verdict, check.computed) == (Agreement.EXACT, 2)


@pytest.mark.parametrize(
    ("filed", "verdict", "formula", "note"),
    [
        ("2024-Q3", Agreement.EXACT, "2024-07-01 ∈ 2024-Q3", ""),
        (
            "2024-Q2",
            Agreement.CONTRADICTS,
            "2024-07-01 ∉ 2024-Q2",
            "Its date lies outside of the period it is filed under.",
        ),
    ],
)
def test_an_incident_belongs_to_the_period_of_the_day_it_started(
    filed: str, verdict: Agreement, formula: str, note: str
) -> None:
    check = check_filing(claim="", filed=Period.parse(filed), started_at=_moment("2024-07-01T00:30"))

    assert (check.verdict, check.formula, check.note) == (verdict, formula, note)


def _mean_duration(stated: str | None, *durations: str | None, qualifier: str = Qualifier.EXACTLY) -> Check:
    return check_mean_duration(
        claim="",
        stated=None if stated is None else Decimal(stated),
        qualifier=qualifier,
        durations=[None if duration is None else Decimal(duration) for duration in durations],
    )


@pytest.mark.parametrize(
    ("stated", "durations", "verdict", "formula"),
    [
        ("60", ("30", "90"), Agreement.EXACT, "(30 + 90) / 2 = 60"),
        ("1.3", ("1", "1", "2"), Agreement.ROUNDED, "(1 + 1 + 2) / 3 = 1.33"),
        ("45", ("45",), Agreement.EXACT, "45"),
        ("61", ("30", "90"), Agreement.CONTRADICTS, "(30 + 90) / 2 = 60"),
    ],
)
def test_a_mean_duration_follows_from_the_incidents(
    stated: str, durations: tuple[str, ...], verdict: Agreement, formula: str
) -> None:
    check = _mean_duration(stated, *durations)

    assert (check.verdict, check.formula, check.note) == (verdict, formula, "")
    assert check.computed == sum(map(Decimal, durations)) / len(durations)


def test_a_mean_duration_is_granted_what_its_qualifier_promises() -> None:
    assert _mean_duration("50", "30", "90", qualifier=Qualifier.AT_LEAST).verdict == Agreement.ABOUT


@pytest.mark.parametrize(
    ("durations", "formula", "note"),
    [
        (("60", None), "2 incidents", "The duration of an incident is not known."),
        ((None, None), "2 incidents", "The duration of an incident is not known."),
        ((), "0 incidents", "The mean of no incident is undefined; it is not 0."),
    ],
)
def test_a_mean_stays_open_with_an_unknown_duration_or_no_incident(
    durations: tuple[str | None, ...], formula: str, note: str
) -> None:
    check = _mean_duration("60", *durations)

    assert (check.verdict, check.stated, check.computed) == (Agreement.NOT_CHECKABLE, 60, None)
    assert (check.formula, check.note) == (formula, note)


def test_a_mean_that_is_not_stated_is_not_checked() -> None:
    check = _mean_duration(None, "30", "90")

    assert (check.verdict, check.computed, check.formula) == (Agreement.NOT_CHECKABLE, None, "2 incidents")
    assert check.note == "No mean is stated."


def test_a_mean_is_written_half_up_as_it_is_compared() -> None:
    check = _mean_duration("3.13", *["3"] * 7, "4")

    assert (check.verdict, check.formula) == (Agreement.ROUNDED, "(3 + 3 + 3 + 3 + 3 + 3 + 3 + 4) / 8 = 3.13")


# Lists


@pytest.mark.parametrize(
    ("listed", "qualifier", "verdict", "computed"),
    [
        (3, Qualifier.EXACTLY, Agreement.EXACT, 3),
        (4, Qualifier.EXACTLY, Agreement.CONTRADICTS, 4),
        (4, Qualifier.AT_LEAST, Agreement.ABOUT, 4),
        (0, Qualifier.EXACTLY, Agreement.NOT_CHECKABLE, None),
    ],
)
def test_a_count_is_held_against_the_list_unless_nothing_is_listed(
    listed: int, qualifier: str, verdict: Agreement, computed: int | None
) -> None:
    check = check_list(claim="", stated=Decimal(3), qualifier=qualifier, listed=listed, unit=Unit.COUNT)

    assert (check.kind, check.verdict, check.computed) == (CheckKind.LIST, verdict, computed)
    assert check.formula == f"{listed} listed"


@pytest.mark.parametrize(
    ("stated", "qualifier", "listed", "verdict", "formula"),
    [
        ("3", Qualifier.EXACTLY, ("2", "3"), Agreement.ROUNDED, "(2 + 3) / 2 = 2.5 months"),
        ("2", Qualifier.AT_LEAST, ("2", "3"), Agreement.ABOUT, "(2 + 3) / 2 = 2.5 months"),
        ("4", Qualifier.EXACTLY, ("4",), Agreement.EXACT, "4 months"),
    ],
)
def test_a_mean_is_held_against_the_listed_figures(
    stated: str, qualifier: str, listed: tuple[str, ...], verdict: Agreement, formula: str
) -> None:
    check = check_listed_mean(
        claim="",
        stated=Decimal(stated),
        qualifier=qualifier,
        listed=[Decimal(each) for each in listed],
        unit=Unit.MONTH,
    )

    assert (check.kind, check.verdict, check.formula) == (CheckKind.LIST, verdict, formula)


@pytest.mark.parametrize(
    ("is_largest", "verdict", "computed", "formula"),
    [
        (True, Agreement.EXACT, 9, "max(4, 9, 2.5) = 9"),
        (False, Agreement.CONTRADICTS, 2.5, "min(4, 9, 2.5) = 2.5"),
    ],
)
def test_an_extreme_is_held_against_the_largest_or_the_smallest_case(
    is_largest: bool, verdict: Agreement, computed: float, formula: str
) -> None:
    check = check_listed_extreme(
        claim="",
        stated=Decimal(9),
        listed=[Decimal(4), Decimal(9), Decimal("2.5")],
        is_largest=is_largest,
        unit=Unit.MONTH,
    )

    assert (check.verdict, check.computed, check.formula) == (verdict, computed, formula)


# Stints of work


@pytest.mark.parametrize(
    ("stated", "people", "verdict", "formula", "note"),
    [
        (
            "33",
            3,
            Agreement.ROUNDED,
            "1 / 3 = 33.3%",
            "Fits an equal share of the team; that proves nothing.",
        ),
        ("60", 2, Agreement.NOT_CHECKABLE, "1 / 2 = 50%", "Shares need not be equal."),
    ],
)
def test_a_contribution_may_fit_an_equal_share_but_never_contradicts_it(
    stated: str, people: int, verdict: Agreement, formula: str, note: str
) -> None:
    check = check_equal_share(claim="", stated=Decimal(stated), people=people)

    assert (check.kind, check.verdict) == (CheckKind.RATIO, verdict)
    assert (check.formula, check.note) == (formula, note)


def _span(stated: str, unit: str, starts_on: str, ends_on: str) -> Check:
    return check_span(
        claim="",
        stated=Decimal(stated),
        unit=unit,
        starts_on=Period.parse(starts_on),
        ends_on=Period.parse(ends_on),
    )


@pytest.mark.parametrize(
    ("stated", "unit", "starts_on", "ends_on", "verdict", "reading"),
    [
        ("4", Unit.MONTH, "2023-11", "2024-02", Agreement.EXACT, ", both months counted = 4"),
        ("3", Unit.MONTH, "2023-11", "2024-02", Agreement.CONTRADICTS, ", both months counted = 4"),
        ("6", Unit.MONTH, "2024-01-10", "2024-06-20", Agreement.EXACT, ", both months counted = 6"),
        ("5", Unit.MONTH, "2024-01-10", "2024-06-20", Agreement.ROUNDED, " = 162 days / 30.4369 = 5.32"),
        ("6", Unit.MONTH, "2024-01-10", "2024-06", Agreement.EXACT, ", both months counted = 6"),
        ("1.5", "year", "2023-01", "2024-06", Agreement.EXACT, ", both months counted / 12 = 1.5"),
        ("3", "year", "2021", "2023", Agreement.EXACT, " = 3"),
        ("9", Unit.DAY, "2024-01-01", "2024-01-10", Agreement.EXACT, " = 9"),
        ("10", Unit.DAY, "2024-01-01", "2024-01-10", Agreement.EXACT, ", both days counted = 10"),
        ("1", Unit.WEEK, "2024-01-01", "2024-01-14", Agreement.TRUNCATED, " = 13 days / 7 = 1.86"),
        (
            "2",
            Unit.WEEK,
            "2024-01-01",
            "2024-01-14",
            Agreement.EXACT,
            ", both days counted = 14 days / 7 = 2",
        ),
    ],
)
def test_a_span_is_read_in_the_way_that_fits_best(
    stated: str, unit: str, starts_on: str, ends_on: str, verdict: Agreement, reading: str
) -> None:
    check = _span(stated, unit, starts_on, ends_on)

    assert (check.kind, check.verdict) == (CheckKind.SPAN, verdict)
    assert check.formula == f"{starts_on} → {ends_on}{reading}"
    assert check.computed is not None
    assert round(check.computed, 2) == Decimal(reading.rpartition(" = ")[2])


@pytest.mark.parametrize(
    ("unit", "starts_on", "ends_on"),
    [
        (Unit.MONTH, "2021", "2023"),
        (Unit.MONTH, "2023-11", "2024"),
        (Unit.MONTH, "2023", "2024-02"),
        ("year", "2023-H1", "2024-H2"),
        (Unit.WEEK, "2024-01", "2024-02"),
        (Unit.DAY, "2024-01-01", "2024-02"),
    ],
)
def test_a_span_in_units_finer_than_its_ends_is_not_checkable(
    unit: str, starts_on: str, ends_on: str
) -> None:
    check = _span("2", unit, starts_on, ends_on)

    assert (check.verdict, check.stated, check.computed) == (Agreement.NOT_CHECKABLE, 2, None)
    assert check.formula == f"{starts_on} → {ends_on}"


@pytest.mark.parametrize(
    ("earliest", "verdict", "formula", "note"),
    [
        (
            "2024-03-14",
            Agreement.CONTRADICTS,
            "2024-03-14 < 2024-03-15",
            "“Login page” is recorded before it began.",
        ),
        ("2024-03-15", Agreement.EXACT, "2024-03-15 ≥ 2024-03-15", ""),
        ("2024-Q1", Agreement.EXACT, "2024-Q1 ≥ 2024-03-15", ""),
    ],
)
def test_work_is_early_only_if_its_period_ends_before_the_stint_begins(
    earliest: str, verdict: Agreement, formula: str, note: str
) -> None:
    check = check_begins_before(
        claim="",
        starts_on=Period.parse("2024-03-15"),
        earliest=Period.parse(earliest),
        what="Login page",
    )

    assert (check.verdict, check.formula, check.note) == (verdict, formula, note)


@pytest.mark.parametrize(
    ("ends_on", "later", "formula"),
    [
        pytest.param(None, [], "", id="no end"),
        pytest.param("2024-12-31", [], "", id="ends with the year"),
        pytest.param("2025-01", [], "2025-01 > 2024", id="ends later"),
        pytest.param("2024-06", ["Ferry (2025)"], "Ferry (2025)", id="told of later"),
        pytest.param("2025", ["Ferry (2025)"], "2025 > 2024; Ferry (2025)", id="both"),
    ],
)
def test_work_is_complete_unless_it_ends_later_or_is_told_of_later(
    ends_on: str | None, later: list[str], formula: str
) -> None:
    """`formula` holds what speaks against it."""
    check = check_completion(
        claim="",
        told_in=Period(2024),
        ends_on=None if ends_on is None else Period.parse(ends_on),
        later=later,
    )

    assert check.kind == CheckKind.OPEN_WORK
    if formula:
        assert (check.verdict, check.formula) == (Agreement.CONTRADICTS, formula)
        assert (
            check.note == "Work goes on after it was called complete; it may have been one phase of several."
        )
    else:
        assert (check.verdict, check.formula) == (Agreement.EXACT, "nothing recorded after 2024")
        assert check.note == ""


@pytest.mark.parametrize(
    ("later", "verdict", "formula", "note"),
    [
        (["Ferry (2025)", "Ferry (2026)"], Agreement.EXACT, "Ferry (2025); Ferry (2026)", ""),
        (
            [],
            Agreement.NOT_CHECKABLE,
            "nothing recorded after 2024",
            "Called ongoing and never heard of again: neither closed nor continued.",
        ),
    ],
)
def test_ongoing_work_is_told_of_later_or_left_open(
    later: list[str], verdict: Agreement, formula: str, note: str
) -> None:
    check = check_ongoing(claim="", told_in=Period(2024), later=later)

    assert (check.kind, check.verdict) == (CheckKind.OPEN_WORK, verdict)
    assert (check.formula, check.note) == (formula, note)


# Other mentions


@pytest.mark.parametrize(
    ("stated", "elsewhere", "verdict", "formula"),
    [
        (("87", Qualifier.AT_LEAST), ("87", Qualifier.EXACTLY), Agreement.EXACT, "87+ ↔ 87"),
        (("303", Qualifier.EXACTLY), ("300", Qualifier.ABOUT), Agreement.ABOUT, "303 ↔ ~300"),
        (("300", Qualifier.ABOUT), ("303", Qualifier.EXACTLY), Agreement.ABOUT, "~300 ↔ 303"),
        (("80", Qualifier.EXACTLY), ("80.4", Qualifier.EXACTLY), Agreement.ROUNDED, "80 ↔ 80.4"),
        (("80", Qualifier.EXACTLY), ("85", Qualifier.EXACTLY), Agreement.CONTRADICTS, "80 ↔ 85"),
    ],
)
def test_two_mentions_agree_as_far_as_either_of_them_promises(
    stated: tuple[str, str], elsewhere: tuple[str, str], verdict: Agreement, formula: str
) -> None:
    here, there = Decimal(stated[0]), Decimal(elsewhere[0])
    check = check_mention(
        claim="",
        stated=here,
        qualifier=stated[1],
        elsewhere=there,
        elsewhere_qualifier=elsewhere[1],
        unit=Unit.COUNT,
    )

    assert (check.kind, check.verdict, check.formula) == (CheckKind.RESTATED, verdict, formula)
    assert (check.stated, check.computed, check.difference) == (there, here, here - there)


def test_a_figure_stated_alike_in_several_places_is_exact() -> None:
    check = check_same_figure(claim="", stated=Decimal(7), unit=Unit.COUNT, lines="12, 40")

    assert (check.kind, check.verdict, check.difference) == (CheckKind.RESTATED, Agreement.EXACT, 0)
    assert check.formula == "the same on lines 12, 40"


def _derived(stated: str, *, qualifier: str = Qualifier.EXACTLY, **completeness: bool) -> Check:
    return check_derived(
        claim="",
        stated=Decimal(stated),
        qualifier=qualifier,
        part=Decimal(12),
        formula="5 + 7 = 12",
        unit=Unit.COUNT,
        **completeness,
    )


def test_a_figure_that_repeats_a_part_contradicts_any_other() -> None:
    exact, other = _derived("12"), _derived("13")

    assert (exact.verdict, exact.computed, exact.formula) == (Agreement.EXACT, 12, "5 + 7 = 12")
    assert (other.verdict, other.difference, other.note) == (Agreement.CONTRADICTS, -1, "")
    assert _derived("10", qualifier=Qualifier.AT_LEAST).verdict == Agreement.ABOUT


def test_a_part_of_some_periods_can_confirm_a_figure_but_not_contradict_it() -> None:
    exact, other = (_derived(stated, is_complete=False) for stated in ("12", "13"))

    assert (exact.verdict, exact.note) == (Agreement.EXACT, "")
    assert (other.verdict, other.difference) == (Agreement.NOT_CHECKABLE, -1)
    assert other.note == "Not all of its periods have a figure."
