"""Pushing many figures at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.models import Measurement
from records.models import Account, ApiToken
from records.ownership import every_owner, owner_scope
from tests import factories as make

ADDRESS = "/api/v1/measurements/bulk/"


@pytest.fixture
def push(owner: Account) -> Any:  # noqa: ANN401
    _token, text = ApiToken.issue(owner=owner, name="script")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    make.create_metric(owner=owner, slug="articles")
    return lambda data: client.put(ADDRESS, data, content_type="application/json")


def _row(quarter: int, value: object, **fields: object) -> dict[str, object]:
    return {"metric": "articles", "period": f"2024-Q{quarter}", "value": value, **fields}


def test_figures_are_made_changed_and_left_alone(owner: Account, push: Any) -> None:  # noqa: ANN401
    first = push({"measurements": [_row(1, "3", note="kept"), _row(2, 4)]})
    assert first.status_code == 200, first.content
    assert first.json() == {
        "created": ["articles~2024-Q1~", "articles~2024-Q2~"],
        "updated": [],
        "unchanged": [],
    }
    second = push({"measurements": [_row(1, "5"), _row(2, "4"), _row(3, None)]}).json()
    assert second == {
        "created": ["articles~2024-Q3~"],
        "updated": ["articles~2024-Q1~"],
        "unchanged": ["articles~2024-Q2~"],
    }
    third = push({"measurements": [_row(1, "5"), _row(2, "4"), _row(3, None)]}).json()
    assert (third["created"], third["updated"], len(third["unchanged"])) == ([], [], 3)
    with owner_scope(owner):
        row = Measurement.objects.get(period="2024-Q1")
        assert (row.note, row.version, row.history.count()) == ("kept", 2, 2)


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        ([_row(1, 1), _row(2, "many")], ["measurements[1].value"]),
        ([_row(1, 1), _row(2, 1, metric="nothing")], ["measurements[1].metric"]),
        ([_row(1, 1, colour="red")], ["measurements[0].colour"]),
        ([_row(1, 1, denominator="0", numerator="1")], ["measurements[0].denominator"]),
        ([_row(1, 1), 5], ["measurements[1]"]),
        (5, ["measurements"]),
        ([_row(1, 1)] * 5001, ["measurements"]),
    ],
)
def test_nothing_is_saved_if_one_is_wrong(rows: Any, fields: list[str], push: Any) -> None:  # noqa: ANN401
    answer = push({"measurements": rows})
    assert answer.status_code == 400, answer.content
    assert [error["field"] for error in answer.json()["errors"]] == fields
    with every_owner():
        assert not Measurement.objects.exists()


def test_five_thousand_figures_take_few_queries(owner: Account, push: Any) -> None:  # noqa: ANN401
    periods = [f"{year}-{month:02}" for year in range(1900, 2200) for month in range(1, 13)]
    periods += [f"{year}-Q{quarter}" for year in range(1900, 2200) for quarter in range(1, 5)]
    periods += [str(year) for year in range(1900, 2100)]
    rows = [{"metric": "articles", "period": period, "value": "1"} for period in periods]
    with CaptureQueriesContext(connection) as asked:
        assert len(push({"measurements": rows}).json()["created"]) == 5000
    # What the database takes at once limits an INSERT, and nothing else depends on the rows.
    words = [query["sql"].split(" ")[0] for query in asked]
    assert len([word for word in words if word != "INSERT"]) < 25
    assert words.count("INSERT") < 200


def test_metric_of_somebody_else_is_missing(owner: Account, stranger: Account, push: Any) -> None:  # noqa: ANN401
    make.create_metric(owner=stranger, slug="theirs")
    foreign = push({"measurements": [_row(1, 1, metric="theirs")]})
    missing = push({"measurements": [_row(1, 1, metric="nobody")]})
    assert json.loads(foreign.content.replace(b"theirs", b"nobody")) == missing.json()
    assert foreign.status_code == 400
