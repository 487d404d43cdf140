from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from goals.comparisons import Caveat, Comparison, compare_goal, compare_year, outcomes_of
from goals.evaluation import Aim, Verdict
from goals.models import Goal, GoalResult
from metrics.aggregation import Aggregation
from metrics.units import Direction
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

AS_OF = dt.date(2025, 6, 30)


def _only(account: Account, *, set_in: int = 2023, as_of: dt.date = AS_OF) -> Comparison:
    with owner_scope(account):
        (comparison,) = compare_year(set_in=set_in, as_of=as_of).comparisons
    return comparison


def test_compare_takes_the_stated_year_before_the_mean_of_its_quarters(owner: Account) -> None:
    metric = make.create_metric(owner=owner, aggregation=Aggregation.MEAN)
    make.create_document(owner=owner, year=2024)
    make.create_goal(owner=owner, metric=metric, aim=Aim.IMPROVE, baseline=10)
    for quarter, value in enumerate((10, 20, 30, 40), start=1):
        make.create_measurement(owner=owner, metric=metric, period=f"2024-Q{quarter}", value=value)
    make.create_measurement(owner=owner, metric=metric, period="2024", value=24)

    found = _only(owner)

    assert found.actual == 24
    assert found.figure is not None
    assert found.figure.folded.mean == 25
    assert found.evaluation.change == 14
    assert Caveat.STATED_DIFFERS in found.caveats


def test_compare_computes_the_year_when_it_is_not_stated(owner: Account) -> None:
    metric = make.create_metric(owner=owner, aggregation=Aggregation.SUM)
    make.create_document(owner=owner, year=2024)
    make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, target=12)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=5)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q2", value=7)

    found = _only(owner)

    assert found.actual == 12
    assert found.figure is not None
    assert found.figure.is_computed
    assert found.verdict == Verdict.ACHIEVED
    assert found.basis == GoalResult.Basis.COMPUTED


def test_compare_finds_nothing_measured_when_only_other_years_were(owner: Account) -> None:
    metric = make.create_metric(owner=owner)
    make.create_document(owner=owner, year=2024)
    make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, target=12)
    make.create_measurement(owner=owner, metric=metric, period="2023", value=50)

    found = _only(owner)

    assert found.actual is None
    assert found.verdict == Verdict.NO_EVIDENCE


def test_compare_awaits_a_document_that_does_not_exist(owner: Account) -> None:
    make.create_goal(owner=owner, set_in="2024", due="2025")

    found = _only(owner, set_in=2024)

    assert found.verdict == Verdict.AWAITING
    assert found.basis is None
    assert found.due_document is None


def test_compare_lets_the_recorded_result_win_and_keeps_the_proposal(owner: Account) -> None:
    metric = make.create_metric(owner=owner, direction=Direction.UP)
    make.create_document(owner=owner, year=2024)
    goal = make.create_goal(owner=owner, metric=metric, aim=Aim.IMPROVE, baseline=10)
    make.create_measurement(owner=owner, metric=metric, period="2024", value=20)
    make.create_goal_result(owner=owner, goal=goal, verdict=Verdict.PARTLY, reason="Only in two teams.")

    found = _only(owner)

    assert found.evaluation.proposal == Verdict.ACHIEVED
    assert found.verdict == Verdict.PARTLY
    assert found.basis == GoalResult.Basis.JUDGED


def test_compare_groups_goals_by_when_they_are_due(owner: Account) -> None:
    make.create_goal(owner=owner, statement="half", set_in="2022-Q2", due="2022-H2")
    make.create_goal(owner=owner, statement="next", set_in="2022", due="2023")
    make.create_goal(owner=owner, statement="far", set_in="2022", due="2024-H1")
    make.create_goal(owner=owner, statement="other", set_in="2021", due="2022")
    documents = [make.create_document(owner=owner, year=year) for year in (2021, 2022, 2023, 2024)]

    with owner_scope(owner):
        found = compare_year(set_in=2022, as_of=AS_OF)

    assert [each.goal.statement for each in found.in_year] == ["half"]
    assert [each.goal.statement for each in found.following] == ["next"]
    assert [each.goal.statement for each in found.later] == ["far"]
    assert (found.set_in, found.due) == (2022, 2023)
    assert [found.set_document, found.due_document] == documents[1:3]


def test_compare_uses_the_figures_of_a_single_project_when_there_is_no_total(owner: Account) -> None:
    metric = make.create_metric(owner=owner, aggregation=Aggregation.LAST)
    make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, target=30)
    project = make.create_project(owner=owner)
    make.create_measurement(owner=owner, metric=metric, period="2024", value=30, project=project)

    assert _only(owner).verdict == Verdict.ACHIEVED


