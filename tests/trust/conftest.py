"""An owner whose key stands out, and a browser that lets a test decide what is a complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from records.models import Account
from tests.browser.conftest import orm_beside_playwright, running_browser
from tests.trust.estate import FIRST_KEY, Keys, build_estate


@pytest.fixture
def owner(db: None) -> Account:
    """With a key that stands out on a page, like those of the records."""
    return Account.objects.create_user(
        id=FIRST_KEY - 1, username="owner", password="owner's password", is_staff=True
    )


@pytest.fixture
def estate(owner: Account) -> Keys:
    return build_estate(owner)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with orm_beside_playwright(), running_browser() as running:
        yield running


@pytest.fixture
def browser_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """`browser_page(account, **context)` → a page, signed in if an account is given; paths are the server's."""
    contexts = []

    def _open(account: Account | None, **context: Any) -> Page:  # noqa: ANN401
        opened = browser.new_context(base_url=live_server.url, **context)
        contexts.append(opened)
        if account is not None:
            client = Client()
            client.force_login(account)
            name = settings.SESSION_COOKIE_NAME
            opened.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return opened.new_page()

    yield _open
    for context in contexts:
        context.close()
