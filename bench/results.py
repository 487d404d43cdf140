"""What was measured, and how it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

BEGIN, END = "<!-- begin: written by make bench -->", "<!-- end -->"


class Failed(Exception):  # noqa: N818
    """Something cannot be measured; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line: a ratio in each round, and the goal it should reach (None: only reported).

    `unit` says what it is if it is no ratio: "ms". `is_at_most`: the goal is an upper limit, as for memory. `cpu` is
    the same by computing time alone, which a busy machine does not distort; None where it means nothing. `detail`
    says what the line is made of; `failure` why there is no number.
    """

    name: str
    database: str
    rounds: tuple[float, ...]
    goal: float | None
    unit: str = ""
    is_at_most: bool = False
    cpu: float | None = None
    failure: str = ""
    detail: str = ""

    @property
    def value(self) -> float | None:
        return median(self.rounds) if self.rounds else None

    @property
    def verdict(self) -> str:
        """`noisy` where the rounds lie further apart than their median from the goal."""
        if self.value is None:
            return "failed"
        if self.goal is None:
            return ""
        if max(self.rounds) - min(self.rounds) > abs(self.value - self.goal):
            return "noisy"
        return "reached" if (self.value <= self.goal) == self.is_at_most else "short"

    @property
    def cells(self) -> tuple[str, ...]:
        goal = self._written(self.goal)
        if self.goal is not None:
            goal = f"{'≤' if self.is_at_most else '≥'} {goal}"
        return (
            self.name,
            self.database,
            self._written(self.value),
            f"{min(self.rounds):.2f} – {max(self.rounds):.2f}" if self.rounds else "–",
            self._written(self.cpu),
            goal,
            self.verdict,
            self.failure or self.detail,
        )

    def _written(self, number: float | None) -> str:
        if number is None:
            return "–"
        return f"{number:.1f} {self.unit}" if self.unit else f"{number:.2f}"


HEADS = ("what", "database", "median", "lowest – highest", "by CPU", "goal", "", "")


def as_text(results: Sequence[Result]) -> str:
    rows = [HEADS, *(result.cells for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_markdown(results: Iterable[Result]) -> str:
    rows = [HEADS, ("---",) * len(HEADS), *(result.cells for result in results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write_json(results: Iterable[Result], path: Path) -> None:
    facts = [{**asdict(result), "value": result.value, "verdict": result.verdict} for result in results]
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_between_markers(results: Iterable[Result], page: Path) -> None:
    before, _begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{as_markdown(results)}\n{END}{after}", encoding="utf-8")
