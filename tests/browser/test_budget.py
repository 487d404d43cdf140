"""What a page may cost: bytes, requests, movement while it loads; and that it is read without JavaScript."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Response

from records.models import Account
from tests.browser.test_pages import DIFFERENT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_BYTES, MOST_REQUESTS = 60_000, 3
# A cumulative layout shift nobody sees: a hundredth of what counts as good.
MOST_SHIFT = 0.001

_SHIFT = """() => new Promise((found) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => found(sum), 300);
})"""


def _answers(page: Page, path: str) -> list[Response]:
    """All that is loaded for a page, itself included."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # it marks the functions it is given
    page.goto(path)
    return answers


def _transferred(answers: list[Response]) -> int:
    """Bytes of all bodies, compressed as the server or a proxy in front of it would."""
    return sum(len(gzip.compress(answer.body(), 6)) for answer in answers)


# Bytes and requests are the same at both; the narrow page has more to move.
@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.trust)])
def test_a_page_is_small_asks_for_little_and_does_not_move(
    width: int, career: Account, open_page: Callable[..., Page]
) -> None:
    """The first visit with nothing in the cache."""
    over: list[str] = []
    for path in DIFFERENT:
        page = open_page(account=career, viewport={"width": width, "height": 900})
        answers = _answers(page, path)
        beside = [answer for answer in answers if answer.request.resource_type != "document"]
        if len(beside) > MOST_REQUESTS:
            over.append(f"{path}: {len(beside)} requests beside the page")
        if (size := _transferred(answers)) > MOST_BYTES:
            over.append(f"{path}: {size} bytes")
        if (shift := page.evaluate(_SHIFT)) > MOST_SHIFT:
            over.append(f"{path}: moves by {shift}")
        page.context.close()

    assert over == []


def test_a_planted_shift_is_seen(career: Account, open_page: Callable[..., Page]) -> None:
    """The positive control of the measurement above."""
    page = open_page(account=career)
    page.goto("/")
    page.evaluate(
        "() => new Promise((done) => setTimeout(() => {"
        " const wedge = document.createElement('p'); wedge.textContent = 'wedge'; document.body.prepend(wedge);"
        " requestAnimationFrame(() => requestAnimationFrame(done)); }, 700))"
    )
    assert page.evaluate(_SHIFT) > MOST_SHIFT


def test_every_page_is_painted_and_complete_without_javascript(
    career: Account, open_page: Callable[..., Page]
) -> None:
    incomplete: list[str] = []
    pages = [open_page(account=career, java_script_enabled=enabled) for enabled in (True, False)]
    for path in DIFFERENT:
        for page in pages:
            page.goto(path)
        with_script, without = map(_words, pages)
        if with_script != without:
            incomplete.append(path)
    assert incomplete == []


def _words(page: Page) -> Any:  # noqa: ANN401
    """What is read in the page; a hint about keys is of use with a script only."""
    page.locator(".with-script").evaluate_all("(hints) => hints.forEach((hint) => hint.remove())")
    return page.locator("main").inner_text()


def test_pages_are_sent_compressed(career: Account, open_page: Callable[..., Page]) -> None:
    answer = open_page(account=career).goto("/years/2024/")
    assert answer is not None
    assert answer.header_value("content-encoding") == "gzip"
