from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone
from records.models import Account
from records.ownership import every_owner, owner_scope
from tests import factories
from tests.records.test_admin import form_data, messages_of, page

ADD = "admin:goals_goal_add"
A_GOAL = {"statement": "Write more", "kind": "kpi", "set_in": "2023", "due": "2024", "aim": "do"}


def refused(client: Client, address: str, data: dict[str, str], field: str) -> list[str]:
    """The messages at the field of a form that was shown again."""
    response = client.post(address, form_data(client.get(address)) | data)
    assert response.status_code == 200
    return messages_of(response, field)


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        pytest.param({"due": "2024-Q5"}, "due", "“2024-Q5” is not a period", id="fifth quarter"),
        pytest.param({"due": "20241"}, "due", "“20241” is not a period", id="five digits"),
        pytest.param({"set_in": "1899"}, "set_in", "Years from 1900", id="before 1900"),
        pytest.param({"due": "2024-09-30"}, "due", "too exact here", id="a day"),
        pytest.param({"due": "2024\0"}, "due", "is not a period", id="NUL in a period"),
        pytest.param({"due": "2022"}, "due", "cannot be due before it was set", id="due before set"),
        pytest.param(
            {"metric": "metric", "target": "3"}, "target", "has no number to reach", id="do with target"
        ),
        pytest.param({"metric": "metric", "aim": "at_least"}, "target", "needs a target", id="no target"),
        pytest.param(
            {"metric": "metric", "aim": "between", "target": "3"},
            "upper_target",
            "needs an upper",
            id="no upper",
        ),
        pytest.param(
            {"metric": "metric", "aim": "between", "target": "3", "upper_target": "2"},
            "upper_target",
            "cannot be below",
            id="upper below target",
        ),
        pytest.param(
            {"metric": "metric", "aim": "at_least", "target": "3", "upper_target": "5"},
            "upper_target",
            "Only “between”",
            id="upper without between",
        ),
        pytest.param(
            {"aim": "at_least", "target": "3"}, "metric", "needs the metric", id="target without metric"
        ),
        pytest.param({"cadence_count": "2"}, "cadence_every", "needs both", id="half a cadence"),
        pytest.param({"statement": "Write\0more"}, "statement", "Null characters", id="NUL"),
        pytest.param({"statement": "Write\x1bmore"}, "statement", "control character", id="escape character"),
        pytest.param(
            {"statement": "Write\nmore"}, "statement", "control character", id="line break in a line"
        ),
        pytest.param({"note": "bell \x07"}, "note", "control character", id="bell in a text"),
        pytest.param({"statement": "x" * 301}, "statement", "at most 300", id="too long"),
        pytest.param({"statement": ""}, "statement", "required", id="absent"),
        pytest.param({"aim": "wish"}, "aim", "Select a valid choice", id="no such aim"),
        pytest.param({"source_lines": "line 3"}, "source_lines", "Write lines like", id="odd lines"),
        pytest.param({"metric": "999999"}, "metric", "Select a valid choice", id="missing metric"),
        pytest.param({"metric": "\0"}, "metric", "Null characters", id="NUL as a key"),
        pytest.param({"metric": "9" * 30}, "metric", "Select a valid choice", id="huge key"),
        *(
            pytest.param({"metric": "metric", "baseline": number}, "baseline", "", id=number)
            for number in (
                "NaN",
                "sNaN",
                "Infinity",
                "-inf",
                "1e400",
                "1e-400",
                "12345678901234567890",
                "a lot",
            )
        ),
    ],
)
def test_add_goal_refuses_at_the_field(
    data: dict[str, str], field: str, message: str, owner: Account, owner_client: Client
) -> None:
    metric = factories.create_metric(owner=owner)
    given = {name: str(metric.pk) if value == "metric" else value for name, value in data.items()}
    messages = refused(owner_client, reverse(ADD), A_GOAL | given, field)
    assert messages
    assert message in " ".join(messages)
    with every_owner():
        assert not Goal.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "1e400"])
