"""The pages of an account, its tokens and its second factor: by eye, ear and keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from playwright.sync_api import Page

from records.models import Account, ApiToken
from records.ownership import owner_scope

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE_LIGHT: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "color_scheme": "light",
    "locale": "en-US",
}
NARROW_DARK: dict[str, Any] = {
    "viewport": {"width": 390, "height": 800},
    "color_scheme": "dark",
    "locale": "ko-KR",
}
SEND = "main form button:not(.quiet) >> nth=0"
PASSWORD = "owner's password"


COUNTER = 59_000_000


def _code(secret: str) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, COUNTER))


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code is valid for seconds; a slow machine would miss them. The cache remembers codes that were used."""
    cache.clear()
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([COUNTER]))


@pytest.mark.parametrize(
    "context", [WIDE_LIGHT, NARROW_DARK], ids=["wide, light, English", "narrow, dark, Korean"]
)
def test_pages_of_an_account_have_no_barriers(
    context: dict[str, Any],
    owner: Account,
    open_page: Callable[..., Page],
    barriers: Callable[[Page], list[str]],
) -> None:
    """From signing in to switching the second factor on and off, as a person walks through."""
    findings: list[str] = []
    page = open_page(**context)

    def look() -> None:
        where = page.url.partition("/accounts")[2]
        findings.extend(f"{where}: {barrier}" for barrier in barriers(page))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            findings.append(f"{where}: wider than the screen")
        if context is NARROW_DARK and (
            english := re.findall(r"[A-Z][a-z]+ [a-z]+ [a-z]+", page.inner_text("main"))
        ):
            findings.append(f"{where}: English on a Korean page: {english[0]}")

    for path in (
        "signup/",
        "password/reset/",
        "password/reset/done/",
        "inactive/",
        "password/reset/key/1-no/",
    ):
        page.goto(f"/accounts/{path}")
        look()
    page.goto("/accounts/login/?next=/accounts/2fa/totp/activate/")
    page.fill("[name=login]", owner.username)
    page.fill("[name=password]", PASSWORD)
    page.click(SEND)
    look()  # asks for the password once more
    page.fill("[name=password]", PASSWORD)
    page.click(SEND)
    look()
    picture = page.locator("main img")
    assert picture.evaluate("image => getComputedStyle(image).backgroundColor") == "rgb(255, 255, 255)"
    page.fill("[name=code]", _code(page.locator("#authenticator_secret").input_value()))
    page.click(SEND)
    look()  # recovery codes
    assert len(page.locator("main textarea").input_value().split()) == 10
    for path in (
        "2fa/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/", "2fa/reauthenticate/", "reauthenticate/",
        "password/change/", "email/", "logout/", "tokens/", "confirm-email/no/",
    ):  # fmt: skip
        page.goto(f"/accounts/{path}")
        look()
    assert "\n".join(findings) == ""


def test_the_second_factor_is_asked_for_at_sign_in(
    owner: Account, open_page: Callable[..., Page], barriers: Callable[[Page], list[str]]
) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    auth.TOTP.activate(owner, secret)
    page = open_page(**NARROW_DARK)
    page.goto("/accounts/login/")
    page.fill("[name=login]", owner.username)
    page.fill("[name=password]", PASSWORD)
    page.click(SEND)
    assert barriers(page) == []
    page.fill("[name=code]", _code(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("/")
    assert Authenticator.objects.get().last_used_at is not None


@pytest.mark.parametrize(
    "context", [WIDE_LIGHT, NARROW_DARK], ids=["wide, light, English", "narrow, dark, Korean"]
)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_person_makes_and_revokes_a_token(
    scripts: bool, context: dict[str, Any], owner: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=owner, java_script_enabled=scripts, **context)
    page.goto("/")
    page.click(".menu summary")
    page.click(".menu a[href='/accounts/tokens/']")
    page.fill("[name=name]", "분기 KPI")
    page.check("[value=read-write]")
    page.click(SEND)
    text = page.locator("#token-text").input_value()
    assert re.fullmatch(r"ct_[\w-]{43}", text)
    page.goto("/accounts/tokens/")
    assert text not in page.content()
    page.click("main table a")
    page.click(SEND)
    assert page.locator(".messages").is_visible()
    assert page.locator("main table tr.revoked").count() == 1
    with owner_scope(owner):
        assert ApiToken.objects.get().revoked_at is not None
