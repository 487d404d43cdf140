"""What a year is told from: the records of each model that stand on its page, read in three queries.

Runs inside the owner's scope. Documents, metrics and projects are read once and not joined to every row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from goals.models import Evidence, Goal, Reflection
from metrics.models import Change, Incident, Measurement, Metric
from metrics.references import References
from projects.models import Achievement, Activity, Engagement, Project, SkillUse
from records.models import Document
from records.ownership import join_in_hand
from records.periods import FIRST_YEAR
from records.together import read_together

# How many of each a page shows before it asks whether all are wanted.
LIMITS = {
    "figures": 400,
    "achievements": 100,
    "changes": 60,
    "incidents": 60,
    "activities": 80,
    "reflections": 100,
    "goals": 120,
    "skills": 200,
}


@dataclass(frozen=True, slots=True)
class OfKind:
    """How many activities of a kind there are, and how often they were done in all."""

    listed: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRecords:
    """The records of one year, each section as long as its page; `cut` names those that have more.

    `measurements` are also those of other years that its steps, goals and changes need. `engagements` are of every
    year. `kinds`: the numbers of every kind of activity.
    """

    year: int
    references: References
    goals: Sequence[Goal]
    measurements: Sequence[Measurement]
    changes: Sequence[Change]
    engagements: Sequence[Engagement]
    achievements: Sequence[Achievement]
    incidents: Sequence[Incident]
    activities: Sequence[Activity]
    kinds: Mapping[str, OfKind]
    reflections: Sequence[Reflection]
    skill_uses: Sequence[SkillUse]
    cut: frozenset[str]

    @property
    def documents(self) -> dict[int, Document]:
        """By year."""
        return {each.year: each for each in self.references.documents.values()}

    @property
    def figures(self) -> list[Measurement]:
        """Those of the year itself."""
        return [row for row in self.measurements if row.period.year == self.year]


def read_year(year: int, whole: Collection[str] = ()) -> YearRecords:
    """Sections named in `whole` (keys of LIMITS) are not cut.

    Three queries: all that is filed under the year; the measurements, which its goals and changes ask for, too; those
    of single projects, unless they are too many.
    """
    sections = {
        "goals": _goals_of(year),
        "changes": _in_order(Change, "to_period", year),
        "achievements": _in_order(Achievement, "period", year),
        "incidents": _in_order(Incident, "period", year, "started_at"),
        "reflections": _in_order(Reflection, "period", year),
        "skills": _skill_uses_of(year),
    }
    has_body = ExpressionWrapper(~Q(body=""), output_field=BooleanField())
    documents, metrics, projects, stints, counts, activities, *found = read_together(
        Document.objects.annotate(has_body=has_body).lean().defer("body"),
        Metric.objects.lean(),
        Project.objects.lean(),
        Engagement.objects.lean().order_by("period", "id"),
        _numbers_of_activities(year),
        _activities_of(year, whole),
        # One more than the page shows tells whether there are more.
        *(rows if name in whole else rows[: LIMITS[name] + 1] for name, rows in sections.items()),
    )
    references = References.of(documents=documents, projects=projects, metrics=metrics)
    shown, cut = {}, set()
    for name, rows in zip(sections, found, strict=True):
        is_long = name not in whole and len(rows) > LIMITS[name]
        shown[name] = rows[: LIMITS[name]] if is_long else rows
        cut |= {name} if is_long else set()
        references.join(rows)
    references.join(chain(stints, activities))
    join_in_hand(shown["achievements"], engagement={each.pk: each for each in stints})
    measurements, is_long = _measurements_of(
        year, goals=shown["goals"], changes=shown["changes"], references=references, whole=whole
    )
    return YearRecords(
        year=year,
        references=references,
        goals=shown["goals"],
        measurements=measurements,
        changes=shown["changes"],
        engagements=stints,
        achievements=shown["achievements"],
        incidents=shown["incidents"],
        activities=activities,
        kinds={kind: OfKind(listed, times) for kind, listed, times in counts},
        reflections=shown["reflections"],
        skill_uses=shown["skills"],
        cut=frozenset(cut | ({"figures"} if is_long else set())),
    )


def _in_order(model: Any, period: str, year: int, *then: str) -> QuerySet[Any]:  # noqa: ANN401
    rows: QuerySet[Any] = model.objects.lean().filter(**{f"{period}__in_year": year})
    return rows.order_by(period, *then, "id")


def _goals_of(year: int) -> QuerySet[Any]:
    """Set in the year or due in it, the latter first; with whether anything is cited as evidence."""
    return (
        Goal.objects.lean("result", "parent")
        .filter(Q(set_in__in_year=year) | Q(due__in_year=year))
        .select_related("result", "parent")
        .annotate(has_evidence=Exists(Evidence.objects.filter(goal=OuterRef("pk"))))
        .order_by("due", "set_in", "id")
    )


def _skill_uses_of(year: int) -> QuerySet[Any]:
    rows = SkillUse.objects.lean("skill").filter(period__in_year=year).select_related("skill")
    return rows.order_by("category", "skill__name", "id")


def _numbers_of_activities(year: int) -> QuerySet[Any]:
    """Of every kind how many there are, and how often they were done in all."""
    rows = Activity.objects.in_year(year).order_by().values("kind")
    counted = rows.annotate(listed=Count("id"), times=Sum(Coalesce("count", 1)))
    return counted.values_list("kind", "listed", "times")


def _activities_of(year: int, whole: Collection[str]) -> QuerySet[Any]:
    """The first of every kind before the second of any, so that no kind is cut away; in the order of time."""
    rows = Activity.objects.lean().in_year(year).order_by("period", "category", "id")
    if "activities" in whole:
        return rows
    # A year may have thousands: they are ordered without their texts.
    place = Window(RowNumber(), order_by=["period", "category", "id"], partition_by=F("kind"))
    first = rows.annotate(place=place).order_by("place", "kind").values("pk")
    return rows.filter(pk__in=first[: LIMITS["activities"]])


def _measurements_of(
    year: int,
    *,
    goals: Sequence[Goal],
    changes: Sequence[Change],
    references: References,
    whole: Collection[str],
) -> tuple[list[Measurement], bool]:
    """Of the year; of the year before what steps start from; elsewhere what goals and changes need. And whether there
    are more: where there are too many, those of all projects together and none of single ones. Two queries."""
    last = max(year - 1, FIRST_YEAR)
    wanted = Q(period__in_year=year)
    wanted |= Q(period__in_year=last, project__isnull=True)
    wanted |= Q(period__in=[f"{last}", f"{last}-H2", f"{last}-Q4", f"{last}-12"])
    measured = [goal for goal in goals if goal.metric_id is not None and goal.due.year != year]
    for due in {goal.due.year for goal in measured}:
        metrics = {goal.metric_id for goal in measured if goal.due.year == due}
        wanted |= Q(metric__in=metrics, period__in_year=due)
    for change in changes:
        start = change.from_period.year if change.from_period is not None else year
        if change.metric_id is not None and start < year:
            wanted |= Q(metric=change.metric_id, period__in_years=(start, last))
    rows, most = Measurement.objects.lean().filter(wanted), LIMITS["figures"]
    shared = rows.filter(project__isnull=True).order_by("metric", "period", "id")
    single = rows.filter(project__isnull=False).order_by()
    if "figures" in whole:
        found, is_cut = list(rows), False
    else:
        # A year may have ten thousand of single projects: which, is asked of an index.
        found, of_projects = read_together(
            shared[: most + 1], single.values_list("pk", flat=True)[: most + 1]
        )
        is_cut = len(found) + len(of_projects) > most
        found = found[:most] if is_cut else [*found, *Measurement.objects.lean().filter(pk__in=of_projects)]
    references.join(found)
    return sorted(found, key=lambda row: (str(row.period), row.pk)), is_cut
