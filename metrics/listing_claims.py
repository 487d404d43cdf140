"""The claims of figures that count (or average) the records listed elsewhere: incidents, stints of work, activities.

The same contract as metrics/claims.py: rows in, no query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from metrics import record_checks
from metrics.claims import Claim, claim, claim_text
from metrics.models import Incident
from metrics.rows import Row
from metrics.units import Unit
from projects.models import Engagement
from records.periods import Period, Precision

_CALENDAR = (Unit.DAY, Unit.WEEK, Unit.MONTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The records figures count. `activities`: how many of a kind per period."""

    incidents: Sequence[Incident]
    engagements: Sequence[Engagement]
    activities: Mapping[str, Mapping[Period, int]]


def claims_of_counts(rows: Sequence[Row], listed: Listed) -> Iterator[Claim]:
    """Of all measurements of one metric in one year."""
    if not rows[0].metric.counts:
        return
    has_parts = any(row.period.precision < Precision.YEAR for row in rows)
    for row in rows:
        if row.project_id is None:
            yield from _of_listing(row, listed, has_parts=has_parts)


def _of_listing(row: Row, listed: Listed, *, has_parts: bool) -> Iterator[Claim]:
    """A figure against the records its metric counts. What was itself counted from the list claims nothing."""
    if not row.as_stated:
        return
    match row.metric.counts:
        case "incident":
            # With quarters, a year is the mean of them: held against those.
            if row.period.precision is not Precision.YEAR or not has_parts:
                yield _of_incidents_mean(row, listed.incidents)
        case "project" if row.metric.unit in _CALENDAR:
            yield from _of_durations(row, listed.engagements)
        case "project":
            told = [each for each in listed.engagements if each.period in row.period]
            yield from _of_count(row, len({each.project_id for each in told}))
        case kind:
            found = listed.activities.get(kind, {})
            yield from _of_count(row, sum(n for period, n in found.items() if period in row.period))


def _of_count(row: Row, number: int) -> Iterator[Claim]:
    if row.value is not None:
        check = record_checks.check_list(
            claim=partial(claim_text, row),
            stated=row.value,
            qualifier=row.qualifier,
            listed=number,
            unit=row.metric.unit,
        )
        yield claim(check, row, year=row.period.year)


def _of_incidents_mean(row: Row, incidents: Sequence[Incident]) -> Claim:
    found = [each for each in incidents if each.period in row.period]
    check = record_checks.check_mean_duration(
        claim=partial(claim_text, row),
        stated=row.value,
        qualifier=row.qualifier,
        durations=[_duration(each) for each in found],
    )
    return claim(check, row, *found, year=row.period.year)


def _duration(incident: Incident) -> Decimal | None:
    """In minutes: as stated, else from start to end."""
    return incident.elapsed if incident.stated_duration is None else incident.stated_duration


def _of_durations(row: Row, engagements: Sequence[Engagement]) -> Iterator[Claim]:
    """A mean length of projects, and the longest and shortest, against the stated durations of their stints."""
    unit, year = row.metric.unit, row.period.year
    told = [
        each
        for each in engagements
        if each.period in row.period
        and each.stated_duration is not None
        and each.stated_duration_unit == unit
    ]
    listed = [each.stated_duration for each in told if each.stated_duration is not None]
    if not listed:
        return
    if row.value is not None:
        check = record_checks.check_listed_mean(
            claim=partial(claim_text, row),
            stated=row.value,
            qualifier=row.qualifier,
            listed=listed,
            unit=unit,
        )
        yield claim(check, row, *told, year=year)
    for is_largest, stated in ((True, row.maximum), (False, row.minimum)):
        if stated is not None:
            check = record_checks.check_listed_extreme(
                claim=partial(claim_text, row), stated=stated, listed=listed, is_largest=is_largest, unit=unit
            )
            yield claim(check, row, *told, year=year, detail="largest" if is_largest else "smallest")
