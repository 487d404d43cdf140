from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from metrics.aggregation import Aggregation
from metrics.lines import LineChart, charts_of, charts_of_projects
from metrics.models import Measurement, Metric
from metrics.scales import HEIGHT, Target
from metrics.series import MetricSeries, series_of
from metrics.units import Unit
from projects.models import Project
from records.periods import Period

Row = tuple[str, str | None]
maybe_figures = st.none() | st.decimals(-1_000_000, 1_000_000, places=4)


def _metric(pk: int = 1, *, aggregation: str = Aggregation.MEAN, unit: str = Unit.PERCENT) -> Metric:
    return Metric(pk=pk, name=f"Rate <{pk}>", unit=unit, aggregation=aggregation)


def _rows(metric: Metric, rows: Iterable[Row], project: Project | None = None) -> list[Measurement]:
    return [
        Measurement(
            pk=hash((metric.pk, period, project and project.pk)),
            metric=metric,
            period=Period.parse(period),
            value=None if value is None else Decimal(value),
            project=project,
        )
        for period, value in rows
    ]


def _series(*rows: Row, metric: Metric | None = None) -> MetricSeries:
    metric = metric or _metric()
    return series_of(metric=metric, definitions=[metric], measurements=_rows(metric, rows))


def _only(series: MetricSeries, targets: Iterable[Target] = ()) -> LineChart:
    (chart,) = charts_of(series, targets=tuple(targets))
    return chart


def test_points_are_as_high_as_their_figures_and_stand_in_their_periods() -> None:
    chart = _only(_series(("2024-Q1", "50"), ("2024-Q2", "100"), ("2024-Q4", "0")))

    tops = {point.words: point.y for point in chart.points}
    assert tops["Q2 2024: 100%"] == chart.ceiling
    assert tops["Q4 2024: 0%"] == chart.zero == chart.floor
    assert tops["Q1 2024: 50%"] == (chart.zero + chart.ceiling) // 2
    assert [round(point.x) for point in chart.points] == [14, 38, 86]
    assert [point.text for point in chart.points] == ["50%", "100%", "0%"]


def test_absence_is_a_gap_and_an_empty_quarter_is_told() -> None:
    chart = _only(
        _series(("2023-Q4", "1"), ("2024-Q1", "2"), ("2024-Q2", None), ("2024-Q3", "3"), ("2025-Q1", "4"))
    )

    assert [(stroke.x1, stroke.x2) for stroke in chart.strokes] == [(chart.points[0].x, chart.points[1].x)]
    assert [hole.words for hole in chart.holes] == ["Q2 2024: nothing to measure"]
    assert len(chart.points) == 4
    assert "Q2 2024: nothing to measure" in chart.words


def test_a_year_lies_among_its_quarters_unless_it_is_their_sum() -> None:
    rows = [("2023", "38"), ("2024", "90"), ("2024-Q1", "149"), ("2024-Q2", "10")]
    mean = _only(_series(*rows))
    assert [point.is_year for point in mean.points] == [True, False, False]
    assert [(level.kind, level.words) for level in mean.levels] == [("year", "2024: 90%")]

    years, parts = charts_of(_series(*rows, metric=_metric(aggregation=Aggregation.SUM)))
    assert [point.words for point in years.points] == ["2023: 38%", "2024: 90%"]
    assert [point.words for point in parts.points] == ["Q1 2024: 149%", "Q2 2024: 10%"]


def test_a_year_nobody_stated_is_drawn_as_computed() -> None:
    chart = _only(_series(("2024-Q1", "50"), ("2024-Q2", "100")))

    assert [level.words for level in chart.levels] == ["2024: 75%"]


def test_targets_and_baselines_lie_over_their_period() -> None:
    chart = _only(
        _series(("2024-Q1", "50")),
        [
            Target(period=Period(2025), value=Decimal(80), upper=Decimal(90)),
            Target(period=Period.parse("2024-H2"), value=Decimal(62), is_baseline=True),
        ],
    )

    band, baseline, _year = chart.levels
    assert (band.kind, band.words, band.height > 0) == ("target", "2025: target 80% – 90%", True)
    assert (baseline.kind, baseline.words, baseline.height) == ("baseline", "H2 2024: baseline 62%", 0)
    assert band.x1 == baseline.x2 == 50.07
    assert [tick.label for tick in chart.ticks] == ["2024", "2025"]


