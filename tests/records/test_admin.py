"""What the base classes of admin and forms promise, tried on models of this house."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.forms import MultiWidget
from django.test import Client, RequestFactory
from django.urls import reverse

from projects.models import Achievement, Engagement, Project
from records.admin import OwnedAdmin, OwnedAdminSite, site
from records.forms import OwnedModelForm
from records.models import Account, ApiToken, Conflict, Owned
from records.ownership import every_owner, owner_scope
from tests import factories


def form_data(response: Any) -> dict[str, str]:  # noqa: ANN401
    """What a browser would send if nobody touched the form: the fields of the record and of its inline rows."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, str] = {}
    for form in forms:
        for bound in form:
            value, widget = bound.value(), bound.field.widget
            if isinstance(widget, MultiWidget):
                for number, part in enumerate(widget.decompress(value) or []):
                    data[f"{bound.html_name}_{number}"] = "" if part is None else str(part)
            elif value is True:
                data[bound.html_name] = "on"
            elif value is not False:
                data[bound.html_name] = "" if value is None else str(value)
    return data


def page(record: Owned, action: str = "change") -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{action}", args=[record.pk])


def messages_of(response: Any, field: str | None = None) -> list[str]:  # noqa: ANN401
    form = response.context["adminform"].form
    return list(form.non_field_errors() if field is None else form.errors.get(field, []))


@pytest.fixture
def superuser_client(db: None) -> Client:
    client = Client()
    client.force_login(Account.objects.create_superuser(username="operator", password="x"))
    return client


def test_add_makes_the_signed_in_account_the_owner(owner: Account, owner_client: Client) -> None:
    data = form_data(owner_client.get(reverse("admin:projects_project_add"))) | {"name": "Harbour survey"}
    response = owner_client.post(reverse("admin:projects_project_add"), data)
    assert response.status_code == 302
    with owner_scope(owner):
        project = Project.objects.get()
        assert (project.owner, project.slug, project.history.get().history_user) == (
            owner,
            "harbour-survey",
            owner,
        )


def test_add_ignores_a_posted_owner(owner: Account, stranger: Account, owner_client: Client) -> None:
    data = form_data(owner_client.get(reverse("admin:projects_project_add")))
    owner_client.post(reverse("admin:projects_project_add"), data | {"name": "Survey", "owner": stranger.pk})
    with every_owner():
        assert Project.objects.get().owner == owner


def test_change_saves_and_counts_the_version(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner)
    data = form_data(owner_client.get(page(project))) | {"name": "Renamed"}
    assert owner_client.post(page(project), data).status_code == 302
    with owner_scope(owner):
        project.refresh_from_db()
    assert (project.name, project.version) == ("Renamed", 2)


def test_inline_row_belongs_to_the_owner_of_its_parent(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner)
    data = form_data(owner_client.get(page(project)))
    data |= {"engagements-TOTAL_FORMS": "1", "engagements-0-name": "Phase 1", "engagements-0-period": "2024"}
    assert owner_client.post(page(project), data).status_code == 302
    with owner_scope(owner):
        engagement = Engagement.objects.get()
    assert (engagement.owner_id, engagement.project_id) == (owner.pk, project.pk)


def test_inline_row_is_refused_for_a_rule_on_a_field_it_does_not_show(
    owner: Account, owner_client: Client
) -> None:
    project = factories.create_project(owner=owner)
    factories.create_engagement(
        owner=owner, project=project, stated_duration="3", stated_duration_unit="month"
    )
    with owner_scope(owner):
        # A row that an older version of the application could have left behind.
        Engagement.objects.update(difficulty=9)
    data = form_data(owner_client.get(page(project))) | {"engagements-0-name": "Renamed"}
    response = owner_client.post(page(project), data)
    assert response.status_code == 200
    formset = response.context["inline_admin_formsets"][0].formset
    assert formset.forms[0].non_field_errors()


