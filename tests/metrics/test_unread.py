"""Checks whose shares the database summed up are the checks of all figures that were read."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics import unread
from metrics.aggregation import Aggregation
from metrics.audit import audit
from metrics.checks import Agreement, CheckKind
from metrics.claims import Unread
from metrics.findings import Finding
from metrics.models import Derivation, Measurement, Mention, Metric
from metrics.units import Unit
from metrics.unread import read_shares
from projects.models import Project
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from tests import factories as make
from tests.career import shake

PERIODS = ("2023-Q4", "2024-Q1", "2024-Q2", "2024-H1", "2024", "2024-05")


def _told(finding: Finding) -> tuple[Any, ...]:
    """Everything that is shown of a check."""
    check = finding.check
    return (
        finding.key,
        *(check.kind, check.verdict, check.stated, check.computed, check.unit),
        *(check.claim, check.formula, check.note),
        finding.fingerprint,
        finding.settlement,
        [each.key for each in finding.inputs],
    )


def _every_measure(owner: Account, chance: random.Random) -> None:
    """Figures with shares of all sorts: that add up or do not, with parts and without, silent, told twice."""
    made = {
        "sum": make.create_metric(owner=owner, name="Sum", unit=Unit.COUNT, aggregation=Aggregation.SUM),
        "last": make.create_metric(owner=owner, name="Last", unit=Unit.COUNT, aggregation=Aggregation.LAST),
        "mean": make.create_metric(owner=owner, name="Mean", unit=Unit.PERCENT, aggregation=Aggregation.MEAN),
        "counted": make.create_metric(owner=owner, name="Counted", unit=Unit.MINUTE, counts="incident"),
    }
    made["rest"] = make.create_metric(
        owner=owner, name="Rest", unit=Unit.COUNT, derived_from=made["sum"], derivation=Derivation.REST
    )
    projects = [make.create_project(owner=owner, name=name) for name in "abc"]
    plain = chance.random() < 0.5  # half of the careers have shares that claim nothing but their value
    common = {"owner": owner, "source": None}
    rows: list[Measurement] = []
    for name, metric in made.items():
        if name == "rest" and plain:
            continue
        for period in map(Period.parse, PERIODS):
            shares = [
                Measurement(**common, metric=metric, period=period, project=project, **_facts(chance, plain))
                for project in projects
                if chance.random() < 0.8 and not (plain and period.precision >= 4)
            ]
            total = sum((share.value or Decimal(0) for share in shares), Decimal(0))
            whole = Measurement(**common, metric=metric, period=period, **_facts(chance, plain))
            if chance.random() < 0.6:
                whole.value = total
            rows += shares if chance.random() < 0.1 else [*shares, whole]
    stored = Measurement.objects.bulk_create(rows)
    for row in chance.sample(stored, 3):
        make.create_mention(owner=owner, measurement=row, value=row.value, source=None)
    if plain:
        Metric.objects.filter(pk=made["rest"].pk).update(derived_from=None, derivation="")


def _facts(chance: random.Random, plain: bool) -> dict[str, Any]:
    value = chance.choice([None, *(Decimal(number) / 4 for number in range(1, 40))])
    facts: dict[str, Any] = {"value": value, "as_stated": chance.choice(["", "so many"])}
    if not plain and chance.random() < 0.1:
        facts |= {"numerator": Decimal(3), "denominator": chance.choice([None, Decimal(4)])}
    if not plain and chance.random() < 0.1:
        facts |= {"stated_change": Decimal(2), "stated_change_unit": Unit.COUNT}
    if not plain and chance.random() < 0.1:
        facts |= {"minimum": Decimal(1), "maximum": Decimal(9), "sample_size": 3}
    if not plain and chance.random() < 0.1:
        facts["source_lines"] = "3, 7"
    return facts


def _both(owner: Account, years: list[int] | None) -> tuple[list[Finding], list[Finding]]:
    """Read, and summed up by the database; in one order."""
    whole = sorted(audit(years=years), key=lambda each: each.key)
    summed = sorted(audit(years=years, is_summed=True), key=lambda each: each.key)
    return whole, summed


@pytest.mark.parametrize("seed", range(24))
def test_summed_checks_are_those_of_figures_read(owner: Account, seed: int) -> None:
    with owner_scope(owner):
        _every_measure(owner, random.Random(seed))  # noqa: S311
        for years in (None, [2024]):
            whole, summed = _both(owner, years)
            assert [each.check.verdict for each in summed] == [each.check.verdict for each in whole]
            assert list(map(_told, read_shares(summed))) == list(map(_told, whole))


def test_careers_of_the_test_leave_shares_unread_and_read_others(owner: Account) -> None:
    """Or the test above would compare the same with the same."""
    found: set[tuple[bool, str]] = set()
    with owner_scope(owner):
        for seed in range(6):
            Measurement.objects.all().delete()
            Metric.objects.all().delete()
            Project.objects.all().delete()
            _every_measure(owner, random.Random(seed))  # noqa: S311
            found |= {
                (isinstance(each.claim.parts, Unread), each.check.verdict.value)
                for each in audit(is_summed=True)
                if each.check.kind == CheckKind.BREAKDOWN
            }

    assert {(True, "exact"), (True, "not_checkable"), (False, "contradicts"), (False, "exact")} <= found


@pytest.mark.parametrize(
    "prepare", [lambda _owner: None, lambda owner: shake(owner, 4)], ids=["as told", "shaken"]
)
def test_summed_checks_of_the_documents_are_those_read(
    career: Account, prepare: Callable[[Account], None]
) -> None:
    prepare(career)
    with owner_scope(career):
        whole, summed = _both(career, None)
        assert any(isinstance(each.claim.parts, Unread) for each in summed)
        assert list(map(_told, read_shares(summed))) == list(map(_told, whole))


@pytest.fixture
def shared(owner: Account) -> Metric:
    """Commits of two quarters, 5 = 2 + 3 and 7 of which the third project did nothing."""
    metric = make.create_metric(owner=owner, name="Commits", unit=Unit.COUNT, aggregation=Aggregation.SUM)
    projects = [make.create_project(owner=owner, name=name) for name in ("Harbour", "Tower", "Mill")]
    for period, *values in (("2024-Q1", 5, 2, 3, None), ("2024-Q2", 7, 4, 3, None)):
        for project, value in zip([None, *projects], values, strict=True):
            if value is not None:
                make.create_measurement(
                    owner=owner, metric=metric, period=period, project=project, value=value, source=None
                )
    return metric


def test_shares_that_make_up_their_whole_are_not_read(owner: Account, shared: Metric) -> None:
    with owner_scope(owner), CaptureQueriesContext(connection) as queries:
        found = {each.key: each for each in audit(is_summed=True)}
        asked = len(queries)
        (finding,) = read_shares([found["breakdown:measurement/commits/2024-Q1"]])

    assert found["breakdown:measurement/commits/2024-Q1"].check.verdict == Agreement.EXACT
    assert isinstance(found["breakdown:measurement/commits/2024-Q1"].claim.parts, Unread)
    assert len(queries) == asked + 1
    assert finding.check.formula == "2 + 3 = 5"
    assert [str(each) for each in finding.inputs] == [
        "Commits 2024-Q1, Harbour",
        "Commits 2024-Q1, Tower",
    ]


def test_shares_of_a_settled_check_are_read(owner: Account, shared: Metric) -> None:
    key = "breakdown:measurement/commits/2024-Q1"
    with owner_scope(owner):
        fingerprint = next(each.fingerprint for each in audit() if each.key == key)
        make.create_settlement(owner=owner, check_key=key, fingerprint=fingerprint)
        found = {each.key: each for each in audit(is_summed=True)}

    assert found[key].is_settled
    assert isinstance(found["breakdown:measurement/commits/2024-Q2"].claim.parts, Unread)


def test_nothing_is_read_where_nothing_is_missing(owner: Account, shared: Metric) -> None:
    with owner_scope(owner):
        found = list(audit())
        with CaptureQueriesContext(connection) as queries:
            assert read_shares(found) == found
    assert not queries.captured_queries


def test_unread_shares_are_found_by_their_project(
    owner_client: Client, owner: Account, shared: Metric
) -> None:
    page = owner_client.get("/checks/", {"project": "harbour", "verdict": "exact"}).content.decode()
    assert "2 + 3 = 5" in page
    assert "4 + 3 = 7" in page
    page = owner_client.get("/checks/", {"project": "mill", "verdict": "exact"}).content.decode()
    assert "No check fits" in page


def test_a_share_told_elsewhere_as_well_is_held_against_that(owner: Account, shared: Metric) -> None:
    with owner_scope(owner):
        row = Measurement.objects.get(period="2024-Q2", project__name="Tower")
        make.create_mention(owner=owner, measurement=row, value=9, as_stated="nine", source=None)
        found = {each.key: each for each in audit(is_summed=True)}
        (mention,) = Mention.objects.all()

    restated = [each for each in found.values() if each.check.kind == CheckKind.RESTATED]
    assert [each.record for each in restated] == [mention]
    assert restated[0].check.verdict == Agreement.CONTRADICTS
    # One share in hand is not all of them.
    assert found["breakdown:measurement/commits/2024-Q2"].check.verdict == Agreement.EXACT


def test_a_check_whose_shares_were_deleted_meanwhile_is_left_out(owner: Account, shared: Metric) -> None:
    with owner_scope(owner):
        found = [each for each in audit(is_summed=True) if each.check.kind == CheckKind.BREAKDOWN]
        Measurement.objects.filter(period="2024-Q1", project__isnull=False).delete()
        left = read_shares(found)

    assert len(found) == 2
    assert [each.key for each in left] == ["breakdown:measurement/commits/2024-Q2"]


def test_with_more_claiming_metrics_than_are_listed_everything_is_read(
    owner: Account, shared: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = make.create_metric(owner=owner, name="Several", unit=Unit.COUNT, aggregation=Aggregation.SUM)
    make.create_measurement(
        owner=owner, metric=several, project=make.create_project(owner=owner), value=1, source_lines="3, 7"
    )
    with owner_scope(owner):
        assert any(isinstance(each.claim.parts, Unread) for each in audit(is_summed=True))
        monkeypatch.setattr(unread, "_MOST_LISTED", 0)
        found = list(audit(is_summed=True))

    assert not any(isinstance(each.claim.parts, Unread) for each in found)
    assert len([each for each in found if each.check.kind == CheckKind.BREAKDOWN]) == 2
