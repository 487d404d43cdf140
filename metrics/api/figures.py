"""One metric in one year as JSON: as stated, as computed, and every other reading of its parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrics.figures import Figure
from metrics.models import Measurement
from metrics.units import Qualifier, plain
from records.api.answers import (
    FIGURE,
    KEY,
    MAYBE_TEXT,
    PERIOD,
    SOURCE,
    Described,
    many,
    maybe,
    one_of,
    shape,
    source_of,
    told,
)
from records.keys import joined

MEASUREMENT: Described = shape(
    key=KEY,
    period=PERIOD,
    project=told(MAYBE_TEXT, "The key of the project; null: all of them together."),
    value=told(FIGURE, "As stated; null: there was nothing to measure, which is not 0."),
    qualifier=one_of(Qualifier.values),
    as_stated=told(MAYBE_TEXT, "The document's own writing."),
    numerator=FIGURE,
    denominator=FIGURE,
    source=SOURCE,
)
_READINGS = {
    "sum": "The sum of the parts.",
    "mean": "The mean of the parts that have a value.",
    "pooled": "Sum of numerators by sum of denominators.",
    "last": "The last value.",
    "mean_with_empty_as_zero": "The mean, if empty periods counted as 0; null if there are none.",
}
# What `figure_answer` answers, for `shape(**FIGURES_OF_YEAR)`.
FIGURES_OF_YEAR: dict[str, Described] = {
    "value": told(FIGURE, "As stated, else as computed; null: nothing was measured."),
    "stated": maybe(told(MEASUREMENT, "What is stated for the whole year.")),
    "computed": told(FIGURE, "What the parts give, as the metric says they make up a year."),
    "alternatives": shape(
        "Every reading of the parts; null where it is not possible.",
        **{name: told(FIGURE, about) for name, about in _READINGS.items()},
    ),
    "parts": many(MEASUREMENT, "The shorter periods it was computed from, in order, all of one length."),
}


def figure_answer(figure: Figure) -> dict[str, Any]:
    return {
        "value": decimal_text(figure.value),
        "stated": None if figure.stated is None else measurement_answer(figure.stated),
        "computed": decimal_text(figure.folded.computed),
        "alternatives": {name: decimal_text(getattr(figure.folded, name)) for name in _READINGS},
        "parts": [measurement_answer(row) for row in figure.parts],
    }


def measurement_answer(row: Measurement) -> dict[str, Any]:
    """Metric, project and source must be joined."""
    return {
        "key": joined(row.key),
        "period": str(row.period),
        "project": None if row.project is None else row.project.slug,
        "value": decimal_text(row.value),
        "qualifier": row.qualifier,
        "as_stated": row.as_stated or None,
        "numerator": decimal_text(row.numerator),
        "denominator": decimal_text(row.denominator),
        "source": source_of(row),
    }


def decimal_text(value: Decimal | None) -> str | None:
    """Exact and short: `80.5`. A quotient that never ends is cut at twelve places."""
    return None if value is None else plain(round(value, 12))


def figure_example() -> dict[str, Any]:
    """Two quarters, of which the document states nothing for the year."""
    first, third = (_example(period, value) for period, value in (("2024-Q1", "6"), ("2024-Q3", "12")))
    readings = {"sum": "18", "mean": "9", "pooled": None, "last": "12", "mean_with_empty_as_zero": None}
    return {
        "value": "9",
        "stated": None,
        "computed": "9",
        "alternatives": readings,
        "parts": [first, third],
    }


def _example(period: str, value: str) -> dict[str, Any]:
    return {
        "key": f"lead-time~{period}~",
        "period": period,
        "project": None,
        "value": value,
        "qualifier": "exactly",
        "as_stated": f"{value} days",
        "numerator": None,
        "denominator": None,
        "source": {"document": 2024, "lines": "44"},
    }
