from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from careertrack import stories
from careertrack.stories import figure_tables, marks_of_story, tell_story
from goals.evaluation import Aim, Verdict
from metrics.aggregation import Aggregation
from metrics.audit import audit
from metrics.checks import Agreement
from metrics.models import Measurement, Metric
from projects.models import Project
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from tests import factories as make


def _page(client: Client, slug: str = "harbour", **query: str) -> str:
    answer = client.get(f"/projects/{slug}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def _words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def _fill(owner: Account, *, number: int) -> Project:
    """A project with so many of everything that belongs to its story."""
    document = make.create_document(owner=owner, year=2024)
    project = make.create_project(owner=owner, name="Harbour", slug="harbour", source=document)
    for place in range(number):
        work = make.create_engagement(
            owner=owner, project=project, name=f"stint {place}", period=f"{2000 + place}", source=document
        )
        make.create_skill_use(
            owner=owner, skill=make.create_skill(owner=owner, name=f"skill {place}"), engagement=work
        )
        achievement = make.create_achievement(
            owner=owner, project=project, engagement=work, title=f"achieved {place}", source=document
        )
        make.create_change(owner=owner, project=project, achievement=achievement, source=document)
        make.create_incident(owner=owner, project=project, source=document)
        make.create_activity(owner=owner, project=project, source=document)
        metric = make.create_metric(owner=owner, name=f"metric {place}")
        make.create_measurement(
            owner=owner, project=project, metric=metric, period="2024-Q1", source=document
        )
        make.create_measurement(owner=owner, metric=metric, period="2024", source=document)
        goal = make.create_goal(
            owner=owner, statement=f"goal {place}", metric=metric, aim=Aim.AT_LEAST, target=3
        )
        make.create_evidence(owner=owner, goal=goal, achievement=achievement)
    return project


@pytest.mark.parametrize("number", [1, 20], ids=["1-of-each", "20-of-each"])
def test_a_project_asks_seventeen_queries_whatever_is_told_of_it(
    owner: Account, owner_client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(owner, number=number)

    with django_assert_num_queries(17):
        # session and account; project; stints; achievements; changes; figures; incidents; activities; goals;
        # skills of the stints; evidence, documents and figures of the goals; for the marks: what figures refer to;
        # mentions, changes and stints; which figures of other projects may contradict; measurements
        text = _page(owner_client)

    assert text.count('<article class="achievement"') == number


def test_a_project_of_which_nothing_is_told_asks_ten_queries_and_says_so(
    owner: Account, owner_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make.create_project(owner=owner, slug="harbour")

    with django_assert_num_queries(10):
        # session and account; project; stints; achievements; changes; figures; incidents; activities; goals; what
        # marks would refer to
        text = _page(owner_client)

    assert "Nothing is told of it yet" in text
    assert '<svg class="timeline"' not in text


def test_a_project_tells_names_and_guesses(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2021)
    make.create_project(
        owner=owner,
        name="Harbour",
        slug="harbour",
        aliases="항만\n Port ",
        client="City",
        note="Client inferred.",
        source=document,
        source_lines="3",
    )

    words = _words(_page(owner_client))

    assert "항만 · Port" in words
    assert "for City" in words
    assert "Client inferred." in words
    assert "2021 document, line 3" in words


def test_a_project_tells_each_stint_as_its_document_does(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2021)
    project = make.create_project(owner=owner, slug="harbour")
    work = make.create_engagement(
        owner=owner,
        project=project,
        name="Phase one",
        period="2021",
        starts_on="2021-03",
        ends_on="2022-05",
        stated_duration="15.00",
        stated_duration_unit="month",
        team_size=5,
        role="Engineer",
        contribution="37.50",
        difficulty=5,
        status="Completed",
        on_time=True,
        summary="Depths were measured.",
        note="The end may be a plan.",
        source=document,
        source_lines="16-18",
    )
    make.create_skill_use(
        owner=owner, skill=make.create_skill(owner=owner, name="Sonar"), engagement=work, category="Stack"
    )
    make.create_engagement(owner=owner, project=project, name="Phase two", period="2024")

    text = _page(owner_client)

    words = _words(text)
    for expected in (
        "2021-03 – 2022-05",
        "stated: 15 months",
        "team of 5",
        "37.5% of the work",
        "★★★★★ 5 of 5",
        "Completed on time",
        "Depths were measured.",
        "The end may be a plan.",
        "2021 document, line 16-18",
        "Sonar",
        "2024, dates not stated",
    ):
        assert expected in words
    picture = text[text.index('<svg class="timeline"') : text.index("</figure>")]
    assert "Phase one: 2021-03 – 2022-05; Phase two: 2024, dates not stated" in picture
    assert picture.count('class="certain"') == 1
    assert picture.count('class="unknown"') == 2


def test_a_project_tells_what_was_achieved_and_changed_by_year(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2024)
    project = make.create_project(owner=owner, slug="harbour")
    work = make.create_engagement(owner=owner, project=project)
    late = make.create_achievement(
        owner=owner,
        engagement=work,  # of the project through its stint
        title="Later",
        period="2024-Q2",
        problem="Too slow.",
        action="Indexed.",
        result="Fast.",
        source=document,
        source_lines="12",
    )
    make.create_achievement(owner=owner, project=project, title="Earlier", period="2023")
    make.create_achievement(owner=owner, title="Elsewhere", period="2023")
    make.create_change(owner=owner, achievement=late, subject="Load time", before=10, after=4)
    make.create_change(
        owner=owner, project=project, subject="Package", stated_change=-60, stated_change_unit="percent"
    )
    make.create_change(owner=owner, subject="Unrelated")

    words = _words(_page(owner_client))

    assert "Elsewhere" not in words
    assert "Unrelated" not in words
    assert words.index("2023 Earlier") < words.index("2024 Later")
    assert "Problem Too slow. Action Indexed. Result Fast." in words
    assert "2024 document, line 12" in words
    assert "Load time: 10 GB → 4 GB" in words
    assert "−60%" in words


def test_figures_stand_by_metric_and_period_and_absence_is_not_zero(
    owner: Account, owner_client: Client
) -> None:
    document = make.create_document(owner=owner, year=2024)
    project = make.create_project(owner=owner, slug="harbour")
    rate = make.create_metric(owner=owner, name="Rate", unit="percent", aggregation=Aggregation.POOLED)
    trips = make.create_metric(owner=owner, name="Trips")

    def measure(metric: Metric, period: str, value: Any, **fields: Any) -> None:  # noqa: ANN401
        make.create_measurement(
            owner=owner, project=project, metric=metric, period=period, value=value, source=document, **fields
        )

    measure(rate, "2024-Q1", "63", numerator=23, denominator=36, source_lines="17")
    measure(rate, "2024-Q2", None, as_stated="14/14 on time")
    measure(trips, "2024-Q2", None)
    measure(trips, "2024", 14, qualifier="at_least")
    measure(trips, "2023", 9)
    make.create_measurement(owner=owner, metric=trips, period="2024-Q1", value=99)

    text = _page(owner_client)

    tables = [_words(table) for table in re.findall(r'<table class="figures">.*?</table>', text, re.DOTALL)]
    assert tables[0].startswith("2023 whole year Trips 9")
    assert tables[1].startswith(
        "2024 whole year Q1 Q2 Rate – 63% 23 / 36 2024 document, line 17 14/14 on time"
    )
    assert "Trips 14+ 2024 document – nothing to measure" in tables[1]
    assert "99" not in tables[1]


def test_a_project_tells_incidents_and_activities_with_their_sources(
    owner: Account, owner_client: Client
) -> None:
    document = make.create_document(owner=owner, year=2024)
    project = make.create_project(owner=owner, slug="harbour")
    make.create_incident(
        owner=owner,
        project=project,
        title="Queue stood still",
        period="2024-Q2",
        stated_duration=2577,
        as_stated="42.95h",
        note="Dates lie in Q3.",
        source=document,
        source_lines="43-44",
    )
    make.create_activity(
        owner=owner, project=project, title="Site visit", kind="site_visit", period="2023", source=document
    )

    words = _words(_page(owner_client))

    assert (
        "Queue stood still Dates lie in Q3. Q2 2024 not stated 42 h 57 min 42.95h 2024 document, line 43-44"
        in words
    )
    assert "Site visit site visit · 2023 2024 document" in words


@pytest.mark.parametrize("cited", ["achievement", "engagement", "activity", "measurement", "change"])
def test_a_goal_that_cites_a_record_of_the_project_was_served_by_it(owner: Account, cited: str) -> None:
    project = make.create_project(owner=owner)
    factories: dict[str, Any] = {
        "achievement": make.create_achievement,
        "engagement": make.create_engagement,
        "activity": make.create_activity,
        "measurement": make.create_measurement,
        "change": make.create_change,
    }
    record = factories[cited](owner=owner, project=project)
    goal = make.create_goal(owner=owner)
    make.create_evidence(owner=owner, goal=goal, position=1, **{cited: record})
    make.create_evidence(owner=owner, goal=goal, position=2)
    make.create_goal(owner=owner, statement="something else")

    with owner_scope(owner):
        story = tell_story(project=project)

    (served,) = story.goals.rows
    assert served.outcome.goal == goal
    assert [piece.target for piece in served.cited] == [record]


def test_a_goal_whose_metric_was_measured_was_served_once(owner: Account, owner_client: Client) -> None:
    project = make.create_project(owner=owner, slug="harbour")
    metric = make.create_metric(owner=owner, name="Trips")
    goal = make.create_goal(owner=owner, statement="Travel", metric=metric, aim=Aim.AT_LEAST, target=10)
    for quarter in (1, 2):
        make.create_measurement(
            owner=owner, project=project, metric=metric, period=f"2024-Q{quarter}", value=6
        )

    with owner_scope(owner):
        story = tell_story(project=project)
    words = _words(_page(owner_client))

    (served,) = story.goals.rows
    assert (served.outcome.goal, served.cited) == (goal, ())
    assert served.outcome.verdict == Verdict.ACHIEVED
    assert "achieved Travel set in 2023 for 2024" in words
    assert "Its metric “Trips” was measured here." in words


def test_a_long_section_shows_the_latest_and_offers_all(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(owner, number=4)
    monkeypatch.setattr(stories, "LIMITS", dict.fromkeys(stories.LIMITS, 2))

    cut = _page(owner_client)
    whole = _page(owner_client, all="achievements")

    assert cut.count('<article class="achievement"') == 2
    assert "achieved 0" not in cut
    assert cut.index("achieved 2") < cut.index("achieved 3")
    assert cut.count('class="cut"') == len(stories.LIMITS)
    assert 'href="?all=achievements#achievements"' in cut
    assert whole.count('<article class="achievement"') == 4
    assert whole.count('class="cut"') == len(stories.LIMITS) - 1


def test_a_story_of_all_but_nothing_else_is_told_to_its_owner_alone(
    owner: Account, stranger: Account, stranger_client: Client
) -> None:
    _fill(owner, number=1)
    make.create_project(owner=stranger, name="Mine", slug="harbour")

    words = _words(_page(stranger_client))

    assert "Mine" in words
    assert "Nothing is told of it yet" in words


def test_only_who_may_edit_is_offered_to(owner: Account, owner_client: Client) -> None:
    project = make.create_project(owner=owner, slug="harbour")
    edit = f"/admin/projects/project/{project.pk}/change/"

    assert edit in _page(owner_client)
    owner.is_staff = False
    owner.save()
    assert edit not in _page(owner_client)


def test_one_stint_without_dates_needs_no_picture(owner: Account, owner_client: Client) -> None:
    project = make.create_project(owner=owner, slug="harbour")
    make.create_engagement(owner=owner, project=project, period="2024")

    assert "timeline" not in _page(owner_client)
    make.create_engagement(owner=owner, project=project, period="2024", starts_on="2024-02")
    assert '<svg class="timeline"' in _page(owner_client)


def test_figure_tables_put_the_year_before_its_parts() -> None:
    metric = Metric(pk=1, name="Trips")
    rows = [
        Measurement(metric=metric, period=Period.parse(period))
        for period in ("2024-Q2", "2024", "2023-Q4", "2024-09", "2024-Q1")
    ]

    tables = figure_tables(rows)

    assert [table.year for table in tables] == [2023, 2024]
    assert [str(period) for period in tables[1].periods] == ["2024", "2024-Q1", "2024-Q2", "2024-09"]
    assert [cell and str(cell.period) for cell in tables[1].lines[0].cells] == [
        str(period) for period in tables[1].periods
    ]


def test_a_projects_figures_are_marked_where_the_audit_finds_a_contradiction(career: Account) -> None:
    with owner_scope(career):
        found = [each for each in audit() if each.check.verdict == Agreement.CONTRADICTS]
        marked = 0
        for project in Project.objects.all():
            story = tell_story(project=project, whole=list(stories.LIMITS))
            marks = marks_of_story(story)
            cells = [cell for table in story.figures.rows for line in table.lines for cell in line.cells]
            shown = [row for row in (*cells, *story.changes.rows, *story.incidents.rows) if row is not None]
            for row in shown:
                expected = {each.key for each in found if row in (each.record, *each.inputs)}
                assert {each.key for each in marks.of(row)} == expected, row
                marked += len(expected)

    assert marked > 3
