"""A whole period in one grid: metrics down, projects across, a figure or nothing in each cell.

What is shown travels with the page (`seen`), so that only cells somebody typed in are written, and only over the
version that was looked at. Runs inside the owner's scope.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext as _t

from metrics.models import Measurement, Metric
from metrics.typed import text_of
from metrics.units import format_value, qualified
from projects.models import Project
from records.periods import Period, Precision

# A metric or project was used lately if it has a figure of the period or of as many before it.
LATELY = 4
ROWS_PER_PAGE = 30
# Columns that are shown unasked, and at most; choices that are offered. A form of more fields is refused by the server.
RECENT_COLUMNS, MOST_COLUMNS, MOST_OFFERED = 12, 24, 200
PREFIX = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a query string asks to see; nothing chosen is what was used lately."""

    metrics: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    text: str = ""
    page: str = ""

    @classmethod
    def of(cls, query: Any) -> Selection:  # noqa: ANN401
        return cls(
            metrics=tuple(filter(is_slug, query.getlist("metric")))[:MOST_OFFERED],
            projects=tuple(filter(is_slug, query.getlist("project")))[:MOST_COLUMNS],
            text=query.get("text", "").replace("\x00", "").strip()[:100],
            page=query.get("page", ""),
        )

    @classmethod
    def of_cells(cls, names: Iterable[str]) -> Selection:
        """What a form was about, whatever was used lately by now: nothing typed may go out of sight."""
        found = [place_of(name) for name in names]
        metrics = dict.fromkeys(metric for metric, _project in found if is_slug(metric))
        projects = dict.fromkeys(project for _metric, project in found if is_slug(project))
        return cls(metrics=tuple(metrics)[:ROWS_PER_PAGE], projects=tuple(projects)[:MOST_COLUMNS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`text` is what stands in it, `stored` what is stored. `before`: the figure of the period before; "" for none.
    `now` and `then`: the measurements of the two periods; None where there is none."""

    name: str
    label: str
    text: str
    stored: str
    before: str
    errors: tuple[str, ...]
    now: Measurement | None
    then: Measurement | None

    @property
    def errors_id(self) -> str:
        return f"errors-{self.name.replace(':', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`cells`: all projects together first, then the columns in order."""

    metric: Metric
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """`seen` is what its form sends back. `metrics` and `projects` are offered to choose from, the chosen and those
    used lately first; `has_more_…`: not all of them are offered. `is_recent`: nothing was chosen, and what is shown
    was used lately. `others`: columns used lately for which there is no room."""

    period: Period
    previous: Period | None
    following: Period | None
    page: Page[Any]
    lines: tuple[Line, ...]
    columns: tuple[Project, ...]
    seen: str
    metrics: tuple[Metric, ...]
    has_more_metrics: bool
    projects: tuple[Project, ...]
    has_more_projects: bool
    is_recent: bool
    others: int

    @property
    def figures(self) -> tuple[Measurement, ...]:
        """The measurements that stand in it, of the period and of the one before."""
        both = (each for line in self.lines for cell in line.cells for each in (cell.now, cell.then))
        return tuple(each for each in both if each is not None)

    @property
    def beside(self) -> tuple[Period, ...]:
        """The year, halves, quarters and months that hold the period, the longest first, and its own next parts."""
        holding = [self.period.holding(each) for each in reversed(Precision) if each >= self.period.precision]
        finer = max(self.period.precision - 1, Precision.MONTH)
        parts = self.period.split(Precision(finer)) if finer < self.period.precision else ()
        return (*holding, *parts)


Seen = dict[str, tuple[int, str]]


def name_of(metric: str, project: str) -> str:
    """The name of a cell's field; `project` is "" for all of them together. Slugs hold no colon."""
    return f"{PREFIX}:{metric}:{project}"


def place_of(name: str) -> tuple[str, str]:
    """The slugs a name is made of; "" for what it does not say."""
    _prefix, metric, project = (*name.split(":", 2), "", "")[:3]
    return metric, project


def is_slug(text: str) -> bool:
    return re.fullmatch(r"[-\w]{1,80}", text) is not None


def find_grid(
    *,
    period: Period,
    selection: Selection,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> Grid:
    """The grid of a period. `typed` and `errors`, by name of cell, stand in their cells instead of what is stored.

    6 queries, whatever there is to show: metrics offered, their number, those of the page, projects, figures of the
    period and of the one before (one query more where nothing was used lately).
    """
    lately = [each for by in range(-LATELY, 1) if (each := period.shifted(by)) is not None]
    metrics = list(_offered(Metric, "metric", lately, selection.metrics)[: MOST_OFFERED + 1])
    projects = list(_offered(Project, "project", lately, selection.projects)[: MOST_OFFERED + 1])
    page, is_recent = _page(selection, lately)
    chosen = [each for each in projects if each.is_chosen]
    recent = [each for each in projects if each.is_recent]
    columns = sorted(chosen[:MOST_COLUMNS] or recent[:RECENT_COLUMNS], key=lambda each: (each.name, each.pk))
    previous = period.shifted(-1)
    stored = _figures(list(page), columns, [each for each in (period, previous) if each is not None])
    seen: Seen = {}
    lines = []
    for metric in page:
        cells = []
        for project in (None, *columns):
            pk = None if project is None else project.pk
            name = name_of(metric.slug, "" if project is None else project.slug)
            now = stored.get((metric.pk, pk, period))
            then = None if previous is None else stored.get((metric.pk, pk, previous))
            text = "" if now is None else text_of(now)
            seen[name] = (0 if now is None else now.version, text)
            cells.append(
                Cell(
                    name=name,
                    label=f"{metric.name}, {_t('all projects') if project is None else project.name}",
                    text=(typed or {}).get(name, text),
                    stored=text,
                    before=_shown(then),
                    errors=tuple((errors or {}).get(name, ())),
                    now=now,
                    then=then,
                )
            )
        lines.append(Line(metric=metric, cells=tuple(cells)))
    return Grid(
        period=period,
        previous=previous,
        following=period.shifted(1),
        page=page,
        lines=tuple(lines),
        columns=tuple(columns),
        seen=json.dumps(seen, ensure_ascii=False),
        metrics=tuple(metrics[:MOST_OFFERED]),
        has_more_metrics=len(metrics) > MOST_OFFERED,
        projects=tuple(projects[:MOST_OFFERED]),
        has_more_projects=len(projects) > MOST_OFFERED,
        is_recent=is_recent,
        others=0 if chosen else max(len(recent) - RECENT_COLUMNS, 0),
    )


def _measured(reference: str, lately: Iterable[Period]) -> Q:
    """Asked in two halves, as each has an index: figures of all projects together, and those of single ones."""
    rows = Measurement.objects.filter(
        **{reference: OuterRef("pk")}, period__in=[str(each) for each in lately]
    )
    return Q(Exists(rows.filter(project__isnull=True))) | Q(Exists(rows.filter(project__isnull=False)))


def _offered(model: Any, reference: str, lately: Iterable[Period], chosen: Sequence[str]) -> Any:  # noqa: ANN401
    """The chosen first, then those used lately, by name."""
    return model.objects.annotate(
        is_recent=Case(When(_measured(reference, lately), then=Value(True)), default=Value(False)),
        is_chosen=Case(When(slug__in=chosen, then=Value(True)), default=Value(False)),
    ).order_by("-is_chosen", "-is_recent", "name", "id")


def _page(selection: Selection, lately: Iterable[Period]) -> tuple[Page[Any], bool]:
    """The rows asked for; nothing asked, the metrics used lately, and if there are none, all."""
    everything: Any = Metric.objects.order_by("name", "id")
    rows = everything.matching(text=selection.text)
    if selection.metrics:
        rows = rows.filter(slug__in=selection.metrics)
    is_asked = bool(selection.metrics or selection.text)
    if not is_asked:
        rows = rows.filter(_measured("metric", lately))
    paginator = Paginator(rows, ROWS_PER_PAGE)
    is_recent = not is_asked and paginator.count > 0
    if not is_asked and not is_recent:
        paginator = Paginator(everything, ROWS_PER_PAGE)
    return paginator.get_page(selection.page), is_recent


def _figures(
    metrics: Sequence[Metric], columns: Sequence[Project], periods: Sequence[Period]
) -> dict[tuple[int, int | None, Period], Measurement]:
    by_id = {metric.pk: metric for metric in metrics}
    rows = Measurement.objects.filter(
        Q(project__isnull=True) | Q(project__in=columns), metric__in=metrics, period__in=periods
    )
    found = {}
    for row in rows:
        row.metric = by_id[row.metric_id]
        found[row.metric_id, row.project_id, row.period] = row
    return found


def _shown(measurement: Measurement | None) -> str:
    if measurement is None:
        return ""
    if measurement.value is None:
        return text_of(measurement)
    return qualified(format_value(measurement.value, measurement.metric.unit), measurement.qualifier)
