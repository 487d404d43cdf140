"""Checks in templates: `{% check_mark record %}`, `{{ record|figure_text }}`, `{{ record|edit_address }}`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.db import models
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from metrics.findings import Finding
from metrics.marks import Marks, address_of, address_to_correct
from metrics.models import Change, Incident, Measurement, Mention
from metrics.rows import Subject
from metrics.units import Unit, format_value, plain, qualified
from projects.models import Engagement
from records.models import Record
from records.templatetags.sources import source_of

register = template.Library()


@register.simple_tag(takes_context=True)
def check_mark(context: Context, records: Record | Iterable[Subject] | None) -> str:
    """A mark if one of the records takes part in a contradiction, a quieter one if all of them are settled; nothing
    on pages without `marks`."""
    marks: Marks | str | None = context.get("marks")
    if not isinstance(marks, Marks) or not marks.by_record or not records:
        return ""
    findings = marks.of(*([records] if isinstance(records, models.Model) else records))
    if not findings:
        return ""
    still_open = [each for each in findings if not each.is_settled]
    marked = still_open or findings
    mark = {"findings": marked, "address": address_of(marked[0]), "is_settled": not still_open}
    return render_to_string("partials/check_mark.html", mark)


@register.simple_tag(takes_context=True)
def input_of(context: Context, record: Record) -> str:
    """One of the records a check was computed from: its name, figure, kind and source, and where it is edited.

    A tag, as a page of checks shows hundreds.
    """
    metric, figure = getattr(record, "metric", None), figure_text(record)
    named = format_html('<a href="{}">{}</a>', metric.get_absolute_url(), record) if metric else record
    parts: list[Any] = [format_html("{}: <strong>{}</strong>", named, figure) if figure else named]
    parts += [format_html('<span class="meta">{}</span>', record._meta.verbose_name), source_of(record)]
    if context["user"].is_staff:
        parts.append(format_html('<a class="edit" href="{}">{}</a>', edit_address(record), gettext("Edit")))
    return format_html_join(" ", "{}", ((part,) for part in parts if part))


@register.filter
def correct_address(finding: Finding) -> str:
    return address_to_correct(finding)


@register.filter
def edit_address(record: Record) -> str:
    """Where its owner, who may use admin, corrects it."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])


@register.filter
def figure_text(record: Record) -> str:
    """What a record states, in figures; references must be joined. Empty for what states none."""
    match record:
        case Measurement():
            value = qualified(format_value(record.value, record.metric.unit), record.qualifier)
            if record.numerator is None:
                return record.breakdown_note or value if record.value is None else value
            parts = plain(record.numerator)
            if record.denominator is not None:
                parts += f"/{plain(record.denominator)}"
            return parts if record.value is None else f"{value} ({parts})"
        case Incident():
            return format_value(record.stated_duration, Unit.MINUTE)
        case Change():
            return f"{format_value(record.before, record.unit)} → {format_value(record.after, record.unit)}"
        case Mention():
            return record.as_stated
        case Engagement():
            ends = [str(each) for each in (record.starts_on, record.ends_on) if each is not None]
            return " → ".join(ends)
        case _:
            return ""
