"""Every check of an owner's records: read once, in a fixed number of queries, and streamed.

What claims there are is said in metrics/claims.py and metrics/record_claims.py, and how each is judged in
metrics/checks.py and its neighbours. Measurements stream by metric and year, so that fifty thousand of them need
no more memory than those of one metric's year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, TypeVar

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from metrics.checks import Agreement
from metrics.claims import Claim, adds_up, claims_of_year
from metrics.derived_claims import claims_of_derived
from metrics.findings import Decisions, Finding
from metrics.listing_claims import Listed, claims_of_counts
from metrics.models import Change, Incident, Measurement, Mention, Metric, Settlement
from metrics.record_claims import (
    claims_of_activity,
    claims_of_change,
    claims_of_engagements,
    claims_of_incident,
)
from metrics.rows import Row, stream_rows
from projects.models import Achievement, Activity, Engagement, Project
from records.models import Document, Record
from records.periods import FIRST_YEAR, Period

AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The figures a page shows: metrics, their projects and periods, and changes by id.

    Asks only for claims of which one of these is a part. Other claims may come with them, made of a part of their
    figures: whoever asks leaves them out. `is_wide`: there are so many that what they refer to is read once, in three
    queries more, and not joined to every row.
    """

    metrics: tuple[Metric, ...]
    changes: frozenset[int]
    projects: frozenset[int] = frozenset()
    periods: frozenset[Period] = frozenset()
    is_wide: bool = False

    @property
    def counted(self) -> set[str]:
        """The kinds of records its metrics count."""
        return {metric.counts for metric in self.metrics} - {""}

    @property
    def of_measurements(self) -> Q:
        """Those of its metrics, of what they are derived from, and of what is derived from them.

        A metric may have thousands of figures of single projects that the page does not show. Of these only shares of
        a period shown are a part of something that is, where shares add up; of figures with parts (what became of open
        work) and of those others are derived from, all are.
        """
        ids = {metric.pk for metric in self.metrics}
        origins = {metric.derived_from_id for metric in self.metrics} - {None}
        of_metrics = Q(metric__in=ids | origins) | Q(metric__derived_from__in=ids)
        derived = Metric.objects.filter(derived_from__isnull=False)
        with_parts = Measurement.objects.filter(
            metric__in=ids, project__isnull=False, denominator__isnull=False
        )
        adding = [metric.pk for metric in self.metrics if adds_up(metric)]
        shares = Q(period__in=self.periods, metric__in=adding)
        shown = Q(project__isnull=True) | Q(project__in=self.projects) | shares
        whole = (
            Q(metric__in=with_parts.order_by().values("metric"))
            | Q(metric__in=derived.order_by().values("derived_from"))
            | Q(metric__derived_from__isnull=False)
        )
        return of_metrics & (shown | whole)


ClaimsOfYears = Callable[[frozenset[int] | None], Iterator[Claim]]
_FURTHER: list[ClaimsOfYears] = []


def add_claims(of_years: ClaimsOfYears) -> None:
    """Called once by an app that is built on this one and whose records claim figures, too.

    `of_years` reads the claims of some years (None: all) in a fixed number of queries. They are a part of every
    audit, whoever asks for it: page, API, command.
    """
    _FURTHER.append(of_years)


def audit(*, years: Iterable[int] | None = None) -> Iterator[Finding]:
    """Every check of the owner in force, in no promised order; of some years only if `years` is given.

    14 queries, whatever the number of records: settlements; documents, projects and metrics (read once, not joined
    to every row); engagements, their achievements and incidents; activities counted, and those with hours; mentions;
    measurements, streamed; changes, and the figures of their metrics; goals with a target (and the results told
    beside them: 1 more).
    """
    wanted = None if years is None else frozenset(years)
    settled = Decisions(Settlement.objects.all())
    for claim in chain(_claims(wanted), *(of_years(wanted) for of_years in _FURTHER)):
        yield Finding(claim, settled.of(claim))


