"""Every check of an owner's records: which claims there are, what each is recomputed from, what was decided.

The rules are in metrics/checks.py; here records are read once, in a fixed number of queries, and streamed by
metric and year, so that fifty thousand measurements need no more memory than those of one metric's year.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Substr
from django.utils.translation import gettext as _t

from metrics import checks
from metrics.aggregation import Aggregation
from metrics.checks import SEVERITY, Agreement, Check, CheckKind, Share
from metrics.figures import figure_of
from metrics.models import Change, Derivation, Incident, Measurement, Mention, Metric, Settlement
from metrics.units import Qualifier, Unit, format_value, qualified
from projects.models import Achievement, Activity, Engagement
from records.models import Record
from records.periods import FIRST_YEAR, Period, Precision

_COMPLETE = re.compile(r"complete|완료", re.IGNORECASE)


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
        """Of the figures alone: the same in every language of the page."""
        check = self.check
        parts = [
            check.kind,
            check.verdict,
            check.unit,
            _neutral(check.stated),
            _neutral(check.computed),
        ]
        for record in (self.record, *self.inputs):
            parts += [record._meta.label, *(_neutral(fact) for fact in _facts(record))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def anchor(self) -> str:
        """Where it stands on the page of checks."""
        return f"check-{hashlib.sha256(self.key.encode()).hexdigest()[:12]}"

    @property
    def project_ids(self) -> frozenset[int]:
        """The projects of the record and of its inputs."""
        records = (self.record, *self.inputs)
        return frozenset(pk for each in records if (pk := getattr(each, "project_id", None)) is not None)


# What a fingerprint leaves out: bookkeeping, and where a figure stands.
_NO_FACTS = {"id", "owner", "note", "version", "created_at", "updated_at", "source", "source_lines"}


def _facts(record: Record) -> Iterator[object]:
    for field in record._meta.concrete_fields:
        if field.name not in _NO_FACTS:
            yield getattr(record, field.attname)


def _neutral(value: object) -> str:
    """`62` for 62 and 62.0000: a figure reads the same before and after it was stored."""
    return checks.plain(value) if isinstance(value, Decimal) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The figures a page shows: metrics, and changes by id. Asks only for claims of which one of these is a part."""

    metrics: tuple[Metric, ...]
    changes: frozenset[int]


def audit(*, years: Iterable[int] | None = None) -> Iterator[Finding]:
    """Every check of the owner in force, in no promised order; of some years only if `years` is given.

    Queries: settlements, measurements, mentions, incidents, changes, figures of changes' metrics, activity counts,
    project counts, engagements and first achievements: 10, whatever the number of records. Measurements are
    streamed by metric and year.
    """
    wanted = None if years is None else set(years)
    settlements = {each.check_key: each for each in Settlement.objects.all()}
    for claim in _claims(wanted):
        yield _finding(claim, settlements)


def open_contradictions(*, years: Iterable[int], within: Within) -> list[Finding]:
    """What contradicts and is not settled, as far as a figure of a page takes part in it.

    Queries: measurements, mentions and changes (3); incidents (1) or counts (2) if a metric counts such records;
    figures of the changes' metrics (1) if a change has one; settlements (1) if anything contradicts. Measurements are
    those of `years`; changes are asked for whatever their year.
    """
    claims = [claim for claim in _claims(set(years), within) if claim[1].verdict == Agreement.CONTRADICTS]
    if not claims:
        return []
    decided = Settlement.objects.filter(check_key__in=[claim[0] for claim in claims])
    settlements = {each.check_key: each for each in decided}
    findings = [_finding(claim, settlements) for claim in claims]
    return [each for each in findings if each.is_open_contradiction]


