"""The claims measurements make: which figure is held against which others.

Here records become values for the rules of metrics/checks.py and its neighbours. No query: everything an owner's
measurements are held against is handed in. Counts of listed records are in metrics/listing_claims.py, figures that
repeat a part of another metric's in metrics/derived_claims.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from metrics import checks, period_checks, record_checks
from metrics.aggregation import Aggregation, fold, parts_of
from metrics.checks import Check
from metrics.models import Measurement, Mention, Metric
from metrics.references import References
from metrics.rows import Row, Subject, name_of
from metrics.units import Unit, format_value, qualified
from records.periods import Period, Precision

# What a rate per month or quarter is divided by.
_RATES = {Unit.PER_MONTH: Precision.MONTH, Unit.PER_QUARTER: Precision.QUARTER}
_PERCENT, _HALF, _ZERO = Unit.PERCENT.value, Precision.HALF, Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """The shares of a whole as the database knows them, unread (metrics/unread.py), and what they refer to.

    `agrees`: they make up their whole exactly; if not, nothing can be said of them. `has_project`: a share of the
    project asked for is among them.
    """

    agrees: bool
    has_project: bool
    references: References


class Claim(NamedTuple):
    """A check with the record that makes the claim and the records it was computed from.

    `detail` tells the claims of one kind apart that one record makes. Of `Unread` parts no formula is written.
    """

    check: Check
    subject: Subject
    parts: tuple[Subject, ...] | Unread
    year: int
    detail: str = ""

    @property
    def key(self) -> str:
        """By kind, record and detail: `restated:measurement/commits/2024`, for as long as the record keeps its key."""
        subject, detail = self.subject, f"#{self.detail}" if self.detail else ""
        name = "/".join([str(each) for each in subject.key if each is not None])
        return f"{self.check.kind.value}:{name_of(subject)}/{name}{detail}"


def claim(check: Check, subject: Subject, *parts: Subject, year: int, detail: str = "") -> Claim:
    return Claim(check, subject, parts, year, detail)


def claim_text(row: Row) -> str:
    """The claim as a sentence fragment: `Commits, K-water, 2024-Q3: 32`."""
    where = f", {row.project}" if row.project is not None else ""
    value = row.as_stated or qualified(format_value(row.value, row.metric.unit), row.qualifier)
    return f"{row.metric}{where}, {row.period}: {value}"


def claims_of_year(
    rows: Sequence[Row],
    *,
    before: Sequence[Row],
    mentions: Mapping[int, Sequence[Mention]],
    unread: Mapping[tuple[int, Period], Unread],
) -> Iterator[Claim]:
    """Of all measurements of one metric in one year; `before` are those of the year before.

    `mentions` by measurement: the same figures in other places. `unread`: by metric and period, where not all of the
    shares are among the rows.
    """
    metric = rows[0].metric
    placed: dict[tuple[Period, int | None], Row] = {}
    if any(row.stated_change is not None for row in rows):
        placed = {(row.period, row.project_id): row for row in (*before, *rows)}
    shares = _shares(rows)
    for row in rows:
        if row.value is not None:
            if row.numerator is not None and (found := _of_own_parts(row)) is not None:
                yield found
            if row.minimum is not None and row.maximum is not None:
                yield from _of_range(row)
            if row.pk in mentions or "," in row.source_lines:
                yield from _of_other_places(row, mentions.get(row.pk, ()))
        if row.stated_change is not None:
            yield _of_step(row, placed.get((_period_before(row.period), row.project_id)))
        if row.project_id is None and (row.value is not None or row.denominator is not None):
            parts = unread.get((row.metric_id, row.period)) or shares.get(row.period)
            if parts:
                yield claim_of_shares(row, parts)
    if metric.aggregation != Aggregation.NONE:
        yield from _of_whole(rows)
    if any(each.denominator is not None for group in shares.values() for each in group):
        yield from _of_open_work(rows)


def _shares(rows: Iterable[Row]) -> dict[Period, list[Row]]:
    """The measurements of single projects by their period."""
    shares: dict[Period, list[Row]] = defaultdict(list)
    period: Period | None = None
    of_period: list[Row] = []
    for row in rows:
        if row.project_id is not None:
            # Rows come by period: most follow one of the same.
            if row.period is not period:
                period = row.period
                of_period = shares[period]
            of_period.append(row)
    return shares


def unrounded(row: Row | Measurement) -> Decimal | None:
    """What the row's own parts give; None without parts, or where they have units of their own."""
    if row.numerator is None or not row.denominator or row.metric.numerator_unit:
        return None
    return row.numerator / row.denominator * (100 if row.metric.unit == _PERCENT else 1)


