"""What a year still lacks before its review: each open point with the place where it is mended. No query."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from careertrack.kpis import Cell, KpiLine, KpiTable
from goals.comparisons import Outcome
from goals.evaluation import Verdict
from metrics.findings import Finding
from metrics.marks import address_of
from metrics.models import Change, Incident
from projects.models import Achievement, Engagement
from records.models import Document, Record
from records.periods import Period, Precision


class Lack(models.TextChoices):
    """What is lacking; the label is the heading of the list."""

    DOCUMENT = "document", _("The year's document")
    EVIDENCE = "evidence", _("Goals without evidence or verdict")
    CONTRADICTION = "contradiction", _("Figures that contradict each other")
    QUARTER = "quarter", _("Metrics with a gap in the year")
    FIGURE = "figure", _("Achievements without a figure")
    OPEN_END = "open_end", _("Open ends of the document")


_ADVICE = {
    Lack.DOCUMENT: _("Figures are only believed with the lines they stand on."),
    Lack.EVIDENCE: _("Cite what speaks for or against them, and record what came of them."),
    Lack.CONTRADICTION: _("Correct the figure or settle the check with a reason."),
    Lack.QUARTER: _("Enter the figure. If there was nothing to measure, enter the period without a value."),
    Lack.FIGURE: _("Add a change from before to after, or a number to the result."),
    Lack.OPEN_END: _("Add when it began, how it ended, how long it took."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """One open point: what it is about, what is lacking, and where it is mended.

    `in_admin`: only whoever may use admin can go there.
    """

    text: str
    detail: str
    address: str
    in_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoGroup:
    lack: Lack
    todos: tuple[Todo, ...]

    @property
    def advice(self) -> str:
        return str(_ADVICE[self.lack])


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A kind of record the year has none of, and where its owner adds one. `in_admin`: as in `Todo`."""

    label: str
    address: str
    in_admin: bool


def what_is_absent(*, year: int, present: Iterable[str]) -> tuple[Absent, ...]:
    """The kinds of records a year has none of. `present`: keys of `_ADDED` it has."""
    there = set(present)
    found = []
    for key, (label, name, field) in _ADDED.items():
        if key in there:
            continue
        if key == "figures":
            address, in_admin = _address_to_enter(Period(year, Precision.QUARTER, 1))
        else:
            address, in_admin = f"{reverse(f'admin:{name}_add')}?{urlencode({field: year})}", True
        found.append(Absent(label=str(label), address=address, in_admin=in_admin))
    return tuple(found)


# What a year may hold: its words, its admin, and the field that says which year.
_ADDED = {
    "document": (_("Document"), "records_document", "year"),
    "due": (_("Goals due in the year"), "goals_goal", "due"),
    "figures": (_("Figures"), "metrics_measurement", "period"),
    "changes": (_("Before and after"), "metrics_change", "to_period"),
    "projects": (_("Projects worked on"), "projects_engagement", "period"),
    "achievements": (_("Achievements"), "projects_achievement", "period"),
    "activities": (_("Activities"), "projects_activity", "period"),
    "skills": (_("Skills used"), "projects_skilluse", "period"),
    "incidents": (_("Incidents"), "metrics_incident", "period"),
    "reflections": (_("Reflections"), "goals_reflection", "period"),
    "set": (_("Goals set for the year after"), "goals_goal", "set_in"),
}


def readiness(
    *,
    year: int,
    as_of: dt.date,
    document: Document | None,
    is_missing: bool,
    outcomes: Sequence[Outcome],
    achievements: Sequence[Achievement],
    changes: Sequence[Change],
    kpis: Sequence[KpiTable],
    contradictions: Sequence[Finding],
    engagements: Sequence[Engagement],
    last_told: int,
    incidents: Sequence[Incident],
) -> tuple[TodoGroup, ...]:
    """The open points of a year, groups without any left out.

    `outcomes`: of the goals due in the year, with `has_evidence`. `changes`, `engagements`: of the year. `last_told`:
    the latest year any engagement is filed under. Periods that are not over by `as_of` are not asked for.
    """
    found = {
        Lack.DOCUMENT: _document(
            year, document, is_over=as_of > Period(year).last_day, is_missing=is_missing
        ),
        Lack.EVIDENCE: [each for outcome in outcomes if (each := _evidence(outcome)) is not None],
        Lack.CONTRADICTION: [
            Todo(
                text=finding.check.claim,
                detail=finding.check.formula,
                address=address_of(finding),
                in_admin=False,
            )
            for finding in contradictions
        ],
        Lack.QUARTER: _gaps(kpis, as_of=as_of),
        Lack.FIGURE: _without_figure(achievements, changes),
        Lack.OPEN_END: [
            *_open_stints(engagements, is_last=year >= last_told),
            *_open_incidents(incidents),
        ],
    }
    return tuple(TodoGroup(lack=lack, todos=tuple(todos)) for lack, todos in found.items() if todos)


