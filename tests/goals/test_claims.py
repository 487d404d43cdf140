from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from goals.claims import check_result, check_rhythm
from metrics.checks import Agreement
from records.models import Account
from records.periods import Period
from tests import factories as make
from tests.metrics.auditing import CONTRADICTS, EXACT, NOT_CHECKABLE, findings

ABOUT = Agreement.ABOUT


@pytest.mark.parametrize(
    ("count", "every", "due", "target", "verdict", "formula"),
    [
        (2, "month", "2025", 24, EXACT, "2 × 12 = 24"),
        (2, "month", "2025-H1", 12, EXACT, "2 × 6 = 12"),
        (1, "month", "2025-03", 1, EXACT, "1 × 1 = 1"),
        (3, "quarter", "2025", 12, EXACT, "3 × 4 = 12"),
        (1, "two_weeks", "2022", 26, EXACT, "1 × 52 / 2 = 26"),
        (1, "week", "2025", 52, EXACT, "1 × 52 = 52"),
        (7, "week", "2025", 365, EXACT, "7 × 365 / 7 = 365"),
        (2, "month", "2025", 20, ABOUT, "2 × 12 = 24"),
        (2, "month", "2025", 25, CONTRADICTS, "2 × 12 = 24"),
        (1, "quarter", "2025-03", 1, NOT_CHECKABLE, "2025-03"),
    ],
)
def test_check_rhythm(
    count: int, every: str, due: str, target: int, verdict: Agreement, formula: str
) -> None:
    check = check_rhythm(
        claim="", target=Decimal(target), aim="at_least", count=count, every=every, due=Period.parse(due)
    )

    assert (check.verdict, check.formula) == (verdict, formula)


@pytest.mark.parametrize(
    ("aim", "actual", "verdict", "formula"),
    [
        ("at_least", "30", EXACT, "30 FPS = 30 FPS"),
        ("at_least", "31", ABOUT, "31 FPS > 30 FPS"),
        ("at_least", "29", NOT_CHECKABLE, "29 FPS < 30 FPS"),
        ("at_most", "29", ABOUT, "29 FPS < 30 FPS"),
        ("at_most", "31", NOT_CHECKABLE, "31 FPS > 30 FPS"),
    ],
)
def test_check_result_never_contradicts(aim: str, actual: str, verdict: Agreement, formula: str) -> None:
    check = check_result(claim="", target=Decimal(30), aim=aim, actual=Decimal(actual), unit="fps")

    assert (check.verdict, check.formula) == (verdict, formula)


def test_a_rhythm_is_held_against_counts_only(owner: Account) -> None:
    rate = make.create_metric(owner=owner, name="Rate", unit="percent", aggregation="mean")
    posts = make.create_metric(owner=owner, name="Posts")
    for metric in (rate, posts):
        make.create_goal(
            owner=owner,
            slug=metric.slug,
            metric=metric,
            aim="at_least",
            target=24,
            due="2024",
            cadence_count=1,
            cadence_every="month",
        )

    found = findings(owner)

    assert {key: each.check.verdict for key, each in found.items()} == {"goal:goal/posts#rhythm": CONTRADICTS}
    assert found["goal:goal/posts#rhythm"].year == 2023


@pytest.mark.parametrize(
    ("document", "period", "found"),
    [(2023, "2024", True), (2022, "2024", False), (None, "2024", False), (2023, "2023", False)],
    ids=["same-document", "another", "none", "another-period"],
)
def test_a_result_is_held_against_a_target_of_the_same_document(
    owner: Account, document: int | None, period: str, found: bool
) -> None:
    documents = {year: make.create_document(owner=owner, year=year) for year in (2022, 2023)}
    metric = make.create_metric(owner=owner)
    make.create_goal(
        owner=owner, slug="goal", metric=metric, aim="at_least", target=10, due="2024", source=documents[2023]
    )
    make.create_measurement(
        owner=owner,
        metric=metric,
        period=period,
        value=12,
        source=None if document is None else documents[document],
    )

    assert ("goal:goal/goal#result" in findings(owner)) is found


def test_goal_pages_mark_a_target_that_contradicts_its_rhythm(owner: Account, owner_client: Client) -> None:
    goal = make.create_goal(
        owner=owner,
        slug="goal",
        metric=make.create_metric(owner=owner, name="Posts"),
        aim="at_least",
        target=25,
        cadence_count=2,
        cadence_every="month",
    )

    year, page = (owner_client.get(f"/goals/2023/{slug}").content.decode() for slug in ("", "goal/"))
    checks = owner_client.get("/checks/").content.decode()

    assert 'class="check-mark"' in year
    assert 'class="check-mark"' in page
    assert "The target does not follow from its rhythm." in checks
    assert f'<a href="{goal.get_absolute_url()}">' in checks