def _of_own_parts(row: Row) -> Claim | None:
    assert row.value is not None  # noqa: S101
    assert row.numerator is not None  # noqa: S101
    metric = row.metric
    if row.denominator is not None:
        check = checks.check_ratio(
            claim=partial(claim_text, row),
            value=row.value,
            qualifier=row.qualifier,
            numerator=row.numerator,
            denominator=row.denominator,
            unit=metric.unit,
            numerator_unit=metric.numerator_unit,
            denominator_unit=metric.denominator_unit,
        )
    elif metric.unit in _RATES:
        periods = sum(1 for _ in row.period.split(_RATES[Unit(metric.unit)]))
        if not periods:
            return None
        check = checks.check_rate(
            claim=partial(claim_text, row),
            value=row.value,
            qualifier=row.qualifier,
            total=row.numerator,
            periods=periods,
            unit=metric.unit,
        )
    else:
        return None
    return Claim(check, row, (), row.period.year)


def _of_range(row: Row) -> Iterator[Claim]:
    cases = row.denominator if row.denominator is not None else row.sample_size
    if cases and row.value is not None and row.minimum is not None and row.maximum is not None:
        check = checks.check_range(
            claim=partial(claim_text, row),
            mean=row.value,
            cases=Decimal(cases),
            total=row.numerator,
            low=row.minimum,
            high=row.maximum,
            unit=row.metric.unit,
        )
        yield claim(check, row, year=row.period.year, detail="range")


def _of_step(row: Row, previous: Row | None) -> Claim:
    assert row.stated_change is not None  # noqa: S101
    exact = (unrounded(previous) if previous is not None else None, unrounded(row))
    check = period_checks.check_step(
        claim=partial(_step_text, row),
        stated_change=row.stated_change,
        change_unit=row.stated_change_unit,
        before=previous.value if previous is not None else None,
        after=row.value,
        unrounded=(exact[0], exact[1]) if exact[0] is not None and exact[1] is not None else None,
    )
    return claim(check, row, *([previous] if previous is not None else []), year=row.period.year)


def _step_text(row: Row) -> str:
    return f"{claim_text(row)} ({format_value(row.stated_change, row.stated_change_unit, signed=True)})"


def _period_before(period: Period) -> Period:
    """The period of the same length just before: 2024-Q1 → 2023-Q4."""
    if period.precision is Precision.YEAR:
        return Period(period.year - 1)
    siblings = [
        *Period(period.year - 1).split(period.precision),
        *Period(period.year).split(period.precision),
    ]
    return siblings[siblings.index(period) - 1]


