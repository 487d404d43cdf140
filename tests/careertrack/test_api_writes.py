"""Writing by token: what is made, replaced, changed and deleted, and what is refused with which code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careertrack.urls import router
from goals.models import Goal
from metrics.models import Measurement, Metric
from projects.models import Project
from records.api.examples import example_of
from records.api.viewsets import OwnedViewSet
from records.keys import named
from records.models import Account, ApiToken, Conflict
from records.ownership import every_owner, owner_scope
from tests import factories as make

WRITABLE: dict[str, Any] = {
    prefix: viewset for prefix, viewset, _name in router.registry if issubclass(viewset, OwnedViewSet)
}
every_model = pytest.mark.parametrize("prefix", WRITABLE)
Send = Callable[..., Any]
METRIC = {"name": "Articles", "unit": "count", "direction": "up", "aggregation": "sum"}


def sender(owner: Account, *, name: str = "script") -> Send:
    _token, text = ApiToken.issue(owner=owner, name=name)
    client = Client(headers={"Authorization": f"Bearer {text}"}, raise_request_exception=False)

    def send(method: str, address: str, data: Any = None, **kwargs: Any) -> Any:  # noqa: ANN401
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        kwargs.setdefault("content_type", "application/json")
        return client.generic(method, f"/api/v1/{address}", body, **kwargs)

    return send


@pytest.fixture
def send(owner: Account) -> Send:
    return sender(owner)


def errors(answer: Any, status: int = 400) -> list[tuple[str | None, str]]:  # noqa: ANN401
    """Field and code of each error; every refusal has the one shape."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "code", "detail"} <= problem.keys()
    assert problem["status"] == status
    return [(error["field"], error["code"]) for error in problem.get("errors", [])]


def needed_by(prefix: str, owner: Account) -> dict[str, Any]:
    """A body that makes a valid record: the example of the schema, with references to records that exist."""
    serializer = WRITABLE[prefix].serializer_class
    whole = example_of(serializer)
    body = {name: whole[name] for name in serializer.Meta.fields if whole[name] is not None}
    makers: dict[str, Callable[..., Any]] = {
        "source": lambda slug: make.create_document(owner=owner, year=2024),
        "project": lambda slug: make.create_project(owner=owner, slug=slug),
        "engagement": lambda slug: make.create_engagement(owner=owner, slug=slug),
        "achievement": lambda slug: make.create_achievement(owner=owner, slug=slug),
        "metric": lambda slug: make.create_metric(owner=owner, slug=slug),
        "skill": lambda slug: make.create_skill(owner=owner, slug=slug),
        "goal": lambda slug: make.create_goal(owner=owner, slug=slug),
        "later": lambda slug: make.create_goal(owner=owner, slug=slug, set_in="2024", due="2025"),
        "earlier": lambda slug: make.create_goal(owner=owner, slug=slug),
        "measurement": lambda key: make.create_measurement(
            owner=owner, metric=make.create_metric(owner=owner, slug=key.split("~")[0]), period="2024"
        ),
    }
    for name in makers.keys() & body.keys():
        makers[name](body[name])
    return body


@every_model
def test_record_is_made_read_replaced_changed_and_deleted(prefix: str, owner: Account, send: Send) -> None:
    body = needed_by(prefix, owner)
    made = send("POST", f"{prefix}/", body)
    assert made.status_code == 201, made.content
    record = made.json()
    assert {name: record[name] for name in body} == body
    assert record["key"] == example_of(WRITABLE[prefix].serializer_class)["key"]
    where = made.headers["Location"].removeprefix("http://testserver/api/v1/")
    assert send("GET", where).json() == record

    replaced = send("PUT", where, record)
    assert replaced.status_code == 200, replaced.content
    assert replaced.json() == {**record, "version": 2, "updated_at": replaced.json()["updated_at"]}

    changed = send("PATCH", where, {"note": "Counted again.", "version": 2})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["note"], changed.json()["version"]) == ("Counted again.", 3)

    model = WRITABLE[prefix].model()
    with owner_scope(owner):
        stored = model.objects.get(named(model, record["key"]))
        assert [row.version for row in model.history.filter(id=stored.pk).order_by("history_id")] == [1, 2, 3]
    assert send("DELETE", f"{where}?version=3").status_code == 204
    assert send("GET", where).status_code == 404


