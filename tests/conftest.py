from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client, override_settings
from django.utils import translation

from careertrack.catalogs import catalog_paths, compile_catalog
from records.models import Account
from tests.career import load_career

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_configure(config: pytest.Config) -> None:
    """Tests in Korean read the compiled catalogs, which are not kept in git."""
    if not hasattr(config, "workerinput"):  # once, not in every process of pytest-xdist
        for path in catalog_paths():
            compile_catalog(path)


def pytest_runtest_setup() -> None:
    """A page that was asked for in Korean leaves its language behind in the thread."""
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests() -> Iterator[None]:
    """Static files straight from the sources, as nobody has run collectstatic; passwords without the wait."""
    with override_settings(
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        WHITENOISE_USE_FINDERS=True,
        WHITENOISE_AUTOREFRESH=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        API_REQUESTS_PER_MINUTE=None,  # whoever tests the limit sets one
    ):
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests of a process, as Playwright starts but once in it; loaded by those that want it."""
    from tests.chromium import running_browser

    with running_browser() as running:
        yield running


@pytest.fixture
def owner(db: None) -> Account:
    """The account whose records a test is about. Staff, as every account is: it may use admin."""
    return Account.objects.create_user(username="owner", password="owner's password", is_staff=True)


@pytest.fixture
def stranger(db: None) -> Account:
    """Somebody else on the same server, who must never see a record of the owner."""
    return Account.objects.create_user(username="stranger", password="stranger's password", is_staff=True)


@pytest.fixture
def owner_client(owner: Account) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def stranger_client(stranger: Account) -> Client:
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
def career(db: None) -> Account:
    """The account `demo` with the facts of the five documents."""
    return load_career()