def test_compare_does_not_mix_the_figures_of_several_projects(owner: Account) -> None:
    metric = make.create_metric(owner=owner, aggregation=Aggregation.LAST)
    make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, target=30)
    for name in ("first", "second"):
        project = make.create_project(owner=owner, name=name)
        make.create_measurement(owner=owner, metric=metric, period="2024", value=30, project=project)

    assert _only(owner).actual is None


def test_compare_warns_of_an_empty_quarter_counted_as_zero(owner: Account) -> None:
    metric = make.create_metric(owner=owner, aggregation=Aggregation.MEAN, direction=Direction.DOWN)
    make.create_goal(owner=owner, metric=metric, aim=Aim.IMPROVE)
    for quarter, value in enumerate((1135, 4543, 30, None), start=1):
        make.create_measurement(owner=owner, metric=metric, period=f"2024-Q{quarter}", value=value)
    make.create_measurement(owner=owner, metric=metric, period="2024", value=1427)

    assert _only(owner).caveats == (Caveat.FIRST_MEASURED, Caveat.EMPTY_AS_ZERO)


def test_compare_warns_of_a_changed_definition_when_the_baseline_is_of_the_old_metric(owner: Account) -> None:
    old = make.create_metric(owner=owner, name="projects on time")
    new = make.create_metric(owner=owner, name="deployments on time", supersedes=old)
    make.create_goal(owner=owner, metric=new, aim=Aim.IMPROVE, baseline=62)
    make.create_measurement(owner=owner, metric=new, period="2024", value=80)

    assert _only(owner).caveats == (Caveat.DEFINITION_CHANGED,)


@pytest.mark.parametrize(
    ("periods", "is_late"),
    [
        pytest.param(["2025"], True, id="all-evidence-after-the-due-period"),
        pytest.param(["2024-Q4", "2025"], False, id="some-evidence-in-time"),
        pytest.param(["2024"], False, id="in-time"),
    ],
)
def test_compare_calls_a_success_late_when_its_evidence_is(
    owner: Account, periods: list[str], is_late: bool
) -> None:
    goal = make.create_goal(owner=owner)
    make.create_goal_result(owner=owner, goal=goal, verdict=Verdict.ACHIEVED)
    for position, period in enumerate(periods, start=1):
        achievement = make.create_achievement(owner=owner, period=period, title=f"proof {period}")
        make.create_evidence(owner=owner, goal=goal, position=position, achievement=achievement)

    assert (Caveat.LATE in _only(owner).caveats) == is_late


def test_compare_says_when_the_period_is_not_over(owner: Account) -> None:
    metric = make.create_metric(owner=owner)
    make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, target=24)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=6)

    assert Caveat.NOT_OVER in _only(owner, as_of=dt.date(2024, 5, 1)).caveats
    assert Caveat.NOT_OVER in _only(owner, as_of=dt.date(2024, 12, 31)).caveats
    assert Caveat.NOT_OVER not in _only(owner, as_of=dt.date(2025, 1, 1)).caveats


def test_unasked_lists_what_no_goal_asked_for_or_cites(owner: Account) -> None:
    asked, other = (make.create_metric(owner=owner, name=name) for name in ("asked", "other"))
    goal = make.create_goal(owner=owner, metric=asked, aim=Aim.AT_LEAST, target=1)
    make.create_measurement(owner=owner, metric=asked, period="2024", value=2)
    surprise = make.create_measurement(owner=owner, metric=other, period="2024", value=3)
    make.create_measurement(owner=owner, metric=other, period="2024-Q1", value=1)
    make.create_measurement(owner=owner, metric=other, period="2023", value=9)
    cited = make.create_change(owner=owner, subject="cited")
    change = make.create_change(owner=owner, subject="surprise")
    make.create_evidence(owner=owner, goal=goal, change=cited, achievement=None)
    achievement = make.create_achievement(owner=owner, period="2024-Q3")

    with owner_scope(owner):
        found = compare_year(set_in=2023, as_of=AS_OF)

    assert [result.record for result in found.unasked] == [surprise, change, achievement]


def test_sub_goals_stand_with_the_goal_they_are_part_of(owner: Account) -> None:
    goal = make.create_goal(owner=owner, statement="whole")
    make.create_goal(owner=owner, statement="part", parent=goal)

    assert _only(owner).goal == goal


