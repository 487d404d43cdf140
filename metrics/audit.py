"""Every check of an owner's records: read once, in a fixed number of queries, and streamed.

What claims there are is said in metrics/claims.py and metrics/record_claims.py, and how each is judged in
metrics/checks.py and its neighbours. Measurements stream by metric and year, so that fifty thousand of them need
no more memory than those of one metric's year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from metrics.checks import Agreement, CheckKind
from metrics.claims import Claim, Unread, claims_of_year
from metrics.derived_claims import claims_of_derived
from metrics.findings import Decisions, Finding
from metrics.listing_claims import Listed, claims_of_counts
from metrics.models import Change, Incident, Measurement, Mention, Settlement
from metrics.record_claims import (
    claims_of_activity,
    claims_of_change,
    claims_of_engagements,
    claims_of_incident,
)
from metrics.references import Joined, References, asked_references, read_references
from metrics.rows import Row
from metrics.unread import Place, questions_about, unread_of, with_shares
from metrics.within import Within
from projects.models import Achievement, Activity, Engagement
from records.periods import FIRST_YEAR, Period
from records.together import read_together

ClaimsOfYears = Callable[[frozenset[int] | None], Iterator[Claim]]
_FURTHER: list[ClaimsOfYears] = []
# The figures of so many are joined to what they refer to; those of more, hundreds maybe, look it up.
_FEW_METRICS = 10


def add_claims(of_years: ClaimsOfYears) -> None:
    """Called once by an app that is built on this one and whose records claim figures, too.

    `of_years` reads the claims of some years (None: all) in a fixed number of queries. They are a part of every
    audit, whoever asks for it: page, API, command.
    """
    _FURTHER.append(of_years)


def audit(
    *, years: Iterable[int] | None = None, is_summed: bool = False, project_id: int | None = None
) -> Iterator[Finding]:
    """Every check of the owner in force, in no promised order; of some years only if `years` is given.

    `is_summed`: shares of single projects are left to the database where it can tell what comes of them, and read later
    for the findings that are shown (`metrics.unread.read_shares`). `project_id`: whose shares these are told apart by.

    6 queries, whatever the number of records: settlements; documents, projects and metrics; what figures are held
    against (mentions, changes, engagements and their achievements, incidents, activities); measurements, streamed; the
    figures of the changes' metrics; goals with a target (and the results told beside them: 1 more).
    """
    wanted = None if years is None else frozenset(years)
    settled = Decisions(Settlement.objects.all())
    summing = _Summing(decided=settled.figures, project_id=project_id) if is_summed else None
    for claim in chain(_claims(wanted, summing=summing), *(of_years(wanted) for of_years in _FURTHER)):
        yield Finding(claim, settled.of(claim))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summing:
    """What keeps shares from being left unread: a decision about their whole; and whose they are told apart by."""

    decided: Collection[tuple[str, str]]
    project_id: int | None


def contradictions(*, years: Iterable[int], within: Within, in_hand: Iterable[Claim] = ()) -> list[Finding]:
    """What contradicts, settled or not, as far as a figure of a page takes part in it; what is open first.

    `in_hand`: claims of records the page has read already, which need no query.

    Queries: mentions, changes, engagements and what the metrics count (1); measurements, and which of them (2), if
    there are metrics; figures of the changes' metrics (1) if a change has one; settlements (1) if anything contradicts.
    Measurements are those of `years`; changes and engagements are asked for whatever their year.
    """
    is_asked = within.metrics or within.changes or within.engagements
    asked = _claims(frozenset(years), within) if is_asked else ()
    claims = [each for each in (*in_hand, *asked) if each.check.verdict == Agreement.CONTRADICTS]
    if not claims:
        return []
    settled = Decisions(Settlement.objects.filter(check_key__in=[claim.key for claim in claims]))
    findings = [Finding(claim, settled.of(claim)) for claim in claims]
    return sorted(findings, key=lambda each: each.is_settled)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """What is held against measurements, or claims something itself. `mentions` by measurement.

    Of a page `activities` are left out, and incidents that no figure counts: it claims them by itself (`in_hand`).
    """

    references: References | Joined
    mentions: Mapping[int, Sequence[Mention]]
    changes: Sequence[Change]
    listed: Listed
    works: Sequence[Achievement]
    activities: Sequence[Activity]
    unread: Mapping[Place, Unread]
    shares: Q | None


def _claims(
    years: frozenset[int] | None, within: Within | None = None, *, summing: _Summing | None = None
) -> Iterator[Claim]:
    records = _read(years, within, summing)
    if within is None or within.metrics:
        yield from _of_measurements(records, years=years, within=within)
    yield from _of_changes(records)
    for claim in claims_of_engagements(records.listed.engagements, earliest=earliest_of(records.works)):
        if within is not None or years is None or claim.year in years:
            yield claim
    if within is None:
        for incident in records.listed.incidents:
            yield from claims_of_incident(incident)
        for activity in records.activities:
            yield from claims_of_activity(activity)


def _read(years: frozenset[int] | None, within: Within | None, summing: _Summing | None) -> _Records:
    """One query; one more for what records refer to, unless it is joined, at hand, or read with them."""
    references: References | Joined
    known: tuple[QuerySet[Any, Any], ...] = ()
    changes: QuerySet[Any] = Change.objects.all()
    mentions, works = Mention.objects.all(), Achievement.objects.all()
    with_hours = Activity.objects.filter(hours__isnull=False, count__isnull=False)
    if within is None:
        references = read_references()
        changes = _in_years(changes, "to_period", years)
        works = works.filter(engagement__isnull=False)
        counted = {"project", "incident"} | {metric.counts for metric in references.metrics.values()}
    else:
        references = within.references or Joined()
        if within.references is None and len(within.metrics) > _FEW_METRICS:
            known, references = asked_references(), References.of(documents=(), projects=(), metrics=())
        ids = [metric.pk for metric in within.metrics]
        mentions = mentions.filter(measurement__metric__in=ids)
        changes = changes.filter(Q(pk__in=within.changes) | Q(metric__in=ids))
        works = works.filter(engagement__in=within.engagements)
        with_hours = with_hours.none()
        counted = within.counted | ({"project"} if within.engagements else set())
    engagements = Engagement.objects.all() if "project" in counted else Engagement.objects.none()
    incidents = Incident.objects.all() if "incident" in counted else Incident.objects.none()
    activities = Activity.objects.all() if counted.intersection(Activity.Kind) else Activity.objects.none()
    questions: tuple[QuerySet[Any, Any], ...] = ()
    if summing is not None and isinstance(references, References):
        questions = questions_about(
            _in_years(Measurement.objects.all(), "period", years),
            metrics=references.metrics,
            project_id=summing.project_id,
        )
    times, *found = read_together(
        _in_years(activities.order_by(), "period", years)
        .values_list("kind", "period")
        .annotate(times=Sum(Coalesce("count", 1))),
        *map(
            references.ask,
            (
                mentions.order_by("id"),
                changes.order_by("to_period", "id"),
                engagements.order_by("period", "id"),
                _in_years(incidents.order_by("period", "id"), "period", years),
                works.order_by("id"),
                _in_years(with_hours.order_by("id"), "period", years),
            ),
        ),
        *known,
        *questions,
    )
    (told, changed, stints, failed, achieved, long), answers = found[:6], found[6:]
    if known:  # of a page, which asks no further questions
        documents, projects, metrics = answers
        references = References.of(documents=documents, projects=projects, metrics=metrics)
    references.join(chain(*found[:6]))
    unread: dict[Place, Unread] = {}
    shares: Q | None = None
    if summing is not None and isinstance(references, References):
        unread, shares = unread_of(answers, decided=summing.decided, references=references)
    return _Records(
        references=references,
        mentions=_by_measurement(told),
        changes=changed,
        listed=Listed(incidents=failed, engagements=stints, activities=_by_period(times)),
        works=achieved,
        activities=long,
        unread=unread,
        shares=shares,
    )


def _by_measurement(mentions: Iterable[Mention]) -> dict[int, list[Mention]]:
    found: dict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        found[mention.measurement_id].append(mention)
    return found


def _by_period(times: Iterable[tuple[str, Period, int]]) -> dict[str, dict[Period, int]]:
    """How many activities of each kind per period, each as often as it says."""
    found: dict[str, dict[Period, int]] = defaultdict(dict)
    for kind, period, often in times:
        found[kind][period] = often
    return found


def _in_years(
    rows: QuerySet[Any], field: str, years: Iterable[int] | None, *, also: Q | None = None
) -> QuerySet[Any]:
    """Rows of the years and what is wanted `also`; all of them for None."""
    if years is None:
        return rows
    wanted = Q(pk__in=()) if also is None else also
    for year in years:
        wanted |= Q(**{f"{field}__in_year": year})
    return rows.filter(wanted)


def _ends_before(years: Iterable[int] | None) -> Q:
    """The last periods before the years, which their first steps start from."""
    return Q(
        period__in={
            text
            for year in years or ()
            if year - 1 >= FIRST_YEAR
            for text in (f"{year - 1}", f"{year - 1}-H2", f"{year - 1}-Q4", f"{year - 1}-12")
        }
    )


def earliest_of(achievements: Iterable[Achievement]) -> dict[int, Achievement]:
    """The achievement told to be first of each engagement, by the engagement's id."""
    earliest: dict[int, Achievement] = {}
    for work in achievements:
        known = earliest.get(work.engagement_id or 0)
        if known is None or work.period.last_day < known.period.last_day:
            earliest[work.engagement_id or 0] = work
    return earliest


