"""Requests as they are sent: no redirect is followed, nothing is remembered. Needs nothing but Python.

    python -m tests.trust.client PORT TOKEN NAME NUMBER

makes so many transactions through the API, half of them new projects and half of them one more on the counter in the
note of one of the projects that all writers share, and prints what was acknowledged, as JSON.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import urllib.parse
from collections import Counter
from dataclasses import dataclass
from typing import Any

SHARED = 64


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.text)


class Client:
    """One connection that is kept, to one server; with a token, or with the cookies of a browser."""

    def __init__(self, port: int, *, token: str = "", cookies: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {"Cookie": cookies}

    def close(self) -> None:
        self._connection.close()

    def send(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Reply:
        """`body`: JSON with a token, a form with cookies."""
        is_form = "Cookie" in self._headers
        sent = {**self._headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        text = None
        if body is not None:
            text = urllib.parse.urlencode(body) if is_form else json.dumps(body)
            sent["Content-Type"] = "application/x-www-form-urlencoded" if is_form else "application/json"
        try:
            self._connection.request(method, path, text, sent)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError):  # kept too long
            self._connection.close()
            self._connection.request(method, path, text, sent)
            answer = self._connection.getresponse()
        return Reply(answer.status, answer.read().decode(), dict(answer.headers))


def shared(number: int) -> str:
    return f"shared-{number}"


def write(client: Client, name: str, number: int) -> dict[str, Any]:
    chance = random.Random(name)  # noqa: S311
    counted: Counter[str] = Counter()
    odd: Counter[str] = Counter()
    created = stale = 0
    for turn in range(number):
        if turn % 2:
            body = {"name": f"{name} {turn}", "slug": f"{name}-{turn}", "kind": "client"}
            answer = client.send("POST", "/api/v1/projects/", body)
            created += answer.status == 201
        else:
            address = f"/api/v1/projects/{shared(chance.randrange(SHARED))}/"
            while True:
                read = client.send("GET", f"{address}?fields=note,version").json
                body = {"note": str(int(read["note"]) + 1), "version": read["version"]}
                answer = client.send("PATCH", address, body)
                if answer.status != 409:
                    break
                stale += 1
            counted[address] += answer.status == 200
        if answer.status not in (200, 201):
            odd[f"{answer.status} {answer.text[:200]}"] += 1
    return {"created": created, "counted": counted, "stale": stale, "odd": odd}


if __name__ == "__main__":
    port, token, name, number = sys.argv[1:]
    print(json.dumps(write(Client(int(port), token=token), name, int(number))))  # noqa: T201
