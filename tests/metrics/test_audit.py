from __future__ import annotations

import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from metrics.audit import audit, contradictions
from metrics.checks import CheckKind
from metrics.findings import Finding
from metrics.models import Derivation, Measurement, Metric, Settlement
from metrics.units import Unit
from metrics.within import Within
from projects.models import Activity
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from tests import factories as make
from tests.metrics.auditing import (
    CONTRADICTS,
    findings,
    measure_quarters,
    moment,
    rate,
)
from tests.statements import tables_asked

# All of it together


def _one_of_each(owner: Account, number: int) -> None:
    metric = rate(owner, name=f"Rate {number}", counts="incident")
    derived = make.create_metric(
        owner=owner, name=f"Rest {number}", derived_from=metric, derivation=Derivation.REST
    )
    row = make.create_measurement(
        owner=owner, metric=metric, value=64, numerator=25, denominator=40, as_stated="64%"
    )
    make.create_measurement(owner=owner, metric=derived, value=14)
    make.create_mention(owner=owner, measurement=row, value=65)
    make.create_incident(owner=owner)
    survey = make.create_engagement(owner=owner, status="Completed", starts_on="2024-05")
    make.create_achievement(owner=owner, engagement=survey, period="2024-Q1")
    make.create_activity(owner=owner, count=2, hours_each=3, hours=7)
    make.create_change(owner=owner, metric=metric, unit=Unit.PERCENT, before=1, after=2, source=None)


TABLES = [
    "metrics_settlement",
    "metrics_metric projects_project records_document",
    "metrics_change metrics_incident metrics_mention projects_achievement projects_activity projects_engagement",
    "metrics_measurement",
    "metrics_measurement",  # the figures of changes
    "goals_goal",
]