def test_a_new_definition_cuts_the_line() -> None:
    old, new = _metric(1), _metric(2)
    rows = [*_rows(old, [("2022", "60"), ("2023", "62")]), *_rows(new, [("2024", "80"), ("2025", "81")])]
    series = series_of(metric=new, definitions=[old, new], measurements=rows)

    chart = _only(series)

    assert [cut.words for cut in chart.cuts] == ["2024: definition changed"]
    assert [point.is_old for point in chart.points] == [True, True, False, False]
    assert [stroke.is_old for stroke in chart.strokes] == [True, False]
    # Its words stand above the figures.
    plain = _only(series_of(metric=new, definitions=[new], measurements=rows[2:]))
    assert chart.ceiling - plain.ceiling == 16


def test_an_earlier_definition_in_another_unit_is_not_drawn() -> None:
    old, new = _metric(1, unit=Unit.COUNT), _metric(2)
    rows = [*_rows(old, [("2023", "60")]), *_rows(new, [("2024", "80")])]
    chart = _only(series_of(metric=new, definitions=[old, new], measurements=rows))

    assert ([point.words for point in chart.points], chart.cuts) == (["2024: 80%"], ())


def test_of_many_points_the_highest_the_lowest_and_the_last_say_their_figure() -> None:
    values = ["50.55", "60.55", "10.55", "90.55", "55.55", "56.55", "57.55", "58.55", "59.55"]
    chart = _only(_series(*((f"2024-0{n}", value) for n, value in enumerate(values, start=1))))

    assert [point.text for point in chart.points if point.text] == ["10.6%", "90.6%", "59.6%"]
    assert len(chart.points) == 9


def test_projects_share_one_scale() -> None:
    metric = _metric()
    harbour, quay = Project(pk=1, name="Harbour"), Project(pk=2, name="Quay")
    rows = [
        *_rows(metric, [("2023-Q1", "100")], harbour),
        *_rows(metric, [("2024-Q4", "50"), ("2024-Q3", None)], quay),
    ]
    series = series_of(metric=metric, definitions=[metric], measurements=rows)

    charts = {line.project.name: chart for line, chart in charts_of_projects(series, series.projects)}

    assert charts["Harbour"].points[0].y == charts["Harbour"].ceiling
    assert charts["Quay"].points[0].y == (charts["Quay"].ceiling + charts["Quay"].zero) // 2
    assert charts["Harbour"].ticks == charts["Quay"].ticks
    assert len({chart.name for chart in charts.values()}) == 2


def test_a_metric_without_a_figure_has_no_picture() -> None:
    assert charts_of(_series()) == charts_of(_series(("2024", None))) == ()


@given(values=st.lists(maybe_figures, min_size=1, max_size=12))
def test_everything_stays_inside_of_the_picture(values: list[Decimal | None]) -> None:
    rows = [
        (f"2024-{n:02}", None if value is None else str(value)) for n, value in enumerate(values, start=1)
    ]
    for chart in charts_of(_series(*rows)):
        for point in chart.points:
            assert chart.ceiling <= point.y <= chart.floor < HEIGHT
            assert 0 <= point.x <= 100
        assert chart.ceiling <= chart.zero <= chart.floor
        assert len(chart.points) == sum(value is not None for value in values)


def test_the_picture_says_in_words_what_it_shows_and_escapes_names() -> None:
    chart = _only(_series(("2024-Q1", "50"), ("2024-Q2", None)))

    drawn = render_to_string("partials/line.svg", {"chart": chart})

    assert "Rate &lt;1&gt; over time" in drawn
    assert "Q1 2024: 50%; Q2 2024: nothing to measure; 2024: 50%" in drawn
    assert 'role="img" aria-labelledby="parts-title parts-desc"' in drawn
    assert "style=" not in drawn