@every_model
def test_write_over_a_later_edit_is_refused_with_409(prefix: str, owner: Account, send: Send) -> None:
    made = send("POST", f"{prefix}/", needed_by(prefix, owner))
    where = made.headers["Location"].removeprefix("http://testserver/api/v1/")
    assert send("PATCH", where, {"note": "first", "version": 1}).status_code == 200
    for answer in (
        send("PATCH", where, {"note": "second", "version": 1}),
        send("PUT", where, made.json()),
        send("DELETE", f"{where}?version=1"),
    ):
        assert errors(answer, 409) == []
        assert (answer.json()["code"], answer.json()["stored_version"]) == ("stale_version", 2)
    assert send("GET", where).json()["note"] == "first"


@every_model
def test_write_without_the_version_is_refused_with_428(prefix: str, owner: Account, send: Send) -> None:
    made = send("POST", f"{prefix}/", needed_by(prefix, owner))
    where = made.headers["Location"].removeprefix("http://testserver/api/v1/")
    for answer in (send("PATCH", where, {"note": "x"}), send("PUT", where, {}), send("DELETE", where)):
        assert errors(answer, 428) == []
        assert answer.json()["code"] == "version_required"
    assert send("GET", where).json() == made.json()


@every_model
def test_reference_to_somebody_elses_record_reads_like_one_to_nothing(
    prefix: str, owner: Account, stranger: Account
) -> None:
    body = needed_by(prefix, owner)
    theirs = sender(stranger)
    foreign = theirs("POST", f"{prefix}/", body)
    references = [
        name
        for name, field in WRITABLE[prefix].serializer_class().fields.items()
        if type(field).__name__ == "Reference"
    ]
    missing = theirs(
        "POST", f"{prefix}/", {**body, **{name: "nothing" for name in references if name in body}}
    )
    if not set(references) & body.keys():
        return
    assert foreign.status_code == 400
    assert foreign.content == missing.content
    with every_owner():
        assert not WRITABLE[prefix].model().objects.filter(owner=stranger).exists()


@every_model
def test_owner_version_and_moments_are_written_by_nobody(prefix: str, owner: Account, send: Send) -> None:
    body = needed_by(prefix, owner)
    ignored = {
        "key": "other",
        "version": 9,
        "created_at": "2001-01-01T00:00:00Z",
        "updated_at": "2001-01-01T00:00:00Z",
    }
    made = send("POST", f"{prefix}/", {**body, **ignored}).json()
    assert made["version"] == 1
    assert made["created_at"] > "2002"
    assert made["key"] != "other"
    for name in ("owner", "owner_id", "id", "pk"):
        assert errors(send("POST", f"{prefix}/", {**body, name: 1})) == [(name, "unknown_field")]


def test_put_resets_what_it_leaves_out_and_keeps_the_address(owner: Account, send: Send) -> None:
    send("POST", "metrics/", {**METRIC, "slug": "mine", "definition": "All of them."})
    answer = send("PUT", "metrics/mine/", {**METRIC, "version": 1}).json()
    assert (answer["slug"], answer["definition"]) == ("mine", None)
    answer = send("PATCH", "metrics/mine/", {"slug": "yours", "version": 2}).json()
    assert answer["key"] == "yours"
    assert send("GET", "metrics/mine/").status_code == 404


