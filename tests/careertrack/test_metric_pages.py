from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from careertrack.metric_pages import LIMITS
from metrics.aggregation import Aggregation
from metrics.models import Metric
from metrics.units import Direction, Unit
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

QUARTERS = ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4")


def _page(client: Client, slug: str = "mttr", **query: str) -> str:
    answer = client.get(f"/metrics/{slug}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def _table_rows(html: str) -> list[str]:
    table = re.search(r'<table class="stacked readings-table".*?>.*?</table>', html, re.DOTALL)
    assert table is not None
    return [_words(row) for row in re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)][1:]


@pytest.fixture
def mttr(owner: Account) -> Metric:
    return make.create_metric(
        owner=owner,
        name="MTTR",
        unit=Unit.MINUTE,
        direction=Direction.DOWN,
        aggregation=Aggregation.MEAN,
        counts="incident",
    )


def test_the_table_tells_stated_computed_and_other_readings(
    owner: Account, owner_client: Client, mttr: Metric
) -> None:
    document = make.create_document(owner=owner)
    for period, value in zip(QUARTERS, (60, 120, 0, None), strict=True):
        make.create_measurement(owner=owner, metric=mttr, period=period, value=value)
    make.create_measurement(
        owner=owner, metric=mttr, value=45, as_stated="45 m", source=document, source_lines="11"
    )
    make.create_measurement(owner=owner, metric=mttr, period="2022", value=7)

    rows = _table_rows(_page(owner_client))

    assert rows[0].startswith("2024 45 min 1 h 0 min 3 h 0 min sum of the periods 0 min value of the last")
    assert "45 min mean, empty periods counted as zero 45 m 2024 document, line 11" in rows[0]
    assert [row.split(" – ")[0] for row in rows[1:5]] == [
        "Q1 2024 1 h 0 min",
        "Q2 2024 2 h 0 min",
        "Q3 2024 0 min",
        "Q4 2024 nothing to measure",
    ]
    assert rows[5].startswith("2023 not recorded")
    assert rows[6].startswith("2022 7 min")


def test_a_quarter_nobody_recorded_leads_to_the_grid(
    owner: Account, owner_client: Client, mttr: Metric
) -> None:
    make.create_measurement(owner=owner, metric=mttr, period="2024-Q1", value=60)

    html = _page(owner_client)

    assert "Q2 2024 not recorded" in _table_rows(html)[2]
    assert 'href="/metrics/enter/2024-Q2/?metric=mttr"' in html


def test_parts_of_a_quarter_are_computed_beside_its_value(owner: Account, owner_client: Client) -> None:
    rate = make.create_metric(owner=owner, name="Rate", unit=Unit.PERCENT, aggregation=Aggregation.MEAN)
    make.create_measurement(
        owner=owner, metric=rate, period="2024-Q1", value=62, numerator=25, denominator=40
    )

    assert "Q1 2024 62% 62.5% 25 / 40" in _table_rows(_page(owner_client, "rate"))[1]


def test_a_contradiction_is_marked(owner: Account, owner_client: Client) -> None:
    rate = make.create_metric(owner=owner, name="Rate", unit=Unit.PERCENT, aggregation=Aggregation.MEAN)
    make.create_measurement(
        owner=owner, metric=rate, period="2024-Q1", value=70, numerator=25, denominator=40
    )

    assert 'class="check-mark"' in _page(owner_client, "rate")


def test_goals_are_linked_with_their_verdict_and_drawn_with_their_targets(
    owner: Account, owner_client: Client, mttr: Metric
) -> None:
    make.create_document(owner=owner)
    make.create_measurement(owner=owner, metric=mttr, value=30)
    make.create_goal(
        owner=owner, statement="Recover faster", metric=mttr, aim="at_most", baseline=90, target=45
    )

    html = _page(owner_client)

    assert '<a href="/goals/2023/recover-faster/">Recover faster</a>' in html
    assert "achieved Recover faster set in 2023 for 2024" in _words(html)
    assert "at most 45 min · baseline 1 h 30 min · Actual 2024: 30 min" in _words(html)
    assert "2024: target 45 min; 2024: baseline 1 h 30 min" in html


def test_a_new_definition_is_told_on_both_pages(owner: Account, owner_client: Client) -> None:
    older = make.create_metric(owner=owner, name="Older", unit=Unit.PERCENT)
    newer = make.create_metric(
        owner=owner, name="Newer", unit=Unit.PERCENT, supersedes=older, definition_change="Deployments now."
    )
    for metric, period in ((older, "2023"), (newer, "2024")):
        make.create_measurement(owner=owner, metric=metric, period=period)
    make.create_goal(owner=owner, statement="Keep it", metric=older)

    new, old = _page(owner_client, "newer"), _page(owner_client, "older")

    assert "The definition changed with 2024. Before: Older . Deployments now." in _words(new)
    assert 'class="cut-line"' in new
    assert "Keep it" in new
    assert "The definition changed since. Newer : Deployments now." in _words(old)
    assert [row.split()[0] for row in _table_rows(new)] == ["2024", "2023"]
    assert [row.split()[0] for row in _table_rows(old)] == ["2023"]


