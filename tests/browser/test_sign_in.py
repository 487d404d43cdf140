from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from records.models import Account

pytestmark = pytest.mark.browser


def test_a_person_signs_in_by_keyboard_and_sees_the_years(
    owner: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_label("Username").fill(owner.username)
    page.get_by_label("Password", exact=False).first.fill("owner's password")
    page.keyboard.press("Enter")
    page.wait_for_url("/")
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_log_in_page_has_no_barriers_and_speaks_the_browsers_language(
    locale: str, scheme: str, open_page: Callable[..., Page], barriers: Callable[[Page], list[str]]
) -> None:
    page = open_page(locale=locale, color_scheme=scheme, viewport={"width": 390, "height": 800})
    page.goto("/accounts/login/")
    assert page.locator("html").get_attribute("lang") == locale[:2]
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
