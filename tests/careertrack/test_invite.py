"""How an account comes to be: an operator prints a link, and its owner chooses the password."""

from __future__ import annotations

import datetime as dt
import io
import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from records.models import Account

pytestmark = pytest.mark.django_db
PASSWORD = {"password1": "brand new words", "password2": "brand new words"}


def _invite(*arguments: str) -> str:
    out = io.StringIO()
    call_command("invite", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def _choose(client: Client, link: str) -> int:
    """Follows the link and sends the form there; the status of the answer. 404: there is no form."""
    page = client.get(urlsplit(link).path, follow=True)
    action = re.search(r'action="(/accounts/password/reset/key/[^"]*)"', page.content.decode())
    return 404 if action is None else client.post(action[1], PASSWORD).status_code


def test_whoever_is_invited_chooses_a_password_and_signs_in(client: Client) -> None:
    link = _invite("guest", "--email", "guest@example.org")
    assert link.startswith("http://127.0.0.1/accounts/password/reset/key/")
    account = Account.objects.get()
    assert (account.username, account.email, account.has_usable_password()) == (
        "guest",
        "guest@example.org",
        False,
    )
    assert not account.is_superuser
    assert _choose(client, link) == 302
    assert client.get("/").status_code == 200
    again = Client().post("/accounts/login/", {"login": "guest", "password": PASSWORD["password1"]})
    assert again.status_code == 302


def test_a_link_works_once(client: Client) -> None:
    link = _invite("guest")
    assert _choose(client, link) == 302
    assert _choose(Client(), link) == 404


def test_a_link_expires(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = _invite("guest")
    later = dt.datetime.now() + dt.timedelta(days=3, minutes=1)  # noqa: DTZ005  # as the generator does
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: later)
    assert _choose(client, link) == 404


def test_a_changed_link_does_not_work_and_tells_not_whose_it_was(client: Client) -> None:
    link = _invite("guest")
    pages = [
        client.get(urlsplit(changed).path).content.decode()
        for changed in (link[:-3] + "00/", re.sub(r"key/\w+-", "key/zzz-", link))
    ]
    pages = [re.sub(r'value="[^"]*"', "", page) for page in pages]
    assert pages[0] == pages[1]
    assert "This link does not work any more" in pages[0]


def test_a_new_link_is_printed_for_who_forgot_the_password(owner: Account, client: Client) -> None:
    assert _choose(client, _invite("owner", "--again")) == 302
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD["password1"])


def test_a_link_lets_an_owner_in_whose_guesses_somebody_else_used_up(owner: Account, client: Client) -> None:
    wrong = {"login": "owner", "password": "wrong"}
    assert [Client().post("/accounts/login/", wrong).status_code for _guess in range(11)][-1] == 429
    assert _choose(client, _invite("owner", "--again")) == 302
    assert client.get("/").status_code == 200


def test_a_link_does_not_go_round_the_second_factor(owner: Account, client: Client) -> None:
    TOTP.activate(owner, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert _choose(client, _invite("owner", "--again")) == 302
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["owner"], "A user with that username already exists."),
        (["Owner"], "There is an account of this name already."),
        (["a b"], "Enter a valid username."),
        (["guest", "--email", "nowhere"], "Enter a valid email address."),
        (["guest", "--again"], "There is no active account “guest”."),
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(
    arguments: list[str], sentence: str, owner: Account
) -> None:
    with pytest.raises(CommandError, match=re.escape(sentence)):
        _invite(*arguments)
    assert list(Account.objects.values_list("username", flat=True)) == ["owner"]


@pytest.mark.parametrize(
    ("settings", "arguments", "begins"),
    [
        (
            {"ALLOWED_HOSTS": ["career.example.org"], "SECURE_SSL_REDIRECT": True},
            [],
            "https://career.example.org/",
        ),
        ({"ALLOWED_HOSTS": [".example.org"]}, [], "http://example.org/"),
        ({"CSRF_TRUSTED_ORIGINS": ["https://c.example.org"]}, [], "https://c.example.org/"),
        ({}, ["--address", "https://given.example.org/"], "https://given.example.org/accounts/"),
    ],
    ids=["host", "wildcard", "origin", "given"],
)
def test_the_link_names_the_server(settings: dict[str, object], arguments: list[str], begins: str) -> None:
    with override_settings(**settings):
        assert _invite("guest", *arguments).startswith(begins)
