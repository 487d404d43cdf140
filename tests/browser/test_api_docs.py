"""The description of the API is a page to try it on, under the same policy as every other page."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from metrics.models import Metric
from records.models import Account
from records.ownership import owner_scope

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_operation_is_tried_as_whoever_is_signed_in(
    open_page: Callable[..., Page], career: Account, scheme: str
) -> None:
    with owner_scope(career):
        slugs = set(Metric.objects.values_list("slug", flat=True))
    page = open_page(career, color_scheme=scheme)
    page.goto("/api/v1/docs/")
    page.locator('.opblock-tag[data-tag="metrics"]').click()
    operation = page.locator(".opblock-get").filter(has=page.locator('[data-path="/api/v1/metrics/"]')).first
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    told = json.loads(answer.locator(".response-col_description pre, .highlight-code pre").first.inner_text())
    assert {each["slug"] for each in told["results"]} <= slugs
    assert told["results"]
