"""A browser in front of a live server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from records.models import Account, ApiToken
from tests.career import load_career


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """`open_page(account=…, **context)` → a page at 1280 × 800, signed in if an account is given.

    Paths given to `goto` are relative to the server. `context` goes to Playwright: locale, color_scheme, viewport.
    What the console complains about, a refused style or script for example, fails the test.
    """
    complaints: list[str] = []
    contexts = []

    def _complain(said: ConsoleMessage) -> None:
        # Chromium calls a form that was refused an error; to us it is an answer.
        if said.type == "error" and "status of 422" not in said.text:
            complaints.append(said.text)

    def _open(account: Account | None = None, **context: Any) -> Page:  # noqa: ANN401
        opened = browser.new_context(
            base_url=live_server.url, **{"viewport": {"width": 1280, "height": 800}, **context}
        )
        contexts.append(opened)
        if account is not None:
            client = Client()
            client.force_login(account)
            name = settings.SESSION_COOKIE_NAME
            opened.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page = opened.new_page()
        page.on("console", _complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield _open
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def career(transactional_db: None) -> Account:
    """The account `demo` with the facts of the five documents and one token."""
    account = load_career()
    ApiToken.issue(owner=account, name="dashboard", scope="read")
    return account


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], list[str]]:
    """What axe finds on a page, one line for each rule: its id and the first element."""
    axe = Axe()

    def _find(page: Page) -> list[str]:
        found = axe.run(page).response["violations"]
        return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found]

    return _find
