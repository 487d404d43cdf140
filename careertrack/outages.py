"""What a person sees when the server cannot work: a page that needs neither database nor account.

Handler of everything nobody caught (`handler500`). Where the cause is the database or the disk the answer is 503:
it passes by itself, and trying again is right. The next request takes a new connection, so nobody has to restart
anything.
"""

from __future__ import annotations

import errno
import sqlite3
import sys
from collections.abc import Iterator
from enum import Enum

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils import translation
from django.utils.translation import gettext as _

RETRY_AFTER = 30  # seconds
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_PG_NO_ROOM = {"53100"}
_PG_READ_ONLY = {"25006"}
_PG_GONE_CLASSES = ("08", "57P", "53", "58")


class Outage(Enum):
    """What is in the way."""

    DATABASE = "database"
    FULL = "full"
    READ_ONLY = "read-only"
    BUSY = "busy"


def outage_of(error: BaseException | None) -> Outage | None:
    """None: a mistake in the program, which does not pass by itself."""
    return next((outage for cause in _chain(error) if (outage := _outage(cause))), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _outage(error: BaseException) -> Outage | None:
    if isinstance(error, OSError):
        if error.errno in _NO_ROOM:
            return Outage.FULL
        return Outage.READ_ONLY if error.errno in _READ_ONLY else None
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if isinstance(error, DatabaseError | InterfaceError):
        # Django's error wraps the driver's, which says more.
        return None if error.__cause__ is not None else _of_message(error)
    return _of_postgresql(error)


def _of_sqlite(error: sqlite3.Error) -> Outage | None:
    code = getattr(error, "sqlite_errorcode", 0)
    # A write beyond a quota or the largest size of a file: SQLite calls only the third way of it full.
    if code == sqlite3.SQLITE_IOERR_WRITE:
        return Outage.FULL
    return {
        sqlite3.SQLITE_FULL: Outage.FULL,
        sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
        sqlite3.SQLITE_BUSY: Outage.BUSY,
        sqlite3.SQLITE_LOCKED: Outage.BUSY,
        sqlite3.SQLITE_CANTOPEN: Outage.DATABASE,
        sqlite3.SQLITE_CORRUPT: Outage.DATABASE,
        sqlite3.SQLITE_IOERR: Outage.DATABASE,
        sqlite3.SQLITE_NOTADB: Outage.DATABASE,
        sqlite3.SQLITE_PERM: Outage.DATABASE,
    }.get(code & 0xFF)


def _of_postgresql(error: BaseException) -> Outage | None:
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate
    if state is None:
        # No answer at all: not connected, connection lost, none free in the pool.
        return (
            Outage.DATABASE if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else None
        )
    if state in _PG_NO_ROOM:
        return Outage.FULL
    if state in _PG_READ_ONLY:
        return Outage.READ_ONLY
    if state == "3D000" or state.startswith(_PG_GONE_CLASSES):
        return Outage.DATABASE
    return Outage.BUSY if state in ("40P01", "40001", "55P03") else None


def _of_message(error: Exception) -> Outage | None:
    """Raised by Django itself: the connection is closed already."""
    return Outage.DATABASE if isinstance(error, InterfaceError) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database or the disk is in the way; under /api/ as application/problem+json."""
    outage = outage_of(sys.exc_info()[1])
    status = 500 if outage is None else 503
    # The language middleware may not have run yet.
    with translation.override(translation.get_language_from_request(request)):
        title, detail = _words(outage)
        if request.path_info.startswith("/api/"):
            problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
            response: HttpResponse = JsonResponse(
                problem, status=status, content_type="application/problem+json"
            )
        else:
            context = {
                "title": title,
                "detail": detail,
                "language": translation.get_language(),
                "outage": outage,
            }
            response = HttpResponse(loader.render_to_string("failure.html", context), status=status)
    if outage is not None:
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def _words(outage: Outage | None) -> tuple[str, str]:
    if outage is None:
        return _("Something went wrong"), _(
            "Nothing was saved. The operator finds the reason in the server's log."
        )
    details = {
        Outage.DATABASE: _(
            "The database does not answer, and nothing of this request was saved. Reload this page in a minute: that "
            "sends what you typed once more."
        ),
        Outage.FULL: _(
            "The disk of the server is full, and nothing of this request was saved. The operator has to make room; "
            "reloading this page sends what you typed once more."
        ),
        Outage.READ_ONLY: _(
            "The server can only read at the moment, and nothing of this request was saved. The operator has to allow "
            "writing again; reloading this page sends what you typed once more."
        ),
        Outage.BUSY: _(
            "Too much is being saved at once, and nothing of this request was saved. Reload this page: that sends what "
            "you typed once more."
        ),
    }
    return _("CareerTrack cannot work right now"), details[outage]
