"""The texts of documents are long: pages that only name a document leave them in the database."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from records.models import Account, Document
from records.ownership import owner_scope

PAGES = [
    "/",
    "/trends/",
    "/years/2023/",
    "/goals/2023/",
    "/goals/2023/g24-mttr/",
    "/projects/",
    "/projects/kwater/",
    "/activities/",
    "/skills/",
    "/skills/grpc/",
    "/metrics/",
    "/metrics/mttr/",
    "/metrics/enter/2024-Q4/",
    "/checks/",
    "/admin/metrics/measurement/",
    "/admin/metrics/measurement/add/",
    "/export/",
]

# As a column; whether there is a text may be asked.
READ = re.compile(r'"body"( AS "?\w+"?)?(,| FROM)')


@pytest.mark.parametrize("path", PAGES)
def test_a_page_leaves_the_texts_of_documents_unread(career: Account, client: Client, path: str) -> None:
    with owner_scope(career):
        Document.objects.update(body="A text that nobody asked for. " * 1000)
    client.force_login(career)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    assert len(asked) > 1
    assert [each["sql"] for each in asked if READ.search(each["sql"])] == []


def test_a_page_that_shows_a_text_reads_it(career: Account, client: Client) -> None:
    """The positive control."""
    client.force_login(career)
    with owner_scope(career):
        pk = Document.objects.values_list("pk", flat=True)[:1].get()
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/admin/records/document/{pk}/change/").status_code == 200
    assert any(READ.search(each["sql"]) for each in asked)
