"""Every check of an owner's records: read once, in a fixed number of queries, and streamed.

What claims there are is said in metrics/claims.py and metrics/record_claims.py, and how each is judged in
metrics/checks.py and its neighbours. Measurements stream by metric and year, so that fifty thousand of them need
no more memory than those of one metric's year.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from metrics.checks import SEVERITY, Agreement, Check
from metrics.claims import Claim, Witnesses, claims_of_derived, claims_of_year
from metrics.models import Change, Incident, Measurement, Mention, Metric, Settlement
from metrics.record_claims import (
    claims_of_activity,
    claims_of_change,
    claims_of_engagements,
    claims_of_incident,
)
from metrics.units import plain
from projects.models import Achievement, Activity, Engagement, Project
from records.models import Document, Record
from records.periods import Period

_CHUNK = 2000
AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check with the record that makes the claim and all records it was computed from.

    `key` names the check as long as the records keep their names; `fingerprint` changes with any of its figures.
    `settlement` None: nobody decided anything. A settlement counts only while its fingerprint is this one.
    """

    key: str
    check: Check
    record: Record
    inputs: tuple[Record, ...]
    year: int
    settlement: Settlement | None

    @property
    def is_settled(self) -> bool:
        return self.settlement is not None and self.settlement.fingerprint == self.fingerprint

    @property
    def is_reopened(self) -> bool:
        """Decided once, on figures that have changed since."""
        return self.settlement is not None and not self.is_settled

    @property
    def is_open_contradiction(self) -> bool:
        return self.check.verdict == Agreement.CONTRADICTS and not self.is_settled

    @property
    def fingerprint(self) -> str:
        """Of the figures alone: another language or a corrected name does not reopen a decision."""
        check = self.check
        parts = [check.verdict, _text(check.stated), _text(check.computed), check.unit]
        parts += [_figures_of(self.record), *sorted(_figures_of(each) for each in self.inputs)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def project_ids(self) -> frozenset[int]:
        """The projects of the record and of its inputs."""
        records = (self.record, *self.inputs)
        return frozenset(pk for each in records if (pk := getattr(each, "project_id", None)) is not None)


def _figures_of(record: Record) -> str:
    """The numbers, dates and choices a person may edit, in the order of the model."""
    return " ".join(
        _text(getattr(record, field.attname))
        for field in record._meta.concrete_fields
        if field.editable
        and not field.is_relation
        and (field.choices or not isinstance(field, models.CharField | models.TextField))
    )


def _text(value: object) -> str:
    match value:
        case Decimal():
            return plain(value)
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
    return str(value)


def audit(*, years: Iterable[int] | None = None) -> Iterator[Finding]:
    """Every check of the owner in force, in no promised order; of some years only if `years` is given.

    13 queries, whatever the number of records: settlements; documents, projects and metrics (joined here, once
    each); engagements, their achievements, incidents, activities counted and activities with hours; mentions;
    measurements, streamed; changes, and the figures of their metrics.
    """
    wanted = None if years is None else frozenset(years)
    if wanted is not None and not wanted:
        return
    settlements = {each.check_key: each for each in Settlement.objects.all()}
    for key, check, record, inputs, year in _claims(wanted):
        # Neighbouring years are read as well: a change since the year before must not depend on the filter.
        if wanted is None or year in wanted:
            yield Finding(
                key=key,
                check=check,
                record=record,
                inputs=tuple(inputs),
                year=year,
                settlement=settlements.get(key),
            )


def audit_sorted(*, years: Iterable[int] | None = None) -> list[Finding]:
    """The same, contradictions first, then by year (latest first) and key."""
    return sorted(
        audit(years=years), key=lambda each: (SEVERITY.index(each.check.verdict), -each.year, each.key)
    )


@dataclass(frozen=True, slots=True)
class _Catalog:
    """What other records refer to, read once. A join would build them anew for every row."""

    documents: Mapping[int, Document]
    projects: Mapping[int, Project]
    metrics: Mapping[int, Metric]

    @classmethod
    def read(cls) -> _Catalog:
        catalog = cls(
            {each.pk: each for each in Document.objects.defer("body")},
            {each.pk: each for each in Project.objects.all()},
            {each.pk: each for each in Metric.objects.all()},
        )
        for metric in catalog.metrics.values():
            if metric.derived_from_id is not None:
                metric.derived_from = catalog.metrics[metric.derived_from_id]
        return catalog

    def joined(self, rows: Iterable[AnyRecord]) -> Iterator[AnyRecord]:
        """The same rows; their document, project and metric cost no query."""
        for row in rows:
            for name, found in (
                ("source", self.documents),
                ("project", self.projects),
                ("metric", self.metrics),
            ):
                pk = getattr(row, f"{name}_id", None)
                if pk is not None:
                    row._state.fields_cache[name] = found[pk]
            yield row


def _claims(years: frozenset[int] | None) -> Iterator[Claim]:
    catalog = _Catalog.read()
    engagements = list(catalog.joined(Engagement.objects.order_by("period", "id")))
    earliest: dict[int, Achievement] = {}
    for work in catalog.joined(Achievement.objects.filter(engagement__isnull=False).order_by("id")):
        known = earliest.get(work.engagement_id)
        if known is None or work.period.last_day < known.period.last_day:
            earliest[work.engagement_id] = work
    incidents = list(catalog.joined(_near(Incident.objects.order_by("period", "id"), "period", years)))
    witnesses = Witnesses(
        mentions=_mentions(catalog),
        incidents=incidents,
        engagements=engagements,
        activities=_activities(years),
    )
    yield from _of_measurements(catalog, witnesses, years)
    for incident in incidents:
        yield from claims_of_incident(incident)
    for activity in catalog.joined(
        _near(Activity.objects.filter(hours__isnull=False, count__isnull=False), "period", years)
    ):
        yield from claims_of_activity(activity)
    yield from _of_changes(catalog, years)
    yield from claims_of_engagements(engagements, earliest=earliest)


def _near(rows: QuerySet[Any], field: str, years: Iterable[int] | None) -> QuerySet[Any]:
    """Rows from the year before the first wanted one to the last; all of them for None."""
    if years is None:
        return rows
    return rows.filter(**{f"{field}__gte": f"{min(years) - 1:04}", f"{field}__lt": f"{max(years) + 1:04}"})


def _mentions(catalog: _Catalog) -> dict[int, list[Mention]]:
    found: dict[int, list[Mention]] = defaultdict(list)
    for mention in catalog.joined(Mention.objects.order_by("id")):
        found[mention.measurement_id].append(mention)
    return found


def _activities(years: Iterable[int] | None) -> dict[str, dict[Period, int]]:
    """How many activities of each kind per period, each as often as it says."""
    found: dict[str, dict[Period, int]] = defaultdict(dict)
    rows = _near(Activity.objects.order_by(), "period", years)
    for kind, period, times in rows.values_list("kind", "period").annotate(n=Sum(Coalesce("count", 1))):
        found[kind][period] = times
    return found


def _of_measurements(catalog: _Catalog, witnesses: Witnesses, years: Iterable[int] | None) -> Iterator[Claim]:
    origin_ids = {each.derived_from_id for each in catalog.metrics.values()}
    origins: dict[tuple[int, Period], list[Measurement]] = defaultdict(list)
    derived: list[Measurement] = []
    before: list[Measurement] = []
    rows = _near(Measurement.objects.order_by("metric_id", "period", "project_id"), "period", years)
    stream = catalog.joined(rows.iterator(chunk_size=_CHUNK))
    for (metric_id, year), group in groupby(stream, key=lambda row: (row.metric_id, row.period.year)):
        found = list(group)
        follows = before and (before[0].metric_id, before[0].period.year) == (metric_id, year - 1)
        yield from claims_of_year(found, before=before if follows else (), witnesses=witnesses)
        before = found
        if metric_id in origin_ids:
            for row in found:
                origins[metric_id, row.period].append(row)
        if found[0].metric.derived_from_id is not None:
            derived += found
    yield from claims_of_derived(derived, origins)


def _of_changes(catalog: _Catalog, years: Iterable[int] | None) -> Iterator[Claim]:
    rows = _near(Change.objects.order_by("to_period", "id"), "to_period", years)
    changes = list(catalog.joined(rows))
    spans = [each for each in changes if each.metric_id is not None]
    told = [each.to_period.year for each in spans] + [
        each.from_period.year for each in spans if each.from_period is not None
    ]
    figures: dict[int, list[Measurement]] = defaultdict(list)
    of_metrics = Measurement.objects.filter(metric__in={each.metric_id for each in spans})
    for row in catalog.joined(_near(of_metrics.order_by("period", "id"), "period", told or None)):
        figures[row.metric_id].append(row)
    for change in changes:
        yield from claims_of_change(change, figures[change.metric_id])
