"""What the list of metrics shows beside each, for one page of them at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from metrics.figures import Figure, figure_of
from metrics.models import Measurement, Metric
from metrics.sparks import Spark, spark_of
from records.periods import Period, Precision

# A line in a row of a list shows no more years than these, up to the latest on the page.
YEARS_OF_SPARK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """A metric as the list shows it.

    `year`: the figure of the latest year with one, None without any. `latest`: the last period within that year that
    has a value, None where only the whole year was measured. `is_by_project`: measured, but for projects only, more
    than one of them. `spark` None: fewer than two figures.
    """

    metric: Metric
    year: Figure | None
    latest: Measurement | None
    is_by_project: bool
    spark: Spark | None

    @property
    def of_year(self) -> tuple[Measurement, ...]:
        """The measurements the figure of the year is read from: as stated, else what it was computed from."""
        if self.year is None:
            return ()
        return self.year.parts if self.year.stated is None else (self.year.stated,)

    @property
    def shown(self) -> tuple[Measurement, ...]:
        return self.of_year if self.latest is None else (*self.of_year, self.latest)


def metric_rows(metrics: Sequence[Any]) -> tuple[MetricRow, ...]:
    """In the order given; the metrics come from `by_rhythm`.

    Queries: figures of all projects together, and figures of single projects if some metric has no others; none
    without metrics.
    """
    if not metrics:
        return ()
    rows = _by_metric(metrics, Measurement.objects.filter(project__isnull=True))
    without = [each for each in metrics if each.last_period and not rows[each.pk]]
    if without:
        rows |= _by_metric(without, Measurement.objects.filter(project__isnull=False))
    return tuple(_metric_row(metric, rows[metric.pk]) for metric in metrics)


def _by_metric(metrics: Sequence[Any], measurements: Any) -> dict[int, list[Measurement]]:  # noqa: ANN401
    """Those of the latest years, in order; of a metric that was given up before them, all."""
    by_id = {metric.pk: metric for metric in metrics}
    latest = max((metric.last_period or "" for metric in metrics), default="")
    if not latest:
        return defaultdict(list)
    since = f"{int(latest[:4]) - YEARS_OF_SPARK + 1:04}"
    given_up = [metric.pk for metric in metrics if metric.last_period and metric.last_period < since]
    found: dict[int, list[Measurement]] = defaultdict(list)
    rows = measurements.filter(Q(metric__in=given_up) | Q(metric__in=metrics, period__gte=since))
    # Only what a list needs: a page of metrics may have thousands of figures.
    rows = rows.only("metric_id", "project_id", "period", "value", "qualifier", "numerator", "denominator")
    for row in rows.order_by("period", "id"):
        row.metric = by_id[row.metric_id]
        found[row.metric_id].append(row)
    return found


def _metric_row(metric: Metric, rows: Sequence[Measurement]) -> MetricRow:
    by_year: dict[int, list[Measurement]] = defaultdict(list)
    for row in rows:
        by_year[row.period.year].append(row)
    figures = (
        figure_of(metric=metric, period=Period(year), measurements=by_year[year])
        for year in reversed(by_year)
    )
    year = next(
        (figure for figure in figures if figure.value is not None or any(_values(figure.parts))), None
    )
    is_by_project = len({row.project_id for row in rows}) > 1
    return MetricRow(
        metric=metric,
        year=year,
        latest=next(reversed(list(_values(year.parts))), None) if year is not None else None,
        is_by_project=is_by_project,
        spark=None if is_by_project else spark_of(metric, _longest(rows)),
    )


def _values(rows: Iterable[Measurement]) -> Iterable[Measurement]:
    return (row for row in rows if row.value is not None)


def _longest(rows: Sequence[Measurement]) -> list[Measurement]:
    """The figures of the precision that has most of them, of two the longer periods."""
    by_precision: dict[Precision, list[Measurement]] = defaultdict(list)
    for row in _values(rows):
        by_precision[row.period.precision].append(row)
    return max(by_precision.items(), key=lambda item: (len(item[1]), item[0]), default=(None, []))[1]
