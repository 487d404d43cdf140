"""An owner whose key stands out, and a browser that lets a test decide what is a complaint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from records.models import Account
from tests.trust.client import SHARED
from tests.trust.client import Client as Sender
from tests.trust.estate import FIRST_KEY, Keys, build_estate
from tests.trust.server import Server, filled_database, manage, scratch_database, serving

_PREPARE = f"""
from records.models import Account, ApiToken
from records.ownership import owner_scope
from projects.models import Project
owner = Account.objects.get(username="demo")
with owner_scope(owner):
    for number in range({SHARED}):
        Project(owner=owner, name=f"shared {{number}}", slug=f"shared-{{number}}", note="0", kind="client").save()
print("TOKEN", ApiToken.issue(owner=owner, name="writers")[1])
"""


@pytest.fixture
def owner(db: None) -> Account:
    """With a key that stands out on a page, like those of the records."""
    return Account.objects.create_user(
        id=FIRST_KEY - 1, username="owner", password="owner's password", is_staff=True
    )


@pytest.fixture
def estate(owner: Account) -> Keys:
    return build_estate(owner)


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


@dataclass(frozen=True)
class Busy:
    """A server as gunicorn.conf.py describes it, with the records of `demo`, counters, and a token."""

    server: Server
    token: str
    _opened: list[Sender] = field(default_factory=list)

    def script(self) -> Sender:
        return self._kept(Sender(self.server.port, token=self.token))

    def browser(self) -> Sender:
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.server.jar)
        return self._kept(Sender(self.server.port, cookies=cookies))

    def _kept(self, sender: Sender) -> Sender:
        self._opened.append(sender)
        return sender

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()


@pytest.fixture(scope="module")
def _busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    folder = tmp_path_factory.mktemp("busy")
    with scratch_database(folder, like=filled_database()) as url:
        told = manage(url, "shell", "--no-imports", "-c", _PREPARE).stdout
        with serving(
            url, folder, workers=2, API_REQUESTS_PER_MINUTE="1000000", LOG_LEVEL="warning"
        ) as server:
            server.sign_in("demo")
            yield Busy(server, told.split("TOKEN")[1].strip())


@pytest.fixture
def busy(_busy: Busy) -> Iterator[Busy]:
    """Nothing that is asked of it may meet a lock, or fail."""
    yield _busy
    _busy.close()
    log = _busy.server.log
    assert not re.search(r"locked|deadlock", log)
    assert '"level": "error"' not in log
