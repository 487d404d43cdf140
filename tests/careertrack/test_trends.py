from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careertrack.trends import Trends, find_trends
from goals.evaluation import Aim, Verdict
from goals.models import Goal
from metrics.models import Measurement
from metrics.references import read_references
from metrics.units import Direction
from projects.models import Activity
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make
from tests.statements import tables_asked


def _trends(owner: Account) -> Trends:
    with owner_scope(owner):
        return find_trends(references=read_references())


def _judged(owner: Account, verdict: str, **fields: Any) -> None:  # noqa: ANN401
    make.create_goal_result(owner=owner, goal=make.create_goal(owner=owner, **fields), verdict=verdict)


def test_a_hit_rate_is_taken_of_what_was_decided_and_the_rest_stands_beside(owner: Account) -> None:
    make.create_document(owner=owner, year=2024)
    for verdict in ("achieved", "partly", "missed", "missed", "no_evidence", "not_comparable"):
        _judged(owner, verdict)
    make.create_goal(owner=owner)  # words only: nobody has decided
    make.create_goal(owner=owner, due="2026")  # its document is to come

    first, second = _trends(owner).goal_years

    assert (first.rate.achieved, first.rate.decided, first.rate.due, first.rate.open) == (1, 4, 7, 3)
    assert first.rate.rate == Decimal("0.25")
    assert (second.rate.rate, second.rate.tally) == (None, ((Verdict.AWAITING, 1),))


def test_the_bar_of_a_year_is_as_long_as_its_share_of_the_busiest(owner: Account) -> None:
    for verdict in ("achieved", "achieved", "missed", "partly"):
        _judged(owner, verdict)
    _judged(owner, "missed", due="2025")

    busy, quiet = _trends(owner).goal_years

    assert [(part.name, part.x, part.width) for part in busy.segments] == [
        ("achieved", 0, 50),
        ("partly", 50, 25),
        ("missed", 75, 25),
    ]
    assert [part.width for part in quiet.segments] == [25]


def test_rates_by_kind_have_a_cell_for_every_year_goals_were_due_in(owner: Account) -> None:
    _judged(owner, "achieved", kind="kpi")
    _judged(owner, "missed", kind="kpi", due="2025")
    _judged(owner, "partly", kind="personal", due="2025")

    kinds = {kind.total.label: kind for kind in _trends(owner).kinds}

    assert [rate and rate.rate for rate in kinds[str(Goal.Kind.KPI.label)].years] == [1, 0]
    assert [rate and rate.rate for rate in kinds[str(Goal.Kind.PERSONAL.label)].years] == [None, 0]
    assert kinds[str(Goal.Kind.KPI.label)].total.decided == 2


def test_parts_of_a_goal_do_not_count_as_goals(owner: Account) -> None:
    whole = make.create_goal(owner=owner)
    make.create_goal(owner=owner, parent=whole)
    assert _trends(owner).total.due == 1


def test_threads_are_goals_that_take_each_other_up_those_carried_most_often_first(owner: Account) -> None:
    first, second, third, other, dropped = (
        make.create_goal(owner=owner, statement=name, set_in=year, due="2027")
        for name, year in (("a", "2021"), ("b", "2022"), ("c", "2023"), ("x", "2021"), ("y", "2022"))
    )
    make.create_goal_link(owner=owner, later=second, earlier=first, kind="retries")
    make.create_goal_link(owner=owner, later=third, earlier=second)
    make.create_goal_link(owner=owner, later=third, earlier=first)
    make.create_goal_link(owner=owner, later=dropped, earlier=other, kind="drops")

    threads = _trends(owner).carried

    assert [([step.outcome.goal.statement for step in each.steps], each.carried) for each in threads] == [
        (["a", "b", "c"], 2),
        (["x", "y"], 0),
    ]
    assert [step.link and step.link.kind for step in threads[0].steps] == [None, "retries", "continues"]


def test_metrics_are_followed_over_the_years_by_what_is_stated_else_computed(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="Lead time", direction=Direction.DOWN)
    make.create_measurement(owner=owner, metric=metric, period="2021", value=30)
    for quarter in ("2023-Q1", "2023-Q2"):
        make.create_measurement(owner=owner, metric=metric, period=quarter, value=10)
    single = make.create_metric(owner=owner, name="Single")
    make.create_measurement(owner=owner, metric=single, period="2023")

    trends = _trends(owner)

    (line,) = trends.metrics
    assert trends.years == (2021, 2022, 2023)
    assert [figure and figure.value for figure in line.figures] == [30, None, 20]
    assert (line.change, line.trend) == (-10, "better")
    assert len(line.picture.runs) == 2  # a gap is not drawn over
    assert [each.metric for each in trends.single] == [single]


