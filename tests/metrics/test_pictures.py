from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.aggregation import Aggregation
from metrics.figures import Figure, figure_of
from metrics.models import Measurement, Metric
from metrics.pictures import HEIGHT, WIDTH, bar_chart
from metrics.templatetags.figures import difference, figure, percentage, period_bars, signed
from metrics.units import Unit
from records.periods import Period, Precision

maybe_figures = st.none() | st.decimals(-1_000_000, 1_000_000, places=4)


def _figure(*values: Decimal | str | None, precision: Precision = Precision.QUARTER) -> Figure:
    metric = Metric(name="Coverage <all>", unit=Unit.PERCENT, aggregation=Aggregation.MEAN)
    rows = [
        Measurement(period=period, value=None if value is None else Decimal(value))
        for period, value in zip(Period(2024).split(precision), values, strict=False)
    ]
    return figure_of(metric=metric, period=Period(2024), measurements=rows)


def test_bars_are_as_high_as_their_figures() -> None:
    chart = bar_chart(figure=_figure("20", "40", "0", "80"), target=None, baseline=None)
    tallest = chart.bars[3].height
    assert [bar.height for bar in chart.bars] == [round(tallest / 4), round(tallest / 2), 0, tallest]
    assert [bar.label for bar in chart.bars] == ["Q1", "Q2", "Q3", "Q4"]
    assert [bar.text for bar in chart.bars] == ["20%", "40%", "0%", "80%"]
    assert chart.title == "Coverage <all>, 2024"
    assert (chart.target, chart.baseline) == (None, None)


def test_bar_of_an_empty_quarter_is_a_dash_and_not_a_zero() -> None:
    empty, zero = bar_chart(figure=_figure(None, "0"), target=None, baseline=None).bars
    assert (empty.is_empty, empty.text, empty.height) == (True, "–", 0)
    assert (zero.is_empty, zero.text, zero.height) == (False, "0%", 0)


def test_marks_stand_where_a_bar_of_their_figure_would_end() -> None:
    chart = bar_chart(figure=_figure("50", "100"), target=Decimal(50), baseline=Decimal(0))
    assert chart.target is not None
    assert chart.baseline is not None
    assert (chart.target.y, chart.target.text) == (chart.bars[0].y, "50%")
    assert (chart.baseline.y, chart.baseline.text) == (chart.floor, "0%")


def test_scale_reaches_up_to_a_target_above_all_bars() -> None:
    chart = bar_chart(figure=_figure("50"), target=Decimal(100), baseline=None)
    assert chart.target is not None
    assert chart.floor - chart.target.y == pytest.approx(2 * chart.bars[0].height, abs=1)


@pytest.mark.parametrize("values", [(), (None, None), ("0", "0")], ids=["no part", "nothing", "zeros"])
def test_chart_without_a_height_is_still_a_chart(values: tuple[str | None, ...]) -> None:
    chart = bar_chart(figure=_figure(*values), target=None, baseline=None)
    assert [bar.height for bar in chart.bars] == [0] * len(values)
    assert len(chart.bars) == len(values)


@given(st.lists(maybe_figures, max_size=12), maybe_figures, maybe_figures)
def test_everything_is_drawn_inside_the_picture_and_no_bar_over_another(
    values: list[Decimal | None], target: Decimal | None, baseline: Decimal | None
) -> None:
    precision = Precision.QUARTER if len(values) <= 4 else Precision.MONTH
    chart = bar_chart(figure=_figure(*values, precision=precision), target=target, baseline=baseline)
    assert (chart.width, chart.height) == (WIDTH, HEIGHT)
    assert len(chart.bars) == len(values)
    right = 0
    for bar, value in zip(chart.bars, values, strict=True):
        assert right <= bar.x < bar.x + bar.width <= WIDTH
        right = bar.x + bar.width
        assert bar.x < bar.middle < bar.x + bar.width
        assert 0 <= bar.y <= bar.y + bar.height == chart.floor < HEIGHT
        assert bar.is_empty is (value is None)
    for mark in (chart.target, chart.baseline):
        assert mark is None or 0 < mark.y <= chart.floor
    assert len({bar.label for bar in chart.bars}) == len(chart.bars)


def test_picture_says_in_words_what_it_shows_and_escapes_it() -> None:
    svg = period_bars(_figure("62.5", None), Decimal(90), Decimal(60))
    assert "<svg" in svg
    assert "Coverage &lt;all&gt;, 2024" in svg
    assert "<all>" not in svg
    for text in ("62.5%", "–", "90%", "60%", "Q1", "Q2"):
        assert text in svg
    assert "style=" not in svg  # the content security policy allows none


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (figure(Decimal("80.5"), Unit.PERCENT), "80.5%"),
        (figure(None, Unit.PERCENT), "–"),
        (difference(Decimal(13), Unit.PERCENT), "+13 pp"),
        (signed(Decimal(370), Unit.PERCENT), "+370%"),
        (signed(Decimal(-60), Unit.PERCENT), "−60%"),
        (signed(Decimal(3), Unit.TIMES), "3×"),
        (percentage(Decimal("1.005")), "101%"),
        (percentage(Decimal(1)), "100%"),
        (percentage(None), "–"),
    ],
)
def test_filters_of_templates_write_figures(written: str, text: str) -> None:
    assert written == text
