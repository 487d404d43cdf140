"""A KPI sheet the way people keep it: one row per metric, one column per quarter.

| Metric   | Project | Q1 | Q2  | 3분기 | 2024-Q4 |
|----------|---------|----|-----|-------|---------|
| articles |         | 3  | 4+  | ~5    | -       |

The year stands in a header, in the name of the file, or is asked for. An empty cell says nothing and changes nothing;
a dash says that there was nothing to measure. Figures are read as in the grid (see metrics/typed.py); what is
more than a number is kept as stated.
"""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from metrics.models import Metric
from metrics.typed import read_figure
from records.merging import Row
from records.periods import Period, Precision
from records.tables import Table, TableError

_QUARTER = re.compile(r"(?:Q ?([1-9])|([1-9]) ?Q|([1-9]) ?분기)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(19\d\d|20\d\d|21\d\d)(?!\d)")
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_METRIC = {"metric", "kpi", "name", "지표", "지표명", "이름"}
_PROJECT = {"project", "프로젝트"}
_NOTE = {"note", "비고", "메모"}


def is_kpi_sheet(table: Table) -> bool:
    """Whether the columns are quarters rather than fields."""
    return table.kind != "json" and any(_quarter(header) for header in table.headers)


def year_in(filename: str) -> int | None:
    """The only year a text names."""
    years = {*_YEAR.findall(filename)}
    return int(years.pop()) if len(years) == 1 else None


def _quarter(header: str) -> tuple[int | None, int] | None:
    """Year and quarter of a header; a year of None is not said, None is another header."""
    text = header.strip()
    if match := _QUARTER.fullmatch(text):
        return None, int(next(filter(None, match.groups())))
    try:
        period = Period.parse(text)
    except ValueError:
        return None
    return (period.year, period.number) if period.precision is Precision.QUARTER else None


def rows_of_kpi_sheet(table: Table, *, year: int | None, filename: str) -> tuple[Row, ...]:
    """One row for each figure, for the merge. One query. Raises TableError for a column or year it cannot make out."""
    year = year or year_in(filename)
    columns: dict[str, Any] = {}
    for header in table.headers:
        columns[header] = _column(header, year=year)
    periods = [str(column) for column in columns.values() if isinstance(column, Period)]
    if twice := {period for period in periods if periods.count(period) > 1}:
        raise TableError(_("Two columns are the same quarter: %(period)s.") % {"period": min(twice)})
    metric_header = next((header for header, column in columns.items() if column == "metric"), None)
    if metric_header is None:
        raise TableError(_("A KPI sheet needs a column “Metric” with the name or slug of each metric."))
    known = _metrics_by_name()
    rows = []
    for row in table.rows:
        name = row.cells[metric_header].strip()
        metric = known.get(name.casefold())
        beside = {
            column: row.cells[header].strip()
            for header, column in columns.items()
            if column in ("project", "note") and (column == "project" or row.cells[header].strip())
        }
        for header, period in columns.items():
            cell = row.cells[header].strip()
            if not isinstance(period, Period) or not cell:
                continue
            place = _("row %(number)s, %(header)s") % {"number": row.number, "header": header}
            slug = name if metric is None else metric.slug
            values = {"metric": slug, "period": str(period), **beside, **_figure(cell, metric)}
            rows.append(Row(place, values))
    if not rows:
        raise TableError(_("No quarter of this sheet is filled in."))
    return tuple(rows)


def _column(header: str, *, year: int | None) -> Period | str:
    plain = header.strip().casefold()
    if plain in _METRIC:
        return "metric"
    if plain in _PROJECT:
        return "project"
    if plain in _NOTE:
        return "note"
    found = _quarter(header)
    if found is None:
        raise TableError(
            _("There is no column “%(header)s” in a KPI sheet: metric, project, note and quarters are known.")
            % {"header": header[:40]}
        )
    in_header, quarter = found
    if in_header is None and year is None:
        raise TableError(_("Which year are these quarters of? Choose the year and send the file again."))
    try:
        return Period(in_header or year or 0, Precision.QUARTER, quarter)
    except ValueError as error:
        raise TableError(f"“{header[:40]}”: {error}") from error


def _metrics_by_name() -> dict[str, Metric]:
    """Each metric by slug, name and other names; a name that two metrics bear is nobody's."""
    found: dict[str, Metric] = {}
    unclear: set[str] = set()
    slugs: dict[str, Metric] = {}
    read = ("slug", "name", "aliases", "unit", "numerator_unit", "denominator_unit")
    for metric in Metric.objects.only(*read):
        slugs[metric.slug.casefold()] = metric
        aliases = (line.strip().casefold() for line in metric.aliases.splitlines())
        for each in {metric.name.casefold(), *aliases} - {""}:
            if each in found:
                unclear.add(each)
            found[each] = metric
    return {**{name: it for name, it in found.items() if name not in unclear}, **slugs}


def _figure(cell: str, metric: Metric | None) -> dict[str, Any]:
    """What the cell says of a measurement; what it does not say stays as it is. The merge tells what is wrong."""
    if metric is None:
        return {}
    try:
        typed = read_figure(cell, metric)
    except ValueError as error:
        return {"value": ValidationError(str(error), code="invalid")}
    said: dict[str, Any] = {"value": typed.value, "qualifier": typed.qualifier}
    if typed.numerator is not None:
        said |= {"numerator": typed.numerator, "denominator": typed.denominator}
    if not _PLAIN.fullmatch(cell):
        said["as_stated"] = cell
    return said
