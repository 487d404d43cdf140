"""What is written about requests, and that nothing of it is anybody's text."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from pytest_django import Settings

from careertrack import urls
from careertrack.logs import JsonLines, logging_of
from records.models import Account, ApiToken, Document
from records.ownership import owner_scope
from tests.factories import create_document, create_project
from tests.trust.estate import MARKER, build_estate
from tests.trust.sweep import asks_of, routes

SECRET = "zqsecret"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything any logger says down to DEBUG, as the server would write it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in logging_of("DEBUG")["loggers"])]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    yield written
    root.removeHandler(handler)
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate


def _events(log: io.StringIO, name: str | None = None) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    return [event for event in events if name is None or event["logger"] == name]


def _requests(log: io.StringIO) -> list[dict[str, Any]]:
    return _events(log, "careertrack.requests")


def test_a_request_is_one_line_with_route_and_account(
    owner: Account, owner_client: Client, log: io.StringIO
) -> None:
    create_project(owner=owner, slug="zqsecret")
    answer = owner_client.get("/projects/zqsecret/", {"q": SECRET})
    (event,) = _requests(log)
    assert event.pop("ms") >= 0
    assert event.pop("at").endswith("+00:00")
    assert event.pop("from").startswith("careertrack/logs.py:")
    assert event == {
        "level": "info",
        "logger": "careertrack.requests",
        "event": "request",
        "request": answer["X-Request-ID"],
        "method": "GET",
        "route": "project_detail",
        "status": 200,
        "account": owner.pk,
    }


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_has_no_route(log: io.StringIO) -> None:
    assert Client().get(f"/{SECRET}/").status_code == 404
    (event,) = _requests(log)
    assert "route" not in event
    assert SECRET not in log.getvalue()


def test_a_token_is_logged_as_the_account_it_belongs_to(owner: Account, log: io.StringIO) -> None:
    _token, text = ApiToken.issue(owner=owner, name="script")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    client.get("/api/v1/comparisons/2023/")
    assert _requests(log)[-1]["account"] == owner.pk
    assert text not in log.getvalue()


def test_a_method_nobody_knows_is_not_repeated(owner_client: Client, log: io.StringIO) -> None:
    owner_client.generic(SECRET.upper(), "/")
    assert _requests(log)[-1]["method"] == "other"
    assert SECRET.upper() not in log.getvalue()


@pytest.mark.parametrize("path", ["/healthz", "/static/careertrack/site.css"])
@pytest.mark.django_db
def test_what_comes_every_second_is_logged_quietly(path: str, log: io.StringIO, client: Client) -> None:
    client.get(path).close()
    assert [event["level"] for event in _requests(log)] == ["debug"]


@pytest.mark.parametrize(
    ("sent", "is_behind_proxy", "is_taken"),
    [
        ("0123abcd-0123", True, True),
        ("0123abcd-0123", False, False),
        ("short", True, False),
        ("with a sentence in it", True, False),
        ("a" * 65, True, False),
    ],
)
def test_the_id_of_a_request_is_taken_from_a_proxy_only(
    sent: str, is_behind_proxy: bool, is_taken: bool, settings: Settings, client: Client, log: io.StringIO
) -> None:
    settings.BEHIND_PROXY = is_behind_proxy
    answered = client.get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"]
    assert (answered == sent) is is_taken
    assert _requests(log)[-1]["request"] == answered


def test_two_requests_have_two_ids(client: Client) -> None:
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]


# Views that fail in every way a program fails, each with a secret in its message and in its variables.


def fails(request: HttpRequest) -> HttpResponse:
    text = f"{SECRET} in a variable"
    raise KeyError(text)


def fails_in_the_database(request: HttpRequest) -> HttpResponse:
    owner = Account.objects.get(username="owner")
    with owner_scope(owner):
        Document(owner=owner, year=2024, title=SECRET, language="en").save()
        raise AssertionError


def fails_twice(request: HttpRequest) -> HttpResponse:
    try:
        return fails(request)
    except KeyError:
        return fails_in_the_database(request)


def says_it(request: HttpRequest) -> HttpResponse:
    logger = logging.getLogger("somebody.elses")
    logger.error("about %s and %d", SECRET, 7)
    logger.error(f"about {SECRET}")
    logger.error("about %(what)s", {"what": SECRET})
    return HttpResponse()


FAILING = [fails, fails_in_the_database, fails_twice]
urlpatterns = [*urls.urlpatterns, *(path(f"{view.__name__}/", view) for view in (*FAILING, says_it))]
handler500 = urls.handler500


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("view", FAILING, ids=lambda view: view.__name__)
def test_a_failure_is_written_with_its_place_and_without_its_message(
    view: Any,  # noqa: ANN401
    owner: Account,
    owner_client: Client,
    log: io.StringIO,
) -> None:
    create_document(owner=owner, year=2024, title=SECRET)
    owner_client.raise_request_exception = False
    assert owner_client.get(f"/{view.__name__}/").status_code == 500
    (event,) = _events(log, "django.request")
    assert any(view.__name__ in frame for frame in event["error"]["stack"])
    assert event["request"] == _requests(log)[0]["request"]
    assert SECRET not in log.getvalue()


@override_settings(ROOT_URLCONF=__name__)
def test_a_refused_row_is_written_by_its_code(owner: Account, owner_client: Client, log: io.StringIO) -> None:
    create_document(owner=owner, year=2024, title=SECRET)
    owner_client.raise_request_exception = False
    owner_client.get("/fails_in_the_database/")
    (event,) = _events(log, "django.request")
    assert event["error"]["type"] == f"{IntegrityError.__module__}.IntegrityError"
    assert event["error"]["cause"]["code"] in ("SQLITE_CONSTRAINT_UNIQUE", "23505")


@override_settings(ROOT_URLCONF=__name__)
def test_messages_of_others_keep_their_text_and_lose_what_was_filled_in(
    owner_client: Client, log: io.StringIO
) -> None:
    owner_client.get("/says_it/")
    assert [event["event"] for event in _events(log, "somebody.elses")] == [
        "about … and 7",
        "…",
        "about %(what)s",
    ]


def test_complaints_about_settings_can_be_read(log: io.StringIO) -> None:
    try:
        raise ImproperlyConfigured("HTTPS must be true or false.")
    except ImproperlyConfigured:
        logging.getLogger("gunicorn.error").exception("Exception in worker process")
    assert _events(log)[0]["error"]["message"] == "HTTPS must be true or false."


def test_failed_sign_in_and_forged_form_leave_no_trace_of_what_was_typed(
    owner: Account, log: io.StringIO
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.post("/accounts/login/", {"login": SECRET, "password": SECRET})
    Client().post("/accounts/login/", {"login": owner.username, "password": SECRET})
    Client().get("/", headers={"Host": f"{SECRET}.example.org"})
    Client(headers={"Authorization": f"Bearer {SECRET}"}).get("/api/v1/checks/")
    Client().get("/goals/2024/", headers={"Cookie": f"session={SECRET}"})
    assert {event["status"] for event in _requests(log)} == {200, 302, 400, 401, 403}
    assert SECRET not in log.getvalue()


def test_no_page_writes_a_text_of_a_record(owner: Account, owner_client: Client, log: io.StringIO) -> None:
    """Every address with the keys of the owner's records, as the owner: all that can be written is written."""
    keys = build_estate(owner)
    log.seek(0)
    log.truncate(0)
    asked = 0
    for route in routes(urls.urlpatterns):
        for ask in asks_of(route, keys) or ():
            if route.name == "account_logout":
                continue
            getattr(owner_client, ask.method)(ask.path, ask.data)
            asked += 1
    written = log.getvalue()
    assert written.count("careertrack.requests") == asked > 200
    assert MARKER not in written
    for key in (*keys.slugs.values(), *map(str, keys.ids.values())):
        assert key not in written
