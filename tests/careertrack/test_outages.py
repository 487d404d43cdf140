"""A database that is gone, a disk that is full: what people see, and that it passes by itself."""

from __future__ import annotations

import errno
import sqlite3

import psycopg
import psycopg_pool
import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from careertrack import urls
from careertrack.outages import Outage, outage_of
from records.models import Account, Document
from records.ownership import owner_scope


def _sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("zqsecret")
    error.sqlite_errorcode = code
    return error


def _by_django(driver_error: Exception, wrapper: type[Exception] = OperationalError) -> Exception:
    error = wrapper("zqsecret")
    error.__cause__ = driver_error
    return error


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        pytest.param(_by_django(_sqlite(sqlite3.SQLITE_FULL)), Outage.FULL, id="SQLite full"),
        pytest.param(_by_django(_sqlite(sqlite3.SQLITE_READONLY)), Outage.READ_ONLY, id="SQLite read-only"),
        pytest.param(
            _by_django(_sqlite(sqlite3.SQLITE_READONLY | 4 << 8)), Outage.READ_ONLY, id="moved database file"
        ),
        pytest.param(_by_django(_sqlite(sqlite3.SQLITE_BUSY)), Outage.BUSY, id="SQLite locked"),
        pytest.param(_by_django(_sqlite(sqlite3.SQLITE_CANTOPEN)), Outage.DATABASE, id="SQLite cannot open"),
        pytest.param(_by_django(_sqlite(sqlite3.SQLITE_ERROR)), None, id="SQLite no such table"),
        pytest.param(_by_django(sqlite3.IntegrityError(), IntegrityError), None, id="SQLite constraint"),
        pytest.param(_by_django(psycopg.OperationalError()), Outage.DATABASE, id="PostgreSQL unreachable"),
        pytest.param(_by_django(psycopg_pool.PoolTimeout()), Outage.DATABASE, id="pool timeout"),
        pytest.param(
            _by_django(psycopg.errors.AdminShutdown()), Outage.DATABASE, id="PostgreSQL shutting down"
        ),
        pytest.param(
            _by_django(psycopg.errors.CannotConnectNow()), Outage.DATABASE, id="PostgreSQL starting"
        ),
        pytest.param(_by_django(psycopg.errors.InvalidCatalogName()), Outage.DATABASE, id="no such database"),
        pytest.param(_by_django(psycopg.errors.DiskFull()), Outage.FULL, id="PostgreSQL full"),
        pytest.param(
            _by_django(psycopg.errors.ReadOnlySqlTransaction(), DatabaseError),
            Outage.READ_ONLY,
            id="PostgreSQL read-only",
        ),
        pytest.param(_by_django(psycopg.errors.DeadlockDetected()), Outage.BUSY, id="PostgreSQL deadlock"),
        pytest.param(_by_django(psycopg.errors.UniqueViolation(), IntegrityError), None, id="constraint"),
        pytest.param(_by_django(psycopg.errors.UndefinedTable(), DatabaseError), None, id="no such table"),
        pytest.param(InterfaceError("connection already closed"), Outage.DATABASE, id="closed connection"),
        pytest.param(OSError(errno.ENOSPC, "zqsecret"), Outage.FULL, id="file on a full disk"),
        pytest.param(OSError(errno.EROFS, "zqsecret"), Outage.READ_ONLY, id="file on a read-only disk"),
        pytest.param(FileNotFoundError(errno.ENOENT, "zqsecret"), None, id="missing file"),
        pytest.param(KeyError("zqsecret"), None, id="mistake in the program"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_outages_are_told_from_mistakes(error: Exception | None, outage: Outage | None) -> None:
    assert outage_of(error) is outage


def test_an_outage_behind_another_error_is_found() -> None:
    error = KeyError("while the other one was handled")
    error.__context__ = _by_django(_sqlite(sqlite3.SQLITE_FULL))
    assert outage_of(error) is Outage.FULL


def loses_the_database(request: HttpRequest) -> HttpResponse:
    raise _by_django(psycopg_pool.PoolTimeout("zqsecret"))


def has_a_mistake(request: HttpRequest) -> HttpResponse:
    raise KeyError("zqsecret")


urlpatterns = [
    path("lost/", loses_the_database),
    path("api/v1/lost/", loses_the_database),
    path("mistake/", has_a_mistake),
    path("api/v1/mistake/", has_a_mistake),
    *urls.urlpatterns,
]
handler500 = urls.handler500


@pytest.fixture
def reader(owner_client: Client) -> Client:
    owner_client.raise_request_exception = False
    return owner_client


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(("language", "says"), [("en", "does not answer"), ("ko", "데이터베이스")])
def test_page_of_an_outage_speaks_the_readers_language(language: str, says: str, reader: Client) -> None:
    answer = reader.get("/lost/", headers={"Accept-Language": language})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert f'<html lang="{language}">' in text
    assert says in text
    assert "zqsecret" not in text


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(("path", "status"), [("/api/v1/lost/", 503), ("/api/v1/mistake/", 500)])
def test_api_answers_a_problem(path: str, status: int, reader: Client) -> None:
    answer = reader.get(path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert "zqsecret" not in answer.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_a_mistake_is_still_500(reader: Client) -> None:
    answer = reader.get("/mistake/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer
    assert "zqsecret" not in answer.content.decode()


only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="switches of SQLite")
only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="switches of PostgreSQL")


DOCUMENT = {"year": "2024", "title": "Long", "language": "en", "body": "x" * 19_000}


def _titles(owner: Account) -> list[str]:
    with owner_scope(owner):
        return list(Document.objects.values_list("title", flat=True))


@only_sqlite
@pytest.mark.parametrize(
    ("stop", "go", "says"),
    [
        pytest.param("PRAGMA query_only = 1", "PRAGMA query_only = 0", "can only read", id="read-only"),
        pytest.param(
            "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823", "disk of the server", id="full"
        ),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_saving_while_sqlite_cannot_write(
    stop: str, go: str, says: str, owner: Account, reader: Client
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that are free already would do
        cursor.execute(stop)
        try:
            answer = reader.post("/admin/records/document/add/", DOCUMENT)
        finally:
            cursor.execute(go)
    assert answer.status_code == 503
    assert says in answer.content.decode()
    assert _titles(owner) == []
    assert reader.post("/admin/records/document/add/", DOCUMENT).status_code == 302
    assert _titles(owner) == ["Long"]


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_saving_while_postgresql_only_reads(owner: Account, reader: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            answer = reader.post("/admin/records/document/add/", DOCUMENT)
        finally:
            cursor.execute("SET default_transaction_read_only = off")
    assert answer.status_code == 503
    assert "can only read" in answer.content.decode()
    assert _titles(owner) == []
    assert reader.post("/admin/records/document/add/", DOCUMENT).status_code == 302
    assert _titles(owner) == ["Long"]