def test_change_goal_refuses_what_is_no_number(number: str, owner: Account, owner_client: Client) -> None:
    goal = factories.create_goal(owner=owner, aim="at_least", baseline=1, target=3)
    assert refused(owner_client, page(goal), {"baseline": number}, "baseline")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("2024-Q1", "2024-Q1"), ("q1 2024", "2024-Q1"), ("2024.3", "2024-03"), ("2024년 하반기", "2024-H2")],
)
def test_add_goal_reads_periods_as_people_write_them(
    typed: str, stored: str, owner: Account, owner_client: Client
) -> None:
    data = form_data(owner_client.get(reverse(ADD))) | A_GOAL | {"due": typed}
    assert owner_client.post(reverse(ADD), data).status_code == 302
    with owner_scope(owner):
        assert str(Goal.objects.get().due) == stored


def test_goal_shows_its_figures_without_idle_zeros_and_with_their_unit(
    owner: Account, owner_client: Client
) -> None:
    metric = factories.create_metric(owner=owner, unit="percent")
    goal = factories.create_goal(owner=owner, aim="at_least", metric=metric, baseline="62", target="80.5")
    text = owner_client.get(page(goal)).content.decode()
    assert 'value="62"' in text
    assert 'value="80.5"' in text
    assert "Baseline (percent)" in text


def test_goal_that_would_be_part_of_itself_is_refused(owner: Account, owner_client: Client) -> None:
    whole = factories.create_goal(owner=owner)
    part = factories.create_goal(owner=owner, parent=whole)
    messages = refused(owner_client, page(whole), {"parent": str(part.pk)}, "parent")
    assert messages == ["This would make the goal a part of itself."]


def test_link_that_would_close_a_circle_is_refused(owner: Account, owner_client: Client) -> None:
    first = factories.create_goal(owner=owner, set_in="2023", due="2023")
    second = factories.create_goal(owner=owner, set_in="2023", due="2024")
    factories.create_goal_link(owner=owner, earlier=first, later=second)
    data = {"later": str(first.pk), "earlier": str(second.pk), "kind": "continues"}
    messages = refused(owner_client, reverse("admin:goals_goallink_add"), data, "earlier")
    assert "close a circle" in messages[0]


def test_link_of_a_goal_to_itself_is_refused_in_its_own_page(owner: Account, owner_client: Client) -> None:
    goal = factories.create_goal(owner=owner)
    data = form_data(owner_client.get(page(goal)))
    row = {"kind": "continues", "earlier": str(goal.pk)}
    data |= {"links_back-TOTAL_FORMS": "1", **{f"links_back-0-{name}": value for name, value in row.items()}}
    response = owner_client.post(page(goal), data)
    assert response.status_code == 200
    assert "A goal cannot be its own predecessor." in response.content.decode()
    with owner_scope(owner):
        assert not GoalLink.objects.exists()


