"""`python -m bench`: measures every row, prints one table, and writes it as JSON and into docs/performance.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.comparison import Bench
from bench.databases import FOLDER, ROOT
from bench.results import Result, as_text, write_between_markers, write_json
from bench.tasks import Effort, results_of, tasks


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few short rounds, SQLite, one size but for browsing"
    )
    parser.add_argument(
        "--server", default="", help="a PostgreSQL server: postgres://user@host:5432/postgres"
    )
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--rounds", type=int, default=0, help="7, or 3 if quick")
    parser.add_argument("--seconds", type=float, default=0.0, help="of each target in each round")
    parser.add_argument("--minutes", type=float, default=0.0, help="of many people browsing at once")
    parser.add_argument("--json", type=Path, default=FOLDER / "results.json")
    parser.add_argument("--document", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    results: list[Result] = []
    for server in ("",) if options.quick or not options.server else ("", options.server):
        for found in _measured(options, server):
            sys.stderr.write(f"{as_text([found]).splitlines()[1]}\n")
            results.append(found)
            write_json(results, options.json)
    sys.stdout.write(f"\n{as_text(results)}\n")
    if options.document:
        write_between_markers(results, ROOT / "docs" / "performance.md")
    if any(result.failure for result in results):
        sys.exit(1)


def _measured(options: argparse.Namespace, server: str) -> Iterator[Result]:
    seconds = options.seconds or (0.25 if options.quick else 2.0)
    rounds = options.rounds or (3 if options.quick else 7)
    minutes = options.minutes or (0.1 if options.quick else 5.0)
    effort = Effort(rounds=rounds, minutes=minutes)
    with Bench(server=server, rounds=rounds, seconds=seconds) as bench:
        for task in tasks(bench, effort):
            is_asked_for = options.only in task.name and (task.is_quick or not options.quick)
            if is_asked_for and task.only in ("", bench.database):
                yield from results_of(task, bench)


if __name__ == "__main__":
    main()
