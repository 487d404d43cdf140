from __future__ import annotations

import os
import runpy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.environment import ROOT, settings_variables

VALID = {"SECRET_KEY": os.environ["SECRET_KEY"], "DATABASE_URL": "sqlite://:memory:"}


def _settings(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> dict[str, Any]:
    """The settings as a server would start with these variables and no others."""
    for name in settings_variables():
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "careertrack" / "settings.py"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("SECRET_KEY", None, id="no SECRET_KEY"),
        pytest.param("SECRET_KEY", "short", id="short SECRET_KEY"),
        pytest.param("SECRET_KEY", "a" * 60, id="SECRET_KEY of one letter"),
        pytest.param("DEBUG", "maybe", id="DEBUG=maybe"),
        pytest.param("HTTPS", "yes", id="HTTPS=yes"),
        pytest.param("BEHIND_PROXY", "1", id="BEHIND_PROXY=1"),
        pytest.param("DATABASE_URL", "mysql://root@127.0.0.1/careertrack", id="DATABASE_URL=mysql"),
        pytest.param("DATABASE_URL", "careertrack.sqlite3", id="DATABASE_URL without scheme"),
        pytest.param("ALLOWED_HOSTS", "*", id="ALLOWED_HOSTS=*"),
        pytest.param("ALLOWED_HOSTS", "", id="ALLOWED_HOSTS empty"),
        pytest.param("CSRF_TRUSTED_ORIGINS", "career.example.org", id="CSRF_TRUSTED_ORIGINS without scheme"),
        pytest.param("ALLOWED_HOSTS", "http://career.example.org", id="ALLOWED_HOSTS with a scheme"),
        pytest.param("ALLOWED_HOSTS", "career example", id="ALLOWED_HOSTS with a space"),
        pytest.param("CSRF_TRUSTED_ORIGINS", "://career", id="CSRF_TRUSTED_ORIGINS without protocol"),
        pytest.param("DATABASE_POOL_SIZE", "0", id="DATABASE_POOL_SIZE=0 on SQLite"),
        pytest.param("EMAIL_URL", "pigeon://roof", id="EMAIL_URL=pigeon"),
        pytest.param("EMAIL_URL", "smtp://user:password@host:port", id="EMAIL_URL with a port in words"),
        pytest.param("TIME_ZONE", "Asia/Soul", id="TIME_ZONE=Asia/Soul"),
    ],
)
def test_settings_refuse_to_start_and_name_the_variable(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {key: text for key, text in {**VALID, name: value}.items() if text is not None}
    with pytest.raises(ImproperlyConfigured, match=name):
        _settings(monkeypatch, variables)


@pytest.mark.parametrize("size", ["0", "-1", "many", "٣", "1.5"])
def test_settings_refuse_a_pool_that_holds_nothing(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {**VALID, "DATABASE_URL": "postgres://user@127.0.0.1/name", "DATABASE_POOL_SIZE": size}
    with pytest.raises(ImproperlyConfigured, match="DATABASE_POOL_SIZE"):
        _settings(monkeypatch, variables)


def test_settings_are_strict_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, VALID)
    assert settings["DEBUG"] is False
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert "SECURE_PROXY_SSL_HEADER" not in settings
    assert "'unsafe-inline'" not in str(settings["CONTENT_SECURITY_POLICY"])
    assert set(settings["ALLOWED_HOSTS"]) == {"127.0.0.1", "localhost", "[::1]"}


def test_settings_use_a_pool_on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {**VALID, "DATABASE_URL": "postgres://user:p%40ss@127.0.0.1:5432/name"}
    database = _settings(monkeypatch, variables)["DATABASES"]["default"]
    assert database["PASSWORD"] == "p@ss"
    assert database["OPTIONS"]["pool"]["max_size"] == 8
    assert database["CONN_MAX_AGE"] == 0
