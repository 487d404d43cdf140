"""The command that imports a table."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import override_settings

from careertrack import commands
from metrics.models import Measurement
from projects.models import Project
from records.models import Account
from records.ownership import owner_scope
from tests.factories import create_metric


def run(path: Path, *args: str, errors: Any = None) -> str:  # noqa: ANN401
    out = io.StringIO()
    call_command("import_table", str(path), *args, stdout=out, stderr=errors or io.StringIO())
    return out.getvalue().strip()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "projects.csv"
    path.write_text("name,slug\nHarbour,harbour\n", encoding="utf-8")
    return path


def test_table_is_imported_and_told(table: Path, owner: Account) -> None:
    args = ("--owner", "owner", "--model", "project")
    assert (
        run(table, *args, "--dry-run") == "Would import: 1 new, 0 changed, 0 unchanged. Nothing was written."
    )
    with owner_scope(owner):
        assert not Project.objects.exists()
    assert run(table, *args) == "Imported: 1 new, 0 changed, 0 unchanged."
    assert run(table, *args) == "Imported: 0 new, 0 changed, 1 unchanged."
    with owner_scope(owner):
        assert Project.history.get().history_user == owner


def test_bad_rows_are_printed_with_their_place(tmp_path: Path, owner: Account) -> None:
    create_metric(owner=owner)
    path = tmp_path / "figures.csv"
    path.write_text(
        "metric,period,value\narticles,2024-Q1,1\narticles,2024-Q5,1\nx,2024,2\n", encoding="utf-8"
    )
    errors = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was imported: 2 problems"):
        run(path, "--owner", "owner", "--model", "measurement", errors=errors)
    assert errors.getvalue().splitlines() == [
        "row 3, period: “2024-Q5” is not a period: A year has 4 of these; 5 does not exist.",
        "row 4, metric: You have no metric “x”.",
    ]
    with owner_scope(owner):
        assert not Measurement.objects.exists()


@pytest.mark.parametrize(
    ("owner_name", "body", "said"),
    [
        ("nobody", b"name\nA\n", "There is no account “nobody”"),
        ("owner", None, "cannot be read: No such file"),
        ("owner", b"", "The file is empty"),
        ("owner", b"name,owner\nA,b\n", "cannot be imported"),
    ],
)
def test_what_cannot_be_imported_is_said(
    owner_name: str, body: bytes | None, said: str, tmp_path: Path, owner: Account
) -> None:
    path = tmp_path / "a.csv"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(CommandError, match=said):
        run(path, "--owner", owner_name, "--model", "project")


def test_file_that_is_too_large_is_refused_on_the_command_line_too(table: Path, owner: Account) -> None:
    with (
        override_settings(IMPORT_MAX_BYTES=10),
        pytest.raises(CommandError, match=r"The file has .* MB; at most .* MB can be imported"),
    ):
        run(table, "--owner", "owner", "--model", "project")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_file_shows_a_bar(tmp_path: Path, owner: Account) -> None:
    path = tmp_path / "long.csv"
    path.write_text("name\n" + "".join(f"P{n}\n" for n in range(2_000)), encoding="utf-8")
    errors = _Terminal()
    run(path, "--owner", "owner", "--model", "project", "--dry-run", errors=errors)
    assert "] 500/2000" in errors.getvalue()
    assert f"[{'#' * 40}] 2000/2000" in errors.getvalue()
    log = io.StringIO()  # no terminal
    run(path, "--owner", "owner", "--model", "project", "--dry-run", errors=log)
    assert log.getvalue() == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("database is locked", "another process keeps the database busy"),
        ("database or disk is full", "the disk is full"),
    ],
)
def test_outage_while_importing_is_told_in_words(
    error: str, said: str, table: Path, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        cause = sqlite3.OperationalError(error)
        cause.sqlite_errorcode = sqlite3.SQLITE_BUSY if "locked" in error else sqlite3.SQLITE_FULL
        raise OperationalError(error) from cause

    monkeypatch.setattr(commands, "apply", fail)
    with pytest.raises(CommandError, match=f"Nothing was imported: {said}"):
        run(table, "--owner", "owner", "--model", "project")
    with owner_scope(owner):
        assert not Project.objects.exists()
