from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from goals.evaluation import Aim, Verdict
from goals.models import Evidence, Goal, GoalResult
from metrics.aggregation import Aggregation
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make


def _text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def _without_token(answer: HttpResponse) -> str:
    """The page without its CSRF token, which is masked anew in every answer."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]+"', r"\1", answer.content.decode())


def _fill(owner: Account, *, goals: int) -> None:
    document = make.create_document(owner=owner, year=2024)
    earlier = make.create_goal(owner=owner, statement="before", set_in="2022", due="2023")
    for number in range(goals):
        metric = make.create_metric(owner=owner, name=f"metric {number}")
        goal = make.create_goal(
            owner=owner, statement=f"goal {number}", metric=metric, aim=Aim.AT_LEAST, target=3, baseline=1
        )
        make.create_goal_link(owner=owner, later=goal, earlier=earlier)
        make.create_goal_link(
            owner=owner, later=make.create_goal(owner=owner, set_in="2024", due="2025"), earlier=goal
        )
        for quarter in range(1, 5):
            make.create_measurement(
                owner=owner, metric=metric, period=f"2024-Q{quarter}", value=1, source=document
            )
        other = make.create_metric(owner=owner, name=f"other {number}")
        make.create_measurement(owner=owner, period="2024", metric=other, source=document)
        make.create_change(owner=owner, subject=f"change {number}", source=document)
        project = make.create_project(owner=owner, name=f"project {number}")
        engagement = make.create_engagement(owner=owner, project=project, source=document)
        proof = make.create_achievement(owner=owner, title=f"proof {number}", source=document)
        cited = make.create_change(owner=owner, subject=f"cited {number}")
        targets: list[dict[str, Any]] = [
            {"achievement": proof},
            {"engagement": engagement},
            {"change": cited},
        ]
        for position, target in enumerate(targets, start=1):
            make.create_evidence(owner=owner, goal=goal, position=position, **target)


@pytest.mark.parametrize("goals", [1, 20], ids=["1-goal", "20-goals"])
def test_goal_year_asks_six_queries_whatever_it_shows(
    owner: Account, owner_client: Client, goals: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(owner, goals=goals)

    with django_assert_num_queries(6):
        # session and account; goals and documents; figures, evidence, links and results nobody asked for; for the
        # marks of contradictions measurements, mentions and changes (up to four more: tests/goals/test_touched.py)
        answer = owner_client.get("/goals/2023/")

    assert answer.content.decode().count('<article class="goal"') == goals


@pytest.mark.parametrize("goals", [1, 20], ids=["1-goal", "20-goals"])
def test_home_asks_four_queries_whatever_it_shows(
    owner: Account, owner_client: Client, goals: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(owner, goals=goals)

    with django_assert_num_queries(4):
        # session and account; documents, goals, projects, first and last figure; measurements of the outcomes; figures
        owner_client.get("/")


def test_goal_year_shows_terms_outcome_and_evidence(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2024, title="My 2024")
    metric = make.create_metric(
        owner=owner, name="Lead time", unit="day", direction="down", aggregation=Aggregation.MEAN
    )
    goal = make.create_goal(
        owner=owner, statement="Shorter lead time", metric=metric, aim=Aim.AT_MOST, baseline=40, target=20
    )
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=20)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q2", value=40)
    achievement = make.create_achievement(
        owner=owner, title="Smaller batches", source=document, source_lines="12-14"
    )
    make.create_evidence(owner=owner, goal=goal, achievement=achievement)

    text = _text(owner_client, "/goals/2023/")

    for expected in (
        "Shorter lead time",
        "at most 20 days",
        "40 days",
        "30 days",
        "−10 days",
        "better",
        "50%",
        "Smaller batches",
        "2024 document, line 12-14",
        "<title>Lead time, 2024</title>",
        "Q1: 20 days, Q2: 40 days",
        'class="verdict verdict-partly"',
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/goals/2010/", "No goals are recorded as set in 2010", id="empty-year"),
        pytest.param("/goals/2010/", "There is no document of 2010", id="missing-document"),
        pytest.param("/", "Nothing is recorded yet", id="empty-account"),
    ],
)
def test_an_empty_page_says_what_is_missing(owner_client: Client, path: str, expected: str) -> None:
    assert expected in _text(owner_client, path)


def test_what_was_not_measured_is_never_shown_as_zero(owner: Account, owner_client: Client) -> None:
    make.create_document(owner=owner, year=2024)
    metric = make.create_metric(owner=owner, aggregation=Aggregation.MEAN)
    make.create_goal(owner=owner, metric=metric, aim=Aim.IMPROVE)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=None)

    text = _text(owner_client, "/goals/2023/")

    assert "not measured" in text
    assert "none known" in text
    assert "Q1: –" in text
    assert ">0<" not in text


def test_home_tells_a_missing_document_from_one_to_come(owner: Account, owner_client: Client) -> None:
    for year in (2019, 2021):
        make.create_document(owner=owner, year=year)
    make.create_goal(owner=owner, set_in="2021", due="2022")

    rows = _text(owner_client, "/").split("<tr")

    assert any("/years/2020/" in row and "missing" in row for row in rows)
    assert any("/years/2022/" in row and "still to come" in row for row in rows)


def test_goal_list_leads_to_the_latest_year_with_goals(owner: Account, owner_client: Client) -> None:
    make.create_goal(owner=owner, set_in="2021", due="2022")
    make.create_goal(owner=owner, set_in="2022-Q2", due="2022-H2")

    assert owner_client.get("/goals/").headers["Location"] == "/goals/2022/"


def test_goal_detail_shows_milestones_lineage_and_history(owner: Account, owner_client: Client) -> None:
    goal = make.create_goal(owner=owner, statement="Certificate", slug="certificate")
    later = make.create_goal(owner=owner, statement="Again", set_in="2024", due="2025")
    make.create_goal_link(owner=owner, later=later, earlier=goal, kind="retries")
    make.create_milestone(owner=owner, goal=goal, label="Exam", due_on="2024-09-03")
    make.create_goal(owner=owner, statement="A part of it", parent=goal)

    text = _text(owner_client, goal.get_absolute_url())

    for expected in (
        "Exam",
        "2024-09-03",
        "unknown",
        "Again",
        "retries",
        "A part of it",
        "No result was recorded",
    ):
        assert expected in text


def test_recording_a_result_shows_it_and_keeps_its_history(owner: Account, owner_client: Client) -> None:
    goal = make.create_goal(owner=owner)
    url = goal.get_absolute_url()

    first = owner_client.post(url, {"verdict": "partly", "basis": "judged", "reason": "Half of it."})
    with owner_scope(owner):
        version = GoalResult.objects.get().version
    owner_client.post(
        url, {"verdict": "missed", "basis": "judged", "reason": "On reflection, no.", "version": version}
    )

    assert first.status_code == 302
    text = _text(owner_client, url)
    assert "verdict-missed" in text
    assert "Half of it." in text
    with owner_scope(owner):
        assert GoalResult.objects.get().verdict == Verdict.MISSED
        assert GoalResult.history.count() == 2
        assert GoalResult.history.latest().history_user == owner


def test_recording_a_result_from_a_stale_tab_loses_nothing(owner: Account, owner_client: Client) -> None:
    goal = make.create_goal(owner=owner)
    result = make.create_goal_result(owner=owner, goal=goal, verdict=Verdict.PARTLY, reason="first tab")
    with owner_scope(owner):
        fresh = GoalResult.objects.get()
        fresh.reason = "other tab"
        fresh.save()

    answer = owner_client.post(
        goal.get_absolute_url(),
        {"verdict": "missed", "basis": "judged", "reason": "this tab", "version": result.version},
    )

    assert answer.status_code == 422
    assert "in the meantime" in answer.content.decode()
    assert "this tab" in answer.content.decode()
    with owner_scope(owner):
        assert GoalResult.objects.get().reason == "other tab"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            {"verdict": "partly", "basis": "judged"}, "A judgement needs its reason.", id="no-reason"
        ),
        pytest.param({"verdict": "great", "basis": "stated"}, "Select a valid choice.", id="unknown-verdict"),
        pytest.param(
            {"verdict": "partly", "basis": "judged", "reason": "a\x00b"},
            "Null characters are not allowed.",
            id="nul",
        ),
        pytest.param(
            {"verdict": "partly", "basis": "judged", "reason": "a\x07b"}, "is a control character", id="bell"
        ),
        pytest.param(
            {"verdict": "partly", "basis": "stated", "decided_on": "2024-02-30"},
            "Enter a valid date.",
            id="no-such-day",
        ),
    ],
)
def test_recording_a_bad_result_says_what_to_do_and_saves_nothing(
    owner: Account, owner_client: Client, data: dict[str, str], message: str
) -> None:
    goal = make.create_goal(owner=owner)

    answer = owner_client.post(goal.get_absolute_url(), data)

    assert answer.status_code == 422
    assert message in answer.content.decode()
    with owner_scope(owner):
        assert not GoalResult.objects.exists()


def test_adding_evidence_cites_a_record_of_the_due_year(owner: Account, owner_client: Client) -> None:
    goal = make.create_goal(owner=owner)
    achievement = make.create_achievement(owner=owner, slug="proof", title="Proof", period="2024-Q2")
    make.create_achievement(owner=owner, slug="long-ago", title="Long ago", period="2019")
    url = goal.get_absolute_url()

    assert "Long ago" not in _text(owner_client, url)
    answer = owner_client.post(url, {"add_evidence": "1", "cited": "achievement/proof", "note": "See there."})
    owner_client.post(url, {"add_evidence": "1", "url": "https://example.org/"})

    assert answer.status_code == 302
    with owner_scope(owner):
        pieces = list(Evidence.objects.filter(goal=goal).order_by("position"))
    assert [piece.position for piece in pieces] == [1, 2]
    assert pieces[0].achievement_id == achievement.pk
    assert pieces[1].url == "https://example.org/"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param({}, "Choose exactly one record", id="nothing"),
        pytest.param({"cited": "achievement/unknown"}, "Select a valid choice.", id="unknown-record"),
        pytest.param({"url": "javascript:alert(1)"}, "Enter a valid URL.", id="not-an-address"),
        pytest.param(
            {"cited": "achievement/proof", "url": "https://example.org/"},
            "Choose exactly one record",
            id="both",
        ),
    ],
)
def test_adding_bad_evidence_says_what_to_do_and_saves_nothing(
    owner: Account, owner_client: Client, data: dict[str, str], message: str
) -> None:
    goal = make.create_goal(owner=owner)
    make.create_achievement(owner=owner, slug="proof", period="2024")

    answer = owner_client.post(goal.get_absolute_url(), {"add_evidence": "1", **data})

    assert answer.status_code == 422
    assert message in answer.content.decode()
    with owner_scope(owner):
        assert not Evidence.objects.exists()


def test_a_stranger_gets_the_same_answer_as_for_a_goal_that_does_not_exist(
    owner: Account, stranger_client: Client
) -> None:
    goal = make.create_goal(owner=owner, slug="secret")

    for method in ("get", "post"):
        foreign = getattr(stranger_client, method)(
            "/goals/2023/secret/", {"verdict": "missed", "basis": "stated"}
        )
        missing = getattr(stranger_client, method)(
            "/goals/2023/absent/", {"verdict": "missed", "basis": "stated"}
        )
        assert foreign.status_code == missing.status_code == 404
        assert _without_token(foreign).replace("secret", "absent") == _without_token(missing)
    with owner_scope(owner):
        assert not hasattr(Goal.objects.with_results().get(pk=goal.pk), "result")


def test_pages_ask_nobody_to_sign_in_twice(client: Client) -> None:
    for path in ("/", "/goals/", "/goals/2023/", "/goals/2023/any/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=")
