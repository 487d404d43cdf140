"""What `make mutants` takes away still stands where it looks for it; taking it away itself takes many minutes."""

from __future__ import annotations

import pytest

from tests.trust.deletions import deletions
from tests.trust.edits import ROOT
from tests.trust.forks import changed_functions
from tests.trust.mutants import MODULES, mutants_of


def test_every_wall_is_where_it_is_looked_for() -> None:
    found = list(deletions())
    assert len({edit.file for edit in found}) > 40
    assert len(found) > 250
    for edit in found:
        text = (ROOT / edit.file).read_text(encoding="utf-8")
        assert text[edit.start : edit.end] != edit.left, edit.name


def test_every_pure_module_has_something_to_change() -> None:
    for file, tests in MODULES.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        mutants = [text[: edit.start] + edit.left + text[edit.end :] for edit in mutants_of(file)]
        assert len(mutants) > 30, file
        for mutant in mutants:
            compile(mutant, file, "exec")  # one that cannot be loaded would be noticed by anything
        assert all((ROOT / test).exists() for test in tests)


@pytest.mark.parametrize(
    ("was", "now", "changed"),
    [
        ("def f():\n    return 1\n", "def f():\n    return 2\n", ["f"]),
        (
            "class C:\n    def f(self):\n        return 1\n",
            "class C:\n    def f(self):\n        return 2\n",
            ["C.f"],
        ),
        ("def f():\n    return lambda: 1\n", "def f():\n    return lambda: 2\n", ["f"]),
        ("N = 1\n", "N = 2\n", None),
        ("class C:\n    n = 1\n", "class C:\n    n = 2\n", None),
        ("class C(A):\n    pass\n", "class C(B):\n    pass\n", None),
        ("def f(n=1):\n    return n\n", "def f(n=2):\n    return n\n", None),
        ("@d(1)\ndef f(): ...\n", "@d(2)\ndef f(): ...\n", None),
    ],
    ids=["function", "method", "inner", "constant", "attribute", "base", "default", "decorator"],
)
def test_only_what_functions_do_can_be_changed_in_a_fork(
    was: str, now: str, changed: list[str] | None
) -> None:
    """A fork has loaded the module already: what loading it does needs a new process."""
    found = changed_functions("x.py", was, now)
    assert (None if found is None else [each.co_qualname for each in found]) == changed
