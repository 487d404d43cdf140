from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from metrics.aggregation import Aggregation
from metrics.catalogue import MetricRow, metric_rows
from metrics.models import Measurement, Metric
from metrics.sparks import HEIGHT, WIDTH, spark_of
from metrics.units import Unit
from metrics.views import METRICS_PER_PAGE
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from tests import factories as make

QUARTERS = ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4")


def _rows(owner: Account) -> dict[str, MetricRow]:
    with owner_scope(owner):
        return {row.metric.name: row for row in metric_rows(list(Metric.objects.all().by_rhythm()))}


def _text(client: Client, **query: str) -> str:
    answer = client.get("/metrics/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def _measure(owner: Account, name: str, *periods: str, value: int | None = 5, **fields: str) -> Metric:
    metric = make.create_metric(owner=owner, name=name, **fields)
    for period in periods:
        make.create_measurement(owner=owner, metric=metric, period=period, value=value)
    return metric


def test_metrics_are_grouped_by_how_often_they_are_measured(owner: Account, owner_client: Client) -> None:
    _measure(owner, "Yearly", "2024")
    _measure(owner, "Never")
    _measure(owner, "Quarterly", "2023", "2024-Q1")

    text = _text(owner_client)

    found = re.findall(r"<h2 id=\"rhythm.*?>(.*?)</h2>|<a href=\"/metrics/\w+/\">(.*?)</a>", text)
    assert ["".join(each) for each in found] == [
        "Followed through the year",
        "Quarterly",
        "Measured once a year",
        "Yearly",
        "Not measured yet",
        "Never",
    ]


def test_a_row_has_the_latest_year_and_the_latest_period_with_a_figure(owner: Account) -> None:
    rate = _measure(owner, "Rate", "2024", "2024-Q3", value=80, aggregation=Aggregation.MEAN)
    for period in ("2024-Q4", "2025-Q1"):
        make.create_measurement(owner=owner, metric=rate, period=period, value=None)

    row = _rows(owner)["Rate"]

    assert row.year is not None
    assert row.latest is not None
    assert (row.year.period, row.year.value, row.latest.period) == (Period(2024), 80, Period.parse("2024-Q3"))


def test_a_year_nobody_stated_is_computed_and_says_so(owner: Account, owner_client: Client) -> None:
    _measure(owner, "Trips", *QUARTERS, value=3)

    text = " ".join(re.sub(r"<[^>]+>", " ", _text(owner_client)).split())

    assert "12 2024, computed 3 Q4 2024" in text


def test_a_metric_of_one_project_has_its_figures_and_one_of_several_has_not(owner: Account) -> None:
    one, several = (make.create_metric(owner=owner, name=name) for name in ("One", "Several"))
    harbour, quay = (make.create_project(owner=owner, name=name) for name in ("Harbour", "Quay"))
    for metric, project in ((one, harbour), (several, harbour), (several, quay)):
        make.create_measurement(owner=owner, metric=metric, project=project, value=4)

    rows = _rows(owner)

    assert rows["One"].year is not None
    assert (rows["One"].year.value, rows["One"].is_by_project) == (4, False)
    assert (rows["Several"].year, rows["Several"].is_by_project) == (None, True)


def test_a_metric_given_up_long_ago_keeps_its_line(owner: Account) -> None:
    _measure(owner, "Old", "2001", "2002", "2003")
    _measure(owner, "New", *(str(year) for year in range(2010, 2025)))

    rows = _rows(owner)

    assert rows["Old"].spark is not None
    assert rows["Old"].spark.words.startswith("2001: 5; 2002: 5")
    assert rows["New"].spark is not None
    assert rows["New"].spark.words.startswith("2017: 5; ")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"text": "RAT"}, ["Rate"]),
        ({"text": "deployments on schedule"}, ["Rate"]),
        ({"unit": "percent"}, ["Rate"]),
        ({"year": "2023"}, ["Trips"]),
        ({"year": "2023", "unit": "percent"}, []),
        ({"year": "199", "unit": "cubits"}, ["Rate", "Trips"]),
    ],
)
def test_the_filter_narrows_by_name_unit_and_year(
    owner: Account, owner_client: Client, query: dict[str, str], expected: list[str]
) -> None:
    _measure(owner, "Rate", "2024", unit=Unit.PERCENT, definition="Deployments on schedule.")
    _measure(owner, "Trips", "2023")

    text = _text(owner_client, **query)

    assert re.findall(r"<a href=\"/metrics/\w+/\">(.*?)</a>", text) == expected
    assert ("No metric fits" in text) == (not expected)


def test_an_account_without_metrics_is_told_what_one_is(owner_client: Client) -> None:
    text = _text(owner_client)

    assert "No metric is recorded yet" in text
    assert "/admin/metrics/metric/add/" in text


def test_many_metrics_stand_on_pages(owner: Account, owner_client: Client) -> None:
    for place in range(METRICS_PER_PAGE + 1):
        make.create_metric(owner=owner, name=f"m{place:02}")

    assert len(re.findall(r"href=\"/metrics/m\d+/", _text(owner_client))) == METRICS_PER_PAGE
    assert f"/metrics/m{METRICS_PER_PAGE}/" in _text(owner_client, page="2")


@pytest.mark.parametrize("number", [1, 30], ids=["2-metrics", "60-metrics"])
def test_the_list_asks_as_many_queries_whatever_it_shows(
    owner: Account, owner_client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    project = make.create_project(owner=owner)
    for place in range(number):
        older = _measure(owner, f"a{place}", "2023", *QUARTERS)
        metric = make.create_metric(owner=owner, name=f"b{place}", supersedes=older)
        make.create_measurement(owner=owner, metric=metric, project=project)

    # session and account; first and last year; those in between; number of metrics; metrics; figures
    # figures of single projects
    # marks: what figures refer to; mentions and changes; which figures of single projects may contradict; measurements
    with django_assert_num_queries(11):
        _text(owner_client)


def _spark(*rows: tuple[str, str | None]) -> list[Measurement]:
    return [
        Measurement(period=Period.parse(period), value=None if value is None else Decimal(value))
        for period, value in rows
    ]


def test_a_small_line_is_interrupted_where_nothing_was_measured() -> None:
    metric = Metric(name="Rate", unit=Unit.PERCENT)
    spark = spark_of(metric, _spark(("2024-Q1", "0"), ("2024-Q2", "10"), ("2024-Q3", None), ("2024-Q4", "5")))

    assert spark is not None
    assert spark.paths == (f"3.0,{HEIGHT - 3}.0 38.2,3.0",)
    assert spark.dots == ((WIDTH - 3, HEIGHT / 2),)
    assert spark.words == "Q1 2024: 0%; Q2 2024: 10%; Q4 2024: 5%"


def test_one_figure_is_no_line() -> None:
    metric = Metric(name="Rate", unit=Unit.PERCENT)

    assert spark_of(metric, _spark(("2024-Q1", "0"), ("2024-Q2", None))) is None