def test_conflict_is_told_and_nothing_is_saved(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner, name="Harbour survey")
    first = form_data(owner_client.get(page(project)))
    second = dict(first)
    assert owner_client.post(page(project), first | {"name": "From the first tab"}).status_code == 302

    response = owner_client.post(page(project), second | {"name": "From the second tab"})

    assert response.status_code == 200
    assert "owner changed this record in the meantime" in messages_of(response)[0]
    assert messages_of(response, "name") == ["Stored now: From the first tab"]
    assert 'value="From the second tab"' in response.content.decode()
    with owner_scope(owner):
        project.refresh_from_db()
        assert (project.name, project.version) == ("From the first tab", 2)


def test_conflict_tells_what_is_stored_as_a_person_reads_it(owner: Account, owner_client: Client) -> None:
    harbour = factories.create_project(owner=owner, name="Harbour")
    quay = factories.create_project(owner=owner, name="Quay")
    engagement = factories.create_engagement(owner=owner, project=harbour, name="Phase 1", role="Lead")
    data = form_data(owner_client.get(page(engagement)))
    with owner_scope(owner):
        stored = Engagement.objects.get()
        stored.project, stored.is_ongoing, stored.role = quay, True, ""
        stored.save()
    response = owner_client.post(page(engagement), data | {"role": "Advisor"})
    assert messages_of(response, "project") == ["Stored now: Quay"]
    assert messages_of(response, "is_ongoing") == ["Stored now: yes"]
    assert messages_of(response, "role") == ["Stored now: –"]


def test_conflict_sent_again_replaces_the_other_change(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner)
    data = form_data(owner_client.get(page(project)))
    with owner_scope(owner):
        Project.objects.get().save()
    shown = owner_client.post(page(project), data | {"name": "Mine"})
    assert owner_client.post(page(project), form_data(shown)).status_code == 302
    with owner_scope(owner):
        project.refresh_from_db()
    assert (project.name, project.version) == ("Mine", 3)


@pytest.mark.parametrize(
    "version", ["", "0", "99", "x", "1e400"], ids=["empty", "zero", "ahead", "word", "huge"]
)
def test_conflict_for_a_version_that_is_not_the_stored_one(
    version: str, owner: Account, owner_client: Client
) -> None:
    project = factories.create_project(owner=owner, name="Harbour survey")
    data = form_data(owner_client.get(page(project))) | {"name": "Other", "version": version}
    response = owner_client.post(page(project), data)
    assert response.status_code == 200
    assert "in the meantime" in messages_of(response)[0]