def _edited(record: Record | Document, *, text: str, detail: str) -> Todo:
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_change"
    return Todo(text=text, detail=detail, address=reverse(name, args=[record.pk]), in_admin=True)


def _document(year: int, document: Document | None, *, is_over: bool, is_missing: bool) -> list[Todo]:
    if document is None:
        if not is_over and not is_missing:
            return []
        address = f"{reverse('admin:records_document_add')}?{urlencode({'year': year})}"
        text = _t("Document of %(year)s") % {"year": year}
        return [
            Todo(
                text=text,
                detail=_t("missing") if is_missing else _t("still to come"),
                address=address,
                in_admin=True,
            )
        ]
    if document.has_body:  # type: ignore[attr-defined]
        return []
    return [_edited(document, text=document.title, detail=_t("its text is not stored here"))]


def _evidence(outcome: Outcome) -> Todo | None:
    goal, verdict = outcome.goal, outcome.verdict
    if verdict == Verdict.AWAITING:
        return None
    if verdict is None:
        detail = _t("no verdict yet")
    elif not goal.has_evidence and outcome.actual is None:  # type: ignore[attr-defined]
        detail = _t("nothing is cited and nothing was measured")
    else:
        return None
    address = f"{goal.get_absolute_url()}#{'record' if verdict is None else 'evidence'}"
    return Todo(text=goal.statement, detail=detail, address=address, in_admin=False)


def _gaps(kpis: Sequence[KpiTable], *, as_of: dt.date) -> list[Todo]:
    """Quarters and halves for which a metric has no figure that has one in another of the year; by period."""
    missing: dict[Period, list[str]] = defaultdict(list)
    for table in kpis:
        for line in table.lines:
            cells = [
                cell for cell in line.cells if cell.period.precision in (Precision.QUARTER, Precision.HALF)
            ]
            if any(cell.measurement is not None for cell in cells):
                for cell in cells:
                    if cell.measurement is None and cell.period.last_day < as_of and not _is_told(line, cell):
                        missing[cell.period].append(line.metric.name)
    todos = []
    for period in sorted(missing):
        address, in_admin = _address_to_enter(period)
        todos.append(
            Todo(text=period.label, detail=", ".join(missing[period]), address=address, in_admin=in_admin)
        )
    return todos


def _is_told(line: KpiLine, cell: Cell) -> bool:
    """Whether single projects have a figure of the period."""
    return any(
        each.period == cell.period and each.measurement is not None
        for project in line.projects
        for each in project.cells
    )


def _address_to_enter(period: Period) -> tuple[str, bool]:
    """The grid of the period's figures; else admin."""
    try:
        return reverse("metric_enter", args=[period]), False
    except NoReverseMatch:
        return f"{reverse('admin:metrics_measurement_add')}?{urlencode({'period': str(period)})}", True


def _without_figure(achievements: Sequence[Achievement], changes: Sequence[Change]) -> list[Todo]:
    proven = {
        change.achievement_id
        for change in changes
        if not (change.before is None and change.after is None and change.stated_change is None)
    }
    return [
        _edited(work, text=work.title, detail="")
        for work in achievements
        if work.pk not in proven and not any(letter.isdigit() for letter in f"{work.title} {work.result}")
    ]


def _open_stints(engagements: Sequence[Engagement], *, is_last: bool) -> list[Todo]:
    todos = []
    for work in engagements:
        if work.starts_on is None and work.ends_on is None:
            detail = _t("dates not stated")
        elif work.starts_on is None:
            detail = _t("start not stated")
        elif work.is_ongoing and not is_last:
            detail = _t("still going on then; its end is not told")
        elif work.ends_on is None and not work.is_ongoing:
            detail = _t("end not stated")
        else:
            continue
        todos.append(_edited(work, text=work.name, detail=detail))
    return todos


def _open_incidents(incidents: Sequence[Incident]) -> list[Todo]:
    return [
        _edited(incident, text=incident.title, detail=_t("start or end not stated"))
        for incident in incidents
        if incident.started_at is None or incident.resolved_at is None
    ]
