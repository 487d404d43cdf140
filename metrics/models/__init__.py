"""What was counted: metrics, their measurements, incidents, and changes from before to after."""

from metrics.models.conditions import IN_WORDS, MAY_CLAIM
from metrics.models.events import Change, Incident
from metrics.models.metrics import (
    Derivation,
    Measurement,
    MeasurementQuerySet,
    Mention,
    Metric,
    MetricQuerySet,
    decimal_field,
)
from metrics.models.settlements import Settlement

__all__ = [
    "IN_WORDS",
    "MAY_CLAIM",
    "Change",
    "Derivation",
    "Incident",
    "Measurement",
    "MeasurementQuerySet",
    "Mention",
    "Metric",
    "MetricQuerySet",
    "Settlement",
    "decimal_field",
]