def test_conflict_between_validation_and_writing_is_told_as_well(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = factories.create_project(owner=owner, name="Harbour survey")
    data = form_data(owner_client.get(page(project))) | {"name": "Mine"}
    original = OwnedAdmin.save_model
    raced: list[bool] = []

    def save_after_somebody_else(self: Any, request: Any, obj: Any, form: Any, change: Any) -> None:  # noqa: ANN401
        if not raced:
            raced.append(True)
            # As if the stored version were ahead of the validated one; validating again reads it anew.
            obj.version -= 1
        original(self, request, obj, form, change)

    monkeypatch.setattr(OwnedAdmin, "save_model", save_after_somebody_else)
    assert owner_client.post(page(project), data).status_code == 302
    assert raced
    with owner_scope(owner):
        project.refresh_from_db()
    assert (project.name, project.version) == ("Mine", 2)


def test_conflict_in_an_inline_row_saves_neither_row_nor_parent(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner, name="Harbour survey")
    engagement = factories.create_engagement(owner=owner, project=project, name="Phase 1")
    data = form_data(owner_client.get(page(project)))
    with owner_scope(owner):
        Engagement.objects.get().save()
    response = owner_client.post(page(project), data | {"name": "Other", "engagements-0-name": "Phase one"})
    assert response.status_code == 200
    assert "in the meantime" in response.content.decode()
    with owner_scope(owner):
        project.refresh_from_db()
        engagement.refresh_from_db()
    assert (project.name, engagement.name) == ("Harbour survey", "Phase 1")


def test_post_with_a_foreign_reference_reads_like_a_missing_one(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    foreign = factories.create_project(owner=stranger)
    address = reverse("admin:projects_engagement_add")
    data = form_data(owner_client.get(address)) | {"name": "Phase 1", "period": "2024"}
    keys = (foreign.pk, 999_999)
    answers = [messages_of(owner_client.post(address, data | {"project": key}), "project") for key in keys]
    assert (
        answers[0]
        == answers[1]
        == ["Select a valid choice. That choice is not one of the available choices."]
    )
    with every_owner():
        assert not Engagement.objects.exists()


def test_uniqueness_is_per_owner_and_told_in_the_form(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    factories.create_project(owner=stranger, slug="survey")
    address = reverse("admin:projects_project_add")
    data = form_data(owner_client.get(address)) | {"name": "Survey", "slug": "survey"}
    assert owner_client.post(address, data).status_code == 302
    assert messages_of(owner_client.post(address, data)) == ["You use this slug already."]


def test_autocomplete_finds_only_own(owner: Account, stranger: Account, owner_client: Client) -> None:
    mine = factories.create_project(owner=owner, name="Harbour survey")
    factories.create_project(owner=stranger, name="Harbour secret")
    query = {"app_label": "projects", "model_name": "engagement", "field_name": "project", "term": "harbour"}
    answer = owner_client.get(reverse("admin:autocomplete"), query).json()
    assert answer["results"] == [{"id": str(mine.pk), "text": "Harbour survey"}]


def test_autocomplete_offers_no_accounts(owner_client: Client) -> None:
    query = {"app_label": "projects", "model_name": "engagement", "field_name": "owner", "term": ""}
    assert owner_client.get(reverse("admin:autocomplete"), query).status_code == 403


def test_list_filter_offers_only_own(owner: Account, stranger: Account, owner_client: Client) -> None:
    for account, name in [(owner, "Harbour survey"), (stranger, "Secret survey")]:
        factories.create_engagement(owner=account, project=factories.create_project(owner=account, name=name))
    text = owner_client.get(reverse("admin:projects_engagement_changelist")).content.decode()
    assert "Harbour survey" in text
    assert "Secret survey" not in text


def test_list_filter_for_a_foreign_record_equals_one_for_a_missing_record(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    for name in ("Harbour survey", "Bridge survey"):  # a filter with a single choice is not shown or applied
        factories.create_engagement(owner=owner, project=factories.create_project(owner=owner, name=name))
    foreign = factories.create_engagement(owner=stranger).project
    address = reverse("admin:projects_engagement_changelist")
    pages = []
    for key in (foreign.pk, 999_999):
        response = owner_client.get(address, {"project__id__exact": key})
        assert response.context["cl"].result_count == 0
        text = response.content.decode()
        pages.append(
            re.sub(rf"exact(=|%3D){key}\b|value=\"{key}\"|csrfmiddlewaretoken\" value=\"\w+", "", text)
        )
    assert pages[0] == pages[1]


def test_list_cannot_be_filtered_by_the_digest_of_a_password(owner_client: Client) -> None:
    address = reverse("admin:projects_project_changelist")
    assert owner_client.get(address, {"owner__password__startswith": "md5"}).status_code == 400


def test_history_of_another_account_is_missing(owner: Account, stranger_client: Client) -> None:
    project = factories.create_project(owner=owner)
    with owner_scope(owner):
        version = project.history.get()
    address = reverse("admin:projects_project_simple_history", args=[project.pk, version.pk])
    assert stranger_client.get(address).status_code == 404
    assert stranger_client.post(address, {"name": "Mine now"}).status_code == 404


def test_address_that_would_lead_to_anybodys_record_does_not_exist(
    owner: Account, owner_client: Client
) -> None:
    goal = factories.create_goal(owner=owner)
    assert owner_client.get(f"/admin/r/{goal.pk}/{goal.pk}/").status_code == 404


def test_history_tells_what_a_person_changed_and_nothing_else(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner, name="Harbour survey")
    owner_client.post(page(project), form_data(owner_client.get(page(project))) | {"name": "Renamed"})
    rows = owner_client.get(page(project, "history")).context["page_obj"]
    assert rows[0].history_delta_changes == [{"field": "Name", "old": "Harbour survey", "new": "Renamed"}]


def test_earlier_version_is_restored_as_a_new_one(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner, name="Harbour survey")
    owner_client.post(page(project), form_data(owner_client.get(page(project))) | {"name": "Renamed"})
    with owner_scope(owner):
        first = project.history.earliest()
    address = reverse("admin:projects_project_simple_history", args=[project.pk, first.pk])
    data = form_data_of_history(owner_client.get(address))
    assert owner_client.post(address, data).status_code == 302
    with owner_scope(owner):
        project.refresh_from_db()
        assert (project.name, project.version, project.history.count()) == ("Harbour survey", 3, 3)


def test_version_that_cannot_be_restored_any_more_is_shown_again(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else saves the record between the check of the form and the writing."""
    project = factories.create_project(owner=owner, name="Harbour survey")
    with owner_scope(owner):
        first = project.history.earliest()
    address = reverse("admin:projects_project_simple_history", args=[project.pk, first.pk])
    data = form_data_of_history(owner_client.get(address))
    original = OwnedAdmin.save_model
    raced: list[bool] = []

    def lose_once(self: Any, request: Any, obj: Any, form: Any, change: Any) -> None:  # noqa: ANN401
        if not raced:
            raced.append(True)
            raise Conflict
        original(self, request, obj, form, change)

    monkeypatch.setattr(OwnedAdmin, "save_model", lose_once)
    assert owner_client.post(address, data).status_code == 302
    assert raced
    with owner_scope(owner):
        project.refresh_from_db()
        assert (project.version, project.history.count()) == (2, 2)


def test_who_may_not_see_a_list_gets_no_file_of_it(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.create_project(owner=owner)
    address = reverse("admin:projects_project_export", args=["csv"])
    assert owner_client.get(address).status_code == 200
    monkeypatch.setattr(OwnedAdmin, "has_view_permission", lambda *_args: False)
    assert owner_client.get(address).status_code == 403


def test_what_no_database_can_be_asked_for_is_found_nowhere(owner: Account, owner_client: Client) -> None:
    factories.create_project(owner=owner)
    query = {"app_label": "projects", "model_name": "engagement", "field_name": "project"}
    answer = owner_client.get("/admin/autocomplete/", {**query, "term": ""})
    assert len(answer.json()["results"]) == 1
    answer = owner_client.get("/admin/autocomplete/", {**query, "term": "a\0"})
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_deleted_record_is_restored_from_its_history(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner, name="Harbour survey")
    key = project.pk
    assert owner_client.post(page(project, "delete"), {"post": "yes"}).status_code == 302
    with owner_scope(owner):
        last = Project.history.filter(id=key).latest()
    address = reverse("admin:projects_project_simple_history", args=[key, last.pk])
    assert owner_client.post(address, form_data_of_history(owner_client.get(address))).status_code == 302
    with owner_scope(owner):
        assert Project.objects.get(pk=key).name == "Harbour survey"


def form_data_of_history(response: Any) -> dict[str, str]:  # noqa: ANN401
    form = response.context["adminform"].form
    return {bound.html_name: "" if bound.value() is None else str(bound.value()) for bound in form}


def test_accounts_are_for_superusers(owner: Account, owner_client: Client, superuser_client: Client) -> None:
    address = reverse("admin:records_account_changelist")
    assert owner_client.get(address).status_code == 403
    assert superuser_client.get(address).status_code == 200
    assert superuser_client.get(reverse("admin:records_account_change", args=[owner.pk])).status_code == 200
    assert superuser_client.get(reverse("admin:records_account_delete", args=[owner.pk])).status_code == 403


def test_account_is_added_with_a_name_and_a_password(superuser_client: Client) -> None:
    data = {"username": "newcomer", "password1": "a long pass phrase", "password2": "a long pass phrase"}
    assert superuser_client.post(reverse("admin:records_account_add"), data).status_code == 302
    assert Account.objects.get(username="newcomer").check_password("a long pass phrase")


def test_operator_cannot_lock_themselves_out(superuser_client: Client) -> None:
    operator = Account.objects.get(username="operator")
    address = reverse("admin:records_account_change", args=[operator.pk])
    assert superuser_client.post(address, {"username": "operator"}).status_code == 302
    operator.refresh_from_db()
    assert operator.is_active
    assert operator.is_superuser


def test_token_is_seen_and_revoked_but_not_changed(owner: Account, owner_client: Client) -> None:
    token, text = ApiToken.issue(owner=owner, name="script")
    shown = owner_client.get(page(token)).content.decode()
    assert token.prefix in shown
    assert token.digest not in shown
    assert text not in shown
    assert owner_client.post(page(token), {"name": "other"}).status_code == 403
    assert owner_client.post(page(token, "delete"), {"post": "yes"}).status_code == 302
    with owner_scope(owner):
        assert not ApiToken.objects.exists()


def test_revoked_token_is_not_brought_back_from_its_history(owner: Account, owner_client: Client) -> None:
    token, _text = ApiToken.issue(owner=owner, name="script")
    with owner_scope(owner):
        version, key = token.history.get(), token.pk
        token.delete()
    address = reverse("admin:records_apitoken_simple_history", args=[key, version.pk])
    assert owner_client.post(address, {"name": "script"}).status_code == 403
    with owner_scope(owner):
        assert not ApiToken.objects.exists()


def test_account_without_the_mark_may_not_use_admin(owner: Account) -> None:
    Account.objects.filter(pk=owner.pk).update(is_staff=False)
    client = Client()
    client.force_login(Account.objects.get(pk=owner.pk))
    assert client.get(reverse("admin:projects_project_changelist")).status_code in (302, 403)


def test_nobody_is_sent_to_the_common_sign_in(client: Client) -> None:
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_site_refuses_an_admin_without_the_base() -> None:
    with pytest.raises(ImproperlyConfigured, match="OwnedAdmin"):
        OwnedAdminSite().register(Achievement, admin.ModelAdmin)


def test_every_form_of_admin_carries_the_version() -> None:
    for model_admin in site._registry.values():
        if isinstance(model_admin, OwnedAdmin):
            assert issubclass(model_admin.form, OwnedModelForm)
            assert all(issubclass(inline.form, OwnedModelForm) for inline in model_admin.inlines)


def test_each_wall_of_admin_stands_by_itself(owner: Account, stranger: Account, rf: RequestFactory) -> None:
    """Another would catch what one lets through; so each is asked alone."""
    request = rf.get("/admin/")
    request.user = stranger
    own, foreign = (factories.create_project(owner=account) for account in (stranger, owner))
    projects = site._registry[Project]
    assert projects.has_change_permission(request)
    assert projects.has_change_permission(request, own)
    assert not projects.has_change_permission(request, foreign)
    assert not projects.has_delete_permission(request, foreign)
    for may in ("is_staff", "is_active"):
        setattr(stranger, may, False)
        assert not projects.has_view_permission(request)
        assert not projects.has_add_permission(request)
        setattr(stranger, may, True)
    assert projects.lookup_allowed("kind", "client", request)
    assert not projects.lookup_allowed("owner__password__startswith", "a", request)
    assert not projects.lookup_allowed("owner", "1", request)
