"""What the API answers about everything at once: a year, the search, the schema, and the page that shows it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from careertrack.kpis import KpiLine
from careertrack.readiness import Lack
from careertrack.search import KINDS, Hit, search, search_kind
from careertrack.views import HITS_PER_KIND, HITS_PER_PAGE
from careertrack.words import Marked, Problem
from careertrack.year_records import LIMITS
from careertrack.years import GoalLine, YearPage, tell_year
from goals.api import OUTCOME, OUTCOME_EXAMPLE, outcome_answer
from goals.viewsets import ReflectionSerializer
from metrics.api import (
    CHECK,
    CHECK_EXAMPLE,
    FIGURES_OF_YEAR,
    MEASUREMENT,
    check_answer,
    figure_answer,
    figure_example,
    measurement_answer,
)
from metrics.units import Unit
from metrics.viewsets import ChangeSerializer, IncidentSerializer
from projects.viewsets import (
    AchievementSerializer,
    ActivitySerializer,
    EngagementSerializer,
    ProjectSerializer,
    SkillUseSerializer,
)
from records.api.answers import (
    FLAG,
    MAYBE_TEXT,
    SOURCE,
    TEXT,
    WHOLE,
    Described,
    many,
    one_of,
    shape,
    sparse,
    told,
)
from records.api.base import OwnedAPIView
from records.api.documents import DocumentSerializer
from records.api.parameters import Choice, Names, Parameter, Whole
from records.api.problems import InvalidParameter
from records.api.serializers import OwnedSerializer, names_of
from records.api.viewsets import records_as_listed
from records.keys import joined

_HIT: Described = shape(
    key=told(TEXT, "What names the record among those of its kind."),
    title=TEXT,
    sort=told(MAYBE_TEXT, "What sort of its kind it is."),
    project=MAYBE_TEXT,
    figure=told(MAYBE_TEXT, "What it states, for people."),
    period=MAYBE_TEXT,
    quotes=many(shape(field=TEXT, text=TEXT)),
    source=SOURCE,
)
_GOAL = shape(**OUTCOME, parts=many(shape(**OUTCOME), "The goals that are parts of it."))
_METRIC = shape(
    metric=told(TEXT, "The slug of the metric."),
    unit=one_of(Unit.values),
    **FIGURES_OF_YEAR,
    measurements=many(MEASUREMENT, "All that was measured in the year, those of single projects included."),
)
_TODO = shape(
    lack=one_of(Lack.values, "What is lacking."),
    text=told(TEXT, "What it is about, for people."),
    detail=told(TEXT, "What is lacking, for people."),
)
# Sections that are records as their own lists answer them, and the path to the period they are filed under.
_FILED: dict[str, tuple[type[OwnedSerializer], str]] = {
    "achievements": (AchievementSerializer, "period"),
    "activities": (ActivitySerializer, "period"),
    "changes": (ChangeSerializer, "to_period"),
    "incidents": (IncidentSerializer, "period"),
    "reflections": (ReflectionSerializer, "period"),
    "skill_uses": (SkillUseSerializer, "period"),
}


class SchemaView(OwnedAPIView):
    """This description, as OpenAPI 3.1."""

    answers = {"type": "object", "description": "An OpenAPI document.", "required": ["openapi", "paths"]}

    def get(self, request: Request) -> HttpResponse:
        from records.api.openapi import schema_document

        return HttpResponse(schema_document(), content_type="application/json")


class YearView(OwnedAPIView):
    """Everything of a year: what was aimed at, measured, done, learned and thought in it, and what is still open.

    Records are as their own lists answer them. Nothing is cut; `fields` leaves sections out.
    """

    answers = sparse(
        year=WHOLE,
        document={
            "anyOf": [DocumentSerializer, {"type": "null"}],
            "description": "The document of the year; null: there is none. Its body is at its own address.",
        },
        is_missing=told(FLAG, "Whether there is no document although there is one of a later year."),
        goals_due=many(_GOAL, "Goals due in the year, with what came of them."),
        goals_set=many(_GOAL, "Goals set in the year for a later one. What was set and due in it is due."),
        metrics=many(_METRIC, "What was measured in the year, by metric."),
        projects=many(ProjectSerializer, "Those worked on or told of."),
        engagements=many(
            EngagementSerializer, "Those that reach into the year, under whichever they are filed."
        ),
        **{name: many(serializer) for name, (serializer, _path) in _FILED.items()},
        contradictions=many(CHECK, "Stated figures of the year that contradict others, not settled yet."),
        todos=many(_TODO, "What the year still lacks before its review."),
    )
    example = {
        "year": 2024,
        "document": DocumentSerializer,
        "is_missing": False,
        "goals_due": [{**OUTCOME_EXAMPLE, "parts": []}],
        "goals_set": [],
        "metrics": [{"metric": "lead-time", "unit": "day", **figure_example(), "measurements": []}],
        "projects": [ProjectSerializer],
        "engagements": [EngagementSerializer],
        **{name: [serializer] for name, (serializer, _path) in _FILED.items()},
        "contradictions": [{**CHECK_EXAMPLE, "verdict": "contradicts"}],
        "todos": [{"lack": "figure", "text": "Tiles load in a second", "detail": "No figure."}],
    }
    sections = tuple(answers["properties"])
    parameters = {
        "get": (
            Names(
                name="fields",
                choices=sections,
                description="Only these sections, separated by commas; all of them if not said.",
                example="year,goals_due,todos",
            ),
        )
    }

    def get(self, request: Request, year: int) -> Response:
        """Those of `tell_year`, one for each section of records (9), one for the token."""
        told = tell_year(year=year, as_of=timezone.localdate(), whole=LIMITS)
        wanted = self.asked.get("fields", self.sections)
        return Response({name: _section(name, told) for name in wanted})


def _section(name: str, page: YearPage) -> Any:  # noqa: ANN401
    match name:
        case "year" | "is_missing":
            return getattr(page, name)
        case "document":
            but_body = tuple(each for each in names_of(DocumentSerializer) if each != "body")
            found = records_as_listed(DocumentSerializer, Q(year=page.year), names=but_body)
            return found[0] if found else None
        case "goals_due":
            return [_goal(line) for line in page.due]
        case "goals_set":
            return [_goal(line) for line in page.set_here]
        case "metrics":
            return [_metric(line) for table in page.kpis for line in table.lines]
        case "projects":
            known = [each.project.pk for each in page.projects if each.project is not None]
            return records_as_listed(ProjectSerializer, Q(pk__in=known))
        case "engagements":
            stints = [stint.engagement.pk for each in page.projects for stint in each.stints]
            return records_as_listed(EngagementSerializer, Q(pk__in=stints))
        case "contradictions":
            return [check_answer(finding) for finding in page.contradictions]
        case "todos":
            return [
                {"lack": group.lack, "text": todo.text, "detail": todo.detail}
                for group in page.todos
                for todo in group.todos
            ]
    serializer, path = _FILED[name]
    return records_as_listed(serializer, Q(**{f"{path}__in_year": page.year}))


def _goal(line: GoalLine) -> dict[str, Any]:
    return {**outcome_answer(line.outcome), "parts": [outcome_answer(part) for part in line.parts]}


def _metric(line: KpiLine) -> dict[str, Any]:
    return {
        "metric": line.metric.slug,
        "unit": line.metric.unit,
        **figure_answer(line.figure),
        "measurements": [measurement_answer(row) for row in line.measurements],
    }


class SearchView(OwnedAPIView):
    """Everything that holds every word of `q`, by kind: the same search as the page."""

    parameters = {
        "get": (
            Parameter(
                name="q",
                description="Words; a record is found that holds each of them. A year finds what is filed under it.",
                example="GPU 2024",
            ),
            Choice(name="kind", choices=KINDS, description="Only records of this kind, page by page."),
            Whole(name="page", least=1, most=1_000_000, description="With `kind`: which page of 50 hits."),
        )
    }
    answers = shape(
        query=told(TEXT, "As it was understood."),
        problem={
            "enum": [*Problem.values, None],
            "description": "Why nothing was looked for; null otherwise.",
        },
        total=WHOLE,
        kinds=many(
            shape(
                kind=one_of(KINDS),
                total=told(WHOLE, "Those that are not answered counted too."),
                hits=many(_HIT),
            )
        ),
    )
    example = {
        "query": "GPU 2024",
        "problem": None,
        "total": 1,
        "kinds": [
            {
                "kind": "achievement",
                "total": 1,
                "hits": [
                    {
                        "key": "an-example",
                        "title": "Tiles load in a second",
                        "sort": None,
                        "project": "Tile server",
                        "figure": None,
                        "period": "2024",
                        "quotes": [{"field": "Action", "text": "Moved the join to the GPU"}],
                        "source": {"document": 2024, "lines": "44-46"},
                    }
                ],
            }
        ],
    }

    def get(self, request: Request) -> Response:
        query, kind = self.asked.get("q", ""), self.asked.get("kind")
        if kind is None:
            if "page" in self.asked:
                raise InvalidParameter({"page": [ErrorDetail(_("Say which kind."), code="invalid")]})
            results = search(query=query, limit=HITS_PER_KIND)
        else:
            page = str(self.asked.get("page", 1))
            results = search_kind(query=query, kind=kind, page=page, limit=HITS_PER_PAGE)
        return Response(
            {
                "query": results.query,
                "problem": results.problem,
                "total": results.total,
                "kinds": [
                    {
                        "kind": found.kind,
                        "total": found.total,
                        "hits": [_hit(hit) for year in found.years for hit in year.hits],
                    }
                    for found in results.kinds
                ],
            }
        )


def _hit(hit: Hit) -> dict[str, Any]:
    source = None
    if hit.source is not None:
        source = {"document": hit.source.year, "lines": hit.source_lines or None}
    return {
        "key": joined(hit.record.key),
        "title": _plain(hit.title),
        "sort": hit.sort or None,
        "project": _plain(hit.project) or None,
        "figure": hit.figure or None,
        "period": None if hit.period is None else str(hit.period),
        "quotes": [{"field": fragment.label, "text": _plain(fragment.text)} for fragment in hit.fragments],
        "source": source,
    }


def _plain(text: Marked) -> str:
    return "".join(part.text for part in text)


@require_safe
def api_docs(request: HttpRequest) -> TemplateResponse:
    """The schema to read and to try out, from this server alone."""
    return TemplateResponse(request, "careertrack/api_docs.html")
