"""The comparison as JSON: the same function as the page. Decimals are strings, absent is null."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from goals.comparisons import Caveat, Comparison, Outcome, Unasked, compare_year
from goals.evaluation import Aim, Verdict
from goals.models import EVIDENCE_TARGETS, Evidence, Goal, GoalLink, GoalResult
from metrics.api import decimal_text
from metrics.units import Unit
from records.api import OwnedAPIView, source_of
from records.api.answers import (
    FIGURE,
    MAYBE_PERIOD,
    MAYBE_TEXT,
    PERIOD,
    SOURCE,
    TEXT,
    WHOLE,
    Described,
    many,
    maybe,
    one_of,
    shape,
    told,
)
from records.models import Record

# What `outcome_answer` answers, for `shape(**OUTCOME)`.
OUTCOME: dict[str, Described] = {
    "slug": told(TEXT, "The key of the goal."),
    "statement": TEXT,
    "kind": one_of(Goal.Kind.values),
    "set_in": PERIOD,
    "due": PERIOD,
    "aim": one_of(Aim.values, "What the goal asks of its figure."),
    "metric": told(MAYBE_TEXT, "The slug of the metric it is measured by."),
    "unit": maybe(one_of(Unit.values)),
    "baseline": told(FIGURE, "Where it started."),
    "target": told(FIGURE, "What was wanted."),
    "upper_target": told(FIGURE, "The upper bound of `between`."),
    "actual": told(FIGURE, "What the due period shows; null: nothing was measured, which is not 0."),
    "change": told(FIGURE, "Actual less baseline."),
    "attainment": told(FIGURE, "(actual - baseline) / (target - baseline): 1 is reached; unclamped."),
    "proposal": maybe(one_of(Verdict.values, "The verdict the numbers allow; null: a person decides.")),
    "verdict": maybe(one_of(Verdict.values, "The recorded one, else the proposal.")),
    "basis": maybe(one_of(GoalResult.Basis.values, "What the verdict rests on; null: on nothing yet.")),
}
OUTCOME_EXAMPLE = {
    "slug": "more-on-time",
    "statement": "Deliver more on time",
    "kind": "kpi",
    "set_in": "2023",
    "due": "2024",
    "aim": "improve",
    "metric": "schedule-adherence",
    "unit": "percent",
    "baseline": "62",
    "target": None,
    "upper_target": None,
    "actual": "80.5",
    "change": "18.5",
    "attainment": None,
    "proposal": "achieved",
    "verdict": "achieved",
    "basis": "computed",
}
_EVIDENCE = shape(
    kind=one_of([*EVIDENCE_TARGETS, "url"], "What is cited."),
    title=told(TEXT, "What is cited, for people."),
    period=MAYBE_PERIOD,
    url=MAYBE_TEXT,
    source=SOURCE,
    note=MAYBE_TEXT,
)
_LINK = shape(
    direction=one_of(["earlier", "later"], "On which side the other goal stands."),
    kind=one_of(GoalLink.Kind.values, "What the later goal does to the earlier one."),
    goal=told(TEXT, "The key of the other goal."),
    statement=TEXT,
    set_in=PERIOD,
)
_UNASKED = shape(
    kind=one_of(["measurement", "change", "achievement"]),
    title=TEXT,
    metric=MAYBE_TEXT,
    unit=maybe(one_of(Unit.values)),
    value=told(FIGURE, "Of a measurement."),
    before=told(FIGURE, "Of a change."),
    after=told(FIGURE, "Of a change."),
    source=SOURCE,
)


class ComparisonView(OwnedAPIView):
    """The goals set in a year against the following year's results."""

    answers = shape(
        set_in=WHOLE,
        due=told(WHOLE, "The following year, whose results are shown."),
        goals=many(
            shape(
                **OUTCOME,
                caveats=many(one_of(Caveat.values), "What a reader should know before believing it."),
                evidence=many(_EVIDENCE, "What is cited for the verdict, in order."),
                lineage=many(_LINK, "The goals it takes up, and those that take it up."),
            ),
            "By due period and order of entry; goals that are part of another one are not compared.",
        ),
        unasked=many(
            _UNASKED, "Results of the following year that no goal asked for; at most 100 of each kind."
        ),
    )
    example = {
        "set_in": 2023,
        "due": 2024,
        "goals": [
            {
                **OUTCOME_EXAMPLE,
                "caveats": ["stated_differs"],
                "evidence": [
                    {
                        "kind": "measurement",
                        "title": "Schedule adherence 2024",
                        "period": "2024",
                        "url": None,
                        "source": {"document": 2024, "lines": "8"},
                        "note": None,
                    }
                ],
                "lineage": [
                    {
                        "direction": "earlier",
                        "kind": "continues",
                        "goal": "on-time",
                        "statement": "Deliver on time",
                        "set_in": "2022",
                    }
                ],
            }
        ],
        "unasked": [],
    }

    def get(self, request: Request, year: int) -> Response:
        compared = compare_year(set_in=year, as_of=timezone.localdate())
        return Response(
            {
                "set_in": compared.set_in,
                "due": compared.due,
                "goals": [_goal(comparison) for comparison in compared.comparisons],
                "unasked": [_unasked(result) for result in compared.unasked],
            }
        )


