from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.aggregation import Aggregation, Folded, Part, fold, parts_of
from records.periods import Period, Precision

QUARTERS = tuple(Period(2024).quarters)
NOTHING = Folded(None, None, None, None, None, None)

figures = st.decimals(-1_000_000, 1_000_000, places=4)
maybe_figures = st.none() | figures


def _quarters(*values: str | None, of: tuple[str | None, ...] = ()) -> list[Part]:
    """Parts in quarter order; `of` holds `numerator/denominator` where there are any."""
    parts = []
    for place, value in enumerate(values):
        numerator = denominator = None
        if place < len(of) and (text := of[place]) is not None:
            numerator, denominator = (Decimal(number) if number else None for number in text.split("/"))
        figure = None if value is None else Decimal(value)
        parts.append(Part(QUARTERS[place], figure, numerator, denominator))
    return parts


@pytest.mark.parametrize(
    ("aggregation", "computed"),
    [
        (Aggregation.SUM, Decimal(12)),
        (Aggregation.MEAN, Decimal(3)),
        (Aggregation.LAST, Decimal(6)),
        (Aggregation.POOLED, None),
        (Aggregation.NONE, None),
    ],
)
def test_fold_takes_the_reading_of_the_metric_and_keeps_the_others(
    aggregation: Aggregation, computed: Decimal | None
) -> None:
    folded = fold(aggregation=aggregation, parts=_quarters("1", "2", "3", "6"))
    assert folded.computed == computed
    assert (folded.sum, folded.mean, folded.last) == (12, 3, 6)
    assert folded.pooled is None
    assert folded.mean_with_empty_as_zero is None


@pytest.mark.parametrize(
    "parts", [[], _quarters(None), _quarters(None, None, None, None)], ids=["none", "one empty", "all empty"]
)
@pytest.mark.parametrize("aggregation", Aggregation)
def test_fold_of_nothing_is_nothing_and_not_zero(aggregation: Aggregation, parts: list[Part]) -> None:
    assert fold(aggregation=aggregation, parts=parts) == NOTHING


def test_fold_leaves_an_empty_quarter_out_and_shows_what_counting_it_as_zero_gives() -> None:
    folded = fold(aggregation=Aggregation.MEAN, parts=_quarters("30", None, "60", "90"))
    assert (folded.computed, folded.mean_with_empty_as_zero) == (60, 45)
    assert folded.empty_changes_the_mean
    assert folded.sum == 180


def test_fold_takes_the_last_period_that_was_measured() -> None:
    assert fold(aggregation=Aggregation.LAST, parts=_quarters("1", "2", None)).computed == 2


def test_fold_counts_a_measured_zero() -> None:
    folded = fold(aggregation=Aggregation.MEAN, parts=_quarters("0", "10"))
    assert folded.mean == 5
    assert not folded.empty_changes_the_mean
    assert not fold(aggregation=Aggregation.MEAN, parts=_quarters("0", None)).empty_changes_the_mean


@pytest.mark.parametrize(
    ("parts", "is_percentage", "pooled"),
    [
        pytest.param(
            _quarters("62", "90", of=("5/8", "36/40")), True, Decimal(41) / 48 * 100, id="percentage"
        ),
        pytest.param(
            _quarters("30", "40", of=("300/10", "80/2")), False, Decimal(380) / 12, id="mean of cases"
        ),
        pytest.param(_quarters("0", "50", of=("0/4", "2/4")), True, Decimal(25), id="nothing of four"),
        pytest.param(_quarters("62", None, of=("5/8",)), True, Decimal("62.5"), id="empty quarter"),
        pytest.param(_quarters("62", "90", of=("5/8",)), True, None, id="a quarter without its parts"),
        pytest.param(_quarters("62", "90", of=("5/8", "36/")), True, None, id="no denominator"),
        pytest.param(_quarters("62", "90", of=("5/8", "/40")), True, None, id="no numerator"),
        pytest.param(_quarters("62", "90", of=("5/8", "0/0")), True, None, id="denominator of zero"),
    ],
)
def test_fold_pools_only_what_has_numerator_and_denominator_throughout(
    parts: list[Part], is_percentage: bool, pooled: Decimal | None
) -> None:
    folded = fold(aggregation=Aggregation.POOLED, parts=parts, is_percentage=is_percentage)
    assert folded.pooled == pooled
    assert folded.computed == pooled


