"""Signing in: how often somebody may guess, what the answers tell, and what ends a session.

That the limits are exact in parallel stands in tests/trust/test_guesses.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from records.models import Account
from records.throttling import Attempts

LOGIN, HOME = "/accounts/login/", "/"
RIGHT, WRONG = "owner's password", "wrong"


@pytest.fixture(autouse=True)
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that reached the hasher."""
    texts: list[str] = []
    encode = MD5PasswordHasher.encode

    def _encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        texts.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", _encode)
    return texts


def _sign_in(client: Client, *, name: str = "owner", password: str = WRONG, **extra: str) -> HttpResponse:
    return client.post(LOGIN, {"login": name, "password": password}, **extra)  # type: ignore[return-value, arg-type]


def _addresses() -> Iterator[str]:
    return (f"198.51.{high}.{low}" for high in range(256) for low in range(1, 255))


def _told(answer: Any, name: str) -> tuple[int, str]:  # noqa: ANN401
    """Status and body, without what was asked and the token against forged forms."""
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1", answer.content.decode())
    return answer.status_code, text.replace(name, "NAME")


def _is_signed_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def test_ten_guesses_an_hour_reach_the_hasher_wherever_they_come_from(
    owner: Account, hashed: list[str]
) -> None:
    hashed.clear()
    statuses = [
        _sign_in(Client(), REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}").status_code
        for number, address in zip(range(15), _addresses(), strict=False)
    ]
    assert statuses == [200] * 10 + [429] * 5
    assert len(hashed) == 10


def test_the_right_password_is_refused_as_well_when_the_guesses_are_used_up(owner: Account) -> None:
    for _guess in range(10):
        _sign_in(Client())
    answer = _sign_in(Client(), password=RIGHT)
    assert answer.status_code == 429
    assert 3500 < int(answer["Retry-After"]) <= 3600
    assert "60 minutes" in answer.content.decode()


@pytest.mark.parametrize("name", ["OWNER", "Owner", " owner "])
def test_other_spellings_of_a_name_have_no_guesses_of_their_own(name: str, owner: Account) -> None:
    for _guess in range(10):
        _sign_in(Client(), name=name)
    assert _sign_in(Client(), password=RIGHT).status_code == 429


def test_signing_in_uses_no_guess_up(owner: Account) -> None:
    for _time in range(12):
        assert _sign_in(Client(), password=RIGHT).status_code == 302
    statuses = [_sign_in(Client()).status_code for _guess in range(11)]
    assert statuses == [200] * 10 + [429]


def test_one_address_may_not_try_many_names(owner: Account, hashed: list[str]) -> None:
    statuses = [
        _sign_in(Client(), name=f"somebody{number}", HTTP_X_FORWARDED_FOR=address).status_code
        for number, address in zip(range(61), _addresses(), strict=False)
    ]
    assert statuses == [200] * 60 + [429]
    assert _sign_in(Client(), password=RIGHT, REMOTE_ADDR="198.51.100.1").status_code == 302


def test_the_owner_is_not_locked_out_on_a_known_device(owner: Account) -> None:
    device = Client()
    _sign_in(device, password=RIGHT)
    device.post("/accounts/logout/")
    for _guess in range(12):
        _sign_in(Client())
    assert _sign_in(device, password=RIGHT).status_code == 302
    assert _is_signed_in(device)


def test_a_known_device_has_a_limit_of_its_own(owner: Account, hashed: list[str]) -> None:
    device = Client()
    _sign_in(device, password=RIGHT)
    device.post("/accounts/logout/")
    hashed.clear()
    statuses = [_sign_in(device).status_code for _guess in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    assert len(hashed) == 10
    assert _sign_in(Client(), password=RIGHT).status_code == 302, "nor does it use up the guesses of others"


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "somebody else's"])
def test_a_forged_device_is_unknown(forged: str, owner: Account, stranger: Account) -> None:
    device = Client()
    if forged == "somebody else's":
        _sign_in(device, name="stranger", password="stranger's password")
        device.post("/accounts/logout/")
    else:
        device.cookies[settings.DEVICE_COOKIE_NAME] = forged
    for _guess in range(10):
        _sign_in(Client())
    assert _sign_in(device, password=RIGHT).status_code == 429


def test_the_cookie_of_a_device_tells_nothing_of_its_account(owner: Account) -> None:
    client = Client()
    _sign_in(client, password=RIGHT)
    cookie = client.cookies[settings.DEVICE_COOKIE_NAME]
    name, _moment, _signature = cookie.value.split(":")
    assert len(name) == 16
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 86_400)


def test_no_answer_tells_whether_an_account_exists(
    owner: Account, stranger: Account, hashed: list[str]
) -> None:
    """Body, status and the work of one hash are the same for whoever does not know the password."""
    Account.objects.filter(pk=stranger.pk).update(is_active=False)
    unusable = Account(username="invited")
    unusable.set_unusable_password()
    unusable.save()
    told, work = {}, {}
    for name in ("owner", "stranger", "invited", "nobody"):
        hashed.clear()
        first = _told(_sign_in(Client(), name=name), name)
        work[name] = len(hashed)
        for _guess in range(9):
            _sign_in(Client(), name=name)
        told[name] = (first, _told(_sign_in(Client(), name=name), name)[0])
    assert {str(answers) for answers in told.values()} == {str(told["nobody"])}
    assert set(work.values()) == {1}