def outcome_answer(outcome: Outcome) -> dict[str, Any]:
    """The goal's metric must be joined."""
    goal, evaluation = outcome.goal, outcome.evaluation
    return {
        "slug": goal.slug,
        "statement": goal.statement,
        "kind": goal.kind,
        "set_in": str(goal.set_in),
        "due": str(goal.due),
        "aim": goal.aim,
        "metric": goal.metric.slug if goal.metric else None,
        "unit": goal.metric.unit if goal.metric else None,
        "baseline": decimal_text(goal.baseline),
        "target": decimal_text(goal.target),
        "upper_target": decimal_text(goal.upper_target),
        "actual": decimal_text(outcome.actual),
        "change": decimal_text(evaluation.change),
        "attainment": decimal_text(evaluation.attainment),
        "proposal": evaluation.proposal,
        "verdict": outcome.verdict,
        "basis": outcome.basis,
    }


def _goal(comparison: Comparison) -> dict[str, Any]:
    return {
        **outcome_answer(comparison),
        "caveats": list(comparison.caveats),
        "evidence": [_evidence(piece) for piece in comparison.evidence],
        "lineage": [
            *(_link(link, other="earlier") for link in comparison.earlier_links),
            *(_link(link, other="later") for link in comparison.later_links),
        ],
    }


def _evidence(piece: Evidence) -> dict[str, Any]:
    kind = next((name for name in EVIDENCE_TARGETS if getattr(piece, f"{name}_id")), "url")
    cited = piece if kind == "url" else piece.target
    assert isinstance(cited, Record)  # noqa: S101
    stands_in = piece if piece.source_id else cited
    return {
        "kind": kind,
        "title": str(piece.target),
        "period": str(piece.period) if piece.period else None,
        "url": piece.url or None,
        "source": source_of(stands_in),
        "note": piece.note or None,
    }


def _link(link: GoalLink, *, other: str) -> dict[str, Any]:
    """`direction` says on which side the other goal stands; `kind` is always what the later does to the earlier."""
    goal = getattr(link, other)
    return {
        "direction": other,
        "kind": link.kind,
        "goal": goal.slug,
        "statement": goal.statement,
        "set_in": str(goal.set_in),
    }


def _unasked(result: Unasked) -> dict[str, Any]:
    figure, change = result.figure, result.change
    return {
        "kind": result.kind,
        "title": figure.metric.name if figure else str(result.record),
        "metric": figure.metric.slug if figure else None,
        "unit": figure.metric.unit if figure else (change.unit or None if change else None),
        "value": decimal_text(figure.value) if figure else None,
        "before": decimal_text(change.before) if change else None,
        "after": decimal_text(change.after) if change else None,
        "source": source_of(result.record),
    }
