"""Projects and skills, and one skill. What needs metrics as well (a project's story, activities and whether their
hours add up) stands in careertrack/views.py."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from projects.forms import FilterForm
from projects.listings import (
    project_rows,
    skill_rows,
    strip_of,
    years_of_skill,
    years_with_projects,
)
from projects.models import Project, Skill, SkillUse
from records.years import years_with

PROJECTS_PER_PAGE, SKILLS_PER_PAGE, USES_PER_PAGE = 50, 100, 100


@require_safe
def project_list(request: HttpRequest) -> TemplateResponse:
    years = years_with_projects()
    form = FilterForm(request.GET, kinds=Project.Kind, years=years, text_label=_("Name or client"))
    projects = Project.objects.matching(**form.terms).latest_first()
    page = Paginator(projects, PROJECTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rows": project_rows(list(page)), "years": strip_of(years)}
    return TemplateResponse(request, "projects/list.html", context)


@require_safe
def skill_list(request: HttpRequest) -> TemplateResponse:
    years = years_with((SkillUse.objects.all(), "period"))
    form = FilterForm(request.GET, kinds=Skill.Kind, years=years)
    skills = Skill.objects.matching(**form.terms).by_kind()
    page = Paginator(skills, SKILLS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rows": skill_rows(list(page)), "years": strip_of(years)}
    return TemplateResponse(request, "projects/skills.html", context)


@require_safe
def skill_detail(request: HttpRequest, slug: str) -> TemplateResponse:
    skill = get_object_or_404(Skill.objects.by_kind(), slug=slug)
    page = Paginator(skill.uses.latest_first(), USES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "skill": skill,
        "page": page,
        "used_in": years_of_skill(skill),
        "years": strip_of(years_with((SkillUse.objects.all(), "period"))),
    }
    return TemplateResponse(request, "projects/skill.html", context)
