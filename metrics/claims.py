"""The claims measurements make: which figure is held against which others.

Here records become values for the rules of metrics/checks.py and its neighbours. No query: everything an owner's
measurements are held against is handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from metrics import checks, period_checks, record_checks
from metrics.aggregation import Aggregation
from metrics.checks import Check, Share
from metrics.figures import Figure, figure_of
from metrics.models import Derivation, Incident, Measurement, Mention
from metrics.units import Unit, format_value, plain, qualified
from projects.models import Engagement
from records.models import Record
from records.periods import Period, Precision

# What a rate per month or quarter is divided by.
_RATES = {Unit.PER_MONTH: Precision.MONTH, Unit.PER_QUARTER: Precision.QUARTER}
_CALENDAR = (Unit.DAY, Unit.WEEK, Unit.MONTH)


class Claim(NamedTuple):
    """A check with its lasting key, the record that makes the claim, and the records it was computed from."""

    key: str
    check: Check
    record: Record
    inputs: Sequence[Record]
    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """What measurements are held against besides each other. `activities`: how many of a kind per period."""

    mentions: Mapping[int, Sequence[Mention]]
    incidents: Sequence[Incident]
    engagements: Sequence[Engagement]
    activities: Mapping[str, Mapping[Period, int]]


def claim(check: Check, record: Record, *inputs: Record, year: int, detail: str = "") -> Claim:
    """Named by kind, record and detail: `restated:measurement/commits/2024`, for as long as it keeps its key."""
    name = "/".join(str(each) for each in record.key if each is not None)
    key = f"{check.kind}:{record._meta.model_name}/{name}" + (f"#{detail}" if detail else "")
    return Claim(key, check, record, inputs, year)


def claim_text(row: Measurement) -> str:
    """The claim as a sentence fragment: `Commits, K-water, 2024-Q3: 32`."""
    where = f", {row.project}" if row.project is not None else ""
    value = row.as_stated or qualified(format_value(row.value, row.metric.unit), row.qualifier)
    return f"{row.metric}{where}, {row.period}: {value}"


def claims_of_year(
    rows: Sequence[Measurement], *, before: Sequence[Measurement], witnesses: Witnesses
) -> Iterator[Claim]:
    """Of all measurements of one metric in one year; `before` are those of the year before."""
    metric = rows[0].metric
    placed = {(row.period, row.project_id): row for row in (*before, *rows)}
    shares: dict[Period, list[Measurement]] = defaultdict(list)
    for row in rows:
        if row.project_id is not None:
            shares[row.period].append(row)
    has_parts = any(row.period.precision < Precision.YEAR for row in rows)
    for row in rows:
        yield from _of_own_parts(row)
        if row.stated_change is not None:
            yield _of_step(row, placed.get((_period_before(row.period), row.project_id)))
        yield from _of_other_places(row, witnesses.mentions.get(row.pk, ()))
        is_total = row.project_id is None and (row.value is not None or row.denominator is not None)
        if is_total and row.period in shares:
            yield _of_breakdown(row, shares[row.period])
        if metric.counts and row.project_id is None:
            yield from _of_listing(row, witnesses, has_parts=has_parts)
    if metric.aggregation != Aggregation.NONE:
        yield from _of_whole(rows)
    if any(each.denominator is not None for group in shares.values() for each in group):
        yield from _of_open_work(rows)


def unrounded(row: Measurement) -> Decimal | None:
    """What the row's own parts give; None without parts, or where they have units of their own."""
    if row.numerator is None or not row.denominator or row.metric.numerator_unit:
        return None
    return row.numerator / row.denominator * (100 if row.metric.unit == Unit.PERCENT else 1)


