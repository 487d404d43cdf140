"""What holds for every address: no copy stays behind, and looking changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from careertrack import urls
from records.models import Account, ApiToken, Document
from records.ownership import owner_scope
from tests.trust.estate import YEAR_DUE, Keys, build_estate
from tests.trust.sweep import Ask, asks_of, routes

# Sign-in and messages live in sessions; a session is not a record, and reading may renew it.
NOT_RECORDS = {"records_session"}
LOOKS = [
    ("get", "owner"),
    ("get", "token"),
    *(
        pytest.param(method, actor, marks=pytest.mark.trust)
        for method, actor in (
            ("get", "anonymous"),
            ("get", "superuser"),
            ("head", "owner"),
            ("options", "owner"),
        )
    ),
]


def _client_of(actor: str, owner: Account, stranger: Account) -> Client:
    if actor == "anonymous":
        return Client()
    if actor == "token":
        return Client(headers={"Authorization": f"Bearer {ApiToken.issue(owner=owner, name='other')[1]}"})
    stranger.is_superuser = True
    stranger.save()
    client = Client()
    client.force_login(owner if actor == "owner" else stranger)
    return client


def _addresses(keys: Keys) -> Iterator[Ask]:
    for route in routes(urls.urlpatterns):
        for ask in asks_of(route, keys) or ():
            if ask.method == "get":
                yield ask


def state_of_database() -> dict[str, str]:
    """Table → digest of its rows."""
    state = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - NOT_RECORDS):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            rows = sorted(map(repr, cursor.fetchall()))
            state[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return state


@pytest.mark.parametrize(("method", "actor"), LOOKS)
def test_looking_changes_nothing_and_leaves_no_copy(
    method: str, actor: str, owner: Account, stranger: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ApiToken, "note_use", lambda token, *, at: None)  # when it was used last, and no more
    keys = build_estate(owner)
    client = _client_of(actor, owner, stranger)
    before = state_of_database()
    asked = 0
    for ask in _addresses(keys):
        answer = getattr(client, method)(ask.path, ask.data)
        assert answer["Cache-Control"] == "no-store", ask.path
        assert "Content-Security-Policy" in answer, ask.path
        asked += 1
    assert asked > 150
    assert state_of_database() == before


def test_what_is_missing_may_not_be_kept_either(owner_client: Client) -> None:
    for address in ("/nowhere/", "/goals/2023/nowhere/", "/admin/goals/goal/1/change/", "/api/v1/nowhere/"):
        assert owner_client.get(address)["Cache-Control"] == "no-store", address


def changes_on_get(request: HttpRequest) -> HttpResponse:
    Document.objects.update(note="seen")
    return HttpResponse()


urlpatterns = [*urls.urlpatterns, path("planted/", changes_on_get)]


@override_settings(ROOT_URLCONF=__name__)
def test_a_change_by_get_would_be_found(owner: Account, owner_client: Client) -> None:
    build_estate(owner)
    before = state_of_database()
    owner_client.get("/planted/")
    changed = {table for table, digest in state_of_database().items() if before[table] != digest}
    assert changed == {"records_document"}
    with owner_scope(owner):
        assert Document.objects.get(year=YEAR_DUE).note == "seen"
