from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from careertrack.kpis import KpiTable, cut_to, headlines, kpi_tables
from goals.comparisons import outcomes_of
from goals.evaluation import Aim
from metrics.aggregation import Aggregation
from metrics.models import Measurement, Metric
from metrics.units import Direction, Unit
from records.models import Account
from records.ownership import owner_scope
from records.periods import Precision
from tests import factories as make


@pytest.fixture
def measured(owner: Account) -> Any:  # noqa: ANN401
    """`measured(metric, {"2024-Q1": 3}, project=…)` stores figures of a metric."""

    def _measured(metric: Metric, figures: dict[str, Any], **fields: Any) -> None:  # noqa: ANN401
        for period, value in figures.items():
            make.create_measurement(owner=owner, metric=metric, period=period, value=value, **fields)

    return _measured


def _tables(owner: Account, *, year: int = 2024) -> tuple[KpiTable, ...]:
    with owner_scope(owner):
        rows = list(
            Measurement.objects.in_years(year - 1, year).select_related("metric__supersedes", "project")
        )
        return kpi_tables(year=year, measurements=rows, metrics={row.metric_id: row.metric for row in rows})


def test_metrics_share_a_table_with_those_followed_in_the_same_periods(owner: Account, measured: Any) -> None:  # noqa: ANN401
    for name, periods in {
        "quarterly": ["2024-Q1", "2024-Q3"],
        "half-yearly": ["2024-H1", "2024"],
        "monthly": ["2024-09"],
        "yearly": ["2024"],
    }.items():
        measured(make.create_metric(owner=owner, name=name), dict.fromkeys(periods, 1))

    tables = _tables(owner)

    assert [(table.precisions, [line.metric.name for line in table.lines]) for table in tables] == [
        ((Precision.QUARTER,), ["quarterly"]),
        ((Precision.HALF,), ["half-yearly"]),
        ((Precision.MONTH,), ["monthly"]),
        ((), ["yearly"]),
    ]
    assert [[str(period) for period in table.columns] for table in tables] == [
        ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"],
        ["2024-H1", "2024-H2"],
        ["2024-09"],
        [],
    ]


def test_a_metric_followed_through_the_months_has_all_twelve_columns(owner: Account, measured: Any) -> None:  # noqa: ANN401
    metric = make.create_metric(owner=owner)
    measured(metric, {f"2024-{month:02}": 1 for month in (1, 2, 3, 7)})
    assert len(_tables(owner)[0].columns) == 12


@pytest.mark.parametrize(
    ("direction", "unit", "first", "second", "change", "trend"),
    [
        pytest.param(Direction.UP, Unit.PERCENT, 62, 75, 13, "better", id="higher-is-better"),
        pytest.param(Direction.DOWN, Unit.DAY, 14, 37, 23, "worse", id="lower-is-better"),
        pytest.param(Direction.DOWN, Unit.DAY, 37, 14, -23, "better", id="lower-is-better-and-it-fell"),
        pytest.param(Direction.NEUTRAL, Unit.COUNT, 10, 47, 37, "", id="neither-is-better"),
        pytest.param(Direction.UP, Unit.COUNT, 0, 0, 0, "same", id="unchanged"),
    ],
)
def test_a_step_names_the_way_it_goes(
    owner: Account,
    measured: Any,  # noqa: ANN401
    direction: str,
    unit: str,
    first: int,
    second: int,
    change: int,
    trend: str,
) -> None:
    metric = make.create_metric(owner=owner, direction=direction, unit=unit)
    measured(metric, {"2024-Q1": first, "2024-Q2": second})

    step = _tables(owner)[0].lines[0].cells[1].step

    assert step is not None
    assert (step.value, step.trend) == (change, trend)


def test_the_first_quarter_steps_from_the_last_of_the_year_before(owner: Account, measured: Any) -> None:  # noqa: ANN401
    metric = make.create_metric(owner=owner)
    measured(metric, {"2023-Q4": 5, "2024-Q1": 8})

    step = _tables(owner)[0].lines[0].cells[0].step

    assert step is not None
    assert (step.value, str(step.since)) == (3, "2023-Q4")


def test_nothing_to_measure_is_no_figure_to_step_from(owner: Account, measured: Any) -> None:  # noqa: ANN401
    metric = make.create_metric(owner=owner)
    measured(metric, {"2024-Q1": None, "2024-Q2": 3, "2024-Q4": 4})

    cells = _tables(owner)[0].lines[0].cells

    assert [cell.measurement is not None for cell in cells] == [True, True, False, True]
    assert [cell.step for cell in cells] == [None, None, None, None]


