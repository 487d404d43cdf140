from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from metrics.checks import Agreement
from metrics.units import Qualifier, Unit
from projects.models import Engagement
from records.models import Account
from tests import factories as make
from tests.metrics.auditing import (
    CONTRADICTS,
    EXACT,
    NOT_CHECKABLE,
    ROUNDED,
    findings,
    measure_quarters,
    moment,
    rate,
    verdicts,
)

# Before and after


@pytest.mark.parametrize(
    ("change", "unit", "qualifier", "verdict"),
    [
        (-60, Unit.PERCENT, Qualifier.EXACTLY, EXACT),
        (-18, Unit.GIGABYTE, Qualifier.EXACTLY, EXACT),
        ("0.4", Unit.TIMES, Qualifier.EXACTLY, EXACT),
        (-18, Unit.PERCENT, Qualifier.EXACTLY, CONTRADICTS),
        (-61, Unit.PERCENT, Qualifier.AT_LEAST, Agreement.ABOUT),
        (-59, Unit.PERCENT, Qualifier.AT_LEAST, CONTRADICTS),
    ],
)
def test_audit_holds_a_stated_change_against_both_ends(
    owner: Account, change: int | str, unit: str, qualifier: str, verdict: Agreement
) -> None:
    make.create_change(
        owner=owner,
        before=30,
        after=12,
        stated_change=change,
        stated_change_unit=unit,
        qualifier=qualifier,
    )

    assert verdicts(owner) == {"change:change/package-size": verdict}


def test_audit_holds_both_ends_against_the_figures_of_their_periods(owner: Account) -> None:
    metric = rate(owner)
    measure_quarters(owner, metric, "50", "44", "63", "50")
    make.create_change(
        owner=owner,
        subject="Closure",
        metric=metric,
        unit=Unit.PERCENT,
        before=50,
        after="87.5",
        from_period="2024-Q1",
    )

    found = findings(owner)
    assert found["change:change/closure#from"].check.verdict == EXACT
    last = found["change:change/closure#to"].check
    assert (last.verdict, last.computed) == (CONTRADICTS, Decimal(63))  # the nearest
    assert last.formula == "2024-Q1 50%; 2024-Q2 44%; 2024-Q3 63%; 2024-Q4 50%"


@pytest.mark.parametrize(
    ("direction", "quarters", "verdict"),
    [
        ("up", "62 75 88 95", EXACT),
        ("up", "62 75 75 95", EXACT),
        ("up", "33 100 100 89", CONTRADICTS),
        ("down", "33 20 20 10", EXACT),
        ("down", "33 20 21 10", CONTRADICTS),
        ("neutral", "1 2 3 4", NOT_CHECKABLE),
        ("up", "62", NOT_CHECKABLE),
    ],
)
def test_audit_follows_a_steady_change_from_quarter_to_quarter(
    owner: Account, direction: str, quarters: str, verdict: Agreement
) -> None:
    metric = rate(owner, direction=direction)
    measure_quarters(owner, metric, *quarters.split())
    make.create_measurement(owner=owner, metric=metric, period="2024", value=1)
    make.create_change(
        owner=owner,
        subject="Steady",
        metric=metric,
        before=None,
        after=None,
        unit="",
        after_text="better all the time",
        from_period="2024-Q1",
        to_period="2024-Q4",
        is_steady=True,
    )

    assert verdicts(owner)["change:change/steady#steady"] == verdict


# Incidents


@pytest.mark.parametrize(
    ("minutes", "as_stated", "verdict"),
    [
        ("2577", "42.95h", EXACT),
        ("2578.2", "42.97h", CONTRADICTS),
        ("2580", "43h", ROUNDED),
        ("2580", "43h (Q3)", ROUNDED),
        ("2577", "42h 57m", EXACT),
        ("2580", "43h 0m", CONTRADICTS),
        ("100", "1h 40m", CONTRADICTS),
        ("2500", "41 hours 40 minutes", CONTRADICTS),
        ("2580", "", CONTRADICTS),
    ],
)
def test_audit_holds_a_duration_against_start_and_end_as_it_was_written(
    owner: Account, minutes: str, as_stated: str, verdict: Agreement
) -> None:
    make.create_incident(
        owner=owner,
        title="Fog",
        period="2024-Q3",
        started_at=moment("2024-07-08T16:53"),
        resolved_at=moment("2024-07-10T11:50"),
        stated_duration=minutes,
        as_stated=as_stated,
    )

    assert verdicts(owner) == {"incident:incident/fog": verdict, "incident:incident/fog#filed": EXACT}


def test_audit_finds_an_incident_filed_under_another_quarter(owner: Account) -> None:
    make.create_incident(owner=owner, title="Fog", period="2024-Q2", started_at=moment("2024-07-01T00:30"))

    assert verdicts(owner) == {"incident:incident/fog#filed": CONTRADICTS}


@pytest.mark.parametrize(
    ("stated", "durations", "verdict"),
    [
        pytest.param("60", ("30", "90"), EXACT, id="mean"),
        pytest.param("61", ("30", "90"), CONTRADICTS, id="another-mean"),
        pytest.param("60", ("60", None), NOT_CHECKABLE, id="one-duration-unknown"),
        pytest.param(None, (), NOT_CHECKABLE, id="no-incident-and-no-figure"),
        pytest.param("0", (), NOT_CHECKABLE, id="no-incident-is-not-zero"),
    ],
)
def test_audit_holds_a_mean_time_against_the_incidents_of_its_quarter(
    owner: Account, stated: str | None, durations: tuple[str | None, ...], verdict: Agreement
) -> None:
    metric = make.create_metric(owner=owner, name="MTTR", unit=Unit.MINUTE, counts="incident")
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q2", value=stated, as_stated="1h, as written"
    )
    for duration in durations:
        make.create_incident(owner=owner, period="2024-Q2", stated_duration=duration)
    make.create_incident(owner=owner, period="2024-Q3", stated_duration=1)

    assert verdicts(owner) == {"incident:measurement/mttr/2024-Q2": verdict}


