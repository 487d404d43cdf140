"""Which checks the page, the API and the command show, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from metrics.audit import Finding, audit
from metrics.checks import SEVERITY, Agreement
from metrics.models import Measurement, Settlement
from records.periods import year_of

# With more measurements than this a page shows the checks of one year; recomputing takes its time.
MOST_AT_ONCE = 2000


class State(models.TextChoices):
    OPEN = "open", _("open")
    SETTLED = "settled", _("settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What to show; None shows all. `with_exact`: also what agrees exactly, although no verdict is asked for."""

    verdict: Agreement | None = None
    kind: str | None = None
    year: int | None = None
    project_id: int | None = None
    state: State | None = None
    with_exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The checks that fit, in order. `tally` counts each verdict, worst first, as if none were asked for.

    `contradicting` and `settled`: how many of these contradict and are open, and how many of these are settled.
    `exact_hidden`: how many exact ones fit and are left out.
    """

    findings: tuple[Finding, ...]
    tally: tuple[tuple[Agreement, int], ...]
    contradicting: int
    settled: int
    exact_hidden: int


def list_checks(findings: Iterable[Finding], *, terms: Terms) -> Listing:
    """Open contradictions first, then settled ones, then the other verdicts, worst first; the latest year first."""
    fitting = [each for each in findings if _fits(each, terms)]
    counted = Counter(each.check.verdict for each in fitting)
    if terms.verdict is not None:
        shown = [each for each in fitting if each.check.verdict == terms.verdict]
    elif terms.with_exact:
        shown = fitting
    else:
        # What was once decided stays in sight, also where it has come to agree.
        shown = [
            each for each in fitting if each.check.verdict != Agreement.EXACT or each.settlement is not None
        ]
    return Listing(
        findings=tuple(sorted(shown, key=_order)),
        tally=tuple((verdict, counted[verdict]) for verdict in SEVERITY if counted[verdict]),
        contradicting=sum(each.is_open_contradiction for each in fitting),
        settled=sum(each.is_settled for each in fitting),
        exact_hidden=len(fitting) - len(shown) if terms.verdict is None else 0,
    )


def _fits(finding: Finding, terms: Terms) -> bool:
    return (
        terms.kind in (None, finding.check.kind)
        and terms.year in (None, finding.year)
        and (terms.project_id is None or terms.project_id in finding.project_ids)
        and (terms.state is None or (terms.state == State.SETTLED) == finding.is_settled)
    )


def _order(finding: Finding) -> tuple[int, bool, int, str]:
    severity = SEVERITY.index(finding.check.verdict)
    return severity, severity == 0 and finding.is_settled, -finding.year, finding.key


def find_check(*, key: str, year: int) -> Finding | None:
    """One check by its key and year, recomputed (queries: see `audit`)."""
    return next((each for each in audit(years=[year]) if each.key == key), None)


def measurements_by_year() -> dict[int, int]:
    """How many measurements each year has, the latest year first. One query."""
    rows = Measurement.objects.annotate(year=year_of("period")).values_list("year")
    return {int(year): count for year, count in rows.annotate(count=Count("id")).order_by("-year")}


def decided_by(settlements: Iterable[Settlement]) -> dict[int, models.Model]:
    """Who saved each settlement as it is, and when: its latest row of history, by id (one query, none without any)."""
    ids = [settlement.pk for settlement in settlements]
    if not ids:
        return {}
    rows = Settlement.history.filter(id__in=ids).select_related("history_user").order_by("history_id")
    return {row.id: row for row in rows}
