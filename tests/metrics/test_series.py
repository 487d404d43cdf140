from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from metrics.aggregation import Aggregation
from metrics.models import Metric
from metrics.series import MetricSeries, SeriesYear, find_series
from metrics.units import Unit
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

QUARTERS = ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4")


def _series(owner: Account, slug: str = "rate", **options: int | None) -> MetricSeries:
    with owner_scope(owner):
        found = find_series(slug=slug, **options)
    assert found is not None
    return found


def _rate(owner: Account, name: str = "Rate", unit: str = Unit.PERCENT, **fields: Any) -> Metric:  # noqa: ANN401
    return make.create_metric(owner=owner, name=name, unit=unit, aggregation=Aggregation.MEAN, **fields)


def _years(series: MetricSeries) -> list[tuple[int, str, Decimal | None]]:
    return [(each.year, each.metric.name, each.figure.value) for each in series.years]


def _slots(year: SeriesYear) -> list[tuple[str, str]]:
    kinds = {None: "not recorded"}
    return [
        (
            str(slot.period),
            "empty" if slot.is_empty else kinds.get(slot.measurement, "measured"),  # type: ignore[arg-type]
        )
        for slot in year.slots
    ]


def test_a_year_holds_what_is_stated_what_is_computed_and_every_other_reading(owner: Account) -> None:
    rate = _rate(owner)
    make.create_measurement(owner=owner, metric=rate, period="2024", value=80)
    for period, value, parts in zip(
        QUARTERS, (50, 75, 100, 25), ((1, 2), (3, 4), (4, 4), (1, 4)), strict=True
    ):
        make.create_measurement(
            owner=owner,
            metric=rate,
            period=period,
            value=value,
            numerator=parts[0],
            denominator=parts[1],
        )

    (year,) = _series(owner).years

    assert year.figure.value == 80
    assert year.figure.folded.computed == Decimal("62.5")
    assert year.figure.folded.pooled == Decimal(9) / 14 * 100
    assert [str(row.period) for row in year.measurements] == ["2024", *QUARTERS]


def test_an_empty_quarter_and_one_nobody_recorded_are_told_apart(owner: Account) -> None:
    rate = _rate(owner)
    make.create_measurement(owner=owner, metric=rate, period="2024-Q1", value=0)
    make.create_measurement(owner=owner, metric=rate, period="2024-Q3", value=None)

    (year,) = _series(owner).years

    assert _slots(year) == [
        ("2024-Q1", "measured"),
        ("2024-Q2", "not recorded"),
        ("2024-Q3", "empty"),
        ("2024-Q4", "not recorded"),
    ]
    assert year.figure.value == 0


def test_months_beside_quarters_stand_after_them(owner: Account) -> None:
    rate = _rate(owner)
    for period in ("2024", "2024-Q1", "2024-02"):
        make.create_measurement(owner=owner, metric=rate, period=period)

    assert [period for period, _kind in _slots(_series(owner).years[0])] == [*QUARTERS, "2024-02"]


def test_years_without_a_figure_are_gaps_between_the_first_and_the_last(owner: Account) -> None:
    rate = _rate(owner)
    for period in ("2021", "2024-Q2"):
        make.create_measurement(owner=owner, metric=rate, period=period, value=12)

    series = _series(owner)

    assert _years(series) == [
        (2021, "Rate", 12),
        (2022, "Rate", None),
        (2023, "Rate", None),
        (2024, "Rate", 12),
    ]
    assert [each.is_absent for each in series.years] == [False, True, True, False]
    assert series.latest is series.years[-1]


