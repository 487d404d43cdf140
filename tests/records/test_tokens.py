"""When a token opens what, and when it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records import throttling, tokens
from records.models import Account, ApiToken
from records.ownership import owner_scope
from records.tokens import ASKED, Asked

ADDRESS = "/api/v1/comparisons/2023/"
READ, READ_WRITE = ApiToken.Scope.READ, ApiToken.Scope.READ_WRITE


def _ask(text: str, method: str = "get", **extra: str) -> tuple[int, bytes]:
    answer = getattr(Client(), method)(ADDRESS, headers={"Authorization": f"Bearer {text}"}, **extra)
    return answer.status_code, answer.content


@pytest.fixture
def made(owner: Account) -> tuple[ApiToken, str]:
    return ApiToken.issue(owner=owner, name="script")


@pytest.fixture
def nobody_asked() -> Iterator[None]:
    ASKED.clear()
    yield
    ASKED.clear()


@pytest.mark.parametrize(
    ("days", "status"), [(0, 200), (1, 200), (-1, 401)], ids=["today", "tomorrow", "yesterday"]
)
def test_token_is_valid_through_its_last_day(days: int, status: int, owner: Account) -> None:
    day = timezone.localdate() + dt.timedelta(days=days)
    _token, text = ApiToken.issue(owner=owner, name="script", expires_on=day)
    assert _ask(text)[0] == status


def test_whatever_ended_a_token_the_answer_is_the_same(owner: Account, stranger: Account) -> None:
    unknown = _ask("ct_unknown")
    revoked, revoked_text = ApiToken.issue(owner=owner, name="revoked")
    with owner_scope(owner):
        revoked.revoke(at=timezone.now())
    past = timezone.localdate() - dt.timedelta(days=1)
    _token, expired_text = ApiToken.issue(owner=owner, name="expired", expires_on=past)
    _token, closed_text = ApiToken.issue(owner=stranger, name="closed")
    Account.objects.filter(pk=stranger.pk).update(is_active=False)
    _token, sealed_text = ApiToken.issue(owner=owner, name="sealed")
    assert _ask(sealed_text)[0] == 200
    owner.set_password("another password")
    owner.save()
    answers = [_ask(text) for text in (revoked_text, expired_text, closed_text, sealed_text)]
    assert answers == [unknown] * 4
    assert unknown[0] == 401


def test_whatever_ended_a_token_the_database_is_asked_the_same(owner: Account) -> None:
    """One look-up by digest whether the token exists or not, and the same number of queries in all."""
    past = timezone.localdate() - dt.timedelta(days=1)
    _token, expired = ApiToken.issue(owner=owner, name="expired", expires_on=past)
    asked = []
    for text in ("ct_first", "ct_unknown", expired):
        with CaptureQueriesContext(connection) as queries:
            _ask(text)
        asked.append(len(queries))
    assert asked[1] == asked[2]


def test_moving_the_password_to_a_slower_hash_ends_no_token(
    made: tuple[ApiToken, str], owner: Account
) -> None:
    hashers = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = owner.password
    with override_settings(PASSWORD_HASHERS=hashers):
        assert owner.check_password("owner's password")
        assert owner.password != before
    assert _ask(made[1])[0] == 200


def test_a_wrong_password_ends_no_token(made: tuple[ApiToken, str], owner: Account) -> None:
    assert not owner.check_password("wrong")
    assert _ask(made[1])[0] == 200


@pytest.mark.parametrize("way", ["set", "unusable", "past the model"])
def test_any_change_of_the_password_ends_the_tokens(
    way: str, made: tuple[ApiToken, str], owner: Account
) -> None:
    if way == "set":
        owner.set_password("owner's password")  # the same one again is a change, too
        owner.save()
    elif way == "unusable":
        owner.set_unusable_password()
        owner.save()
    else:
        Account.objects.filter(pk=owner.pk).update(password=make_password("x"))
    assert _ask(made[1])[0] == 401


def test_tokens_of_others_outlive_a_change_of_the_password(
    made: tuple[ApiToken, str], owner: Account, stranger: Account
) -> None:
    stranger.set_password("another password")
    stranger.save()
    assert _ask(made[1])[0] == 200


def test_signing_out_ends_no_token(made: tuple[ApiToken, str], owner_client: Client) -> None:
    owner_client.post("/accounts/logout/")
    assert _ask(made[1])[0] == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_token_that_may_only_read_is_refused_to_write(method: str, owner: Account) -> None:
    _token, reading = ApiToken.issue(owner=owner, name="reading", scope=READ)
    _token, writing = ApiToken.issue(owner=owner, name="writing", scope=READ_WRITE)
    status, body = _ask(reading, method)
    assert status == 403
    assert b"may only read" in body
    assert _ask(writing, method)[0] == 405  # got as far as the view, which knows no such method


@pytest.mark.parametrize("method", ["get", "head"])
def test_token_that_may_only_read_reads(method: str, owner: Account) -> None:
    _token, text = ApiToken.issue(owner=owner, name="reading", scope=READ)
    assert _ask(text, method)[0] == 200


def test_the_last_use_is_noted_once_a_minute(made: tuple[ApiToken, str], owner: Account) -> None:
    token, text = made
    _ask(text)
    with CaptureQueriesContext(connection) as queries:
        _ask(text)
    assert [q for q in queries if q["sql"].startswith("UPDATE")] == []
    long_ago = timezone.now() - dt.timedelta(seconds=61)
    with owner_scope(owner):
        ApiToken.objects.update(last_used_at=long_ago)
        _ask(text)
        token.refresh_from_db()
        assert token.last_used_at is not None
        assert token.last_used_at > long_ago
        assert token.version == 1
        assert token.history.count() == 1


def test_a_database_that_takes_no_writes_still_answers_a_token(
    made: tuple[ApiToken, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def _fails(self: ApiToken, *, at: dt.datetime) -> None:
        raise OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(ApiToken, "note_use", _fails)
    assert _ask(made[1])[0] == 200


def test_a_wrong_token_too_many_is_told_to_wait(
    made: tuple[ApiToken, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "time", SimpleNamespace(time=lambda: 1_000_000.0))
    for number in range(30):
        assert _ask(f"ct_{number}")[0] == 401
    answer = Client().get(ADDRESS, headers={"Authorization": "Bearer ct_x", "X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert _ask(made[1])[0] == 200, "whoever has a token is not locked out by somebody at the same address"
    assert _ask("ct_y", REMOTE_ADDR="203.0.113.9")[0] == 401


@override_settings(API_REQUESTS_PER_MINUTE=3)
def test_a_token_that_asks_too_often_is_told_to_wait(nobody_asked: None, owner: Account) -> None:
    texts = [ApiToken.issue(owner=owner, name=name)[1] for name in ("first", "second")]
    addresses = iter(f"192.0.2.{number}" for number in range(9))
    assert [_ask(texts[0], REMOTE_ADDR=next(addresses))[0] for _time in range(3)] == [200] * 3
    answer = Client().get(
        ADDRESS, headers={"Authorization": f"Bearer {texts[0]}"}, REMOTE_ADDR=next(addresses)
    )
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert _ask(texts[1], REMOTE_ADDR=next(addresses))[0] == 200


def test_the_minute_slides_and_a_refused_request_does_not_prolong_the_wait() -> None:
    """No sixty seconds hold more than three, wherever they begin."""
    asked = Asked()
    allowed = [now for now in range(0, 130, 10) if asked.take("script", limit=3, now=now) == 0]
    assert allowed == [0, 10, 20, 60, 70, 80, 120]
    assert asked.take("script", limit=3, now=125) == 5
    assert asked.take("another", limit=3, now=125) == 0


def test_who_asked_long_ago_is_forgotten_when_very_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_MOST_ASKING", 2)
    asked = Asked()
    for who, now in (("a", 0.0), ("b", 50.0), ("c", 70.0)):
        assert asked.take(who, limit=1, now=now) == 0
    assert asked.take("b", limit=1, now=70) == 40  # still known
    assert set(asked._moments) == {"b", "c"}


@override_settings(API_REQUESTS_PER_MINUTE=3)
def test_an_address_that_asks_too_often_is_told_to_wait(nobody_asked: None, owner: Account) -> None:
    texts = [ApiToken.issue(owner=owner, name=f"{number}")[1] for number in range(4)]
    assert [_ask(text)[0] for text in texts] == [200, 200, 200, 429]
    forged = Client().get(
        ADDRESS, headers={"Authorization": f"Bearer {texts[0]}", "X-Forwarded-For": "203.0.113.9"}
    )
    assert forged.status_code == 429


def test_revoking_twice_keeps_the_first_moment(made: tuple[ApiToken, str], owner: Account) -> None:
    token, first = made[0], timezone.now()
    with owner_scope(owner):
        other = ApiToken.objects.get()
        token.revoke(at=first)
        token.revoke(at=first + dt.timedelta(hours=1))
        other.revoke(at=first + dt.timedelta(hours=2))  # read before; somebody was faster
        assert ApiToken.objects.get().revoked_at == first
