"""What a year is told from: the records of each model that stand on its page, read in one query each.

Runs inside the owner's scope. What a query returns is joined with all that a page shows beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, Sum, Window
from django.db.models.functions import Coalesce, RowNumber

from goals.models import Evidence, Goal, Reflection
from metrics.models import Change, Incident, Measurement, Mention, Metric
from projects.models import Achievement, Activity, Engagement, Project, SkillUse
from records.models import Document
from records.periods import FIRST_YEAR

# How many of each a page reads before it asks whether all are wanted.
LIMITS = {
    "figures": 500,
    "achievements": 100,
    "changes": 60,
    "incidents": 60,
    "activities": 150,
    "reflections": 100,
    "goals": 120,
    "skills": 200,
}


def cut(rows: Any, section: str, whole: Collection[str]) -> tuple[list[Any], bool]:  # noqa: ANN401
    """As many as the page shows, and whether there are more."""
    if section in whole:
        return list(rows), False
    found = list(rows[: LIMITS[section] + 1])
    return found[: LIMITS[section]], len(found) > LIMITS[section]


def documents_by_year() -> dict[int, Document]:
    has_body = ExpressionWrapper(~Q(body=""), output_field=BooleanField())
    return {each.year: each for each in Document.objects.annotate(has_body=has_body).defer("body")}


def goals_of(year: int) -> Any:  # noqa: ANN401
    """Set in the year or due in it, the latter first; with whether anything is cited as evidence."""
    return (
        Goal.objects.filter(Q(set_in__in_year=year) | Q(due__in_year=year))
        .with_results()
        .defer("source__body")
        .annotate(has_evidence=Exists(Evidence.objects.filter(goal=OuterRef("pk"))))
        .order_by("due", "set_in", "id")
    )


def changes_of(year: int) -> Any:  # noqa: ANN401
    return (
        Change.objects.filter(to_period__in_year=year)
        .select_related("achievement", "metric__derived_from", "project", "source")
        .defer("source__body")
        .order_by("to_period", "id")
    )


def measurements_of(
    year: int,
    *,
    goals: Sequence[Goal],
    changes: Sequence[Change],
    documents: Iterable[Document],
    whole: Collection[str],
) -> tuple[list[Measurement], bool]:
    """Of the year; of the year before what steps start from; elsewhere what goals and changes need.

    Where there are too many, those of all projects together and none of single ones. `documents`: all of the owner's;
    metrics and projects are read once, not joined to every row (4 queries).
    """
    last = max(year - 1, FIRST_YEAR)
    wanted = Q(period__in_year=year)
    wanted |= Q(period__in_year=last, project__isnull=True)
    wanted |= Q(period__in=[f"{last}", f"{last}-H2", f"{last}-Q4", f"{last}-12"])
    measured = [goal for goal in goals if goal.metric_id is not None and goal.due.year != year]
    for due in {goal.due.year for goal in measured}:
        wanted |= Q(
            metric__in={goal.metric_id for goal in measured if goal.due.year == due}, period__in_year=due
        )
    for change in changes:
        start = change.from_period.year if change.from_period is not None else year
        if change.metric_id is not None and start < year:
            wanted |= Q(metric=change.metric_id, period__gte=f"{start:04}", period__lt=f"{year:04}")
    rows, most = Measurement.objects.filter(wanted), LIMITS["figures"]
    is_cut = False
    if "figures" in whole:
        found = list(rows)
    else:
        # A year may have ten thousand of single projects: as soon as they are too many, none of them is read.
        single = list(rows.filter(project__isnull=False).order_by().values_list("pk", flat=True)[: most + 1])
        shared = Q(project__isnull=True)
        if len(single) > most:
            found, is_cut = list(rows.filter(shared).order_by("metric", "period", "id")[:most]), True
        else:
            asked = rows.filter(shared | Q(pk__in=single))
            chosen = asked.order_by(F("project").asc(nulls_first=True), "metric", "period", "id")
            found = list(chosen[: most + 1])
            if len(found) > most:
                found, is_cut = [row for row in found[:most] if row.project_id is None], True
    _refer(found, documents)
    return sorted(found, key=lambda row: (str(row.period), row.pk)), is_cut


def _refer(measurements: Sequence[Measurement], documents: Iterable[Document]) -> None:
    """Following them to their metric, project or document costs no query. Metrics and projects: one query each."""
    ids = {row.metric_id for row in measurements}
    metrics = Metric.objects.filter(pk__in=ids).select_related("derived_from", "supersedes")
    project_ids = {row.project_id for row in measurements if row.project_id is not None}
    projects = Project.objects.filter(pk__in=project_ids)
    known: dict[str, dict[int, Any]] = {
        "metric": {each.pk: each for each in metrics},
        "project": {each.pk: each for each in projects},
        "source": {each.pk: each for each in documents},
    }
    for row in measurements:
        for name, found in known.items():
            pk = getattr(row, f"{name}_id")
            if pk is not None:
                setattr(row, name, found[pk])


def achievements_of(year: int) -> Any:  # noqa: ANN401
    """Of the year, and of its stints."""
    return (
        Achievement.objects.filter(Q(period__in_year=year) | Q(engagement__period__in_year=year))
        .select_related("project", "engagement__project", "source")
        .defer("source__body")
        .order_by("period", "id")
    )


def incidents_of(year: int) -> Any:  # noqa: ANN401
    return (
        Incident.objects.filter(period__in_year=year)
        .select_related("project", "source")
        .defer("source__body")
        .order_by("period", "started_at", "id")
    )


@dataclass(frozen=True, slots=True)
class OfKind:
    """How many activities of a kind there are, and how often they were done in all."""

    listed: int
    times: int


def activities_of(year: int, whole: Collection[str]) -> tuple[list[Activity], dict[str, OfKind]]:
    """As many as the page shows, the first of every kind before the second of any, so that no kind is cut away; and
    the numbers of every kind (3 queries)."""
    rows = Activity.objects.filter(period__in_year=year)
    counted = (
        rows.order_by().values_list("kind").annotate(listed=Count("id"), times=Sum(Coalesce("count", 1)))
    )
    kinds = {kind: OfKind(listed, times) for kind, listed, times in counted}
    place = Window(RowNumber(), order_by=["period", "category", "id"], partition_by=F("kind"))
    ordered = rows.annotate(place=place).order_by("place", "kind")
    ids = ordered.values_list("pk", flat=True)
    places = {
        pk: number for number, pk in enumerate(ids if "activities" in whole else ids[: LIMITS["activities"]])
    }
    # What is joined, is joined to the chosen ones only: a year may have thousands.
    chosen = Activity.objects.filter(pk__in=places) if "activities" not in whole else rows
    found = chosen.select_related("project", "source").defer("source__body")
    return sorted(found, key=lambda each: places[each.pk]), kinds


def reflections_of(year: int) -> Any:  # noqa: ANN401
    return (
        Reflection.objects.filter(period__in_year=year)
        .select_related("source")
        .defer("source__body")
        .order_by("period", "id")
    )


def skill_uses_of(year: int) -> Any:  # noqa: ANN401
    return (
        SkillUse.objects.filter(period__in_year=year)
        .select_related("skill")
        .order_by("category", "skill__name", "id")
    )


def mentions_of(measurements: Sequence[Measurement]) -> list[Mention]:
    return list(
        Mention.objects.filter(measurement__in=[row.pk for row in measurements])
        .select_related("source", "measurement__metric", "measurement__project")
        .defer("source__body")
        .order_by("id")
    )


def all_engagements() -> list[Engagement]:
    """Of every year: stints are held against each other, and one may reach into years it is not filed under."""
    rows = Engagement.objects.select_related("project", "source").defer("source__body")
    return list(rows.order_by("period", "id"))
