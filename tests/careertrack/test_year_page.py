from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careertrack import year_records
from goals.evaluation import Aim
from goals.models import Goal, Reflection
from metrics.models import Change, Incident, Measurement
from projects.models import Achievement, Activity, Engagement
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make
from tests.statements import tables_asked

QUERIES = [
    "records_session",  # and the account
    "goals_evidence goals_goal goals_reflection metrics_change metrics_incident metrics_metric projects_achievement "
    "projects_activity projects_engagement projects_project projects_skilluse records_document",
    "metrics_measurement",  # of all projects, and which there are of single ones
    "metrics_measurement",  # those
    "metrics_change metrics_mention projects_achievement projects_engagement",  # marks
    "metrics_measurement metrics_metric",  # which figures of other projects may contradict
    "metrics_measurement",
    "metrics_measurement",  # those of the changes' metrics
    "metrics_settlement",
]


def _page(client: Client, year: int = 2024, **query: str) -> str:
    answer = client.get(f"/years/{year}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def _words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def _fill(owner: Account, *, number: int) -> None:
    """So many of everything a year may hold, with a contradiction."""
    document = make.create_document(owner=owner, year=2024)
    for place in range(number):
        project = make.create_project(owner=owner, name=f"project {place}")
        work = make.create_engagement(owner=owner, project=project, source=document)
        achieved = make.create_achievement(owner=owner, engagement=work, source=document)
        metric = make.create_metric(
            owner=owner,
            name=f"metric {place}",
            unit="percent",
            supersedes=make.create_metric(owner=owner, name=f"former metric {place}"),
        )
        for period in ("2023", "2024-Q1", "2024"):
            row = make.create_measurement(
                owner=owner,
                metric=metric,
                period=period,
                value=90,
                numerator=1,
                denominator=2,
                source=document,
            )
        make.create_mention(owner=owner, measurement=row, source=document)
        make.create_measurement(owner=owner, metric=metric, period="2024-Q1", project=project)
        make.create_change(
            owner=owner, metric=metric, achievement=achieved, from_period="2022", source=document
        )
        make.create_incident(owner=owner, project=project, source=document)
        make.create_activity(owner=owner, project=project, source=document)
        make.create_reflection(owner=owner, source=document)
        make.create_skill_use(owner=owner, skill=make.create_skill(owner=owner, name=f"skill {place}"))
        for set_in, due in (("2023", "2024"), ("2024", "2025")):
            whole = make.create_goal(
                owner=owner,
                set_in=set_in,
                due=due,
                metric=metric,
                aim=Aim.AT_LEAST,
                target=3,
                source=document,
            )
            make.create_goal(owner=owner, set_in=set_in, due=due, parent=whole)
            make.create_goal_result(owner=owner, goal=whole)
            make.create_evidence(owner=owner, goal=whole)


@pytest.mark.parametrize("number", [1, 4])
def test_a_year_asks_the_same_queries_whatever_it_holds(
    owner: Account, owner_client: Client, number: int
) -> None:
    _fill(owner, number=number)
    with CaptureQueriesContext(connection) as queries:
        _page(owner_client)
    assert tables_asked(queries) == QUERIES


def test_all_that_a_year_holds_stands_on_its_page(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2024, title="The tenth year")
    project = make.create_project(owner=owner, name="Quay")
    make.create_engagement(
        owner=owner,
        project=project,
        name="Quay, phase two",
        role="surveyor",
        difficulty=4,
        status="delivered",
        on_time=True,
        contribution="40",
        stated_duration="6",
        stated_duration_unit="week",
    )
    make.create_achievement(
        owner=owner, project=project, title="Half the time", problem="slow", action="sped up", result="fast"
    )
    make.create_change(
        owner=owner,
        subject="Package",
        before=30,
        after=12,
        stated_change=-60,
        stated_change_unit="percent",
        source=document,
    )
    make.create_incident(owner=owner, title="Crane stood still", severity="minor", stated_duration=95)
    make.create_activity(owner=owner, title="On tides", kind="book", count=2, hours="7")
    make.create_reflection(owner=owner, title="Begin sooner", text="Next time.", hindsight=True)
    make.create_skill_use(owner=owner, skill=make.create_skill(owner=owner, name="Sonar"))
    make.create_measurement(
        owner=owner, period="2024", value=12, qualifier="about", source=document, source_lines="7"
    )
    goal = make.create_goal(owner=owner, statement="Sail further")
    make.create_goal(owner=owner, statement="Sail together", parent=goal)
    make.create_goal(owner=owner, statement="Sail again", set_in="2024", due="2025")

    words = _words(_page(owner_client))

    for told in [
        "The tenth year", "Quay, phase two", "surveyor", "4 of 5", "delivered", "on time", "40% of the work",
        "stated: 6 weeks", "Half the time", "slow", "sped up", "fast", "Package", "30 GB", "12 GB",
        "−18 GB (−60%) better", "stated −60%", "Crane stood still", "minor", "1 h 35 min", "On tides", "2 times",
        "7 h in all", "Begin sooner", "Next time.", "hindsight", "Sonar", "~12", "line 7", "Sail further",
        "Sail together", "Sail again",
    ]:  # fmt: skip
        assert told in words, told


def test_a_quarter_tells_value_parts_step_and_stated_change(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, name="Tasks done", unit="percent", aggregation="mean")
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q1", value=62, numerator=25, denominator=40
    )
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q2", value=75, stated_change="14", stated_change_unit="pp"
    )
    make.create_measurement(owner=owner, metric=metric, period="2024-Q4", value=None)
    make.create_measurement(owner=owner, metric=metric, period="2024", value=80)

    page = _page(owner_client)
    table = page.partition('<tbody id="metric-tasks-done">')[2].partition("</tbody>")[0]
    cells = [_words(cell) for cell in re.findall(r"<td class=\"number[^>]*>(.*?)</td>", table, re.DOTALL)]

    assert (
        'href="/metrics/enter/2024-Q2/"' in page.partition('<table class="kpis"')[2].partition("</thead>")[0]
    )
    assert cells[0].startswith("62%")
    assert cells[0].endswith("25 / 40")
    assert cells[1].startswith("75%")
    assert cells[1].endswith("+13 pp better stated +14 pp")
    assert cells[2] == "–"
    assert cells[3] == "nothing to measure"
    assert cells[4].startswith("80%")
    assert "computed 68.5%" in cells[4]


