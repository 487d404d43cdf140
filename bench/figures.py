"""Ten metrics and figures of them, a month each, for what is measured by writing figures. For processes of the app."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

_METRICS = 10
NOTE = "As told in the review"


def figures(count: int) -> Iterator[tuple[str, str, str]]:
    """So many: the metric's slug, the month, the value."""
    months = [f"{year}-{month:02}" for year in range(1900, 2000) for month in range(1, 13)]
    for number in range(count):
        yield f"metric-{number % _METRICS}", months[number // _METRICS], f"{number % 97}.5"


def make_metrics(owner: Any) -> None:  # noqa: ANN401
    """Those that are missing. Inside the owner's scope."""
    from metrics.models import Metric

    for number in range(_METRICS):
        if not Metric.objects.filter(slug=f"metric-{number}").exists():
            Metric(owner=owner, name=f"Metric {number}", unit="count", aggregation="sum").save()


def timed(work: Callable[[], None], rows: int) -> dict[str, float]:
    """Rows a second by the clock and by computing time."""
    began, computed = time.perf_counter(), time.process_time()
    work()
    return {"rate": rows / (time.perf_counter() - began), "cpu": rows / (time.process_time() - computed)}


def take_away(count: int) -> None:
    """The owner's figures with their history; an error if they are not so many. Inside the owner's scope."""
    from metrics.models import Measurement

    assert Measurement.objects.count() == count  # noqa: S101
    Measurement.objects.all()._raw_delete("default")
    Measurement.history.all()._raw_delete("default")
