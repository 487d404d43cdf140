"""A metric across all its years as JSON: the same function as its page."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.aggregation import Aggregation
from metrics.api.figures import FIGURES_OF_YEAR, figure_answer, figure_example
from metrics.series import SeriesYear, find_series
from metrics.units import Direction, Unit
from records.api import OwnedAPIView
from records.api.answers import TEXT, WHOLE, many, one_of, shape, told


class SeriesView(OwnedAPIView):
    """A metric year by year: stated and computed, every other reading of its parts, and the parts themselves.

    A year before the metric took over from another one is by that one's definition. Figures of single projects are in
    `measurements/?metric=…`.
    """

    answers = shape(
        metric=told(TEXT, "The slug of the metric."),
        unit=one_of(Unit.values),
        direction=one_of(Direction.values, "Which way is better."),
        aggregation=one_of(Aggregation.values, "How shorter periods make up a year."),
        years=many(
            shape(
                year=WHOLE,
                metric=told(TEXT, "The slug of the definition in force then."),
                **FIGURES_OF_YEAR,
            ),
            "From the first measured to the last; a year without a figure is there, and empty.",
        ),
    )
    example = {
        "metric": "lead-time",
        "unit": "day",
        "direction": "down",
        "aggregation": "mean",
        "years": [{"year": 2024, "metric": "lead-time", **figure_example()}],
    }

    def get(self, request: Request, slug: str) -> Response:
        series = find_series(slug=slug, most_of_projects=None)
        if series is None:
            raise Http404
        metric = series.metric
        return Response(
            {
                "metric": metric.slug,
                "unit": metric.unit,
                "direction": metric.direction,
                "aggregation": metric.aggregation,
                "years": [_year(year) for year in series.years],
            }
        )


def _year(year: SeriesYear) -> dict[str, Any]:
    """`metric` is the definition in force then, which an earlier year may have had another of."""
    return {"year": year.year, "metric": year.metric.slug, **figure_answer(year.figure)}