def test_a_zero_written_where_nothing_was_measured_is_not_shown_as_a_measured_one(
    owner: Account, owner_client: Client
) -> None:
    metric = make.create_metric(owner=owner, name="Recovery", unit="minute")
    for quarter, words in (("2024-Q1", "0h 0m"), ("2024-Q2", "stable")):
        make.create_measurement(owner=owner, metric=metric, period=quarter, value=None, as_stated=words)

    table = _page(owner_client).partition('<tbody id="metric-recovery">')[2].partition("</tbody>")[0]
    cells = [_words(cell) for cell in re.findall(r"<td class=\"number[^>]*>(.*?)</td>", table, re.DOTALL)]

    assert cells[:2] == ["nothing to measure stated 0h 0m", "stable"]


def test_the_direction_of_good_is_told_where_no_goal_tells_it(owner: Account, owner_client: Client) -> None:
    for name, direction in (("Speed", "up"), ("Delay", "down"), ("Trips", "neutral")):
        metric = make.create_metric(owner=owner, name=name, direction=direction)
        make.create_measurement(owner=owner, metric=metric, value=3)
    page = _page(owner_client)

    told = [
        _words(page.partition(f'id="metric-{name}"')[2].partition("</th>")[0])
        for name in ("speed", "delay", "trips")
    ]

    assert ["higher is better" in told[0], "lower is better" in told[1], "better" in told[2]] == [
        True,
        True,
        False,
    ]


def test_a_picture_has_a_title_a_description_and_its_table(owner: Account, owner_client: Client) -> None:
    make.create_change(owner=owner, subject="Package", before=30, after=12)
    metric = make.create_metric(owner=owner)
    for quarter in (1, 2):
        make.create_measurement(owner=owner, metric=metric, period=f"2024-Q{quarter}", value=quarter)
    page = _page(owner_client)
    pictures = re.findall(r"<svg class=\"(?:dumbbell|bars).*?</svg>", page, re.DOTALL)
    assert len(pictures) == 2
    for picture in pictures:
        assert "<title>" in picture
        assert "<desc>" in picture
    assert '<tr class="part notes">' in page
    assert '<th scope="row" role="rowheader">Package' in page


