from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import models

from careertrack import year_records
from careertrack.years import YearPage, tell_year
from goals.models import Goal, Reflection
from metrics.audit import audit
from metrics.models import Change, Incident, Measurement
from projects.models import Achievement, Activity, Engagement
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

TODAY = dt.date(2026, 3, 1)


def _tell(owner: Account, year: int = 2024, **terms: Any) -> YearPage:  # noqa: ANN401
    with owner_scope(owner):
        return tell_year(year=year, as_of=terms.pop("as_of", TODAY), **terms)


def _shown(page: YearPage) -> dict[type[models.Model], set[int]]:
    """The ids of all records that stand on the page."""
    goals = [*page.due, *page.set_here]
    return {
        Measurement: {row.pk for table in page.kpis for line in table.lines for row in line.measurements},
        Engagement: {stint.engagement.pk for each in page.projects for stint in each.stints},
        Achievement: {work.pk for each in page.projects for work in each.achievements},
        Activity: {row.pk for kind in page.activities for row in kind.rows},
        Change: {change.pk for change in page.changes.rows},
        Incident: {incident.pk for incident in page.incidents.rows},
        Reflection: {row.pk for kind in page.reflections for row in kind.rows},
        Goal: {outcome.goal.pk for line in goals for outcome in (line.outcome, *line.parts)},
    }


def test_nothing_of_the_fixtures_years_is_lost_and_contradictions_are_those_of_the_audit(
    career: Account,
) -> None:
    demo = career
    lost, seen = [], {model: set[int]() for model in _shown(_tell(demo, 1950))}
    for year in range(2018, 2027):
        page = _tell(demo, year)
        shown = _shown(page)
        with owner_scope(demo):
            found: list[tuple[Any, str]] = [
                (Measurement, "period"),
                (Engagement, "period"),
                (Achievement, "period"),
                (Activity, "period"),
                (Change, "to_period"),
                (Incident, "period"),
                (Reflection, "period"),
                (Goal, "set_in"),
                (Goal, "due"),
            ]
            for model, field in found:
                ids = set(model.objects.filter(**{f"{field}__in_year": year}).values_list("pk", flat=True))
                lost += [f"{year}: {model.__name__} {pk}" for pk in ids - shown[model]]
                seen[model] |= ids
            open_ones = {each.key for each in audit(years=[year]) if each.is_open_contradiction}
        assert {each.key for each in page.contradictions} == open_ones

    assert lost == []
    with owner_scope(demo):
        assert {model: len(ids) for model, ids in seen.items()} == {
            model: model._default_manager.count() for model in seen
        }


def test_a_stint_stands_in_every_year_it_reaches_into(owner: Account) -> None:
    make.create_engagement(owner=owner, period="2021", starts_on="2021-03", ends_on="2023-05")
    assert [_tell(owner, year).worked_on for year in (2020, 2021, 2022, 2023, 2024)] == [0, 1, 1, 1, 0]


def test_achievements_stand_with_their_project_and_team_wide_ones_last(owner: Account) -> None:
    quay = make.create_project(owner=owner, name="Quay")
    stint = make.create_engagement(owner=owner, project=quay)
    make.create_achievement(owner=owner, title="for all")
    make.create_achievement(
        owner=owner, title="by project", project=make.create_project(owner=owner, name="Dock")
    )
    make.create_achievement(owner=owner, title="by stint", engagement=stint)

    projects = _tell(owner).projects

    assert [
        (each.project.name if each.project else None, [work.title for work in each.achievements])
        for each in projects
    ] == [("Quay", ["by stint"]), ("Dock", ["by project"]), (None, ["for all"])]


def test_achievements_of_another_year_are_not_told_though_their_stint_is(owner: Account) -> None:
    stint = make.create_engagement(owner=owner, period="2024")
    make.create_achievement(owner=owner, engagement=stint, period="2023-Q4")
    assert _tell(owner).achievements.rows == ()


def test_parts_of_a_goal_stand_with_it_and_a_part_due_alone_by_itself(owner: Account) -> None:
    whole = make.create_goal(owner=owner, statement="whole")
    part = make.create_goal(owner=owner, statement="part", parent=whole)
    make.create_goal(owner=owner, statement="part of part", parent=part)
    make.create_goal(owner=owner, statement="late part", parent=whole, due="2025")

    this, following = _tell(owner, 2024), _tell(owner, 2025)

    assert [
        (line.outcome.goal.statement, [each.goal.statement for each in line.parts]) for line in this.due
    ] == [("whole", ["part", "part of part"])]
    assert [line.outcome.goal.statement for line in following.due] == ["late part"]


