"""Text that tries to be a script stays text, on every page, for every field."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import ConsoleMessage, Dialog, Error, Page
from pytest_django.live_server_helper import LiveServer

from careertrack import urls
from goals.models import Goal
from projects.models import Project, Skill
from records.admin import site
from records.models import Account, Owned
from records.ownership import owner_scope
from tests.trust.estate import Keys
from tests.trust.injected import Dangers, payloads_of, store_payloads, text_fields
from tests.trust.payloads import CALL, PAYLOADS
from tests.trust.sweep import ACCOUNTS, asks_of, routes


def _keys(owner: Account, number: int) -> Keys:
    """Of the number-th record of every model."""
    ids, slugs, versions = {}, {}, {}
    with owner_scope(owner):
        for model in site._registry:
            if issubclass(model, Owned):
                rows = list(model.objects.order_by("pk"))
                record = rows[min(number, len(rows) - 1)]
                ids[model] = record.pk
                versions[model] = record.history.order_by("history_id").last().history_id
                if hasattr(record, "slug"):
                    slugs[model] = record.slug
    return Keys(account=owner.pk, ids=ids, slugs=slugs, versions=versions)


def _addresses(keys: Keys) -> dict[str, None]:
    """Of every page, each once and in order."""
    found: dict[str, None] = {}
    for route in routes(urls.urlpatterns):
        if route.name in ("account_logout", "logout", "mfa_download_recovery_codes"):
            continue
        for ask in asks_of(route, keys) or ():
            if ask.method == "get":
                query = "&".join(f"{name}={value}" for name, value in ask.data.items())
                found[f"{ask.path}?{query}" if query else ask.path] = None
    return found


def _visit(page: Page, address: str) -> None:
    """An answer without a page, like 405 or a file, is an error to Playwright and nothing to look at here."""
    try:
        page.goto(address, wait_until="load")
    except Error as error:
        if (
            "ERR_HTTP_RESPONSE_CODE_FAILURE" not in error.message
            and "Download is starting" not in error.message
        ):
            raise
        page.goto("about:blank")


def _details(owner: Account) -> list[str]:
    """The page of every goal, project and skill."""
    with owner_scope(owner):
        return [
            *(f"/goals/{goal.set_in.year}/{goal.slug}/" for goal in Goal.objects.all()),
            *(f"/projects/{project.slug}/" for project in Project.objects.all()),
            *(f"/skills/{skill.slug}/" for skill in Skill.objects.all()),
        ]


def test_there_are_enough_payloads_and_fields() -> None:
    assert len(PAYLOADS) >= 300
    assert all(CALL in payload for payload in PAYLOADS)
    assert sum(len(text_fields(model)) for model in site._registry if issubclass(model, Owned)) > 40


@pytest.mark.parametrize(
    "page",
    [
        f"<p title=''onfocus={CALL}>",
        f"<a href=' javascript:{CALL}'>",
        f"<p></p><script>{CALL}</script>",
        f'<input value=""><img src=x onerror={CALL}>',
        "<iframe></iframe>",
    ],
)
def test_what_could_run_would_be_found(page: str) -> None:
    assert Dangers(page).found != []


@pytest.mark.trust
def test_every_payload_in_every_field_reaches_pages_as_text(owner: Account, owner_client: Client) -> None:
    store_payloads(owner, PAYLOADS)
    addresses = dict.fromkeys(
        [*_addresses(_keys(owner, 0)), *_addresses(_keys(owner, 150)), *_details(owner)]
    )
    seen: set[str] = set()
    found = []
    for address in addresses:
        answer = owner_client.get(address)
        if answer.streaming or not answer.get("Content-Type", "").startswith("text/html"):
            continue
        assert answer.status_code < 500, address
        page = answer.content.decode()
        found += [f"{address}: {danger}" for danger in Dangers(page).found]
        seen |= payloads_of(page)
    assert found == []
    assert set(PAYLOADS) - seen == set()


@pytest.mark.trust
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_nothing_runs_in_a_browser_that_is_told_to_ignore_the_policy(
    owner: Account, browser_page: Callable[..., Page], live_server: LiveServer
) -> None:
    store_payloads(owner, PAYLOADS)
    page = browser_page(owner, bypass_csp=True)
    page.add_init_script("window.zq = () => { window.zqRan = true; }")
    ran: list[str] = []

    def note_dialog(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note_dialog)
    for address in (
        _addresses(_keys(owner, 0)) | _addresses(_keys(owner, 150)) | dict.fromkeys(_details(owner)[::25])
    ):
        _visit(page, address)
        if page.evaluate("window.zqRan === true"):
            ran.append(address)
    assert ran == []
    # The control: what is not escaped does run here.
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=zq()>')")
    page.wait_for_function("window.zqRan === true")


@pytest.mark.trust
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_policy_is_kept_on_every_page_admin_and_accounts_included(
    owner: Account, browser_page: Callable[..., Page], live_server: LiveServer
) -> None:
    store_payloads(owner, PAYLOADS[:3])
    addresses = _addresses(_keys(owner, 0))
    assert any("/admin/" in address for address in addresses)
    assert len([route for route in routes(urls.urlpatterns) if route.name in ACCOUNTS]) > 20
    complaints: list[str] = []

    def note_complaint(said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            complaints.append(f"{said.location}: {said.text}")

    for account in (owner, None):
        page = browser_page(account)
        page.on("console", note_complaint)
        for address in (
            addresses if account else ["/accounts/login/", "/accounts/password/reset/", "/nowhere/"]
        ):
            _visit(page, address)
    assert complaints == []