def contradictions(*, years: Iterable[int], within: Within, in_hand: Iterable[Claim] = ()) -> list[Finding]:
    """What contradicts, settled or not, as far as a figure of a page takes part in it; what is open first.

    `in_hand`: claims of records the page has read already, which need no query.

    Queries: measurements, mentions and changes (3), and 3 more if `within` is wide; one each for incidents, projects
    and activities if a metric counts such records; figures of the changes' metrics (1) if a change has one;
    settlements (1) if anything contradicts.
    Measurements are those of `years`; changes are asked for whatever their year.
    """
    asked = _claims(frozenset(years), within) if within.metrics or within.changes else ()
    claims = [each for each in (*in_hand, *asked) if each.check.verdict == Agreement.CONTRADICTS]
    if not claims:
        return []
    settled = Decisions(Settlement.objects.filter(check_key__in=[claim.key for claim in claims]))
    findings = [Finding(claim, settled.of(claim)) for claim in claims]
    return sorted(findings, key=lambda each: each.is_settled)


class _Catalog:
    """What records refer to. Of a whole audit it is read once, as a join would build it anew for every row."""

    def __init__(self, *, read: bool) -> None:
        self.found: dict[str, dict[int, Any]] = {}
        if not read:
            return
        metrics = {each.pk: each for each in Metric.objects.all()}
        for metric in metrics.values():
            if metric.derived_from_id is not None:
                metric.derived_from = metrics[metric.derived_from_id]
        self.found = {
            "source": {each.pk: each for each in Document.objects.defer("body")},
            "project": {each.pk: each for each in Project.objects.all()},
            "metric": metrics,
        }

    def joined(self, rows: QuerySet[AnyRecord]) -> Iterator[AnyRecord]:
        """The rows, one query; following them to their document, project or metric costs none."""
        names = [name for name in ("source", "project", "metric") if hasattr(rows.model, name)]
        if not self.found:
            paths = [*names, "metric__derived_from"] if "metric" in names else names
            rows = rows.select_related(*paths).defer("source__body")
        for row in rows:
            for name in names if self.found else ():
                pk = getattr(row, f"{name}_id")
                if pk is not None:
                    row._state.fields_cache[name] = self.found[name][pk]
            yield row

    def rows(self, measurements: Any) -> Iterator[Row]:  # noqa: ANN401
        """Measurements, streamed, as the checks read them. One query."""
        if not self.found:
            return (Row.of(row) for row in self.joined(measurements))
        return stream_rows(
            measurements,
            metrics=self.found["metric"],
            projects=self.found["project"],
            sources=self.found["source"],
        )


def _claims(years: frozenset[int] | None, within: Within | None = None) -> Iterator[Claim]:
    catalog = _Catalog(read=within is None or within.is_wide)
    everything = within is None
    counted = {"incident", "project", "activity"}
    if within is not None:
        counted = {kind if kind in ("incident", "project") else "activity" for kind in within.counted}
    engagements: list[Engagement] = []
    if "project" in counted:
        engagements = list(catalog.joined(Engagement.objects.order_by("period", "id")))
    incidents: list[Incident] = []
    if "incident" in counted:
        rows = _in_years(Incident.objects.order_by("period", "id"), "period", years)
        incidents = list(catalog.joined(rows))
    mentions = _mentions(catalog, within)
    listed = Listed(
        incidents=incidents,
        engagements=engagements,
        activities=_activities(years) if "activity" in counted else {},
    )
    yield from _of_measurements(catalog, mentions, listed, years=years, within=within)
    yield from _of_changes(catalog, years=years, within=within)
    if everything:
        for incident in incidents:
            yield from claims_of_incident(incident)
        with_hours = Activity.objects.filter(hours__isnull=False, count__isnull=False)
        for activity in catalog.joined(_in_years(with_hours.order_by("id"), "period", years)):
            yield from claims_of_activity(activity)
        works = Achievement.objects.filter(engagement__isnull=False).order_by("id")
        earliest = earliest_of(catalog.joined(works))
        for claim in claims_of_engagements(engagements, earliest=earliest):
            if years is None or claim.year in years:
                yield claim


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


