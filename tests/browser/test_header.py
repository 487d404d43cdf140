"""The head of every page: one line where there is room, two on a telephone, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from records.models import Account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The middles of all that stands in the header, in whole pixels from the top.
_LINES = """() => [".brand", ".top nav a", ".top .search", ".menu summary"].map((selector) =>
  [...new Set([...document.querySelectorAll(selector)].map((element) => {
    const box = element.getBoundingClientRect();
    return Math.round((box.top + box.bottom) / 2 / 8);
  }))])"""


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_the_header_is_one_line_where_there_is_room(
    owner: Account, open_page: Callable[..., Page], locale: str
) -> None:
    owner.is_staff = True
    owner.username = "a-rather-long-name"
    owner.save()
    page = open_page(account=owner, locale=locale)
    page.goto("/")
    assert page.locator(".top nav a").count() == 7
    assert page.locator(".top").bounding_box()["height"] < 64  # type: ignore[index]
    places = page.evaluate(_LINES)
    assert [len(each) for each in places] == [1, 1, 1, 1]
    assert max(each[0] for each in places) - min(each[0] for each in places) <= 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_on_a_telephone_it_is_two_lines_and_every_place_can_be_reached(
    owner: Account, open_page: Callable[..., Page], locale: str
) -> None:
    owner.is_staff = True
    owner.save()
    page = open_page(account=owner, locale=locale, viewport={"width": 390, "height": 800})
    page.goto("/")
    brand, places, search, menu = page.evaluate(_LINES)
    assert len(places) == 1
    assert places[0] > max(brand[0], search[0], menu[0])
    assert page.locator(".top").bounding_box()["height"] < 110  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = page.locator(".top nav a").last
    last.focus()
    box = last.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
