"""Each thing that can be wrong with a deployment is found, and a good one is told so."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from careertrack import doctor
from careertrack.catalogs import compile_catalog
from careertrack.doctor import Finding, State, examine

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.fixture
def deployment(tmp_path: Path, settings: Settings, db: None) -> Path:
    """As docs/operating.md says it should be. Its folder can be reached by everybody, so that modes matter."""
    source = settings.BASE_DIR
    settings.DEBUG = False
    settings.HTTPS = settings.BEHIND_PROXY = True
    settings.ALLOWED_HOSTS = ["career.example.org"]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    settings.BASE_DIR = tmp_path
    settings.DATA_DIR = tmp_path / "var"
    settings.STATIC_ROOT = settings.DATA_DIR / "static"
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    settings.STATIC_ROOT.mkdir(parents=True)
    (tmp_path / ".env").write_text("SECRET_KEY=…", encoding="utf-8")
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / "careertrack/static/careertrack").mkdir(parents=True)
    for folder in ("careertrack/static", "var/static"):
        (tmp_path / folder / "site.css").write_text("", encoding="utf-8")
    (settings.STATIC_ROOT / "staticfiles.json").write_text(
        '{"paths": {"site.css": "site.css"}}', encoding="utf-8"
    )
    catalog = tmp_path / "locale/ko/LC_MESSAGES/django.po"
    catalog.parent.mkdir(parents=True)
    shutil.copy(source / "careertrack/locale/ko/LC_MESSAGES/django.po", catalog)
    compile_catalog(catalog)
    _remember(settings, NOW - dt.timedelta(hours=12))
    return tmp_path


def _remember(settings: Settings, when: dt.datetime) -> None:
    memory = settings.DATA_DIR / "last-backup.json"
    memory.write_text(json.dumps({"made_at": when.isoformat()}), encoding="utf-8")


def _wrong() -> list[Finding]:
    return [finding for finding in examine(as_of=NOW) if finding.state is State.WRONG]


@pytest.mark.usefixtures("deployment")
def test_a_good_deployment_has_nothing_wrong() -> None:
    assert list(examine(as_of=NOW)) != []
    assert [finding for finding in examine(as_of=NOW) if finding.state is not State.FINE] == []


def _set(name: str, value: Any) -> Callable[[Path, Settings], None]:  # noqa: ANN401
    return lambda _folder, settings: setattr(settings, name, value)


def _loses_the_manifest(folder: Path, _settings: Settings) -> None:
    (folder / "var/static/staticfiles.json").unlink()


def _has_an_old_static_file(folder: Path, _settings: Settings) -> None:
    (folder / "var/static/site.css").unlink()


def _has_no_catalog(folder: Path, _settings: Settings) -> None:
    (folder / "locale/ko/LC_MESSAGES/django.mo").unlink()


def _has_an_old_backup(_folder: Path, settings: Settings) -> None:
    _remember(settings, NOW - dt.timedelta(days=8))


def _never_backed_up(folder: Path, _settings: Settings) -> None:
    (folder / "var/last-backup.json").unlink()


def _has_no_folder(_folder: Path, settings: Settings) -> None:
    settings.DATA_DIR = settings.DATA_DIR / "nowhere"


def _lost_a_migration(_folder: Path, _settings: Settings) -> None:
    MigrationRecorder(connection).record_unapplied("goals", "0001_initial")


def _lost_a_rule(_folder: Path, _settings: Settings) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA writable_schema = 1")
            cursor.execute(
                "UPDATE sqlite_master SET sql = replace(sql, 'records_document_one_per_year', 'gone') "
                "WHERE name = 'records_document'"
            )
            cursor.execute("PRAGMA writable_schema = 0")
        else:
            cursor.execute("ALTER TABLE records_document DROP CONSTRAINT records_document_one_per_year")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(_set("DEBUG", True), "DEBUG is on", id="debug"),
        pytest.param(_set("ALLOWED_HOSTS", ["localhost"]), "ALLOWED_HOSTS", id="hosts"),
        pytest.param(_set("HTTPS", False), "HTTPS is off although others", id="no HTTPS"),
        pytest.param(
            _set("CSRF_TRUSTED_ORIGINS", ["http://a.example"]), "http://a.example", id="plain origin"
        ),
        pytest.param(
            _set("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"), "into the log", id="mail"
        ),
        pytest.param(_set("SECURE_HSTS_SECONDS", 0), "security.W004", id="Django's checks"),
        pytest.param(_loses_the_manifest, "not collected", id="no static files"),
        pytest.param(_has_an_old_static_file, "site.css", id="old static file"),
        pytest.param(_has_no_catalog, "catalog", id="no catalog"),
        pytest.param(_has_an_old_backup, "8 days old", id="old backup"),
        pytest.param(_never_backed_up, "No backup", id="no backup"),
        pytest.param(_has_no_folder, "nowhere", id="no folder"),
        pytest.param(_lost_a_migration, "goals.0001_initial", id="migration"),
        pytest.param(_lost_a_rule, "records_document_one_per_year", id="constraint"),
    ],
)
def test_what_is_wrong_is_told_with_a_remedy(
    spoil: Callable[[Path, Settings], None], told: str, deployment: Path, settings: Settings
) -> None:
    spoil(deployment, settings)
    findings = _wrong()
    assert any(told in finding.told for finding in findings), findings
    assert all(finding.remedy for finding in findings)


def test_a_file_others_can_read_is_wrong(deployment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_reachable", lambda _path: True)  # the folders of the tests are closed
    (deployment / ".env").chmod(0o644)
    assert [".env" in finding.told for finding in _wrong()] == [True]
    (deployment / ".env").chmod(0o600)
    assert _wrong() == []


def test_a_closed_folder_protects_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "closed" / "file"
    path.parent.mkdir()
    path.write_text("", encoding="utf-8")
    path.chmod(0o644)
    path.parent.chmod(stat.S_IRWXU)
    assert not doctor._reachable(path)
    assert not doctor._open_to_others(path)


@pytest.mark.usefixtures("deployment")
def test_a_full_disk_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: usage._replace(free=10 * 1024 * 1024))
    assert [finding.told.startswith("Only 10 MB") for finding in _wrong()] == [True]


@pytest.mark.usefixtures("deployment")
def test_a_database_that_is_gone_is_wrong_and_the_rest_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError

    monkeypatch.setattr(doctor, "missing_migrations", gone)
    (finding,) = _wrong()
    assert "does not answer" in finding.told
    assert any("catalog" in finding.told for finding in examine(as_of=NOW))


@pytest.mark.usefixtures("deployment")
def test_no_proxy_is_for_a_person_to_decide(settings: Settings) -> None:
    settings.BEHIND_PROXY = False
    doubtful = [finding for finding in examine(as_of=NOW) if finding.state is State.DOUBTFUL]
    assert [finding.told.startswith("BEHIND_PROXY") for finding in doubtful] == [True]


@pytest.mark.usefixtures("deployment")
def test_a_mail_server_is_asked(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    (finding,) = _wrong()
    assert "127.0.0.1:1" in finding.told
    assert "ConnectionRefusedError" in finding.told


def _told(**options: Any) -> tuple[str, str, int]:  # noqa: ANN401
    out, error, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("doctor", stdout=out, stderr=error, **options)
    except SystemExit as end:
        code = int(str(end.code))
    return out.getvalue(), error.getvalue(), code


def test_command_ends_with_1_and_tells_what_to_do(deployment: Path, settings: Settings) -> None:
    settings.DEBUG = True
    _remember(settings, dt.datetime.now(dt.UTC))
    out, error, code = _told(language="en")
    assert code == 1
    assert "WRONG: DEBUG is on" in out
    assert "    → Set DEBUG=false" in out
    assert error == "2 things are wrong.\n"  # Django's checks say it as well


@pytest.mark.parametrize(
    ("variables", "said"),
    [({"LANG": "ko_KR.UTF-8"}, "정상"), ({"LC_ALL": "en_US", "LANG": "ko_KR"}, "fine"), ({}, "fine")],
    ids=["Korean", "LC_ALL wins", "none"],
)
@pytest.mark.usefixtures("deployment")
def test_command_speaks_the_terminals_language(
    variables: dict[str, str], said: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _remember(settings, dt.datetime.now(dt.UTC))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out, _error, code = _told()
    assert code == 0
    assert out.startswith(f"{said}: ")