def test_foreign_record_as_evidence_reads_like_a_missing_one(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    goal = factories.create_goal(owner=owner)
    foreign = factories.create_achievement(owner=stranger, title="Secret")
    data = form_data(owner_client.get(page(goal))) | {"evidence-TOTAL_FORMS": "1"}
    shown: list[Any] = []
    for key in (foreign.pk, 999_999):
        response = owner_client.post(page(goal), data | {"evidence-0-achievement": str(key)})
        assert "Secret" not in response.content.decode()
        formsets = [inline.formset for inline in response.context["inline_admin_formsets"]]
        shown.append(next(f.forms[0].errors for f in formsets if f.prefix == "evidence"))
    assert shown[0] == shown[1]
    with every_owner():
        assert not Evidence.objects.exists()


def test_milestones_without_a_position_follow_the_last_one(owner: Account, owner_client: Client) -> None:
    goal = factories.create_goal(owner=owner)
    factories.create_milestone(owner=owner, goal=goal, position=4, label="First draft")
    data = form_data(owner_client.get(page(goal))) | {"milestones-TOTAL_FORMS": "3"}
    for number, label in [(1, "Second draft"), (2, "Print")]:
        data |= {f"milestones-{number}-label": label, f"milestones-{number}-done": "unknown"}
    assert owner_client.post(page(goal), data).status_code == 302
    with owner_scope(owner):
        rows = list(Milestone.objects.order_by("position").values_list("position", "label"))
    assert rows == [(4, "First draft"), (5, "Second draft"), (6, "Print")]


def test_milestones_of_a_new_goal_are_numbered_from_one(owner: Account, owner_client: Client) -> None:
    data = form_data(owner_client.get(reverse(ADD))) | A_GOAL | {"milestones-TOTAL_FORMS": "2"}
    for number, label in enumerate(["Draft", "Print"]):
        data |= {f"milestones-{number}-label": label, f"milestones-{number}-done": "unknown"}
    assert owner_client.post(reverse(ADD), data).status_code == 302
    with owner_scope(owner):
        rows = list(Milestone.objects.order_by("position").values_list("position", "label"))
    assert rows == [(1, "Draft"), (2, "Print")]


def test_two_milestones_of_one_position_are_refused(owner: Account, owner_client: Client) -> None:
    data = form_data(owner_client.get(reverse(ADD))) | A_GOAL | {"milestones-TOTAL_FORMS": "2"}
    for number in (0, 1):
        row = {"position": "1", "label": "Draft", "done": "unknown"}
        data |= {f"milestones-{number}-{name}": value for name, value in row.items()}
    assert owner_client.post(reverse(ADD), data).status_code == 200
    with every_owner():
        assert not Milestone.objects.exists()


def test_milestone_added_by_itself_is_the_last_one(owner: Account, owner_client: Client) -> None:
    goal = factories.create_milestone(owner=owner, position=2).goal
    address = reverse("admin:goals_milestone_add")
    data = form_data(owner_client.get(address)) | {"goal": str(goal.pk), "label": "Print"}
    assert data["position"] == ""
    assert owner_client.post(address, data).status_code == 302
    with owner_scope(owner):
        assert Milestone.objects.get(label="Print").position == 3


def test_result_is_recorded_in_the_page_of_its_goal(owner: Account, owner_client: Client) -> None:
    goal = factories.create_goal(owner=owner)
    data = form_data(owner_client.get(page(goal))) | {"result-TOTAL_FORMS": "1"}
    data |= {"result-0-verdict": "partly", "result-0-basis": "judged"}
    response = owner_client.post(page(goal), data)
    assert "A judgement needs its reason." in response.content.decode()
    assert owner_client.post(page(goal), data | {"result-0-reason": "Half of it."}).status_code == 302
    with owner_scope(owner):
        assert GoalResult.objects.get().verdict == "partly"


def test_goal_leads_to_its_page_and_to_what_takes_it_up(owner: Account, owner_client: Client) -> None:
    link = factories.create_goal_link(owner=owner)
    text = owner_client.get(page(link.earlier)).content.decode()
    assert link.earlier.get_absolute_url() in text
    assert f'href="{page(link.later)}"' in text


def test_goals_can_be_filtered_by_the_year_they_are_due_in(owner: Account, owner_client: Client) -> None:
    factories.create_goal(owner=owner, set_in="2022", due="2022-H2", statement="Half a year")
    factories.create_goal(owner=owner, set_in="2022", due="2023", statement="A year")
    changelist = reverse("admin:goals_goal_changelist")
    shown = owner_client.get(changelist, {"due_year": "2022"}).context["cl"].result_list
    assert [goal.statement for goal in shown] == ["Half a year"]
    assert owner_client.get(changelist, {"due_year": "2022-H2"}).status_code == 302
