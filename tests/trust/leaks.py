"""What somebody who is not the owner could learn or change, request by request.

Each finder answers with sentences; an empty list is an account that keeps to itself. They overlook nothing a reader
gets: headers, cookies, messages, bodies unpacked and decoded, mails, and the server's log.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import gzip
import io
import itertools
import json
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.messages import get_messages
from django.core import mail
from django.test import Client

from records.models import Account, Owned
from records.tokens import ASKED
from tests.trust.estate import MARKER, Keys
from tests.trust.sweep import Ask, Route, asks_of

READING = ("get", "head", "options")
ALL_METHODS = (*READING, "post", "put", "patch", "delete")
# They differ from one request to the next and tell nothing.
_OF_THE_MOMENT = ("Content-Length", "Expires", "X-Request-ID")

Knock = Callable[[], Client]


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @classmethod
    def to(cls, ask: Ask, client: Client) -> Answer:
        """Status, and everything a reader gets or an operator reads. Without what was sent."""
        sent = len(getattr(mail, "outbox", []))
        with _listening() as log:
            response = _send(ask, client)
            body = response.getvalue() if response.streaming else response.content
        told = [str(message) for message in get_messages(response.wsgi_request)]
        headers = [f"{name}: {value}" for name, value in response.items() if name not in _OF_THE_MOMENT]
        cookies = [
            f"{name}={cookie.value}"
            for name, cookie in response.cookies.items()
            if not re.search("csrf|session|messages", name)
        ]
        mails = [str(each.message()) for each in getattr(mail, "outbox", [])[sent:]]
        text = "\n".join([*headers, *cookies, *told, *decoded(body), *mails, *log])
        return cls(response.status_code, text.replace(ask.path, "ADDRESS"))

    def without(self, keys: Keys) -> str:
        text = re.sub(r"(csrfmiddlewaretoken\\?\" value=\\?\")\w+", r"\1", self.text)
        text = re.sub(r"ADDRESS[0-9a-f]{32}/", "ADDRESS", text)  # of a file just sent; see test_exchange.py
        text = re.sub(r"(next=ADDRESS)\S*", r"\1", text)  # repeats what was asked
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "NOW", text)  # when a spreadsheet was made
        for key in keys.all:
            text = text.replace(key, "KEY")
        return text


def signed_in(account: Account | None) -> Knock:
    """A client that is signed in again whenever a page signed it out, and has read its messages."""
    client = Client(raise_request_exception=False)

    def knock() -> Client:
        client.cookies.pop("messages", None)
        if account is not None and not (client.cookies.get("session") and client.cookies["session"].value):
            client.force_login(account)
        return client

    return knock


def _send(ask: Ask, client: Client) -> Any:  # noqa: ANN401
    method = getattr(client, ask.method)
    if ask.method in ("get", "head") or (ask.method == "post" and not ask.is_json):
        return method(ask.path, ask.data, follow=ask.follows)
    return method(ask.path, json.dumps(ask.data, default=str), content_type="application/json")


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Everything that is logged meanwhile, exceptions included."""
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(self.format(record))

    listener = Listener()
    logging.getLogger().addHandler(listener)
    try:
        yield heard
    finally:
        logging.getLogger().removeHandler(listener)


def decoded(body: bytes, *, depth: int = 3) -> Iterator[str]:
    """The text of a body, and of all that is packed or encoded in it."""
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for member in archive.infolist():
                yield member.filename
                yield from decoded(archive.read(member), depth=depth - 1)
        return
    if body[:2] == b"\x1f\x8b":
        yield from decoded(gzip.decompress(body), depth=depth - 1)
        return
    text = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    yield text
    for run in re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", text) if depth else ():
        try:
            inner = base64.b64decode(run, validate=True)
        except binascii.Error:
            continue
        if MARKER.encode() in inner:
            yield inner.decode(errors="replace")


def in_every_method(pairs: Iterable[tuple[Ask, Ask]]) -> Iterator[tuple[Ask, Ask]]:
    """The same addresses with the same data, once in each method that they are not asked in already."""
    asked = list(pairs)
    known = {(ask.method, ask.path) for ask, _nothing in asked}
    seen = set()
    for pair in asked:
        for method in ALL_METHODS:
            place = (method, pair[0].path, repr(pair[0].data))
            if place in seen or place[:2] in known:
                continue
            seen.add(place)
            foreign, nothing = (Ask(method, ask.path, ask.data, is_json=True) for ask in pair)
            yield foreign, nothing


def find_leaks(
    asked: Iterable[Route],
    *,
    client: Knock,
    owned: Keys,
    missing: Keys,
    may_manage_accounts: bool = False,
    all_methods: bool = False,
) -> list[str]:
    """What somebody who is not the owner learns at these addresses. `client` gives one that is signed in."""
    leaks = []
    for route in asked:
        pairs: Iterable[tuple[Ask, Ask]] = zip(
            asks_of(route, owned) or (), asks_of(route, missing) or (), strict=True
        )
        for foreign, nothing in in_every_method(pairs) if all_methods else pairs:
            if all_methods:
                ASKED.clear()  # how often somebody asked is not what is compared
            answer, reference = Answer.to(foreign, client()), Answer.to(nothing, client())
            what = f"{foreign.method.upper()} {foreign.path} {foreign.data or ''}"
            if MARKER in owned.removed_from(answer.text):
                leaks.append(f"{what} shows {re.findall(MARKER + '[a-z]*', answer.text)[:3]}")
            if answer.status >= 500:
                leaks.append(f"{what} fails with {answer.status}")
            if may_manage_accounts and not (isinstance(route.model, type) and issubclass(route.model, Owned)):
                continue
            told, silence = answer.without(owned), reference.without(missing)
            if (answer.status, told) != (reference.status, silence):
                leaks.append(f"{what} answers {answer.status}, a missing record {reference.status}:")
                lines = difflib.unified_diff(silence.splitlines(), told.splitlines(), lineterm="", n=0)
                leaks.extend(itertools.islice(lines, 2, 8))
    return leaks


def visit(asked: Iterable[Route], *, client: Knock, keys: Keys) -> None:
    """Reads every address: whatever is remembered between requests is remembered now."""
    for route in asked:
        for ask in asks_of(route, keys) or ():
            if ask.method == "get":
                Answer.to(ask, client())


def pages_of(asked: Iterable[Route], *, client: Knock, keys: Keys) -> dict[str, str]:
    """What every address answers to a reader, by the request: to be compared with another moment."""
    return {
        f"{ask.method} {ask.path} {ask.data}": Answer.to(ask, client()).without(keys)
        for route in asked
        for ask in asks_of(route, keys) or ()
        if ask.method in READING
    }
