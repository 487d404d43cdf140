"""Lists and details of every model: what they answer, to whom, and with how many queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from careertrack.urls import router
from metrics.models import Metric
from records.api.fields import _digits
from records.api.serializers import names_of
from records.keys import joined
from records.models import Account, ApiToken, Owned
from records.ownership import owner_scope
from tests import factories as make
from tests.careertrack.test_admin_pages import MAKERS

VIEWSETS: dict[str, Any] = {prefix: viewset for prefix, viewset, _name in router.registry}
every_model = pytest.mark.parametrize("prefix", VIEWSETS)
Ask = Callable[..., Any]


@pytest.fixture
def token(owner: Account) -> str:
    return ApiToken.issue(owner=owner, name="script")[1]


@pytest.fixture
def ask(token: str) -> Ask:
    """GET by token; the answer as it is."""
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return lambda address, **query: client.get(f"/api/v1/{address}", query)


def address_of(prefix: str, record: Owned) -> str:
    with owner_scope(record.owner):
        return f"{prefix}/{quote(joined(record.key), safe='~')}/"


def made(prefix: str, owner: Account, *, count: int = 1) -> list[Any]:
    model = VIEWSETS[prefix].model()
    return [MAKERS[model](owner=owner) for _each in range(count)]


def keys(answer: Any) -> list[str]:  # noqa: ANN401
    assert answer.status_code == 200, answer.content
    return [record["key"] for record in answer.json()["results"]]


@every_model
def test_list_and_detail_answer_the_same_record(prefix: str, owner: Account, ask: Ask) -> None:
    (record,) = made(prefix, owner)
    (listed,) = (
        each
        for each in ask(f"{prefix}/").json()["results"]
        if address_of(prefix, record).endswith(f"/{quote(each['key'], safe='~')}/")
    )
    answer = ask(address_of(prefix, record))
    assert answer.status_code == 200
    assert answer.json() == listed
    assert tuple(listed) == names_of(VIEWSETS[prefix].serializer_class)
    assert listed["version"] == record.version
    assert not {"id", "owner", "pk", "owner_id"} & listed.keys()


@every_model
def test_list_and_detail_ask_the_database_twice_whatever_the_rows(
    prefix: str, owner: Account, ask: Ask
) -> None:
    """Once for the token, once for the records."""
    (record,) = made(prefix, owner)
    ask(f"{prefix}/")
    counts = []
    for _more in (0, 30):
        made(prefix, owner, count=_more)
        with CaptureQueriesContext(connection) as listing:
            assert ask(f"{prefix}/").status_code == 200
        with CaptureQueriesContext(connection) as detail:
            assert ask(address_of(prefix, record)).status_code == 200
        counts.append(([q["sql"].split(" ")[0] for q in listing], [q["sql"].split(" ")[0] for q in detail]))
    assert counts == [(["SELECT", "SELECT"], ["SELECT", "SELECT"])] * 2


@every_model
def test_stranger_finds_nothing_and_the_owner_is_told_apart_from_nothing(
    prefix: str, owner: Account, stranger: Account
) -> None:
    (record,) = made(prefix, owner)
    _token, text = ApiToken.issue(owner=stranger, name="script")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert client.get(f"/api/v1/{prefix}/").json() == {"next": None, "results": []}
    foreign = f"/api/v1/{address_of(prefix, record)}"
    missing = f"/api/v1/{prefix}/nothing/"
    for method in ("get", "put", "patch", "delete"):
        answers = [
            getattr(client, method)(where, {"version": 1}, content_type="application/json")
            if method != "get"
            else client.get(where)
            for where in (foreign, missing)
        ]
        assert answers[0].status_code in (404, 405)
        assert answers[0].content == answers[1].content
        told = [{**answer.headers, "X-Request-ID": ""} for answer in answers]
        assert told[0] == told[1]


def test_pages_begin_after_a_record_and_end(owner: Account, ask: Ask) -> None:
    for number in range(7):
        make.create_project(owner=owner, name=f"P{number}")
    first = ask("projects/", page_size=3)
    assert keys(first) == ["p0", "p1", "p2"]
    second = ask(first.json()["next"].removeprefix("http://testserver/api/v1/"))
    assert keys(second) == ["p3", "p4", "p5"]
    last = ask(second.json()["next"].removeprefix("http://testserver/api/v1/"))
    assert keys(last) == ["p6"]
    assert last.json()["next"] is None


@pytest.mark.parametrize("ordering", ["-entered", "name", "-name", "updated_at", "-updated_at", "slug"])
def test_every_order_shows_every_record_once(ordering: str, owner: Account, ask: Ask) -> None:
    for name in ("b", "a", "c", "a", "b"):
        make.create_project(owner=owner, name=name)
    whole = keys(ask("projects/", ordering=ordering))
    paged: list[str] = []
    answer = ask("projects/", ordering=ordering, page_size=2)
    while True:
        paged += keys(answer)
        if answer.json()["next"] is None:
            break
        answer = ask(answer.json()["next"].removeprefix("http://testserver/api/v1/"))
    assert sorted(whole) == ["a", "a-2", "b", "b-2", "c"]
    assert paged == whole


@pytest.mark.parametrize("ordering", ["entered", "-entered"])
def test_a_narrowed_list_goes_on_behind_its_cursor(ordering: str, owner: Account, ask: Ask) -> None:
    for slug, kind in zip("abcde", ("client", "site", "client", "site", "client"), strict=True):
        make.create_project(owner=owner, slug=slug, kind=kind)
    paged: list[str] = []
    answer = ask("projects/", kind="client", ordering=ordering, page_size=1)
    while len(paged) < 3:
        paged += keys(answer)
        answer = ask((answer.json()["next"] or "projects/").removeprefix("http://testserver/api/v1/"))
    assert paged == (["a", "c", "e"] if ordering == "entered" else ["e", "c", "a"])


def test_cursor_of_another_list_account_or_hand_is_refused(
    owner: Account, stranger: Account, ask: Ask
) -> None:
    for each in (owner, stranger):
        for name in ("a", "b"):
            make.create_project(owner=each, name=name)
            make.create_metric(owner=each, name=name)
    cursor = ask("projects/", page_size=1).json()["next"].rpartition("cursor=")[2]
    _token, text = ApiToken.issue(owner=stranger, name="script")
    theirs = Client(headers={"Authorization": f"Bearer {text}"})
    assert keys(ask("projects/", page_size=1, cursor=cursor)) == ["b"]
    for answer in (
        theirs.get("/api/v1/projects/", {"page_size": 1, "cursor": cursor}),
        ask("metrics/", page_size=1, cursor=cursor),
        ask("projects/", page_size=1, cursor=cursor, ordering="name"),
        ask("projects/", cursor="garbage"),
        ask("projects/", cursor="한글"),
        ask("projects/", cursor=cursor[:-1]),
    ):
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


def test_list_is_narrowed_by_period_reference_choice_and_words(owner: Account, ask: Ask) -> None:
    articles, talks = (
        make.create_metric(owner=owner, name="Articles"),
        make.create_metric(owner=owner, name="Talks"),
    )
    harbour = make.create_project(owner=owner, name="Harbour")
    document = make.create_document(owner=owner, year=2024)
    for period in ("2023", "2023-Q4", "2024-Q1", "2024-H2", "2024-12"):
        make.create_measurement(owner=owner, metric=articles, period=period)
    make.create_measurement(
        owner=owner,
        metric=talks,
        period="2024",
        project=harbour,
        source=document,
        qualifier="about",
        note="Three, maybe",
    )

    def periods(**query: object) -> list[str]:
        return [key.split("~")[1] for key in keys(ask("measurements/", **query))]

    assert periods(year=2023) == ["2023", "2023-Q4"]
    assert periods(**{"from": "2023-Q4"}) == ["2023-Q4", "2024-Q1", "2024-H2", "2024-12", "2024"]
    assert periods(until="2024-Q1") == ["2023", "2023-Q4", "2024-Q1"]
    assert periods(**{"from": "2024-H2", "until": "2024-12"}) == ["2024-H2", "2024-12"]
    assert periods(metric="talks") == periods(project="harbour") == periods(source="2024") == ["2024"]
    assert periods(qualifier="about") == periods(q="maybe THREE") == ["2024"]
    assert len(periods(project="")) == 5
    assert periods(metric="") == periods(metric="nothing") == periods(project="articles") == []
    assert periods(updated_since="2199-01-01") == []
    assert len(periods(updated_since="2020-01-01T00:00:00+09:00")) == 6
    assert keys(ask("metrics/", unit="percent")) == []


def test_goals_are_narrowed_by_their_recorded_verdict(owner: Account, ask: Ask) -> None:
    missed = make.create_goal(owner=owner, statement="Missed")
    make.create_goal(owner=owner, statement="Open", due="2025")
    make.create_goal_result(owner=owner, goal=missed, verdict="missed")
    assert keys(ask("goals/", verdict="missed")) == ["missed"]
    assert keys(ask("goals/", due=2025)) == ["open"]
    assert keys(ask("goal-results/", verdict="missed")) == ["missed"]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"metrics": "x"}, "metrics", "unknown_parameter"),
        ({"owner": "1"}, "owner", "unknown_parameter"),
        ({"metric__owner": "1"}, "metric__owner", "unknown_parameter"),
        ({"year": ["2023", "2024"]}, "year", "repeated"),
        ({"year": "20x4"}, "year", "invalid"),
        ({"page_size": "0"}, "page_size", "invalid"),
        ({"page_size": "501"}, "page_size", "invalid"),
        ({"page_size": "1e2"}, "page_size", "invalid"),
        ({"ordering": "owner"}, "ordering", "invalid"),
        ({"ordering": "id"}, "ordering", "invalid"),
        ({"fields": "key,owner"}, "fields", "invalid"),
        ({"from": "2024-13"}, "from", "invalid"),
        ({"qualifier": "maybe"}, "qualifier", "invalid"),
        ({"updated_since": "yesterday"}, "updated_since", "invalid"),
        ({"updated_since": "0001-01-01T00:00:00Z"}, "updated_since", "invalid"),
        ({"updated_since": "2024-02-30T00:00:00Z"}, "updated_since", "invalid"),
        ({"q": "\x00"}, "q", "invalid"),
        ({"q": "x" * 201}, "q", "invalid"),
    ],
)
def test_parameter_that_is_not_understood_is_named(
    query: dict[str, Any], field: str, code: str, ask: Ask
) -> None:
    answer = ask("measurements/", **query)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_parameter"
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


def test_only_the_fields_asked_for_are_answered(owner: Account, ask: Ask) -> None:
    make.create_measurement(owner=owner, value="12.50")
    assert ask("measurements/", fields="value,key").json()["results"] == [
        {"key": "articles~2024~", "value": "12.5"}
    ]
    assert ask("measurements/articles~2024~/", fields="version").json() == {"version": 1}


def test_unchanged_answer_is_not_sent_again(owner: Account, ask: Ask, token: str) -> None:
    metric = make.create_metric(owner=owner, name="Articles")
    client = Client(headers={"Authorization": f"Bearer {token}"})
    for address in ("/api/v1/metrics/", "/api/v1/metrics/articles/", "/api/v1/checks/"):
        etag = client.get(address).headers["ETag"]
        assert etag.startswith('W/"')
        again = client.get(address, headers={"If-None-Match": f'"x", {etag}'})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        assert client.get(address, headers={"If-None-Match": 'W/"x"'}).status_code == 200
    etag = client.get("/api/v1/metrics/articles/").headers["ETag"]
    with owner_scope(owner):
        Metric.objects.get(pk=metric.pk).save()
    assert client.get("/api/v1/metrics/articles/", headers={"If-None-Match": etag}).status_code == 200


def test_absent_is_null_and_figures_are_text(owner: Account, ask: Ask) -> None:
    make.create_measurement(owner=owner, value=None, numerator="0.5000", minimum="-0.0001", maximum=11)
    answer = ask("measurements/articles~2024~/").json()
    assert answer["value"] is answer["project"] is answer["note"] is answer["source"] is None
    assert (answer["numerator"], answer["minimum"], answer["maximum"]) == ("0.5", "-0.0001", "11")


@given(st.decimals(min_value=-99_999_999_999, max_value=99_999_999_999, places=4))
def test_figure_is_written_as_it_was_stored_also_through_a_float(figure: Decimal) -> None:
    """SQLite keeps figures as floats."""
    text = _digits(float(figure))
    assert Decimal(text) == figure
    assert text == _digits(figure)
    assert "E" not in text.upper()
    assert not (text.endswith("0") and "." in text)


def test_moments_are_utc_and_equal_what_is_stored(owner: Account, ask: Ask) -> None:
    started = dt.datetime(2024, 3, 21, 19, 22, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    incident = make.create_incident(owner=owner, started_at=started)
    answer = ask("incidents/queue-stood-still/").json()
    assert answer["started_at"] == "2024-03-21T10:22:00Z"
    assert dt.datetime.fromisoformat(answer["created_at"]) == incident.created_at


@pytest.mark.parametrize("accept", ["text/html", "application/xml"])
def test_other_formats_are_not_spoken(accept: str, token: str, client: Client) -> None:
    answer = client.get("/api/v1/metrics/", headers={"Authorization": f"Bearer {token}", "Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options", "head"])
@pytest.mark.parametrize(
    "address", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v1/metrics", "/api/v2/metrics/"]
)
def test_address_that_leads_nowhere_answers_a_problem_to_anybody(
    address: str, method: str, client: Client
) -> None:
    answer = getattr(client, method)(address)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    if method != "head":
        assert answer.json()["code"] == "not_found"


def test_refusals_are_in_the_language_of_the_reader_and_the_code_is_not(token: str, client: Client) -> None:
    answers = [
        client.get(
            "/api/v1/metrics/x/", headers={"Authorization": f"Bearer {token}", "Accept-Language": language}
        )
        for language in ("en", "ko")
    ]
    assert [answer.json()["code"] for answer in answers] == ["not_found", "not_found"]
    assert answers[0].json()["detail"] != answers[1].json()["detail"]