def _of_measurements(
    records: _Records, *, years: frozenset[int] | None, within: Within | None
) -> Iterator[Claim]:
    rows = _in_years(Measurement.objects.all(), "period", years, also=_ends_before(years))
    even: set[tuple[int, Period]] = set()
    if within is not None:
        rows, even = within.figures(rows)
    elif records.shares is not None:
        rows = with_shares(rows, records.shares)
    rows = rows.order_by("metric_id", "period", "project_id")
    origins = _origin_ids(records.references, within)
    repeated: dict[tuple[int, Period], list[Row]] = defaultdict(list)
    derived: list[Row] = []
    for found, before in _groups(records.references.rows(rows), years):
        for each in claims_of_year(found, before=before, mentions=records.mentions, unread=records.unread):
            if each.check.kind != CheckKind.BREAKDOWN or _what(each) not in even:
                yield each
        yield from claims_of_counts(found, records.listed)
        if found[0].metric_id in origins:
            for row in found:
                repeated[row.metric_id, row.period].append(row)
        if found[0].metric.derived_from is not None:
            derived += found
    yield from claims_of_derived(derived, repeated)


def _what(claim: Claim) -> tuple[int, Period]:
    """Metric and period of a claim that a measurement makes."""
    assert isinstance(claim.subject, Row)  # noqa: S101
    return claim.subject.metric_id, claim.subject.period


