"""The home page, a year and the years side by side, the search, a project, a metric, the checks."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from careertrack.checking import check_page
from careertrack.metric_pages import metric_page
from careertrack.overview import years_at_a_glance
from careertrack.search import search, search_kind, suggested_words
from careertrack.stories import marks_of_story, tell_story
from careertrack.trends import find_trends
from careertrack.words import Problem
from careertrack.years import tell_year
from metrics.findings import Finding
from metrics.forms import ReopenForm, SettlementForm, year_asked
from metrics.listings import find_check, settled_and_gone
from metrics.marks import address_of, address_to_correct, find_marks
from metrics.models import Settlement
from metrics.references import read_references
from metrics.views import quarter_to_enter
from projects.forms import FilterForm
from projects.models import Activity, Project
from records.models import Conflict
from records.paging import page_of
from records.periods import FIRST_YEAR, LAST_YEAR
from records.years import years_with

# Hits of one kind: on the page of all kinds, and on a page of its own.
HITS_PER_KIND, HITS_PER_PAGE = 20, 50
ACTIVITIES_PER_PAGE = 100


@require_safe
def home(request: HttpRequest) -> TemplateResponse:
    return TemplateResponse(request, "careertrack/home.html", {"years": years_at_a_glance()})


@require_safe
def year_list(request: HttpRequest) -> HttpResponse:
    """The years are listed on the home page; this is where a shortened address of one of them leads."""
    return redirect("home")


@require_safe
def year_detail(request: HttpRequest, year: int) -> TemplateResponse:
    """`?all=achievements` lists all of a section that is long."""
    told = tell_year(year=year, as_of=timezone.localdate(), whole=request.GET.getlist("all"))
    context = {
        "year": year,
        "told": told,
        "marks": told.marks,
        "previous_year": year - 1 if year > FIRST_YEAR else None,
        "next_year": year + 1 if year < LAST_YEAR else None,
    }
    return TemplateResponse(request, "careertrack/year.html", context)


@require_safe
def trends(request: HttpRequest) -> TemplateResponse:
    references = read_references()
    told = find_trends(references=references)
    context = {"trends": told, "marks": find_marks(shown=told.figures, references=references)}
    return TemplateResponse(request, "careertrack/trends.html", context)


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
            "marks": results.marks,
            "kind": kind,
            "was_asked": results.problem is not Problem.EMPTY,
            "suggestions": suggested_words(limit=8) if results.problem or is_fruitless else (),
        },
    )


@require_safe
def project_detail(request: HttpRequest, slug: str) -> TemplateResponse:
    """`?all=achievements` lists all of a section that is long."""
    project = get_object_or_404(Project.objects.with_source(), slug=slug)
    story = tell_story(project=project, whole=request.GET.getlist("all"))
    context = {"project": project, "story": story, "marks": marks_of_story(story)}
    return TemplateResponse(request, "careertrack/project.html", context)


@require_safe
def metric_detail(request: HttpRequest, slug: str) -> TemplateResponse:
    """`?all=projects` (or goals, incidents) shows all of a section that is long."""
    page = metric_page(slug=slug, whole=request.GET.getlist("all"))
    if page is None:
        raise Http404
    context = {
        "page": page,
        "metric": page.metric,
        "series": page.series,
        "marks": page.marks,
        "due_quarter": quarter_to_enter(timezone.localdate()),
    }
    return TemplateResponse(request, "metrics/detail.html", context)


@require_safe
def activity_list(request: HttpRequest) -> TemplateResponse:
    form = FilterForm(
        request.GET,
        kinds=Activity.Kind,
        years=years_with((Activity.objects.all(), "period")),
        text_label=gettext_lazy("Title"),
    )
    activities = Activity.objects.matching(**form.terms).by_year_and_kind()
    page = page_of(activities, asked=request.GET.get("page", ""), size=ACTIVITIES_PER_PAGE)
    context = {"form": form, "page": page, "marks": find_marks(shown=list(page))}
    return TemplateResponse(request, "projects/activities.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def check_list(request: HttpRequest) -> HttpResponse:
    """The checks, and what their owner decides about one of them: `check` and `year` name it."""
    if request.method != "POST":
        shown = check_page(query=request.GET)
        return TemplateResponse(request, "careertrack/checks.html", {"shown": shown})
    key, year = request.POST.get("check", ""), year_asked(request.POST.get("year"))
    if "withdraw" in request.POST:
        return _withdraw(request, key)
    finding = None if year is None else find_check(key=key, year=year)
    if finding is None:
        raise Http404
    is_reopened = "reopen" in request.POST
    form: SettlementForm | ReopenForm
    if not is_reopened:
        may_edit = request.user.is_staff
        form = SettlementForm.for_finding(finding, request.POST, may_edit=may_edit)
    elif finding.settlement is not None:
        form = ReopenForm.for_finding(finding, request.POST)
    else:
        return HttpResponseRedirect(_back_to(request, finding.anchor))  # reopened in another tab
    if form.is_valid():
        try:
            form.save()
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            is_to_correct = not is_reopened and form.instance.decision == Settlement.Decision.CORRECT
            if is_to_correct:
                messages.info(request, _how_to_correct(finding))
                return HttpResponseRedirect(address_to_correct(finding))
            message = _("Open again: %(claim)s") if is_reopened else _("Settled: %(claim)s")
            messages.success(request, message % {"claim": finding.check.claim})
            return HttpResponseRedirect(_back_to(request, finding.anchor))
    shown = check_page(query={**request.GET.dict(), "at": finding.anchor}, refused=form, key=finding.key)
    if all(each.finding.key != finding.key for each in shown.checks):
        # The filters leave it out by now, maybe because somebody settled it: an error must not go unseen.
        only = {"verdict": finding.check.verdict.value, "year": str(finding.year), "at": finding.anchor}
        shown = check_page(query=only, refused=form, key=finding.key)
    return TemplateResponse(request, "careertrack/checks.html", {"shown": shown}, status=422)


def _withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Takes back a settlement whose check is no longer made."""
    settlement = next((each for each in settled_and_gone() if each.check_key == key), None)
    if settlement is None:
        raise Http404
    name = settlement.named
    form = ReopenForm.for_gone(settlement, request.POST)
    try:
        if form.is_valid():
            form.save()
            messages.success(request, _("Withdrawn: %(name)s") % {"name": name})
        else:
            messages.error(request, " ".join(map(str, form.non_field_errors())))
    except Conflict as conflict:
        messages.error(request, str(conflict))
    return HttpResponseRedirect(request.path)


def _how_to_correct(finding: Finding) -> SafeString:
    """What is said above the record that somebody promised to correct, with the way back to the check."""
    address = address_of(finding)
    text = _("To be corrected: %(claim)s. Change the figure and save; that leads back to the check.")
    claim = {"claim": finding.check.claim.removesuffix(".")}
    return format_html('{} <a href="{}">{}</a>', text % claim, address, _("Back to the check"))


def _back_to(request: HttpRequest, anchor: str) -> str:
    """The same selection of checks, on the page where the check stands."""
    query = request.GET.copy()
    query.pop("page", None)
    query["at"] = anchor
    return f"{request.path}?{query.urlencode()}#{anchor}"
