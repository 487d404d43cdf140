from __future__ import annotations

from decimal import Decimal

import pytest

from careertrack.pictures import dumbbell, segments, spark
from metrics.models import Change
from metrics.units import Direction, Unit


def _change(before: str | None, after: str | None, direction: str = Direction.UP) -> Change:
    return Change(
        subject="Package",
        before=None if before is None else Decimal(before),
        after=None if after is None else Decimal(after),
        unit=Unit.GIGABYTE,
        direction=direction,
    )


@pytest.mark.parametrize(
    ("before", "after", "direction", "ends", "trend"),
    [
        pytest.param("10", "40", Direction.UP, (44, 152), "better", id="rises"),
        pytest.param("40", "10", Direction.DOWN, (152, 44), "better", id="falls-and-lower-is-better"),
        pytest.param("40", "10", Direction.UP, (152, 44), "worse", id="falls"),
        pytest.param("0", "0", Direction.UP, (8, 8), "same", id="nothing-at-both-ends"),
        pytest.param("-10", "10", Direction.NEUTRAL, (8, 152), "", id="from-below-zero"),
    ],
)
def test_a_dumbbell_runs_from_before_to_after_on_a_scale_from_zero(
    before: str, after: str, direction: str, ends: tuple[int, int], trend: str
) -> None:
    picture = dumbbell(_change(before, after, direction))
    assert picture is not None
    assert ((picture.before, picture.after), picture.trend) == (ends, trend)


@pytest.mark.parametrize(("before", "after"), [(None, "3"), ("3", None), (None, None)])
def test_words_are_not_drawn(before: str | None, after: str | None) -> None:
    assert dumbbell(_change(before, after)) is None


def test_a_small_line_stops_where_there_is_no_figure() -> None:
    values = [("2021", Decimal(0)), ("2022", None), ("2023", Decimal(5)), ("2024", Decimal(10))]
    picture = spark(title="Articles", unit="", values=values)
    assert picture.runs == ("6,27", "78,16 114,5")
    assert [point.text for point in picture.points] == ["0", "–", "5", "10"]


def test_a_small_line_of_nothing_has_no_line() -> None:
    assert spark(title="Articles", unit="", values=[]).points == ()
    assert spark(title="Articles", unit="", values=[("2024", None)]).runs == ()


def test_segments_lie_side_by_side() -> None:
    found = segments([("achieved", "achieved", 1), ("missed", "missed", 2)], whole=4)
    assert [(each.x, each.width) for each in found] == [(0, 25), (25, 50)]
