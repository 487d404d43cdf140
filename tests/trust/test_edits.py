"""What `make mutants` takes away still stands where it looks for it; taking it away itself takes half an hour."""

from __future__ import annotations

from tests.trust.deletions import deletions
from tests.trust.edits import ROOT
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
        assert len(list(mutants_of(file))) > 30, file
        assert all((ROOT / test).exists() for test in tests)