def _of_own_parts(row: Measurement) -> Iterator[Claim]:
    if row.value is None:
        return
    metric, year = row.metric, row.period.year
    if row.numerator is not None and row.denominator is not None:
        check = checks.check_ratio(
            claim=claim_text(row),
            value=row.value,
            qualifier=row.qualifier,
            numerator=row.numerator,
            denominator=row.denominator,
            unit=metric.unit,
            numerator_unit=metric.numerator_unit,
            denominator_unit=metric.denominator_unit,
        )
        yield claim(check, row, year=year)
    elif row.numerator is not None and metric.unit in _RATES:
        periods = sum(1 for _ in row.period.split(_RATES[Unit(metric.unit)]))
        if periods:
            check = checks.check_rate(
                claim=claim_text(row),
                value=row.value,
                qualifier=row.qualifier,
                total=row.numerator,
                periods=periods,
                unit=metric.unit,
            )
            yield claim(check, row, year=year)
    cases = row.denominator if row.denominator is not None else row.sample_size
    if cases and row.minimum is not None and row.maximum is not None:
        check = checks.check_range(
            claim=claim_text(row),
            mean=row.value,
            cases=Decimal(cases),
            total=row.numerator,
            low=row.minimum,
            high=row.maximum,
            unit=metric.unit,
        )
        yield claim(check, row, year=year, detail="range")


def _of_step(row: Measurement, previous: Measurement | None) -> Claim:
    assert row.stated_change is not None  # noqa: S101
    change = format_value(row.stated_change, row.stated_change_unit, signed=True)
    exact = (unrounded(previous) if previous is not None else None, unrounded(row))
    check = period_checks.check_step(
        claim=f"{claim_text(row)} ({change})",
        stated_change=row.stated_change,
        change_unit=row.stated_change_unit,
        before=previous.value if previous is not None else None,
        after=row.value,
        unrounded=(exact[0], exact[1]) if exact[0] is not None and exact[1] is not None else None,
    )
    return claim(check, row, *([previous] if previous is not None else []), year=row.period.year)


def _period_before(period: Period) -> Period:
    """The period of the same length just before: 2024-Q1 → 2023-Q4."""
    if period.precision is Precision.YEAR:
        return Period(period.year - 1)
    siblings = [
        *Period(period.year - 1).split(period.precision),
        *Period(period.year).split(period.precision),
    ]
    return siblings[siblings.index(period) - 1]


def _of_other_places(row: Measurement, mentions: Sequence[Mention]) -> Iterator[Claim]:
    if row.value is None:
        return
    if "," in row.source_lines:
        check = record_checks.check_same_figure(
            claim=claim_text(row), stated=row.value, unit=row.metric.unit, lines=row.source_lines
        )
        yield claim(check, row, year=row.period.year)
    for mention in mentions:
        if mention.value is not None:
            check = record_checks.check_mention(
                claim=f"{claim_text(row)} ↔ {mention.as_stated}",
                stated=row.value,
                qualifier=row.qualifier,
                elsewhere=mention.value,
                elsewhere_qualifier=mention.qualifier,
                unit=row.metric.unit,
            )
            yield claim(check, mention, row, year=row.period.year)


def _share(row: Measurement) -> Share:
    return Share(
        label=str(row.project or row.period),
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
    )


def _of_breakdown(row: Measurement, shares: Sequence[Measurement]) -> Claim:
    metric = row.metric
    check = checks.check_breakdown(
        claim=claim_text(row),
        total=_share(row),
        qualifier=row.qualifier,
        shares=[_share(each) for each in shares],
        unit=metric.unit,
        # Counts do, whether of a period or of a moment; rates, means and speeds do not.
        adds_up=metric.aggregation == Aggregation.SUM
        or (metric.aggregation == Aggregation.LAST and metric.unit in (Unit.COUNT, Unit.PEOPLE)),
    )
    return claim(check, row, *shares, year=row.period.year)


def _of_listing(row: Measurement, witnesses: Witnesses, *, has_parts: bool) -> Iterator[Claim]:
    """A figure against the records its metric counts. What was itself counted from the list claims nothing."""
    if not row.as_stated:
        return
    match row.metric.counts:
        case "incident":
            # With quarters, a year is the mean of them: held against those.
            if row.period.precision is not Precision.YEAR or not has_parts:
                yield _of_incidents_mean(row, witnesses.incidents)
        case "project" if row.metric.unit in _CALENDAR:
            yield from _of_durations(row, witnesses.engagements)
        case "project":
            told = [each for each in witnesses.engagements if each.period in row.period]
            yield from _of_count(row, len({each.project_id for each in told}))
        case kind:
            found = witnesses.activities.get(kind, {})
            yield from _of_count(row, sum(n for period, n in found.items() if period in row.period))


