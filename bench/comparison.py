"""Two targets against each other, in turn: A B A B, so that a busy moment of the machine falls on both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from statistics import median
from typing import Any, Self

from bench.client import Load, Order
from bench.databases import FOLDER, ROOT, environment, seeded
from bench.results import Result
from bench.rows import STATEMENTS, Identity, Project, Request, Row, Size
from bench.servers import Server, serving


class Bench:
    """Databases and servers, made when a row first asks for them and kept for the others."""

    def __init__(self, *, server: str, rounds: int, seconds: float) -> None:
        self.server, self.rounds, self.seconds = server, rounds, seconds
        self.database = "postgresql" if server else "sqlite"
        self._stack = ExitStack()
        self._urls: dict[Size, str] = {}
        self._identities: dict[Size, dict[str, str]] = {}
        self._servers: dict[tuple[Project, Size], Server] = {}
        self._seen: dict[str, Any] = {}

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench.client"]
        self._client = self._stack.enter_context(
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._client.stdin is not None  # noqa: S101
        self._client.stdin.close()
        self._stack.close()

    def measured(self, row: Row) -> Result:
        """The ratio of each round, after one that does not count."""
        if row.against.replays:
            self._note_statements(row.against.replays)
        orders = [self._order(request) for request in (row.subject, row.against)]
        servers = [self._server(request) for request in (row.subject, row.against)]
        ratios, by_cpu, speeds = [], [], []
        for number in range(self.rounds + 1):
            loads, costs = [], []
            for order, server in zip(orders, servers, strict=True):
                before = server.cpu_seconds()
                loads.append(self._load(order))
                costs.append((server.cpu_seconds() - before) / loads[-1].requests)
            if number:
                rates = [load.requests / load.seconds for load in loads]
                ratios.append(rates[0] / rates[1])
                by_cpu.append(costs[1] / costs[0] if costs[0] else 1.0)
                speeds.append(rates)
        subject, against = (median(rates) for rates in zip(*speeds, strict=True))
        return Result(
            name=row.name,
            database=self.database,
            rounds=tuple(ratios),
            goal=row.goal,
            cpu=median(by_cpu),
            detail=f"{subject:.0f}/s against {against:.0f}/s, {orders[0].length:,} bytes",
        )

    def statements(self) -> Iterator[Result]:
        """SQL statements of a request, counted in the app; the same at every size."""
        for name, (path, limit) in STATEMENTS.items():
            number = len(self._note_statements(path)["statements"])
            yield Result(
                name=f"SQL statements: {name}",
                database=self.database,
                rounds=(float(number),),
                goal=None if limit is None else float(limit),
                is_at_most=True,
                detail=f"{self._seen[path]['bytes']:,} bytes",
            )

    def url_of_smallest(self) -> str:
        return self._url(Size.SMALL)

    def _url(self, size: Size) -> str:
        if size not in self._urls:
            self._urls[size] = seeded(size, server=self.server)
            self._identities[size] = self._inside(size, "identities")
        return self._urls[size]

    def _inside(self, size: Size, *command: str) -> Any:  # noqa: ANN401
        answer = subprocess.run(
            [sys.executable, "-m", "bench.inside", *command],
            cwd=ROOT,
            env=environment(self._urls[size]),
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(answer.stdout)

    def _note_statements(self, path: str) -> Any:  # noqa: ANN401
        """What SQL the app runs for it, on the small database; kept for the limit app to repeat."""
        if path not in self._seen:
            self._url(Size.SMALL)
            self._seen |= self._inside(Size.SMALL, "statements", path)
            kept = {each: seen["statements"] for each, seen in self._seen.items()}
            (FOLDER / "statements.json").write_text(json.dumps(kept), encoding="utf-8")
            # The app's cookie was made anew on the way.
            self._identities[Size.SMALL] = self._inside(Size.SMALL, "identities")
        return self._seen[path]

    def _server(self, request: Request) -> Server:
        wanted = (request.project, request.size)
        if wanted not in self._servers:
            running = serving(request.project, environment(self._url(request.size)))
            self._servers[wanted] = self._stack.enter_context(running)
        return self._servers[wanted]

    def _order(self, request: Request) -> Order:
        """Asks once and looks closely, before anything is timed."""
        server = self._server(request)
        path = f"{request.path}?replay={request.replays}" if request.replays else request.path
        headers = self._headers(request)
        status, body = server.get(path, {"Host": "127.0.0.1", **headers})
        if status != 200 or request.holds not in body:
            raise SystemExit(f"{path} answered {status}, without “{request.holds}”.")
        if request.count and body.count(request.holds) != request.count:
            found = body.count(request.holds)
            raise SystemExit(f"{path} holds “{request.holds}” {found} times, not {request.count}.")
        return Order(server.port, path, headers, self.seconds, len(body.encode()))

    def _headers(self, request: Request) -> dict[str, str]:
        known = self._identities[request.size]
        match request.identity:
            case Identity.TOKEN:
                return {"Authorization": f"Bearer {known['token']}"}
            case Identity.SESSION:
                return {"Cookie": f"session={known[request.project]}"}
            case _:
                return {}

    def _load(self, order: Order) -> Load:
        assert self._client.stdin is not None  # noqa: S101
        assert self._client.stdout is not None  # noqa: S101
        self._client.stdin.write(json.dumps(asdict(order)) + "\n")
        self._client.stdin.flush()
        answer = self._client.stdout.readline()
        if not answer:
            raise SystemExit(f"The client gave up on {order.path}.")
        return Load(**json.loads(answer))
