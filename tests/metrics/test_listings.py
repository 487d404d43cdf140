from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.checks import SEVERITY, Agreement, Check, CheckKind
from metrics.claims import Claim
from metrics.findings import Finding
from metrics.listings import Ordered, Terms, list_checks
from metrics.models import Measurement, Metric
from metrics.rows import COLUMNS, Row
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make


def _finding(verdict: Agreement, year: int, number: int) -> Finding:
    check = Check(kind=CheckKind.RATIO, claim="", verdict=verdict, formula="")
    return Finding(Claim(check, Metric(slug=f"m{number:04}"), (), year), None)


def _all(count: int) -> list[Finding]:
    found = [_finding(SEVERITY[number % 6], 2000 + number * 7 % 11, number) for number in range(count)]
    return found[::3] + found[1::3][::-1] + found[2::3]


def _in_order(findings: list[Finding]) -> list[str]:
    ordered = sorted(findings, key=lambda each: (SEVERITY.index(each.check.verdict), -each.year, each.key))
    return [each.key for each in ordered]


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_ordered_answers_any_part_as_a_sorted_list_does(count: int, start: int, stop: int) -> None:
    findings = _all(count)
    ordered = Ordered()
    for each in findings:
        ordered.add(each)

    assert len(ordered) == count
    assert [each.key for each in ordered[start:stop]] == _in_order(findings)[start:stop]


@pytest.mark.parametrize("first", [0, 1, 50, 777])
def test_ordered_forgets_only_what_nobody_asked_for(first: int) -> None:
    findings = _all(5000)
    listing = list_checks(findings, terms=Terms(with_exact=True), first=first)

    assert len(listing.findings) == listing.read == 5000
    assert [each.key for each in listing.findings[:first]] == _in_order(findings)[:first]
    assert sum(number for _verdict, number in listing.tally) == 5000


def test_row_is_a_measurement_again(owner: Account) -> None:
    metric = make.create_metric(owner=owner)
    project = make.create_project(owner=owner)
    stored = make.create_measurement(
        owner=owner, metric=metric, project=project, value="1.5", numerator=3, denominator=2, note="seen"
    )
    with owner_scope(owner):
        row = Row.of(Measurement.objects.select_related("metric", "project", "source").get())
        record = row.record

        assert [field.attname for field in Measurement._meta.concrete_fields if field.attname in COLUMNS] == [
            *COLUMNS
        ]
        assert record == stored
        for name in COLUMNS:
            assert getattr(record, name) == getattr(stored, name)
        assert (record.metric, record.project, record.source) == (metric, project, None)
        assert row.key == stored.key
        assert record.version == 1
