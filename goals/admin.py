from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from goals.models import (
    EVIDENCE_TARGETS,
    Evidence,
    Goal,
    GoalLink,
    GoalResult,
    Milestone,
    Reflection,
)
from metrics.admin import name_unit
from records.admin import ABSENT, OfRelated, OwnedInline, OwnedStackedInline, RecordAdmin, site, year_filter
from records.forms import OwnedInlineFormSet, OwnedModelForm


class NumberedForm(OwnedModelForm):
    """A row with a position under its goal; left empty, it becomes the last one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if "position" in self.fields:
            position = self.fields["position"]
            position.required = False
            position.initial = None
            position.help_text = _("Order on the page, from 1; empty for the last.")
            if self.instance._state.adding:
                self.initial.pop("position", None)

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.instance.position is None and self.instance.goal_id is not None:
            self.instance.position = next_position(type(self.instance), self.instance.goal_id)


class NumberedFormSet(OwnedInlineFormSet):
    def clean(self) -> None:
        rows = [form for form in self.forms if form not in self.deleted_forms and form.has_changed()]
        taken = [form.instance.position or 0 for form in self.initial_forms]
        given = [form.cleaned_data.get("position") or 0 for form in rows if not form.errors]
        last = max([0, *taken, *given])
        for form in rows:
            if not form.errors and form.cleaned_data.get("position") is None:
                last += 1
                form.instance.position = last
        super().clean()


def next_position(model: Any, goal_id: int) -> int:  # noqa: ANN401
    last: int | None = model.objects.filter(goal=goal_id).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


class MilestoneInline(OwnedInline):
    model = Milestone
    form = NumberedForm
    formset = NumberedFormSet
    fields = ["position", "label", "due_on", "done"]
    ordering = ["position"]


class GoalResultInline(OwnedStackedInline):
    model = GoalResult
    max_num = 1
    fields = [("verdict", "basis", "decided_on"), "reason", ("source", "source_lines")]
    joins = ("goal",)


class EvidenceInline(OwnedStackedInline):
    model = Evidence
    form = NumberedForm
    formset = NumberedFormSet
    fields = [
        ("position", "achievement", "engagement"),
        ("activity", "measurement", "change"),
        ("url", "source", "source_lines"),
    ]
    ordering = ["position"]
    joins = (*EVIDENCE_TARGETS, "measurement__metric", "measurement__project")


class LinkInline(OwnedInline):
    """What this goal takes up; what takes up this goal is told beside it."""

    model = GoalLink
    fk_name = "later"
    fields = ["kind", "earlier"]
    joins = ("later", "earlier")
    verbose_name = _("earlier goal taken up")
    verbose_name_plural = _("earlier goals taken up")


@admin.register(Goal, site=site)
class GoalAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["statement", "slug", "kind", "parent"]}),
        (_("When"), {"fields": [("set_in", "due"), ("cadence_count", "cadence_every")]}),
        (
            _("Figures"),
            {"fields": [("aim", "metric"), ("baseline", "baseline_text"), ("target", "upper_target")]},
        ),
    ]
    list_display = ["statement", "kind", "set_in", "due", "wanted", "metric", "verdict"]
    list_filter = [
        year_filter("set_in"),
        year_filter("due"),
        "kind",
        "aim",
        "result__verdict",
        ("metric", OfRelated),
    ]
    search_fields = ["statement", "metric__name", "note", "slug"]
    ordering = ["-set_in", "due", "statement"]
    joins = ("metric", "result", "parent")
    inlines = [MilestoneInline, GoalResultInline, EvidenceInline, LinkInline]

    def view_on_site(self, obj: Goal) -> str:
        return obj.get_absolute_url()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        return [*super().get_readonly_fields(request, obj), "taken_up_by"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        sections = super().get_fieldsets(request, obj)
        if obj is not None:
            sections = [
                (name, {**options, "fields": ["taken_up_by", *options["fields"]]})
                if "see_also" in options["fields"]
                else (name, options)
                for name, options in sections
            ]
        return sections

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: ANN401
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and obj.metric is not None:
            name_unit(form, obj.metric.get_unit_display(), "baseline", "target", "upper_target")
        return form

    @admin.display(description=_("aim"), ordering="aim")
    def wanted(self, obj: Goal) -> str:
        return obj.aim_in_words

    @admin.display(description=_("verdict"), ordering="result__verdict", empty_value=ABSENT)
    def verdict(self, obj: Goal) -> str | None:
        return obj.result.get_verdict_display() if hasattr(obj, "result") else None

    @admin.display(description=_("taken up by"))
    def taken_up_by(self, obj: Goal) -> SafeString | str:
        rows = [
            (link.get_kind_display(), reverse("admin:goals_goal_change", args=[link.later_id]), link.later)
            for link in GoalLink.objects.filter(earlier=obj.pk).select_related("later").order_by("id")
        ]
        return format_html_join(" · ", '{}: <a href="{}">{}</a>', rows) or ABSENT


@admin.register(GoalResult, site=site)
class GoalResultAdmin(RecordAdmin):
    fieldsets = [
        (_("What came of it"), {"fields": ["goal", "verdict"]}),
        (_("Why"), {"fields": ["basis", "reason", "decided_on"]}),
    ]
    list_display = ["goal", "due", "verdict", "basis", "decided_on"]
    list_filter = ["verdict", "basis"]
    search_fields = ["goal__statement", "goal__slug", "reason"]
    ordering = ["-goal__due", "goal__statement"]
    joins = ("goal",)

    @admin.display(description=_("due"), ordering="goal__due")
    def due(self, obj: GoalResult) -> str:
        return str(obj.goal.due)


@admin.register(Evidence, site=site)
class EvidenceAdmin(RecordAdmin):
    form = NumberedForm
    fieldsets = [
        (_("For which goal"), {"fields": ["goal", "position"]}),
        (
            _("What speaks for or against it"),
            {
                "fields": [*EVIDENCE_TARGETS, "url"],
                "description": _("Choose exactly one record, or give an address."),
            },
        ),
    ]
    list_display = ["goal", "position", "cites"]
    search_fields = ["goal__statement", "goal__slug", "url", "note"]
    ordering = ["-goal__due", "goal__statement", "position"]
    joins = ("goal", *EVIDENCE_TARGETS, "measurement__metric", "measurement__project")

    @admin.display(description=_("evidence"))
    def cites(self, obj: Evidence) -> str:
        return str(obj.target)


@admin.register(GoalLink, site=site)
class GoalLinkAdmin(RecordAdmin):
    fieldsets = [(_("Lineage"), {"fields": ["later", "kind", "earlier"]})]
    list_display = ["later", "kind", "earlier"]
    list_filter = ["kind"]
    search_fields = ["later__statement", "earlier__statement"]
    ordering = ["-later__set_in", "later__statement"]
    joins = ("later", "earlier")


@admin.register(Milestone, site=site)
class MilestoneAdmin(RecordAdmin):
    form = NumberedForm
    fieldsets = [
        (_("What"), {"fields": ["goal", "position", "label"]}),
        (_("When"), {"fields": [("due_on", "done")]}),
    ]
    list_display = ["label", "goal", "position", "due_on", "done"]
    list_filter = [year_filter("due_on"), "done"]
    search_fields = ["label", "goal__statement", "goal__slug"]
    ordering = ["-goal__due", "goal__statement", "position"]
    joins = ("goal",)


@admin.register(Reflection, site=site)
class ReflectionAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["kind", "title", "slug", "text"]}),
        (_("When"), {"fields": ["period", "hindsight"]}),
    ]
    list_display = ["title", "kind", "period", "hindsight"]
    list_filter = [year_filter("period"), "kind", "hindsight"]
    search_fields = ["title", "text", "slug"]
    ordering = ["-period", "kind", "title"]
