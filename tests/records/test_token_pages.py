"""The page on which a person makes, sees and revokes API tokens, and the same in admin."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from records.forms import TokenForm
from records.models import Account, ApiToken, Session
from records.ownership import owner_scope

PAGE, REVOKE = "/accounts/tokens/", "/accounts/tokens/revoke/"
API = "/api/v1/comparisons/2023/"
A_TOKEN = re.compile(r"ct_[\w-]{43}")


def _make(client: Client, **fields: str) -> tuple[str, list[str]]:
    """The page that answers, and the tokens on it."""
    answer = client.post(PAGE, {"name": "script", "scope": "read", "expires_on": "", **fields})
    assert answer.status_code == 200
    page = answer.content.decode()
    return page, A_TOKEN.findall(page)


def _opens(text: str) -> bool:
    return Client().get(API, headers={"Authorization": f"Bearer {text}"}).status_code == 200


def test_token_made_on_the_page_works_and_is_shown_once(owner_client: Client) -> None:
    _page, texts = _make(owner_client)
    assert len(texts) == 1
    assert _opens(texts[0])
    again = owner_client.get(PAGE)
    assert A_TOKEN.findall(again.content.decode()) == []
    assert texts[0][:8] in again.content.decode()


def test_token_stands_in_no_session_no_cookie_and_no_cache(owner_client: Client) -> None:
    answer = owner_client.post(PAGE, {"name": "script", "scope": "read"})
    text = A_TOKEN.findall(answer.content.decode())[0]
    assert "no-store" in answer["Cache-Control"]
    kept = [session.get_decoded() for session in Session.objects.all()]
    assert text[8:] not in repr(kept) + str(answer.cookies) + str(answer.headers)


def test_sending_the_form_again_makes_no_second_token(owner_client: Client, owner: Account) -> None:
    _make(owner_client)
    page, texts = _make(owner_client)
    assert texts == []
    assert "A token of this name exists already." in page
    with owner_scope(owner):
        assert ApiToken.objects.count() == 1


def test_sending_the_form_twice_at_once_makes_no_second_token(
    owner_client: Client, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is stored between validation and writing."""
    ApiToken.issue(owner=owner, name="script")

    def _too_late(self: TokenForm, commit: bool = True) -> None:
        raise IntegrityError

    monkeypatch.setattr(TokenForm, "save", _too_late)
    monkeypatch.setattr(TokenForm, "_post_clean", _valid_once(TokenForm._post_clean))
    page, texts = _make(owner_client)
    assert texts == []
    assert "A token of this name exists already." in page


def _valid_once(post_clean: object) -> object:
    calls = []

    def _post_clean(self: TokenForm) -> None:
        calls.append(self)
        if len(calls) > 1:
            post_clean(self)  # type: ignore[operator]

    return _post_clean


def test_what_was_typed_is_kept_with_the_message_beside_it(owner_client: Client) -> None:
    page, texts = _make(owner_client, name="x" * 101, scope="read-write", expires_on="2020-01-01")
    assert texts == []
    assert "x" * 101 in page
    assert "This day is over." in page
    assert re.search(r'value="read-write"[^>]*checked', page)
    assert 'value="2020-01-01"' in page


@pytest.mark.parametrize(
    "fields",
    [{"name": "a\0b"}, {"scope": "all"}, {"scope": ""}, {"expires_on": "soon"}, {"expires_on": "9999-12-31"}],
    ids=["NUL", "unknown scope", "no scope", "no day", "far away"],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, str], owner_client: Client) -> None:
    page, texts = _make(owner_client, **fields)
    assert texts == []
    assert "errorlist" in page


@pytest.mark.parametrize(
    "field", ["digest", "prefix", "owner", "password_seal", "revoked_at", "last_used_at"]
)
def test_nothing_else_can_be_set(field: str, owner_client: Client, owner: Account, stranger: Account) -> None:
    chosen = str(stranger.pk) if field == "owner" else "2000-01-01"
    _page, texts = _make(owner_client, **{field: chosen})
    assert _opens(texts[0])
    with owner_scope(owner):
        assert str(getattr(ApiToken.objects.get(), field)) != chosen


