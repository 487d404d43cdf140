"""How often something may be tried: a count in the database, exact across threads, processes and machines.

A cache in memory counts for each server process by itself, and a limit of 10 became one of 20 with two of them.
Here a try is written down, and committed, before it is made; whoever comes too late is refused. Where the database
cannot be asked, nothing is tried. docs/decisions/0017-signing-in.md has the measurements.

What is counted is stored as a digest: the table tells neither names nor addresses.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import OperationalError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

# Rows without a recent try are deleted a day later, a hundred at a time.
_KEPT_SECONDS = 86_400
_DELETED_AT_ONCE = 100


@dataclass(frozen=True)
class Limit:
    """At most `number` tries within any `seconds` seconds. `name` tells what is tried."""

    name: str
    number: int
    seconds: int


@dataclass(frozen=True)
class Try:
    """A try that was written down; `give_back` takes it out again."""

    key: str
    moment: float


class TooManyTries(Exception):  # noqa: N818
    """`wait`: whole seconds until the next try is allowed, at least 1."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Wait {wait} s.")
        self.wait = wait


class Attempts(models.Model):
    """The recent tries of one thing: seconds since 1970, the oldest first."""

    key = models.CharField(max_length=64, unique=True)
    moments = models.JSONField(default=list)
    latest = models.FloatField(default=0, db_index=True)

    class Meta:
        verbose_name = _("attempts")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return self.key[:8]


def take(limit: Limit, *what: object) -> Try:
    """Writes a try of `what` down, or raises `TooManyTries`. Outside of a transaction it is committed on return.

    One query when the limit is reached, five statements otherwise. What comes at the same moment waits for the
    lock of the row (PostgreSQL) or of the database (SQLite).
    """
    key = hashlib.sha256(
        "\0".join([limit.name, *map(str, what)]).encode("utf-8", "surrogatepass")
    ).hexdigest()
    stored = Attempts.objects.filter(key=key).first()
    if stored is not None:
        _recent(stored, limit, now=time.time())  # refusing needs no lock
    while True:
        with transaction.atomic():
            Attempts.objects.bulk_create([Attempts(key=key)], ignore_conflicts=True)
            row = Attempts.objects.select_for_update().filter(key=key).first()
            if row is not None:
                now = time.time()
                row.moments = [*_recent(row, limit, now=now), now]
                row.latest = now
                row.save(update_fields=["moments", "latest"])
                break
        # Deleted as forgotten between the two statements: it is new again.
    if stored is None:
        _forget(before=now - _KEPT_SECONDS)
    return Try(key=key, moment=now)


def give_back(tried: Try) -> None:
    """The try did not count, as it succeeded."""
    with transaction.atomic():
        row = Attempts.objects.select_for_update().filter(key=tried.key).first()
        if row is not None:
            row.moments = [moment for moment in row.moments if moment != tried.moment]
            row.save(update_fields=["moments"])


def _recent(row: Attempts, limit: Limit, *, now: float) -> list[float]:
    """The tries that still count. Raises `TooManyTries` if there is no room for another one."""
    recent: list[float] = [moment for moment in row.moments if now - limit.seconds < moment]
    if len(recent) >= limit.number:
        free = recent[-limit.number] + limit.seconds
        raise TooManyTries(max(1, math.ceil(free - now)))
    return recent


def _forget(*, before: float) -> None:
    stale = Attempts.objects.filter(latest__lt=before).order_by("id").values("id")[:_DELETED_AT_ONCE]
    with suppress(OperationalError):  # somebody else is at it
        Attempts.objects.filter(id__in=list(stale.values_list("id", flat=True)), latest__lt=before).delete()


def address_of(request: HttpRequest) -> str:
    """Whom a limit by address counts: the client's IPv4 address, or its IPv6 network of 64 bits.

    Anybody can write `X-Forwarded-For`. Only behind a proxy it is read, and of it only the last entry, which the
    proxy added itself.
    """
    text = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        text = str(forwarded).rpartition(",")[2].strip()
    return _counted(text)


@lru_cache(maxsize=1024)
def _counted(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return str(address)


class TooManyTriesMiddleware:
    """Answers `TooManyTries` with a page that says how long to wait: 429, with `Retry-After`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyTries):
            return None
        context: dict[str, Any] = {"minutes": math.ceil(exception.wait / 60), "back": request.path}
        response = render(request, "429.html", context, status=429)
        response["Retry-After"] = str(exception.wait)
        return response
