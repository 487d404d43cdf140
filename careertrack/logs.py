"""What the server writes down: one line of JSON for each event, and in it nothing that a person wrote.

Libraries put what they were given into their messages: addresses, headers, whole rows ("Key (slug)=(…) already
exists"). So a message of somebody else's is kept only as the text that stands in the code, numbers filled in, and
an exception only as its type, its place and what names a table or constraint. docs/decisions/0012-logs.md.

gunicorn.conf.py reads this module before Django is there: it imports no settings.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject

ROOT = Path(__file__).resolve().parent.parent
# What a proxy may hand in as the id of a request: nothing that could hold a sentence or a line break.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET_ROUTES = frozenset({"healthz", "readyz", "static"})
WITHHELD = "…"
LONGEST_STACK, LONGEST_CHAIN = 40, 4

# `json.dumps` would make an encoder for every line.
_written = json.JSONEncoder(ensure_ascii=False).encode
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_log = logging.getLogger("careertrack.requests")


class JsonLines(logging.Formatter):
    """Keys, as far as they are known: at (UTC), level, logger, event, from, request, what our own events add, error."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _message(record),
            "from": f"{_place(record.pathname)}:{record.lineno}",
            "request": _request_id.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            event["error"] = told(record.exc_info[1])
        return _written({key: value for key, value in event.items() if value is not None})


def _message(record: logging.LogRecord) -> str:
    """The text as it stands in the code. One without arguments may have been put together before: it is withheld."""
    is_ours = record.name.split(".")[0] in ("careertrack", "goals", "metrics", "projects", "records")
    # How the server starts and stops; nothing of a request is written at this level.
    is_lifecycle = record.name == "gunicorn.error" and record.levelno <= logging.INFO
    if is_lifecycle:
        return record.getMessage()
    if not record.args:
        return str(record.msg) if is_ours else WITHHELD
    try:
        given = record.args if isinstance(record.args, tuple) else (record.args,)
        return str(record.msg) % tuple(_harmless(value) for value in given)
    except (TypeError, ValueError):
        return str(record.msg)


def _harmless(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else WITHHELD


def told(error: BaseException | None, depth: int = 1) -> dict[str, Any]:
    """Type, place and cause of an exception, without its message and without variables.

    The settings' own complaints are kept: they name variables, and values only of those that are no secret.
    """
    if error is None:
        return {}
    facts: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, ImproperlyConfigured):
        facts["message"] = str(error)
    facts |= _database_facts(error)
    frames = traceback.extract_tb(error.__traceback__)[-LONGEST_STACK:]
    facts["stack"] = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < LONGEST_CHAIN:
        facts["cause"] = told(cause, depth + 1)
    return facts


def _database_facts(error: BaseException) -> dict[str, Any]:
    """Codes and names from the schema. The message and the details beside them hold the row itself."""
    diagnosis = getattr(error, "diag", None)
    facts = {
        "code": getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None),
        "table": getattr(diagnosis, "table_name", None),
        "column": getattr(diagnosis, "column_name", None),
        "constraint": getattr(diagnosis, "constraint_name", None),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _place(path: str) -> str:
    """`goals/views.py`, `django/db/models/query.py`: without the folders of this machine."""
    _head, found, tail = path.rpartition("site-packages/")
    if found:
        return tail
    return path.removeprefix(f"{ROOT}/") if path.startswith(f"{ROOT}/") else Path(path).name


def logging_of(level: str) -> dict[str, Any]:
    """Settings of the logging module: everything as JSON lines to the error stream."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "careertrack.logs.JsonLines"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "careertrack": {"level": level},
            # No mail to administrators, no second console: what a library says, it says to the one above.
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            # 404 and the like stand in the line of the request already.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "gunicorn.error": {"handlers": ["console"], "level": level, "propagate": False},
            # Would write addresses, with what was searched for in them; RequestLog writes names of routes.
            "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


class RequestLog:
    """One event for each request: method, route, status, duration, id of the account. And the id of the request.

    The id comes back in `X-Request-ID` and stands in every line that is written meanwhile. A proxy may hand one in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        number = _handed_in(request) or secrets.token_hex(8)
        mark = _request_id.set(number)
        try:
            response = self.get_response(request)
            route = _route(request)
            facts = {
                "method": request.method if request.method in METHODS else "other",
                "route": route,
                "status": response.status_code,
                "ms": round((time.perf_counter() - begun) * 1000, 1),
                "account": _account(request),
            }
            level = logging.DEBUG if route in QUIET_ROUTES else logging.INFO
            _write(logging.WARNING if response.status_code >= 500 else level, facts)
        finally:
            _request_id.reset(mark)
        response["X-Request-ID"] = number
        return response


def _write(level: int, facts: dict[str, Any]) -> None:
    """As `_log.log` would, which looks through the stack for a place that is always this one."""
    if _log.isEnabledFor(level):
        line = _write.__code__.co_firstlineno
        _log.handle(
            _log.makeRecord(_log.name, level, __file__, line, "request", (), None, extra={"facts": facts})
        )


def _handed_in(request: HttpRequest) -> str | None:
    if not settings.BEHIND_PROXY:
        return None
    number = request.headers.get("X-Request-ID", "")
    return number if REQUEST_ID.fullmatch(number) else None


def _route(request: HttpRequest) -> str | None:
    """The name in the URL map; None where the address leads nowhere or was not looked at."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else None


def _account(request: HttpRequest) -> int | None:
    """Of whoever is known by now: asking would cost a query, and fail while the database is gone."""
    user: Any = getattr(request, "user", None)
    if isinstance(user, LazyObject):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)