def _mentions(catalog: _Catalog, within: Within | None) -> dict[int, list[Mention]]:
    rows = Mention.objects.order_by("id")
    if within is not None:
        rows = rows.filter(measurement__metric__in=[metric.pk for metric in within.metrics])
    found: dict[int, list[Mention]] = defaultdict(list)
    for mention in catalog.joined(rows):
        found[mention.measurement_id].append(mention)
    return found


def _activities(years: Iterable[int] | None) -> dict[str, dict[Period, int]]:
    """How many activities of each kind per period, each as often as it says."""
    found: dict[str, dict[Period, int]] = defaultdict(dict)
    rows = _in_years(Activity.objects.order_by(), "period", years)
    for kind, period, times in rows.values_list("kind", "period").annotate(n=Sum(Coalesce("count", 1))):
        found[kind][period] = times
    return found


def _of_measurements(
    catalog: _Catalog,
    mentions: Mapping[int, Sequence[Mention]],
    listed: Listed,
    *,
    years: frozenset[int] | None,
    within: Within | None,
) -> Iterator[Claim]:
    rows: QuerySet[Any] = Measurement.objects.order_by("metric_id", "period", "project_id")
    rows = _in_years(rows, "period", years, also=_ends_before(years))
    if within is not None:
        rows = rows.filter(within.of_measurements)
    yield from claims_of_groups(
        _groups(catalog.rows(rows), years),
        mentions=mentions,
        listed=listed,
        origins=_origin_ids(catalog, within),
    )


def _groups(rows: Iterable[Row], years: frozenset[int] | None) -> Iterator[tuple[list[Row], Sequence[Row]]]:
    """The measurements of each metric's year, and those of its year before; rows come by metric and period."""
    before: list[Row] = []
    for (metric_id, year), group in groupby(rows, key=lambda row: (row.metric_id, row.period.year)):
        found = list(group)
        follows = before and (before[0].metric_id, before[0].period.year) == (metric_id, year - 1)
        if years is None or year in years:
            yield found, before if follows else ()
        before = found


def claims_of_groups(
    groups: Iterable[tuple[Sequence[Row], Sequence[Row]]],
    *,
    mentions: Mapping[int, Sequence[Mention]],
    listed: Listed,
    origins: Container[int | None],
) -> Iterator[Claim]:
    """Of the measurements of one metric's year after the other, each with those of its year before. No query.

    `mentions` by measurement; `origins`: the metrics others are derived from.
    """
    repeated: dict[tuple[int, Period], list[Row]] = defaultdict(list)
    derived: list[Row] = []
    for found, before in groups:
        yield from claims_of_year(found, before=before, mentions=mentions)
        yield from claims_of_counts(found, listed)
        if found[0].metric_id in origins:
            for row in found:
                repeated[row.metric_id, row.period].append(row)
        if found[0].metric.derived_from is not None:
            derived += found
    yield from claims_of_derived(derived, repeated)


def _origin_ids(catalog: _Catalog, within: Within | None) -> set[int | None]:
    """The metrics others are derived from. Within a page any of its own may be one."""
    if catalog.found:
        return {metric.derived_from_id for metric in catalog.found["metric"].values()}
    metrics = () if within is None else within.metrics
    return {pk for metric in metrics for pk in (metric.pk, metric.derived_from_id)}


def _of_changes(catalog: _Catalog, *, years: Iterable[int] | None, within: Within | None) -> Iterator[Claim]:
    rows: QuerySet[Any] = Change.objects.order_by("to_period", "id")
    if within is None:
        rows = _in_years(rows, "to_period", years)
    else:
        ids = [metric.pk for metric in within.metrics]
        rows = rows.filter(Q(pk__in=within.changes) | Q(metric__in=ids))
    changes = list(catalog.joined(rows))
    figures: dict[int | None, list[Row]] = defaultdict(list)
    for row in catalog.rows(_figures_of(changes)):
        figures[row.metric_id].append(row)
    for change in changes:
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
        rows = rows.filter(period__gte=f"{first:04}", period__lt=f"{last + 1:04}")
    return rows.order_by("period", "id")
