"""Two targets against each other, in turn: A B A B, so that a busy moment of the machine falls on both."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any, Self
from urllib.parse import urlsplit

from bench.client import Load, Order
from bench.databases import FOLDER, ROOT, environment, seeded
from bench.results import Failed, Result
from bench.rows import (
    BROWSED,
    LONGEST,
    PAGES,
    STATEMENTS,
    TIMED,
    USERS,
    WORST,
    Identity,
    Project,
    Request,
    Row,
    Size,
    bare,
    page,
    statements_name,
    timed_name,
)
from bench.servers import Server, serving


@dataclass(frozen=True, slots=True)
class _Measured:
    """One target in one round. `cpu`: seconds that the workers computed for a request."""

    load: Load
    cpu: float

    @property
    def rate(self) -> float:
        return self.load.requests / self.load.seconds


@dataclass(slots=True)
class _Found:
    """Both targets, round by round, and how many bytes they answer."""

    lengths: tuple[int, int]
    rounds: list[tuple[_Measured, _Measured]] = field(default_factory=list)

    @property
    def ratio_by_cpu(self) -> float:
        return median(other.cpu / mine.cpu if mine.cpu else 1.0 for mine, other in self.rounds)

    @property
    def speeds(self) -> str:
        subject, against = (median(each.rate for each in rounds) for rounds in zip(*self.rounds, strict=True))
        return f"{subject:.1f}/s against {against:.1f}/s"

    @property
    def sizes(self) -> str:
        """Both, so that nobody takes a page that shows more for one that is slower."""
        return f"{self.lengths[0]:,} bytes against {self.lengths[1]:,}"


class Bench:
    """Databases and servers, made when a row first asks for them and kept for the others."""

    def __init__(self, *, server: str, rounds: int, seconds: float) -> None:
        self.server, self.rounds, self.seconds = server, rounds, seconds
        self.database = "postgresql" if server else "sqlite"
        self._urls: dict[Size, str] = {}
        self._identities: dict[Size, dict[str, str]] = {}
        self._servers: dict[tuple[Project, Size], Server] = {}
        self._seen: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        command = [sys.executable, "-m", "bench.client"]
        self._client = self._stack.enter_context(
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._client.stdin is not None  # noqa: S101
        self._client.stdin.close()
        self._servers.clear()
        self._stack.close()

    def start_anew(self) -> None:
        """After a failure: whatever was left of servers and client might fail the next row as well."""
        self.__exit__()
        self.__enter__()

    def measured(self, row: Row) -> Result:
        """How many requests a second, for each of those of the other."""
        found = self._against_each_other(row.subject, row.against)
        return Result(
            name=row.name,
            database=self.database,
            rounds=tuple(mine.rate / other.rate for mine, other in found.rounds),
            goal=row.goal,
            cpu=found.ratio_by_cpu,
            detail=f"{found.speeds}, {found.sizes}",
        )

    def timed(self, name: str) -> Result:
        """How long one request for that page takes if nobody else asks, beside the bare page."""
        found = self._against_each_other(page(name, TIMED), bare(), at_once=1)
        ratio = median(mine.rate / other.rate for mine, other in found.rounds)
        return Result(
            name=timed_name(name),
            database=self.database,
            rounds=tuple(1000 * mine.load.median for mine, _other in found.rounds),
            goal=LONGEST,
            unit="ms",
            is_at_most=True,
            cpu=median(1000 * mine.cpu for mine, _other in found.rounds),
            detail=f"{ratio:.2f} of the bare page, by CPU {found.ratio_by_cpu:.2f}, {found.sizes}",
        )

    def browsed(self, *, minutes: float) -> Result:
        """How much longer than usual somebody waits at the worst, if many ask for one page after another at once."""
        orders = [self._order(page(name, TIMED)) for name in PAGES]
        lengths = {path: length for order in orders for path, length in order.lengths.items()}
        load = self._load(replace(orders[0], lengths=lengths, seconds=60 * minutes, at_once=USERS))
        if load.wrong:
            raise Failed(f"{load.wrong:,} of {load.requests:,} answers were wrong, first {load.first_wrong}")
        times = f"median {load.median:.2f} s, p99 {load.p99:.2f} s"
        return Result(
            name=BROWSED,
            database=self.database,
            rounds=(load.p99 / load.median,),
            goal=WORST,
            is_at_most=True,
            detail=f"{load.requests:,} requests in {load.seconds / 60:.1f} minutes, 0 errors, {times}",
        )

    def _against_each_other(self, subject: Request, against: Request, *, at_once: int = 4) -> _Found:
        """In turn, after a round that does not count."""
        if against.replays:
            self._statements_of(against.replays)
        orders = [replace(self._order(request), at_once=at_once) for request in (subject, against)]
        servers = [self._server(request) for request in (subject, against)]
        mine_length, other_length = (sum(order.lengths.values()) for order in orders)
        found = _Found(lengths=(mine_length, other_length))
        for number in range(self.rounds + 1):
            mine, other = (
                self._measured(order, server) for order, server in zip(orders, servers, strict=True)
            )
            if number:
                found.rounds.append((mine, other))
        return found

    def _measured(self, order: Order, server: Server) -> _Measured:
        before = server.cpu_seconds()
        load = self._load(order)
        if load.wrong:
            raise Failed(load.first_wrong)
        return _Measured(load, (server.cpu_seconds() - before) / load.requests)

    def statements(self, name: str) -> Result:
        """SQL statements of a request, counted in the app; the same at every size."""
        path, limit = STATEMENTS[name]
        seen = self._statements_of(path)
        number = len(seen["statements"])
        return Result(
            name=statements_name(name),
            database=self.database,
            rounds=(float(number),),
            goal=None if limit is None else float(limit),
            is_at_most=True,
            detail=f"{seen['bytes']:,} bytes",
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

    def _statements_of(self, path: str) -> Any:  # noqa: ANN401
        """What SQL the app runs for it, on the small database; kept for the limit app to repeat. One look for all."""
        if not self._seen:
            self._url(Size.SMALL)
            paths = [each for each, _limit in STATEMENTS.values()]
            self._seen = self._inside(Size.SMALL, "statements", *paths)
            kept = {each: seen["statements"] for each, seen in self._seen.items()}
            (FOLDER / "statements.json").write_text(json.dumps(kept), encoding="utf-8")
            # The app's cookie was made anew on the way.
            self._identities[Size.SMALL] = self._inside(Size.SMALL, "identities")
        if self._seen[path]["status"] != 200:
            raise Failed(f"{path} answered {self._seen[path]['status']}.")
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
        for _ in range(request.follows):
            following = urlsplit(json.loads(body)["next"])
            path = f"{following.path}?{following.query}"
            status, body = server.get(path, {"Host": "127.0.0.1", **headers})
        if status != 200 or request.holds not in body:
            raise Failed(f"{path} answered {status}, without “{request.holds}”.")
        if request.count and body.count(request.holds) != request.count:
            found = body.count(request.holds)
            raise Failed(f"{path} holds “{request.holds}” {found} times, not {request.count}.")
        return Order(server.port, {path: len(body.encode())}, headers, self.seconds)

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
            raise Failed("The client ended.")
        return Load(**json.loads(answer))
