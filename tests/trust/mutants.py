"""Changes one operator, condition or number of the pure modules at a time: do their tests notice?

    python -m tests.trust.mutants [PART OF A NAME]

Exit code 1 where fewer than 90 of 100 are noticed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from tests.trust.edits import ROOT, Edit, report, survivors, tests

ENOUGH = 90  # of 100
MODULES: dict[str, tuple[str, ...]] = {
    "records/periods.py": (
        "tests/records/test_periods.py",
        "tests/records/test_period_field.py",
        "tests/records/test_conditions.py",
    ),
    "metrics/units.py": ("tests/metrics/test_units.py",),
    "metrics/typed.py": ("tests/metrics/test_typed.py",),
    "metrics/aggregation.py": ("tests/metrics/test_aggregation.py",),
    "metrics/checks.py": (
        "tests/metrics/test_checks.py",
        "tests/metrics/test_period_checks.py",
        "tests/metrics/test_claims.py",
    ),
    "metrics/period_checks.py": ("tests/metrics/test_period_checks.py",),
    "metrics/record_checks.py": ("tests/metrics/test_record_checks.py",),
    "goals/evaluation.py": ("tests/goals/test_evaluation.py",),
    "goals/comparisons.py": ("tests/goals/test_comparisons.py", "tests/goals/test_oracle.py"),
}
COMPARISONS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "is": "is not", "is not": "is", "in": "not in", "not in": "in",
}  # fmt: skip
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "and": "or", "or": "and"}


def mutants_of(file: str) -> Iterator[Edit]:
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)

    def at(line: int, column: int) -> int:
        """Where in the text; Python counts columns in bytes."""
        before = sum(map(len, lines[: line - 1]))
        return before + len(lines[line - 1].encode()[:column].decode())

    def span(node: ast.expr) -> tuple[int, int]:
        return at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)

    def between(one: ast.expr, other: ast.expr, swaps: dict[str, str]) -> Iterator[Edit]:
        start, end = span(one)[1], span(other)[0]
        sign = text[start:end].strip(" \n()")
        if sign in swaps:
            place = text.index(sign, start, end)
            yield Edit(file, place, place + len(sign), swaps[sign])

    tree = ast.parse(text)
    left_out = {inner for node in ast.walk(tree) for part in _not_run(node) for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Compare):
            for one, other in zip([node.left, *node.comparators], node.comparators, strict=False):
                yield from between(one, other, COMPARISONS)
        elif isinstance(node, ast.BinOp):
            yield from between(node.left, node.right, ARITHMETIC)
        elif isinstance(node, ast.BoolOp):
            for one, other in zip(node.values, node.values[1:], strict=False):
                yield from between(one, other, ARITHMETIC)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            start = span(node)[0]
            yield Edit(file, start, start + len("not" if isinstance(node.op, ast.Not) else "-"), "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            changed = not node.value if isinstance(node.value, bool) else node.value + 1
            yield Edit(file, *span(node), str(changed))
        elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
            yield Edit(file, *span(node.value), "None")
        if isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(
            node.test, ast.Compare | ast.BoolOp
        ):
            start, end = span(node.test)
            yield Edit(file, start, end, f"(not ({text[start:end]}))")


def _not_run(node: ast.AST) -> Iterator[ast.AST]:
    """Decorators and annotations: of a frozen dataclass that is not frozen no test can tell."""
    yield from getattr(node, "decorator_list", ())
    for name in ("annotation", "returns"):
        if (part := getattr(node, name, None)) is not None:
            yield part


def main(part: str) -> int:
    wanted = [edit for file in MODULES for edit in mutants_of(file) if part in edit.name]
    survived = survivors(wanted, MODULES.__getitem__, lambda file: [tests(*MODULES[file])])
    return report(wanted, survived, enough=ENOUGH)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
