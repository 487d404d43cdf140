"""Whether this server lives and whether it can work: for monitors and load balancers, without signing in.

`/healthz`: the process answers; it asks the database nothing, so that a database that is gone gets no process
restarted. `/readyz`: the database answers and has every migration; one query, 503 otherwise. Both answer under any
host name and over plain HTTP, because a monitor calls 10.0.0.5:8000, and tell nothing but the one word.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve
from django.views.decorators.http import require_safe

PATHS = ("/healthz", "/readyz")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    try:
        missing = missing_migrations()
    except Error:
        return _not_ready("The database does not answer.\n")
    if missing:
        return _not_ready("Migrations are missing: run make setup.\n")
    return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")


def missing_migrations() -> list[tuple[str, str]]:
    """App and name of what this version brings and the database has not seen, in order; two queries."""
    return sorted(_brought().difference(MigrationRecorder(connection).applied_migrations()))


@cache
def _brought() -> frozenset[tuple[str, str]]:
    # Reading the files takes tens of milliseconds, and they do not change while the process lives.
    return frozenset(MigrationLoader(None).disk_migrations)


def _not_ready(reason: str) -> HttpResponse:
    return HttpResponse(
        reason, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "10"}
    )


class Probes:
    """Answers these two before anything asks for the host, the session or the account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PATHS:
            return self.get_response(request)
        request.resolver_match = resolve(request.path_info)
        answer: HttpResponseBase = request.resolver_match.func(request)
        return answer
