from __future__ import annotations

from typing import Any

import pytest

from metrics.checks import Agreement
from metrics.models import Derivation
from metrics.units import Qualifier, Unit
from projects.models import Activity
from records.models import Account
from tests import factories as make
from tests.metrics.auditing import (
    CONTRADICTS,
    EXACT,
    NOT_CHECKABLE,
    QUARTERS,
    ROUNDED,
    TRUNCATED,
    findings,
    measure_quarters,
    measure_share,
    rate,
    verdicts,
)

# Figures against their own parts


@pytest.mark.parametrize(
    ("value", "numerator", "denominator", "verdict"),
    [
        ("50", 1, 2, EXACT),
        ("62", 25, 40, TRUNCATED),
        ("63", 25, 40, ROUNDED),
        ("64", 25, 40, CONTRADICTS),
        (None, 25, 40, None),
        ("64", None, None, None),
    ],
)
def test_audit_holds_a_value_against_its_parts(
    owner: Account,
    value: str | None,
    numerator: int | None,
    denominator: int | None,
    verdict: Agreement | None,
) -> None:
    make.create_measurement(
        owner=owner, metric=rate(owner), value=value, numerator=numerator, denominator=denominator
    )

    assert verdicts(owner) == ({} if verdict is None else {"ratio:measurement/rate/2024": verdict})


@pytest.mark.parametrize(
    ("hours", "qualifier", "verdict"),
    [
        (21, Qualifier.EXACTLY, ROUNDED),
        (22, Qualifier.ABOUT, Agreement.ABOUT),
        (17, Qualifier.ABOUT, CONTRADICTS),
    ],
)
def test_audit_divides_parts_with_units_of_their_own(
    owner: Account, hours: int, qualifier: str, verdict: Agreement
) -> None:
    metric = make.create_metric(
        owner=owner,
        name="Transfer",
        unit=Unit.HOUR,
        numerator_unit=Unit.GIGABYTE,
        denominator_unit=Unit.KILOBYTE_PER_SECOND,
    )
    make.create_measurement(
        owner=owner, metric=metric, value=hours, qualifier=qualifier, numerator=30, denominator=400
    )

    check = findings(owner)["ratio:measurement/transfer/2024"].check
    assert (check.verdict, check.formula) == (verdict, "30 GB / 400 KB/s = 20.8 hours")


@pytest.mark.parametrize(
    ("unit", "period", "value", "formula"),
    [
        (Unit.PER_MONTH, "2024", "0.92", "11 / 12 = 0.917 per month"),
        (Unit.PER_QUARTER, "2024", "2.75", "11 / 4 = 2.75 per quarter"),
        (Unit.PER_MONTH, "2024-H1", "1.83", "11 / 6 = 1.833 per month"),
        (Unit.PER_QUARTER, "2024-01", "11", None),
    ],
)
def test_audit_divides_a_rate_by_the_months_or_quarters_of_its_period(
    owner: Account, unit: str, period: str, value: str, formula: str | None
) -> None:
    metric = rate(owner, unit=unit)
    make.create_measurement(owner=owner, metric=metric, period=period, value=value, numerator=11)

    checks = [finding.check for finding in findings(owner).values()]
    assert [check.formula for check in checks] == ([] if formula is None else [formula])
    assert all(check.verdict in (EXACT, ROUNDED) for check in checks)


@pytest.mark.parametrize(("hours", "verdict"), [(63, EXACT), (64, CONTRADICTS)])
def test_audit_multiplies_times_by_hours_each(owner: Account, hours: int, verdict: Agreement) -> None:
    make.create_activity(owner=owner, title="Visits", count=21, hours_each=3, hours=hours)

    assert verdicts(owner) == {"ratio:activity/visits": verdict}


@pytest.mark.parametrize(("mean", "verdict"), [(14, EXACT), (49, CONTRADICTS), (6, CONTRADICTS)])
def test_audit_holds_a_mean_against_its_smallest_and_largest_case(
    owner: Account, mean: int, verdict: Agreement
) -> None:
    metric = make.create_metric(owner=owner, name="Lead time", unit=Unit.DAY)
    make.create_measurement(owner=owner, metric=metric, value=mean, sample_size=9, minimum=1, maximum=54)

    check = findings(owner)["ratio:measurement/lead-time/2024#range"].check
    assert (check.verdict, check.formula) == (verdict, f"62 ≤ {mean * 9} ≤ 433")


# Totals against their projects


