"""The comparison as JSON: the same function as the page. Decimals are strings, absent is null."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from goals.comparisons import Comparison, Unasked, compare_year
from goals.models import EVIDENCE_TARGETS, Evidence, GoalLink
from metrics.api import decimal_text
from records.api import OwnedAPIView, source_of
from records.models import Record


class ComparisonView(OwnedAPIView):
    """GET /api/v1/comparisons/<year>/: the goals set in a year against the following year's results."""

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


def _goal(comparison: Comparison) -> dict[str, Any]:
    goal, evaluation = comparison.goal, comparison.evaluation
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
        "actual": decimal_text(comparison.actual),
        "change": decimal_text(evaluation.change),
        "attainment": decimal_text(evaluation.attainment),
        "proposal": evaluation.proposal,
        "verdict": comparison.verdict,
        "basis": comparison.basis,
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