def test_a_password_is_reset_without_telling_whether_the_mailbox_is_known(owner: Account) -> None:
    Account.objects.filter(pk=owner.pk).update(email="owner@example.org")
    answers = []
    for email in ("owner@example.org", "nobody@example.org"):
        answer = Client().post("/accounts/password/reset/", {"email": email})
        page = Client().get(answer["Location"])
        answers.append((answer.status_code, answer["Location"], _told(page, email)))
    assert answers[0] == answers[1]
    assert [message.to for message in mail.outbox] == [["owner@example.org"], ["nobody@example.org"]]


def test_a_mailbox_is_not_flooded(db: None) -> None:
    statuses = [
        Client().post("/accounts/password/reset/", {"email": email}, REMOTE_ADDR=address).status_code
        for email, address in zip(["a@example.org", "A@example.org"] * 2, _addresses(), strict=False)
    ]
    assert statuses == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_whoever_found_an_open_session_may_not_guess_the_password_there(
    owner: Account, owner_client: Client, hashed: list[str]
) -> None:
    new = {"oldpassword": "wrong", "password1": "brand new words", "password2": "brand new words"}
    hashed.clear()
    statuses = [owner_client.post("/accounts/password/change/", new).status_code for _guess in range(7)]
    statuses += [
        owner_client.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code
        for _guess in range(5)
    ]
    assert statuses == [200] * 10 + [429] * 2
    assert hashed.count("wrong") == 10


def test_admin_changes_passwords_where_everybody_does(owner_client: Client) -> None:
    answer = owner_client.post("/admin/password_change/", {"old_password": "wrong"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("account_change_password"))


# What ends a session.


def test_changing_the_password_ends_every_other_session(owner: Account) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.force_login(owner)
    new = {"oldpassword": RIGHT, "password1": "brand new words", "password2": "brand new words"}
    assert here.post("/accounts/password/change/", new).status_code == 302
    assert _is_signed_in(here)
    assert not _is_signed_in(elsewhere)


def test_deactivating_an_account_ends_its_sessions(owner: Account, owner_client: Client) -> None:
    Account.objects.filter(pk=owner.pk).update(is_active=False)
    assert not _is_signed_in(owner_client)


def test_signing_out_ends_the_session_for_who_kept_the_cookie(owner: Account, owner_client: Client) -> None:
    kept = owner_client.cookies[settings.SESSION_COOKIE_NAME].value
    owner_client.post("/accounts/logout/")
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert not _is_signed_in(thief)


def test_nobody_signs_up_by_themselves(db: None, client: Client) -> None:
    client.post(
        "/accounts/signup/",
        {"username": "new", "password1": "brand new words", "password2": "brand new words"},
    )
    assert not Account.objects.exists()


# The second factor.

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


COUNTER = 59_000_000
CODE = auth.format_hotp_value(auth.hotp_value(SECRET, COUNTER))


@pytest.fixture
def guarded(owner: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """With a second factor whose clock stands still, and which no test before has used."""
    cache.clear()
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([COUNTER]))
    auth.TOTP.activate(owner, SECRET)
    RecoveryCodes.activate(owner)
    return owner


def _at_second_step() -> Client:
    client = Client()
    answer = _sign_in(client, password=RIGHT)
    assert answer["Location"] == reverse("mfa_authenticate")
    return client


def _send_code(client: Client, code: str) -> int:
    return client.post(reverse("mfa_authenticate"), {"code": code}).status_code


def test_the_second_factor_signs_in(guarded: Account) -> None:
    client = _at_second_step()
    assert not _is_signed_in(client)
    assert _send_code(client, CODE) == 302
    assert _is_signed_in(client)
    assert settings.DEVICE_COOKIE_NAME in client.cookies


def test_a_password_alone_makes_no_known_device(guarded: Account) -> None:
    assert settings.DEVICE_COOKIE_NAME not in _at_second_step().cookies


def test_ten_codes_an_hour_may_be_guessed(guarded: Account) -> None:
    client = _at_second_step()
    assert [_send_code(client, f"{number:06}") for number in range(10)] == [200] * 10
    assert _send_code(_at_second_step(), CODE) == 429


def test_a_code_signs_in_once(guarded: Account) -> None:
    assert _send_code(_at_second_step(), CODE) == 302
    cache.clear()  # another server process knows nothing of what this one keeps in memory
    assert _send_code(_at_second_step(), CODE) == 200


def test_a_recovery_code_signs_in_once(guarded: Account) -> None:
    codes = Authenticator.objects.get(user=guarded, type=Authenticator.Type.RECOVERY_CODES).wrap()
    code = codes.get_unused_codes()[0]
    assert _send_code(_at_second_step(), code) == 302
    assert _send_code(_at_second_step(), code) == 200


def test_tries_are_kept_without_names(owner: Account) -> None:
    _sign_in(Client())
    assert "owner" not in repr(Attempts.objects.values())