@pytest.mark.parametrize("records", [3, 300])
@pytest.mark.parametrize("years", [None, [2024], [2020, 2024]], ids=["all", "one-year", "two-years"])
def test_audit_asks_each_table_once_whatever_the_number_of_records(
    owner: Account, records: int, years: list[int] | None
) -> None:
    for number in range(max(1, records // 9)):
        _one_of_each(owner, number)

    with (
        owner_scope(owner),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        found = list(audit(years=years))
        for finding in found:  # following an input costs nothing more
            assert finding.fingerprint
            assert finding.record.source is None
            assert all(each.key for each in finding.inputs)

    assert tables_asked(queries) == TABLES
    assert len(found) >= records // 3


def test_audit_never_reads_records_of_somebody_else(owner: Account, stranger: Account) -> None:
    _one_of_each(owner, 1)
    mine = {key: finding.fingerprint for key, finding in findings(owner).items()}
    for number in range(3):
        _one_of_each(stranger, number)
    with owner_scope(stranger):
        for finding in audit():
            Settlement(owner=stranger, check_key=finding.key, fingerprint=finding.fingerprint).save()

    found = findings(owner)
    assert {key: finding.fingerprint for key, finding in found.items()} == mine
    assert not any(finding.settlement for finding in found.values())
    for finding in found.values():
        assert {record.owner_id for record in (finding.record, *finding.inputs)} == {owner.pk}


def test_audit_of_some_years_is_the_same_as_all_of_it_narrowed(owner: Account) -> None:
    metric = rate(owner)
    for year in range(2019, 2025):
        for quarter in range(1, 5):
            make.create_measurement(
                owner=owner,
                metric=metric,
                period=f"{year}-Q{quarter}",
                value=quarter + year - 2000,
                stated_change=1,
                stated_change_unit="pp",
            )
        make.create_measurement(owner=owner, metric=metric, period=f"{year}", value=20)
        make.create_engagement(owner=owner, period=f"{year}", status="Completed")
        make.create_incident(owner=owner, period=f"{year}-Q1", started_at=moment(f"{year}-04-01T00:00"))
        make.create_change(
            owner=owner, metric=metric, unit=Unit.PERCENT, to_period=f"{year}", from_period=f"{year - 1}"
        )
    everything = {key: (each.year, each.fingerprint) for key, each in findings(owner).items()}

    for years in ([2020], [2019, 2022], [2024, 2025], []):
        narrowed = {key: (each.year, each.fingerprint) for key, each in findings(owner, years).items()}
        assert narrowed == {key: each for key, each in everything.items() if each[0] in years}


def test_contradictions_of_a_page_are_those_of_the_audit(owner: Account) -> None:
    for number in range(2):
        _one_of_each(owner, number)
    with owner_scope(owner):
        metric = Metric.objects.get(slug="rate-1")
        within = Within(metrics=(metric,), changes=frozenset())
        on_page = {each.key: each.fingerprint for each in contradictions(years=[2024], within=within)}
        contradicting = {each.key: each.fingerprint for each in audit() if each.check.verdict == CONTRADICTS}

    assert {"ratio:measurement/rate-1/2024", "restated:measurement/rest-1/2024#derived"} <= on_page.keys()
    assert on_page.items() <= contradicting.items()
    assert not any("rate-0" in key for key in on_page)


# Settlements


@pytest.fixture
def row(owner: Account) -> Measurement:
    """64 % of 25/40, which contradicts."""
    return make.create_measurement(
        owner=owner, metric=rate(owner), value=64, numerator=25, denominator=40, as_stated="64%"
    )


def _only(owner: Account) -> Finding:
    (finding,) = findings(owner).values()
    return finding


def _settle(owner: Account) -> None:
    finding = _only(owner)
    make.create_settlement(owner=owner, check_key=finding.key, fingerprint=finding.fingerprint)


def _change(row: Any, **fields: Any) -> None:  # noqa: ANN401
    with owner_scope(row.owner):
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()


def test_a_contradiction_is_open_until_it_is_settled(owner: Account, row: Measurement) -> None:
    assert _only(owner).is_open_contradiction
    _settle(owner)

    finding = _only(owner)
    assert (finding.is_settled, finding.is_reopened, finding.is_open_contradiction) == (True, False, False)
    assert finding.check.verdict == CONTRADICTS  # settled is not corrected


@pytest.mark.parametrize(
    "fields",
    [
        {"value": Decimal(65)},
        {"numerator": Decimal(24)},
        {"denominator": Decimal(41)},
        {"qualifier": "about"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_settled_check_is_open_again_when_a_figure_changes(
    owner: Account, row: Measurement, fields: dict[str, Any]
) -> None:
    _settle(owner)
    _change(row, **fields)

    finding = _only(owner)
    assert (finding.is_settled, finding.is_reopened) == (False, True)


@pytest.mark.parametrize(
    "fields", [{"note": "seen"}, {"source_lines": "7"}], ids=lambda fields: next(iter(fields))
)
def test_a_settled_check_stays_settled_when_its_figures_do(
    owner: Account, row: Measurement, fields: dict[str, Any]
) -> None:
    _settle(owner)
    _change(row, **fields)

    assert _only(owner).is_settled


def test_a_settled_check_is_open_again_when_one_of_its_inputs_changes(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="Tests")
    make.create_measurement(owner=owner, metric=metric, value=11)
    quarters = measure_quarters(owner, metric, "1", "2", "3", "4")
    _settle(owner)
    _change(quarters[0], value=Decimal(2))
    _change(quarters[1], value=Decimal(1))  # the sum is the same, what it is made of is not

    assert _only(owner).is_reopened


def test_a_settled_check_is_open_again_when_the_list_grows(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="Talks", counts=Activity.Kind.TALK)
    make.create_measurement(owner=owner, metric=metric, value=1, as_stated="1")
    for _ in range(2):
        make.create_activity(owner=owner, kind="talk")
    _settle(owner)
    make.create_activity(owner=owner, kind="talk")

    assert _only(owner).is_reopened


def test_a_settlement_counts_in_every_language(owner: Account, row: Measurement) -> None:
    with translation.override("ko"):
        _settle(owner)

    assert _only(owner).is_settled


# How long fifty thousand measurements take is written in docs/decisions/0007


@pytest.fixture
def many(owner: Account) -> int:
    """Two thousand measurements of forty metrics; everyone of them is checked."""
    with owner_scope(owner):
        metrics = Metric.objects.bulk_create(
            Metric(
                owner=owner, name=f"M{n}", slug=f"m{n}", unit="percent", direction="up", aggregation="mean"
            )
            for n in range(40)
        )
        rows = [
            Measurement(
                owner=owner,
                metric=metric,
                period=Period(year),
                value=Decimal(62),
                numerator=Decimal(25),
                denominator=Decimal(40),
            )
            for metric in metrics
            for year in range(1975, 2025)
        ]
        Measurement.objects.bulk_create(rows)
    return len(rows)


def test_audit_streams(owner: Account, many: int) -> None:
    with owner_scope(owner):
        list(audit(years=[1990]))  # what is read or compiled once
        tracemalloc.start()
        checks = sum(finding.check.kind == CheckKind.RATIO for finding in audit())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert checks == many
    assert peak < 2 * 2**20  # all of its findings at once are twice that
