from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from metrics.aggregation import Aggregation
from metrics.figures import Figure, figure_of
from metrics.models import Measurement, Metric
from metrics.units import Qualifier, Unit
from records.periods import Period

YEAR = Period(2024)


def _metric(aggregation: str = Aggregation.MEAN, unit: str = Unit.MINUTE) -> Metric:
    return Metric(name="Time to repair", unit=unit, aggregation=aggregation)


def _row(period: str, value: str | None, *, project: int | None = None, **fields: Any) -> Measurement:  # noqa: ANN401
    figure = None if value is None else Decimal(value)
    return Measurement(period=Period.parse(period), value=figure, project_id=project, **fields)


def _figure(*rows: Measurement, metric: Metric | None = None, period: Period = YEAR) -> Figure:
    return figure_of(metric=metric or _metric(), period=period, measurements=rows)


def _quarters(*values: str | None) -> list[Measurement]:
    return [_row(f"2024-Q{number}", value) for number, value in enumerate(values, start=1)]


def test_figure_as_stated_wins_over_the_one_its_parts_give() -> None:
    whole = _row("2024", "50")
    figure = _figure(*_quarters("40", "60", "80"), whole)
    assert figure.stated is whole
    assert figure.value == 50
    assert figure.folded.computed == 60
    assert not figure.is_computed
    assert [str(part.period) for part in figure.parts] == ["2024-Q1", "2024-Q2", "2024-Q3"]
    assert figure.rows == (*figure.parts, whole)


def test_figure_is_computed_where_the_whole_period_is_not_stated() -> None:
    figure = _figure(*_quarters("40", "60", "80"))
    assert (figure.stated, figure.value, figure.is_computed) == (None, Decimal(60), True)
    assert figure.rows == figure.parts


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="no measurement"),
        pytest.param([_row("2023", "5"), _row("2025-Q1", "5")], id="other years only"),
        pytest.param([_row("2024-Q1", None)], id="an empty quarter"),
        pytest.param([_row("2024", None)], id="an empty year"),
        pytest.param([_row("2024", None), _row("2024-Q1", "5")], id="an empty year wins over its quarter"),
    ],
)
def test_figure_of_nothing_is_absent_and_not_zero(rows: list[Measurement]) -> None:
    figure = _figure(*rows)
    assert figure.value is None
    assert not figure.is_computed
    assert not figure.contradicts_its_parts
    assert not figure.counts_empty_as_zero


def test_figure_that_cannot_be_combined_is_not_computed() -> None:
    figure = _figure(*_quarters("40", "60"), metric=_metric(Aggregation.NONE))
    assert figure.value is None
    assert len(figure.parts) == 2


def test_figure_of_a_half_looks_at_its_own_quarters() -> None:
    figure = _figure(*_quarters("40", "60", "80", "100"), _row("2024", "1"), period=Period.parse("2024-H2"))
    assert figure.value == 90


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        pytest.param([_row("2024", "7", project=1), _row("2024", "9")], "9", id="all together come first"),
        pytest.param([_row("2024", "7", project=1), _row("2024-Q1", "9")], "9", id="also a part of them"),
        pytest.param([_row("2024", "7", project=1)], "7", id="a single project is the metric's"),
        pytest.param([_row("2024", "7", project=1), _row("2024", "8", project=2)], None, id="two are not"),
        pytest.param(
            [_row("2024-Q1", "7", project=1), _row("2024-Q2", "8", project=2)], None, id="nor in two quarters"
        ),
        pytest.param(
            [_row("2024", "7", project=1), _row("2023", "8", project=2)], "7", id="other years do not count"
        ),
    ],
)
def test_figure_is_that_of_all_projects_together(rows: list[Measurement], value: str | None) -> None:
    assert _figure(*rows).value == (None if value is None else Decimal(value))


def test_figure_of_percentages_is_pooled_in_percent() -> None:
    rows = [
        _row("2024-Q1", "62", numerator=Decimal(5), denominator=Decimal(8)),
        _row("2024-Q2", "90", numerator=Decimal(36), denominator=Decimal(40)),
    ]
    percentage = _figure(*rows, metric=_metric(Aggregation.POOLED, Unit.PERCENT))
    assert percentage.value == Decimal(41) / 48 * 100
    assert _figure(*rows, metric=_metric(Aggregation.POOLED, Unit.DAY)).value == Decimal(41) / 48


@pytest.mark.parametrize(
    ("stated", "quarters", "counts_as_zero", "contradicts"),
    [
        pytest.param("60", ("30", None, "60", "90"), False, False, id="the mean of what was measured"),
        pytest.param("45", ("30", None, "60", "90"), True, False, id="the empty quarter counted as zero"),
        pytest.param("50", ("30", None, "60", "90"), False, True, id="neither"),
        pytest.param("45", ("30", "0", "60", "90"), False, False, id="a measured zero is no empty quarter"),
        pytest.param("46", ("30", "0", "60", "90"), False, True, id="one more than its parts"),
        pytest.param("0", ("0", None), False, False, id="no difference, no caveat"),
        pytest.param("60", (), False, False, id="no parts to hold it against"),
        pytest.param("33", ("33.4", "33.2", "33.4", "33.2"), False, False, id="rounded"),
        pytest.param("50", ("30", "60", "90"), False, False, id="a quarter is missing"),
    ],
)
def test_stated_figure_is_held_against_its_parts(
    stated: str, quarters: tuple[str | None, ...], counts_as_zero: bool, contradicts: bool
) -> None:
    figure = _figure(*_quarters(*quarters), _row("2024", stated))
    assert figure.counts_empty_as_zero is counts_as_zero
    assert figure.contradicts_its_parts is contradicts


@pytest.mark.parametrize(
    ("qualifier", "contradicts"),
    [
        (Qualifier.EXACTLY, True),
        (Qualifier.AT_LEAST, False),
        (Qualifier.ABOUT, False),
        (Qualifier.AT_MOST, True),
    ],
)
def test_stated_figure_may_differ_as_far_as_its_qualifier_says(qualifier: str, contradicts: bool) -> None:
    figure = _figure(*_quarters("60", "64", "60", "64"), _row("2024", "60", qualifier=qualifier))
    assert figure.contradicts_its_parts is contradicts


@pytest.mark.parametrize(
    ("periods", "is_complete"),
    [
        ("", False),
        ("2024-Q1 2024-Q2 2024-Q3", False),
        ("2024-Q1 2024-Q2 2024-Q3 2024-Q4", True),
        ("2024-H1 2024-H2", True),
        ("2024-H1 2024-Q3 2024-Q4", False),
        ("2024", False),
    ],
)
def test_figure_is_complete_when_no_part_of_the_period_is_missing(periods: str, is_complete: bool) -> None:
    assert _figure(*(_row(period, "1") for period in periods.split())).is_complete is is_complete


def test_readings_show_every_way_and_mark_the_metrics_own() -> None:
    figure = _figure(*_quarters("30", None, "60", "90"))
    readings = [(reading.label, reading.value, reading.is_own) for reading in figure.readings]
    assert readings == [
        ("sum of the periods", Decimal(180), False),
        ("mean of the periods", Decimal(60), True),
        ("value of the last period", Decimal(90), False),
        ("mean, empty periods counted as zero", Decimal(45), False),
    ]


def test_readings_need_at_least_two_parts() -> None:
    assert _figure(*_quarters("30")).readings == ()
    assert _figure().readings == ()
    assert [reading.value for reading in _figure(*_quarters("30", "40")).readings] == [70, 35, 40]
    assert _figure(*_quarters(None, None)).readings == ()
