from __future__ import annotations

import os
import runpy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

from records.models import Account
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
        pytest.param("API_REQUESTS_PER_MINUTE", "0", id="API_REQUESTS_PER_MINUTE=0"),
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


@pytest.mark.django_db
def test_cookies_in_production_are_bound_to_the_host(monkeypatch: pytest.MonkeyPatch, owner: Account) -> None:
    """Browsers take a `__Host-` cookie only with Secure, Path=/ and no Domain: no other host can plant one."""
    strict = _settings(monkeypatch, VALID)
    names = [name for name in strict if name.endswith("_COOKIE_NAME") or "_COOKIE_SECURE" in name]
    with override_settings(**{name: strict[name] for name in names}):
        client = Client(enforce_csrf_checks=True)
        client.get("/accounts/login/", secure=True)
        data = {
            "login": "owner",
            "password": "owner's password",
            "csrfmiddlewaretoken": client.cookies["__Host-csrf"].value,
        }
        headers = {"Referer": "https://testserver/"}
        assert client.post("/accounts/login/", data, headers=headers, secure=True).status_code == 302
    set_by_us = {name: cookie for name, cookie in client.cookies.items() if name != "messages"}
    assert set(set_by_us) == {"__Host-session", "__Host-csrf", "__Host-device"}
    for cookie in client.cookies.values():
        assert cookie["secure"] is True
        assert cookie["httponly"] is True
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")


@pytest.mark.parametrize(("behind", "read"), [("true", True), ("false", False)])
def test_headers_of_a_proxy_are_read_only_behind_one(
    behind: str, read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(monkeypatch, {**VALID, "BEHIND_PROXY": behind})
    assert settings["BEHIND_PROXY"] is read
    assert ("SECURE_PROXY_SSL_HEADER" in settings) is read
