"""Every goal of the five documents, as an honest reader judged it, against what the fixture and the code say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from goals.comparisons import Caveat, Comparison, compare_year
from goals.evaluation import Verdict
from goals.models import GoalResult
from records.ownership import owner_scope
from tests.career import load_career

# Alone, the module-wide fixture would not make pytest-django set the database up.
pytestmark = pytest.mark.django_db

AS_OF = dt.date(2025, 6, 30)
STATED, COMPUTED, JUDGED = GoalResult.Basis.STATED, GoalResult.Basis.COMPUTED, GoalResult.Basis.JUDGED
A, P, M = Verdict.ACHIEVED, Verdict.PARTLY, Verdict.MISSED
NO_EVIDENCE, NOT_COMPARABLE, AWAITING = Verdict.NO_EVIDENCE, Verdict.NOT_COMPARABLE, Verdict.AWAITING

# slug: due, verdict, basis, proposal, baseline, target, actual
ORACLE: dict[str, tuple[str, Verdict, str | None, Verdict | None, str | None, str | None, str | None]] = {
    # set in 2020, known by their failure alone
    "g21-mini-project": ("2021", M, STATED, None, None, None, None),
    "g21-stack-share": ("2021", M, STATED, None, None, None, None),
    # set in 2021
    "g22-architect-writing": ("2022", P, JUDGED, None, None, None, None),
    "g22-devops-culture": ("2022", NO_EVIDENCE, JUDGED, None, None, None, None),
    "g22-backend-collaboration": ("2022", P, JUDGED, None, None, None, None),
    "g22-mini-projects": ("2022", NO_EVIDENCE, COMPUTED, NO_EVIDENCE, None, "26", None),
    "g22-writing": ("2022", P, COMPUTED, P, "17", None, "7"),
    "g22-paper-reviews": ("2022", P, COMPUTED, P, "11", None, "1"),
    "g22-community": ("2022", A, JUDGED, NOT_COMPARABLE, None, None, "3"),
    # set in the middle of 2022 for its second half
    "g22h2-linux-master": ("2022-H2", NO_EVIDENCE, JUDGED, None, None, None, None),
    "g22h2-health": ("2022-H2", NO_EVIDENCE, JUDGED, None, None, None, None),
    "g22h2-pronunciation": ("2022-H2", NO_EVIDENCE, JUDGED, None, None, None, None),
    "g22h2-gpu": ("2022-H2", P, JUDGED, None, None, None, None),
    "g22h2-beyond-python": ("2022-H2", A, JUDGED, None, None, None, None),
    # set in 2023
    "g24-completion-rate": ("2024", P, JUDGED, NOT_COMPARABLE, None, None, "80"),
    "g24-schedule-adherence": ("2024", A, COMPUTED, A, "62", None, "80.5"),
    "g24-test-count": ("2024", P, JUDGED, None, None, None, "6"),
    "g24-lead-time": ("2024", M, JUDGED, NOT_COMPARABLE, None, None, "28"),
    "g24-mttr": ("2024", P, JUDGED, NOT_COMPARABLE, None, None, "1427"),
    "g24-deployment-standard": ("2024", P, JUDGED, None, None, None, None),
    "g24-stability-metrics": ("2024", P, JUDGED, None, None, None, None),
    "g24-incident-detection": ("2024", NO_EVIDENCE, JUDGED, None, None, None, None),
    # set in 2024, one of them for the year itself
    "t24-dna-30fps": ("2024", A, COMPUTED, A, None, "30", "30"),
    "g25-automation": ("2025", AWAITING, None, AWAITING, None, "100", None),
    "g25-availability": ("2025", AWAITING, None, AWAITING, None, "100", None),
    "g25-standardization": ("2025", AWAITING, None, AWAITING, None, "100", None),
    "g25-knowledge-sharing": ("2025", AWAITING, None, AWAITING, None, "24", None),
    "g25-observability": ("2025", AWAITING, None, AWAITING, None, None, None),
    "g25-reusability": ("2025", AWAITING, None, AWAITING, None, None, None),
    "g25-quality": ("2025", AWAITING, None, AWAITING, None, None, None),
    "g25-communication": ("2025", AWAITING, None, AWAITING, None, None, None),
}

# Which later goal takes up which earlier one.
LINEAGE = {
    ("g22-mini-projects", "g21-mini-project"),
    ("g22-architect-writing", "g21-stack-share"),
    ("g24-deployment-standard", "g22-devops-culture"),
    ("g24-schedule-adherence", "g22-devops-culture"),
    ("g25-automation", "g24-deployment-standard"),
    ("g25-automation", "g24-schedule-adherence"),
    ("g25-standardization", "g24-deployment-standard"),
    ("g25-standardization", "g24-schedule-adherence"),
    ("g25-knowledge-sharing", "g22-architect-writing"),
    ("g25-knowledge-sharing", "g22-writing"),
    ("g25-observability", "g24-incident-detection"),
    ("g25-observability", "g24-mttr"),
    ("g25-observability", "g24-stability-metrics"),
    ("g25-availability", "g24-mttr"),
    ("g25-availability", "g24-incident-detection"),
    ("g25-availability", "g24-stability-metrics"),
    ("g25-quality", "g24-test-count"),
}
NO_SUCCESSOR = {"g24-lead-time", "g24-completion-rate", "g22-paper-reviews", "g22-backend-collaboration"}


@pytest.fixture(scope="module")
def comparisons(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[dict[str, Comparison]]:
    """Every goal of the fixture, by slug; loaded once, rolled back at the end."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        with owner_scope(load_career()):
            years = [compare_year(set_in=year, as_of=AS_OF) for year in range(2018, 2026)]
            yield {each.goal.slug: each for year in years for each in year.comparisons}
        transaction.set_rollback(True)


