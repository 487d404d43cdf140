"""The home page, the search and the story of a project."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from careertrack.overview import years_at_a_glance
from careertrack.search import Problem, search, search_kind, suggested_words
from careertrack.stories import tell_story
from projects.models import Project

# Hits of one kind: on the page of all kinds, and on a page of its own.
HITS_PER_KIND, HITS_PER_PAGE = 20, 50


@require_safe
def home(request: HttpRequest) -> TemplateResponse:
    return TemplateResponse(request, "careertrack/home.html", {"years": years_at_a_glance()})


@require_safe
def search_page(request: HttpRequest) -> TemplateResponse:
    """`?q=` finds; `&kind=` shows all hits of one kind, `&page=` by page."""
    query, kind = request.GET.get("q", ""), request.GET.get("kind", "")
    if kind:
        try:
            results = search_kind(
                query=query, kind=kind, page=request.GET.get("page", "1"), limit=HITS_PER_PAGE
            )
        except KeyError as error:
            raise Http404 from error
    else:
        results = search(query=query, limit=HITS_PER_KIND)
    is_fruitless = results.problem is None and not results.kinds
    return TemplateResponse(
        request,
        "careertrack/search.html",
        {
            "results": results,
            "kind": kind,
            "was_asked": results.problem is not Problem.EMPTY,
            "suggestions": suggested_words(limit=8) if results.problem or is_fruitless else (),
        },
    )


@require_safe
def project_detail(request: HttpRequest, slug: str) -> TemplateResponse:
    """`?all=achievements` lists all of a section that is long."""
    project = get_object_or_404(Project.objects.select_related("source"), slug=slug)
    story = tell_story(project=project, whole=request.GET.getlist("all"))
    return TemplateResponse(request, "careertrack/project.html", {"project": project, "story": story})
