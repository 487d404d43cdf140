"""The client, in a process of its own: asks the same thing again and again and looks at every answer.

Reads one order a line from its standard input and answers with one line of JSON. A connection carries one request,
because gunicorn's plain workers close it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """Ask for `seconds`, `at_once` connections open at a time. `length`: of the body, which every answer must have.

    Four at once are two for each worker; one by itself waits for nobody.
    """

    port: int
    path: str
    headers: dict[str, str]
    seconds: float
    length: int
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers, and how long they took altogether and at the median and 99th percentile (s)."""

    requests: int
    seconds: float
    median: float
    p99: float


class WrongAnswer(Exception):  # noqa: N818
    """An answer that is not the page that was asked for: a failing page must not count as a fast one."""


class _Exchange(asyncio.Protocol):
    """One request; `done` holds all that was answered once the server closes the connection."""

    def __init__(self, request: bytes, done: asyncio.Future[bytes]) -> None:
        self.request, self.done = request, done
        self.parts: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.parts.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(b"".join(self.parts))


async def load(order: Order) -> Load:
    headers = {"Host": "127.0.0.1", **order.headers}
    # HTTP/1.0, or an answer without a length would come in chunks.
    lines = [f"GET {order.path} HTTP/1.0", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    request = "\r\n".join(lines).encode()
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    times: list[float] = []

    async def ask_again_and_again() -> None:
        while (started := time.perf_counter()) - begun < order.seconds:
            done: asyncio.Future[bytes] = loop.create_future()
            await loop.create_connection(lambda done=done: _Exchange(request, done), "127.0.0.1", order.port)  # type: ignore[misc]
            _check(await done, order)
            times.append(time.perf_counter() - started)

    await asyncio.gather(*(ask_again_and_again() for _ in range(order.at_once)))
    seconds = time.perf_counter() - begun
    times.sort()
    return Load(len(times), seconds, times[len(times) // 2], times[len(times) * 99 // 100])


def _check(answer: bytes, order: Order) -> None:
    head, _blank, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0]
    if b" 200 " not in status or len(body) != order.length:
        raise WrongAnswer(f"{order.path}: {status.decode()} with {len(body)} bytes, not {order.length}")


def main() -> None:
    for line in sys.stdin:
        try:
            answer: dict[str, Any] = asdict(asyncio.run(load(Order(**json.loads(line)))))
        except (WrongAnswer, OSError) as error:
            answer = {"failure": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
