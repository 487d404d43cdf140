from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.admin import ABSENT, OfRelated, OwnedInline, RecordAdmin, site, year_filter

OF_PROJECT = ("project", OfRelated)


class EngagementInline(OwnedInline):
    model = Engagement
    fields = ["name", "period", "starts_on", "ends_on", "is_ongoing", "role"]
    ordering = ["period", "id"]


class SkillUseInline(OwnedInline):
    model = SkillUse
    fields = ["skill", "period", "category", "level"]
    joins = ("skill",)
    ordering = ["category", "skill__name"]


@admin.register(Project, site=site)
class ProjectAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["name", "slug", "aliases"]}),
        (_("For whom"), {"fields": ["client", "kind"]}),
    ]
    list_display = ["name", "kind", "client"]
    list_filter = ["kind"]
    search_fields = ["name", "aliases", "client", "slug"]
    ordering = ["name"]
    inlines = [EngagementInline]


@admin.register(Engagement, site=site)
class EngagementAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["project", "name", "slug", "summary"]}),
        (
            _("When"),
            {
                "fields": [
                    "period",
                    ("starts_on", "ends_on", "is_ongoing"),
                    ("stated_duration", "stated_duration_unit"),
                    ("status", "on_time"),
                ]
            },
        ),
        (_("Part played"), {"fields": ["role", ("team_size", "team"), ("contribution", "difficulty")]}),
    ]
    list_display = ["name", "project", "period", "span", "role", "status"]
    list_filter = [year_filter("period"), "is_ongoing", OF_PROJECT]
    search_fields = ["name", "project__name", "project__aliases", "role", "summary", "slug"]
    ordering = ["-period", "name"]
    joins = ("project",)
    inlines = [SkillUseInline]

    @admin.display(description=_("from – to"), ordering="starts_on")
    def span(self, obj: Any) -> str:  # noqa: ANN401
        if obj.starts_on is None and obj.ends_on is None:
            return ABSENT
        end = _("ongoing") if obj.is_ongoing else obj.ends_on or "?"
        return f"{obj.starts_on or '?'} – {end}"


@admin.register(Achievement, site=site)
class AchievementAdmin(RecordAdmin):
    """Its changes are shown by metrics/admin.py: imports run one way."""

    fieldsets = [
        (_("What"), {"fields": ["title", "slug", "category"]}),
        (_("When and where"), {"fields": ["period", ("project", "engagement")]}),
        (_("How"), {"fields": ["problem", "action", "result"]}),
    ]
    list_display = ["title", "category", "project", "period"]
    list_filter = [year_filter("period"), "category", OF_PROJECT]
    search_fields = ["title", "problem", "action", "result", "project__name", "slug"]
    ordering = ["-period", "title"]
    joins = ("project",)


@admin.register(Activity, site=site)
class ActivityAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["kind", "title", "slug", "category", "project", "url"]}),
        (_("When"), {"fields": ["period", ("starts_on", "ends_on")]}),
        (_("How much"), {"fields": [("count", "hours", "hours_each")]}),
    ]
    list_display = ["title", "kind", "category", "project", "period"]
    list_filter = [year_filter("period"), "kind", OF_PROJECT]
    search_fields = ["title", "category", "url", "slug"]
    ordering = ["-period", "-id"]  # as the index has it, so that a long list need not be sorted
    joins = ("project",)


@admin.register(Skill, site=site)
class SkillAdmin(RecordAdmin):
    fieldsets = [(_("What"), {"fields": ["name", "slug", "kind", "aliases"]})]
    list_display = ["name", "kind"]
    list_filter = ["kind"]
    search_fields = ["name", "aliases", "slug"]
    ordering = ["name"]


@admin.register(SkillUse, site=site)
class SkillUseAdmin(RecordAdmin):
    fieldsets = [
        (_("What"), {"fields": ["skill", "category", "level", "detail"]}),
        (_("When and where"), {"fields": ["period", "engagement"]}),
    ]
    list_display = ["skill", "period", "category", "level", "engagement"]
    list_filter = [year_filter("period"), "skill__kind"]
    search_fields = ["skill__name", "skill__aliases", "category", "detail"]
    ordering = ["-period", "category", "skill__name"]
    joins = ("skill", "engagement")
