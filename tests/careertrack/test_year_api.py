"""Everything of a year by API, and that every computed answer is as the schema says."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.models import Metric
from records.api.openapi import schema_document
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make
from tests.careertrack.test_admin_pages import MAKERS
from tests.everything import OWNED_MODELS
from tests.statements import tables_asked

DOCUMENT: dict[str, Any] = json.loads(schema_document())
YEARS = range(2018, 2028)
# Sections that answer what a list does, and what narrows the list to the year.
LISTED = {
    "achievements": "year",
    "activities": "year",
    "changes": "year",
    "incidents": "year",
    "reflections": "year",
    "skill_uses": "year",
}


def _valid(path: str, answer: Any) -> Any:  # noqa: ANN401
    operation = DOCUMENT["paths"][path]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    resolved = {**schema, "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(resolved).validate(answer)
    return answer


@pytest.fixture
def demo(career: Account) -> Client:
    client = Client()
    client.force_login(career)
    return client


# Who asks; what `tell_year` reads; the document, projects, engagements and the sections filed under a period.
QUERIES = [
    "records_session",
    "goals_evidence goals_goal goals_reflection metrics_change metrics_incident metrics_metric projects_achievement "
    "projects_activity projects_engagement projects_project projects_skilluse records_document",
    "metrics_measurement",
    "metrics_change metrics_mention projects_achievement projects_engagement",
    "metrics_measurement metrics_metric",
    "metrics_measurement",
    "records_document",
    "projects_project",
    "projects_engagement",
    "projects_achievement",
    "projects_activity",
    "metrics_change",
    "metrics_incident",
    "goals_reflection",
    "projects_skilluse",
]


def _all(client: Client, address: str, **query: object) -> list[Any]:
    return list(client.get(f"/api/v1/{address}/?{urlencode({'page_size': 500, **query})}").json()["results"])


def test_every_computed_answer_about_the_fixture_is_as_the_schema_says(demo: Client) -> None:
    for year in YEARS:
        _valid("/api/v1/years/{year}/", demo.get(f"/api/v1/years/{year}/").json())
        _valid("/api/v1/comparisons/{year}/", demo.get(f"/api/v1/comparisons/{year}/").json())
    checks = _valid("/api/v1/checks/", demo.get("/api/v1/checks/?page_size=500").json())
    assert len(checks["results"]) > 50
    with owner_scope(Account.objects.get(username="demo")):
        slugs = list(Metric.objects.order_by("id").values_list("slug", flat=True))
    for slug in slugs:
        _valid("/api/v1/metrics/{slug}/series/", demo.get(f"/api/v1/metrics/{slug}/series/").json())


def test_year_answers_every_record_as_its_list_does(demo: Client) -> None:
    for year in YEARS:
        told = demo.get(f"/api/v1/years/{year}/").json()
        for section, narrowed in LISTED.items():
            assert told[section] == _all(demo, section.replace("_", "-"), **{narrowed: year}), (year, section)
        stints = _all(demo, "engagements")
        assert [each for each in stints if each["period"].startswith(str(year))] == [
            each for each in told["engagements"] if each["period"].startswith(str(year))
        ]
        measured = {row["key"] for row in _all(demo, "measurements", year=year)}
        assert {row["key"] for metric in told["metrics"] for row in metric["measurements"]} == measured
        due = {goal["slug"] for line in told["goals_due"] for goal in (line, *line["parts"])}
        assert due == {each["slug"] for each in _all(demo, "goals", due=year)}
        documents = _all(demo, "documents", year=year)
        for each in documents:
            del each["body"]
        assert ([told["document"]] if told["document"] else []) == documents


def test_year_answers_figures_verdicts_and_what_is_still_open(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(
        owner=owner, slug="lead-time", aggregation="mean", unit="day", direction="down"
    )
    make.create_goal(owner=owner, statement="Faster", slug="faster", metric=metric, aim="improve", baseline=9)
    for quarter, value in enumerate((6, None, 12), start=1):
        make.create_measurement(owner=owner, metric=metric, period=f"2024-Q{quarter}", value=value)
    make.create_change(
        owner=owner, before=10, after=4, stated_change=-70, stated_change_unit="percent", to_period="2024"
    )

    told = _valid("/api/v1/years/{year}/", owner_client.get("/api/v1/years/2024/").json())

    (figure,) = told["metrics"]
    assert (figure["metric"], figure["value"], figure["stated"]) == ("lead-time", "9", None)
    assert figure["alternatives"]["mean_with_empty_as_zero"] == "6"
    (goal,) = told["goals_due"]
    assert (goal["slug"], goal["actual"], goal["verdict"], goal["parts"]) == ("faster", "9", "missed", [])
    (contradiction,) = told["contradictions"]
    assert (contradiction["stated"], contradiction["computed"]) == ("-70", "-60")
    assert {"contradiction", "document"} <= {todo["lack"] for todo in told["todos"]}
    assert "/admin/" not in json.dumps(told)


def test_year_answers_only_the_sections_asked_for(owner: Account, owner_client: Client) -> None:
    make.create_achievement(owner=owner)
    answer = owner_client.get("/api/v1/years/2024/", {"fields": "achievements,year"})
    told = _valid("/api/v1/years/{year}/", answer.json())
    assert (list(told), told["year"], len(told["achievements"])) == (["year", "achievements"], 2024, 1)
    assert owner_client.get("/api/v1/years/2024/", {"fields": "achievements,owner"}).status_code == 400


def test_year_without_records_is_empty_and_so_is_that_of_a_stranger(
    owner: Account, stranger_client: Client
) -> None:
    for model in OWNED_MODELS:
        if model in MAKERS:
            MAKERS[model](owner=owner)
    foreign, nobody = (stranger_client.get(f"/api/v1/years/{year}/").json() for year in (2024, 2010))
    for told in (foreign, nobody):
        assert [todo["lack"] for todo in told.pop("todos")] == ["document"]
        assert told.pop("year") in (2024, 2010)
        assert not any(told.values())


def test_year_asks_the_database_the_same_whatever_the_rows(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, aggregation="mean")
    counts = []
    for number in (1, 9):
        for place in range(number):
            project = make.create_project(owner=owner)
            engagement = make.create_engagement(owner=owner, project=project)
            make.create_achievement(owner=owner, project=project, engagement=engagement)
            make.create_activity(owner=owner)
            make.create_change(owner=owner)
            make.create_incident(owner=owner)
            make.create_reflection(owner=owner)
            make.create_skill_use(owner=owner)
            make.create_goal(owner=owner, metric=metric)
            make.create_measurement(owner=owner, metric=metric, project=project, period=f"2024-0{place + 1}")
        with CaptureQueriesContext(connection) as asked:
            told = owner_client.get("/api/v1/years/2024/").json()
        assert len(told["achievements"]) >= number
        counts.append(tables_asked(asked))
    assert counts == [QUERIES, QUERIES]
