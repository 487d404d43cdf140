"""The pictures of README.md, taken from the program. `make screenshots` runs this and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page

from records.models import Account

pytestmark = [pytest.mark.screenshots, pytest.mark.django_db(transaction=True)]

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "path", "height"),
    [
        pytest.param("comparison", "/goals/2023/", 1180, id="goals-against-results"),
        pytest.param("year", "/years/2024/", 1180, id="a-year-at-a-glance"),
        pytest.param("checks", "/checks/", 900, id="does-it-add-up"),
    ],
)
def test_take_picture(
    name: str, path: str, height: int, open_page: Callable[..., Page], transactional_db: None
) -> None:
    call_command("loaddata", "career", verbosity=0)
    demo = Account.objects.get(username="demo")
    page = open_page(account=demo, viewport={"width": 1180, "height": height}, locale="en-US")
    page.goto(path)
    page.screenshot(path=DOCS / f"{name}.png")
