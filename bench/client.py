"""The client, in a process of its own: asks the same things again and again and looks at every answer.

Reads one order a line from its standard input and answers with one line of JSON. A connection carries one request,
because gunicorn's plain workers close it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class Order:
    """Ask for `seconds`, `at_once` connections open at a time. `lengths`: by path, of the body every answer must have.

    Four at once are two for each worker; one by itself waits for nobody. Of several paths each connection asks in
    turn, and begins with another than its neighbour.
    """

    port: int
    lengths: dict[str, int]
    headers: dict[str, str]
    seconds: float
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers, and how long they took altogether and at the median and 99th percentile (s).

    `wrong`: how many were not what was asked for; `first_wrong` tells of one of them.
    """

    requests: int
    wrong: int
    first_wrong: str
    seconds: float
    median: float
    p99: float


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
    lines = [*(f"{name}: {value}" for name, value in headers.items()), "", ""]
    # HTTP/1.0, or an answer without a length would come in chunks.
    requests = {path: "\r\n".join([f"GET {path} HTTP/1.0", *lines]).encode() for path in order.lengths}
    paths = list(requests)
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    times: list[float] = []
    wrong: list[str] = []

    async def ask(path: str) -> bytes:
        done: asyncio.Future[bytes] = loop.create_future()
        try:
            await loop.create_connection(lambda: _Exchange(requests[path], done), "127.0.0.1", order.port)
        except OSError as error:
            return str(error).encode()
        return await done

    async def ask_again_and_again(first: int) -> None:
        for number in count(first):
            started = time.perf_counter()
            if started - begun >= order.seconds:
                return
            path = paths[number % len(paths)]
            answer = await ask(path)
            times.append(time.perf_counter() - started)
            if problem := _problem(answer, order.lengths[path]):
                wrong.append(f"{path}: {problem}")

    await asyncio.gather(*(ask_again_and_again(number) for number in range(order.at_once)))
    seconds = time.perf_counter() - begun
    times.sort()
    return Load(
        requests=len(times),
        wrong=len(wrong),
        first_wrong=wrong[0] if wrong else "",
        seconds=seconds,
        median=times[len(times) // 2],
        p99=times[len(times) * 99 // 100],
    )


def _problem(answer: bytes, length: int) -> str:
    """ "" if it is the page that was asked for: a failing page must not count as a fast one."""
    head, _blank, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0]
    if b" 200 " in status and len(body) == length:
        return ""
    return f"{status.decode(errors='replace')} with {len(body)} bytes, not {length}"


def main() -> None:
    for line in sys.stdin:
        found = asyncio.run(load(Order(**json.loads(line))))
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