def test_new_record_without_a_slug_gets_a_free_one(owner: Account, send: Send) -> None:
    keys = [send("POST", "projects/", {"name": "수자원 공사"}).json()["key"] for _twice in range(2)]
    assert keys == ["수자원-공사", "수자원-공사-2"]
    made = send("POST", "projects/", {"name": "수자원 공사"})
    assert made.headers["Location"].isascii()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            {},
            [
                ("name", "required"),
                ("unit", "required"),
                ("direction", "required"),
                ("aggregation", "required"),
            ],
        ),
        ([], [(None, "invalid")]),
        ("text", [(None, "invalid")]),
        (None, [(None, "null")]),
        ({**METRIC, "name": 5}, [("name", "invalid")]),
        ({**METRIC, "name": None}, [("name", "null")]),
        ({**METRIC, "name": "  "}, [("name", "blank")]),
        ({**METRIC, "name": "x" * 201}, [("name", "max_length")]),
        ({**METRIC, "name": "a\u0000b"}, [("name", "null_characters_not_allowed")]),
        ({**METRIC, "name": "a\u202eb"}, [("name", "control_characters")]),
        ({**METRIC, "slug": "a b"}, [("slug", "invalid")]),
        ({**METRIC, "unit": "furlong"}, [("unit", "invalid_choice")]),
        ({**METRIC, "unit": ["count"]}, [("unit", "invalid_choice")]),
        ({**METRIC, "supersedes": "nothing"}, [("supersedes", "invalid_choice")]),
        ({**METRIC, "supersedes": 7}, [("supersedes", "invalid")]),
        ({**METRIC, "note": "x" * 20_001}, [("note", "max_length")]),
        ({**METRIC, "source": 2024}, [("source", "invalid")]),
        ({**METRIC, "source_lines": "a"}, [("source_lines", "invalid")]),
        ({**METRIC, "Name": "x"}, [("Name", "unknown_field")]),
    ],
)
def test_metric_that_is_not_one_is_refused_at_its_field(body: Any, found: Any, send: Send) -> None:  # noqa: ANN401
    assert errors(send("POST", "metrics/", json.dumps(body).encode())) == found
    with every_owner():
        assert not Metric.objects.exists()


@pytest.mark.parametrize(
    ("figure", "stored"),
    [
        ("62.5", "62.5"),
        (62, "62"),
        (62.5, "62.5"),
        ("62.50000", "62.5"),
        ("-0.0001", "-0.0001"),
        (None, None),
        ("0", "0"),
    ],
)
def test_figure_is_taken_as_text_and_as_number(
    figure: object, stored: str | None, owner: Account, send: Send
) -> None:
    make.create_metric(owner=owner, slug="articles")
    made = send("POST", "measurements/", {"metric": "articles", "period": "2024", "value": figure})
    assert made.status_code == 201, made.content
    assert made.json()["value"] == stored


@pytest.mark.parametrize(
    "figure",
    [b"1e400", b"1e-400", b'"1e2"', b'"NaN"', b'"Infinity"', b"true", b"[]", b"{}", b'"62,5"', b'""', b'"\xef\xbc\x91"',
     b"123456789012", b"0.00001", b'"12 34"', b'"0x10"', b'"1_000"'],
)  # fmt: skip
def test_figure_that_no_column_can_hold_is_refused(figure: bytes, owner: Account, send: Send) -> None:
    make.create_metric(owner=owner, slug="articles")
    body = b'{"metric": "articles", "period": "2024", "value": ' + figure + b"}"
    assert [field for field, _code in errors(send("POST", "measurements/", body))] == ["value"]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"period": "2024-13"}, "period", "invalid"),
        ({"period": "2024-01-01"}, "period", "too_exact"),
        ({"period": 2024}, "period", "invalid"),
        ({"numerator": "1", "denominator": "0"}, "denominator", "rule"),
        ({"denominator": "2"}, "numerator", "rule"),
        ({"minimum": "3", "maximum": "2"}, "maximum", "rule"),
        ({"stated_change": "13"}, "stated_change_unit", "rule"),
        ({"sample_size": -1}, "sample_size", "min_value"),
        ({"sample_size": 2**31}, "sample_size", "max_value"),
        ({"sample_size": "5"}, "sample_size", "invalid"),
        ({"sample_size": True}, "sample_size", "invalid"),
        ({"sample_size": 1.5}, "sample_size", "invalid"),
    ],
)
def test_broken_rule_is_told_at_the_field_to_change(
    fields: dict[str, Any], field: str, code: str, owner: Account, send: Send
) -> None:
    make.create_metric(owner=owner, slug="articles")
    answer = send("POST", "measurements/", {"metric": "articles", "period": "2024", **fields})
    assert errors(answer) == [(field, code)]


