"""Which figures of a page take part in a contradiction, open or settled, and where the check of it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from metrics.audit import Within, contradictions, earliest_of
from metrics.claims import Claim
from metrics.findings import Finding
from metrics.models import Change, Incident, Measurement, Metric
from metrics.record_claims import claims_of_activity, claims_of_engagements, claims_of_incident
from projects.models import Achievement, Activity, Engagement
from records.models import Record
from records.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Contradictions by the records that take part in them."""

    by_record: dict[tuple[str, int], list[Finding]] = field(default_factory=dict)

    def of(self, *records: Record | Figured) -> tuple[Finding, ...]:
        """Those any of the records takes part in, each once, open ones first. No query."""
        found = {each.key: each for record in records for each in self.by_record.get(_name(record), ())}
        return tuple(sorted(found.values(), key=lambda each: each.is_settled))


class Figured(NamedTuple):
    """What a mark needs of a measurement, for pages that read no more of it."""

    pk: int
    metric: Metric
    project_id: int | None
    period: Period


def _name(record: Record | Figured) -> tuple[str, int]:
    return (Measurement if isinstance(record, Figured) else record)._meta.label, record.pk


def find_marks(
    *,
    measurements: Iterable[Measurement | Figured] = (),
    changes: Iterable[Change] = (),
    incidents: Iterable[Incident] = (),
    activities: Iterable[Activity] = (),
    engagements: Sequence[Engagement] = (),
    achievements: Iterable[Achievement] = (),
    claims: Iterable[Claim] = (),
    is_wide: bool = False,
) -> Marks:
    """The marks of the figures that a page shows; the metrics of measurements must be joined.

    Engagements are held against each other and against the achievements given, so give all of a project.
    `claims`: those of records this app does not know. `is_wide`: there may be hundreds of measurements.
    Queries: none without measurements and changes but one for settlements if anything contradicts, else those of
    `contradictions` (3 to 8, and 3 more if wide).
    """
    rows = list(measurements)
    metrics = {row.metric.pk: row.metric for row in rows}
    within = Within(
        metrics=tuple(metrics.values()),
        changes=frozenset(change.pk for change in changes),
        projects=frozenset(row.project_id for row in rows if row.project_id is not None),
        periods=frozenset(row.period for row in rows),
        is_wide=is_wide,
    )
    in_hand = [
        *claims,
        *chain.from_iterable(claims_of_incident(incident) for incident in incidents),
        *chain.from_iterable(claims_of_activity(activity) for activity in activities),
        *claims_of_engagements(engagements, earliest=earliest_of(achievements)),
    ]
    # A figure also takes part in the first step of the year after it.
    years = {year for row in rows for year in (row.period.year, row.period.year + 1)}
    found = contradictions(years=years, within=within, in_hand=in_hand)
    shown = {row.pk for row in rows}
    return marks_of(each for each in found if _takes_part(each, shown))


def _takes_part(finding: Finding, shown: Container[int]) -> bool:
    """Whether one of the measurements shown does; what is about none of them was asked for otherwise."""
    ids = [each.pk for each in (finding.record, *finding.inputs) if isinstance(each, Measurement)]
    return not ids or any(pk in shown for pk in ids)


def marks_of(findings: Iterable[Finding]) -> Marks:
    """Findings by the records that take part in them. No query."""
    by_record: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in findings:
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


def address_to_correct(finding: Finding) -> str:
    """Where the record that makes the claim is edited; saving it leads back to the check, whatever its verdict then."""
    query: dict[str, str | int] = {"year": finding.year, "at": finding.anchor}
    back = f"{reverse('check_list')}?{urlencode(query)}#{finding.anchor}"
    meta = finding.record._meta
    page = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[finding.record.pk])
    return f"{page}?{urlencode({'back': back})}"
