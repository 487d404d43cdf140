"""Two save the same record at once, or send the same form twice, through a real server.

One of two saves wins, and whoever loses is told and keeps what they typed. The same form makes one record.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.trust.client import Client, Reply, shared
from tests.trust.conftest import Busy

pytestmark = pytest.mark.trust
# Of each of three doors: a thousand together.
CONFLICTS = 334
DOUBLES = 20
PAGE = "/goals/2023/g24-mttr/"
Sending = tuple[Client, str, str, dict[str, Any], dict[str, str]]


def _at_once(*sendings: Sending) -> list[Reply]:
    gate = threading.Barrier(len(sendings))

    def send(sending: Sending) -> Reply:
        client, method, path, body, headers = sending
        gate.wait()
        return client.send(method, path, body, **headers)

    with ThreadPoolExecutor(len(sendings)) as pool:
        return list(pool.map(send, sendings))


def _hidden(page: str, name: str) -> str:
    """Of the last field of that name."""
    return re.findall(rf'name="{name}"[^>]* value="(\w+)"', page)[-1]


def test_conflicting_saves_through_the_api_tell_the_loser(busy: Busy) -> None:
    address, clients = f"/api/v1/projects/{shared(0)}/", [busy.script(), busy.script()]
    version = clients[0].send("GET", address).json["version"]
    for turn in range(CONFLICTS):
        bodies = [{"note": f"{turn}{each}", "version": version + turn} for each in range(2)]
        answers = _at_once(
            *((client, "PATCH", address, body, {}) for client, body in zip(clients, bodies, strict=True))
        )
        assert sorted(answer.status for answer in answers) == [200, 409]
        stored = clients[0].send("GET", address).json
        assert stored["note"] == next(a.json["note"] for a in answers if a.status == 200)
        assert stored["version"] == version + turn + 1
    clients[0].send("PATCH", address, {"note": str(version + CONFLICTS), "version": version + CONFLICTS})


@pytest.mark.parametrize("door", ["page", "admin"])
def test_conflicting_saves_through_forms_keep_what_the_loser_typed(door: str, busy: Busy) -> None:
    clients: Sequence[Client] = [busy.browser(), busy.browser()]
    address, typed = _form_of_goal(clients[0]) if door == "page" else _form_of_document(clients[0])
    field = "reason" if door == "page" else "note"
    first = int(_version(clients[0], address))
    for turn in range(CONFLICTS):
        words = [f"{door} <{turn}> {each}" for each in range(2)]
        bodies = [{**typed, field: word, "version": str(first + turn)} for word in words]
        answers = _at_once(
            *((client, "POST", address, body, {}) for client, body in zip(clients, bodies, strict=True))
        )
        statuses = sorted(answer.status for answer in answers)
        assert statuses == ([302, 422] if door == "page" else [200, 302]), (turn, statuses)
        lost = next(each for each in range(2) if answers[each].status != 302)
        shown = answers[lost].text
        assert html.escape(words[lost]) in shown  # in the form, as it was typed
        assert html.escape(words[1 - lost]) in shown  # what is stored now
        assert _hidden(shown, "version") == str(first + turn + 1)
    page = clients[0].send("GET", address).text
    assert html.escape(words[1 - lost]) in page
    assert _version(clients[0], address) == str(first + CONFLICTS)


def _version(client: Client, address: str) -> str:
    return _hidden(client.send("GET", address).text, "version")


def _form_of_goal(client: Client) -> tuple[str, dict[str, str]]:
    page = client.send("GET", PAGE).text
    typed = {"csrfmiddlewaretoken": _hidden(page, "csrfmiddlewaretoken"), "record_result": "1"}
    typed |= {"verdict": "missed", "basis": "judged", "decided_on": "2024-12-31"}
    if re.search(r'name="version"[^>]* value="\d', page) is None:
        assert client.send("POST", PAGE, {**typed, "reason": "first"}).status == 302
    return PAGE, typed


def _form_of_document(client: Client) -> tuple[str, dict[str, str]]:
    listed = client.send("GET", "/admin/records/document/").text
    found = re.search(r'"(/admin/records/document/\d+/change/)', listed)
    assert found is not None
    page = client.send("GET", found[1]).text
    typed = {"csrfmiddlewaretoken": _hidden(page, "csrfmiddlewaretoken"), "year": "2024", "title": "A year"}
    year = re.search(r'name="year" value="(\d+)"', page)
    assert year is not None
    return found[1], {**typed, "year": year[1], "language": "ko", "body": "", "sha256": ""}


@pytest.mark.parametrize("door", ["admin", "evidence", "API"])
def test_the_same_request_twice_at_once_makes_one_record(door: str, busy: Busy) -> None:
    clients = [busy.script(), busy.script()] if door == "API" else [busy.browser(), busy.browser()]
    kind = "evidence" if door == "evidence" else "projects"
    before = _number(busy, kind)
    for turn in range(DOUBLES):
        headers: dict[str, str] = {}
        if door == "admin":
            path = "/admin/projects/project/add/"
            page = clients[0].send("GET", path).text
            body = {
                "csrfmiddlewaretoken": _hidden(page, "csrfmiddlewaretoken"),
                "name": "Twice",
                "kind": "client",
            }
            for prefix in re.findall(r'name="([\w-]+)-TOTAL_FORMS"', page):
                body |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
        elif door == "evidence":
            path = PAGE
            token = _hidden(clients[0].send("GET", path).text, "csrfmiddlewaretoken")
            body = {
                "csrfmiddlewaretoken": token,
                "add_evidence": "1",
                "url": f"https://example.org/{turn}",
                "note": "",
            }
        else:
            path, headers = "/api/v1/projects/", {"Idempotency_Key": f"turn {turn}"}
            body = {"name": "Twice by script", "kind": "client"}
        answers = _at_once(*((client, "POST", path, body, headers) for client in clients))
        assert [answer.status for answer in answers] == [201 if door == "API" else 302] * 2
        assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert _number(busy, kind) == before + DOUBLES


@pytest.mark.parametrize("turn", range(5))
def test_two_pieces_of_evidence_at_once_are_both_kept(turn: int, busy: Busy) -> None:
    """They take the same place in the list; whoever comes second takes the next."""
    clients, before = [busy.browser(), busy.browser()], _number(busy, "evidence")
    sendings: list[Sending] = []
    for each, client in enumerate(clients):
        token = _hidden(client.send("GET", PAGE).text, "csrfmiddlewaretoken")
        url = f"https://example.org/both/{turn}/{each}"
        body = {"csrfmiddlewaretoken": token, "add_evidence": "1", "url": url, "note": ""}
        sendings.append((client, "POST", PAGE, body, {}))
    assert [answer.status for answer in _at_once(*sendings)] == [302, 302]
    assert _number(busy, "evidence") == before + 2


def _number(busy: Busy, kind: str) -> int:
    client, number, address = busy.script(), 0, f"/api/v1/{kind}/?fields=key&page_size=200"
    while address:
        page = client.send("GET", address).json
        number += len(page["results"])
        address = "/api/" + page["next"].partition("/api/")[2] if page["next"] else ""
    return number
