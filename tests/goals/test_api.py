from __future__ import annotations

import json

from django.test import Client

from goals.evaluation import Aim
from metrics.aggregation import Aggregation
from records.models import Account, ApiToken
from tests import factories as make


def _filled(owner: Account) -> None:
    document = make.create_document(owner=owner, year=2024)
    metric = make.create_metric(
        owner=owner, name="Adherence", slug="adherence", unit="percent", aggregation=Aggregation.MEAN
    )
    earlier = make.create_goal(owner=owner, statement="Before", slug="before", set_in="2022", due="2023")
    goal = make.create_goal(
        owner=owner,
        statement="On time",
        slug="on-time",
        kind="kpi",
        metric=metric,
        aim=Aim.IMPROVE,
        baseline=62,
    )
    make.create_goal_link(owner=owner, later=goal, earlier=earlier)
    row = make.create_measurement(
        owner=owner, metric=metric, period="2024", value="80.5", source=document, source_lines="8"
    )
    make.create_evidence(owner=owner, goal=goal, measurement=row, achievement=None)
    make.create_goal(owner=owner, statement="Words", slug="words")
    make.create_change(owner=owner, subject="Packages", before=30, after=12)


def test_comparison_answers_what_the_page_shows(owner: Account, owner_client: Client) -> None:
    _filled(owner)

    answer = owner_client.get("/api/v1/comparisons/2023/").json()

    assert (answer["set_in"], answer["due"]) == (2023, 2024)
    assert answer["goals"][0] == {
        "slug": "on-time",
        "statement": "On time",
        "kind": "kpi",
        "set_in": "2023",
        "due": "2024",
        "aim": "improve",
        "metric": "adherence",
        "unit": "percent",
        "baseline": "62",
        "target": None,
        "upper_target": None,
        "actual": "80.5",
        "change": "18.5",
        "attainment": None,
        "proposal": "achieved",
        "verdict": "achieved",
        "basis": "computed",
        "caveats": [],
        "evidence": [
            {
                "kind": "measurement",
                "title": "Adherence 2024",
                "period": "2024",
                "url": None,
                "source": {"document": 2024, "lines": "8"},
                "note": None,
            }
        ],
        "lineage": [
            {
                "direction": "earlier",
                "kind": "continues",
                "goal": "before",
                "statement": "Before",
                "set_in": "2022",
            }
        ],
    }
    assert answer["goals"][1]["actual"] is None
    assert answer["goals"][1]["verdict"] is None
    assert answer["unasked"] == [
        {
            "kind": "change",
            "title": "Packages",
            "metric": None,
            "unit": "gigabyte",
            "value": None,
            "before": "30",
            "after": "12",
            "source": None,
        }
    ]


def test_comparison_is_the_same_by_token_and_by_session(
    owner: Account, owner_client: Client, client: Client
) -> None:
    _filled(owner)
    _token, text = ApiToken.issue(owner=owner, name="script")

    by_token = client.get("/api/v1/comparisons/2023/", headers={"Authorization": f"Bearer {text}"})

    assert by_token.status_code == 200
    assert by_token.json() == owner_client.get("/api/v1/comparisons/2023/").json()


def test_comparison_of_an_empty_year_is_empty(owner_client: Client) -> None:
    answer = owner_client.get("/api/v1/comparisons/2010/")

    assert answer.status_code == 200
    assert answer.json() == {"set_in": 2010, "due": 2011, "goals": [], "unasked": []}


def test_comparison_of_a_stranger_is_that_of_an_empty_account(
    owner: Account, stranger_client: Client
) -> None:
    _filled(owner)

    answer = stranger_client.get("/api/v1/comparisons/2023/")

    assert answer.json()["goals"] == []
    assert answer.json()["unasked"] == []


def test_comparison_never_writes_an_exponent_or_a_float(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, aggregation=Aggregation.MEAN)
    make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, baseline=0, target=3)
    for quarter, value in enumerate((10_000_000, 0, 0), start=1):
        make.create_measurement(owner=owner, metric=metric, period=f"2024-Q{quarter}", value=value)

    text = owner_client.get("/api/v1/comparisons/2023/").content.decode()
    (goal,) = json.loads(text)["goals"]

    assert goal["actual"] == "3333333.333333333333"
    assert goal["baseline"] == "0"


def test_comparison_refuses_to_be_written(owner_client: Client) -> None:
    assert owner_client.post("/api/v1/comparisons/2023/").status_code in (403, 405)
    assert owner_client.get("/api/v1/comparisons/1899/").status_code == 404
