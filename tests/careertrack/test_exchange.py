"""Importing and exporting on the pages: preview, confirm, undo; and nobody else's files."""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from metrics.models import Measurement
from projects.models import Activity, Project
from records.models import Account, Document, Owned, Upload
from records.ownership import owner_scope
from records.references import key_text
from records.resources import registered
from tests.everything import REFERENCES, create_one, referred_model
from tests.factories import (
    create_activity,
    create_goal,
    create_measurement,
    create_metric,
    create_project,
    create_skill,
    create_upload,
)

CSV = "이름,슬러그,고객\nHarbour,harbour,Port\nLighthouse,,\n"


def send(
    client: Client,
    text: str | bytes,
    *,
    model: str = "project",
    name: str = "a.csv",
    **more: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    body = text.encode() if isinstance(text, str) else text
    return client.post("/import/", {"model": model, "file": SimpleUploadedFile(name, body), **more})


def shown(client: Client, address: str) -> Any:  # noqa: ANN401
    return client.get(address).context["preview"]


def confirm(client: Client, address: str) -> Any:  # noqa: ANN401
    return client.post(address, {"digest": shown(client, address).digest}, follow=True)


def counts(client: Client, address: str) -> dict[str, int]:
    return {group.name: group.count for group in shown(client, address).groups if group.count}


def test_a_file_is_previewed_imported_and_undone(owner: Account, owner_client: Client) -> None:
    create_project(owner=owner, name="Harbour", client="City")
    address = send(owner_client, CSV).url
    assert counts(owner_client, address) == {"created": 1, "changed": 1}
    (row,) = shown(owner_client, address + "?show=changed").rows
    assert (row.place, row.key) == ("row 2", "harbour")
    assert [(value.label, value.before, value.after) for value in row.values] == [("Client", "City", "Port")]
    with owner_scope(owner):
        assert Project.objects.count() == 1
    told = confirm(owner_client, address)
    assert "2 records were imported." in told.content.decode()
    with owner_scope(owner):
        assert sorted(Project.objects.values_list("slug", "client")) == [
            ("harbour", "Port"),
            ("lighthouse", ""),
        ]
        assert bytes(Upload.objects.get().body) == b""
    owner_client.post(address, {"undo": "1"})
    with owner_scope(owner):
        assert list(Project.objects.values_list("slug", "client")) == [("harbour", "City")]
    assert "was undone already" in owner_client.post(address, {"undo": "1"}, follow=True).content.decode()


def test_a_second_import_of_the_same_file_changes_nothing(owner: Account, owner_client: Client) -> None:
    confirm(owner_client, send(owner_client, CSV).url)
    address = send(owner_client, CSV).url
    assert counts(owner_client, address) == {"unchanged": 2}
    assert not shown(owner_client, address).can_apply


def test_one_bad_row_stops_all_of_the_file(owner: Account, owner_client: Client) -> None:
    address = send(owner_client, "name,slug,kind\nGood,good,\nBad,bad,nonsense\n").url
    preview = shown(owner_client, address)
    assert preview.shown == "problems"
    assert [(row.place, row.key, row.message) for row in preview.rows] == [
        ("row 3", "Kind", "Value 'nonsense' is not a valid choice.")
    ]
    owner_client.post(address, {"digest": preview.digest})
    with owner_scope(owner):
        assert not Project.objects.exists()


def test_what_changed_since_the_preview_is_shown_anew(owner: Account, owner_client: Client) -> None:
    project = create_project(owner=owner, name="Harbour", client="City")
    address = send(owner_client, CSV).url
    digest = shown(owner_client, address).digest
    with owner_scope(owner):
        project.client = "Nobody"
        project.save()
    told = owner_client.post(address, {"digest": digest}, follow=True)
    assert "have changed since this preview" in told.content.decode()
    with owner_scope(owner):
        assert Project.objects.get().client == "Nobody"


def test_a_file_is_imported_once_however_often_one_clicks(owner: Account, owner_client: Client) -> None:
    address = send(owner_client, CSV).url
    digest = shown(owner_client, address).digest
    owner_client.post(address, {"digest": digest})
    told = owner_client.post(address, {"digest": digest}, follow=True)
    assert "was imported already" in told.content.decode()
    with owner_scope(owner):
        assert Project.objects.count() == 2


def test_undo_is_refused_in_words_once_a_record_was_touched(owner: Account, owner_client: Client) -> None:
    address = send(owner_client, CSV).url
    confirm(owner_client, address)
    with owner_scope(owner):
        project = Project.objects.get(slug="lighthouse")
        project.note = "mine"
        project.save()
    told = owner_client.post(address, {"undo": "1"}, follow=True)
    assert "lighthouse: this record was changed in the meantime" in told.content.decode()
    with owner_scope(owner):
        assert Project.objects.count() == 2


def test_a_file_can_be_removed_instead(owner: Account, owner_client: Client) -> None:
    address = send(owner_client, CSV).url
    owner_client.post(address, {"discard": "1"})
    assert owner_client.get(address).status_code == 404
    with owner_scope(owner):
        assert not Upload.history.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_file_of_somebody_else_is_missing(
    method: str, owner: Account, owner_client: Client, stranger_client: Client
) -> None:
    address = send(owner_client, CSV).url
    digest = shown(owner_client, address).digest
    for data in ({"digest": digest}, {"discard": "1"}, {"undo": "1"}):
        assert getattr(stranger_client, method)(address, data).status_code == 404
    with owner_scope(owner):
        assert Upload.objects.get().is_waiting
    assert "a.csv" not in stranger_client.get("/import/").content.decode()


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ("name,owner", "The column “owner” cannot be imported"),
        ("name,id", "The column “id” cannot be imported"),
        ("name,소유자", "The column “소유자” cannot be imported"),
        ("name,colour", "There is no column “colour”"),
        ("name,이름", "mean the same column"),
    ],
)
def test_header_that_is_not_known_is_refused(headers: str, said: str, owner_client: Client) -> None:
    answer = send(owner_client, f"{headers}\na,b\n")
    assert answer.status_code == 200
    assert said in str(answer.context["form"].errors)