def test_record_that_exists_already_is_refused_for_its_owner_alone(
    owner: Account, stranger: Account, send: Send
) -> None:
    make.create_measurement(owner=stranger, metric=make.create_metric(owner=stranger, slug="articles"))
    make.create_metric(owner=owner, slug="articles")
    body = {"metric": "articles", "period": "2024", "value": "1"}
    assert send("POST", "measurements/", body).status_code == 201
    assert errors(send("POST", "measurements/", body)) == [(None, "rule")]
    assert send("POST", "metrics/", {**METRIC, "slug": "articles"}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b" ", id="blank"),
        pytest.param(b"{", id="half"),
        pytest.param(b'{"name": "a"} x', id="something behind the end"),
        pytest.param(b'{"name": "a", "name": "b"}', id="a name twice"),
        pytest.param(b'{"name": NaN}', id="NaN"),
        pytest.param(b'{"name": Infinity}', id="infinity"),
        pytest.param(b'{"name": "\\ud800"}', id="lone surrogate"),
        pytest.param(b'{"name": "\xff"}', id="bad UTF-8"),
        pytest.param(b"[" * 100_000, id="100,000 brackets"),
        pytest.param(b'{"version": ' + b"9" * 5000 + b"}", id="5,000 digits"),
    ],
)
@pytest.mark.parametrize(
    ("method", "address"), [("POST", "metrics/"), ("PUT", "metrics/m/"), ("PATCH", "metrics/m/")]
)
def test_body_that_is_no_json_is_refused(
    method: str, address: str, body: bytes, owner: Account, send: Send
) -> None:
    make.create_metric(owner=owner, slug="m")
    answer = send(method, address, body)
    assert errors(answer, 400) == []
    assert answer.json()["code"] == "malformed"


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 10 * 1024 * 1024, 11 * 1024 * 1024])
def test_body_that_is_too_large_is_refused(size: int, send: Send) -> None:
    answer = send("POST", "metrics/", b'"' + b"x" * size + b'"')
    assert errors(answer, 413) == []
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_body_of_another_type_is_refused(content_type: str, send: Send) -> None:
    answer = send("POST", "metrics/", METRIC, content_type=content_type)
    assert errors(answer, 415) == []
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [("PUT", "metrics/", "GET, POST"), ("POST", "settlements/", "GET"), ("OPTIONS", "metrics/", "GET, POST")],
)
def test_method_that_is_not_there_is_refused(method: str, address: str, allowed: str, send: Send) -> None:
    answer = send(method, address)
    assert errors(answer, 405) == []
    assert set(allowed.split(", ")) <= set(answer.headers["Allow"].split(", "))


def test_record_that_others_need_is_not_deleted(owner: Account, send: Send) -> None:
    metric = make.create_metric(owner=owner, slug="articles")
    make.create_goal(owner=owner, metric=metric, aim="improve")
    answer = send("DELETE", "metrics/articles/?version=1")
    assert errors(answer, 409) == []
    assert answer.json()["code"] == "protected"
    assert "goal (1)" in answer.json()["detail"]
    assert send("GET", "metrics/articles/").status_code == 200


