"""The same form, sent twice, makes one record; two forms with the same words make two."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from goals.models import Evidence, Goal
from projects.models import Project
from records.api import viewsets
from records.models import Account, ApiToken, SentForm, Upload
from records.ownership import owner_scope
from tests.factories import create_goal, create_project
from tests.trust.sweep import SentFile

ADD = "/admin/projects/project/add/"
KIND = Project.Kind.values[0]


@pytest.fixture
def browser(owner: Account) -> Client:
    """Sends the CSRF token of the form, as browsers do."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    return client


def _token_of(client: Client, page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(page).content.decode())
    assert found is not None
    return found[1]


def _form(client: Client, page: str, **typed: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"csrfmiddlewaretoken": _token_of(client, page), **typed}


def _added(client: Client) -> dict[str, Any]:
    empty = {
        f"{prefix}-{name}": "0"
        for prefix in re.findall(r'name="(\w+)-TOTAL_FORMS"', client.get(ADD).content.decode())
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return _form(client, ADD, name="Harbour survey", kind=KIND, **empty)


def _projects(owner: Account) -> list[str]:
    with owner_scope(owner):
        return sorted(Project.objects.values_list("slug", flat=True))


def test_form_sent_twice_in_admin_adds_one_record_and_answers_alike(owner: Account, browser: Client) -> None:
    form = _added(browser)
    answers = [browser.post(ADD, form) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert [str(m) for m in get_messages(answers[1].wsgi_request)] != []
    assert _projects(owner) == ["harbour-survey"]


def test_every_button_of_the_form_is_answered_as_the_first_time(owner: Account, browser: Client) -> None:
    form = {**_added(browser), "_continue": "1"}
    first, second = (browser.post(ADD, form)["Location"] for _time in range(2))
    assert first == second
    assert "/change/" in first


def test_two_forms_with_the_same_words_add_two_records(owner: Account, browser: Client) -> None:
    for _time in range(2):
        assert browser.post(ADD, _added(browser)).status_code == 302
    assert _projects(owner) == ["harbour-survey", "harbour-survey-2"]


def test_form_that_was_refused_is_not_remembered(owner: Account, browser: Client) -> None:
    form = {**_added(browser), "slug": "taken"}
    with owner_scope(owner):
        taken = create_project(owner=owner, slug="taken")
    assert browser.post(ADD, form).status_code == 200
    with owner_scope(owner):
        taken.delete()
    assert browser.post(ADD, form).status_code == 302
    assert _projects(owner) == ["taken"]


def test_form_of_a_record_deleted_since_adds_nothing(owner: Account, browser: Client) -> None:
    form = _added(browser)
    browser.post(ADD, form)
    with owner_scope(owner):
        Project.objects.all().delete()
    assert browser.post(ADD, form)["Location"] == "/admin/projects/project/"
    assert _projects(owner) == []


def test_what_one_account_sent_is_no_matter_of_anothers(
    owner: Account, stranger: Account, browser: Client
) -> None:
    form = _added(browser)
    browser.post(ADD, form)
    other = Client()
    other.force_login(stranger)
    assert other.post(ADD, form).status_code == 302
    assert _projects(stranger) == ["harbour-survey"]


def test_token_made_twice_is_shown_once(owner: Account, browser: Client) -> None:
    address = "/admin/records/apitoken/add/"
    form = _form(browser, address, name="script", scope="read", expires_on="")
    answers = [browser.post(address, form) for _time in range(2)]
    assert [b"ct_" in answer.content for answer in answers] == [True, False]
    with owner_scope(owner):
        assert ApiToken.objects.count() == 1


def test_evidence_sent_twice_is_added_once(owner: Account, browser: Client) -> None:
    page = f"/goals/2023/{create_goal(owner=owner, set_in='2023', slug='articles').slug}/"
    form = _form(browser, page, add_evidence="1", url="https://example.org/", note="")
    assert [browser.post(page, form).status_code for _time in range(2)] == [302, 302]
    with owner_scope(owner):
        assert Evidence.objects.count() == 1


def test_result_sent_twice_is_recorded_once(owner: Account, browser: Client) -> None:
    goal = create_goal(owner=owner, set_in="2023", slug="articles")
    page = f"/goals/2023/{goal.slug}/"
    form = _form(browser, page, verdict="missed", basis="stated", reason="No time", decided_on="2024-12-31")
    assert [browser.post(page, form).status_code for _time in range(2)] == [302, 302]
    with owner_scope(owner):
        assert Goal.objects.get().result.version == 1


def test_file_sent_twice_waits_once(owner: Account, browser: Client) -> None:
    form = _form(browser, "/import/", model="project", file=SentFile("a.csv", "name\nHarbour\n"))
    first, second = (browser.post("/import/", form) for _time in range(2))
    assert first.status_code == 302, first.content.decode()
    assert first["Location"] == second["Location"]
    form["file"] = SentFile("a.csv", "name\nQuay\n")
    assert browser.post("/import/", form)["Location"] != first["Location"]
    with owner_scope(owner):
        assert Upload.objects.count() == 2


@pytest.mark.parametrize(
    ("key", "second", "slugs"),
    [
        ("one", {"name": "Harbour", "kind": KIND}, ["harbour"]),
        ("one", {"name": "Quay", "kind": KIND}, ["harbour", "quay"]),
        ("two", {"name": "Harbour", "kind": KIND}, ["harbour", "harbour-2"]),
        ("", {"name": "Harbour", "kind": KIND}, ["harbour", "harbour-2"]),
    ],
    ids=["the same", "another body", "another name", "no name"],
)
def test_script_names_its_request(key: str, second: dict[str, str], slugs: list[str], owner: Account) -> None:
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(owner=owner, name='script')[1]}"})
    first = {"name": "Harbour", "kind": KIND}
    answers = [
        client.post(
            "/api/v1/projects/",
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": name} if key else {},
        )
        for name, body in (("one", first), (key, second))
    ]
    assert [answer.status_code for answer in answers] == [201, 201], answers[1].content
    assert (answers[0].content == answers[1].content) == (len(slugs) == 1)
    assert _projects(owner) == slugs


def test_same_request_twice_at_the_same_moment_makes_one_record(
    owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither sees the other when it looks; the second finds out when it writes."""
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(owner=owner, name='script')[1]}"})
    headers = {"Idempotency-Key": "one"}
    body = {"name": "Harbour", "kind": KIND}
    monkeypatch.setattr(viewsets, "was_sent", lambda *_args, **_kwargs: None)
    answers = [
        client.post("/api/v1/projects/", body, content_type="application/json", headers=headers)
        for _again in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert _projects(owner) == ["harbour"]


def test_record_deleted_since_is_not_there_for_the_same_request(owner: Account) -> None:
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(owner=owner, name='script')[1]}"})
    headers = {"Idempotency-Key": "one"}
    body = {"name": "Harbour", "kind": KIND}
    sent: dict[str, Any] = {"data": body, "content_type": "application/json", "headers": headers}
    assert client.post("/api/v1/projects/", **sent).status_code == 201
    with owner_scope(owner):
        Project.objects.all().delete()
    assert client.post("/api/v1/projects/", **sent).status_code == 404


def test_what_was_sent_is_forgotten_after_a_day(
    owner: Account,
    browser: Client,
    django_capture_on_commit_callbacks: Any,  # noqa: ANN401
) -> None:
    browser.post(ADD, _added(browser))
    SentForm.objects.update(sent_at=timezone.now() - dt.timedelta(days=1, seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(ADD, _added(browser))
    assert SentForm.objects.count() == 1


def test_table_tells_neither_who_sent_nor_what(owner: Account, browser: Client) -> None:
    browser.post(ADD, _added(browser))
    (row,) = SentForm.objects.values("key", "record_id")
    assert re.fullmatch(r"[0-9a-f]{64}", row["key"])
    assert SentForm.__str__(SentForm(key="abc" * 8)) == "abcabcab"
