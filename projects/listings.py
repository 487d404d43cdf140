"""What the lists show beside each project and skill, for one page of them at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Cast, Coalesce, Substr

from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.periods import Period

# A strip of years leaves no year out, unless it would be longer than this.
LONGEST_STRIP = 15
# A list names this many skills and projects of each row; the row's own page has all of them.
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first start to the last end of a project's stints, each as exactly as known.

    `is_open`: the document of the last stint calls it still going on. `is_dated`: some start or end is stated.
    """

    first: Period
    last: Period
    is_open: bool
    is_dated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A project as the list shows it.

    `span` None: no stint of work is known. `difficulty`: the highest rated, None if never rated. `years`: in order,
    every one it is told of in. `skills`: at most MOST_NAMED by name, `more_skills` the number left out.
    """

    project: Project
    span: Span | None
    years: tuple[int, ...]
    roles: tuple[str, ...]
    difficulty: int | None
    skills: tuple[Skill, ...]
    more_skills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillRow:
    """A skill as the list shows it.

    `years`: in order, those it was used in; `headings`: for each of them what its document lists the skill under, by
    name. `projects`: at most MOST_NAMED by name, `more_projects` the number left out.
    """

    skill: Skill
    years: tuple[int, ...]
    headings: tuple[tuple[int, tuple[str, ...]], ...]
    projects: tuple[Project, ...]
    more_projects: int

    @property
    def has_headings(self) -> bool:
        return any(names for _year, names in self.headings)


def project_rows(projects: Sequence[Project]) -> tuple[ProjectRow, ...]:
    """In the order given (queries: stints, skills, other years told of; none without projects)."""
    if not projects:
        return ()
    stints: dict[int, list[Engagement]] = defaultdict(list)
    for engagement in Engagement.objects.filter(project__in=projects).order_by("period", "id"):
        stints[engagement.project_id].append(engagement)
    skills: dict[int, list[Skill]] = defaultdict(list)
    used = Skill.objects.filter(uses__engagement__project__in=projects).annotate(
        project_id=F("uses__engagement__project")
    )
    for skill in used.order_by("name", "id").distinct():
        skills[skill.project_id].append(skill)
    told: dict[int, set[int]] = defaultdict(set)
    for project_id, year in _told_years(Achievement, projects).union(_told_years(Activity, projects)):
        told[project_id].add(int(year))
    return tuple(
        _project_row(project, stints=stints[project.pk], skills=skills[project.pk], told=told[project.pk])
        for project in projects
    )


def _told_years(model: type[Achievement] | type[Activity], projects: Sequence[Project]) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = model.objects.filter(project__in=projects)
    return rows.values_list("project_id", Substr("period", 1, 4)).distinct()


def _project_row(
    project: Project, *, stints: Sequence[Engagement], skills: Sequence[Skill], told: set[int]
) -> ProjectRow:
    years = told | {year for stint in stints for year in stint.years}
    if project.source is not None:
        years.add(project.source.year)
    rated = [stint.difficulty for stint in stints if stint.difficulty is not None]
    return ProjectRow(
        project=project,
        span=span_of(stints),
        years=tuple(sorted(years)),
        roles=tuple(dict.fromkeys(stint.role for stint in stints if stint.role)),
        difficulty=max(rated, default=None),
        skills=tuple(skills[:MOST_NAMED]),
        more_skills=max(len(skills) - MOST_NAMED, 0),
    )


def span_of(stints: Sequence[Engagement]) -> Span | None:
    """The span of some stints; None without any. No query."""
    if not stints:
        return None
    last = max(stints, key=lambda stint: (stint.ends.last_day, stint.is_ongoing, -stint.ends.precision))
    return Span(
        first=min(
            (stint.begins for stint in stints), key=lambda period: (period.first_day, period.precision)
        ),
        last=last.ends,
        is_open=last.is_ongoing,
        is_dated=any(stint.starts_on is not None or stint.ends_on is not None for stint in stints),
    )


def skill_rows(skills: Sequence[Skill]) -> tuple[SkillRow, ...]:
    """In the order given (queries: years and headings, projects; none without skills)."""
    if not skills:
        return ()
    headings: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    named = (
        SkillUse.objects.filter(skill__in=skills)
        .values_list("skill_id", Substr("period", 1, 4), "category")
        .order_by("skill_id", Substr("period", 1, 4), "category")
        .distinct()
    )
    for skill_id, year, category in named:
        headings[skill_id][int(year)] += [category] if category else []
    projects: dict[int, list[Project]] = defaultdict(list)
    used_in = Project.objects.filter(engagements__skill_uses__skill__in=skills).annotate(
        skill_id=F("engagements__skill_uses__skill")
    )
    for project in used_in.order_by("name", "id").distinct():
        projects[project.skill_id].append(project)
    return tuple(
        SkillRow(
            skill=skill,
            years=tuple(headings[skill.pk]),
            headings=tuple((year, tuple(names)) for year, names in headings[skill.pk].items()),
            projects=tuple(projects[skill.pk][:MOST_NAMED]),
            more_projects=max(len(projects[skill.pk]) - MOST_NAMED, 0),
        )
        for skill in skills
    )


def years_of_skill(skill: Skill) -> tuple[int, ...]:
    """The years a skill was used in, in order. One query."""
    years = SkillUse.objects.filter(skill=skill).values_list(Substr("period", 1, 4), flat=True)
    return tuple(sorted({int(year) for year in years.distinct()}))


def years_with_projects() -> tuple[int, ...]:
    """Every year some project is told of in, latest first. One query."""
    first, last = (
        Substr(Coalesce(end, "period", output_field=CharField()), 1, 4) for end in ("starts_on", "ends_on")
    )
    year = Substr("period", 1, 4)
    spans: Iterable[tuple[str, str, str]] = (
        Engagement.objects.values_list(first, last, year)
        .union(
            Achievement.objects.filter(project__isnull=False).values_list(year, year, year),
            Activity.objects.filter(project__isnull=False).values_list(year, year, year),
            Project.objects.filter(source__isnull=False).values_list(
                *(Cast("source__year", CharField()) for _ in range(3))
            ),
        )
        .iterator()
    )
    years: set[int] = set()
    for begins, ends, filed in spans:
        years |= {int(begins), int(ends), int(filed), *range(int(begins), int(ends) + 1)}
    return tuple(sorted(years, reverse=True))


def strip_of(years: Iterable[int]) -> tuple[int, ...]:
    """The years a strip shows, in order: with those in between, where that is not too many."""
    wanted = sorted(set(years))
    if wanted and wanted[-1] - wanted[0] < LONGEST_STRIP:
        return tuple(range(wanted[0], wanted[-1] + 1))
    return tuple(wanted)