def test_file_that_waits_for_more_than_a_day_is_removed(owner: Account, owner_client: Client) -> None:
    old = create_upload(owner=owner)
    with owner_scope(owner):
        Upload.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=2))
    send(owner_client, CSV)
    with owner_scope(owner):
        assert not Upload.objects.filter(pk=old.pk).exists()


KPI = "지표,Q1,2분기,Q3,Q4\nArticles,3,4+,,-\nresolved,80%,~50,,\n"


def test_a_kpi_sheet_becomes_measurements(owner: Account, owner_client: Client) -> None:
    create_metric(owner=owner)
    create_metric(owner=owner, name="Issues resolved", aliases="Resolved", unit="percent", aggregation="mean")
    address = send(owner_client, KPI, model="measurement", name="KPI 2024.csv").url
    assert counts(owner_client, address) == {"created": 5}
    confirm(owner_client, address)
    with owner_scope(owner):
        found = Measurement.objects.order_by("pk").values_list(
            "metric__slug", "period", "value", "qualifier", "as_stated"
        )
        assert [
            (slug, str(period), None if value is None else float(value), *rest)
            for slug, period, value, *rest in found
        ] == [
            ("articles", "2024-Q1", 3, "exactly", ""),
            ("articles", "2024-Q2", 4, "at_least", "4+"),
            ("articles", "2024-Q4", None, "exactly", "-"),
            ("issues-resolved", "2024-Q1", 80, "exactly", "80%"),
            ("issues-resolved", "2024-Q2", 50, "about", "~50"),
        ]
    assert counts(owner_client, send(owner_client, KPI, model="measurement", name="KPI 2024.csv").url) == {
        "unchanged": 5
    }