@given(st.lists(maybe_figures, min_size=1, max_size=4))
def test_fold_readings_belong_together(values: list[Decimal | None]) -> None:
    parts = [Part(period, value) for period, value in zip(QUARTERS, values, strict=False)]
    folded = fold(aggregation=Aggregation.SUM, parts=parts)
    measured = [value for value in values if value is not None]
    if not measured:
        assert folded == NOTHING
        return
    assert folded.sum == sum(measured)
    assert folded.mean is not None
    assert min(measured) <= folded.mean <= max(measured)
    assert folded.last == measured[-1]
    assert (folded.mean_with_empty_as_zero is None) == (None not in values)
    padded = fold(aggregation=Aggregation.SUM, parts=[*parts, Part(Period(2025), None)])
    assert (padded.sum, padded.mean, padded.last) == (folded.sum, folded.mean, folded.last)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 1000)), min_size=1, max_size=4))
def test_fold_pooled_lies_between_the_quarters(ratios: list[tuple[int, int]]) -> None:
    parts = [
        Part(period, Decimal(n) / d, Decimal(n), Decimal(d))
        for period, (n, d) in zip(QUARTERS, ratios, strict=False)
    ]
    pooled = fold(aggregation=Aggregation.POOLED, parts=parts).computed
    assert pooled is not None
    values = [part.value for part in parts if part.value is not None]
    slack = Decimal("1e-20")
    assert min(values) - slack <= pooled <= max(values) + slack
    if len({d for _n, d in ratios}) == 1:  # equally large quarters: pooled and mean are one
        mean = fold(aggregation=Aggregation.MEAN, parts=parts).computed
        assert mean is not None
        assert abs(pooled - mean) < slack


@pytest.mark.parametrize(
    ("period", "given_periods", "chosen"),
    [
        pytest.param("2024", "2024-Q2 2024-Q1 2024", "2024-Q1 2024-Q2", id="in order, without the whole"),
        pytest.param("2024", "2024-Q1 2024-01 2024-02", "2024-Q1", id="quarters before months"),
        pytest.param("2024", "2024-H1 2024-Q3 2024-Q4", "2024-H1", id="halves before quarters"),
        pytest.param(
            "2024", "2024-01 2024-12", "2024-01 2024-12", id="months where there is nothing coarser"
        ),
        pytest.param("2024", "2023-Q4 2025-Q1", "", id="other years"),
        pytest.param("2024-H2", "2024-Q2 2024-Q3 2024-Q4 2024", "2024-Q3 2024-Q4", id="only those within"),
        pytest.param("2024-Q1", "2024-Q1", "", id="itself is no part"),
        pytest.param("2024", "", "", id="nothing"),
    ],
)
def test_parts_are_the_coarsest_within_the_period_in_order(
    period: str, given_periods: str, chosen: str
) -> None:
    parts = [Part(Period.parse(text), Decimal(1)) for text in given_periods.split()]
    found = parts_of(Period.parse(period), parts)
    assert " ".join(str(part.period) for part in found) == chosen


@given(st.permutations([part for precision in Precision for part in Period(2024).split(precision)]))
def test_parts_never_count_a_day_twice(order: list[Period]) -> None:
    found = [part.period for part in parts_of(Period(2024), [Part(period, Decimal(1)) for period in order])]
    assert found == sorted(found)
    assert all(a.last_day < b.first_day for a, b in itertools.pairwise(found))