def test_the_fixture_has_all_goals_and_no_other(comparisons: dict[str, Comparison]) -> None:
    assert len(ORACLE) == 31
    assert comparisons.keys() == ORACLE.keys()


@pytest.mark.parametrize("slug", ORACLE)
def test_a_goal_reads_as_an_honest_reader_judged_it(slug: str, comparisons: dict[str, Comparison]) -> None:
    due, verdict, basis, proposal, baseline, target, actual = ORACLE[slug]
    found = comparisons[slug]

    assert str(found.goal.due) == due
    assert found.verdict == verdict
    assert found.basis == basis
    assert found.evaluation.proposal == proposal
    assert found.goal.baseline == (None if baseline is None else Decimal(baseline))
    assert found.goal.target == (None if target is None else Decimal(target))
    assert found.actual == (None if actual is None else Decimal(actual))


@pytest.mark.parametrize("slug", [slug for slug, row in ORACLE.items() if row[2] == JUDGED])
def test_a_judgement_gives_its_reason(slug: str, comparisons: dict[str, Comparison]) -> None:
    result = comparisons[slug].result

    assert result is not None
    assert result.reason


@pytest.mark.parametrize("slug", [slug for slug, row in ORACLE.items() if row[1] in (A, P, M)])
def test_an_outcome_has_evidence_with_document_and_lines(
    slug: str, comparisons: dict[str, Comparison]
) -> None:
    found = comparisons[slug]

    if found.basis == STATED:  # the document says so itself, in one line
        assert found.result is not None
        assert found.result.cited_lines
        return
    assert found.evidence
    for piece in found.evidence:
        assert piece.source is not None
        assert piece.cited_lines


@pytest.mark.parametrize("slug", ORACLE)
def test_a_goal_names_the_lines_it_stands_on(slug: str, comparisons: dict[str, Comparison]) -> None:
    goal = comparisons[slug].goal

    assert goal.source is not None
    assert goal.cited_lines


def test_lineage_follows_the_threads(comparisons: dict[str, Comparison]) -> None:
    links = {
        (link.later.slug, link.earlier.slug) for each in comparisons.values() for link in each.earlier_links
    }

    assert links == LINEAGE
    assert not NO_SUCCESSOR & {earlier for _later, earlier in links}


@pytest.mark.parametrize(
    ("slug", "caveat"),
    [
        pytest.param(
            "g24-schedule-adherence", Caveat.DEFINITION_CHANGED, id="62-to-80.5-counts-something-else"
        ),
        pytest.param("g24-mttr", Caveat.EMPTY_AS_ZERO, id="annual-mttr-counts-the-quarter-without-incident"),
        pytest.param("g24-lead-time", Caveat.FIRST_MEASURED, id="lead-time-has-no-2023-baseline"),
        pytest.param("g22h2-beyond-python", Caveat.LATE, id="another-language-came-a-year-later"),
    ],
)
def test_a_caveat_warns_the_reader(slug: str, caveat: Caveat, comparisons: dict[str, Comparison]) -> None:
    assert caveat in comparisons[slug].caveats


def test_no_goal_is_without_need_called_late_or_different(comparisons: dict[str, Comparison]) -> None:
    warned = {
        (each.goal.slug, caveat)
        for each in comparisons.values()
        for caveat in each.caveats
        if caveat in (Caveat.LATE, Caveat.STATED_DIFFERS, Caveat.EMPTY_AS_ZERO, Caveat.DEFINITION_CHANGED)
    }

    assert warned == {
        ("g24-schedule-adherence", Caveat.DEFINITION_CHANGED),
        ("g24-mttr", Caveat.EMPTY_AS_ZERO),
        ("g22h2-beyond-python", Caveat.LATE),
    }


def test_the_quarters_stand_behind_the_actual(comparisons: dict[str, Comparison]) -> None:
    figure = comparisons["g24-schedule-adherence"].figure

    assert figure is not None
    assert [(str(part.period), part.value) for part in figure.parts] == [
        ("2024-Q1", 33),
        ("2024-Q2", 100),
        ("2024-Q3", 100),
        ("2024-Q4", 89),
    ]


def test_a_quarter_without_incident_is_empty_and_not_zero(comparisons: dict[str, Comparison]) -> None:
    figure = comparisons["g24-mttr"].figure

    assert figure is not None
    assert [part.value for part in figure.parts] == [1135, 4543, 30, None]
