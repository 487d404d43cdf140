"""The goal pages: a year's goals against the following year's results, and one goal with all that belongs to it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from goals.comparisons import compare_goal, compare_year
from goals.forms import EvidenceForm, ResultForm
from goals.lineage import lineage_of
from goals.models import Goal, GoalResult
from goals.touched import marks_of_goal, marks_of_year
from records.models import Conflict
from records.periods import FIRST_YEAR, LAST_YEAR


@require_safe
def goal_list(request: HttpRequest) -> HttpResponse:
    """Leads to the latest year in which goals were set; to this year where there are none."""
    year = Goal.objects.latest_year_set()
    return redirect("goal_year", year=year or timezone.localdate().year)


@require_safe
def goal_year(request: HttpRequest, year: int) -> TemplateResponse:
    comparison = compare_year(set_in=year, as_of=timezone.localdate())
    return TemplateResponse(
        request,
        "goals/year.html",
        {
            "year": year,
            "comparison": comparison,
            "marks": marks_of_year(comparison),
            "previous_year": max(year - 1, FIRST_YEAR),
            "next_year": min(year + 1, LAST_YEAR),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def goal_detail(request: HttpRequest, year: int, slug: str) -> HttpResponse:
    """One goal; its owner records the result and cites evidence here."""
    goal = get_object_or_404(Goal.objects.set_in(year).with_results(), slug=slug)
    posted = request.POST if request.method == "POST" else None
    adds_evidence = posted is not None and "add_evidence" in posted
    result_form = ResultForm.for_goal(goal, None if adds_evidence else posted)
    evidence_form = EvidenceForm.for_goal(goal, posted if adds_evidence else None)
    form = evidence_form if adds_evidence else result_form
    if posted is not None and form.is_valid():
        try:
            form.save()
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Evidence added.") if adds_evidence else _("Result recorded."))
            return HttpResponseRedirect(goal.get_absolute_url())
    comparison = compare_goal(goal=goal, as_of=timezone.localdate())
    return TemplateResponse(
        request,
        "goals/detail.html",
        {
            "year": year,
            "goal": goal,
            "comparison": comparison,
            "marks": marks_of_goal(comparison),
            "lineage": lineage_of(goal),
            "milestones": goal.milestones.order_by("position"),
            "sub_goals": goal.sub_goals.order_by("id"),
            "past_results": GoalResult.versions_of(goal),
            "result_form": result_form,
            "evidence_form": evidence_form,
        },
        status=422 if posted is not None else 200,
    )
