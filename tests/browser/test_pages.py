"""Every page as people meet it: wide and narrow, light and dark, Korean and English; by eye, ear and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Page

from goals.models import GoalResult
from records.models import Account
from records.ownership import owner_scope

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "/",
    "/trends/",
    "/years/2019/",
    "/years/2020/",
    "/years/2021/",
    "/years/2022/",
    "/years/2023/",
    "/years/2024/",
    "/years/2025/",
    "/goals/2019/",
    "/goals/2020/",
    "/goals/2021/",
    "/goals/2022/",
    "/goals/2023/",
    "/goals/2024/",
    "/goals/2023/g24-mttr/",
    "/goals/2022/g22h2-linux-master/",
    "/projects/",
    "/projects/kwater/",
    "/activities/",
    "/skills/",
    "/skills/grpc/",
    "/search/?q=GPU",
    "/search/?q=%EB%85%BC%EB%AC%B8",
    "/metrics/",
    "/metrics/mttr/",
    "/metrics/deployment-schedule-adherence/",
    "/metrics/articles-written/",
    "/metrics/standardization-application/",
    "/metrics/enter/2025-Q1/",
    "/metrics/enter/2024/?metric=lead-time&metric=mttr&project=kwater",
    "/checks/",
    "/import/",
    "/export/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/tokens/",
    "/accounts/tokens/revoke/?token=dashboard",
]
# Of pages that only differ in their records, those with the most and with the fewest: what is quick looks at these.
ALIKE = ("/years/2020/", "/years/2021/", "/years/2022/", "/goals/2020/", "/goals/2022/", "/goals/2023/")
DIFFERENT = [path for path in PAGES if path not in ALIKE]
# Every width, scheme and language once; the other six of the eight are a slow proof.
QUICK = [(1280, "light", "en-US"), (390, "dark", "ko-KR")]
COMBINATIONS = [
    pytest.param(*each, marks=[] if each in QUICK else pytest.mark.trust)
    for each in product((1280, 390), ("light", "dark"), ("en-US", "ko-KR"))
]


@pytest.mark.parametrize(("width", "scheme", "language"), COMBINATIONS)
def test_pages_are_readable_for_everybody(
    width: int,
    scheme: str,
    language: str,
    career: Account,
    open_page: Callable[..., Page],
    barriers: Callable[[Page], list[str]],
) -> None:
    """axe finds nothing and nothing is wider than the screen; a complaint of the console fails `open_page`."""
    findings = []
    paths = DIFFERENT if (width, scheme, language) in QUICK else PAGES
    page = open_page(
        account=career, viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language
    )
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("html").get_attribute("lang") == language[:2], path
        findings += [f"{path}: {barrier}" for barrier in barriers(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            findings.append(f"{path}: wider than the screen")

    assert findings == []


def test_a_planted_barrier_is_found(
    career: Account, open_page: Callable[..., Page], barriers: Callable[[Page], list[str]]
) -> None:
    """The positive control of the sweep above."""
    page = open_page(account=career)
    page.goto("/")
    page.evaluate("() => { document.body.append(document.createElement('img')); }")

    assert any("image-alt" in barrier for barrier in barriers(page))


def test_a_person_reads_a_year_and_records_a_result(career: Account, open_page: Callable[..., Page]) -> None:
    """From the first click to the result: home, the goals of 2024, one goal, its result."""
    page = open_page(account=career, locale="en-US")
    page.goto("/")
    page.click("a[href='/goals/2024/']")
    page.click("main >> text=Observability")
    page.select_option("select[name=verdict]", "partly")
    page.fill("textarea[name=reason]", "A first dashboard, for one service.")
    page.click("button[name=record_result]")

    assert page.locator(".messages").inner_text() == "Result recorded."
    assert page.locator(".goal-head .verdict").inner_text() == "partly"
    with owner_scope(career):
        assert GoalResult.objects.get(goal__slug="g25-observability").verdict == "partly"


def test_the_keyboard_alone_reaches_the_content_and_the_menu(
    career: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=career)
    page.goto("/goals/2023/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.locator(".menu summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".menu button").is_visible()


def test_the_language_follows_the_browser_until_it_is_switched(
    career: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=career, locale="ko-KR")
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "ko"
    page.click("button[name=language][value=en]")
    page.goto("/goals/2023/")
    assert page.locator("html").get_attribute("lang") == "en"
