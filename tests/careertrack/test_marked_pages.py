"""Whatever page shows a figure that takes part in a contradiction leads to the check of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.db import models
from django.test import Client

from careertrack import year_records
from careertrack.years import YearPage, tell_year
from goals.models import Goal
from metrics.audit import audit
from metrics.checks import Agreement, CheckKind
from metrics.findings import Finding
from metrics.marks import Marks, marks_of
from metrics.models import Change, Incident, Measurement, Mention
from projects.models import Achievement, Activity, Engagement
from records.models import Account, Record
from records.ownership import owner_scope
from tests.career import shake

YEARS = range(2018, 2027)


def _contradictions(owner: Account) -> list[Finding]:
    with owner_scope(owner):
        return [each for each in audit() if each.check.verdict == Agreement.CONTRADICTS]


def _keys(marks: Marks, record: Record) -> set[str]:
    return {each.key for each in marks.of(record)}


def _shown(page: YearPage) -> Iterator[Record]:
    """The records with figures that a year's page shows."""
    for table in page.kpis:
        for line in table.lines:
            yield from line.measurements
            yield from line.before.rows if line.step is not None else ()
    for goal_line in (*page.due, *page.set_here):
        yield goal_line.outcome.goal
        yield from () if goal_line.outcome.figure is None else goal_line.outcome.figure.rows
    for project in page.projects:
        yield from (stint.engagement for stint in project.stints)
    yield from page.changes.rows
    yield from page.incidents.rows
    for kind in page.activities:
        yield from kind.rows


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_year_has_the_marks_of_the_whole_audit(career: Account, seed: int | None) -> None:
    if seed is not None:
        shake(career, seed)
    findings = _contradictions(career)
    everything = marks_of(findings)
    assert len({each.check.kind for each in findings}) > (6 if seed is None else 9)
    for year in YEARS:
        with owner_scope(career):
            page = tell_year(year=year, as_of=dt.date(2026, 3, 1))
        for record in _shown(page):
            assert _keys(page.marks, record) == _keys(everything, record), (year, record)
        assert {each.key for each in page.contradictions} >= {
            each.key for each in findings if each.year == year and each.check.kind != CheckKind.RESTATED
        }


@pytest.mark.parametrize("seed", [None, 3])
def test_a_year_cut_short_holds_what_it_shows_against_all_there_is(
    career: Account, seed: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(year_records, "LIMITS", {**dict.fromkeys(year_records.LIMITS, 1), "figures": 60})
    if seed is not None:
        shake(career, seed)
    everything = marks_of(_contradictions(career))
    are_cut = 0
    for year in YEARS:
        with owner_scope(career):
            page = tell_year(year=year, as_of=dt.date(2026, 3, 1))
        are_cut += page.figures_are_cut
        for record in _shown(page):
            assert _keys(page.marks, record) == _keys(everything, record), (year, record)
    assert are_cut > 1


def _pages(record: models.Model) -> Iterator[str]:
    """Where a record is shown."""
    match record:
        case Measurement():
            yield record.metric.get_absolute_url()
            yield f"/years/{record.period.year}/"
            if record.project is not None:
                yield record.project.get_absolute_url()
            elif record.period.precision.name == "QUARTER":
                yield f"/metrics/enter/{record.period}/?metric={record.metric.slug}"
        case Mention():
            yield from _pages(record.measurement)
        case Change():
            yield f"/years/{record.to_period.year}/"
            if record.project is not None:
                yield record.project.get_absolute_url()
        case Goal():
            yield record.get_absolute_url()
            yield f"/goals/{record.set_in.year}/"
            yield f"/years/{record.due.year}/"
        case Achievement():
            pass
        case Incident() | Activity() | Engagement():
            yield f"/years/{record.period.year}/"
            if record.project is not None:
                yield record.project.get_absolute_url()


@pytest.mark.parametrize(
    "prepare", [lambda _owner: None, lambda owner: shake(owner, 4)], ids=["as told", "shaken"]
)
def test_every_page_of_every_record_in_a_contradiction_leads_to_one_of_its_checks(
    career: Account, client: Client, prepare: Callable[[Account], None]
) -> None:
    prepare(career)
    client.force_login(career)
    with owner_scope(career):
        findings = _contradictions(career)
        everything = marks_of(findings)
        places = [
            (page, record, {each.anchor for each in everything.of(record)})
            for finding in findings
            for record in (finding.record, *finding.inputs)
            for page in _pages(record)
        ]
    html = {page: client.get(page).content.decode() for page in {page for page, _record, _anchors in places}}
    assert len(html) > 20
    missing = sorted(
        {
            f"{page}: {record}"
            for page, record, anchors in places
            if not isinstance(record, Achievement)
            and not any(f"#{anchor}" in html[page] for anchor in anchors)
        }
    )
    assert missing == []
