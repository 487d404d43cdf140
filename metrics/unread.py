"""Shares of a whole that the database sums up instead of reading them.

A figure may have hundreds of shares of single projects, and of most of them only one thing is to be told: whether
they make it up. Of a hundred thousand figures three thousand are read then, and the shares of those that are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Abs

from metrics.claims import Claim, Unread, adds_up, claim_of_shares
from metrics.findings import Finding
from metrics.models import MAY_CLAIM, Measurement, Mention, Metric
from metrics.references import References
from metrics.rows import Row
from records.periods import Period, Precision

# Sums of figures that together are up to this are exact in floating point, to the last digit kept.
LARGE = 10**8
# Of more metrics a list of their ids takes longer than reading everything.
_MOST_LISTED = 500

Place = tuple[int, Period]


def questions_about(
    measurements: QuerySet[Measurement], *, metrics: Mapping[int, Metric], project_id: int | None
) -> tuple[QuerySet[Any, Any], ...]:
    """What `unread_of` has to know of the shares among these measurements, and of what they are shares of."""
    shares = measurements.filter(project__isnull=False).order_by()
    adding = [metric.pk for metric in metrics.values() if adds_up(metric)]
    return (
        # All but the last are answered by an index alone, or nearly so.
        shares.values_list("metric", "period").annotate(included=Count("id", filter=Q(project=project_id))),
        shares.filter(MAY_CLAIM).values_list("metric").annotate(number=Count("id")),
        measurements.filter(metric__in=adding, project__isnull=True, value__isnull=False)
        .order_by()
        .values_list("metric", "period", "value"),
        shares.filter(metric__in=adding)
        .values_list("metric", "period")
        .annotate(total=Sum("value"), size=Sum(Abs("value")), silent=Count("id") - Count("value")),
    )


def unread_of(
    answers: Sequence[Iterable[Any]], *, decided: Collection[tuple[str, str]], references: References
) -> tuple[dict[Place, Unread], Q | None]:
    """Which shares need not be read, by metric and period, and which are to be; None: all. `answers` are those to
    `questions_about`.

    Shares are read where one of them claims something by itself, where others are derived from them or counted beside
    them, where they do not make up their whole exactly, and where something is `decided` about it, by slug and period.
    """
    places, claiming, wholes, sums = answers
    metrics = references.metrics
    told = list(places)
    read = {pk for pk, _number in claiming}
    read |= {pk for pk, period, _included in told if period.precision >= Precision.HALF}
    for metric in metrics.values():
        if metric.derived_from_id is not None:
            read |= {metric.pk, metric.derived_from_id}
        elif metric.counts:
            read.add(metric.pk)
    if len(read) > _MOST_LISTED:
        return {}, None
    whole = {(pk, period): value for pk, period, value in wholes}
    even: set[Place] = set()
    uneven: set[Place] = set()
    for pk, period, total, size, silent in sums:
        place = pk, period
        if place in whole and not silent:
            # A database may sum up in floating point.
            is_even = whole[place] == total and size <= LARGE
            (even if is_even else uneven).add(place)
    unread: dict[Place, Unread] = {}
    for pk, period, included in told:
        place = pk, period
        if (metrics[pk].slug, str(period)) in decided:
            uneven.add(place)
        elif pk not in read and place not in uneven:
            unread[place] = Unread(agrees=place in even, has_project=included > 0, references=references)
    shares = Q(metric__in=read) | Q(pk__in=Mention.objects.values("measurement"))
    if uneven:
        shares |= Q(metric__in={pk for pk, _period in uneven}, period__in={period for _pk, period in uneven})
    return unread, shares


def with_shares(measurements: Any, shares: Q) -> Any:  # noqa: ANN401
    """Of these all that are of no single project, and these shares."""
    rows = measurements.order_by()
    # Either has an index of its own; asked for one or the other, the database would read everything.
    totals = rows.filter(project__isnull=True).values("pk")
    parts = rows.filter(shares, project__isnull=False).values("pk")
    return Measurement.objects.filter(pk__in=totals.union(parts, all=True))


def read_shares(findings: Iterable[Finding]) -> list[Finding]:
    """The same findings with the shares that were left unread; without those whose shares were deleted meanwhile.

    One query, none if nothing was left unread.
    """
    findings = list(findings)
    missing = [each.claim for each in findings if isinstance(each.claim.parts, Unread)]
    if not missing:
        return findings
    periods: dict[int, set[Period]] = {}
    for claim in missing:
        assert isinstance(claim.subject, Row)  # noqa: S101
        periods.setdefault(claim.subject.metric_id, set()).add(claim.subject.period)
    wanted = Q(pk__in=())
    for metric_id, of_metric in periods.items():
        wanted |= Q(metric=metric_id, period__in=of_metric)
    rows = Measurement.objects.filter(wanted, project__isnull=False).order_by("project_id")
    shares: dict[Place, list[Row]] = {}
    assert isinstance(missing[0].parts, Unread)  # noqa: S101
    for row in missing[0].parts.references.rows(rows):
        shares.setdefault((row.metric_id, row.period), []).append(row)
    whole = ((each, _whole(each.claim, shares)) for each in findings)
    return [finding._replace(claim=claim) for finding, claim in whole if claim is not None]


def _whole(claim: Claim, shares: Mapping[Place, list[Row]]) -> Claim | None:
    if not isinstance(claim.parts, Unread):
        return claim
    assert isinstance(claim.subject, Row)  # noqa: S101
    found = shares.get((claim.subject.metric_id, claim.subject.period))
    return None if found is None else claim_of_shares(claim.subject, found)