def test_incidents_stand_below_the_metric_they_are_the_mean_of(
    owner: Account, owner_client: Client, mttr: Metric
) -> None:
    make.create_metric(owner=owner, name="Trips")
    make.create_measurement(owner=owner, metric=mttr, value=30)
    make.create_incident(owner=owner, title="Queue stood still", stated_duration=90)
    start = dt.datetime(2024, 3, 21, 19, 22, tzinfo=dt.UTC)
    make.create_incident(
        owner=owner,
        title="Crane fell",
        started_at=start,
        resolved_at=start + dt.timedelta(hours=18, minutes=55),
        stated_duration=None,
    )
    make.create_incident(owner=owner, title="Tide came in", started_at=start, stated_duration=None)

    words = _words(_page(owner_client))
    assert "Queue stood still Q1 2024 not stated 1 h 30 min" in words
    assert "not stated computed 18 h 55 min" in words.partition("Crane fell")[2]
    assert "computed" not in words.partition("Tide came in")[2].partition("Goals")[0]
    assert "Queue stood still" not in _page(owner_client, "trips")


def test_projects_are_small_multiples_with_a_table(
    owner: Account, owner_client: Client, mttr: Metric
) -> None:
    for place in range(LIMITS["projects"] + 1):
        project = make.create_project(owner=owner, name=f"p{place:02}")
        make.create_measurement(owner=owner, metric=mttr, project=project, period="2024-Q1", value=place)

    html, whole = _page(owner_client), _page(owner_client, all="projects")

    assert html.count('class="line-figure small"') == LIMITS["projects"]
    assert "Show 1 more project" in html
    assert whole.count('class="line-figure small"') == LIMITS["projects"] + 1
    assert "2024 by project only" in _table_rows(html)[0]
    assert "p03 3 min" in _words(html)


def test_of_many_years_the_latest_are_told_and_all_are_drawn(
    owner: Account, owner_client: Client, mttr: Metric
) -> None:
    for year in range(2024 - LIMITS["years"], 2025):
        make.create_measurement(owner=owner, metric=mttr, period=str(year), value=5)

    html, whole = _page(owner_client), _page(owner_client, all="years")

    assert len(_table_rows(html)) == LIMITS["years"]
    assert 'href="?all=years#years"' in html
    assert html.count('<circle class="point') == LIMITS["years"] + 1
    assert len(_table_rows(whole)) == LIMITS["years"] + 1
    assert 'href="?all=years' not in whole


def test_a_metric_never_measured_leads_to_the_grid(
    owner: Account, owner_client: Client, mttr: Metric
) -> None:
    html = _page(owner_client)

    assert "It was never measured" in html
    assert re.search(r'href="/metrics/enter/\d{4}-Q\d/\?metric=mttr"', html)


def test_a_metric_of_somebody_else_is_missing(owner: Account, stranger_client: Client, mttr: Metric) -> None:
    assert stranger_client.get("/metrics/mttr/").status_code == 404
    assert stranger_client.get("/metrics/nosuch/").status_code == 404


@pytest.mark.parametrize("number", [1, 9], ids=["1-year", "9-years"])
def test_a_page_asks_as_many_queries_whatever_it_shows(
    owner: Account,
    owner_client: Client,
    mttr: Metric,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for year in range(2024, 2024 - number, -1):
        source = make.create_document(owner=owner, year=year)
        project = make.create_project(owner=owner, name=f"p{year}")
        for period, where in ((f"{year}", None), (f"{year}-Q1", None), (f"{year}-Q1", project)):
            make.create_measurement(
                owner=owner,
                metric=mttr,
                period=period,
                project=where,
                value=len(period),
                numerator=1,
                denominator=2,
                source=source,
            )
        make.create_incident(owner=owner, period=f"{year}-Q1", title=f"i{year}", project=project)
        make.create_goal(
            owner=owner, metric=mttr, target=year, aim="at_most", set_in=f"{year - 1}", due=f"{year}"
        )
        make.create_change(
            owner=owner, metric=mttr, subject=f"c{year}", from_period=f"{year - 1}", to_period=f"{year}"
        )

    # session and account; metric and those it supersedes; figures of all projects; of single ones; goals; documents
    # of their due years; incidents; of the marks: metrics that count incidents; mentions, changes and incidents; which
    # figures may contradict; they; those of the changes; settlements of what contradicts
    with django_assert_num_queries(13):
        assert "check-mark" in _page(owner_client)


def test_the_page_of_every_metric_of_the_fixture_opens(career: Account, client: Client) -> None:
    client.force_login(career)
    with owner_scope(career):
        slugs = list(Metric.objects.values_list("slug", flat=True))

    assert len(slugs) > 40
    for slug in slugs:
        assert "<h1>" in _page(client, slug)