def test_list_tells_what_a_person_needs_to_know(owner_client: Client, owner: Account) -> None:
    past = timezone.localdate() - dt.timedelta(days=1)
    ApiToken.issue(owner=owner, name="expired one", expires_on=past)
    ApiToken.issue(owner=owner, name="reading one", scope="read")
    revoked, _text = ApiToken.issue(owner=owner, name="revoked one")
    with owner_scope(owner):
        revoked.revoke(at=timezone.now())
    rows = [(token.name, str(state.label)) for token, state in owner_client.get(PAGE).context["rows"]]
    assert rows == [("revoked one", "revoked"), ("reading one", "valid"), ("expired one", "expired")]


def test_list_without_tokens_says_what_to_do(owner_client: Client) -> None:
    assert "There is no token yet" in owner_client.get(PAGE).content.decode()


def test_list_takes_as_many_queries_for_many_tokens(
    owner_client: Client, owner: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        ApiToken.issue(owner=owner, name=f"script {number}")
    with django_assert_num_queries(3):  # session and account, number of tokens, tokens with their owner
        answer = owner_client.get(PAGE, {"page": "2"})
    assert len(answer.context["rows"]) == 10


@pytest.mark.parametrize("name", ["script", "a/b", "..", "분기 KPI & <b>?#"])
def test_token_is_revoked_after_a_question(name: str, owner_client: Client, owner: Account) -> None:
    _token, text = ApiToken.issue(owner=owner, name=name)
    question = owner_client.get(REVOKE, {"token": name})
    assert question.status_code == 200
    assert _opens(text), "asking changes nothing"
    answer = owner_client.post(REVOKE, {"token": name}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert not _opens(text)


def test_token_of_somebody_else_is_missing(stranger_client: Client, owner: Account) -> None:
    _token, text = ApiToken.issue(owner=owner, name="script")
    answers = [stranger_client.post(REVOKE, {"token": name}) for name in ("script", "nothing")]
    assert [answer.status_code for answer in answers] == [404, 404]
    foreign, missing = (re.sub(r'value="\w{64}"', "", answer.content.decode()) for answer in answers)
    assert foreign == missing
    assert _opens(text)


@pytest.mark.parametrize("data", [{}, {"token": ""}, {"token": "\0"}], ids=["none", "empty", "NUL"])
def test_no_token_is_missing(data: dict[str, str], owner_client: Client) -> None:
    assert owner_client.get(REVOKE, data).status_code == 404
    assert owner_client.post(REVOKE, data).status_code == 404


def test_pages_are_only_for_those_who_are_signed_in(client: Client, db: None) -> None:
    for address in (PAGE, REVOKE):
        assert client.get(address).status_code == 302
        assert client.post(address, {"name": "x", "scope": "read"}).status_code == 302


# Admin.

ADD, LIST = reverse("admin:records_apitoken_add"), reverse("admin:records_apitoken_changelist")


def test_token_made_in_admin_works_and_is_shown_once(owner_client: Client, owner: Account) -> None:
    answer = owner_client.post(ADD, {"name": "script", "scope": "read-write", "expires_on": ""})
    texts = A_TOKEN.findall(answer.content.decode())
    assert len(texts) == 1
    assert _opens(texts[0])
    assert "no-store" in answer["Cache-Control"]
    with owner_scope(owner):
        key = ApiToken.objects.get().pk
    for address in (LIST, reverse("admin:records_apitoken_change", args=[key])):
        page = owner_client.get(address).content.decode()
        assert A_TOKEN.findall(page) == []
        assert ApiToken.digest_of(texts[0]) not in page


def test_tokens_are_revoked_in_admin(owner_client: Client, owner: Account, stranger: Account) -> None:
    own, text = ApiToken.issue(owner=owner, name="script")
    foreign, foreign_text = ApiToken.issue(owner=stranger, name="script")
    owner_client.post(LIST, {"action": "revoke", "_selected_action": [own.pk, foreign.pk]})
    assert not _opens(text)
    assert _opens(foreign_text)
