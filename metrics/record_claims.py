"""The claims of incidents, changes, activities and stints of work.

The same contract as metrics/claims.py: records in, no query.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _t

from metrics import checks, period_checks, record_checks
from metrics.checks import CheckKind
from metrics.claims import Claim, claim, unrounded
from metrics.models import Change, Incident, Metric
from metrics.rows import Row
from metrics.units import Unit, format_value, plain
from projects.models import Achievement, Activity, Engagement
from records.periods import Period, Precision

# A status that calls the work done, in the words of either language; not "incomplete", "미완료" or "완료 예정".
_COMPLETE = re.compile(
    r"(?<!in)(?<!not )(?<!to be )complete|(?<!미)완료(?!\s*(?:예정|되지|못))", re.IGNORECASE
)
# Hours and nothing finer: 18h 55m is written to the minute.
_IN_HOURS = re.compile(r"~?\d+(\.\d+)?\s*h(?!(ours?|rs?)?\s*\d).*")


def claims_of_incident(incident: Incident) -> Iterator[Claim]:
    year = incident.period.year
    started_at, resolved_at = incident.started_at_local, incident.resolved_at_local
    if started_at is None:
        return
    if resolved_at is not None and incident.stated_duration is not None:
        check = record_checks.check_duration(
            claim=f"{incident}: {incident.as_stated}",
            stated=incident.stated_duration,
            in_hours=bool(_IN_HOURS.fullmatch(incident.as_stated)),
            started_at=started_at,
            resolved_at=resolved_at,
        )
        yield claim(check, incident, year=year)
    check = record_checks.check_filing(
        claim=f"{incident}: {incident.period}", filed=incident.period, started_at=started_at
    )
    yield claim(check, incident, year=year, detail="filed")


def claims_of_activity(activity: Activity) -> Iterator[Claim]:
    if activity.count is not None and activity.hours_each is not None and activity.hours is not None:
        check = checks.check_product(
            claim=f"{activity}: {format_value(activity.hours, Unit.HOUR)}",
            stated=activity.hours,
            times=Decimal(activity.count),
            each=activity.hours_each,
            unit=Unit.HOUR,
        )
        yield claim(check, activity, year=activity.period.year)


def claims_of_change(change: Change, measured: Sequence[Row]) -> Iterator[Claim]:
    """`measured`: the figures of the change's metric, of all projects and periods."""
    mine = _one_per_period(measured, change.project_id) if change.metric is not None else []
    if change.stated_change is not None:
        check = period_checks.check_step(
            claim=f"{change}: {change.as_stated or plain(change.stated_change)}",
            stated_change=change.stated_change,
            change_unit=change.stated_change_unit,
            before=change.before,
            after=change.after,
            kind=CheckKind.CHANGE,
            qualifier=change.qualifier,
        )
        ends = {(change.from_period, change.before), (change.to_period, change.after)}
        same = [row for row in mine if row.value is not None and (row.period, row.value) in ends]
        yield claim(check, change, *same, year=change.to_period.year)
    if change.metric is not None:
        yield from _of_ends(change, mine, unit=change.metric.unit)
        if change.is_steady:
            yield _of_steady(change, mine, metric=change.metric)


def _one_per_period(rows: Sequence[Row], project_id: int | None) -> list[Row]:
    """In order: the figures of the project; of all together, or of the only project measured in that period."""
    by_period: dict[Period, list[Row]] = defaultdict(list)
    for row in rows:
        if project_id in (None, row.project_id):
            by_period[row.period].append(row)
    chosen = []
    for period in sorted(by_period):
        found = by_period[period]
        whole = [row for row in found if row.project_id is None]
        chosen += whole or (found if len(found) == 1 else [])
    return chosen


def _of_ends(change: Change, measured: Sequence[Row], *, unit: str) -> Iterator[Claim]:
    """Both ends of a change of a metric against the metric's figures of those periods."""
    ends = (
        ("from", _t("before"), change.before, change.from_period),
        ("to", _t("after"), change.after, change.to_period),
    )
    for detail, name, value, period in ends:
        if value is None or period is None or change.unit != unit:
            continue
        inside = [row for row in measured if row.period in period]
        candidates = [(str(row.period), reading) for row in inside for reading in _readings(row)]
        if candidates:
            check = period_checks.check_endpoint(
                claim=f"{change}, {name}: {format_value(value, change.unit)}",
                stated=value,
                candidates=candidates,
                unit=change.unit,
            )
            yield claim(check, change, *inside, year=change.to_period.year, detail=detail)