def test_figures_of_a_kpi_sheet_are_read_as_in_the_grid(owner: Account, owner_client: Client) -> None:
    create_metric(owner=owner)
    create_metric(owner=owner, name="Answered", unit="percent", aggregation="pooled")
    create_metric(owner=owner, name="Lead time", unit="minute", aggregation="mean")
    sheet = 'metric,Q1,Q2\nArticles,"1,234",≤ 3\nAnswered,25/40,62 (25/40)\nLead time,18h 55m,18:55\n'
    confirm(owner_client, send(owner_client, sheet, model="measurement", year=2024).url)
    with owner_scope(owner):
        found = Measurement.objects.order_by("pk")
        assert [(each.value, each.numerator, each.denominator, each.qualifier) for each in found] == [
            (1234, None, None, "exactly"),
            (3, None, None, "at_most"),
            (62.5, 25, 40, "exactly"),
            (62, 25, 40, "exactly"),
            (1135, None, None, "exactly"),
            (1135, None, None, "exactly"),
        ]
        assert found[2].as_stated == "25/40"
    assert counts(owner_client, send(owner_client, sheet, model="measurement", year=2024).url) == {
        "unchanged": 6
    }


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (KPI, {}, "Which year are these quarters of?"),
        ("metric,Q5\na,1\n", {"year": 2024}, "A year has 4 of these; 5 does not exist."),
        ("metric,Q1,1분기\na,1,2\n", {"year": 2024}, "Two columns are the same quarter: 2024-Q1."),
        ("metric,Q1,colour\na,1,2\n", {"year": 2024}, "There is no column “colour” in a KPI sheet"),
        ("Q1,Q2\n1,2\n", {"year": 2024}, "needs a column “Metric”"),
        ("metric,Q1\na,\n", {"year": 2024}, "No quarter of this sheet is filled in."),
    ],
)
def test_kpi_sheet_that_cannot_be_read_is_refused(
    text: str, more: dict[str, Any], said: str, owner_client: Client
) -> None:
    answer = send(owner_client, text, model="measurement", **more)
    assert said in answer.context["form"].errors["file"][0]


