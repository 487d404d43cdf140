"""`python -m bench`: measures every row, prints one table, and writes it as JSON and into docs/performance.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.comparison import Bench
from bench.databases import FOLDER, ROOT
from bench.importing import IMPORT, import_speed
from bench.results import Result, as_text, write_between_markers, write_json
from bench.rows import PAGES, ROWS, timed_name
from bench.startup import start_and_memory


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="short rounds, SQLite, nothing that needs a large seed"
    )
    parser.add_argument(
        "--server", default="", help="a PostgreSQL server: postgres://user@host:5432/postgres"
    )
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.0, help="of each target in each round")
    parser.add_argument("--json", type=Path, default=FOLDER / "results.json")
    parser.add_argument("--document", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    results: list[Result] = []
    for server in ("",) if options.quick or not options.server else ("", options.server):
        results += _measured(options, server)
    sys.stdout.write(f"\n{as_text(results)}\n")
    write_json(results, options.json)
    if options.document:
        write_between_markers(results, ROOT / "docs" / "performance.md")


def _measured(options: argparse.Namespace, server: str) -> Iterator[Result]:
    database = "postgresql" if server else "sqlite"
    rows = [
        row
        for row in ROWS
        if options.only in row.name and (row.is_quick or not options.quick) and row.only in ("", database)
    ]
    seconds = options.seconds or (0.25 if options.quick else 2.0)
    with ExitStack() as stack:
        bench = stack.enter_context(Bench(server=server, rounds=options.rounds, seconds=seconds))
        for row in rows:
            yield _told(bench.measured(row))
        for name in () if options.quick else PAGES:
            if options.only in timed_name(name):
                yield _told(bench.timed(name))
        if options.only in IMPORT:
            yield _told(
                import_speed(server, rounds=min(options.rounds, 3) if options.quick else options.rounds)
            )
        if not options.only:
            for result in bench.statements():
                yield _told(result)
            for result in start_and_memory(bench.url_of_smallest(), database, rounds=options.rounds):
                yield _told(result)


def _told(result: Result) -> Result:
    sys.stderr.write(f"{as_text([result]).splitlines()[1]}\n")
    return result


if __name__ == "__main__":
    main()
