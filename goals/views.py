"""The goal pages: a year's goals against the following year's results, and one goal with all that belongs to it."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
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
from records.forms import OwnedModelForm
from records.models import Conflict
from records.periods import FIRST_YEAR, LAST_YEAR
from records.sent import AlreadySent, sent_once


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


def _forms(goal: Goal, posted: QueryDict | None) -> tuple[ResultForm, EvidenceForm]:
    """Bound is the one that was sent."""
    adds_evidence = posted is not None and "add_evidence" in posted
    return (
        ResultForm.for_goal(goal, None if adds_evidence else posted),
        EvidenceForm.for_goal(goal, posted if adds_evidence else None),
    )


def _is_saved(request: HttpRequest, goal: Goal, *forms: OwnedModelForm) -> bool:
    """By this request or by the same one before it; False if what was typed is not valid."""
    form = next(form for form in forms if form.is_bound)
    with suppress(AlreadySent), sent_once(request):
        # One after the other: evidence is numbered, and whoever comes second counts the first.
        get_object_or_404(Goal.objects.select_for_update(), pk=goal.pk)
        if not form.is_valid():
            transaction.set_rollback(True)  # not remembered as sent
            return False
        form.save()
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def goal_detail(request: HttpRequest, year: int, slug: str) -> HttpResponse:
    """One goal; its owner records the result and cites evidence here."""
    goal = get_object_or_404(Goal.objects.set_in(year).with_results(), slug=slug)
    posted = request.POST if request.method == "POST" else None
    adds_evidence = posted is not None and "add_evidence" in posted
    result_form, evidence_form = _forms(goal, posted)
    if posted is not None:
        try:
            is_saved = _is_saved(request, goal, result_form, evidence_form)
        except (Conflict, IntegrityError):
            # Somebody was faster between validation and writing. Nothing is stored; validation finds it now.
            goal = get_object_or_404(Goal.objects.set_in(year).with_results(), slug=slug)
            result_form, evidence_form = _forms(goal, posted)
            is_saved = _is_saved(request, goal, result_form, evidence_form)
        if is_saved:
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
