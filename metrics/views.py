"""The list of metrics, and the grid in which a whole period is entered. The page of one metric needs its goals as well
and stands in careertrack/views.py."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from metrics.catalogue import metric_rows
from metrics.entry import Entry, enter, take_back, typed_in
from metrics.forms import MetricFilterForm
from metrics.grid import Selection, find_grid
from metrics.marks import find_marks
from metrics.models import Measurement, Metric
from metrics.references import read_references
from records.merging import Receipt
from records.models import Account, Conflict
from records.periods import Period, Precision
from records.years import years_with

METRICS_PER_PAGE = 40
# Entries a session can take back. A later one stands on the figures of an earlier one, so few are enough.
ENTRIES_KEPT = 5
_KEPT = "grid_entries"


@require_safe
def metric_list(request: HttpRequest) -> TemplateResponse:
    form = MetricFilterForm(request.GET, years=years_with((Measurement.objects.all(), "period")))
    page = Paginator(Metric.objects.matching(**form.terms).by_rhythm(), METRICS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = metric_rows(list(page))
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "marks": find_marks(shown=[each for row in rows for each in row.shown], references=read_references()),
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
        if "undo" in request.POST:
            return _take_back(request, period, by=request.user)
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
            if entry.written:
                _keep(request, entry.receipt, period)
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
        "marks": find_marks(shown=grid.figures, references=read_references()),
        "undoable": next((each for each in _kept(request) if each["period"] == str(period)), None),
    }
    return TemplateResponse(request, "metrics/enter.html", context, status=422 if entry else 200)


def _told(entry: Entry, period: Period) -> str:
    if not entry.written:
        return _("Nothing was changed.")
    told = []
    removed = entry.receipt.removed
    if written := entry.written - removed:
        told.append(
            ngettext("%(count)s figure saved.", "%(count)s figures saved.", written) % {"count": written}
        )
    if removed:
        told.append(
            ngettext("%(count)s figure removed.", "%(count)s figures removed.", removed) % {"count": removed}
        )
    return f"{period.label}: {' '.join(told)}"


def _kept(request: HttpRequest) -> list[dict[str, Any]]:
    """The entries of this session that can be taken back, latest first; a receipt is nobody else's business."""
    return list(request.session.get(_KEPT, ()))


def _keep(request: HttpRequest, receipt: Receipt, period: Period) -> None:
    entry = {
        "name": secrets.token_hex(8),
        "period": str(period),
        "count": len(receipt.touched),
        "receipt": receipt.to_json(),
    }
    request.session[_KEPT] = [entry, *_kept(request)][:ENTRIES_KEPT]


def _take_back(request: HttpRequest, period: Period, *, by: Account) -> HttpResponseRedirect:
    kept = _kept(request)
    entry = next((each for each in kept if each["name"] == request.POST["undo"]), None)
    if entry is None or entry["period"] != str(period):
        messages.error(request, _("This entry cannot be taken back any more. Nothing was changed."))
        return HttpResponseRedirect(request.get_full_path())
    request.session[_KEPT] = [each for each in kept if each is not entry]
    try:
        take_back(Receipt.from_json(entry["receipt"]), period=period, by=by)
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        told = ngettext(
            "%(period)s: the entry was taken back; %(count)s figure is what it was before.",
            "%(period)s: the entry was taken back; %(count)s figures are what they were before.",
            entry["count"],
        )
        messages.success(request, told % {"period": period.label, "count": entry["count"]})
    return HttpResponseRedirect(request.get_full_path())