def _of_count(row: Measurement, listed: int) -> Iterator[Claim]:
    if row.value is not None:
        check = record_checks.check_list(
            claim=claim_text(row),
            stated=row.value,
            qualifier=row.qualifier,
            listed=listed,
            unit=row.metric.unit,
        )
        yield claim(check, row, year=row.period.year)


def _of_incidents_mean(row: Measurement, incidents: Sequence[Incident]) -> Claim:
    found = [each for each in incidents if each.period in row.period]
    check = record_checks.check_mean_duration(
        claim=claim_text(row),
        stated=row.value,
        qualifier=row.qualifier,
        durations=[_duration(each) for each in found],
    )
    return claim(check, row, *found, year=row.period.year)


def _duration(incident: Incident) -> Decimal | None:
    """In minutes: as stated, else from start to end."""
    if incident.stated_duration is not None or incident.started_at is None or incident.resolved_at is None:
        return incident.stated_duration
    return Decimal((incident.resolved_at - incident.started_at).total_seconds()) / 60


def _of_durations(row: Measurement, engagements: Sequence[Engagement]) -> Iterator[Claim]:
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
            claim=claim_text(row), stated=row.value, qualifier=row.qualifier, listed=listed, unit=unit
        )
        yield claim(check, row, *told, year=year)
    for is_largest, stated in ((True, row.maximum), (False, row.minimum)):
        if stated is not None:
            check = record_checks.check_listed_extreme(
                claim=claim_text(row), stated=stated, listed=listed, is_largest=is_largest, unit=unit
            )
            yield claim(check, row, *told, year=year, detail="largest" if is_largest else "smallest")


def _of_whole(rows: Sequence[Measurement]) -> Iterator[Claim]:
    """Stated figures of a whole year (or half) against shorter periods: of all projects, and of each."""
    groups: dict[int | None, list[Measurement]] = defaultdict(list)
    for row in rows:
        groups[row.project_id].append(row)
    for group in groups.values():
        for row in group:
            if row.value is None or row.period.precision < Precision.HALF or len(group) == 1:
                continue
            figure = figure_of(metric=row.metric, period=row.period, measurements=group)
            if not figure.parts:
                continue
            check = period_checks.check_year(
                claim=claim_text(row),
                stated=row.value,
                qualifier=row.qualifier,
                folded=figure.folded,
                values=[part.value for part in figure.parts],
                aggregation=row.metric.aggregation,
                unit=row.metric.unit,
                is_complete=figure.is_complete,
                unrounded=_unrounded_mean(figure),
            )
            yield claim(check, row, *figure.parts, year=row.period.year)


def _unrounded_mean(figure: Figure) -> Decimal | None:
    values = [value for part in figure.parts if (value := unrounded(part)) is not None]
    if figure.metric.aggregation != Aggregation.MEAN or len(values) < len(figure.parts):
        return None
    return sum(values, Decimal(0)) / len(values)


def _of_open_work(rows: Sequence[Measurement]) -> Iterator[Claim]:
    """Projects that vanish with open work, and parts that look like running totals."""
    metric, year = rows[0].metric, rows[0].period.year
    totals = {row.period: row for row in rows if row.project_id is None}
    by_period: dict[Period, dict[int, Measurement]] = defaultdict(dict)
    series: dict[int, list[Measurement]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.period):
        if row.project_id is not None and row.period.precision is Precision.QUARTER:
            by_period[row.period][row.project_id] = row
            if row.denominator is not None:
                series[row.project_id].append(row)
    for earlier, later in pairwise(sorted(by_period)):
        total = totals.get(later)
        dropped = [
            row
            for project_id, row in by_period[earlier].items()
            if project_id not in by_period[later]
            and row.denominator is not None
            and (row.numerator or 0) < row.denominator
        ]
        if total is not None and total.denominator is not None and dropped:
            check = period_checks.check_dropped(
                claim=claim_text(total),
                total=_share(total),
                dropped=[_share(row) for row in dropped],
                unit=metric.unit,
            )
            yield claim(check, total, *dropped, year=year)
    running = period_checks.check_running_totals(
        claim=f"{metric}, {year}",
        series=[[_share(row) for row in each] for each in series.values()],
        unit=metric.unit,
    )
    if running is not None:
        subject = totals.get(Period(year), rows[0])
        inputs = [row for each in series.values() for row in each]
        yield claim(running, subject, *inputs, year=year, detail="running")


