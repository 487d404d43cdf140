"""Shortcuts, for those who have a keyboard and JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from records.models import Account
from tests import factories as make

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("keys", "path"),
    [("gy", "/"), ("gg", "/goals/2023/"), ("gp", "/projects/"), ("gt", "/trends/"), ("gc", "/checks/")],
)
def test_two_keys_lead_to_a_page(
    owner: Account, open_page: Callable[..., Page], keys: str, path: str
) -> None:
    make.create_goal(owner=owner)
    page = open_page(account=owner)
    page.goto("/skills/")
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(path)


@pytest.mark.parametrize("key", ["g", "t"])
def test_the_first_key_on_a_page_that_just_opened_leads_nowhere(
    owner: Account, open_page: Callable[..., Page], key: str
) -> None:
    page = open_page(account=owner)
    page.goto("/skills/")
    page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url.endswith("/skills/")


def test_a_slash_goes_to_the_search_and_letters_typed_there_are_letters(
    owner: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=owner)
    page.goto("/skills/")
    page.keyboard.press("/")
    page.keyboard.type("gg?")
    assert page.locator("#search-words").input_value() == "gg?"
    assert page.url.endswith("/skills/")


def test_a_question_mark_opens_the_help_and_escape_closes_it(
    owner: Account, open_page: Callable[..., Page], barriers: Callable[[Page], list[str]]
) -> None:
    page = open_page(account=owner)
    page.goto("/skills/")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.locator("[data-opens-keys]").click()
    page.locator("#keys button").click()
    assert not page.locator("#keys").is_visible()


def test_the_place_of_a_key_counts_where_a_korean_input_method_is_on(
    owner: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=owner)
    page.goto("/skills/")
    for letter, place in (("ㅎ", "KeyG"), ("ㅅ", "KeyT")):
        page.evaluate(
            "([key, code]) => { setTimeout(() => document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key, code, bubbles: true})), 50); }",
            [letter, place],
        )
    page.wait_for_url("/trends/")


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_keys_of_the_browser_stay_its_own(
    owner: Account, open_page: Callable[..., Page], modifier: str
) -> None:
    page = open_page(account=owner)
    page.goto("/skills/")
    page.evaluate(
        "(modifier) => { for (const code of ['KeyG', 'KeyT']) document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: code.slice(3).toLowerCase(), code, bubbles: true, ctrlKey: modifier === 'Control',"
        " altKey: modifier === 'Alt', metaKey: modifier === 'Meta'})); }",
        modifier,
    )
    page.wait_for_timeout(200)
    assert page.url.endswith("/skills/")


def test_without_javascript_nothing_offers_the_help(owner: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=owner, java_script_enabled=False)
    page.goto("/skills/")
    assert not page.locator("[data-opens-keys]").is_visible()
