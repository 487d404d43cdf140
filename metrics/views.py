"""The list of metrics, and the grid in which a whole period is entered. The page of one metric needs its goals as well
and stands in careertrack/views.py."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from metrics.catalogue import metric_rows
from metrics.entry import Entry, enter, typed_in
from metrics.forms import MetricFilterForm
from metrics.grid import Selection, find_grid
from metrics.marks import find_marks
from metrics.models import Measurement, Metric
from projects.listings import years_with
from records.models import Account
from records.periods import Period, Precision

METRICS_PER_PAGE = 40


@require_safe
def metric_list(request: HttpRequest) -> TemplateResponse:
    form = MetricFilterForm(request.GET, years=years_with(Measurement))
    page = Paginator(Metric.objects.matching(**form.terms).by_rhythm(), METRICS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = metric_rows(list(page))
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "marks": find_marks(measurements=[each for row in rows for each in row.shown], is_wide=True),
        "due_quarter": quarter_to_enter(timezone.localdate()),
    }
    return TemplateResponse(request, "metrics/list.html", context)


def quarter_to_enter(today: dt.date) -> Period:
    """The last quarter that is over, or will be within two weeks."""
    quarter = Period.of_day(today + dt.timedelta(days=14)).holding(Precision.QUARTER)
    return quarter.shifted(-1) or quarter


@require_http_methods(["GET", "HEAD", "POST"])
def metric_enter(request: HttpRequest, period: Period) -> HttpResponse:
    """The grid of one period; `?metric=` and `?project=` (each as often as wanted) choose its rows and columns."""
    selection = Selection.of(request.GET)
    entry = None
    if request.method == "POST":
        assert isinstance(request.user, Account)  # noqa: S101
        typed = typed_in(request.POST.dict())
        entry = enter(
            period=period,
            typed=typed,
            seen=request.POST.get("seen", ""),
            may_remove="remove" in request.POST,
            by=request.user,
        )
        if not entry.errors:
            messages.success(request, _told(entry, period))
            return HttpResponseRedirect(request.get_full_path())
        selection = Selection.of_cells(typed)
    grid = find_grid(
        period=period,
        selection=selection,
        typed=None if entry is None else entry.touched,
        errors=None if entry is None else entry.errors,
    )
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "grid": grid,
        "period": period,
        "entry": entry,
        "entry_errors": () if entry is None else entry.errors.get("", ()),
        "selection": selection,
        "query": query.urlencode(),
        "marks": find_marks(measurements=grid.figures, is_wide=True),
    }
    return TemplateResponse(request, "metrics/enter.html", context, status=422 if entry else 200)


def _told(entry: Entry, period: Period) -> str:
    if not entry.written:
        return _("Nothing was changed.")
    told = []
    if written := entry.created + entry.changed:
        told.append(
            ngettext("%(count)s figure saved.", "%(count)s figures saved.", written) % {"count": written}
        )
    if entry.removed:
        told.append(
            ngettext("%(count)s figure removed.", "%(count)s figures removed.", entry.removed)
            % {"count": entry.removed}
        )
    return f"{period.label}: {' '.join(told)}"
