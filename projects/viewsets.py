"""Projects, stints, achievements, activities and skills in the API."""

from __future__ import annotations

from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.api.parameters import ByChoice, ByFlag, ByText, by_choices, by_period, by_reference
from records.api.serializers import OwnedSerializer
from records.api.viewsets import OwnedViewSet

SOURCE = ["source", "source_lines", "note"]
BY_PROJECT = by_reference("project", what="project", example="harbour-survey")


class ProjectSerializer(OwnedSerializer):
    example = {"name": "Harbour survey", "slug": "harbour-survey", "key": "harbour-survey"}

    class Meta:
        model = Project
        fields = ["slug", "name", "aliases", "client", "kind", *SOURCE]


class ProjectViewSet(OwnedViewSet):
    """Lasting names that work is told under, whatever the year calls it."""

    serializer_class = ProjectSerializer
    filters = (by_choices("kind", Project.Kind),)
    search_in = ("name", "aliases", "client", "note")
    order_by = ("name", "slug")


class EngagementSerializer(OwnedSerializer):
    example = {"name": "Harbour survey, second phase"}

    class Meta:
        model = Engagement
        fields = [
            "slug",
            "project",
            "name",
            "period",
            "starts_on",
            "ends_on",
            "is_ongoing",
            "stated_duration",
            "stated_duration_unit",
            "team_size",
            "team",
            "role",
            "contribution",
            "difficulty",
            "status",
            "on_time",
            "summary",
            *SOURCE,
        ]


class EngagementViewSet(OwnedViewSet):
    """Stints of work on a project, each as one document tells it."""

    serializer_class = EngagementSerializer
    filters = (
        *by_period("period"),
        BY_PROJECT,
        ByFlag(
            name="is_ongoing",
            path="is_ongoing",
            description="Only those that go on, or only those that do not.",
        ),
    )
    search_in = ("name", "role", "team", "status", "summary", "note")
    order_by = ("period", "slug")


class AchievementSerializer(OwnedSerializer):
    class Meta:
        model = Achievement
        fields = [
            "slug",
            "title",
            "category",
            "project",
            "engagement",
            "period",
            "problem",
            "action",
            "result",
            *SOURCE,
        ]


class AchievementViewSet(OwnedViewSet):
    """What was achieved: a problem, what was done about it, what came of it."""

    serializer_class = AchievementSerializer
    filters = (
        *by_period("period"),
        by_choices("category", Achievement.Category),
        BY_PROJECT,
        by_reference("engagement", what="engagement"),
    )
    search_in = ("title", "problem", "action", "result", "note")
    order_by = ("period", "slug")


class ActivitySerializer(OwnedSerializer):
    class Meta:
        model = Activity
        fields = [
            "slug",
            "kind",
            "title",
            "category",
            "project",
            "period",
            "starts_on",
            "ends_on",
            "count",
            "hours",
            "hours_each",
            "url",
            *SOURCE,
        ]


class ActivityViewSet(OwnedViewSet):
    """What was learned and shared: articles, papers, books, talks, certificates."""

    serializer_class = ActivitySerializer
    filters = (
        *by_period("period"),
        by_choices("kind", Activity.Kind),
        BY_PROJECT,
        ByText(name="category", path="category", description="Only those listed under exactly this group."),
    )
    search_in = ("title", "category", "note")
    order_by = ("period", "slug")


class SkillSerializer(OwnedSerializer):
    example = {"name": "Spatial indexes", "slug": "spatial-indexes", "key": "spatial-indexes"}

    class Meta:
        model = Skill
        fields = ["slug", "name", "kind", "aliases", *SOURCE]


class SkillViewSet(OwnedViewSet):
    """Technologies, techniques and abilities, under one name through the years."""

    serializer_class = SkillSerializer
    filters = (by_choices("kind", Skill.Kind),)
    search_in = ("name", "aliases", "note")
    order_by = ("name", "slug")


class SkillUseSerializer(OwnedSerializer):
    class Meta:
        model = SkillUse
        fields = ["skill", "period", "category", "engagement", "level", "detail", *SOURCE]


class SkillUseViewSet(OwnedViewSet):
    """Skills as they were learned or used in a period."""

    serializer_class = SkillUseSerializer
    filters = (
        *by_period("period"),
        by_reference("skill", what="skill"),
        by_reference("engagement", what="engagement"),
        ByChoice(
            name="kind",
            path="skill__kind",
            choices=tuple(Skill.Kind.values),
            description="Only uses of skills of this kind.",
        ),
    )
    search_in = ("category", "level", "detail", "note", "skill__name")
    order_by = ("period",)