def test_the_definitions_before_lead_up_to_a_break(owner: Account) -> None:
    oldest = _rate(owner, "Oldest")
    older = _rate(owner, "Older", unit=Unit.COUNT, supersedes=oldest)
    rate = _rate(owner, "Rate", supersedes=older, definition_change="Deployments now.")
    for metric, period in ((oldest, "2020"), (older, "2021"), (rate, "2022-Q2"), (older, "2022")):
        make.create_measurement(owner=owner, metric=metric, period=period, value=5)

    series = _series(owner)

    assert _years(series) == [(2020, "Oldest", 5), (2021, "Older", 5), (2022, "Older", 5), (2022, "Rate", 5)]
    first, second = series.breaks
    assert (str(first.at), str(second.at)) == ("2021", "2022-Q2")
    assert (first.is_same_unit, second.is_same_unit) == (False, False)
    assert (first.text, second.text) == ("", "Deployments now.")
    assert [each.name for each in _series(owner, "older").successors] == ["Rate"]
    assert [each.name for each in _series(owner, "older").definitions] == ["Oldest", "Older"]


def test_definitions_that_supersede_each_other_end(owner: Account) -> None:
    rate = _rate(owner)
    other = _rate(owner, "Other", supersedes=rate)
    rate.supersedes = other
    with owner_scope(owner):
        rate.save()

    assert [each.name for each in _series(owner).definitions] == ["Other", "Rate"]


def test_projects_stand_apart_the_latest_measured_first(owner: Account) -> None:
    rate = _rate(owner)
    harbour, quay = (make.create_project(owner=owner, name=name) for name in ("Harbour", "Quay"))
    make.create_measurement(owner=owner, metric=rate, period="2024-Q1", value=50)
    for project, period in ((quay, "2022"), (quay, "2024-Q1"), (harbour, "2024-Q1"), (harbour, "2024-Q2")):
        make.create_measurement(owner=owner, metric=rate, period=period, project=project, value=40)

    series = _series(owner)

    assert [line.project.name for line in series.projects] == ["Harbour", "Quay"]
    assert [year.year for year in series.projects[1].years] == [2022, 2023, 2024]
    assert [(each.year, each.projects, each.figure.value) for each in series.years] == [
        (2022, 1, 40),
        (2023, 0, None),
        (2024, 2, 50),
    ]
    assert len(series.measurements) == 5


def test_figures_of_several_projects_alone_are_not_the_metrics(owner: Account) -> None:
    rate = _rate(owner)
    for name in ("Harbour", "Quay"):
        project = make.create_project(owner=owner, name=name)
        make.create_measurement(owner=owner, metric=rate, period="2024", project=project)

    (year,) = _series(owner).years

    assert (year.figure.value, year.measurements, year.projects, year.is_absent) == (None, (), 2, False)


def test_too_many_figures_of_projects_are_cut_at_a_year(owner: Account) -> None:
    rate, project = _rate(owner), make.create_project(owner=owner)
    for period in ("2022", "2023-Q1", "2023-Q2", "2024-Q1", "2024-Q2"):
        make.create_measurement(owner=owner, metric=rate, project=project, period=period)

    def kept(most: int | None) -> tuple[list[int], bool]:
        series = _series(owner, most_of_projects=most)
        return [year.year for line in series.projects for year in line.years], series.is_cut

    assert kept(3) == ([2024], True)
    assert kept(1) == ([2024], True)
    assert kept(5) == kept(None) == ([2022, 2023, 2024], False)


def test_a_metric_never_measured_has_no_years(owner: Account) -> None:
    _rate(owner)

    series = _series(owner)

    assert (series.years, series.projects, series.latest, series.breaks) == ((), (), None, ())


def test_a_metric_of_somebody_else_is_none_at_all(owner: Account, stranger: Account) -> None:
    _rate(owner)
    with owner_scope(stranger):
        assert find_series(slug="rate") is None


@pytest.mark.parametrize("number", [1, 12], ids=["1-project", "12-projects"])
def test_a_series_takes_three_queries(
    owner: Account, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rate = _rate(owner, supersedes=_rate(owner, "Older"))
    source = make.create_document(owner=owner)
    for place in range(number):
        project = make.create_project(owner=owner, name=f"project {place}")
        for period in QUARTERS:
            make.create_measurement(owner=owner, metric=rate, period=period, project=project, source=source)

    with owner_scope(owner), django_assert_num_queries(3):  # metrics; all projects together; single projects
        series = find_series(slug="rate")
        assert series is not None
        for row in series.measurements:
            str(row.metric), str(row.project), str(row.source), row.metric.supersedes
