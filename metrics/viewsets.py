"""Metrics, their figures, incidents and changes in the API."""

from __future__ import annotations

from metrics.aggregation import Aggregation
from metrics.models import Change, Incident, Measurement, Mention, Metric, Settlement
from metrics.units import Direction, Qualifier, Unit
from records.api.parameters import by_choices, by_period, by_reference
from records.api.serializers import OwnedSerializer
from records.api.viewsets import OwnedViewSet, ReadOnlyViewSet

SOURCE = ["source", "source_lines", "note"]
BY_METRIC = by_reference("metric", what="metric", example="schedule-adherence")
BY_PROJECT = by_reference("project", what="project", example="harbour-survey")


class MetricSerializer(OwnedSerializer):
    example = {
        "key": "schedule-adherence",
        "slug": "schedule-adherence",
        "unit": "percent",
        "aggregation": "pooled",
    }

    class Meta:
        model = Metric
        fields = [
            "slug",
            "name",
            "aliases",
            "unit",
            "direction",
            "aggregation",
            "definition",
            "counts",
            "numerator_unit",
            "denominator_unit",
            "derived_from",
            "derivation",
            "supersedes",
            "definition_change",
            *SOURCE,
        ]


class MetricViewSet(OwnedViewSet):
    """Quantities followed over time: unit, direction of good, how shorter periods make up a year."""

    serializer_class = MetricSerializer
    filters = (
        by_choices("unit", Unit),
        by_choices("direction", Direction, what="direction of good"),
        by_choices("aggregation", Aggregation),
        by_reference("derived_from", what="metric it is derived from"),
        by_reference("supersedes", what="metric it supersedes"),
    )
    search_in = ("name", "aliases", "definition", "note")
    order_by = ("name", "slug")


class MeasurementSerializer(OwnedSerializer):
    example = {
        "key": "schedule-adherence~2024-Q1~",
        "metric": "schedule-adherence",
        "period": "2024-Q1",
        "project": None,
        "value": "62.5",
        "numerator": "25",
        "denominator": "40",
        "sample_size": None,
    }

    class Meta:
        model = Measurement
        fields = [
            "metric",
            "period",
            "project",
            "value",
            "qualifier",
            "as_stated",
            "numerator",
            "denominator",
            "sample_size",
            "minimum",
            "maximum",
            "stated_change",
            "stated_change_unit",
            "breakdown_note",
            *SOURCE,
        ]


class MeasurementViewSet(OwnedViewSet):
    """Figures: the value of a metric for one period, and maybe one project, as stated, with its parts."""

    serializer_class = MeasurementSerializer
    filters = (*by_period("period"), BY_METRIC, BY_PROJECT, by_choices("qualifier", Qualifier))
    search_in = ("as_stated", "breakdown_note", "note", "metric__name")
    order_by = ("period",)


class MentionSerializer(OwnedSerializer):
    example = {"value": "62.5"}

    class Meta:
        model = Mention
        fields = ["slug", "measurement", "value", "qualifier", "as_stated", *SOURCE]


class MentionViewSet(OwnedViewSet):
    """Other places where a figure is stated, maybe in other words."""

    serializer_class = MentionSerializer
    filters = (by_reference("measurement", what="measurement"), *by_period("measurement__period"))
    search_in = ("as_stated", "note")
    order_by = ("slug",)


class IncidentSerializer(OwnedSerializer):
    example = {"title": "Queue stood still", "stated_duration": "90"}

    class Meta:
        model = Incident
        fields = [
            "slug",
            "title",
            "project",
            "period",
            "started_at",
            "resolved_at",
            "stated_duration",
            "as_stated",
            "severity",
            *SOURCE,
        ]


class IncidentViewSet(OwnedViewSet):
    """Outages, with start and end or a stated duration in minutes."""

    serializer_class = IncidentSerializer
    filters = (*by_period("period"), BY_PROJECT)
    search_in = ("title", "as_stated", "severity", "note")
    order_by = ("period", "slug")


class ChangeSerializer(OwnedSerializer):
    example = {
        "before": "30",
        "after": "12",
        "unit": "gigabyte",
        "direction": "down",
        "from_period": "2023",
        "stated_change": "-60",
        "stated_change_unit": "percent",
    }

    class Meta:
        model = Change
        fields = [
            "slug",
            "subject",
            "achievement",
            "metric",
            "project",
            "before",
            "before_text",
            "after",
            "after_text",
            "unit",
            "direction",
            "from_period",
            "to_period",
            "stated_change",
            "stated_change_unit",
            "qualifier",
            "as_stated",
            "is_steady",
            *SOURCE,
        ]


class ChangeViewSet(OwnedViewSet):
    """Before/after pairs, with the change the document states."""

    serializer_class = ChangeSerializer
    filters = (
        *by_period("to_period"),
        BY_METRIC,
        BY_PROJECT,
        by_reference("achievement", what="achievement"),
        by_choices("direction", Direction, what="direction of good"),
    )
    search_in = ("subject", "before_text", "after_text", "as_stated", "note")
    order_by = ("to_period", "slug")


class SettlementSerializer(OwnedSerializer):
    example = {
        "key": "ratio:measurement!2Fschedule-adherence!2F2024",
        "check_key": "ratio:measurement/schedule-adherence/2024",
        "reason": "Rounded twice.",
    }

    class Meta:
        model = Settlement
        fields = ["check_key", "decision", "reason", "note"]


class SettlementViewSet(ReadOnlyViewSet):
    """What you decided about checks. Settling is done on the page of checks, beside the figures it is about."""

    serializer_class = SettlementSerializer
    filters = (by_choices("decision", Settlement.Decision),)
    search_in = ("check_key", "reason", "note")