@pytest.mark.parametrize(
    ("total", "shares", "verdict", "formula"),
    [
        pytest.param({"value": 5}, [{"value": 2}, {"value": 3}], EXACT, "2 + 3 = 5", id="values"),
        pytest.param({"value": 6}, [{"value": 2}, {"value": 3}], CONTRADICTS, "2 + 3 = 5", id="one-more"),
        pytest.param({"value": 5}, [{"value": 2}, {"value": None}], NOT_CHECKABLE, "A 2 + B –", id="words"),
        pytest.param(
            {"value": None, "numerator": 3, "denominator": 5},
            [{"numerator": 1, "denominator": 2}, {"numerator": 2, "denominator": 3}],
            EXACT,
            "1/2 + 2/3 = 3/5",
            id="parts",
        ),
        pytest.param(
            {"value": None, "numerator": 3, "denominator": 6},
            [{"numerator": 1, "denominator": 2}, {"numerator": 2, "denominator": 3}],
            CONTRADICTS,
            "1/2 + 2/3 = 3/5 ≠ 3/6",
            id="other-parts",
        ),
    ],
)
def test_audit_adds_up_the_projects_of_a_total(
    owner: Account, total: dict[str, Any], shares: list[dict[str, Any]], verdict: Agreement, formula: str
) -> None:
    metric = make.create_metric(owner=owner, name="Commits")
    make.create_measurement(owner=owner, metric=metric, **total)
    for name, share in zip("AB", shares, strict=True):
        measure_share(owner, metric, name, **{"value": None, **share})

    check = findings(owner)["breakdown:measurement/commits/2024"].check
    assert (check.verdict, check.formula) == (verdict, formula)


def test_audit_does_not_add_up_rates_of_projects(owner: Account) -> None:
    metric = rate(owner)
    make.create_measurement(owner=owner, metric=metric, value=70)
    measure_share(owner, metric, "A", value=80)
    measure_share(owner, metric, "B", value=60)

    assert verdicts(owner) == {"breakdown:measurement/rate/2024": NOT_CHECKABLE}


# Changes since the period before


@pytest.mark.parametrize(
    ("before", "period"),
    [("2023-Q4", "2024-Q1"), ("2024-Q1", "2024-Q2"), ("2023", "2024"), ("2023-12", "2024-01")],
)
@pytest.mark.parametrize(("change", "verdict"), [(20, EXACT), (21, CONTRADICTS)])
def test_audit_holds_a_stated_change_against_the_period_before(
    owner: Account, before: str, period: str, change: int, verdict: Agreement
) -> None:
    metric, project = make.create_metric(owner=owner, name="Commits"), make.create_project(owner=owner)
    for where in (None, project):
        make.create_measurement(owner=owner, metric=metric, project=where, period=before, value=100)
        make.create_measurement(
            owner=owner,
            metric=metric,
            project=where,
            period=period,
            value=120,
            stated_change=change,
            stated_change_unit=Unit.PERCENT,
        )

    found = findings(owner)
    for key in (f"step:measurement/commits/{period}", f"step:measurement/commits/{period}/harbour-survey"):
        assert (found[key].check.verdict, found[key].check.formula) == (
            verdict,
            "(120 − 100) / 100 = 20%",
        )
        assert findings(owner, [2024])[key].fingerprint == found[key].fingerprint


def test_audit_finds_a_change_without_a_period_before_not_checkable(owner: Account) -> None:
    make.create_measurement(owner=owner, stated_change=3, stated_change_unit=Unit.COUNT)

    assert verdicts(owner) == {"step:measurement/articles/2024": NOT_CHECKABLE}


def test_audit_grants_a_change_of_the_unrounded_figures(owner: Account) -> None:
    metric = rate(owner)
    first = {"value": 33, "numerator": 1, "denominator": 3}  # 33.33
    last = {"value": 67, "numerator": 2, "denominator": 3}  # 66.67
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", **first)
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q2", stated_change=33, stated_change_unit="pp", **last
    )

    check = findings(owner)["step:measurement/rate/2024-Q2"].check
    assert (check.verdict, check.note) == (
        ROUNDED,
        "Only from the unrounded figures; the stated ones give another.",
    )


# Years against their periods


