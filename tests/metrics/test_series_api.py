from __future__ import annotations

from django.test import Client

from records.models import Account
from tests import factories as make


def test_series_answers_stated_computed_and_every_other_reading(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, slug="lead-time", aggregation="mean", unit="day")
    document = make.create_document(owner=owner, year=2023)
    make.create_measurement(
        owner=owner, metric=metric, period="2023", value=8, source=document, source_lines="7"
    )
    make.create_measurement(owner=owner, metric=metric, period="2023-Q1", value=6)
    make.create_measurement(owner=owner, metric=metric, period="2023-Q2", value=None)
    make.create_measurement(owner=owner, metric=metric, period="2023-Q3", value=12)

    answer = owner_client.get("/api/v1/metrics/lead-time/series/").json()

    assert (answer["metric"], answer["unit"], answer["aggregation"]) == ("lead-time", "day", "mean")
    (year,) = answer["years"]
    assert (year["year"], year["value"], year["computed"]) == (2023, "8", "9")
    assert year["stated"]["source"] == {"document": 2023, "lines": "7"}
    assert year["alternatives"]["sum"] == "18"
    assert year["alternatives"]["mean_with_empty_as_zero"] == "6"
    assert year["alternatives"]["pooled"] is None
    assert [(part["key"], part["value"]) for part in year["parts"]] == [
        ("lead-time~2023-Q1~", "6"),
        ("lead-time~2023-Q2~", None),
        ("lead-time~2023-Q3~", "12"),
    ]


def test_series_of_a_metric_that_is_missing_or_somebody_elses(
    owner: Account, stranger_client: Client
) -> None:
    make.create_metric(owner=owner, slug="theirs")
    foreign, missing = (
        stranger_client.get(f"/api/v1/metrics/{slug}/series/") for slug in ("theirs", "nothing")
    )
    assert (foreign.status_code, foreign.content) == (404, missing.content)
