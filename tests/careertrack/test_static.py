"""What pages load beside themselves is there once the static files are collected, by hashed names only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client, override_settings
from pytest_django import Settings

PAGES = ["/", "/api/v1/docs/", "/admin/goals/goal/", "/admin/goals/goal/add/", "/import/", "/accounts/2fa/"]


@pytest.fixture
def collected(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """As `make setup` collects them; the tests of pages take them from their sources."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", verbosity=0, interactive=False)
        yield tmp_path


def test_pages_ask_for_files_that_were_collected(collected: Path, owner_client: Client) -> None:
    assert type(storages["staticfiles"]).__name__ == "CompressedManifestStaticFilesStorage"
    asked: set[str] = set()
    for path in PAGES:
        answer = owner_client.get(path)
        assert answer.status_code == 200, path
        asked |= set(re.findall(r'(?:src|href)="/static/([^"?#]+)', answer.content.decode()))
    assert len(asked) > 20
    assert sorted(name for name in asked if not (collected / name).is_file()) == []


def test_styles_ask_for_files_that_were_collected(collected: Path) -> None:
    asked = {
        (style.parent / name).resolve()
        for style in collected.rglob("*.css")
        for name in re.findall(r"url\(\s*['\"]?(?!data:|#|https?:)([^'\")?#]+)", style.read_text("utf-8"))
    }
    assert len(asked) > 10
    assert sorted(str(path) for path in asked if not path.is_file()) == []


def test_only_hashed_names_are_kept(collected: Path) -> None:
    kept = [path for path in collected.rglob("*") if path.is_file() and path.name != "staticfiles.json"]
    assert [path.name for path in kept if not re.search(r"\.[0-9a-f]{12}(\.\w+){0,2}$", path.name)] == []