def test_a_stated_change_is_told_where_it_is_not_the_step(owner: Account) -> None:
    metric = make.create_metric(owner=owner, unit=Unit.PERCENT, aggregation=Aggregation.MEAN)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=62)
    for period, value, change in (("2024-Q2", 75, 13), ("2024-Q3", 88, 12)):
        make.create_measurement(
            owner=owner,
            metric=metric,
            period=period,
            value=value,
            stated_change=Decimal(change),
            stated_change_unit=Unit.PERCENTAGE_POINT,
        )

    cells = _tables(owner)[0].lines[0].cells

    assert [cell.is_stated_step for cell in cells] == [False, False, True, False]


def test_stated_and_computed_year_stand_side_by_side_and_against_the_year_before(
    owner: Account,
    measured: Any,  # noqa: ANN401
) -> None:
    metric = make.create_metric(owner=owner)
    measured(metric, {"2023": 38, "2024-Q1": 100, "2024-Q2": 200, "2024": 303})

    line = _tables(owner)[0].lines[0]

    assert line.whole.measurement is not None
    assert (line.whole.measurement.value, line.computed) == (303, 300)
    assert line.step is not None
    assert line.step.value == 265


def test_projects_are_opened_below_their_metric_and_lose_no_figure(owner: Account, measured: Any) -> None:  # noqa: ANN401
    metric = make.create_metric(owner=owner)
    measured(metric, {"2024-Q1": 5, "2024": 9})
    for name in ("Quay", "Dock"):
        project = make.create_project(owner=owner, name=name)
        measured(metric, {"2024-Q1": 2, "2024": 4}, project=project)

    line = _tables(owner)[0].lines[0]

    assert [each.project.name for each in line.projects] == ["Dock", "Quay"]
    assert len(line.measurements) == 6


def test_a_metric_of_one_project_only_speaks_for_it(owner: Account, measured: Any) -> None:  # noqa: ANN401
    project = make.create_project(owner=owner, name="Quay")
    measured(make.create_metric(owner=owner), {"2024": 30}, project=project)

    line = _tables(owner)[0].lines[0]

    assert (line.only_project, line.figure.value, line.projects) == (project, 30, ())


def test_a_figure_by_another_definition_is_named_and_not_compared(owner: Account, measured: Any) -> None:  # noqa: ANN401
    former = make.create_metric(owner=owner, name="Projects on time", unit=Unit.PERCENT)
    metric = make.create_metric(owner=owner, name="Deployments on time", unit=Unit.PERCENT, supersedes=former)
    measured(former, {"2023": 62})
    measured(metric, {"2024": 80})

    line = _tables(owner)[0].lines[0]

    assert line.step is None
    assert line.superseded is not None
    assert (line.superseded.metric, line.superseded.value) == (former, 62)


def test_headlines_prefer_what_a_goal_asked_for(owner: Account, measured: Any) -> None:  # noqa: ANN401
    metrics = [make.create_metric(owner=owner, name=f"metric {n}") for n in range(4)]
    for metric in metrics:
        measured(metric, {"2024": 1})
    make.create_goal(owner=owner, metric=metrics[3], aim=Aim.AT_LEAST, target=3)
    with owner_scope(owner):
        rows = list(Measurement.objects.in_years(2024).select_related("metric__supersedes", "project"))
        goal = type(make.create_goal(owner=owner)).objects.with_results().get(metric=metrics[3])
        tables = kpi_tables(
            year=2024,
            measurements=rows,
            metrics={row.metric_id: row.metric for row in rows},
            outcomes=outcomes_of(goals=[goal]),
        )

    assert [line.metric.name for line in headlines(tables, most=2)] == ["metric 3", "metric 0"]


def test_tables_are_cut_to_the_lines_that_say_most_and_empty_ones_go(owner: Account, measured: Any) -> None:  # noqa: ANN401
    measured(make.create_metric(owner=owner, name="followed"), {"2024-Q1": 1, "2024-Q2": 2})
    measured(make.create_metric(owner=owner, name="yearly"), {"2024": 1})
    tables = _tables(owner)
    assert [line.metric.name for table in cut_to(tables, most=1) for line in table.lines] == ["followed"]
    assert cut_to(tables, most=2) == tables
