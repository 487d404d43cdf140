from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from careertrack import health

PATHS = ["/healthz", "/readyz"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.django_db
def test_a_monitor_needs_no_account_no_https_and_no_host_name(path: str, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["career.example.org"]
    answer = Client().get(path, headers={"Host": "10.0.0.5:8000"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in answer
    assert not answer.cookies


def test_alive_asks_the_database_nothing(client: Client) -> None:
    """Without the database mark, a query fails this test."""
    assert client.get("/healthz").content == b"alive\n"


@pytest.mark.django_db
def test_ready_asks_two_questions(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    health.missing_migrations()
    # Whether there is a table of migrations, and what stands in it.
    with django_assert_num_queries(2):
        assert client.get("/readyz").content == b"ready\n"


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_not_ready(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("goals", "0001_initial")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert b"make setup" in answer.content
    assert health.missing_migrations() == [("goals", "0001_initial")]


def test_a_database_that_is_gone_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("zqsecret")

    monkeypatch.setattr(health, "missing_migrations", gone)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert b"zqsecret" not in answer.content


@pytest.mark.parametrize("path", PATHS)
def test_nothing_can_be_posted_there(path: str, client: Client) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/healthz/", "/readyz/x", "/readyz?x=1/../admin"])
@pytest.mark.django_db
def test_only_these_two_addresses_are_open(path: str, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["career.example.org"]
    expected = 200 if "?" in path else 400
    assert Client().get(path, headers={"Host": "10.0.0.5"}).status_code == expected
