from __future__ import annotations

from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from metrics.grid import RECENT_COLUMNS, ROWS_PER_PAGE, Grid, Selection, find_grid
from metrics.models import Metric
from metrics.units import Unit
from metrics.views import quarter_to_enter
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from tests import factories as make


def _grid(owner: Account, period: str = "2025-Q1", query: str = "") -> Grid:
    with owner_scope(owner):
        return find_grid(period=Period.parse(period), selection=Selection.of(QueryDict(query)))


def _shape(grid: Grid) -> tuple[list[str], list[str]]:
    return [line.metric.name for line in grid.lines], [project.name for project in grid.columns]


def _measure(owner: Account, name: str, period: str, project: str = "", value: int = 5) -> Metric:
    metric = make.create_metric(owner=owner, name=name)
    where = make.create_project(owner=owner, name=project) if project else None
    make.create_measurement(owner=owner, metric=metric, period=period, project=where, value=value)
    return metric


def test_what_was_used_in_the_last_periods_is_shown_unasked(owner: Account) -> None:
    _measure(owner, "Recent", "2024-Q1", "Harbour")
    _measure(owner, "Long ago", "2023-Q4", "Quay")
    _measure(owner, "Of a year", "2024", "Dam")
    make.create_metric(owner=owner, name="Never")

    grid = _grid(owner)

    assert _shape(grid) == (["Recent"], ["Harbour"])
    assert grid.is_recent
    assert [each.name for each in grid.metrics] == ["Recent", "Long ago", "Never", "Of a year"]
    assert _shape(_grid(owner, "2024")) == (["Of a year"], ["Dam"])


def test_all_metrics_are_shown_where_none_was_used_lately(owner: Account) -> None:
    make.create_metric(owner=owner, name="Never")

    grid = _grid(owner)

    assert (_shape(grid), grid.is_recent) == ((["Never"], []), False)


def test_what_is_chosen_is_shown_and_nothing_else(owner: Account) -> None:
    _measure(owner, "Recent", "2024-Q4", "Harbour")
    make.create_metric(owner=owner, name="Never")
    make.create_project(owner=owner, name="Quay")

    assert _shape(_grid(owner, query="metric=never&project=quay")) == (["Never"], ["Quay"])
    assert _shape(_grid(owner, query="text=NEV")) == (["Never"], ["Harbour"])
    assert _shape(_grid(owner, query="metric=nosuch&project=x%00")) == ([], ["Harbour"])


def test_a_cell_shows_the_figure_and_that_of_the_period_before(owner: Account) -> None:
    rate = make.create_metric(owner=owner, name="Rate", unit=Unit.PERCENT)
    for period, value, parts in (("2024-Q4", 50, (1, 2)), ("2025-Q1", 62, (25, 40))):
        make.create_measurement(
            owner=owner, metric=rate, period=period, value=value, numerator=parts[0], denominator=parts[1]
        )

    (line,) = _grid(owner).lines

    assert [(cell.name, cell.text, cell.before) for cell in line.cells] == [
        ("figure:rate:", "62 (25/40)", "50%")
    ]
    assert line.cells[0].label == "Rate, all projects"


def test_columns_used_lately_without_room_are_counted(owner: Account) -> None:
    metric = make.create_metric(owner=owner)
    for place in range(RECENT_COLUMNS + 2):
        project = make.create_project(owner=owner, name=f"p{place:02}")
        make.create_measurement(owner=owner, metric=metric, project=project, period="2024-Q4")

    grid = _grid(owner)

    assert (len(grid.columns), grid.others) == (RECENT_COLUMNS, 2)


def test_a_period_leads_to_its_neighbours_and_to_longer_and_shorter_ones(owner: Account) -> None:
    def beside(text: str) -> tuple[str, ...]:
        grid = _grid(owner, text)
        return (str(grid.previous), *map(str, grid.beside), str(grid.following))

    assert beside("2025-Q1") == (
        "2024-Q4", "2025", "2025-H1", "2025-Q1", "2025-01", "2025-02", "2025-03", "2025-Q2",
    )  # fmt: skip
    assert beside("2025-12") == ("2025-11", "2025", "2025-H2", "2025-Q4", "2025-12", "2026-01")
    assert beside("2199") == ("2198", "2199", "2199-H1", "2199-H2", "None")
    assert beside("1900-Q1")[0] == "None"


@pytest.mark.parametrize(
    ("today", "quarter"),
    [("2026-03-16", "2025-Q4"), ("2026-03-18", "2026-Q1"), ("2026-05-01", "2026-Q1")],
)
def test_a_quarter_is_entered_from_two_weeks_before_its_end(today: str, quarter: str) -> None:
    assert str(quarter_to_enter(Period.parse(today).first_day)) == quarter


@pytest.mark.parametrize(
    "path",
    ["2025-Q5", "2025-13", "2025-H3", "2025-Q1-01", "2025-01-01", "25-Q1", "2025Q1", "2300", "2025-q1"],
)
def test_what_is_no_period_has_no_grid(owner_client: Client, path: str) -> None:
    assert owner_client.get(f"/metrics/enter/{path}/").status_code == 404


def test_an_account_without_metrics_is_told_what_one_is(owner_client: Client) -> None:
    text = owner_client.get("/metrics/enter/2025-Q1/").content.decode()

    assert "No metric is recorded yet" in text
    assert "<table" not in text


def test_a_page_holds_so_many_metrics_and_leads_to_the_next(owner: Account, owner_client: Client) -> None:
    for place in range(ROWS_PER_PAGE + 1):
        _measure(owner, f"m{place:02}", "2025-Q1")

    text = owner_client.get("/metrics/enter/2025-Q1/").content.decode()

    assert text.count('<input name="figure:') == ROWS_PER_PAGE
    assert "Page 1 of 2" in text
    second = owner_client.get("/metrics/enter/2025-Q1/?page=2").content.decode()
    assert f'name="figure:m{ROWS_PER_PAGE}:"' in second


@pytest.mark.parametrize("number", [1, 20], ids=["1-metric", "20-metrics"])
def test_the_grid_asks_as_many_queries_whatever_it_shows(
    owner: Account, owner_client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        for period in ("2024-Q4", "2025-Q1"):
            make.create_measurement(
                owner=owner,
                metric=make.create_metric(owner=owner, name=f"m{place} {period}"),
                project=make.create_project(owner=owner, name=f"p{place} {period}"),
                period=period,
            )

    # session and account; metrics offered; projects offered; number of metrics; metrics of the page; figures
    # marks: what figures refer to; mentions and changes; which figures of other projects may contradict; measurements
    with django_assert_num_queries(10):
        assert owner_client.get("/metrics/enter/2025-Q1/").status_code == 200


def test_names_in_any_language_travel_through_the_form(owner: Account, owner_client: Client) -> None:
    make.create_metric(owner=owner, name="완료율", unit=Unit.PERCENT)
    make.create_project(owner=owner, name="수자원공사")
    address = f"/metrics/enter/2025-Q1/?metric={quote('완료율')}&project={quote('수자원공사')}"

    owner_client.post(address, {"seen": "{}", "figure:완료율:수자원공사": "25/40"})

    assert 'name="figure:완료율:수자원공사" value="25/40"' in owner_client.get(address).content.decode()