def _of_other_places(row: Row, mentions: Sequence[Mention]) -> Iterator[Claim]:
    assert row.value is not None  # noqa: S101
    if "," in row.source_lines:
        check = record_checks.check_same_figure(
            claim=partial(claim_text, row), stated=row.value, unit=row.metric.unit, lines=row.source_lines
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


def adds_up(metric: Metric) -> bool:
    """Whether its projects make up the whole: counts do, of a period or of a moment; rates, means and speeds do not."""
    counts = metric.unit in (Unit.COUNT, Unit.PEOPLE)
    return metric.aggregation == Aggregation.SUM or (metric.aggregation == Aggregation.LAST and counts)


def claim_of_shares(row: Row, shares: Sequence[Row] | Unread) -> Claim:
    """Of the figure of all projects together."""
    metric = row.metric
    if isinstance(shares, Unread):
        check = checks.check_summed(
            claim=partial(claim_text, row), stated=row.value, agrees=shares.agrees, unit=metric.unit
        )
        return Claim(check, row, shares, row.period.year)
    check = checks.check_breakdown(
        claim=partial(claim_text, row),
        total=row,
        qualifier=row.qualifier,
        shares=shares,
        unit=metric.unit,
        adds_up=adds_up(metric),
    )
    return Claim(check, row, tuple(shares), row.period.year)


def _of_whole(rows: Sequence[Row]) -> Iterator[Claim]:
    """Stated figures of a whole year (or half) against shorter periods: of all projects, and of each."""
    wholes = [row for row in rows if row.period.precision >= _HALF and row.value is not None]
    if not wholes:
        return
    groups: dict[int | None, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.project_id].append(row)
    for row in wholes:
        group = groups[row.project_id]
        if len(group) > 1 and (found := _of_one_whole(row, group)) is not None:
            yield found


def _of_one_whole(row: Row, group: Sequence[Row]) -> Claim | None:
    """`group`: the measurements of the row's metric and project in its year."""
    metric = row.metric
    used = parts_of(row.period, group)
    if not used:
        return None
    check = period_checks.check_year(
        claim=partial(claim_text, row),
        stated=row.value or _ZERO,
        qualifier=row.qualifier,
        folded=fold(aggregation=metric.aggregation, parts=used, is_percentage=metric.unit == _PERCENT),
        values=[part.value for part in used],
        aggregation=metric.aggregation,
        unit=metric.unit,
        is_complete=partial(_cover, used, row.period),
        unrounded=partial(_unrounded_mean, used),
    )
    return Claim(check, row, used, row.period.year)


def _cover(parts: Sequence[Row], period: Period) -> bool:
    return len(parts) == sum(1 for _ in period.split(parts[0].period.precision))


def _unrounded_mean(rows: Sequence[Row]) -> Decimal | None:
    values = [value for row in rows if (value := unrounded(row)) is not None]
    if rows[0].metric.aggregation != Aggregation.MEAN or len(values) < len(rows):
        return None
    return sum(values, Decimal(0)) / len(values)


def _of_open_work(rows: Sequence[Row]) -> Iterator[Claim]:
    """Projects that vanish with open work, and parts that look like running totals."""
    metric, year = rows[0].metric, rows[0].period.year
    totals = {row.period: row for row in rows if row.project_id is None}
    by_quarter: dict[int, dict[int, Row]] = defaultdict(dict)
    for row in rows:
        if row.project_id is not None and row.period.precision is Precision.QUARTER:
            by_quarter[row.period.number][row.project_id] = row
    series: dict[int, list[Row]] = defaultdict(list)
    quarters = sorted(by_quarter)
    for quarter in quarters:
        for project_id, row in by_quarter[quarter].items():
            if row.denominator is not None:
                series[project_id].append(row)
    for earlier, later in pairwise(quarters):
        total, there = totals.get(Period(year, Precision.QUARTER, later)), by_quarter[later]
        if total is None or total.denominator is None:
            continue
        dropped = [
            row
            for project_id, row in by_quarter[earlier].items()
            if project_id not in there
            and row.denominator is not None
            and (row.numerator or 0) < row.denominator
        ]
        if dropped:
            check = period_checks.check_dropped(
                claim=partial(claim_text, total), total=total, dropped=dropped, unit=metric.unit
            )
            yield claim(check, total, *dropped, year=year)
    running = period_checks.check_running_totals(
        claim=lambda: f"{metric}, {year}", series=list(series.values()), unit=metric.unit
    )
    if running is not None:
        inputs = [row for each in series.values() for row in each]
        first = min(inputs, key=lambda row: (row.period, row.project_id or 0))
        subject = totals.get(Period(year), first)
        yield claim(running, subject, *inputs, year=year, detail="running")