def _groups(rows: Iterable[Row], years: frozenset[int] | None) -> Iterator[tuple[list[Row], Sequence[Row]]]:
    """The measurements of each metric's year, and those of its year before; rows come by metric and period."""
    before: list[Row] = []
    for (metric_id, year), group in groupby(rows, key=lambda row: (row.metric_id, row.period.year)):
        found = list(group)
        follows = before and (before[0].metric_id, before[0].period.year) == (metric_id, year - 1)
        if years is None or year in years:
            yield found, before if follows else ()
        before = found


def _origin_ids(references: References | Joined, within: Within | None) -> set[int | None]:
    """The metrics others are derived from. Within a page any of its own may be one."""
    if isinstance(references, References):
        return {metric.derived_from_id for metric in references.metrics.values()}
    metrics = () if within is None else within.metrics
    return {pk for metric in metrics for pk in (metric.pk, metric.derived_from_id)}


def _of_changes(records: _Records) -> Iterator[Claim]:
    figures: dict[int | None, list[Row]] = defaultdict(list)
    for row in records.references.rows(_figures_of(records.changes)):
        figures[row.metric_id].append(row)
    for change in records.changes:
        yield from claims_of_change(change, figures[change.metric_id])


def _figures_of(changes: Iterable[Change]) -> QuerySet[Any]:
    """The measurements of the changes' metrics, from the first year the changes name to the last."""
    following = [change for change in changes if change.metric_id is not None]
    periods = [
        period
        for change in following
        for period in (change.from_period, change.to_period)
        if period is not None
    ]
    rows = Measurement.objects.filter(metric__in={change.metric_id for change in following})
    if periods:
        first, last = min(each.year for each in periods), max(each.year for each in periods)
        rows = rows.filter(period__in_years=(first, last))
    return rows.order_by("period", "id")
