from __future__ import annotations

import asyncio

from bench.client import Load, Order, load

_PAGES = {"/": b"home", "/broken/": b"", "/short/": b"ho"}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
    status = b"500 Internal Server Error" if path == "/broken/" else b"200 OK"
    writer.write(b"HTTP/1.0 " + status + b"\r\n\r\n" + _PAGES[path])
    await writer.drain()
    writer.close()


def _asked(*paths: str) -> Load:
    async def ask() -> Load:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await load(Order(port, dict.fromkeys(paths, 4), {}, seconds=0.05, at_once=3))

    return asyncio.run(ask())


def test_every_answer_is_counted_and_looked_at() -> None:
    found = _asked("/")
    assert found.requests > 0
    assert (found.wrong, found.first_wrong) == (0, "")
    assert 0 < found.median <= found.p99


def test_a_wrong_answer_among_others_is_told() -> None:
    broken, short = _asked("/", "/broken/"), _asked("/", "/short/")
    assert 0 < broken.wrong < broken.requests
    assert broken.first_wrong == "/broken/: HTTP/1.0 500 Internal Server Error with 0 bytes, not 4"
    assert short.first_wrong == "/short/: HTTP/1.0 200 OK with 2 bytes, not 4"
