"""A whole career goes out as one file and comes back equal: empty account, filled account, somebody else's."""

from __future__ import annotations

import datetime as dt
import errno
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from careertrack.archives import MANIFEST, write_archive
from careertrack.importing import ARCHIVE, plan_file
from goals.models import Goal
from projects.models import Project
from records.merging import apply, in_dependency_order, is_mergeable
from records.models import Account
from records.ownership import owner_scope
from tests.everything import OWNED_MODELS
from tests.factories import create_goal, create_measurement, create_metric, create_project
from tests.trust.estate import build_estate, digest_of

MODELS = in_dependency_order(model for model in OWNED_MODELS if is_mergeable(model))
KEPT = {"id", "owner", "version", "created_at", "updated_at"}


def facts(owner: Account) -> dict[str, list[str]]:
    """All that every record says, in no order; asked without any code of import or export."""
    found: dict[str, list[str]] = {}
    keys: dict[tuple[Any, int], tuple[Any, ...]] = {}  # of parents, which come first
    with owner_scope(owner):
        for model in MODELS:
            parents = {path.rpartition("__")[0] for path in model.natural_fields if "__" in path}
            records = list(model.objects.select_related(*parents))
            keys |= {(model, record.pk): record.key for record in records}
            rows = []
            for record in records:
                values: dict[str, Any] = {}
                for field in model._meta.concrete_fields:
                    if field.name not in KEPT:
                        value = getattr(record, field.attname)
                        is_key = field.is_relation and value is not None
                        values[field.name] = keys[field.related_model, value] if is_key else value
                rows.append(repr(values))
            found[model.__name__] = sorted(rows)
    return found


def wipe(owner: Account) -> None:
    with owner_scope(owner):
        for model in reversed(MODELS):
            model.objects.all().delete()


def archive_of(owner: Account) -> bytes:
    with owner_scope(owner):
        return write_archive()


def bring_in(owner: Account, body: bytes) -> None:
    with owner_scope(owner):
        plan = plan_file(body, kind=ARCHIVE, year=None, filename="career.zip")
        assert plan.problems == ()
        apply(plan, by=owner, reason="Imported")


@pytest.fixture
def whole(owner: Account) -> Account:
    """The owner with at least one record of every model, and texts that do not like to travel."""
    build_estate(owner)
    create_project(owner=owner, name="=1+1", note='항만\n"조사", 👩‍🔬\r\n\t=x', slug="항만")
    parent = create_goal(owner=owner, statement="가" * 200)
    create_goal(owner=owner, parent=parent, statement="A part of it")
    return owner


def test_every_model_is_in_an_archive(whole: Account) -> None:
    found = json.loads(zipfile.ZipFile(io.BytesIO(archive_of(whole))).read(MANIFEST))
    assert {*found["records"]} == {model._meta.model_name for model in MODELS}
    assert min(found["records"].values()) >= 1


def test_exported_wiped_and_imported_is_what_it_was(whole: Account) -> None:
    before, body = facts(whole), archive_of(whole)
    assert all(before.values())
    wipe(whole)
    assert not any(facts(whole).values())
    bring_in(whole, body)
    assert facts(whole) == before
    assert archive_of(whole) == body


def test_second_import_changes_nothing(whole: Account) -> None:
    body = archive_of(whole)
    wipe(whole)
    bring_in(whole, body)
    before = digest_of(whole)
    with owner_scope(whole):
        assert plan_file(body, kind=ARCHIVE, year=None, filename="").is_empty
    bring_in(whole, body)
    assert digest_of(whole) == before


def test_equal_records_give_equal_bytes_in_every_language_and_zone(whole: Account) -> None:
    body = archive_of(whole)
    with translation.override("ko"), timezone.override(dt.timezone(dt.timedelta(hours=9))):
        assert archive_of(whole) == body


def test_an_archive_merges_into_a_filled_account(whole: Account) -> None:
    body = archive_of(whole)
    with owner_scope(whole):
        Goal.objects.filter(statement="A part of it").delete()
        project = Project.objects.get(slug="항만")
        project.note = "Edited since"
        project.save()
    create_project(owner=whole, name="Only here")
    with owner_scope(whole):
        plan = plan_file(body, kind=ARCHIVE, year=None, filename="")
    assert [row.key for row in plan.created] == ["a-part-of-it"]
    assert [(row.key, [each.field for each in row.changes]) for row in plan.changed] == [("항만", ["note"])]
    bring_in(whole, body)
    with owner_scope(whole):
        assert Project.objects.get(slug="항만").note.startswith("항만")
        assert Project.objects.filter(name="Only here").exists()