def test_bad_cell_of_a_kpi_sheet_is_named_by_row_and_quarter(owner: Account, owner_client: Client) -> None:
    create_metric(owner=owner)
    address = send(owner_client, "metric,Q1\nArticles,many\nNobody,1\n", model="measurement", year=2024).url
    assert [(row.place, row.key, row.message) for row in shown(owner_client, address).rows] == [
        (
            "row 2, Q1",
            "Value",
            "“many” is not a figure. Write 80.5, 18h 55m, 25/40, ~20, 3+, or – for nothing to measure.",
        ),
        ("row 3, Q1", "Metric", "You have no metric “Nobody”."),
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.model_name)
def test_template_has_known_headers_and_says_what_they_mean(
    model: type[Owned], language: str, owner_client: Client
) -> None:
    answer = owner_client.get(
        f"/import/template/{model._meta.model_name}.xlsx", headers={"accept-language": language}
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet, words = book.worksheets
    headers = [cell.value for cell in sheet[1]]
    assert headers == [cell.value for cell in words["A"]][1:]
    assert "pk" not in headers
    empty = send(owner_client, answer.content, model=str(model._meta.model_name))
    assert "no row besides its headers" in str(empty.context["form"].errors) or language == "ko"


def test_export_lists_numbers_and_gives_files(owner: Account, owner_client: Client) -> None:
    create_project(owner=owner, name="=HYPERLINK()")
    page = owner_client.get("/export/").content.decode()
    assert "/export/project.csv" in page
    text = owner_client.get("/export/project.csv").content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Slug,Name,Other names")
    assert "'=HYPERLINK()" in text
    (row,) = json.loads(owner_client.get("/export/project.json").content)
    assert row["name"] == "=HYPERLINK()"


def test_export_of_a_filtered_list_is_what_the_list_shows(owner: Account, owner_client: Client) -> None:
    create_activity(owner=owner, title="Old", period="2023")
    create_activity(owner=owner, title="New", period="2024", kind=Activity.Kind.BOOK)
    rows = json.loads(owner_client.get("/export/activity.json?year=2024&kind=book").content)
    assert [row["title"] for row in rows] == ["New"]


@pytest.mark.parametrize(
    ("page", "query", "shown"),
    [
        ("/activities/", "year=2024&kind=book", ["New"]),
        ("/projects/", "text=harb", ["Harbour"]),
        ("/skills/", "text=py", ["Python"]),
        ("/metrics/", "unit=percent", ["Resolved"]),
        ("/goals/2023/", "set_in=2023", ["Write more"]),
    ],
)
def test_every_list_links_to_files_of_what_it_shows(
    page: str, query: str, shown: list[str], owner: Account, stranger: Account, owner_client: Client
) -> None:
    create_activity(owner=owner, title="Old", period="2023")
    for who in (owner, stranger):
        create_activity(owner=who, title="New", period="2024", kind=Activity.Kind.BOOK)
        create_project(owner=who, name="Harbour")
        create_skill(owner=who, name="Python")
        create_metric(owner=who, name="Resolved", unit="percent", aggregation="mean")
        create_goal(owner=who, statement="Write more", set_in="2023", due="2024")
    create_project(owner=owner, name="Lighthouse")
    create_skill(owner=owner, name="Go")
    create_metric(owner=owner)
    create_goal(owner=owner, statement="Write less", set_in="2022", due="2023")
    text = owner_client.get(page if page.startswith("/goals") else f"{page}?{query}").content.decode()
    address = next(
        part
        for part in re.findall(r'href="([^"]+)"', text)
        if part.startswith("/export/") and ".json" in part
    )
    rows = json.loads(owner_client.get(html.unescape(address)).content)
    assert [row.get("name") or row.get("title") or row.get("statement") for row in rows] == shown
    assert html.unescape(address).endswith(query)


@pytest.mark.parametrize(
    "address",
    [
        "/export/apitoken.csv",
        "/export/project.pdf",
        "/export/account.json",
        "/import/template/apitoken.xlsx",
        "/import/template/nothing.xlsx",
        "/admin/projects/project/export/pdf/",
        "/admin/projects/project/export/csv/?e=1&nothing=here",
        "/admin/records/apitoken/export/csv/",
    ],
)
def test_what_is_not_exported_is_missing(address: str, owner_client: Client) -> None:
    assert owner_client.get(address).status_code == 404


def test_export_of_a_stranger_is_empty(owner: Account, stranger_client: Client) -> None:
    create_project(owner=owner)
    assert json.loads(stranger_client.get("/export/project.json").content) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_export_takes_one_query_for_its_records(kind: str, owner: Account, owner_client: Client) -> None:
    metric = create_metric(owner=owner)
    for year in range(2000, 2010):
        create_measurement(owner=owner, metric=metric, period=str(year), project=create_project(owner=owner))
    with CaptureQueriesContext(connection) as queries:
        owner_client.get(f"/export/measurement.{kind}")
    # Session and account, records.
    assert len(queries) == 2, [query["sql"][:80] for query in queries.captured_queries]


def test_nobody_else_gets_in(client: Client) -> None:
    for address in (
        "/import/",
        "/export/",
        "/export/project.csv",
        "/import/abc/",
        "/import/template/project.xlsx",
    ):
        assert client.get(address).status_code == 302


def test_long_previews_have_pages(owner: Account, owner_client: Client) -> None:
    rows = "".join(f"P{n}\n" for n in range(120))
    address = send(owner_client, "name\n" + rows).url
    preview = shown(owner_client, address + "?page=3")
    assert len(preview.rows) == 20
    assert preview.page.number == 3


@pytest.mark.parametrize(("model", "field"), REFERENCES, ids=lambda value: getattr(value, "__name__", value))
def test_preview_tells_a_foreign_reference_from_a_missing_one_by_nothing(
    model: type[Owned], field: str, owner: Account, stranger_client: Client
) -> None:
    parent = create_one(referred_model(model, field), owner=owner)
    key = key_text(parent.key)
    missing = (
        "1999" if isinstance(parent, Document) else " ".join(["x" * len(key.split()[0]), *key.split()[1:]])
    )
    texts = []
    for each in (key, missing):
        answer = send(stranger_client, f"{field}\n{each}\n", model=str(model._meta.model_name))
        rows = shown(stranger_client, answer.url).rows
        texts.append([(row.place, row.key, row.message.replace(each, "KEY")) for row in rows])
    assert texts[0] == texts[1]
    assert any("KEY" in message for _place, _key, message in texts[0])