def _readings(row: Row) -> Iterator[Decimal]:
    """The figure as stated, else as its parts give it."""
    value = row.value if row.value is not None else unrounded(row)
    if value is not None:
        yield value


def _of_steady(change: Change, measured: Sequence[Row], *, metric: Metric) -> Claim:
    """Every step from the first period to the last, in the longest periods that divide the span."""
    first = (change.from_period or Period(change.to_period.year)).first_day
    inside = [
        row
        for row in measured
        if first <= row.period.first_day and row.period.last_day <= change.to_period.last_day
    ]
    by_precision: dict[Precision, list[Row]] = defaultdict(list)
    for row in inside:
        by_precision[row.period.precision].append(row)
    longest = max((size for size, rows in by_precision.items() if len(rows) > 1), default=Precision.QUARTER)
    steps = by_precision[longest]
    check = period_checks.check_steady(
        claim=f"{change}: {change.as_stated}",
        values=[(row.period, reading) for row in steps for reading in _readings(row)],
        direction=metric.direction,
        unit=metric.unit,
    )
    return claim(check, change, *steps, year=change.to_period.year, detail="steady")


def claims_of_engagements(
    engagements: Sequence[Engagement], *, earliest: Mapping[int, Achievement]
) -> Iterator[Claim]:
    """`earliest`: of the achievements of a stint the one told to be first, by the stint's id."""
    told: dict[int, list[Engagement]] = defaultdict(list)
    for engagement in engagements:
        told[engagement.project_id].append(engagement)
    last_year = max((each.period.year for each in engagements), default=0)
    for engagement in engagements:
        later = [each for each in told[engagement.project_id] if each.period.year > engagement.period.year]
        yield from _of_dates(engagement, earliest.get(engagement.pk))
        yield from _of_status(engagement, later, is_last=engagement.period.year == last_year)
        if engagement.contribution is not None and engagement.team_size:
            check = record_checks.check_equal_share(
                claim=f"{engagement}: {format_value(engagement.contribution, Unit.PERCENT)}",
                stated=engagement.contribution,
                people=engagement.team_size,
            )
            yield claim(check, engagement, year=engagement.period.year)


def _of_dates(engagement: Engagement, work: Achievement | None) -> Iterator[Claim]:
    starts_on, ends_on, year = engagement.starts_on, engagement.ends_on, engagement.period.year
    if starts_on is None:
        return
    if engagement.stated_duration is not None and ends_on is not None:
        unit = engagement.stated_duration_unit
        length = f"{plain(engagement.stated_duration)} {engagement.get_stated_duration_unit_display()}"
        check = record_checks.check_span(
            claim=f"{engagement}: {length}",
            stated=engagement.stated_duration,
            unit=unit,
            starts_on=starts_on,
            ends_on=ends_on,
        )
        yield claim(check, engagement, year=year)
    # Work filed under the whole year says nothing about a start within it.
    if work is not None and (
        work.period.precision < Precision.YEAR or work.period.last_day < starts_on.first_day
    ):
        check = record_checks.check_begins_before(
            claim=f"{engagement}: {starts_on}", starts_on=starts_on, earliest=work.period, what=str(work)
        )
        yield claim(check, engagement, work, year=year, detail="begin")


def _of_status(engagement: Engagement, later: Sequence[Engagement], *, is_last: bool) -> Iterator[Claim]:
    """What a status promises. In the last year told nothing can come later, so only the dates speak."""
    told_in = Period(engagement.period.year)
    text = f"{engagement}: {engagement.status or _t('ongoing')}"
    names = [f"{each.name} ({each.period})" for each in later]
    ends_on = engagement.ends_on
    if _COMPLETE.search(engagement.status):
        if not is_last or (ends_on is not None and ends_on.last_day > told_in.last_day):
            check = record_checks.check_completion(claim=text, told_in=told_in, ends_on=ends_on, later=names)
            yield claim(check, engagement, *later, year=told_in.year)
    elif engagement.is_ongoing and not is_last:
        check = record_checks.check_ongoing(claim=text, told_in=told_in, later=names)
        yield claim(check, engagement, *later, year=told_in.year)