@dataclass(frozen=True, slots=True)
class _Repeated:
    """A part of another metric's figures, with the records it was read from."""

    value: Decimal
    formula: str
    rows: tuple[Measurement, ...]


def claims_of_derived(
    derived: Sequence[Measurement], origins: Mapping[tuple[int, Period], Sequence[Measurement]]
) -> Iterator[Claim]:
    """Figures that repeat a part of another metric's: of the same period, or added up over shorter ones."""
    own: dict[tuple[int, Period], list[Measurement]] = defaultdict(list)
    for row in derived:
        own[row.metric_id, row.period].append(row)
    for row in derived:
        if row.value is None:
            continue
        origin = row.metric.derived_from_id
        assert origin is not None  # noqa: S101
        found = _repeated(row, origins.get((origin, row.period), ()))
        is_complete = True
        if found is None and row.metric.aggregation == Aggregation.SUM:
            found, is_complete = _added_up(row, origins=origins, own=own)
        if found is not None:
            check = record_checks.check_derived(
                claim=claim_text(row),
                stated=row.value,
                qualifier=row.qualifier,
                part=found.value,
                formula=f"{row.metric.derived_from}: {found.formula}",
                unit=row.metric.unit,
                is_complete=is_complete,
            )
            yield claim(check, row, *found.rows, year=row.period.year, detail="derived")


def _repeated(row: Measurement, origins: Sequence[Measurement]) -> _Repeated | None:
    """The part `row` repeats, from the origin's figure of its project; of all projects, else from each of them."""
    same = [each for each in origins if each.denominator is not None and each.project_id == row.project_id]
    if row.project_id is None and not same:
        same = [each for each in origins if each.denominator is not None]
    if not same:
        return None
    numerator = sum((each.numerator or Decimal(0) for each in same), Decimal(0))
    denominator = sum((each.denominator or Decimal(0) for each in same), Decimal(0))
    match row.metric.derivation:
        case Derivation.NUMERATOR:
            return _Repeated(numerator, plain(numerator), tuple(same))
        case Derivation.DENOMINATOR:
            return _Repeated(denominator, plain(denominator), tuple(same))
        case _:
            rest = denominator - numerator
            return _Repeated(rest, f"{plain(denominator)} − {plain(numerator)} = {plain(rest)}", tuple(same))


def _added_up(
    row: Measurement,
    *,
    origins: Mapping[tuple[int, Period], Sequence[Measurement]],
    own: Mapping[tuple[int, Period], Sequence[Measurement]],
) -> tuple[_Repeated | None, bool]:
    """Over the quarters (or months) the origin was measured in, and whether all are known.

    Where the origin is silent, the metric's own figures of that quarter stand in.
    """
    origin = row.metric.derived_from_id
    assert origin is not None  # noqa: S101
    for precision in (Precision.HALF, Precision.QUARTER, Precision.MONTH):
        periods = [period for period in row.period.split(precision) if period != row.period]
        parts = {period: _repeated(row, origins.get((origin, period), ())) for period in periods}
        if any(parts.values()):
            break
    else:
        return None, False
    values: list[Decimal] = []
    used: list[Measurement] = []
    for period, part in parts.items():
        if part is not None:
            values.append(part.value)
            used += part.rows
            continue
        stated = [each for each in own.get((row.metric_id, period), ()) if each.value is not None]
        totals = [each for each in stated if each.project_id == row.project_id]
        stand_in = totals or (stated if row.project_id is None else [])
        if stand_in:
            values.append(sum((each.value for each in stand_in if each.value is not None), Decimal(0)))
            used += stand_in
    total = sum(values, Decimal(0))
    formula = f"{' + '.join(plain(value) for value in values)} = {plain(total)}"
    return _Repeated(total, formula, tuple(used)), len(values) == len(periods)