def test_audit_measures_an_incident_that_states_no_duration(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="MTTR", unit=Unit.MINUTE, counts="incident")
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=1135, as_stated="18h 55m")
    make.create_incident(
        owner=owner,
        stated_duration=None,
        started_at=moment("2024-03-21T19:22"),
        resolved_at=moment("2024-03-22T14:17"),
    )

    assert verdicts(owner)["incident:measurement/mttr/2024-Q1"] == EXACT


# Stints of work


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "stated", "unit", "verdict"),
    [
        ("2021-03", "2022-05", 15, "month", EXACT),
        ("2021-03", "2022-05", 14, "month", CONTRADICTS),
        ("2023-04-03", "2023-12-25", 38, "week", EXACT),
        ("2023-04-03", "2023-12-25", 40, "week", CONTRADICTS),
        ("2023-05-05", "2023-05-26", 21, "day", EXACT),
        ("2023-05-05", "2023-05-26", 22, "day", EXACT),
        ("2023-05-05", "2023-05-26", 23, "day", CONTRADICTS),
        ("2023-01-15", "2023-03-14", 2, "month", ROUNDED),
        ("2021", "2023", 3, "year", EXACT),
        ("2021-01", "2022-06", "1.5", "year", EXACT),
        ("2023-04", "2023-05", 8, "week", NOT_CHECKABLE),
    ],
)
def test_audit_holds_a_stated_duration_against_start_and_end(
    owner: Account, starts_on: str, ends_on: str, stated: int | str, unit: str, verdict: Agreement
) -> None:
    make.create_engagement(
        owner=owner,
        name="Survey",
        starts_on=starts_on,
        ends_on=ends_on,
        stated_duration=Decimal(stated),
        stated_duration_unit=unit,
    )

    assert verdicts(owner) == {"span:engagement/survey": verdict}


@pytest.mark.parametrize(
    ("work", "verdict"),
    [("2022-Q2", CONTRADICTS), ("2022-Q3", EXACT), ("2022", None), ("2021", CONTRADICTS)],
)
def test_audit_finds_work_recorded_before_its_beginning(
    owner: Account, work: str, verdict: Agreement | None
) -> None:
    survey = make.create_engagement(owner=owner, name="Survey", period="2022", starts_on="2022-09")
    make.create_achievement(owner=owner, engagement=survey, period=work)
    make.create_achievement(owner=owner, engagement=survey, period="2022-Q4")

    assert verdicts(owner) == ({} if verdict is None else {"span:engagement/survey#begin": verdict})


@pytest.mark.parametrize(("contribution", "verdict"), [(50, EXACT), (80, NOT_CHECKABLE)])
def test_audit_does_not_hold_anybody_to_an_equal_share(
    owner: Account, contribution: int, verdict: Agreement
) -> None:
    make.create_engagement(owner=owner, name="Survey", team_size=2, contribution=contribution)

    assert verdicts(owner) == {"ratio:engagement/survey": verdict}


def _stint(owner: Account, *, later: str | None, **fields: Any) -> Engagement:  # noqa: ANN401
    """One stint of 2021, maybe another of the same project, and something else told of 2022."""
    survey = make.create_engagement(owner=owner, name="Survey", period="2021", **fields)
    make.create_engagement(owner=owner, period="2022")
    if later is not None:
        make.create_engagement(owner=owner, project=survey.project, period=later)
    return survey


@pytest.mark.parametrize(
    ("status", "later", "verdict"),
    [
        ("Completed", "2022", CONTRADICTS),
        ("성공적 완료", "2022", CONTRADICTS),
        ("Completed", None, EXACT),
        ("Completed", "2021", EXACT),
        ("Incomplete", "2022", None),
        ("not completed", "2022", None),
        ("미완료", "2022", None),
        ("완료 예정", "2022", None),
        ("-", "2022", None),
    ],
)
def test_audit_holds_completed_work_against_later_years(
    owner: Account, status: str, later: str | None, verdict: Agreement | None
) -> None:
    _stint(owner, later=later, status=status)

    assert verdicts(owner) == ({} if verdict is None else {"open_work:engagement/survey": verdict})


def test_audit_finds_completed_work_that_ends_after_its_year(owner: Account) -> None:
    make.create_engagement(
        owner=owner, name="Survey", period="2021", starts_on="2021-03", ends_on="2022-05", status="완료"
    )

    assert verdicts(owner) == {"open_work:engagement/survey": CONTRADICTS}


@pytest.mark.parametrize(("later", "verdict"), [("2022", EXACT), (None, NOT_CHECKABLE)])
def test_audit_asks_what_became_of_ongoing_work(
    owner: Account, later: str | None, verdict: Agreement
) -> None:
    _stint(owner, later=later, is_ongoing=True)

    assert verdicts(owner) == {"open_work:engagement/survey": verdict}


def test_audit_asks_nothing_of_the_last_year_told(owner: Account) -> None:
    make.create_engagement(owner=owner, period="2022", status="Completed")
    make.create_engagement(owner=owner, period="2022", is_ongoing=True)

    assert verdicts(owner) == {}
