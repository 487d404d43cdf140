from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from bench import rows
from bench.results import Result, write_between_markers
from careertrack import seeding
from records.models import Account


def test_years_are_those_of_the_seed() -> None:
    assert (rows.GOAL_YEAR, rows.LAST_YEAR) == (seeding.GOAL_YEAR, seeding.LAST_YEAR)


@pytest.mark.django_db
def test_every_page_holds_on_a_seeded_database_what_the_benchmark_looks_for() -> None:
    seeding.seed(owners=1, measurements=1000, progress=lambda done, wanted: None)
    client = Client()
    client.force_login(Account.objects.get(username="seed-1"))
    found = {}
    for name, (path, holds, _count) in {**rows.PAGES, **rows.ADMIN_LISTS}.items():
        answer = client.get(path)
        assert answer.status_code == 200, name
        found[name] = answer.content.decode().count(holds)
    expected = {
        name: count or found[name] for name, (*_, count) in {**rows.PAGES, **rows.ADMIN_LISTS}.items()
    }
    assert found == expected
    assert all(found.values())


def _result(*rounds: float, goal: float | None = 0.5, is_at_most: bool = False) -> Result:
    return Result(name="page", database="sqlite", rounds=rounds, goal=goal, is_at_most=is_at_most)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        pytest.param(_result(0.6, 0.61, 0.62), "reached", id="above"),
        pytest.param(_result(0.4, 0.41, 0.42), "short", id="below"),
        pytest.param(_result(0.4, 0.51, 0.62), "noisy", id="spread-wider-than-the-distance"),
        pytest.param(_result(8, goal=8, is_at_most=True), "reached", id="as-many-as-allowed"),
        pytest.param(_result(9, goal=8, is_at_most=True), "short", id="more-than-allowed"),
        pytest.param(_result(9, goal=None), "", id="only-reported"),
    ],
)
def test_verdict_says_noisy_where_the_rounds_prove_nothing(result: Result, verdict: str) -> None:
    assert result.verdict == verdict


def test_table_replaces_what_stands_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- begin: written by make bench -->\nold\n<!-- end -->\nafter\n")
    for _ in range(2):
        write_between_markers([_result(0.6)], page)
    text = page.read_text()
    assert text.startswith("before\n<!-- begin")
    assert text.endswith("<!-- end -->\nafter\n")
    assert text.count("| page | sqlite | 0.60 |") == 1
    assert "old" not in text