def _finding(claim: _Claim, settlements: dict[str, Settlement]) -> Finding:
    key, check, record, inputs, year = claim
    return Finding(
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


_Claim = tuple[str, Check, Record, Sequence[Record], int]


def _claims(years: set[int] | None, within: Within | None = None) -> Iterator[_Claim]:
    counted = None if within is None else {metric.counts for metric in within.metrics} - {""}
    incidents: list[Incident] = []
    if counted is None or "incident" in counted:
        rows_of_incidents = Incident.objects.select_related("project", "source").defer("source__body")
        incidents = list(_in_years(rows_of_incidents, "period", years))
    lists = _listed(years) if counted is None or counted - {"incident"} else {}
    measured = Measurement.objects.with_sources().defer("source__body")
    mentioned = Mention.objects.select_related("source").defer("source__body")
    if within is not None:
        ids = {metric.pk for metric in within.metrics}
        related = Q(metric__in=ids) | Q(metric__derived_from__in=ids)
        origins = {metric.derived_from_id for metric in within.metrics} - {None}
        measured = measured.filter(related | Q(metric__in=origins))
        mentioned = mentioned.filter(measurement__metric__in=ids)
    mentions = defaultdict(list)
    for mention in mentioned:
        mentions[mention.measurement_id].append(mention)
    parts: dict[tuple[int, Period, int | None], Measurement] = {}
    derived: list[Measurement] = []
    rows = _in_years(measured, "period", years, also=_ends_before(years)).order_by(
        "metric_id", "period", "project_id"
    )
    carried: list[Measurement] = []
    for (metric_id, year), group in groupby(
        rows.iterator(chunk_size=2000), key=lambda row: (row.metric_id, row.period.year)
    ):
        measurements = list(group)
        if years is not None and year not in years:
            carried = measurements  # of the year before: only for the steps of the first periods
            continue
        same_metric = (
            bool(carried) and carried[0].metric_id == metric_id and carried[0].period.year == year - 1
        )
        yield from _of_metric_year(
            measurements,
            before=carried if same_metric else [],
            incidents=incidents,
            lists=lists,
            mentions=mentions,
        )
        carried = measurements
        derived.extend(row for row in measurements if row.metric.derived_from_id is not None)
        if measurements[0].denominator is not None or any(
            row.denominator is not None for row in measurements
        ):
            parts.update({(row.metric_id, row.period, row.project_id): row for row in measurements})
    yield from _of_derived(derived, parts=parts)
    if within is None:
        yield from _of_incidents(incidents)
    yield from _of_changes(years, within)
    if within is None:
        yield from _of_engagements(years)


def _in_years(
    rows: QuerySet,  # type: ignore[type-arg]
    field: str,
    years: set[int] | None,
    *,
    also: Q | None = None,
) -> QuerySet:  # type: ignore[type-arg]
    if years is None:
        return rows
    wanted = Q() if also is None else also
    for year in years:
        wanted |= Q(**{f"{field}__in_year": year})
    return rows.filter(wanted)


def _ends_before(years: set[int] | None) -> Q:
    """The totals of the last periods before the years, which their first steps start from."""
    before = {
        text
        for year in years or ()
        if year - 1 >= FIRST_YEAR
        for text in (f"{year - 1}", f"{year - 1}-H2", f"{year - 1}-Q4", f"{year - 1}-12")
    }
    return Q(period__in=before, project__isnull=True)


def _key(kind: CheckKind, record: Record, detail: str = "") -> str:
    name = "/".join(str(part) for part in record.key if part is not None)
    return f"{kind}:{record._meta.model_name}/{name}" + (f"#{detail}" if detail else "")


def _claim_of(row: Measurement) -> str:
    """The claim as a sentence fragment: `Commits, K-water, 2024-Q3: 32`."""
    where = f", {row.project}" if row.project is not None else ""
    value = qualified(format_value(row.value, row.metric.unit), row.qualifier)
    return f"{row.metric}{where}, {row.period}: {row.as_stated or value}"


def _of_metric_year(
    rows: Sequence[Measurement],
    *,
    before: Sequence[Measurement],
    incidents: Sequence[Incident],
    lists: dict[tuple[str, Period], int],
    mentions: dict[int, list[Mention]],
) -> Iterator[_Claim]:
    metric = rows[0].metric
    year = rows[0].period.year
    totals = {row.period: row for row in (*before, *rows) if row.project_id is None}
    for row in rows:
        yield from _of_row(row, totals=totals, mentions=mentions.get(row.pk, ()))
        if row.project_id is None:
            shares = [each for each in rows if each.period == row.period and each.project_id is not None]
            if shares and row.value is not None:
                check = checks.check_breakdown(
                    claim=_claim_of(row),
                    total=_share(row),
                    qualifier=row.qualifier,
                    shares=[_share(each) for each in shares],
                    unit=metric.unit,
                )
                yield _key(check.kind, row), check, row, shares, year
            yield from _of_listing(row, incidents=incidents, lists=lists)
    if metric.aggregation != Aggregation.NONE:
        yield from _of_year(rows)
    if any(row.denominator is not None and row.project_id is not None for row in rows):
        yield from _of_open_work(rows)


def _of_row(
    row: Measurement, *, totals: dict[Period, Measurement], mentions: Sequence[Mention]
) -> Iterator[_Claim]:
    metric, claim, year = row.metric, _claim_of(row), row.period.year
    if row.value is not None and row.numerator is not None and row.denominator is not None:
        check = checks.check_ratio(
            claim=claim,
            value=row.value,
            qualifier=row.qualifier,
            numerator=row.numerator,
            denominator=row.denominator,
            unit=metric.unit,
            numerator_unit=metric.numerator_unit,
            denominator_unit=metric.denominator_unit,
        )
        yield _key(check.kind, row), check, row, (), year
    cases = row.denominator if row.denominator is not None else row.sample_size
    if None not in (row.value, cases, row.minimum, row.maximum):
        check = checks.check_range(
            claim=claim,
            mean=row.value,
            cases=Decimal(cases),
            total=row.numerator,
            low=row.minimum,
            high=row.maximum,
            unit=metric.unit,
        )
        yield _key(check.kind, row, "range"), check, row, (), year
    if row.stated_change is not None and row.project_id is None:
        previous = totals.get(_period_before(row.period))
        check = checks.check_step(
            claim=f"{claim} ({format_value(row.stated_change, row.stated_change_unit, signed=True)})",
            stated_change=row.stated_change,
            change_unit=row.stated_change_unit,
            before=previous.value if previous is not None else None,
            after=row.value,
        )
        yield _key(check.kind, row), check, row, (previous,) if previous is not None else (), year
    if row.value is not None and row.source_lines.count(",") and not mentions:
        check = checks.check_same_figure(
            claim=claim, stated=row.value, unit=metric.unit, lines=row.source_lines
        )
        yield _key(check.kind, row), check, row, (), year
    for mention in mentions:
        if row.value is not None and mention.value is not None:
            check = checks.check_mention(
                claim=f"{claim} ↔ {mention.as_stated}",
                stated=row.value,
                qualifier=row.qualifier,
                elsewhere=mention.value,
                elsewhere_qualifier=mention.qualifier,
                unit=metric.unit,
            )
            yield _key(check.kind, mention), check, mention, (row,), year


def _period_before(period: Period) -> Period:
    """The period of the same length just before: 2024-Q1 → 2023-Q4."""
    siblings = [
        *Period(period.year - 1).split(period.precision),
        *Period(period.year).split(period.precision),
    ]
    return siblings[siblings.index(period) - 1] if period in siblings else Period(period.year - 1)


def _share(row: Measurement) -> Share:
    return Share(
        label=str(row.project or row.period),
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
    )


def _of_listing(
    row: Measurement, *, incidents: Sequence[Incident], lists: dict[tuple[str, Period], int]
) -> Iterator[_Claim]:
    """A total against the records its metric counts. A value that was itself counted from the list claims nothing."""
    counted = row.metric.counts
    if not counted or (not row.as_stated and counted != "incident"):
        return
    if counted == "incident":
        found = [each for each in incidents if each.period in row.period]
        if row.period.precision is Precision.YEAR and row.value is not None:
            return  # the mean of a year is checked against its periods
        durations = [each.stated_duration for each in found if each.stated_duration is not None]
        check = checks.check_mean_duration(claim=_claim_of(row), stated=row.value, durations=durations)
        yield _key(check.kind, row), check, row, found, row.period.year
    elif row.value is not None:
        listed = sum(
            count for (kind, period), count in lists.items() if kind == counted and period in row.period
        )
        check = checks.check_list(
            claim=_claim_of(row),
            stated=row.value,
            qualifier=row.qualifier,
            listed=listed,
            unit=row.metric.unit,
        )
        yield _key(check.kind, row), check, row, (), row.period.year


def _listed(years: set[int] | None) -> dict[tuple[str, Period], int]:
    """How many activities of each kind, and how many projects, are recorded per period."""
    found: dict[tuple[str, Period], int] = {}
    activities = _in_years(Activity.objects.order_by(), "period", years)
    for kind, period, count in activities.values_list("kind", "period").annotate(n=Count("id")):
        found[kind, period] = count
    projects = _in_years(Engagement.objects.order_by(), "period", years)
    by_year = projects.annotate(year=Substr("period", 1, 4)).values_list("year")
    for year, count in by_year.annotate(n=Count("project", distinct=True)):
        found["project", Period(int(str(year)))] = count
    return found


def _of_year(rows: Sequence[Measurement]) -> Iterator[_Claim]:
    """Stated figures of a whole year (or half) against shorter periods: of all projects, and of each."""
    groups: dict[int | None, list[Measurement]] = defaultdict(list)
    for row in rows:
        groups[row.project_id].append(row)
    for group in groups.values():
        for row in group:
            if row.value is None or row.period.precision not in (Precision.YEAR, Precision.HALF):
                continue
            figure = figure_of(metric=row.metric, period=row.period, measurements=group)
            if not figure.parts:
                continue
            check = checks.check_year(
                claim=_claim_of(row),
                stated=row.value,
                qualifier=row.qualifier,
                folded=figure.folded,
                aggregation=row.metric.aggregation,
                unit=row.metric.unit,
                is_complete=figure.is_complete,
            )
            yield _key(check.kind, row), check, row, figure.parts, row.period.year


def _of_open_work(rows: Sequence[Measurement]) -> Iterator[_Claim]:
    """Projects that vanish with open work, and parts that look like running totals."""
    by_period: dict[Period, list[Measurement]] = defaultdict(list)
    for row in rows:
        if row.period.precision is Precision.QUARTER:
            by_period[row.period].append(row)
    periods = sorted(by_period)
    metric = rows[0].metric
    for earlier, later in zip(periods, periods[1:], strict=False):
        total = next((row for row in by_period[later] if row.project_id is None), None)
        present = {row.project_id for row in by_period[later]}
        dropped = [
            row
            for row in by_period[earlier]
            if row.project_id is not None
            and row.project_id not in present
            and row.denominator is not None
            and (row.numerator or 0) < row.denominator
        ]
        if total is not None and total.denominator is not None and dropped:
            check = checks.check_dropped(
                claim=_claim_of(total),
                total=_share(total),
                dropped=[_share(row) for row in dropped],
                unit=metric.unit,
            )
            yield _key(check.kind, total), check, total, dropped, later.year
    series: dict[int, list[Measurement]] = defaultdict(list)
    for period in periods:
        for row in by_period[period]:
            if row.project_id is not None and row.denominator is not None:
                series[row.project_id].append(row)
    check_or_none = checks.check_running_totals(
        claim=f"{metric}, {rows[0].period.year}",
        series=[[_share(row) for row in each] for each in series.values()],
        unit=metric.unit,
    )
    if check_or_none is not None:
        subject = max(
            (row for row in rows if row.project_id is None),
            key=lambda row: row.period.precision,
            default=rows[0],
        )
        inputs = [row for each in series.values() for row in each]
        yield (
            _key(check_or_none.kind, subject, "running"),
            check_or_none,
            subject,
            inputs,
            rows[0].period.year,
        )


def _of_derived(
    rows: Sequence[Measurement], *, parts: dict[tuple[int, Period, int | None], Measurement]
) -> Iterator[_Claim]:
    for row in rows:
        origin = parts.get((row.metric.derived_from_id, row.period, row.project_id))
        if row.value is None or origin is None or origin.denominator is None:
            continue
        numerator = origin.numerator or Decimal(0)
        part, formula = {
            Derivation.NUMERATOR: (numerator, f"{checks.plain(numerator)}"),
            Derivation.DENOMINATOR: (origin.denominator, f"{checks.plain(origin.denominator)}"),
            Derivation.REST: (
                origin.denominator - numerator,
                f"{checks.plain(origin.denominator)} − {checks.plain(numerator)} = "
                f"{checks.plain(origin.denominator - numerator)}",
            ),
        }[Derivation(row.metric.derivation)]
        check = checks.check_derived(
            claim=_claim_of(row),
            stated=row.value,
            qualifier=row.qualifier,
            part=part,
            formula=f"{origin.metric}: {formula}",
            unit=row.metric.unit,
        )
        yield _key(check.kind, row, "derived"), check, row, (origin,), row.period.year


def _of_incidents(incidents: Sequence[Incident]) -> Iterator[_Claim]:
    for incident in incidents:
        year = incident.period.year
        if incident.started_at is None:
            continue
        if incident.resolved_at is not None and incident.stated_duration is not None:
            check = checks.check_duration(
                claim=f"{incident}: {incident.as_stated}",
                stated=incident.stated_duration,
                in_hours=bool(re.fullmatch(r"~?\d+(\.\d+)?\s*h.*", incident.as_stated)),
                started_at=incident.started_at_local,
                resolved_at=incident.resolved_at_local,
            )
            yield _key(check.kind, incident), check, incident, (), year
        check = checks.check_filing(
            claim=f"{incident}: {incident.period}",
            filed=incident.period,
            started_at=incident.started_at_local,
        )
        yield _key(check.kind, incident, "filed"), check, incident, (), year


def _of_changes(years: set[int] | None, within: Within | None) -> Iterator[_Claim]:
    rows = Change.objects.select_related("source", "project", "metric").defer("source__body")
    if within is None:
        rows = _in_years(rows, "to_period", years)
    else:
        rows = rows.filter(Q(pk__in=within.changes) | Q(metric__in=[metric.pk for metric in within.metrics]))
    changes = list(rows.order_by("to_period", "id"))
    metrics = {change.metric_id for change in changes if change.metric_id is not None}
    figures: dict[tuple[int, int | None], list[Measurement]] = defaultdict(list)
    measured = Measurement.objects.filter(metric__in=metrics).with_sources().defer("source__body")
    for row in measured.order_by("period"):
        figures[row.metric_id, row.project_id].append(row)
    for change in changes:
        year = change.to_period.year
        if change.stated_change is not None:
            check = checks.check_step(
                claim=f"{change}: {change.as_stated or checks.plain(change.stated_change)}",
                stated_change=change.stated_change,
                change_unit=change.stated_change_unit,
                before=change.before,
                after=change.after,
                kind=CheckKind.CHANGE,
                qualifier=change.qualifier,
            )
            yield _key(check.kind, change), check, change, (), year
        if change.metric is not None:
            measured = figures[change.metric_id, change.project_id]
            yield from _of_ends(change, measured)
            if change.is_steady:
                yield from _of_steady(change, measured)


def _of_ends(change: Change, measured: Sequence[Measurement]) -> Iterator[_Claim]:
    """Both ends of a change of a metric against the metric's figures of those periods."""
    ends = ((_t("before"), change.before, change.from_period), (_t("after"), change.after, change.to_period))
    for number, (name, value, period) in enumerate(ends):
        if value is None or period is None:
            continue
        figure = figure_of(metric=change.metric, period=period, measurements=measured)
        candidates = _readings(figure.rows, unit=change.metric.unit)
        if not candidates:
            continue
        check = checks.check_endpoint(
            claim=f"{change}, {name}: {format_value(value, change.unit)}",
            stated=value,
            candidates=candidates,
            unit=change.unit,
        )
        yield (
            _key(check.kind, change, ("from", "to")[number]),
            check,
            change,
            figure.rows,
            change.to_period.year,
        )


def _readings(rows: Sequence[Measurement], *, unit: str) -> list[tuple[str, Decimal]]:
    """Every figure an end of a change may mean: a value as stated, else the ratio of its parts."""
    found = []
    for row in rows:
        value = row.value
        if value is None and row.numerator is not None and row.denominator:
            value = row.numerator / row.denominator * (100 if unit == Unit.PERCENT else 1)
        if value is not None:
            found.append((str(row.period), value))
    return found


def _of_steady(change: Change, measured: Sequence[Measurement]) -> Iterator[_Claim]:
    first = change.from_period or Period(change.to_period.year)
    inside = [
        row
        for row in measured
        if first.first_day <= row.period.first_day
        and row.period.last_day <= change.to_period.last_day
        and row.period.precision is Precision.QUARTER
    ]
    readings = _readings(inside, unit=change.metric.unit)
    check = checks.check_steady(
        claim=f"{change}: {change.as_stated}",
        values=[(Period.parse(label), value) for label, value in readings],
        direction=change.metric.direction,
        unit=change.metric.unit,
    )
    yield _key(check.kind, change, "steady"), check, change, inside, change.to_period.year


def _of_engagements(years: set[int] | None) -> Iterator[_Claim]:
    engagements = list(Engagement.objects.select_related("project", "source").order_by("period", "id"))
    told: dict[int, list[Engagement]] = defaultdict(list)
    for engagement in engagements:
        told[engagement.project_id].append(engagement)
    earliest: dict[int, Achievement] = {}
    for work in Achievement.objects.filter(engagement__isnull=False).select_related("source"):
        known = earliest.get(work.engagement_id or 0)
        if known is None or work.period.last_day < known.period.last_day:
            earliest[work.engagement_id or 0] = work
    for engagement in engagements:
        year = engagement.period.year
        if years is not None and year not in years:
            continue
        starts_on, ends_on = engagement.starts_on, engagement.ends_on
        if engagement.stated_duration is not None and starts_on is not None and ends_on is not None:
            unit = engagement.stated_duration_unit
            check = checks.check_span(
                claim=f"{engagement}: {format_value(engagement.stated_duration, unit)}",
                stated=engagement.stated_duration,
                unit=unit,
                starts_on=starts_on,
                ends_on=ends_on,
            )
            yield _key(check.kind, engagement), check, engagement, (), year
        work = earliest.get(engagement.pk)
        if starts_on is not None and work is not None and work.period.precision < Precision.YEAR:
            check = checks.check_begins_before(
                claim=f"{engagement}: {starts_on}", starts_on=starts_on, earliest=work.period, what=str(work)
            )
            yield _key(check.kind, engagement, "begin"), check, engagement, (work,), year
        if _COMPLETE.search(engagement.status):
            later = [each for each in told[engagement.project_id] if each.period.year > year]
            check = checks.check_completion(
                claim=f"{engagement}: {engagement.status}",
                told_in=Period(year),
                ends_on=ends_on,
                later=[f"{each.name} ({each.period})" for each in later],
            )
            yield _key(check.kind, engagement), check, engagement, later, year