def test_a_stranger_compares_nothing(owner: Account, stranger: Account) -> None:
    make.create_goal(owner=owner)
    make.create_measurement(owner=owner, period="2024")

    with owner_scope(stranger):
        found = compare_year(set_in=2023, as_of=AS_OF)

    assert found.comparisons == ()
    assert found.unasked == ()


def _fill(owner: Account, *, goals: int) -> None:
    make.create_document(owner=owner, year=2024)
    earlier = make.create_goal(owner=owner, statement="before", set_in="2022", due="2023")
    for number in range(goals):
        metric = make.create_metric(owner=owner, name=f"metric {number}")
        goal = make.create_goal(
            owner=owner, statement=f"goal {number}", metric=metric, aim=Aim.AT_LEAST, target=3
        )
        make.create_goal_result(owner=owner, goal=goal)
        make.create_goal_link(owner=owner, later=goal, earlier=earlier)
        for quarter in range(1, 5):
            make.create_measurement(owner=owner, metric=metric, period=f"2024-Q{quarter}", value=1)
        make.create_measurement(
            owner=owner, period="2024", metric=make.create_metric(owner=owner, name=f"o{number}")
        )
        achievement = make.create_achievement(owner=owner, title=f"proof {number}")
        make.create_evidence(owner=owner, goal=goal, achievement=achievement)


@pytest.mark.parametrize("goals", [2, 25], ids=["2-goals", "25-goals"])
def test_compare_year_asks_two_queries_whatever_the_number_of_goals(
    owner: Account, goals: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(owner, goals=goals)

    with owner_scope(owner), django_assert_num_queries(2):
        # goals and documents; figures, evidence, links and results nobody asked for
        found = compare_year(set_in=2023, as_of=AS_OF)
        for each in found.comparisons:
            assert each.evidence
            assert str(each.evidence[0])
            assert each.earlier_links[0].earlier.statement == "before"
            assert each.goal.aim_in_words

    assert len(found.comparisons) == goals


def test_compare_goal_agrees_with_the_year(owner: Account) -> None:
    _fill(owner, goals=1)

    with owner_scope(owner):
        (of_year,) = compare_year(set_in=2023, as_of=AS_OF).comparisons
        of_goal = compare_goal(goal=Goal.objects.set_in(2023).with_results().get(), as_of=AS_OF)
        (outcome,) = outcomes_of(goals=[Goal.objects.set_in(2023).with_results().get()])

    assert of_goal.verdict == of_year.verdict == outcome.verdict
    assert of_goal.actual == of_year.actual == outcome.actual == 4
    assert of_goal.evidence == of_year.evidence


@pytest.mark.parametrize(
    ("direction", "actual", "trend"),
    [
        (Direction.UP, 12, "better"),
        (Direction.UP, Decimal("10.5"), "better"),
        (Direction.DOWN, 12, "worse"),
        (Direction.DOWN, Decimal("9.5"), "better"),
        (Direction.UP, 10, "same"),
        (Direction.NEUTRAL, 12, ""),
        (Direction.UP, None, ""),
    ],
)
def test_a_figure_moves_for_better_or_worse_where_that_can_be_said(
    direction: Direction, actual: int | Decimal | None, trend: str, owner: Account
) -> None:
    metric = make.create_metric(owner=owner, direction=direction)
    make.create_goal(owner=owner, metric=metric, aim=Aim.IMPROVE, baseline=10)
    if actual is not None:
        make.create_measurement(owner=owner, metric=metric, period="2024", value=actual)

    found = _only(owner)
    assert found.trend == trend
    assert found.trend_label == {"same": "unchanged"}.get(trend, trend)


def test_a_year_counts_its_verdicts_and_tells_the_kinds_of_what_nobody_asked_for(owner: Account) -> None:
    make.create_document(owner=owner, year=2024)
    for target in (5, 6, 40):
        metric = make.create_metric(owner=owner)
        make.create_goal(owner=owner, metric=metric, aim=Aim.AT_LEAST, target=target)
        make.create_measurement(owner=owner, metric=metric, period="2024", value=12)
    figure = make.create_measurement(owner=owner, period="2024", value=3)
    change = make.create_change(owner=owner, to_period="2024")
    work = make.create_achievement(owner=owner, period="2024")
    with owner_scope(owner):
        found = compare_year(set_in=2023, as_of=AS_OF)

    assert found.verdicts == ((Verdict.ACHIEVED, 2), (Verdict.MISSED, 1))
    assert [each.record for each in found.unasked_figures] == [figure]
    assert [each.record for each in found.unasked_changes] == [change]
    assert [each.record for each in found.unasked_achievements] == [work]
