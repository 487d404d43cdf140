from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from metrics.models import Change, Incident, Measurement, Mention, Metric, Settlement
from metrics.units import ABSENT, Unit, format_value, qualified
from projects.admin import OF_PROJECT, AchievementAdmin
from records.admin import (
    OfRelated,
    OwnedAdmin,
    OwnedInline,
    OwnedStackedInline,
    RecordAdmin,
    site,
    year_filter,
)

MOST_ROWS = 50
"""A metric with more measurements links to their list instead: one form of thousands of fields serves nobody."""


def name_unit(form: Any, unit: str, *names: str) -> None:  # noqa: ANN401
    """Says beside the labels of these fields what they are counted in. `form` is a class made for one request."""
    for name in names:
        if name in form.base_fields:
            field = form.base_fields[name]
            field.label = format_lazy("{} ({})", capfirst(str(field.label)), unit)


class MeasurementInline(OwnedInline):
    model = Measurement
    fields = ["period", "project", "value", "qualifier", "as_stated", "numerator", "denominator"]
    joins = ("metric", "project")
    ordering = ["-period", "id"]


class ChangeInline(OwnedStackedInline):
    model = Change
    fields = [
        "subject",
        ("before", "before_text", "after", "after_text"),
        ("unit", "direction"),
        ("from_period", "to_period"),
        ("stated_change", "stated_change_unit", "qualifier", "as_stated"),
        ("source", "source_lines"),
    ]
    ordering = ["to_period", "id"]


class MentionInline(OwnedInline):
    model = Mention
    fields = ["value", "qualifier", "as_stated", "source", "source_lines"]
    ordering = ["source_lines", "id"]


AchievementAdmin.inlines = [ChangeInline]


@admin.register(Metric, site=site)
class MetricAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["name", "slug", "aliases", "definition"]}),
        (_("How it is read"), {"fields": ["unit", "direction", "aggregation"]}),
        (_("Earlier definition"), {"fields": ["supersedes", "definition_change"]}),
        (
            _("How it is checked"),
            {
                "fields": [
                    "counts",
                    ("numerator_unit", "denominator_unit"),
                    ("derived_from", "derivation"),
                ]
            },
        ),
    ]
    list_display = ["name", "unit", "direction", "aggregation", "supersedes"]
    list_filter = ["unit", "direction", "aggregation"]
    search_fields = ["name", "aliases", "definition", "slug"]
    ordering = ["name"]
    joins = ("supersedes",)
    inlines = [MeasurementInline]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:  # noqa: ANN401
        if obj is not None and obj.measurements.count() > MOST_ROWS:
            return []
        return super().get_inlines(request, obj)


@admin.register(Measurement, site=site)
class MeasurementAdmin(RecordAdmin):
    fieldsets = [
        (_("What and when"), {"fields": ["metric", "period", "project"]}),
        (_("Figure"), {"fields": [("value", "qualifier"), "as_stated", "breakdown_note"]}),
        (
            _("Its parts"),
            {"fields": [("numerator", "denominator"), ("sample_size", "minimum", "maximum")]},
        ),
        (_("Stated change"), {"fields": [("stated_change", "stated_change_unit")]}),
    ]
    list_display = ["metric", "period", "project", "figure", "as_stated"]
    list_filter = [year_filter("period"), ("metric", OfRelated), OF_PROJECT]
    search_fields = ["metric__name", "metric__aliases", "project__name", "as_stated", "period"]
    ordering = ["-period", "-id"]  # as the index has it, so that a long list need not be sorted
    joins = ("metric", "project")
    inlines = [MentionInline]

    @admin.display(description=_("value"), ordering="value")
    def figure(self, obj: Any) -> str:  # noqa: ANN401
        if obj.value is None:
            return obj.breakdown_note or ABSENT
        return qualified(format_value(obj.value, obj.metric.unit), obj.qualifier)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: ANN401
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:
            name_unit(form, obj.metric.get_unit_display(), "value", "minimum", "maximum")
        return form


@admin.register(Mention, site=site)
class MentionAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["measurement", "slug"]}),
        (_("Figure"), {"fields": [("value", "qualifier"), "as_stated"]}),
    ]
    list_display = ["as_stated", "measurement"]
    search_fields = ["as_stated", "measurement__metric__name", "slug"]
    ordering = ["measurement__metric__name", "measurement__period", "as_stated"]
    joins = ("measurement__metric", "measurement__project")


@admin.register(Settlement, site=site)
class SettlementAdmin(OwnedAdmin):
    """Decided on the page of checks, where the figures stand; here it is reworded or withdrawn (deleted)."""

    fieldsets = [
        (_("What"), {"fields": ["check_key"]}),
        (_("What was decided"), {"fields": ["decision", "reason"]}),
    ]
    readonly_fields = ["check_key"]
    list_display = ["check_key", "decision", "reason"]
    list_filter = ["decision"]
    search_fields = ["check_key", "reason"]
    ordering = ["check_key"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


@admin.register(Incident, site=site)
class IncidentAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["title", "slug", "project", "severity"]}),
        (_("When"), {"fields": ["period", "started_at", "resolved_at"]}),
        (_("Figure"), {"fields": [("stated_duration", "as_stated")]}),
    ]
    list_display = ["title", "project", "period", "started_at", "duration", "severity"]
    list_filter = [year_filter("period"), OF_PROJECT]
    search_fields = ["title", "project__name", "severity", "slug"]
    ordering = ["-period", "-started_at"]
    joins = ("project",)

    @admin.display(description=_("stated duration"), ordering="stated_duration")
    def duration(self, obj: Any) -> str:  # noqa: ANN401
        return format_value(obj.stated_duration, Unit.MINUTE)


@admin.register(Change, site=site)
class ChangeAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["subject", "slug", ("achievement", "metric", "project")]}),
        (_("When"), {"fields": [("from_period", "to_period")]}),
        (
            _("Figures"),
            {
                "fields": [
                    ("before", "before_text"),
                    ("after", "after_text"),
                    ("unit", "direction"),
                    ("stated_change", "stated_change_unit", "qualifier"),
                    ("as_stated", "is_steady"),
                ]
            },
        ),
    ]
    list_display = ["subject", "was", "became", "stated", "to_period", "project"]
    list_filter = [year_filter("to_period"), "direction", OF_PROJECT]
    search_fields = ["subject", "before_text", "after_text", "achievement__title", "project__name", "slug"]
    ordering = ["-to_period", "subject"]
    joins = ("project",)

    @admin.display(description=_("before"), ordering="before")
    def was(self, obj: Any) -> str:  # noqa: ANN401
        return (
            obj.before_text if obj.before is None and obj.before_text else format_value(obj.before, obj.unit)
        )

    @admin.display(description=_("after"), ordering="after")
    def became(self, obj: Any) -> str:  # noqa: ANN401
        return obj.after_text if obj.after is None and obj.after_text else format_value(obj.after, obj.unit)

    @admin.display(description=_("stated change"), ordering="stated_change")
    def stated(self, obj: Any) -> str:  # noqa: ANN401
        if obj.stated_change is None:
            return ABSENT
        change = format_value(obj.stated_change, obj.stated_change_unit, signed=True)
        return qualified(change, obj.qualifier)
