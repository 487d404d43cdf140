from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from careertrack.readiness import Lack, Todo
from careertrack.years import tell_year
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

TODAY = dt.date(2025, 3, 1)


def _todos(owner: Account, lack: Lack, *, as_of: dt.date = TODAY) -> tuple[Todo, ...]:
    with owner_scope(owner):
        groups = {group.lack: group.todos for group in tell_year(year=2024, as_of=as_of).todos}
    return groups.get(lack, ())


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        pytest.param({}, "missing", id="no-document"),
        pytest.param({"body": ""}, "its text is not stored here", id="without-its-text"),
        pytest.param({"body": "Year in review"}, None, id="complete"),
    ],
)
def test_the_document_and_its_text_are_asked_for(
    owner: Account, fields: dict[str, str], detail: str | None
) -> None:
    make.create_document(owner=owner, year=2025)
    if fields:
        make.create_document(owner=owner, year=2024, **fields)
    assert [todo.detail for todo in _todos(owner, Lack.DOCUMENT)] == ([detail] if detail else [])


def test_a_document_is_not_asked_for_before_its_year_is_over(owner: Account) -> None:
    assert _todos(owner, Lack.DOCUMENT, as_of=dt.date(2024, 12, 31)) == ()
    assert len(_todos(owner, Lack.DOCUMENT, as_of=dt.date(2025, 1, 1))) == 1


def test_goals_without_verdict_or_evidence_lead_to_where_both_are_recorded(owner: Account) -> None:
    make.create_document(owner=owner, year=2024)
    undecided = make.create_goal(owner=owner, statement="undecided")
    bare = make.create_goal(owner=owner, statement="bare")
    make.create_goal_result(owner=owner, goal=bare, verdict="missed")
    proven = make.create_goal(owner=owner, statement="proven")
    make.create_goal_result(owner=owner, goal=proven)
    make.create_evidence(owner=owner, goal=proven)
    measured = make.create_goal(owner=owner, statement="measured", aim="at_least", target=3)
    make.create_measurement(owner=owner, metric=measured.metric)

    found = _todos(owner, Lack.EVIDENCE)

    assert [(todo.text, todo.address.partition("#")[2], todo.in_admin) for todo in found] == [
        ("undecided", "record", False),
        ("bare", "evidence", False),
    ]
    assert found[0].address.startswith(undecided.get_absolute_url())


def test_a_goal_that_awaits_its_document_lacks_nothing(owner: Account) -> None:
    make.create_goal(owner=owner)
    assert _todos(owner, Lack.EVIDENCE) == ()


def test_an_open_contradiction_leads_to_its_check(owner: Account) -> None:
    metric = make.create_metric(owner=owner, unit="percent")
    make.create_measurement(owner=owner, metric=metric, value=90, numerator=1, denominator=2)
    (todo,) = _todos(owner, Lack.CONTRADICTION)
    assert todo.address.startswith("/checks/?verdict=contradicts&year=2024&at=check-")


def test_missing_quarters_are_named_once_with_all_metrics_that_lack_them(owner: Account) -> None:
    for name in ("Commits", "Trips"):
        metric = make.create_metric(owner=owner, name=name)
        make.create_measurement(owner=owner, metric=metric, period="2024-Q1")
    make.create_measurement(owner=owner, metric=metric, period="2024-Q2", value=None)
    make.create_measurement(owner=owner, metric=make.create_metric(owner=owner, name="Yearly"), period="2024")

    found = _todos(owner, Lack.QUARTER)

    assert [(todo.text, todo.detail) for todo in found] == [
        ("Q2 2024", "Commits"),
        ("Q3 2024", "Commits, Trips"),
        ("Q4 2024", "Commits, Trips"),
    ]
    assert "2024-Q2" in found[0].address


def test_quarters_to_come_are_not_missing(owner: Account) -> None:
    make.create_measurement(owner=owner, period="2024-Q1")
    found = _todos(owner, Lack.QUARTER, as_of=dt.date(2024, 7, 1))
    assert [todo.text for todo in found] == ["Q2 2024"]


def test_a_quarter_told_for_single_projects_is_not_missing(owner: Account) -> None:
    metric = make.create_metric(owner=owner)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1")
    for name in ("Quay", "Dock"):
        project = make.create_project(owner=owner, name=name)
        make.create_measurement(owner=owner, metric=metric, period="2024-Q2", project=project)
    assert [todo.text for todo in _todos(owner, Lack.QUARTER)] == ["Q3 2024", "Q4 2024"]


@pytest.mark.parametrize(
    ("result", "change", "is_asked"),
    [
        pytest.param("Faster.", None, True, id="words-only"),
        pytest.param("Faster by 40%.", None, False, id="number-in-the-result"),
        pytest.param("Faster.", {"before": 10, "after": 4}, False, id="change-in-figures"),
        pytest.param(
            "Faster.",
            {"before": None, "after": None, "unit": "", "after_text": "better"},
            True,
            id="change-in-words",
        ),
    ],
)
def test_achievements_without_a_figure_lead_to_their_record(
    owner: Account,
    result: str,
    change: dict[str, Any] | None,
    is_asked: bool,
) -> None:
    work = make.create_achievement(owner=owner, title="Tiles load quickly", result=result)
    if change is not None:
        make.create_change(owner=owner, achievement=work, **change)
    found = _todos(owner, Lack.FIGURE)
    assert [todo.address for todo in found] == (
        [f"/admin/projects/achievement/{work.pk}/change/"] if is_asked else []
    )


def test_open_ends_are_stints_without_dates_and_incidents_without_moments(owner: Account) -> None:
    make.create_engagement(owner=owner, name="undated")
    make.create_engagement(owner=owner, name="without end", starts_on="2024-02")
    make.create_engagement(owner=owner, name="without start", ends_on="2024-02")
    make.create_engagement(owner=owner, name="complete", starts_on="2024-02", ends_on="2024-03")
    make.create_engagement(owner=owner, name="going on", starts_on="2024-02", is_ongoing=True)
    make.create_incident(owner=owner, title="undated incident")
    assert {todo.text for todo in _todos(owner, Lack.OPEN_END)} == {
        "undated",
        "without end",
        "without start",
        "undated incident",
    }
    make.create_engagement(owner=owner, name="later", period="2025", starts_on="2025-01", ends_on="2025-02")
    assert "going on" in {todo.text for todo in _todos(owner, Lack.OPEN_END)}


def test_every_open_point_of_the_fixture_leads_to_a_page(client: Client, career: Account) -> None:
    client.force_login(career)
    with owner_scope(career):
        pages = [tell_year(year=year, as_of=dt.date(2026, 3, 1)) for year in range(2019, 2026)]
    found = {todo.address for page in pages for group in page.todos for todo in group.todos}
    # One of each kind: what differs is the record, which is the owner's.
    kinds = {re.sub(r"\d+|[-\w]+/(?=#|$)", "", address.partition("?")[0]): address for address in found}

    assert {group.lack for page in pages for group in page.todos} == set(Lack)
    assert {path: client.get(path).status_code for path in kinds.values()} == dict.fromkeys(
        kinds.values(), 200
    )