def test_a_contradicting_figure_is_marked_and_listed_as_open(owner: Account, owner_client: Client) -> None:
    make.create_measurement(
        owner=owner,
        metric=make.create_metric(owner=owner, name="Rate", unit="percent"),
        value=90,
        numerator=1,
        denominator=2,
    )
    page = _page(owner_client)
    assert page.count('class="check-mark"') == 2  # the headline and the table
    assert "Figures that contradict each other" in page


def test_an_empty_year_says_what_is_missing_and_leads_to_where_it_is_added(owner_client: Client) -> None:
    page = _page(owner_client, 2020)
    assert "Nothing is recorded of 2020" in page
    for address in (
        "/admin/records/document/add/?year=2020",
        "/metrics/enter/2020-Q1/",
        "/admin/goals/goal/add/?due=2020",
        "/admin/goals/goal/add/?set_in=2020",
    ):
        assert address in page
        assert owner_client.get(address).status_code == 200


def test_who_may_not_use_admin_is_not_sent_there(owner: Account, owner_client: Client) -> None:
    owner.is_staff = False
    owner.save()
    make.create_engagement(owner=owner)
    page = _page(owner_client)
    assert "dates not stated" in page
    assert "/admin/" not in page


@pytest.mark.parametrize(
    ("year", "links"),
    [
        (1900, {"/years/1901/"}),
        (2024, {"/years/2023/", "/years/2025/"}),
        (2199, {"/years/2198/"}),
    ],
)
def test_a_year_leads_to_its_neighbours_and_no_further_than_there_are_years(
    owner_client: Client, year: int, links: set[str]
) -> None:
    assert set(re.findall(r'rel="(?:prev|next)" href="([^"]+)"', _page(owner_client, year))) == links


@pytest.mark.parametrize("address", ["/years/1899/", "/years/2200/", "/years/20244/", "/years/abcd/"])
def test_there_is_no_other_year(owner_client: Client, address: str) -> None:
    assert owner_client.get(address).status_code == 404


def test_a_shortened_address_leads_to_the_years(owner_client: Client) -> None:
    assert owner_client.get("/years/").headers["Location"] == "/"


def test_an_unknown_section_is_passed_over(owner: Account, owner_client: Client) -> None:
    make.create_achievement(owner=owner, title="Half the time")
    assert "Half the time" in _page(owner_client, all="nonsense")


def test_a_long_section_leads_to_all_of_it(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(year_records.LIMITS, "changes", 1)
    for subject in ("Package", "Load"):
        make.create_change(owner=owner, subject=subject)
    page = _page(owner_client)
    assert 'href="?all=changes#changes"' in page
    assert "all=changes#" not in _page(owner_client, all="changes")


def test_the_pages_of_the_fixture_tell_every_title_in_both_languages(career: Account, client: Client) -> None:
    demo = career
    client.force_login(demo)
    told: list[tuple[int, str]] = []
    with owner_scope(demo):
        told += _titles()
    lost = []
    for language in ("en", "ko"):
        for year in sorted({year for year, _text in told}):
            answer = client.get(f"/years/{year}/", headers={"accept-language": language})
            words = _words(html.unescape(answer.content.decode()))
            lost += [(language, year, text) for of, text in told if of == year and text not in words]
    assert lost == []


def _titles() -> list[tuple[int, str]]:
    titled: list[Any] = [Achievement, Activity, Incident, Reflection]
    found = [(row.period.year, row.title) for model in titled for row in model.objects.all()]
    found += [(row.period.year, row.name) for row in Engagement.objects.all()]
    found += [(row.to_period.year, row.subject) for row in Change.objects.all()]
    found += [(row.period.year, row.metric.name) for row in Measurement.objects.select_related("metric")]
    for goal in Goal.objects.all():
        found += [(goal.set_in.year, goal.statement), (goal.due.year, goal.statement)]
    return [(year, " ".join(text.split())) for year, text in found]
