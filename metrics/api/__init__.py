"""What is computed from metrics, as JSON: checks, series; and many figures at once. Records are in viewsets.py."""

from metrics.api.bulk import BulkMeasurementView
from metrics.api.checks import CHECK, CHECK_EXAMPLE, CheckView, check_answer
from metrics.api.figures import (
    FIGURES_OF_YEAR,
    MEASUREMENT,
    decimal_text,
    figure_answer,
    figure_example,
    measurement_answer,
)
from metrics.api.series import SeriesView

__all__ = [
    "CHECK",
    "CHECK_EXAMPLE",
    "FIGURES_OF_YEAR",
    "MEASUREMENT",
    "BulkMeasurementView",
    "CheckView",
    "SeriesView",
    "check_answer",
    "decimal_text",
    "figure_answer",
    "figure_example",
    "measurement_answer",
]
