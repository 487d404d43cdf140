"""Measurements as the checks read them: light, as there may be fifty thousand, and records again where one is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import ExpressionWrapper, F

from metrics.models import Measurement, Metric
from projects.models import Project
from records.models import Document, Record
from records.periods import Period

_CHUNK, _MOST_KEPT = 2000, 4000


class Row(NamedTuple):
    """The facts of a measurement, in the order of its columns, and what they refer to."""

    pk: int
    owner_id: int
    note: str
    source_id: int | None
    source_lines: str
    metric_id: int
    period: Period
    project_id: int | None
    value: Decimal | None
    qualifier: str
    as_stated: str
    numerator: Decimal | None
    denominator: Decimal | None
    sample_size: int | None
    minimum: Decimal | None
    maximum: Decimal | None
    stated_change: Decimal | None
    stated_change_unit: str
    breakdown_note: str
    metric: Metric
    project: Project | None
    source: Document | None

    @property
    def key(self) -> tuple[Any, ...]:
        """As `Measurement.key`."""
        project = None if self.project is None else self.project.slug
        return self.metric.slug, str(self.period), project

    @property
    def label(self) -> str:
        return str(self.project or self.period)

    @classmethod
    def of(cls, row: Measurement) -> Row:
        """References must be joined."""
        facts = (getattr(row, name) for name in COLUMNS)
        return cls._make((*facts, row.metric, row.project, row.source))

    @property
    def record(self) -> Measurement:
        """The measurement itself; its version and moments are read when somebody asks for them. No query."""
        record: Measurement = Measurement.from_db(DEFAULT_DB_ALIAS, COLUMNS, self[: len(COLUMNS)])
        record._state.fields_cache.update(metric=self.metric, project=self.project, source=self.source)
        return record


# Without version and moments: dates are slow to parse, and no check reads them.
COLUMNS = ("id", *Row._fields[1:-3])
Subject = Record | Row


def model_of(subject: Subject) -> type[Record]:
    return Measurement if isinstance(subject, Row) else type(subject)


def name_of(subject: Subject) -> str:
    """Of its model, as keys and references have it: `measurement`."""
    return str(model_of(subject)._meta.model_name)


def record_of(subject: Subject) -> Record:
    return subject.record if isinstance(subject, Row) else subject


def stream_rows(
    rows: Any,  # noqa: ANN401
    *,
    metrics: Mapping[int, Metric],
    projects: Mapping[int, Project],
    sources: Mapping[int, Document],
) -> Iterator[Row]:
    """A queryset of measurements, with their references looked up in what was read before. One query.

    Column by column, as figures repeat: each distinct one is made a Decimal once, by the field's own converters.
    """
    made = [_Made(name, using=rows.db) for name in COLUMNS]
    found: list[Mapping[Any, Any]] = [metrics, {**projects, None: None}, {**sources, None: None}]
    references = [COLUMNS.index(name) for name in ("metric_id", "project_id", "source_id")]
    stored = rows.values_list(*(ExpressionWrapper(F(name), output_field=_Stored()) for name in COLUMNS))
    unread = stored.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(unread, _CHUNK)):
        columns = [
            list(map(each.__getitem__, column)) if each.converters else column
            for each, column in zip(made, zip(*chunk, strict=True), strict=True)
        ]
        looked_up = [map(of.__getitem__, columns[place]) for of, place in zip(found, references, strict=True)]
        yield from map(Row._make, zip(*columns, *looked_up, strict=True))


class _Stored(models.Field):
    """A column as the database keeps it, whatever its type."""


class _Made(dict[Any, Any]):
    """What a column's values are in Python, by what the database gives for them."""

    def __init__(self, name: str, *, using: str) -> None:
        super().__init__()
        self.connection = connections[using]
        field: Any = Measurement._meta.get_field(name.removesuffix("_id"))
        self.column = field.cached_col
        self.converters: list[Callable[..., Any]] = [
            *self.connection.ops.get_db_converters(self.column),
            *self.column.get_db_converters(self.connection),
        ]

    def __missing__(self, stored: object) -> object:
        value = stored
        for convert in self.converters:
            value = convert(value, self.column, self.connection)
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[stored] = value
        return value