def test_a_figure_of_one_project_for_a_whole_year_counts_and_its_quarters_do_not(owner: Account) -> None:
    project = make.create_project(owner=owner)
    metric = make.create_metric(owner=owner)
    make.create_measurement(owner=owner, metric=metric, period="2023", value=1, project=project)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=2, project=project)
    assert [each.measured for each in _trends(owner).single] == [1]


def test_parts_of_a_year_are_read_only_where_its_figure_is_not_stated(owner: Account) -> None:
    metric = make.create_metric(owner=owner)
    for period in ("2022", "2022-Q1", "2023-Q1", "2023-Q2"):
        make.create_measurement(owner=owner, metric=metric, period=period)
    project = make.create_project(owner=owner)
    for period in ("2023", "2024", "2024-Q1"):
        make.create_measurement(owner=owner, metric=metric, period=period, project=project)
    with owner_scope(owner):
        totals = Measurement.objects.totals().of_years_or_parts()
        assert [str(each.period) for each in totals] == ["2022", "2023-Q1", "2023-Q2"]
        assert [str(each.period) for each in Measurement.objects.years_of_projects()] == ["2023", "2024"]


def test_of_more_figures_than_are_read_trends_say_so(owner: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("careertrack.trends.MOST_FIGURES", 2)
    for name in ("first", "second"):
        metric = make.create_metric(owner=owner, name=name)
        make.create_measurement(owner=owner, metric=metric, period="2023")
        assert not _trends(owner).is_cut
    make.create_measurement(owner=owner, metric=metric, period="2024")
    trends = _trends(owner)
    assert trends.is_cut
    assert [each.metric.name for each in trends.single] == ["first", "second"]


def test_activities_count_as_often_as_they_say(owner: Account) -> None:
    make.create_activity(owner=owner, kind="meetup", period="2022-Q2")
    make.create_activity(owner=owner, kind="meetup", period="2024", count=20)
    make.create_activity(owner=owner, kind="site_visit", period="2024-05")

    learned = {line.label: line.counts for line in _trends(owner).learned}

    assert learned == {
        str(Activity.Kind.MEETUP.label): (1, None, 20),
        str(Activity.Kind.SITE_VISIT.label): (None, None, 1),
    }


def test_projects_are_counted_once_a_year(owner: Account) -> None:
    project = make.create_project(owner=owner)
    for name in ("first", "second"):
        make.create_engagement(owner=owner, project=project, name=name, period="2024")
    assert [line.counts for line in _trends(owner).done] == [(1,)]


def test_trends_of_nothing_lead_to_what_is_to_be_added(owner_client: Client) -> None:
    page = owner_client.get("/trends/").content.decode()
    assert "There is nothing to compare yet" in page
    assert "/admin/goals/goal/add/" in page


@pytest.mark.parametrize("number", [1, 4])
def test_trends_ask_as_many_queries_whatever_is_recorded(
    owner: Account, owner_client: Client, number: int
) -> None:
    for place in range(number):
        document = make.create_document(owner=owner, year=2020 + place)
        metric = make.create_metric(owner=owner, name=f"metric {place}")
        for year in ("2023", "2024"):
            make.create_measurement(owner=owner, metric=metric, period=year, source=document)
        goal = make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, target=3, source=document)
        make.create_goal_link(owner=owner, earlier=goal)
        make.create_goal_result(owner=owner, goal=goal)
        make.create_activity(owner=owner)
        make.create_engagement(owner=owner, project=make.create_project(owner=owner, name=f"project {place}"))
        make.create_achievement(owner=owner)
        make.create_incident(owner=owner)
    with CaptureQueriesContext(connection) as queries:
        page = owner_client.get("/trends/")
    assert page.status_code == 200
    assert tables_asked(queries) == [
        "records_session",  # and the account
        "metrics_metric projects_project records_document",  # what figures refer to
        "goals_goal goals_goallink metrics_incident metrics_measurement "
        "projects_achievement projects_activity projects_engagement",
        "metrics_measurement",  # of the goals
        "metrics_measurement",
        # Marks: what is held against them; which of single projects may contradict; they.
        "metrics_change metrics_mention",
        "metrics_measurement metrics_metric",
        "metrics_measurement",
    ]


def test_trends_show_nothing_of_somebody_else(owner: Account, stranger: Account) -> None:
    make.create_goal(owner=stranger)
    make.create_measurement(owner=stranger)
    make.create_activity(owner=stranger)
    assert _trends(owner).is_empty
