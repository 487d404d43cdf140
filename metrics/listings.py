"""Which checks the page, the API and the command show, and in which order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from metrics.audit import audit
from metrics.checks import SEVERITY, Agreement
from metrics.findings import Finding
from metrics.models import Change, Incident, Measurement, Settlement
from projects.models import Activity, Engagement
from records.years import years_with


class Settled(models.TextChoices):
    """What the filter tells apart; to be corrected is open, and corrected is settled."""

    OPEN = "open", _("open")
    SETTLED = "settled", _("settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What to show; None shows all. `with_exact`: also what agrees exactly, although no verdict is asked for."""

    verdict: Agreement | None = None
    kind: str | None = None
    year: int | None = None
    project_id: int | None = None
    state: Settled | None = None
    with_exact: bool = False


Rank = tuple[int, int, int]


class Ordered(Sequence[Finding]):
    """Findings in order: open contradictions, settled and corrected ones, then the other verdicts, worst first; the
    latest year first, then by key.

    Of many thousand a page shows fifty, so they are kept by rank, and only the ranks that are looked at are sorted.
    `first`: only so many from the beginning are wanted; those far beyond are counted and forgotten. None: all.
    """

    def __init__(self, *, first: int | None = None) -> None:
        self._first = first
        self._kept: dict[Rank, list[Finding]] = defaultdict(list)
        self._sizes: Counter[Rank] = Counter()
        self._last_kept: Rank | None = None
        self._number, self._forget_at = 0, 2 * (first or 0) + 1000

    def add(self, finding: Finding) -> None:
        rank = _rank(finding)
        self._sizes[rank] += 1
        if self._last_kept is not None and rank > self._last_kept:
            return
        self._kept[rank].append(finding)
        self._number += 1
        if self._first is not None and self._number > self._forget_at:
            self._forget(self._first)

    def _forget(self, first: int) -> None:
        kept = 0
        for rank in sorted(self._kept):
            if kept >= first:
                del self._kept[rank]
            else:
                kept += len(self._kept[rank])
                self._last_kept = rank
        self._number, self._forget_at = kept, 2 * kept + 1000

    def place_of(self, anchor: str) -> int | None:
        """Where the check stands, from 0; None if it is not listed. Sorts nothing."""
        begin = 0
        for rank in sorted(self._sizes):
            kept = self._kept.get(rank, ())
            wanted = next((each for each in kept if each.anchor == anchor), None)
            if wanted is not None:
                key = wanted.key
                return begin + sum(each.key < key for each in kept)
            begin += self._sizes[rank]
        return None

    def __len__(self) -> int:
        return sum(self._sizes.values())

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> list[Finding]: ...
    def __getitem__(self, place: int | slice) -> Finding | list[Finding]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        start, stop, _step = place.indices(len(self))
        found: list[Finding] = []
        begin = 0
        for rank in sorted(self._sizes):
            end = begin + self._sizes[rank]
            if begin < stop and end > start:
                ranked = sorted(self._kept[rank], key=lambda each: each.key)
                found += ranked[max(start - begin, 0) : stop - begin]
            begin = end
        return found


_SEVERITY = {verdict: place for place, verdict in enumerate(SEVERITY)}


def _rank(finding: Finding) -> Rank:
    severity, group = _SEVERITY[finding.claim.check.verdict], 0
    if finding.settlement is not None:
        if finding.is_corrected:
            severity, group = 0, 2
        elif severity == 0 and finding.is_settled:
            group = 1
    return severity, group, -finding.claim.year


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The checks that fit, in order. `tally` counts each verdict, worst first, as if none were asked for.

    `contradicting` and `settled`: how many of these contradict and are open, and how many of these are settled.
    `exact_hidden`: how many exact ones fit and are left out. `read`: how many checks there are at all.
    `met`: the settlements of all that were read, by id.
    """

    findings: Ordered
    tally: tuple[tuple[Agreement, int], ...]
    contradicting: int
    settled: int
    exact_hidden: int
    read: int
    met: frozenset[int]


def list_checks(findings: Iterable[Finding], *, terms: Terms, first: int | None = None) -> Listing:
    """Streams the findings and counts all that fit. `first`: see `Ordered`."""
    shown = Ordered(first=first)
    counted: Counter[Agreement] = Counter()
    contradicting = settled = hidden = read = 0
    met: set[int] = set()
    narrows = terms != Terms(verdict=terms.verdict, with_exact=terms.with_exact)
    for each in findings:
        read += 1
        settlement = each.settlement
        if settlement is not None:
            met.add(settlement.pk)
        if narrows and not _fits(each, terms):
            continue
        verdict = each.claim.check.verdict
        counted[verdict] += 1
        is_settled = settlement is not None and each.is_settled
        settled += is_settled
        contradicting += verdict is _CONTRADICTS and not is_settled
        if terms.verdict is not None:
            if verdict is terms.verdict:
                shown.add(each)
        # What was once decided stays in sight, also where it has come to agree.
        elif terms.with_exact or verdict is not _EXACT or settlement is not None:
            shown.add(each)
        else:
            hidden += 1
    return Listing(
        findings=shown,
        tally=tuple((verdict, counted[verdict]) for verdict in SEVERITY if counted[verdict]),
        contradicting=contradicting,
        settled=settled,
        exact_hidden=hidden,
        read=read,
        met=frozenset(met),
    )


def settled_and_gone(listing: Listing | None = None) -> tuple[Settlement, ...]:
    """Settlements whose check is no longer made: its record was deleted, or says something else by now. By key.

    One query. `listing`: of a whole audit, all years; None: that is read, too (see `audit`).
    """
    met = (list_checks(audit(is_summed=True), terms=Terms(), first=0) if listing is None else listing).met
    return tuple(each for each in Settlement.objects.order_by("check_key") if each.pk not in met)


_CONTRADICTS, _EXACT = Agreement.CONTRADICTS, Agreement.EXACT


def _fits(finding: Finding, terms: Terms) -> bool:
    return (
        terms.kind in (None, finding.claim.check.kind)
        and terms.year in (None, finding.claim.year)
        and (terms.project_id is None or finding.has_project(terms.project_id))
        and (terms.state is None or (terms.state == Settled.SETTLED) == finding.is_settled)
    )


def find_check(*, key: str, year: int) -> Finding | None:
    """One check by its key and year, recomputed (queries: see `audit`)."""
    return next((each for each in audit(years=[year]) if each.key == key), None)


def years_told(*further: tuple[QuerySet[Any], str]) -> tuple[int, ...]:
    """The years of the records that make claims, the latest first (queries: see `years_with`). `further`: others that
    do, and the period they are filed under."""
    return years_with(
        (Measurement.objects.all(), "period"),
        (Change.objects.all(), "to_period"),
        (Incident.objects.all(), "period"),
        (Engagement.objects.all(), "period"),
        (Activity.objects.filter(hours__isnull=False), "period"),
        *further,
    )


def decided_by(settlements: Iterable[Settlement]) -> dict[int, models.Model]:
    """Who saved each settlement as it is, and when: its latest row of history, by id (one query, none without any)."""
    ids = [settlement.pk for settlement in settlements]
    if not ids:
        return {}
    rows = Settlement.history.filter(id__in=ids).select_related("history_user").order_by("history_id")
    return {row.id: row for row in rows}
