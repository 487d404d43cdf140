"""A year as a whole: what was aimed at, measured, done, learned and thought in it, and what is still open about it.

Projects, metrics and goals each know their part; only here do they meet. Runs inside the owner's scope.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from careertrack.kpis import KpiLine, KpiTable, cut_to, headlines, kpi_tables
from careertrack.readiness import Absent, TodoGroup, readiness, what_is_absent
from careertrack.stories import Shown
from careertrack.year_records import OfKind, YearRecords, read_year
from goals.claims import claims_of_goal
from goals.comparisons import Outcome, outcomes_of, tally
from goals.evaluation import Verdict
from goals.models import Reflection
from metrics.findings import Finding
from metrics.marks import Marks, find_marks
from metrics.models import Change, Incident, Measurement
from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from projects.timeline import when_in_words
from records.models import Document

# A page shows this many metrics before it asks whether all are wanted.
MOST_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalLine:
    """A goal that is no part of another one of the list, what came of it, and the goals that are parts of it."""

    outcome: Outcome
    parts: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearStint:
    """An engagement that reaches into the year."""

    engagement: Engagement

    @property
    def when(self) -> str:
        return when_in_words(self.engagement)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearProject:
    """A project of the year: its stints by the period they are filed under, and what was achieved in them.

    `project` None: achievements of no single project. `stints` may be empty: told of without a stint.
    """

    project: Project | None
    stints: tuple[YearStint, ...]
    achievements: tuple[Achievement, ...]

    @property
    def difficulty(self) -> int | None:
        """The highest rated; None if none was."""
        rated = [each.engagement.difficulty for each in self.stints]
        return max((each for each in rated if each is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityKind:
    """The activities of one kind. `times`: how often in all, `listed`: how many records, of which `rows` are shown.

    `figures`: what the metrics that count this kind state for the year.
    """

    kind: Activity.Kind
    times: int
    listed: int
    rows: tuple[Activity, ...]
    figures: tuple[KpiLine, ...]

    @property
    def is_cut(self) -> bool:
        return len(self.rows) < self.listed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionKind:
    kind: Reflection.Kind
    rows: tuple[Reflection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillHeading:
    """Skills under one heading of the year's document, by name; "" for those without one."""

    heading: str
    skills: tuple[Skill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPage:
    """All of one year. `document` None: there is none; `is_missing` tells a gap from a year to come.

    `due`: goals due in the year; `set_here`: those set in it for later; `set_and_due`: how many are both, and stand
    with `due`. `kpis` come with the headlines chosen among them. `contradictions`: open ones of the year.
    """

    year: int
    document: Document | None
    has_body: bool
    is_missing: bool
    due: tuple[GoalLine, ...]
    set_here: tuple[GoalLine, ...]
    set_and_due: int
    goals_are_cut: bool
    headlines: tuple[KpiLine, ...]
    kpis: tuple[KpiTable, ...]
    figures: int
    figures_are_cut: bool
    projects: tuple[YearProject, ...]
    achievements: Shown[Achievement]
    changes: Shown[Change]
    incidents: Shown[Incident]
    activities: tuple[ActivityKind, ...]
    skills: tuple[SkillHeading, ...]
    skills_are_cut: bool
    reflections: tuple[ReflectionKind, ...]
    reflections_are_cut: bool
    contradictions: tuple[Finding, ...]
    todos: tuple[TodoGroup, ...]
    marks: Marks

    @property
    def verdicts(self) -> tuple[tuple[Verdict | None, int], ...]:
        return tally(line.outcome for line in self.due)

    @property
    def activity_count(self) -> int:
        return sum(kind.listed for kind in self.activities)

    @property
    def skill_count(self) -> int:
        return sum(len(heading.skills) for heading in self.skills)

    @property
    def reflection_count(self) -> int:
        return sum(len(kind.rows) for kind in self.reflections)

    @property
    def worked_on(self) -> int:
        """How many projects have a stint in the year."""
        return sum(1 for each in self.projects if each.stints)

    @property
    def todo_count(self) -> int:
        return sum(len(group.todos) for group in self.todos)

    @property
    def _present(self) -> set[str]:
        """The kinds of records there are, by the names `what_is_absent` has for them."""
        kinds = {
            "document": self.document,
            "due": self.due,
            "figures": self.kpis,
            "changes": self.changes.rows,
            "projects": self.worked_on,
            "achievements": self.achievements.rows,
            "activities": self.activities,
            "skills": self.skills,
            "incidents": self.incidents.rows,
            "reflections": self.reflections,
            "set": self.set_here or self.set_and_due,
        }
        return {kind for kind, rows in kinds.items() if rows}

    @property
    def is_empty(self) -> bool:
        return self._present <= {"document"}

    @property
    def absent(self) -> tuple[Absent, ...]:
        return what_is_absent(year=self.year, present=self._present)


def tell_year(*, year: int, as_of: dt.date, whole: Collection[str] = ()) -> YearPage:
    """The year; sections named in `whole` (keys of LIMITS) are not cut.

    Queries, whatever there is to tell (8 at most): the records (see `read_year`, 3); marks (see `find_marks`).
    """
    records = read_year(year, whole)
    documents, document = records.documents, records.documents.get(year)
    figures: dict[int, list[Measurement]] = defaultdict(list)
    for row in records.measurements:
        figures[row.metric_id].append(row)
    outcomes = outcomes_of(goals=records.goals, documents=documents, measurements=figures)
    due = _goal_lines([outcome for outcome in outcomes if outcome.goal.due.year == year])
    set_in = _goal_lines([outcome for outcome in outcomes if outcome.goal.set_in.year == year])
    kpis = kpi_tables(
        year=year,
        measurements=records.measurements,
        metrics=records.references.metrics,
        outcomes=[line.outcome for line in due],
    )
    shown = kpis if "figures" in whole else cut_to(kpis, most=MOST_LINES)
    stints = [each for each in records.engagements if year in each.years]
    is_missing = document is None and year < max(documents, default=0)
    marks = _marks(records, outcomes=outcomes, kpis=kpis)
    still_open = tuple(each for each in marks.findings if each.year == year and not each.is_settled)
    return YearPage(
        year=year,
        document=document,
        has_body=bool(document is not None and document.has_body),  # type: ignore[attr-defined]
        is_missing=is_missing,
        due=due,
        set_here=tuple(line for line in set_in if line.outcome.goal.due.year != year),
        set_and_due=sum(1 for line in set_in if line.outcome.goal.due.year == year),
        goals_are_cut="goals" in records.cut,
        headlines=headlines(kpis),
        kpis=shown,
        figures=len(records.figures),
        figures_are_cut="figures" in records.cut or _lines(shown) < _lines(kpis),
        projects=_projects(stints, records.achievements),
        achievements=Shown(rows=tuple(records.achievements), is_cut="achievements" in records.cut),
        changes=Shown(rows=tuple(records.changes), is_cut="changes" in records.cut),
        incidents=Shown(rows=tuple(records.incidents), is_cut="incidents" in records.cut),
        activities=_activity_kinds(records.activities, records.kinds, kpis),
        skills=_skill_headings(records.skill_uses),
        skills_are_cut="skills" in records.cut,
        reflections=_reflection_kinds(records.reflections),
        reflections_are_cut="reflections" in records.cut,
        contradictions=still_open,
        todos=readiness(
            year=year,
            as_of=as_of,
            document=document,
            is_missing=is_missing,
            outcomes=[line.outcome for line in due],
            achievements=records.achievements,
            changes=records.changes,
            kpis=kpis,
            contradictions=still_open,
            engagements=[each for each in records.engagements if each.period.year == year],
            last_told=max((each.period.year for each in records.engagements), default=year),
            incidents=records.incidents,
        ),
        marks=marks,
    )


def _lines(tables: Sequence[KpiTable]) -> int:
    return sum(len(table.lines) for table in tables)


def _marks(records: YearRecords, *, outcomes: Iterable[Outcome], kpis: Iterable[KpiTable]) -> Marks:
    """Of the year's own figures, of those its goals were measured by, and of those told from the year before."""
    behind = [outcome.figure for outcome in outcomes if outcome.figure is not None]
    behind += [line.before for table in kpis for line in table.lines if line.step is not None]
    behind += [line.superseded for table in kpis for line in table.lines if line.superseded is not None]
    shown = chain(
        {row.pk: row for row in chain(records.figures, *(figure.rows for figure in behind))}.values(),
        records.changes,
        records.incidents,
        records.activities,
        (each for each in records.engagements if records.year in each.years),
    )
    return find_marks(
        shown=shown,
        claims=[claim for outcome in outcomes for claim in claims_of_goal(outcome.goal)],
        references=records.references,
    )


def _goal_lines(outcomes: Sequence[Outcome]) -> tuple[GoalLine, ...]:
    """Parts stand with the goal they are a part of, where that is in the list."""
    listed = {outcome.goal.pk for outcome in outcomes}
    parts: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.goal.parent_id in listed:
            parts[outcome.goal.parent_id].append(outcome)
    return tuple(
        GoalLine(outcome=outcome, parts=tuple(_with_parts(outcome, parts)))
        for outcome in outcomes
        if outcome.goal.parent_id not in listed
    )


def _with_parts(outcome: Outcome, parts: dict[int, list[Outcome]]) -> list[Outcome]:
    """The parts of a goal, each followed by its own."""
    found = []
    for part in parts.get(outcome.goal.pk, ()):
        found += [part, *_with_parts(part, parts)]
    return found


def _projects(engagements: Sequence[Engagement], works: Sequence[Achievement]) -> tuple[YearProject, ...]:
    """Those with stints in the order of the document, then those only achieved in, then what is of no project."""
    names: dict[int | None, Project | None] = {}
    stints: dict[int | None, list[YearStint]] = defaultdict(list)
    for each in sorted(engagements, key=lambda each: (each.begins.first_day, each.pk)):
        names.setdefault(each.project_id, each.project)
        stints[each.project_id].append(YearStint(engagement=each))
    achieved: dict[int | None, list[Achievement]] = defaultdict(list)
    for work in works:
        project = work.project if work.engagement is None else work.engagement.project
        key = None if project is None else project.pk
        names.setdefault(key, project)
        achieved[key].append(work)
    return tuple(
        YearProject(project=names[key], stints=tuple(stints[key]), achievements=tuple(achieved[key]))
        for key in sorted(names, key=lambda key: (key is None, key not in stints))
    )


def _activity_kinds(
    activities: Sequence[Activity], kinds: Mapping[str, OfKind], kpis: Sequence[KpiTable]
) -> tuple[ActivityKind, ...]:
    rows: dict[str, list[Activity]] = defaultdict(list)
    for activity in activities:
        rows[activity.kind].append(activity)
    counted: dict[str, list[KpiLine]] = defaultdict(list)
    for table in kpis:
        for line in table.lines:
            if line.figure.value is not None:
                counted[line.metric.counts].append(line)
    return tuple(
        ActivityKind(
            kind=kind,
            times=kinds[kind].times,
            listed=kinds[kind].listed,
            rows=tuple(rows[kind]),
            figures=tuple(counted[kind]),
        )
        for kind in Activity.Kind
        if kind in rows
    )


def _skill_headings(uses: Sequence[SkillUse]) -> tuple[SkillHeading, ...]:
    skills: dict[str, dict[int, Skill]] = defaultdict(dict)
    for use in uses:
        skills[use.category][use.skill_id] = use.skill
    return tuple(
        SkillHeading(heading=heading, skills=tuple(found.values())) for heading, found in skills.items()
    )


def _reflection_kinds(reflections: Sequence[Reflection]) -> tuple[ReflectionKind, ...]:
    counted = Counter(each.kind for each in reflections)
    return tuple(
        ReflectionKind(kind=kind, rows=tuple(each for each in reflections if each.kind == kind))
        for kind in (Reflection.Kind.VERDICT, *(each for each in Reflection.Kind if each != "verdict"))
        if counted[kind]
    )
