"""No file takes a worker more than 150 MB and ten seconds of computing, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.records.heavy import HEAVY
from tests.records.weighing import Weight, scales

pytestmark = pytest.mark.trust
MEGABYTES, SECONDS = 150, 10


@pytest.fixture(scope="module")
def weigh() -> Iterator[Callable[[str, Path], Weight]]:
    with scales() as weighing:
        yield weighing


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_file_is_refused_or_taken_within_the_limits(
    name: str, weigh: Callable[[str, Path], Weight], tmp_path: Path
) -> None:
    make, model, says = HEAVY[name]
    path = tmp_path / "table.csv"
    path.write_bytes(make())
    weight = weigh(model, path)
    path.unlink()
    assert says in weight.said
    assert 0 <= weight.megabytes <= MEGABYTES
    assert weight.seconds <= SECONDS