@pytest.mark.parametrize(
    ("aggregation", "year", "quarters", "verdict", "formula"),
    [
        pytest.param("sum", 10, "1 2 3 4", EXACT, "1 + 2 + 3 + 4 = 10", id="sum"),
        pytest.param("sum", 11, "1 2 3 4", CONTRADICTS, "1 + 2 + 3 + 4 = 10", id="another-sum"),
        pytest.param("mean", 3, "1 2 3 4", ROUNDED, "(1 + 2 + 3 + 4) / 4 = 2.5", id="mean-rounded"),
        pytest.param("last", 4, "1 2 3 4", EXACT, "value of the last period = 4", id="last"),
        pytest.param("mean", 3, "2 4 6 -", EXACT, "(2 + 4 + 6 + 0) / 4 = 3", id="empty-counted-as-zero"),
        pytest.param("sum", 10, "1 2 3", NOT_CHECKABLE, "1 + 2 + 3 = 6", id="a-quarter-is-missing"),
        pytest.param("sum", 6, "1 2 3", EXACT, "1 + 2 + 3 = 6", id="some-quarters-confirm"),
        pytest.param("none", 10, "1 2 3 4", None, "", id="not-combined"),
    ],
)
def test_audit_holds_a_year_against_its_quarters(
    owner: Account, aggregation: str, year: int, quarters: str, verdict: Agreement | None, formula: str
) -> None:
    metric = make.create_metric(owner=owner, name="Tests", aggregation=aggregation)
    make.create_measurement(owner=owner, metric=metric, value=year)
    measure_quarters(owner, metric, *(None if value == "-" else value for value in quarters.split()))

    found = {key: (each.check.verdict, each.check.formula) for key, each in findings(owner).items()}
    assert found == ({} if verdict is None else {"year:measurement/tests/2024": (verdict, formula)})


def test_audit_grants_a_mean_of_the_unrounded_figures(owner: Account) -> None:
    metric = rate(owner)
    for period in QUARTERS:  # 66.67, stated as 66
        make.create_measurement(
            owner=owner, metric=metric, period=period, value=66, numerator=2, denominator=3
        )
    make.create_measurement(owner=owner, metric=metric, value=67)

    assert verdicts(owner)["year:measurement/rate/2024"] == ROUNDED


# Counts against lists


@pytest.mark.parametrize(
    ("stated", "as_stated", "verdict"),
    [(4, "4", EXACT), (3, "3", CONTRADICTS), (4, "", None)],
    ids=["all", "one-less", "counted-from-the-list-itself"],
)
def test_audit_holds_a_count_against_the_activities_listed(
    owner: Account, stated: int, as_stated: str, verdict: Agreement | None
) -> None:
    metric = make.create_metric(owner=owner, name="Talks", counts=Activity.Kind.TALK)
    make.create_measurement(owner=owner, metric=metric, value=stated, as_stated=as_stated)
    make.create_activity(owner=owner, kind="talk", period="2024-Q1")
    make.create_activity(owner=owner, kind="talk", period="2024", count=3)
    make.create_activity(owner=owner, kind="talk", period="2023")
    make.create_activity(owner=owner, kind="book", period="2024")

    assert verdicts(owner) == ({} if verdict is None else {"list:measurement/talks/2024": verdict})


def test_audit_cannot_check_a_count_of_which_nothing_is_listed(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="Talks", counts=Activity.Kind.TALK)
    make.create_measurement(owner=owner, metric=metric, value=3, as_stated="3")

    assert verdicts(owner) == {"list:measurement/talks/2024": NOT_CHECKABLE}


def test_audit_counts_a_project_once_however_many_stints_it_had(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="Projects", counts="project")
    make.create_measurement(owner=owner, metric=metric, value=2, as_stated="2")
    first = make.create_project(owner=owner, name="A")
    for project in (first, first, make.create_project(owner=owner, name="B")):
        make.create_engagement(owner=owner, project=project)

    assert verdicts(owner) == {"list:measurement/projects/2024": EXACT}


def test_audit_holds_the_length_of_projects_against_their_stints(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="Length", unit=Unit.WEEK, counts="project")
    make.create_measurement(
        owner=owner, metric=metric, value=20, qualifier="about", as_stated="~20", maximum=37, minimum=5
    )
    for weeks in (38, 5, None):
        make.create_engagement(
            owner=owner, stated_duration=weeks, stated_duration_unit="week" if weeks else ""
        )

    found = findings(owner)
    assert found["list:measurement/length/2024"].check.formula == "(38 + 5) / 2 = 21.5 weeks"
    assert {key: each.check.verdict for key, each in found.items()} == {
        "list:measurement/length/2024": Agreement.ABOUT,
        "list:measurement/length/2024#largest": CONTRADICTS,
        "list:measurement/length/2024#smallest": EXACT,
    }


# Figures told more than once


def test_audit_compares_a_figure_with_its_other_mentions(owner: Account) -> None:
    row = make.create_measurement(owner=owner, value=87, qualifier="at_least", source_lines="167, 170")
    make.create_mention(owner=owner, measurement=row, value=87, as_stated="same")
    make.create_mention(owner=owner, measurement=row, value=90, as_stated="more")
    make.create_mention(owner=owner, measurement=row, value=86, as_stated="less")
    make.create_mention(owner=owner, measurement=row, value=None, as_stated="many")

    assert verdicts(owner) == {
        "restated:measurement/articles/2024": EXACT,
        "restated:mention/same": EXACT,
        "restated:mention/more": Agreement.ABOUT,
        "restated:mention/less": CONTRADICTS,
    }


