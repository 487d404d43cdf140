"""Goals and checks: which goals rest on a check, and which figures of a goal's page a contradiction marks.

Both follow one rule: a goal rests on the measurements its actual is read from, and on the records that are its
evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q

from goals.claims import claims_of_goal
from goals.comparisons import Comparison, YearComparison, outcomes_of
from goals.models import EVIDENCE_TARGETS, Evidence, Goal
from metrics.claims import Claim
from metrics.findings import Finding
from metrics.marks import Marks, find_marks
from metrics.models import Change, Measurement
from metrics.rows import Row, Subject, name_of


def goals_touched(findings: Sequence[Finding]) -> dict[str, tuple[Goal, ...]]:
    """The goals that rest on a record of each check, or make its claim, by the check's key, as they were set.

    Queries: goals of the checks' metrics, documents and measurements of their outcomes (3; one more for metrics
    measured for projects only), evidence (1). None of these if the checks have no such records.
    """
    subjects = [subject for finding in findings for subject in finding.subjects]
    resting: dict[tuple[str, int], dict[int, Goal]] = defaultdict(dict)
    metrics = {subject.metric_id for subject in subjects if isinstance(subject, Measurement | Row)}
    goals = list(Goal.objects.filter(metric__in=metrics).with_results()) if metrics else []
    for outcome in outcomes_of(goals=goals) if goals else ():
        for row in () if outcome.figure is None else outcome.figure.rows:
            resting["measurement", row.pk][outcome.goal.pk] = outcome.goal
    for name, piece in _citing(subjects):
        resting[name, getattr(piece, f"{name}_id")][piece.goal_id] = piece.goal
    touched = {}
    for finding in findings:
        found: dict[int, Goal] = {}
        for subject in finding.subjects:
            found |= resting.get((name_of(subject), subject.pk), {})
            if isinstance(subject, Goal):
                found[subject.pk] = subject
        touched[finding.key] = tuple(sorted(found.values(), key=lambda goal: (goal.set_in.year, goal.pk)))
    return touched


def _citing(subjects: Iterable[Subject]) -> Iterable[tuple[str, Evidence]]:
    """Evidence that cites one of them, with the name of its reference. One query, none without any."""
    ids: dict[str, set[int]] = defaultdict(set)
    for subject in subjects:
        if (name := name_of(subject)) in EVIDENCE_TARGETS:
            ids[name].add(subject.pk)
    if not ids:
        return
    wanted = Q()
    for name, of_kind in ids.items():
        wanted |= Q(**{f"{name}__in": of_kind})
    for piece in Evidence.objects.filter(wanted).select_related("goal"):
        for name in ids:
            if getattr(piece, f"{name}_id") is not None:
                yield name, piece


def marks_of_year(comparison: YearComparison) -> Marks:
    """The marks of a year's goals and of the results nobody asked for (queries: see `find_marks`)."""
    unasked = (each for result in comparison.unasked for each in (result.figure, result.change))
    shown = [*_shown(comparison.comparisons), *(each for each in unasked if each is not None)]
    return find_marks(shown=shown, claims=_of_targets(comparison.comparisons))


def marks_of_goal(comparison: Comparison) -> Marks:
    """The same for one goal."""
    return find_marks(shown=_shown([comparison]), claims=_of_targets([comparison]))


def _of_targets(comparisons: Iterable[Comparison]) -> list[Claim]:
    return [claim for comparison in comparisons for claim in claims_of_goal(comparison.goal)]


def _shown(comparisons: Iterable[Comparison]) -> Iterator[Measurement | Change]:
    """What their results are read from, and what is cited for them."""
    for comparison in comparisons:
        yield from () if comparison.figure is None else comparison.figure.rows
        for piece in comparison.evidence:
            yield from (each for each in (piece.measurement, piece.change) if each is not None)
