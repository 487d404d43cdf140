from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from goals.models import Goal
from metrics.listings import find_check
from metrics.models import Measurement
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

MARK = re.compile(r'<a class="check-mark" href="([^"]+)"')
QUIET_MARK = re.compile(r'<a class="check-mark is-settled" href="([^"]+)"')


def _rate(owner: Account, *, name: str = "Rate", value: int = 50) -> Measurement:
    """1 of 4 is 25%."""
    metric = make.create_metric(owner=owner, name=name, unit="percent", aggregation="none", direction="up")
    return make.create_measurement(owner=owner, metric=metric, value=value, numerator=1, denominator=4)


def _goal(owner: Account, *, rate: Measurement) -> Goal:
    return make.create_goal(owner=owner, slug="goal", metric=rate.metric, aim="improve")


def _marks(client: Client, path: str) -> list[str]:
    return MARK.findall(client.get(path).content.decode())


def test_goal_pages_mark_an_actual_that_contradicts_and_lead_to_its_check(
    owner: Account, owner_client: Client
) -> None:
    _goal(owner, rate=_rate(owner))

    (link,) = _marks(owner_client, "/goals/2023/")
    in_terms, in_table = _marks(owner_client, "/goals/2023/goal/")

    assert link == in_terms == in_table
    address, _hash, anchor = link.replace("&amp;", "&").partition("#")
    assert f'<article class="goal one-check" id="{anchor}"' in owner_client.get(address).content.decode()


def test_goal_year_marks_evidence_and_results_nobody_asked_for(owner: Account, owner_client: Client) -> None:
    goal = make.create_goal(owner=owner)
    make.create_evidence(owner=owner, goal=goal, position=1, measurement=_rate(owner, name="Cited"))
    wrong: dict[str, Any] = {"before": 10, "after": 4, "stated_change": -50, "stated_change_unit": "percent"}
    make.create_evidence(
        owner=owner, goal=goal, position=2, change=make.create_change(owner=owner, subject="Cited", **wrong)
    )
    make.create_change(owner=owner, subject="Unasked", **wrong)
    _rate(owner, name="Unasked")
    _rate(owner, name="Right", value=25)

    assert len(_marks(owner_client, "/goals/2023/")) == 4


def test_goal_year_marks_a_figure_that_another_one_contradicts(owner: Account, owner_client: Client) -> None:
    """The quarter is an input of the next year's first step, and of a change told two years later."""
    metric = make.create_metric(owner=owner, unit="percent", aggregation="last", direction="up")
    make.create_goal(owner=owner, slug="goal", metric=metric, aim="improve", due="2024-Q4")
    make.create_measurement(owner=owner, metric=metric, period="2024-Q4", value=88)
    make.create_measurement(
        owner=owner, metric=metric, period="2025-Q1", value=95, stated_change=8, stated_change_unit="pp"
    )
    make.create_change(
        owner=owner,
        metric=metric,
        unit="percent",
        before=60,
        after=95,
        from_period="2024-Q4",
        to_period="2026",
    )

    text = owner_client.get("/goals/2023/").content.decode()

    assert "takes part in 2 contradictions" in text


def test_goal_year_marks_what_is_settled_quietly_and_leads_to_its_check(
    owner: Account, owner_client: Client
) -> None:
    _goal(owner, rate=_rate(owner))
    with owner_scope(owner):
        check = find_check(key="ratio:measurement/rate/2024", year=2024)
    assert check is not None
    make.create_settlement(owner=owner, check_key=check.key, fingerprint=check.fingerprint)

    text = owner_client.get("/goals/2023/").content.decode()

    assert MARK.findall(text) == []
    (link,) = QUIET_MARK.findall(text)
    address, _hash, anchor = link.replace("&amp;", "&").partition("#")
    assert f'id="{anchor}"' in owner_client.get(address).content.decode()
    assert "contradicts its parts or another figure, which is settled: Rate" in text


def test_goal_year_marks_what_is_open_loudly_beside_what_is_settled(
    owner: Account, owner_client: Client
) -> None:
    rate = _rate(owner)
    _goal(owner, rate=rate)
    make.create_mention(owner=owner, measurement=rate, value=60)
    with owner_scope(owner):
        check = find_check(key="ratio:measurement/rate/2024", year=2024)
    assert check is not None
    make.create_settlement(owner=owner, check_key=check.key, fingerprint=check.fingerprint)

    text = owner_client.get("/goals/2023/").content.decode()

    assert len(MARK.findall(text)) == 1
    assert QUIET_MARK.findall(text) == []
    assert "contradicts its parts or another figure: Rate, 2024" in text


def test_goal_pages_mark_nothing_that_only_a_stranger_gets_wrong(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    _goal(owner, rate=_rate(owner, value=25))
    _goal(stranger, rate=_rate(stranger))

    assert _marks(owner_client, "/goals/2023/") == _marks(owner_client, "/goals/2023/goal/") == []


def test_goal_pages_without_figures_ask_for_no_marks(
    owner: Account, owner_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make.create_goal(owner=owner)

    with django_assert_num_queries(3):
        # session and account; goals and documents; evidence, links and results nobody asked for
        owner_client.get("/goals/2023/")


@pytest.mark.parametrize("goals", [1, 12], ids=["1-goal", "12-goals"])
def test_marks_of_every_sort_cost_five_queries(
    owner: Account, owner_client: Client, goals: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(goals):
        kind = ("incident", "article")[number % 2] if goals > 1 else "article"
        rate = _rate(owner, name=f"rate {number}")
        rate.metric.counts = kind
        with owner_scope(owner):
            rate.metric.save()
        goal = make.create_goal(owner=owner, metric=rate.metric, aim="improve")
        change = make.create_change(owner=owner, subject=f"of {number}", metric=rate.metric, unit="percent")
        make.create_evidence(owner=owner, goal=goal, change=change)

    with django_assert_num_queries(3 + 5):
        # three of the comparison; mentions, changes and what metrics count; which figures may contradict; they; figures
        # of the changes' metrics; settlements
        owner_client.get("/goals/2023/")