def test_race_that_the_database_decides_is_a_conflict(
    owner: Account, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.create_project(owner=owner, slug="harbour")

    def _raced(self: Project, **kwargs: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(Project, "save", _raced)
    assert errors(send("POST", "projects/", {"name": "x"}), 409) == []
    assert send("POST", "projects/", {"name": "x"}).json()["code"] == "conflict"

    def _late(self: Project, **kwargs: object) -> None:
        raise Conflict

    monkeypatch.setattr(Project, "save", _late)
    answer = send("PATCH", "projects/harbour/", {"name": "x", "version": 1})
    assert errors(answer, 409) == []
    assert answer.json()["code"] == "stale_version"


def test_mistake_of_ours_is_a_problem_too_and_in_the_log(
    owner: Account, send: Send, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def _broken(self: Project, **kwargs: object) -> None:
        raise RuntimeError("not for the reader")

    monkeypatch.setattr(Project, "save", _broken)
    answer = send("POST", "projects/", {"name": "x"})
    assert errors(answer, 500) == []
    assert b"not for the reader" not in answer.content
    assert "not for the reader" in caplog.text


def test_token_that_may_only_read_writes_nothing(
    owner: Account, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.create_project(owner=owner, slug="harbour")
    monkeypatch.setattr(ApiToken, "may_write", False, raising=False)
    for answer in (
        send("POST", "projects/", {"name": "x"}),
        send("PATCH", "projects/harbour/", {"name": "x", "version": 1}),
        send("DELETE", "projects/harbour/?version=1"),
    ):
        assert errors(answer, 403) == []
        assert answer.json()["code"] == "read_only_token"
    assert send("GET", "projects/harbour/").json()["version"] == 1


def test_session_writes_only_with_its_csrf_token(owner: Account) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post("/api/v1/projects/", {"name": "x"}, content_type="application/json")
    assert errors(answer, 403) == []
    assert answer.json()["code"] == "permission_denied"


def test_writing_takes_a_fixed_number_of_queries(owner: Account, send: Send) -> None:
    make.create_metric(owner=owner, slug="articles")
    body = {"metric": "articles", "period": "2024", "value": "1"}
    send("DELETE", "measurements/nothing~2024~/", {})  # a token's first use in a minute is noted
    with CaptureQueriesContext(connection) as made:
        assert send("POST", "measurements/", body).status_code == 201
    with CaptureQueriesContext(connection) as changed:
        assert send("PATCH", "measurements/articles~2024~/", {"value": "2", "version": 1}).status_code == 200
    tables = [
        [
            (query["sql"].split(" ")[0], *re.findall(r'(?:FROM|INTO|UPDATE) "(\w+)"', query["sql"])[:1])
            for query in each
            if "SAVEPOINT" not in query["sql"]
        ]
        for each in (made, changed)
    ]
    token, metric, row = (
        ("SELECT", "records_apitoken"),
        ("SELECT", "metrics_metric"),
        ("SELECT", "metrics_measurement"),
    )
    history = ("INSERT", "metrics_historicalmeasurement")
    history = ("INSERT", "metrics_historicalmeasurement")
    checked = [
        ("SELECT", "records_account"),  # that what it refers to exists
        metric,
        row,  # that it is the only one
        *[("SELECT",)] * 4,  # that the row keeps each CHECK: Django asks the database
    ]
    assert tables[0] == [token, metric, *checked, ("INSERT", "metrics_measurement"), history, row]
    assert tables[1][:2] == [token, row]
    assert tables[1][-3:] == [("UPDATE", "metrics_measurement"), history, row]
    assert len(tables[1]) == 14


def test_rules_between_goals_hold_here_too(owner: Account, send: Send) -> None:
    for slug, year in (("old", "2022"), ("new", "2023")):
        make.create_goal(owner=owner, slug=slug, set_in=year, due="2024")
    link = {"later": "old", "earlier": "new", "kind": "continues"}
    assert [field for field, _code in errors(send("POST", "goal-links/", link))] == ["earlier"]
    assert errors(send("PATCH", "goals/old/", {"parent": "old", "version": 1})) == [("parent", "rule")]
    with owner_scope(owner):
        assert Goal.objects.get(slug="old").version == 1
    assert not Measurement._base_manager.exists()