def test_goals_set_and_due_in_one_year_are_listed_once(owner: Account) -> None:
    make.create_goal(owner=owner, set_in="2024-Q2", due="2024-H2")
    make.create_goal(owner=owner, set_in="2024", due="2025")
    page = _tell(owner)
    assert (len(page.due), len(page.set_here), page.set_and_due) == (1, 1, 1)


def test_goals_set_for_later_are_judged_by_the_figures_of_their_year(owner: Account) -> None:
    metric = make.create_metric(owner=owner)
    make.create_goal(owner=owner, set_in="2024", due="2026", aim="at_least", target=3, metric=metric)
    make.create_measurement(owner=owner, metric=metric, period="2026", value=4)

    (line,) = _tell(owner).set_here

    assert (line.outcome.actual, line.outcome.verdict) == (4, "achieved")


def test_activities_are_counted_as_often_as_they_say_beside_the_stated_figure(owner: Account) -> None:
    make.create_activity(owner=owner, kind="meetup", title="once")
    make.create_activity(owner=owner, kind="meetup", title="often", count=20)
    metric = make.create_metric(owner=owner, name="Meetups", counts="meetup")
    make.create_measurement(owner=owner, metric=metric, value=25)

    (kind,) = _tell(owner).activities

    assert (kind.times, kind.listed, [line.figure.value for line in kind.figures]) == (21, 2, [25])


def test_a_cut_keeps_some_of_every_kind_of_activity_and_says_so(
    owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(year_records.LIMITS, "activities", 3)
    for number in range(5):
        make.create_activity(owner=owner, kind="article", title=f"article {number}")
    make.create_activity(owner=owner, kind="book")

    cut, whole = _tell(owner), _tell(owner, whole=["activities"])

    assert [(kind.kind, len(kind.rows), kind.listed, kind.is_cut) for kind in cut.activities] == [
        ("article", 2, 5, True),
        ("book", 1, 1, False),
    ]
    assert whole.activity_count == sum(len(kind.rows) for kind in whole.activities) == 6


def test_with_too_many_figures_those_of_single_projects_are_left_out(
    owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(year_records.LIMITS, "figures", 3)
    metric = make.create_metric(owner=owner)
    for quarter in (1, 2, 3):
        make.create_measurement(owner=owner, metric=metric, period=f"2024-Q{quarter}")
    project = make.create_project(owner=owner)
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", project=project)

    cut, whole = _tell(owner), _tell(owner, whole=["figures"])

    assert (cut.figures, cut.figures_are_cut) == (3, True)
    assert (whole.figures, whole.figures_are_cut) == (4, False)


@pytest.mark.parametrize(
    ("section", "create"),
    [
        ("achievements", make.create_achievement),
        ("changes", make.create_change),
        ("incidents", make.create_incident),
    ],
)
def test_a_long_section_is_cut_until_all_of_it_is_asked_for(
    owner: Account,
    monkeypatch: pytest.MonkeyPatch,
    section: str,
    create: Any,  # noqa: ANN401
) -> None:
    monkeypatch.setitem(year_records.LIMITS, section, 2)
    for _number in range(3):
        create(owner=owner)

    cut, whole = getattr(_tell(owner), section), getattr(_tell(owner, whole=[section]), section)

    assert (len(cut.rows), cut.is_cut) == (2, True)
    assert (len(whole.rows), whole.is_cut) == (3, False)


def test_a_year_without_anything_says_what_to_add(owner: Account) -> None:
    page = _tell(owner, 2020)
    assert page.is_empty
    assert len(page.absent) == 11
    assert page.absent[0].address == "/admin/records/document/add/?year=2020"
    # Whoever may not use admin enters figures all the same.
    assert [each.address for each in page.absent if not each.in_admin] == ["/metrics/enter/2020-Q1/"]


def test_a_gap_before_the_latest_document_is_missing_and_a_later_year_is_to_come(owner: Account) -> None:
    make.create_document(owner=owner, year=2024)
    assert [_tell(owner, year).is_missing for year in (2023, 2024, 2025)] == [True, False, False]


@pytest.mark.parametrize("year", [1900, 2199])
def test_the_first_and_the_last_year_there_is_can_be_told(owner: Account, year: int) -> None:
    metric = make.create_metric(owner=owner)
    make.create_measurement(owner=owner, metric=metric, period=f"{year}-Q1")
    assert _tell(owner, year).figures == 1


def test_a_year_tells_nothing_of_somebody_else(owner: Account, stranger: Account) -> None:
    make.create_measurement(owner=stranger)
    make.create_engagement(owner=stranger)
    make.create_goal(owner=stranger)
    assert _tell(owner).is_empty
