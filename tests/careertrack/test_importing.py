"""What a preview says of a value, and what the page of a file does when no button of it was pressed."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from metrics.models import Measurement
from projects.models import Project
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make


def _sent(client: Client, text: str, *, model: str) -> str:
    file = SimpleUploadedFile("a.csv", text.encode())
    address: str = client.post("/import/", {"model": model, "file": file}).url  # type: ignore[attr-defined]
    return address


def _values(client: Client, address: str) -> list[tuple[str, str, str]]:
    preview: Any = client.get(address).context["preview"]
    return [(value.label, value.before, value.after) for row in preview.rows for value in row.values]


def test_preview_shows_a_dash_for_what_is_emptied(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, slug="articles")
    make.create_measurement(owner=owner, metric=metric, period="2024", value=12)
    address = _sent(owner_client, "metric,period,value\narticles,2024,\n", model="measurement")
    assert _values(owner_client, address) == [("Value", "12", "–")]
    with owner_scope(owner):
        assert Measurement.objects.get().value == 12


def test_preview_shows_moments_as_the_pages_do(owner: Account, owner_client: Client) -> None:
    make.create_incident(owner=owner, slug="cut", started_at=None)
    address = _sent(owner_client, "slug,started_at\ncut,2024-03-01 09:30\n", model="incident")
    assert _values(owner_client, address) == [("Started at", "–", "March 1, 2024, 9:30 a.m.")]


def test_a_form_without_a_button_imports_and_removes_nothing(owner: Account, owner_client: Client) -> None:
    address = _sent(owner_client, "name\nHarbour\n", model="project")
    answer = owner_client.post(address, {})
    assert (answer.status_code, answer.url) == (302, address)  # type: ignore[attr-defined]
    assert owner_client.get(address).context["preview"].can_apply
    with owner_scope(owner):
        assert not Project.objects.exists()


def test_kpi_sheet_may_say_project_note_and_year_in_its_headers(owner: Account, owner_client: Client) -> None:
    make.create_metric(owner=owner, name="Articles", slug="articles", aliases="Texts")
    make.create_metric(owner=owner, name="Posts", slug="posts", aliases="Texts")
    make.create_project(owner=owner, name="Harbour", slug="harbour")
    sheet = "metric,project,note,2023-Q4,2024-Q1\nArticles,harbour,Counted twice,3,4\n"
    address = _sent(owner_client, sheet, model="measurement")
    digest = owner_client.get(address).context["preview"].digest
    owner_client.post(address, {"digest": digest})
    with owner_scope(owner):
        found = Measurement.objects.select_related("metric", "project").order_by("period")
        assert [
            (row.metric.slug, row.project and row.project.slug, str(row.period), row.value, row.note)
            for row in found
        ] == [
            ("articles", "harbour", "2023-Q4", 3, "Counted twice"),
            ("articles", "harbour", "2024-Q1", 4, "Counted twice"),
        ]
    # A name that two metrics bear is nobody's.
    address = _sent(owner_client, "metric,2024-Q2\nTexts,5\n", model="measurement")
    (row,) = owner_client.get(address).context["preview"].rows
    assert row.message == "You have no metric “Texts”."
