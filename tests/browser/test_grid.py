"""A quarter entered by keyboard and from a spreadsheet; and without any script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from metrics.models import Measurement
from metrics.units import Unit
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "/metrics/enter/2025-Q1/"
PASTE = """text => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def account(transactional_db: None) -> Account:
    """Two metrics and two projects, used in the quarter before."""
    account = Account.objects.create_user(username="owner", password="owner's password")
    harbour, quay = (make.create_project(owner=account, name=name) for name in ("Harbour", "Quay"))
    rate = make.create_metric(owner=account, name="Rate", unit=Unit.PERCENT)
    trips = make.create_metric(owner=account, name="Trips")
    for metric, project in ((rate, harbour), (trips, quay)):
        make.create_measurement(owner=account, metric=metric, project=project, period="2024-Q4", value=50)
    return account


def _stored(account: Account) -> dict[str, str]:
    with owner_scope(account):
        rows = Measurement.objects.filter(period="2025-Q1").select_related("metric", "project")
        return {
            f"{row.metric.slug} {row.project.slug if row.project else 'all'}": f"{row.value.normalize():f}"
            for row in rows
        }


def _here(page: Page) -> str:
    return str(page.evaluate("document.activeElement.name || document.activeElement.tagName"))


def test_enter_arrows_and_tab_move_through_the_grid(account: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=account, locale="en-US")
    page.goto(ADDRESS)
    page.locator("[name='figure:rate:']").focus()
    visited = []
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "Tab", "Enter", "Shift+Enter", "ArrowLeft"):
        page.keyboard.press(key)
        visited.append(_here(page))

    assert visited == [
        "figure:trips:",
        "figure:trips:harbour",
        "figure:rate:harbour",
        "figure:rate:quay",
        "figure:trips:quay",
        "figure:rate:quay",
        "figure:rate:harbour",
    ]


def test_arrows_stay_within_a_text_that_is_being_written(
    account: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=account)
    page.goto(ADDRESS)
    page.locator("[name='figure:rate:']").focus()
    page.keyboard.type("25/4")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("9")

    assert page.input_value("[name='figure:rate:']") == "25/94"
    page.keyboard.press("Escape")
    assert page.input_value("[name='figure:rate:']") == ""


def test_a_person_types_a_quarter_and_sees_it_on_the_page_of_the_metric(
    account: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=account, locale="en-US")
    page.goto(ADDRESS)
    page.locator("[name='figure:rate:']").focus()
    page.keyboard.type("80.5")
    page.keyboard.press("Enter")
    page.keyboard.type("7")
    assert page.locator(".save output").inner_text() == "2 figures changed"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".messages")

    assert page.locator(".messages").inner_text() == "Q1 2025: 2 figures saved."
    assert _stored(account) == {"rate all": "80.5", "trips all": "7"}
    page.click("table.grid >> text=Rate")
    assert "80.5%" in page.locator(".readings-table").inner_text()
    assert page.locator("svg.line").first.is_visible()


def test_a_block_from_a_spreadsheet_is_pasted_from_the_cell_on(
    account: Account, open_page: Callable[..., Page]
) -> None:
    page = open_page(account=account, locale="en-US")
    page.goto(ADDRESS)
    page.locator("[name='figure:rate:harbour']").focus()
    page.evaluate(PASTE, "80.5%\t25/40\tbeyond\r\n3\t \r\n")

    assert "What was pasted is larger than the grid" in page.locator(".save output").inner_text()
    page.click(".save button")
    page.wait_for_selector(".messages")
    assert _stored(account) == {"rate harbour": "80.5", "rate quay": "62.5", "trips harbour": "3"}


def test_a_refused_cell_is_shown_and_has_the_focus(account: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=account, locale="en-US")
    page.goto(ADDRESS)
    page.fill("[name='figure:trips:quay']", "soon")
    page.fill("[name='figure:rate:']", "80")
    with page.expect_navigation():
        page.click(".save button")

    assert _here(page) == "figure:trips:quay"
    assert page.input_value("[name='figure:rate:']") == "80"
    assert page.locator(".save output").inner_text() == "2 figures changed"
    assert "is not a figure" in page.locator("td.wrong").inner_text()
    assert _stored(account) == {}


def test_the_grid_works_without_a_script(account: Account, open_page: Callable[..., Page]) -> None:
    page = open_page(account=account, locale="en-US", java_script_enabled=False)
    page.goto(ADDRESS)
    assert not page.locator(".with-script").is_visible()
    page.fill("[name='figure:trips:']", "4")
    page.press("[name='figure:trips:']", "Enter")

    assert page.locator(".messages").inner_text() == "Q1 2025: 1 figure saved."
    assert _stored(account) == {"trips all": "4"}