@pytest.mark.parametrize(
    ("derivation", "value", "verdict", "formula"),
    [
        (Derivation.NUMERATOR, 5, EXACT, "Rate: 5"),
        (Derivation.DENOMINATOR, 10, EXACT, "Rate: 10"),
        (Derivation.REST, 5, EXACT, "Rate: 10 − 5 = 5"),
        (Derivation.REST, 14, CONTRADICTS, "Rate: 10 − 5 = 5"),
    ],
)
def test_audit_compares_a_derived_figure_with_the_part_it_repeats(
    owner: Account, derivation: str, value: int, verdict: Agreement, formula: str
) -> None:
    origin = rate(owner)
    make.create_measurement(owner=owner, metric=origin, value=None, numerator=5, denominator=10)
    metric = make.create_metric(owner=owner, name="Issues", derived_from=origin, derivation=derivation)
    make.create_measurement(owner=owner, metric=metric, value=value)
    make.create_measurement(owner=owner, metric=metric, value=value, period="2023")

    check = findings(owner)["restated:measurement/issues/2024#derived"].check
    assert (check.verdict, check.formula) == (verdict, formula)
    assert len(findings(owner)) == 1  # 2023 has nothing to repeat


@pytest.mark.parametrize(
    ("year", "own", "verdict", "formula"),
    [
        (52, 3, EXACT, "Rate: 3 + 14 + 16 + 19 = 52"),
        (87, 3, CONTRADICTS, "Rate: 3 + 14 + 16 + 19 = 52"),
        (87, None, NOT_CHECKABLE, "Rate: 14 + 16 + 19 = 49"),
    ],
    ids=["all", "another-figure", "a-quarter-is-missing"],
)
def test_audit_adds_up_the_parts_of_a_year_that_a_derived_figure_repeats(
    owner: Account, year: int, own: int | None, verdict: Agreement, formula: str
) -> None:
    origin = rate(owner)
    parts = {"2024-Q2": (14, 14), "2024-Q4": (17, 19)}
    for period, (numerator, denominator) in parts.items():
        make.create_measurement(
            owner=owner,
            metric=origin,
            period=period,
            value=None,
            numerator=numerator,
            denominator=denominator,
        )
    for name, count in (("A", 14), ("B", 2)):  # the third quarter is told by project only
        measure_share(owner, origin, name, period="2024-Q3", value=None, numerator=count, denominator=count)
    metric = make.create_metric(
        owner=owner, name="Deployments", derived_from=origin, derivation=Derivation.DENOMINATOR
    )
    make.create_measurement(owner=owner, metric=metric, value=year)
    if own is not None:
        measure_share(owner, metric, "C", period="2024-Q1", value=own)

    check = findings(owner)["restated:measurement/deployments/2024#derived"].check
    assert (check.verdict, check.formula) == (verdict, formula)


# Open work within a metric


def test_audit_finds_open_work_that_disappears(owner: Account) -> None:
    metric = rate(owner)
    kept, lost = (make.create_project(owner=owner, name=name) for name in ("Kept", "Lost"))
    rows = [
        ("2024-Q1", kept, 1, 2),
        ("2024-Q1", lost, 0, 1),
        ("2024-Q2", kept, 2, 2),
        ("2024-Q2", None, 2, 2),
    ]
    for period, project, numerator, denominator in rows:
        make.create_measurement(
            owner=owner,
            metric=metric,
            period=period,
            project=project,
            value=None,
            numerator=numerator,
            denominator=denominator,
        )

    finding = findings(owner)["open_work:measurement/rate/2024-Q2"]
    assert (finding.check.verdict, finding.check.formula) == (NOT_CHECKABLE, "2/3 = 66.7%")
    assert "Lost 0/1" in finding.check.note
    assert [str(row) for row in finding.inputs] == ["Rate 2024-Q1, Lost"]


@pytest.mark.parametrize(("last", "expected"), [(3, "5/6 = 83.3%"), (0, None)], ids=["rises", "falls"])
def test_audit_recognises_running_totals(owner: Account, last: int, expected: str | None) -> None:
    metric = rate(owner)
    for name, second in (("A", last), ("B", 2)):
        project = make.create_project(owner=owner, name=name)
        for period, numerator in (("2024-Q1", 1), ("2024-Q2", second)):
            make.create_measurement(
                owner=owner,
                metric=metric,
                period=period,
                project=project,
                value=None,
                numerator=numerator,
                denominator=3,
            )

    formulas = [finding.check.formula for finding in findings(owner).values()]
    assert formulas == ([] if expected is None else [expected])