def test_archive_of_somebody_else_makes_copies_and_leaves_theirs_alone(
    whole: Account, stranger: Account
) -> None:
    body, before, theirs = archive_of(whole), digest_of(whole), facts(whole)
    bring_in(stranger, body)
    assert facts(stranger) == theirs
    assert digest_of(whole) == before
    for model in MODELS:
        with owner_scope(whole):
            ids = {*model.objects.values_list("pk", flat=True)}
        with owner_scope(stranger):
            assert ids.isdisjoint(model.objects.values_list("pk", flat=True))


# The pages


def send(client: Client, body: bytes, *, model: str = ARCHIVE) -> Any:  # noqa: ANN401
    file = SimpleUploadedFile("career.zip", body)
    return client.post("/import/", {"model": model, "file": file})


def test_the_page_takes_previews_imports_and_undoes_an_archive(
    whole: Account, owner_client: Client, stranger: Account, stranger_client: Client
) -> None:
    answer = owner_client.get("/export/career.zip")
    assert answer.content == archive_of(whole)
    day = timezone.localdate().isoformat()
    assert answer["Content-Disposition"] == f'attachment; filename="career-{day}.zip"'
    assert "/export/career.zip" in owner_client.get("/export/").content.decode()
    # Sent as something else it is an archive all the same.
    for kind in (ARCHIVE, "goal"):
        address = send(stranger_client, answer.content, model=kind).url
        page = stranger_client.get(address)
        preview = page.context["preview"]
        assert len(preview.kinds) == len(MODELS)
        assert preview.groups[1].count == sum(map(len, facts(whole).values()))
        assert "json/document.json, item 1" in page.content.decode()
        stranger_client.post(address, {"digest": preview.digest})
        assert facts(stranger) == facts(whole)
        assert stranger_client.get(address).status_code == 200
        stranger_client.post(address, {"undo": "1"})
        assert not any(facts(stranger).values())


def test_exporting_takes_one_query_and_importing_as_many_for_three_times_the_records(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    numbers = []
    for round_ in range(2):
        for number in range(4 + 8 * round_):
            name = f"{round_} {number}"
            metric = create_metric(owner=owner, name=name)
            create_measurement(owner=owner, metric=metric, project=create_project(owner=owner, name=name))
            create_goal(owner=owner, statement=name, metric=metric)
        with CaptureQueriesContext(connection) as queries:
            body = owner_client.get("/export/career.zip").content
        assert len(queries) == 2  # session and account, records
        wipe(stranger)
        with CaptureQueriesContext(connection) as queries:
            bring_in(stranger, body)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_too_many_records_for_a_page_are_refused_with_the_limit(whole: Account, owner_client: Client) -> None:
    body = archive_of(whole)
    with override_settings(IMPORT_MAX_ROWS=5):
        said = str(send(owner_client, body).context["form"].errors["file"])
    assert "manifest.json: the archive has" in said
    assert "at most 5 can be imported here" in said
    bring_in(whole, body)  # as the command does


# The commands


def test_commands_write_and_read_an_archive(
    whole: Account, stranger: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("export_archive", str(tmp_path), "--owner", "owner")
    (path,) = tmp_path.iterdir()
    assert path.name == f"career-{timezone.localdate()}.zip"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == archive_of(whole)
    with pytest.raises(CommandError, match="was not written: File exists"):
        call_command("export_archive", str(path), "--owner", "owner")
    call_command("import_archive", str(path), "--owner", "stranger", "--dry-run")
    assert not any(facts(stranger).values())
    call_command("import_archive", str(path), "--owner", "stranger")
    assert facts(stranger) == facts(whole)
    count = sum(map(len, facts(whole).values()))
    assert f"Imported: {count} new, 0 changed, 0 unchanged." in capsys.readouterr().out


def test_command_leaves_no_half_of_an_archive_on_a_full_disk(
    owner: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CommandError, match=r"b.zip was not written: No space left on device"):
        call_command("export_archive", str(tmp_path / "b.zip"), "--owner", "owner")
    assert list(tmp_path.iterdir()) == []


def test_commands_refuse_accounts_and_files_in_words(owner: Account, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    with pytest.raises(CommandError, match="There is no account “nobody”"):
        call_command("export_archive", str(tmp_path / "b.zip"), "--owner", "nobody")
    with pytest.raises(CommandError, match=r"a.zip: This archive is damaged or cut off"):
        call_command("import_archive", str(tmp_path / "a.zip"), "--owner", "owner")
    with pytest.raises(CommandError, match=r"c.zip cannot be read: No such file"):
        call_command("import_archive", str(tmp_path / "c.zip"), "--owner", "owner")


def test_nobody_else_fetches_an_archive(client: Client, whole: Account, stranger_client: Client) -> None:
    assert client.get("/export/career.zip").status_code == 302
    found = zipfile.ZipFile(io.BytesIO(stranger_client.get("/export/career.zip").content))
    assert {*json.loads(found.read(MANIFEST))["records"].values()} == {0}
