"""What was counted: metrics, their measurements, incidents, and changes from before to after."""

from metrics.models.events import Change, Incident
from metrics.models.metrics import (
    MAY_CLAIM,
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
