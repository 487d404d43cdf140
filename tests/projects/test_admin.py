from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Engagement, SkillUse
from records.models import Account
from records.ownership import every_owner, owner_scope
from tests import factories
from tests.records.test_admin import form_data, messages_of, page


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        pytest.param({"period": "20241"}, "period", "is not a period", id="five digits"),
        pytest.param({"starts_on": "2024-02-30"}, "starts_on", "is not a period", id="no such day"),
        pytest.param({"starts_on": "2024", "ends_on": "2023"}, "ends_on", "before it starts", id="backwards"),
        pytest.param({"ends_on": "2024", "is_ongoing": "on"}, "ends_on", "ongoing", id="ended and ongoing"),
        pytest.param({"stated_duration": "3"}, "stated_duration_unit", "needs its unit", id="no unit"),
        pytest.param({"contribution": "101"}, "contribution", "less than or equal to 100", id="over 100 %"),
        pytest.param({"contribution": "NaN"}, "contribution", "Enter a number", id="NaN"),
        pytest.param({"difficulty": "6"}, "difficulty", "less than or equal to 5", id="harder than hardest"),
        pytest.param({"name": "a\0b"}, "name", "Null characters", id="NUL"),
        pytest.param({"summary": "a\x08b"}, "summary", "control character", id="control character"),
        pytest.param({"slug": "not a slug"}, "slug", "valid “slug”", id="odd slug"),
    ],
)
def test_add_engagement_refuses_at_the_field(
    data: dict[str, str], field: str, message: str, owner: Account, owner_client: Client
) -> None:
    project = factories.create_project(owner=owner)
    address = reverse("admin:projects_engagement_add")
    given = {"project": str(project.pk), "name": "Phase 1", "period": "2024"} | data
    response = owner_client.post(address, form_data(owner_client.get(address)) | given)
    assert response.status_code == 200
    assert message in " ".join(messages_of(response, field)).replace("'slug'", "“slug”")
    with every_owner():
        assert not Engagement.objects.exists()


def test_row_of_a_project_is_refused_when_ongoing_and_ended(owner: Account, owner_client: Client) -> None:
    project = factories.create_project(owner=owner)
    data = form_data(owner_client.get(page(project))) | {"engagements-TOTAL_FORMS": "1"}
    row = {"name": "Phase 1", "period": "2024", "ends_on": "2024", "is_ongoing": "on"}
    data |= {f"engagements-0-{name}": value for name, value in row.items()}
    response = owner_client.post(page(project), data)
    assert response.status_code == 200
    assert "It is marked as ongoing" in response.content.decode()


def test_engagement_takes_skills_in_its_page(owner: Account, owner_client: Client) -> None:
    engagement = factories.create_engagement(owner=owner)
    skill = factories.create_skill(owner=owner)
    data = form_data(owner_client.get(page(engagement))) | {"skill_uses-TOTAL_FORMS": "1"}
    row = {"skill": str(skill.pk), "period": "2024"}
    data |= {f"skill_uses-0-{name}": value for name, value in row.items()}
    assert owner_client.post(page(engagement), data).status_code == 302
    with owner_scope(owner):
        use = SkillUse.objects.get()
    assert (use.skill_id, use.engagement_id, use.owner_id) == (skill.pk, engagement.pk, owner.pk)


def test_project_counts_what_refers_to_it_and_only_own(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    project = factories.create_project(owner=owner)
    factories.create_activity(owner=owner, project=project)
    factories.create_activity(owner=stranger, project=factories.create_project(owner=stranger))
    address = reverse("admin:projects_activity_changelist")
    expected = f'<a href="{address}?project__id__exact={project.pk}">Activities (1)</a>'
    assert expected in owner_client.get(page(project)).content.decode()


def test_deleting_a_project_names_what_goes_with_it(owner: Account, owner_client: Client) -> None:
    engagement = factories.create_engagement(owner=owner, name="Second phase")
    text = owner_client.get(page(engagement.project, "delete")).content.decode()
    assert "Second phase" in text


def test_source_that_is_cited_cannot_be_deleted(owner: Account, owner_client: Client) -> None:
    document = factories.create_document(owner=owner)
    factories.create_project(owner=owner, source=document, name="Harbour survey")
    response = owner_client.post(page(document, "delete"), {"post": "yes"})
    assert response.status_code == 200
    assert "Harbour survey" in response.content.decode()
    with owner_scope(owner):
        document.refresh_from_db()
