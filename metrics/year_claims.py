"""The claims of one year, from records a page has read already: what `audit` asks for, without a query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.audit import claims_of_groups, earliest_of
from metrics.checks import CheckKind
from metrics.claims import Claim
from metrics.listing_claims import Listed
from metrics.models import Change, Incident, Measurement, Mention
from metrics.record_claims import (
    claims_of_activity,
    claims_of_change,
    claims_of_engagements,
    claims_of_incident,
)
from metrics.rows import Row
from projects.models import Achievement, Activity, Engagement
from records.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRecords:
    """What a year is recomputed from; metrics with what they are derived from, projects and documents are joined.

    `measurements`: those of the year, and of other years those that its first steps and its changes name.
    `engagements`: of every year, as stints are held against each other. `achievements`: of the year, and those of its
    stints. The rest is of the year. `lists_all` False: there are more activities, so that nothing is held against
    their number.
    """

    year: int
    measurements: Sequence[Measurement]
    mentions: Sequence[Mention]
    changes: Sequence[Change]
    incidents: Sequence[Incident]
    engagements: Sequence[Engagement]
    achievements: Sequence[Achievement]
    activities: Sequence[Activity]
    lists_all: bool = True


def claims_of_records(records: YearRecords) -> Iterator[Claim]:
    """Every claim of the year, and those of other years that one of its stints takes part in; in no promised order.
    No query."""
    rows = [Row.of(measurement) for measurement in records.measurements]
    for each in _of_measurements(records, rows):
        if records.lists_all or each.check.kind != CheckKind.LIST:
            yield each
    figures: dict[int | None, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.period, row.pk)):
        figures[row.metric_id].append(row)
    for change in records.changes:
        yield from claims_of_change(change, figures[change.metric_id])
    for incident in records.incidents:
        yield from claims_of_incident(incident)
    for activity in records.activities:
        yield from claims_of_activity(activity)
    works = sorted((work for work in records.achievements if work.engagement_id), key=lambda work: work.pk)
    for each in claims_of_engagements(records.engagements, earliest=earliest_of(works)):
        stints = (each.subject, *each.parts)
        if any(isinstance(stint, Engagement) and stint.period.year == records.year for stint in stints):
            yield each


def _of_measurements(records: YearRecords, rows: Sequence[Row]) -> Iterator[Claim]:
    mentions: dict[int, list[Mention]] = defaultdict(list)
    for mention in records.mentions:
        mentions[mention.measurement_id].append(mention)
    activities: dict[str, dict[Period, int]] = defaultdict(lambda: defaultdict(int))
    for activity in records.activities:
        activities[activity.kind][activity.period] += 1 if activity.count is None else activity.count
    listed = Listed(incidents=records.incidents, engagements=records.engagements, activities=activities)
    now: dict[int, list[Row]] = defaultdict(list)
    before: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=_in_order_of_the_audit):
        if row.period.year == records.year:
            now[row.metric_id].append(row)
        elif row.period.year == records.year - 1:
            before[row.metric_id].append(row)
    yield from claims_of_groups(
        ((found, before[metric_id]) for metric_id, found in now.items()),
        mentions=mentions,
        listed=listed,
        origins={found[0].metric.derived_from_id for found in now.values()},
    )


def _in_order_of_the_audit(row: Row) -> tuple[Any, ...]:
    return row.metric_id, str(row.period), row.project_id is not None, row.project_id or 0
