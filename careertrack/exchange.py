"""The pages that bring records in and take them away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from careertrack.archives import archive_name, write_archive
from careertrack.forms import ImportForm
from careertrack.importing import ARCHIVE, apply_upload, plan_upload, preview, undo_upload
from goals.models import Goal
from metrics.forms import MetricFilterForm, year_asked
from metrics.models import Metric
from projects.forms import FilterForm
from projects.models import Activity, Project, Skill
from records.merging import Receipt
from records.models import Conflict, Owned, Upload
from records.periods import FIRST_YEAR, LAST_YEAR
from records.resources import model_named, registered, resource_of
from records.sent import AlreadySent, sent_once
from records.sheets import CONTENT_TYPES, file_response, write_table, write_template
from records.tables import TableError

RECENT_IMPORTS = 20
_KINDS: dict[type[Owned], Any] = {Project: Project.Kind, Activity: Activity.Kind, Skill: Skill.Kind}


@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Takes a file; what it would do is shown at an address of its own, and nothing is written until then."""
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES, label_suffix="")
        if form.is_valid():
            return redirect("import_detail", slug=_kept(request, form.cleaned_data).slug)
    else:
        form = ImportForm(initial={"model": request.GET.get("model", "measurement")}, label_suffix="")
    recent = Upload.objects.imported()[:RECENT_IMPORTS]
    context = {"form": form, "recent": recent, "models": _listed()}
    return TemplateResponse(request, "careertrack/import.html", context)


def _kept(request: HttpRequest, sent: dict[str, Any]) -> Upload:
    try:
        with sent_once(request) as remembered:
            upload = Upload.keep(
                owner=request.user,  # type: ignore[arg-type]
                filename=sent["file"].name,
                model_name=sent["model"],
                year=sent["year"],
                body=sent["body"],
                now=timezone.now(),
            )
            remembered.record_id = upload.pk
    except AlreadySent as before:
        return get_object_or_404(Upload, pk=before.record_id)
    return upload


@require_http_methods(["GET", "HEAD", "POST"])
def import_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The preview of a file; once it is imported, what came of it and the way back."""
    upload = get_object_or_404(Upload, slug=slug)
    if request.method == "POST":
        return _act(request, upload)
    if not upload.is_waiting:
        receipt = Receipt.from_json(upload.receipt)
        return TemplateResponse(
            request,
            "careertrack/imported.html",
            {"upload": upload, "receipt": receipt, "name": _name(upload)},
        )
    context: dict[str, Any] = {"upload": upload, "name": _name(upload)}
    try:
        context["preview"] = preview(
            plan_upload(upload), show=request.GET.get("show", ""), page=request.GET.get("page")
        )
    except TableError as error:
        context["refusal"] = str(error)
    return TemplateResponse(request, "careertrack/preview.html", context)


def _act(request: HttpRequest, upload: Upload) -> HttpResponseRedirect:
    account: Any = request.user
    try:
        if "undo" in request.POST:
            undo_upload(upload, by=account, now=timezone.now())
            messages.success(request, _("The import was undone."))
        elif "discard" in request.POST and upload.is_waiting:
            Upload.objects.with_slug(upload.slug).remove()
            messages.success(request, _("The file was removed. Nothing was imported."))
            return redirect("import_new")
        elif "digest" in request.POST:
            receipt = apply_upload(upload, by=account, digest=request.POST["digest"], now=timezone.now())
            count = len(receipt.touched)
            told = ngettext("%(count)s record was imported.", "%(count)s records were imported.", count)
            messages.success(request, told % {"count": count})
    except (Conflict, TableError) as error:
        messages.error(request, str(error))
    return redirect("import_detail", slug=upload.slug)


def _name(upload: Upload) -> str:
    if upload.model_name == ARCHIVE:
        return _("Whole career (archive)")
    model = model_named(upload.model_name)
    return "" if model is None else capfirst(str(model._meta.verbose_name_plural))


def _listed() -> list[dict[str, Any]]:
    return [
        {"key": model._meta.model_name, "name": capfirst(str(model._meta.verbose_name_plural))}
        for model in registered()
    ]


@require_safe
def export_list(request: HttpRequest) -> TemplateResponse:
    """Every kind of record with its number and its files. One query each."""
    kinds = [
        {**each, "count": model.objects.count()} for each, model in zip(_listed(), registered(), strict=True)
    ]
    context = {"kinds": kinds, "is_empty": not any(each["count"] for each in kinds)}
    return TemplateResponse(request, "careertrack/export.html", context)


@require_safe
def export_file(request: HttpRequest, model: str, kind: str) -> HttpResponse:
    """All records of a kind, or those the terms of their list let through. One query."""
    found = model_named(model)
    if found is None or kind not in CONTENT_TYPES:
        raise Http404
    body = write_table(resource_of(found), _listed_records(found, request.GET), kind=kind)
    return file_response(body, name=model, kind=kind)


def _listed_records(model: type[Owned], query: QueryDict) -> Any:  # noqa: ANN401
    """What the list of these records shows for the same query string, on all of its pages."""
    records: Any = model.objects.order_by("pk")
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    if model in _KINDS:
        records = records.matching(**FilterForm(query, kinds=_KINDS[model], years=years).terms)
    elif model is Metric:
        records = records.matching(**MetricFilterForm(query, years=years).terms)
    elif model is Goal and (year := year_asked(query.get("set_in"))) is not None:
        records = records.set_in(year)
    return records.order_by("pk")


@require_safe
def export_archive(request: HttpRequest) -> HttpResponse:
    """The whole career in one file. One query."""
    name = archive_name(timezone.localdate())
    return HttpResponse(
        write_archive(),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@require_safe
def import_template(request: HttpRequest, model: str) -> HttpResponse:
    """An empty XLSX to fill in."""
    found = model_named(model)
    if found is None:
        raise Http404
    return file_response(write_template(resource_of(found)), name=f"{model}-template", kind="xlsx")
