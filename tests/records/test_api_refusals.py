"""Whatever goes wrong in a view of the API is answered by a problem document, and says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import IntegrityError, OperationalError
from django.http import Http404
from django.test import Client
from rest_framework.exceptions import APIException, Throttled

from metrics.api import bulk
from projects.models import Project
from projects.viewsets import ProjectSerializer, ProjectViewSet
from records.api.strict_json import StrictJSONRenderer
from records.models import Account, Conflict
from records.ownership import ScopeError
from tests import factories as make


class _Teapot(APIException):
    status_code = 400
    default_code = "teapot"
    default_detail = "Short and stout."


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (Http404(), 404, "not_found", None),
        (PermissionDenied(), 403, "permission_denied", None),
        (RequestDataTooBig(), 413, "too_large", None),
        (ValidationError({"name": ["Somebody else's rule."]}), 400, "invalid", None),
        (Throttled(wait=1.2), 429, "throttled", "2"),
        (_Teapot(), 400, "invalid", None),
        (OperationalError("gone"), 503, "unavailable", "5"),
        (RuntimeError("unforeseen"), 500, "server_error", None),
    ],
)
@pytest.mark.parametrize("place", ["view", "renderer"])
def test_whatever_is_raised_becomes_a_problem_document(
    error: Exception,
    status: int,
    code: str,
    retry: str | None,
    place: str,
    owner: Account,
    owner_client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.create_project(owner=owner, slug="harbour")

    def fail(*_args: object, **_kwargs: object) -> Any:  # noqa: ANN401
        raise error

    if place == "view":
        monkeypatch.setattr(ProjectViewSet, "retrieve", fail)
    else:
        monkeypatch.setattr(StrictJSONRenderer, "render", fail)
    answer = owner_client.get("/api/v1/projects/harbour/")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers.get("Retry-After") == retry
    told = answer.json()
    assert (told["status"], told["code"]) == (status, code)
    assert told["detail"]
    assert "unforeseen" not in answer.content.decode()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ([], "measurements"),
        ({"measurements": {}}, "measurements"),
        ({"measurements": [], "more": 1}, "more"),
        ({"measurements": [{"metric": "articles", "period": "2024"}, 7]}, "measurements[1]"),
    ],
)
def test_figures_in_another_shape_are_refused_by_place(
    sent: object, field: str, owner_client: Client
) -> None:
    answer = owner_client.put("/api/v1/measurements/bulk/", sent, content_type="application/json")
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_figures_somebody_else_saves_at_the_same_time_are_a_conflict(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_args: object, **_kwargs: object) -> None:
        raise Conflict("Somebody was faster.")

    make.create_metric(owner=owner, slug="articles")
    monkeypatch.setattr(bulk, "apply", lose)
    row = {"metric": "articles", "period": "2024", "value": "1"}
    answer = owner_client.put(
        "/api/v1/measurements/bulk/", {"measurements": [row]}, content_type="application/json"
    )
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("incidents", "started_at"),
        ("goal-results", "decided_on"),
        ("engagements", "is_ongoing"),
    ],
)
def test_a_number_is_no_moment_no_day_and_no_flag(address: str, field: str, owner_client: Client) -> None:
    answer = owner_client.post(f"/api/v1/{address}/", {field: 5}, content_type="application/json")
    assert answer.status_code == 400
    codes = {each["field"]: each["code"] for each in answer.json()["errors"]}
    assert codes[field] == "invalid"


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/api/v1/engagements/?is_ongoing=maybe", "is_ongoing"),
        ("/api/v1/search/?q=harbour&page=2", "page"),
    ],
)
def test_a_parameter_that_says_nothing_is_named(address: str, field: str, owner_client: Client) -> None:
    answer = owner_client.get(address)
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_flags_texts_and_keys_narrow_a_list(owner: Account, owner_client: Client) -> None:
    project = make.create_project(owner=owner, name="Harbour")
    make.create_engagement(owner=owner, project=project, name="Now", is_ongoing=True)
    make.create_engagement(owner=owner, project=project, name="Then")

    def names(query: str) -> list[str]:
        return [each["name"] for each in owner_client.get(f"/api/v1/engagements/?{query}").json()["results"]]

    assert names("is_ongoing=true") == ["Now"]
    assert names("is_ongoing=false") == ["Then"]
    assert names("project=not!a!key") == []
    make.create_activity(owner=owner, title="Reefs", category="Sea")
    make.create_activity(owner=owner, title="Dunes", category="Land")
    found = owner_client.get("/api/v1/activities/?category=Sea").json()["results"]
    assert [each["title"] for each in found] == ["Reefs"]


def test_moment_is_kept_in_utc_whatever_zone_it_is_written_in(owner: Account, owner_client: Client) -> None:
    make.create_project(owner=owner, name="Harbour")
    sent = {
        "title": "Cable cut",
        "period": "2024-03",
        "project": "harbour",
        "started_at": "2024-03-01T09:00:00+09:00",
    }
    answer = owner_client.post("/api/v1/incidents/", sent, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["started_at"] == "2024-03-01T00:00:00Z"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_moment_beyond_the_calendar_is_refused_at_its_field(moment: str, owner_client: Client) -> None:
    answer = owner_client.post("/api/v1/incidents/", {"started_at": moment}, content_type="application/json")
    assert answer.status_code == 400
    assert "started_at" in [each["field"] for each in answer.json()["errors"]]


@pytest.mark.parametrize("version", ["1", True, 1.5])
def test_version_that_is_no_whole_number_is_refused(
    version: object, owner: Account, owner_client: Client
) -> None:
    make.create_project(owner=owner, name="Harbour")
    answer = owner_client.patch(
        "/api/v1/projects/harbour/", {"name": "Quay", "version": version}, content_type="application/json"
    )
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["version"]


def test_deletion_that_the_database_refuses_is_a_conflict(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise IntegrityError("a record came to refer to it")

    project = make.create_project(owner=owner, name="Harbour")
    monkeypatch.setattr(Project, "delete", refuse)
    answer = owner_client.delete(f"/api/v1/projects/harbour/?version={project.version}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_nothing_is_validated_in_nobodys_scope() -> None:
    with pytest.raises(ScopeError):
        ProjectSerializer().validate({"name": "Harbour"})


def test_an_address_lasts_until_another_one_is_asked_for(owner: Account, owner_client: Client) -> None:
    project = make.create_project(owner=owner, name="Harbour survey")
    sent = {"name": "Harbour", "slug": "", "version": project.version}
    answer = owner_client.put("/api/v1/projects/harbour-survey/", sent, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["slug"], answer.json()["name"]) == ("harbour-survey", "Harbour")
