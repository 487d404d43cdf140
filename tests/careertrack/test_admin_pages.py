"""Every page of admin, for the owner of a record and for everybody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone, Reflection
from metrics.models import Change, Incident, Measurement, Mention, Metric, Settlement
from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.admin import OwnedAdmin, site
from records.models import Account, ApiToken, Document, Owned, Upload
from records.ownership import owner_scope
from tests import factories
from tests.records.test_admin import form_data


def _linked(make: Callable[..., Any], **parents: Callable[..., Any]) -> Callable[..., Any]:
    """A factory whose optional references are all given, so that a list has something to join."""
    return lambda owner: make(owner=owner, **{name: parent(owner=owner) for name, parent in parents.items()})


MAKERS: dict[type[Owned], Callable[..., Any]] = {
    Document: lambda owner: factories.create_document(
        owner=owner, year=1990 + Document._base_manager.filter(owner=owner).count()
    ),
    ApiToken: lambda owner: ApiToken.issue(
        owner=owner, name=f"script {ApiToken._base_manager.filter(owner=owner).count()}"
    )[0],
    Upload: lambda owner: factories.create_upload(
        owner=owner, slug=f"upload-{Upload._base_manager.filter(owner=owner).count()}"
    ),
    Project: factories.create_project,
    Engagement: factories.create_engagement,
    Achievement: _linked(
        factories.create_achievement,
        project=factories.create_project,
        engagement=factories.create_engagement,
    ),
    Activity: _linked(factories.create_activity, project=factories.create_project),
    Skill: factories.create_skill,
    SkillUse: _linked(factories.create_skill_use, engagement=factories.create_engagement),
    Metric: _linked(factories.create_metric, supersedes=factories.create_metric),
    Measurement: _linked(factories.create_measurement, project=factories.create_project),
    Mention: factories.create_mention,
    Settlement: lambda owner: factories.create_settlement(
        owner=owner, check_key=f"check {Settlement._base_manager.filter(owner=owner).count()}"
    ),
    Incident: _linked(factories.create_incident, project=factories.create_project),
    Change: _linked(
        factories.create_change,
        project=factories.create_project,
        achievement=factories.create_achievement,
        metric=factories.create_metric,
    ),
    Goal: _linked(factories.create_goal, metric=factories.create_metric),
    GoalLink: factories.create_goal_link,
    GoalResult: factories.create_goal_result,
    Milestone: factories.create_milestone,
    Evidence: _linked(factories.create_evidence, measurement=factories.create_measurement),
    Reflection: factories.create_reflection,
}
READ_ONLY = (ApiToken, Upload)
every_model = pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.model_name)
every_page = pytest.mark.parametrize("action", ["change", "delete", "history"])


def address(model: type[Owned], action: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


def test_every_owned_model_is_registered_and_tried_here() -> None:
    registered = {model for model, options in site._registry.items() if isinstance(options, OwnedAdmin)}
    every = {model for model in apps.get_models() if issubclass(model, Owned)}
    assert registered == every == set(MAKERS)


@every_model
def test_list_and_add_page_of_the_owner(model: type[Owned], owner: Account, owner_client: Client) -> None:
    record = MAKERS[model](owner=owner)
    listed = owner_client.get(address(model, "changelist"))
    assert listed.status_code == 200
    with owner_scope(owner):
        assert record in listed.context["cl"].result_list
    adding = owner_client.get(address(model, "add"))
    assert adding.status_code == (403 if model in (Upload, Settlement) else 200)


@every_model
def test_every_field_a_person_may_edit_is_shown(
    model: type[Owned], owner: Account, owner_client: Client
) -> None:
    record = MAKERS[model](owner=owner)
    form = owner_client.get(address(model, "change", record.pk)).context["adminform"].form
    editable = {field.name for field in model._meta.concrete_fields if field.editable and field.name != "id"}
    assert set(form.fields) - {"version"} == (set() if model in READ_ONLY else editable)


@every_model
@every_page
def test_page_of_the_owner(action: str, model: type[Owned], owner: Account, owner_client: Client) -> None:
    record = MAKERS[model](owner=owner)
    assert owner_client.get(address(model, action, record.pk)).status_code == 200


@every_model
@every_page
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("is_superuser", [False, True], ids=["staff", "superuser"])
def test_page_of_somebody_elses_record_is_missing(
    is_superuser: bool,
    method: str,
    action: str,
    model: type[Owned],
    owner: Account,
    stranger: Account,
    stranger_client: Client,
) -> None:
    Account.objects.filter(pk=stranger.pk).update(is_superuser=is_superuser)
    record = MAKERS[model](owner=owner)
    answer = getattr(stranger_client, method)(address(model, action, record.pk), {"post": "yes"})
    missing = getattr(stranger_client, method)(address(model, action, 999_999), {"post": "yes"})
    assert answer.status_code == missing.status_code
    assert answer.status_code == (
        403 if model in READ_ONLY and (action, method) == ("change", "post") else 404
    )
    assert model._base_manager.filter(pk=record.pk).exists()


@every_model
def test_list_of_a_stranger_is_empty(model: type[Owned], owner: Account, stranger_client: Client) -> None:
    MAKERS[model](owner=owner)
    listed = stranger_client.get(address(model, "changelist"))
    assert list(listed.context["cl"].result_list) == []


@every_model
def test_deleting_from_the_list_spares_the_records_of_others(
    model: type[Owned], owner: Account, stranger_client: Client
) -> None:
    record = MAKERS[model](owner=owner)
    data = {"action": "delete_selected", "_selected_action": record.pk, "post": "yes"}
    stranger_client.post(address(model, "changelist"), data)
    assert model._base_manager.filter(pk=record.pk).exists()


@every_model
def test_list_takes_as_many_queries_for_thirty_rows_as_for_three(
    model: type[Owned],
    owner: Account,
    owner_client: Client,
    django_assert_num_queries: Any,  # noqa: ANN401
) -> None:
    for _row in range(3):
        MAKERS[model](owner=owner)
    owner_client.get(address(model, "changelist"))  # content types are looked up once for all
    with CaptureQueriesContext(connection) as few:
        owner_client.get(address(model, "changelist"))
    for _row in range(27):
        MAKERS[model](owner=owner)
    with django_assert_num_queries(len(few)):
        response = owner_client.get(address(model, "changelist"))
    assert response.context["cl"].result_count >= 30


@every_model
def test_list_can_be_searched(model: type[Owned], owner: Account, owner_client: Client) -> None:
    MAKERS[model](owner=owner)
    answer = owner_client.get(address(model, "changelist"), {"q": "no record says this"})
    assert list(answer.context["cl"].result_list) == []


@every_model
def test_unchanged_form_saves_without_complaint(
    model: type[Owned], owner: Account, owner_client: Client
) -> None:
    record = MAKERS[model](owner=owner)
    where = address(model, "change", record.pk)
    answer = owner_client.post(where, form_data(owner_client.get(where)))
    # A token cannot be changed at all; see ApiTokenAdmin.
    assert answer.status_code == (403 if model in READ_ONLY else 302)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_index_shows_the_house_in_its_order(language: str, owner_client: Client) -> None:
    response = owner_client.get(reverse("admin:index"), headers={"accept-language": language})
    assert [app["app_label"] for app in response.context["app_list"]] == [
        "goals",
        "projects",
        "metrics",
        "records",
    ]
    text = response.content.decode()
    assert "CareerTrack" in text
    assert f'href="{reverse("home")}"' in text


@every_model
def test_pages_carry_nothing_inline(model: type[Owned], owner: Account, owner_client: Client) -> None:
    record = MAKERS[model](owner=owner)
    pages = [
        address(model, "changelist"),
        *(address(model, a, record.pk) for a in ("change", "delete", "history")),
    ]
    for where in pages:
        text = owner_client.get(where).content.decode()
        assert " style=" not in text
        assert "<style" not in text
        assert "<script>" not in text
        assert " onclick=" not in text


@pytest.mark.parametrize("key", ["abc", "999999", "1e400", "9" * 30, "_00"])
@pytest.mark.parametrize("action", ["change", "delete", "history"])
def test_missing_record_is_404_whatever_the_key(action: str, key: str, owner_client: Client) -> None:
    address = reverse(f"admin:projects_project_{action}", args=["KEY"]).replace("KEY", key)
    assert owner_client.get(address).status_code == 404


@pytest.mark.parametrize(
    "query", [{"q": "a\0"}, {"name": "\0"}, {"o": "1.2.99"}, {"p": "x"}, {"nonsense": "1"}]
)
def test_list_survives_odd_queries(query: dict[str, str], owner: Account, owner_client: Client) -> None:
    factories.create_project(owner=owner)
    response = owner_client.get(reverse("admin:projects_project_changelist"), query)
    assert response.status_code in (200, 302, 404)


@pytest.mark.parametrize("key", ["abc", "\0", "9" * 30], ids=["word", "NUL", "huge"])
def test_action_on_what_is_no_key_is_404(key: str, owner_client: Client) -> None:
    data = {"action": "delete_selected", "_selected_action": key, "post": "yes"}
    assert owner_client.post(address(Project, "changelist"), data).status_code == 404


def test_who_is_no_staff_exports_nothing_from_admin(owner: Account, owner_client: Client) -> None:
    owner.is_staff = False
    owner.save()
    assert owner_client.get("/admin/projects/project/export/csv/").status_code == 302
