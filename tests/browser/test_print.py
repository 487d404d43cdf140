"""Pages on paper: A4, without what only a screen needs, open where a screen folds, and nothing cut."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from records.models import Account
from tests.browser.test_pages import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The width of A4 less its margins, in CSS pixels.
PAPER = {"width": 688, "height": 1000}
PRINTED = [path for path in PAGES if path.split("/")[1] not in ("accounts", "search")]

_CUT = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  for (const element of document.querySelectorAll("main *")) {
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > wide + 1 || box.left < -1) && !element.closest("svg")) found.push(element);
  }
  return found.map((element) => element.outerHTML.slice(0, 120));
}"""


def test_nothing_is_wider_than_the_paper_and_nothing_of_the_screen_is_on_it(
    career: Account, open_page: Callable[..., Page]
) -> None:
    wrong: list[str] = []
    for locale in ("en-US", "ko-KR"):
        page = open_page(account=career, viewport=PAPER, locale=locale, color_scheme="dark")
        page.emulate_media(media="print")
        for path in PRINTED:
            page.goto(path)
            wrong += [f"{path} in {locale}: {element}" for element in page.evaluate(_CUT)]
            for selector in (".top", ".bottom", ".pager", ".todos", "main form"):
                if any(each.is_visible() for each in page.locator(selector).all()):
                    wrong.append(f"{path}: {selector} is printed")
    assert wrong == []


def test_paper_is_white_whatever_the_screen_is(career: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=career, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.goto("/years/2024/")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert max(int(part) for part in re.findall(r"\d+", ink)) < 80


def test_what_a_screen_folds_is_open_on_paper(career: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=career, viewport=PAPER, locale="en-US")
    page.goto("/years/2024/")
    project = page.locator("#metric-commits tr.part").first
    action = page.locator(".achieved details dd").first
    assert not project.is_visible()
    assert not action.is_visible()
    page.emulate_media(media="print")
    assert project.is_visible()
    assert action.is_visible()


def test_the_year_fits_its_pages_of_a4(career: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=career, locale="en-US")
    page.goto("/years/2024/")
    document = page.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox \[([^\]]+)\]", document))
    assert {tuple(round(float(side)) for side in box.split()) for box in boxes} == {(0, 0, 595, 842)}
    assert len(re.findall(rb"/Type /Page\b", document)) <= 12


def test_addresses_of_other_sites_are_spelled_out(career: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=career)
    page.goto("/years/2022/")
    page.emulate_media(media="print")
    link = page.locator("main a[href^=http]").first
    assert link.evaluate("link => getComputedStyle(link, '::after').content").startswith('" (" "http') or (
        "http" in link.evaluate("link => getComputedStyle(link, '::after').content")
    )
