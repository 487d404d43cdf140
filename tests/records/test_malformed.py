"""Every malformed file is taken as documented or refused in words; nothing changes, and nothing fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from records.models import Account, Upload
from records.ownership import owner_scope
from tests.factories import create_metric, create_project
from tests.records.malformed import Bad, malformed
from tests.trust.estate import digest_of

FILES = malformed()


def test_there_are_enough_of_them() -> None:
    assert len({bad.name for bad in FILES}) == len(FILES) >= 80


@pytest.mark.parametrize("bad", FILES, ids=lambda bad: bad.name)
def test_malformed_file_is_refused_in_words_or_taken(
    bad: Bad, owner: Account, stranger: Account, owner_client: Client
) -> None:
    create_metric(owner=owner)
    create_project(owner=owner, name="Stored")
    create_metric(owner=stranger, name="Theirs")
    before = digest_of(owner)
    file = SimpleUploadedFile(bad.filename, bad.body)
    answer: Any = owner_client.post("/import/", {"model": bad.model, "file": file})
    if answer.status_code == 200:
        said = str(answer.context["form"].errors.get("file"))
        assert bad.says is not None, said
        assert bad.says in said
    else:
        preview = owner_client.get(answer.url).context["preview"]
        said = " ".join(f"{row.place} {row.key} {row.message}" for row in preview.rows)
        assert preview.can_apply == (bad.says is None), said
        if bad.says is not None:
            assert bad.says in said
            assert owner_client.post(answer.url, {"digest": preview.digest}).status_code == 302
        with owner_scope(owner):
            Upload.objects.remove()
    assert digest_of(owner) == before
