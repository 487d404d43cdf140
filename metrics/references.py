"""What records refer to (documents, projects, metrics), read once: a join would build it anew for every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from metrics.models import Metric
from metrics.rows import Row, stream_rows
from projects.models import Project
from records.models import Document, Record
from records.ownership import join_in_hand
from records.together import read_together

AnyRecord = TypeVar("AnyRecord", bound=Record)
_NAMES = ("source", "project", "metric")


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """All of the owner's, by id; metrics know what they are derived from and supersede. Documents lack their body."""

    documents: Mapping[int, Document]
    projects: Mapping[int, Project]
    metrics: Mapping[int, Metric]

    @classmethod
    def of(
        cls, *, documents: Iterable[Document], projects: Iterable[Project], metrics: Iterable[Metric]
    ) -> References:
        """All of each; no query."""
        known = {metric.pk: metric for metric in metrics}
        join_in_hand(known.values(), derived_from=known, supersedes=known)
        return cls(
            documents={each.pk: each for each in documents},
            projects={each.pk: each for each in projects},
            metrics=known,
        )

    def ask(self, rows: QuerySet[AnyRecord]) -> QuerySet[AnyRecord]:
        """Records as they are to be asked for."""
        return rows

    def join(self, rows: Iterable[Record]) -> None:
        """Following them to their document, project or metric costs no query then; they may be of several models."""
        found = {"source": self.documents, "project": self.projects, "metric": self.metrics}
        of_model: dict[type[Record], dict[str, Any]] = {}
        for row in rows:
            model = type(row)
            if model not in of_model:
                of_model[model] = {name: each for name, each in found.items() if hasattr(model, name)}
            join_in_hand((row,), **of_model[model])

    def rows(self, measurements: Any) -> Iterator[Row]:  # noqa: ANN401
        """Measurements, streamed, as the checks read them. One query."""
        return stream_rows(measurements, metrics=self.metrics, projects=self.projects, sources=self.documents)


class Joined:
    """The same for few rows: joined by the database, as they are asked for."""

    def ask(self, rows: QuerySet[AnyRecord]) -> QuerySet[AnyRecord]:
        names = [name for name in _NAMES if hasattr(rows.model, name)]
        paths = [*names, "metric__derived_from"] if "metric" in names else names
        return rows.select_related(*paths).defer("source__body")

    def join(self, rows: Iterable[Record]) -> None:
        """They are."""

    def rows(self, measurements: Any) -> Iterator[Row]:  # noqa: ANN401
        return (Row.of(row) for row in self.ask(measurements))


def asked_references() -> tuple[QuerySet[Any, Any], ...]:
    """What `References.of` is made of, to be read together with something else: documents, projects, metrics."""
    return Document.objects.lean().defer("body"), Project.objects.lean(), Metric.objects.lean()


def read_references() -> References:
    """One query."""
    documents, projects, metrics = read_together(*asked_references())
    return References.of(documents=documents, projects=projects, metrics=metrics)
