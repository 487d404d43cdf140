from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from records.models import Account, Document
from records.ownership import owner_scope
from tests.factories import create_document

FIXTURE = [
    {"model": "records.account", "fields": {"username": "demo", "password": "!", "is_staff": True}},
    {
        "model": "records.document",
        "fields": {"owner": ["demo"], "year": 2024, "title": "Review", "language": "en"},
    },
]


@pytest.fixture
def career(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    settings.FIXTURE_DIRS = [tmp_path]
    path = tmp_path / "career.json"
    path.write_text(json.dumps(FIXTURE), encoding="utf-8")
    return path


def _run(address: str = "") -> str:
    out = io.StringIO()
    call_command("setup_demo", address=address, stdout=out)
    return out.getvalue()


def _titles_of_demo() -> list[str]:
    with owner_scope(Account.objects.get(username="demo")):
        return list(Document.objects.values_list("title", flat=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("career")
def test_setup_demo_loads_the_records_and_prints_a_password_that_works() -> None:
    printed = _run("http://127.0.0.1:8000/")
    assert "http://127.0.0.1:8000/" in printed
    password = printed.split("Password:")[1].split()[0]
    assert len(password) >= 16
    assert Account.objects.get(username="demo").check_password(password)
    assert _titles_of_demo() == ["Review"]


@pytest.mark.django_db
@pytest.mark.usefixtures("career")
def test_setup_demo_leaves_edits_and_password_alone_when_it_runs_again() -> None:
    password = _run().split("Password:")[1].split()[0]
    demo = Account.objects.get(username="demo")
    with owner_scope(demo):
        document = Document.objects.get()
        document.title = "Edited"
        document.save()
    assert password not in _run()
    assert _titles_of_demo() == ["Edited"]
    demo.refresh_from_db()
    assert demo.check_password(password)


@pytest.mark.django_db
@pytest.mark.usefixtures("career")
def test_setup_demo_sets_the_password_it_is_told_and_does_not_print_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _run()
    monkeypatch.setenv("DEMO_PASSWORD", "chosen by a person")
    assert "chosen by a person" not in _run()
    assert Account.objects.get(username="demo").check_password("chosen by a person")


@pytest.mark.django_db
@pytest.mark.usefixtures("career")
def test_setup_demo_does_not_count_documents_of_others(owner: Account) -> None:
    create_document(owner=owner, title="Mine")
    _run()
    assert _titles_of_demo() == ["Review"]


@pytest.mark.django_db
def test_setup_demo_says_what_is_wrong_with_a_fixture_without_the_account(career: Path) -> None:
    somebody_else = {"model": "records.account", "fields": {"username": "other", "password": "!"}}
    career.write_text(json.dumps([somebody_else]), encoding="utf-8")
    with pytest.raises(CommandError, match="no account"):
        _run()
