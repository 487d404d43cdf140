"""Goals, what belongs to them, and reflections in the API."""

from __future__ import annotations

from goals.evaluation import Aim, Verdict
from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone, Reflection
from records.api.parameters import ByYear, by_choices, by_period, by_reference
from records.api.serializers import OwnedSerializer
from records.api.viewsets import OwnedViewSet

SOURCE = ["source", "source_lines", "note"]
BY_GOAL = by_reference("goal", what="goal", example="write-more-articles")


class GoalSerializer(OwnedSerializer):
    example = {"aim": "do", "metric": None, "cadence_count": None}

    class Meta:
        model = Goal
        fields = [
            "slug",
            "statement",
            "kind",
            "set_in",
            "due",
            "aim",
            "metric",
            "baseline",
            "baseline_text",
            "target",
            "upper_target",
            "cadence_count",
            "cadence_every",
            "parent",
            *SOURCE,
        ]


class GoalViewSet(OwnedViewSet):
    """Intents set in one period for another. What came of them: goal-results, and `/comparisons/<year>/`."""

    serializer_class = GoalSerializer
    filters = (
        *by_period("set_in"),
        ByYear(
            name="due", path="due", description="Only those due in this year or a part of it.", example=2024
        ),
        by_choices("kind", Goal.Kind),
        by_choices("aim", Aim),
        by_choices("result__verdict", Verdict, name="verdict", what="recorded verdict"),
        by_reference("metric", what="metric"),
        by_reference("parent", what="larger goal"),
    )
    search_in = ("statement", "baseline_text", "note")
    order_by = ("set_in", "due", "slug")


class GoalLinkSerializer(OwnedSerializer):
    example = {
        "key": "more-articles~one-article~continues",
        "later": "more-articles",
        "earlier": "one-article",
        "kind": "continues",
    }

    class Meta:
        model = GoalLink
        fields = ["later", "earlier", "kind", *SOURCE]


class GoalLinkViewSet(OwnedViewSet):
    """Lineage: a later goal continues, retries, replaces or drops an earlier one."""

    serializer_class = GoalLinkSerializer
    filters = (
        *by_period("later__set_in"),
        by_choices("kind", GoalLink.Kind),
        by_reference("later", what="later goal"),
        by_reference("earlier", what="earlier goal"),
    )
    search_in = ("note",)


class MilestoneSerializer(OwnedSerializer):
    class Meta:
        model = Milestone
        fields = ["goal", "position", "label", "due_on", "done", *SOURCE]


class MilestoneViewSet(OwnedViewSet):
    """Dated steps towards a goal."""

    serializer_class = MilestoneSerializer
    filters = (*by_period("goal__set_in"), BY_GOAL, by_choices("done", Milestone.Done, what="state"))
    search_in = ("label", "note")
    order_by = ("position",)


class GoalResultSerializer(OwnedSerializer):
    class Meta:
        model = GoalResult
        fields = ["goal", "verdict", "basis", "reason", "decided_on", *SOURCE]


class GoalResultViewSet(OwnedViewSet):
    """Recorded outcomes of goals: verdict, what it rests on, and why."""

    serializer_class = GoalResultSerializer
    filters = (
        *by_period("goal__set_in"),
        BY_GOAL,
        by_choices("verdict", Verdict),
        by_choices("basis", GoalResult.Basis),
    )
    search_in = ("reason", "note", "goal__statement")


class EvidenceSerializer(OwnedSerializer):
    example = {"measurement": None, "url": "https://example.org/on-queues"}

    class Meta:
        model = Evidence
        fields = [
            "goal",
            "position",
            "achievement",
            "engagement",
            "activity",
            "measurement",
            "change",
            "url",
            *SOURCE,
        ]


class EvidenceViewSet(OwnedViewSet):
    """What speaks for or against a goal's outcome: exactly one record, or an address."""

    serializer_class = EvidenceSerializer
    filters = (
        *by_period("goal__set_in"),
        BY_GOAL,
        *(
            by_reference(name, what=name)
            for name in ("achievement", "engagement", "activity", "measurement", "change")
        ),
    )
    search_in = ("url", "note")
    order_by = ("position",)


class ReflectionSerializer(OwnedSerializer):
    example = {"title": "Started too late", "kind": "could_be_better"}

    class Meta:
        model = Reflection
        fields = ["slug", "kind", "title", "period", "text", "hindsight", *SOURCE]


class ReflectionViewSet(OwnedViewSet):
    """What a document says about the year itself: strengths, weaknesses, lessons, focus."""

    serializer_class = ReflectionSerializer
    filters = (*by_period("period"), by_choices("kind", Reflection.Kind))
    search_in = ("title", "text", "note")
    order_by = ("period", "slug")
