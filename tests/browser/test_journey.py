"""One way through the whole product, as a person goes it before a review: by clicks and keys, page after page."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from goals.models import GoalResult
from metrics.models import Measurement, Settlement
from records.models import Account
from records.ownership import owner_scope

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "nine years of tides"
METRIC = "deployment-schedule-adherence"


@pytest.fixture
def account(career: Account) -> Account:
    career.set_password(PASSWORD)
    career.save()
    return career


def test_from_signing_in_to_the_printed_year(
    account: Account, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(locale="en-US")
    _sign_in(page, account)

    # What was aimed at in 2023, and from there the figures of the year it was due in.
    page.locator("main a[href='/goals/2023/']").click()
    expect(page.locator("h1")).to_have_text("Goals set in 2023, results of 2024")
    page.get_by_role("link", name="Figures of 2024").click()
    expect(page).to_have_url(re.compile(r"/years/2024/#figures$"))

    goal = _settle_a_contradiction(page, account)
    _record_a_verdict(page, account, goal)
    _enter_a_quarter(page, account)
    _print_the_year(page, tmp_path)


def _sign_in(page: Page, account: Account) -> None:
    page.goto("/years/2024/")
    page.get_by_label("Username").fill(account.username)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/years/2024/")
    page.keyboard.press("g")
    page.keyboard.press("y")
    page.wait_for_url("/")


def _settle_a_contradiction(page: Page, account: Account) -> str:
    """From the mark in the KPI table to its check and the line it stands on; returns the goal that rests on it."""
    mark = page.locator(f"#metric-{METRIC} .check-mark:not(.is-settled)").first
    mark.click()
    check = page.locator(".one-check:target")
    expect(check).to_be_visible()
    lines = re.compile(r"2024 document, line [\d, -]+")
    assert lines.fullmatch(check.locator("header .source").inner_text())
    check.get_by_text("it was computed from").click()
    expect(check.locator("details[open] .source").first).to_have_text(lines)
    with owner_scope(account):
        before = Settlement.objects.count()
    check.get_by_text("Settle it").click()
    check.get_by_label("Reason").fill("The table was drawn up before the last deployment.")
    check.get_by_role("button", name="Accept as it is").click()

    expect(page.locator(".messages")).to_contain_text("Settled:")
    settled = page.locator(".one-check:target")
    expect(settled).to_contain_text("The table was drawn up before the last deployment.")
    with owner_scope(account):
        assert Settlement.objects.count() == before + 1
    goal = settled.locator(".touches a[href^='/goals/2023/']").first
    address = goal.get_attribute("href")
    assert address is not None
    goal.click()
    page.wait_for_url(f"**{address}")
    return address


def _record_a_verdict(page: Page, account: Account, goal: str) -> None:
    page.get_by_label("Verdict").select_option("partly")
    page.get_by_label("Reason").fill("Four of five were on the day.")
    page.get_by_role("button", name="Record", exact=True).click()

    expect(page.locator(".messages")).to_have_text("Result recorded.")
    expect(page.locator(".goal-head .verdict")).to_have_text("partly")
    with owner_scope(account):
        slug = goal.strip("/").rpartition("/")[2]
        assert GoalResult.objects.get(goal__slug=slug).reason == "Four of five were on the day."


def _enter_a_quarter(page: Page, account: Account) -> None:
    """From the goal to its metric, from there into the grid; one figure too many is taken back."""
    page.locator(f"a[href='/metrics/{METRIC}/']").first.click()
    page.locator("a.button[href^='/metrics/enter/']").click()
    quarter = page.locator("h1").inner_text().removeprefix("Figures of ")
    period = "-".join(reversed(quarter.split()))
    page.locator(f"[name='figure:{METRIC}:']").focus()
    page.keyboard.type("91")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".messages")).to_have_text(f"{quarter}: 1 figure saved.")
    page.get_by_role("button", name="Take the entry back").click()
    expect(page.locator(".messages")).to_contain_text("the entry was taken back")
    assert page.input_value(f"[name='figure:{METRIC}:']") == ""

    page.locator(f"[name='figure:{METRIC}:']").fill("25/40")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".messages")).to_have_text(f"{quarter}: 1 figure saved.")
    with owner_scope(account):
        row = Measurement.objects.get(metric__slug=METRIC, period=period, project=None)
        assert (row.value, row.numerator) == (Decimal("62.5"), 25)
    page.locator("table.grid").get_by_role("link", name="Deployment Schedule Adherence").click()
    expect(page.locator(".readings-table")).to_contain_text("62.5%")
    assert "62.5" in page.locator("svg.line").first.text_content()  # type: ignore[operator]


def _print_the_year(page: Page, tmp_path: Path) -> None:
    page.goto("/years/2024/")
    expect(page.locator("#due ~ table, section[aria-labelledby=due]").first).to_contain_text("partly")
    sheets = tmp_path / "2024.pdf"
    page.pdf(path=sheets, prefer_css_page_size=True)
    written = _text_of(sheets)
    assert "The year 2024" in written[0]
    assert all(f"{place} / {len(written)}" in text for place, text in enumerate(written, start=1))
    whole = " ".join(written)
    assert "Deployment Schedule Adherence" in whole
    for only_on_screen in (
        "Edit records",
        "Keyboard shortcuts",
        "Sign out",
        "points are open before the review",
    ):
        assert only_on_screen not in whole


def _text_of(sheets: Path) -> list[str]:
    """The text of each page, lines and all."""
    return [page.extract_text() for page in PdfReader(sheets).pages]
