"""How accounts come to be and sign in, and how often somebody may guess.

A guess is written down before the password is hashed (`records.throttling`), whether the account exists or not.
Signing in leaves a cookie that makes the browser a known device of that account: it has a limit of its own, so
that strangers who use up the guesses of an account do not lock its owner out. docs/decisions/0017-signing-in.md
"""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.userkit import get_user_by_username
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as code_forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from records.models import Account
from records.throttling import Limit, TooManyTries, Try, address_of, give_back, take

_HOUR = 3600
PASSWORDS_OF_ACCOUNT = Limit("passwords of an account", number=10, seconds=_HOUR)
PASSWORDS_FROM_DEVICE = Limit("passwords from a known device", number=10, seconds=_HOUR)
PASSWORDS_FROM_ADDRESS = Limit("passwords from an address", number=60, seconds=_HOUR)
CODES_OF_ACCOUNT = Limit("codes of an account", number=10, seconds=_HOUR)
# A one-time code is valid for a minute at most.
USES_OF_CODE = Limit("uses of a code", number=1, seconds=300)
RESETS_FROM_ADDRESS = Limit("resets from an address", number=10, seconds=_HOUR)
RESETS_OF_MAILBOX = Limit("resets of a mailbox", number=3, seconds=_HOUR)

DEVICE_SECONDS = 365 * 86_400


class Accounts(DefaultAccountAdapter):
    """What allauth asks about accounts."""

    _tries: list[Try]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves; an operator creates accounts (`manage.py invite`, admin)."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401
        """Before every password but that of a form that changes it: signing in, and confirming who one is."""
        self._tries = _take_password(request, name=credentials.get("username", ""))

    def _rollback_login_failed_rl_usage(self) -> None:
        for tried in self._tries:
            give_back(tried)

    def post_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(request, response, account=user)
        return response


class ChangePasswordForm(account_forms.ChangePasswordForm):
    """Whoever found an open session may not guess the password here either."""

    def clean_oldpassword(self) -> str:
        tries = _take_password(context.request, name=self.user.get_username())
        password: str = super().clean_oldpassword()
        for tried in tries:
            give_back(tried)
        return password


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """Known or not, an address is sent a message, and not often: neither the answer nor its time tells which."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        take(RESETS_FROM_ADDRESS, address_of(context.request))
        take(RESETS_OF_MAILBOX, email.casefold())
        return email


class _GuessedCode:
    """The second factor: guesses are limited like those of the password, and no code counts twice."""

    user: Any

    def clean_code(self) -> str:
        device = _device_of(context.request, self.user)
        tried = take(CODES_OF_ACCOUNT, self.user.pk, device)
        code: str = super().clean_code()  # type: ignore[misc]
        try:
            take(USES_OF_CODE, self.user.pk, "".join(code.split()).lower())
        except TooManyTries as error:
            raise get_mfa_adapter().validation_error("incorrect_code") from error
        give_back(tried)
        return code


class CodeForm(_GuessedCode, code_forms.AuthenticateForm):
    """At sign-in."""


class RepeatedCodeForm(_GuessedCode, code_forms.ReauthenticateForm):
    """Before something dangerous."""


def remember_device(request: HttpRequest, response: HttpResponse, *, account: Account) -> None:
    """Makes this browser a known device of the account for a year. Says nothing about the account to who reads it."""
    device = _device_of(request, account) or secrets.token_urlsafe(12)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        _signer(account).sign(device),
        max_age=DEVICE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _take_password(request: HttpRequest, *, name: str) -> list[Try]:
    """Raises TooManyTries. Somebody who is not there has as many guesses as anybody else."""
    account = get_user_by_username(name)
    if device := _device_of(request, account):
        return [take(PASSWORDS_FROM_DEVICE, device)]
    who = ("account", account.pk) if account is not None else ("name", name.lower())
    return [take(PASSWORDS_FROM_ADDRESS, address_of(request)), take(PASSWORDS_OF_ACCOUNT, *who)]


def _device_of(request: HttpRequest, account: Any) -> str:  # noqa: ANN401
    """The name of the known device that asks; empty if it is none of this account's."""
    text = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        device: str = _signer(account).unsign(text, max_age=DEVICE_SECONDS)
    except signing.BadSignature:
        return ""
    return device


def _signer(account: Any) -> signing.TimestampSigner:  # noqa: ANN401
    return signing.TimestampSigner(salt=f"careertrack.device.{account.pk if account is not None else 0}")
