"""Which figures of a page take part in an open contradiction, and where the check of it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.http import urlencode

from metrics.audit import Finding, Within, open_contradictions
from metrics.models import Change, Measurement
from records.models import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Open contradictions by the records that take part in them."""

    by_record: dict[tuple[str, int], list[Finding]] = field(default_factory=dict)

    def of(self, *records: Record) -> tuple[Finding, ...]:
        """Those any of the records takes part in, each once. No query."""
        found = {each.key: each for record in records for each in self.by_record.get(_name(record), ())}
        return tuple(found.values())


def _name(record: Record) -> tuple[str, int]:
    return record._meta.label, record.pk


def find_marks(*, measurements: Iterable[Measurement], changes: Iterable[Change]) -> Marks:
    """The marks of the figures that a page shows; metrics must be joined.

    Queries: none without figures, else those of `open_contradictions` (3 to 8).
    """
    rows = list(measurements)
    metrics = {row.metric_id: row.metric for row in rows}
    within = Within(metrics=tuple(metrics.values()), changes=frozenset(change.pk for change in changes))
    if not within.metrics and not within.changes:
        return Marks()
    # A figure also takes part in the first step of the year after it.
    years = {year for row in rows for year in (row.period.year, row.period.year + 1)}
    by_record: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in open_contradictions(years=years, within=within):
        for record in {_name(each): each for each in (finding.record, *finding.inputs)}:
            by_record[record].append(finding)
    return Marks(by_record=dict(by_record))


def address_of(finding: Finding) -> str:
    """Leads to the check on its page, on whichever page of the list it stands."""
    query: dict[str, str | int] = {
        "verdict": finding.check.verdict.value,
        "year": finding.year,
        "at": finding.anchor,
    }
    return f"{reverse('check_list')}?{urlencode(query)}#{finding.anchor}"
