"""What comparisons rest on: the figures, evidence and lineage of goals, and a year's results, read in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet

from goals.models import EVIDENCE_TARGETS, Evidence, Goal, GoalLink
from metrics.models import Change, Measurement, Metric
from projects.models import Achievement
from records.models import Document
from records.ownership import join_in_hand
from records.periods import Period
from records.together import read_together

# A page lists this many results of each kind that no goal asked for; the year's own page has all of them.
UNASKED_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """`measurements` by metric and `evidence` by goal, each by id; `links` to and from the goals in order of entry.

    Of the year asked for what neither measures nor proves a goal: `figures` of the whole year by the metric's name,
    `changes` and `achievements` by period. Empty where no year was asked for.
    """

    measurements: Mapping[int, Sequence[Measurement]]
    evidence: Mapping[int, Sequence[Evidence]]
    links: Sequence[GoalLink]
    figures: Sequence[Measurement] = ()
    changes: Sequence[Change] = ()
    achievements: Sequence[Achievement] = ()


def grounds_of(
    goals: Sequence[Goal], *, documents: Iterable[Document], unasked_of: int | None = None
) -> Grounds:
    """`documents`: all of the owner's, from which the sources are taken instead of being joined.

    One query; one more if a goal's metric was measured for projects only.
    """
    evidence = Evidence.objects.filter(goal__in=goals)
    cited = {name: evidence.filter(**{f"{name}__isnull": False}).values(name) for name in EVIDENCE_TARGETS}
    pieces, links, *found = read_together(
        evidence.order_by("goal", "position").lean(),
        GoalLink.objects.filter(Q(later__in=goals) | Q(earlier__in=goals))
        .select_related("later", "earlier")
        .order_by("id")
        .lean("later", "earlier"),
        *(_targets(name).filter(pk__in=cited[name]) for name in EVIDENCE_TARGETS),
        _of_metrics(goals),
        *(() if unasked_of is None else _unasked(goals, cited=cited, year=unasked_of)),
    )
    totals, *unasked = found[len(EVIDENCE_TARGETS) :]
    measurements = _with_projects(totals, goals=goals)
    _join_cited(pieces, found, documents=documents)
    figures, changes, achievements = unasked or ([], [], [])
    return Grounds(
        measurements=measurements,
        evidence=_by("goal_id", pieces),
        links=links,
        figures=sorted(figures, key=lambda row: (row.metric.name, row.pk)),
        changes=changes,
        achievements=achievements,
    )


def join_targets(pieces: Sequence[Evidence], *, documents: Iterable[Document]) -> None:
    """Gives evidence what it cites and where either stands. `documents`: all of the owner's. One query, of no joins:
    planning those of five targets and their documents takes PostgreSQL longer than reading them."""
    ids = {name: {getattr(piece, f"{name}_id") for piece in pieces} - {None} for name in EVIDENCE_TARGETS}
    found = read_together(*(_targets(name).filter(pk__in=ids[name]) for name in EVIDENCE_TARGETS))
    _join_cited(pieces, found, documents=documents)


def _join_cited(
    pieces: Sequence[Evidence], found: Sequence[Sequence[Any]], *, documents: Iterable[Document]
) -> None:
    """`found`: the records cited, in the order of EVIDENCE_TARGETS; what follows them gets its documents, too."""
    join_in_hand(chain(pieces, *found), source={each.pk: each for each in documents})
    cited = zip(EVIDENCE_TARGETS, found, strict=False)
    join_in_hand(pieces, **{name: {row.pk: row for row in rows} for name, rows in cited})


def measurements_of(goals: Sequence[Goal]) -> dict[int, list[Measurement]]:
    """The figures of the goals' metrics in their due years, by metric and then as time goes.

    One query; one more if a metric was measured for projects only.
    """
    return _with_projects(list(_of_metrics(goals)), goals=goals)


def _with_projects(totals: list[Measurement], *, goals: Sequence[Goal]) -> dict[int, list[Measurement]]:
    """Figures of single projects count only where a metric has none of all projects together."""
    metrics = _metrics(goals)
    missing = metrics.keys() - {row.metric_id for row in totals}
    if missing:
        totals += _in_due_years(goals).filter(metric__in=missing, project__isnull=False)
    join_in_hand(totals, metric=metrics)
    return _by("metric_id", totals)


def _metrics(goals: Iterable[Goal]) -> dict[int, Metric]:
    return {goal.metric.pk: goal.metric for goal in goals if goal.metric is not None}


def _by(name: str, rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return dict(found)


def _targets(name: str) -> QuerySet[Any]:
    model: Any = Evidence._meta.get_field(name).related_model
    joins = ("metric",) if model is Measurement else ()
    rows: QuerySet[Any] = model.objects.select_related(*joins) if joins else model.objects.all()
    return rows.lean(*joins)  # type: ignore[attr-defined]


def _of_metrics(goals: Sequence[Goal]) -> QuerySet[Any]:
    """Figures of all projects together."""
    return _in_due_years(goals).filter(metric__in=_metrics(goals), project__isnull=True)


def _in_due_years(goals: Sequence[Goal]) -> QuerySet[Any]:
    years = {goal.due.year for goal in goals if goal.metric_id is not None}
    rows = Measurement.objects.in_years(*years) if years else Measurement.objects.none()
    return rows.lean()


def _unasked(
    goals: Sequence[Goal], *, cited: Mapping[str, QuerySet[Any, Any]], year: int
) -> Iterable[QuerySet[Any]]:
    """The first figures that were entered, the others as time goes."""
    asked = {goal.metric_id for goal in goals if goal.metric_id is not None}
    yield (
        Measurement.objects.filter(period=Period(year), project__isnull=True, value__isnull=False)
        .exclude(metric__in=asked)
        .exclude(pk__in=cited["measurement"])
        .select_related("metric")
        .order_by("id")
        .lean("metric")[:UNASKED_LIMIT]
    )
    yield (
        Change.objects.filter(to_period__in_year=year)
        .exclude(pk__in=cited["change"])
        .exclude(metric__in=asked)
        .order_by("to_period", "id")
        .lean()[:UNASKED_LIMIT]
    )
    yield (
        Achievement.objects.filter(period__in_year=year)
        .exclude(pk__in=cited["achievement"])
        .order_by("period", "id")
        .lean()[:UNASKED_LIMIT]
    )
