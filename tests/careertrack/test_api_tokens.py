"""A token that may only read, one that asks too often, and what is somebody else's: at every operation of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from records.api.openapi import schema_document
from records.models import Account, ApiToken
from records.ownership import owner_scope
from records.tokens import ASKED
from tests import factories as make
from tests.careertrack.test_admin_pages import MAKERS
from tests.everything import OWNED_MODELS

PATHS: dict[str, Any] = json.loads(schema_document())["paths"]
OPERATIONS = [(method, path) for path, operations in PATHS.items() for method in operations]
WRITES = [(method, path) for method, path in OPERATIONS if method != "get"]
READS = [path for method, path in OPERATIONS if method == "get"]


def _address(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: "2024" if found[1] == "year" else "articles", path)


def _names(operations: list[tuple[str, str]]) -> list[str]:
    return [f"{method.upper()} {path}" for method, path in operations]


@pytest.fixture
def nobody_asked() -> Iterator[None]:
    ASKED.clear()
    yield
    ASKED.clear()


def _counted(owner: Account) -> dict[str, tuple[int, int]]:
    """How many records of every model, and how many versions of them."""
    with owner_scope(owner):
        return {
            model._meta.label: (model.objects.count(), sum(model.objects.values_list("version", flat=True)))
            for model in OWNED_MODELS
            if model is not ApiToken
        }


@pytest.mark.parametrize(("method", "path"), WRITES, ids=_names(WRITES))
def test_token_that_may_only_read_writes_nothing_anywhere(method: str, path: str, owner: Account) -> None:
    for model, create in MAKERS.items():
        if model is not ApiToken:
            create(owner=owner)
    _token, text = ApiToken.issue(owner=owner, name="reading", scope=ApiToken.Scope.READ)
    before = _counted(owner)
    client = Client(headers={"Authorization": f"Bearer {text}"})
    with CaptureQueriesContext(connection) as asked:
        answer = getattr(client, method)(_address(path), {"version": 1}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only_token")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert _counted(owner) == before
    # The token is looked up and its use noted; no record is asked for.
    assert not [each["sql"] for each in asked if "records_apitoken" not in each["sql"]]


@pytest.mark.parametrize("path", READS)
def test_token_that_may_only_read_reads_everywhere(path: str, owner: Account) -> None:
    make.create_metric(owner=owner, slug="articles")
    _token, text = ApiToken.issue(owner=owner, name="reading", scope=ApiToken.Scope.READ)
    answer = Client().get(_address(path), headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code in (200, 404)


@override_settings(API_REQUESTS_PER_MINUTE=1)
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=_names(OPERATIONS))
def test_whoever_asks_too_often_is_told_how_long_to_wait(
    method: str, path: str, nobody_asked: None, owner: Account
) -> None:
    _token, text = ApiToken.issue(owner=owner, name="script")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert client.get("/api/v1/metrics/").status_code == 200
    answer = getattr(client, method)(_address(path), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "post"])
@pytest.mark.parametrize("path", ["metrics/{slug}/", "metrics/{slug}/series/", "measurements/{slug}~2024~/"])
def test_what_is_somebody_elses_answers_as_what_is_missing(
    path: str, method: str, owner: Account, stranger: Account
) -> None:
    """Byte for byte, apart from the number of the request."""
    metric = make.create_metric(owner=owner, slug="theirs")
    make.create_measurement(owner=owner, metric=metric)
    _token, text = ApiToken.issue(owner=stranger, name="script")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    foreign, missing = (
        getattr(client, method)(
            f"/api/v1/{path.format(slug=slug)}", {"version": 1}, content_type="application/json"
        )
        if method != "get"
        else client.get(f"/api/v1/{path.format(slug=slug)}")
        for slug in ("theirs", "nobody")
    )
    for each in (foreign, missing):
        each.headers.pop("X-Request-ID")
    assert foreign.status_code in (404, 405)
    assert (foreign.status_code, foreign.content, foreign.headers) == (
        missing.status_code,
        missing.content,
        missing.headers,
    )
