"""The page of checks: metrics recompute, goals rest on it. Only here do they meet. Runs inside the owner's scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from goals.models import Goal
from goals.touched import goals_touched
from metrics.audit import Finding, audit
from metrics.checks import Agreement
from metrics.forms import CheckFilterForm, ReopenForm, SettlementForm, year_asked
from metrics.listings import MOST_AT_ONCE, Listing, decided_by, list_checks, measurements_by_year
from projects.models import Project

CHECKS_PER_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCheck:
    """A check as the page shows it: the goals it touches, who decided about it, and the forms to decide.

    `decided` None: nobody did, or nobody knows who. `settling` None: it agrees exactly, there is nothing to decide.
    """

    finding: Finding
    goals: tuple[Goal, ...]
    decided: Any
    settling: SettlementForm | None
    reopening: ReopenForm | None

    @property
    def group(self) -> str:
        """What stands together under one heading: contradictions that are open, settled ones, any other verdict."""
        is_settled = self.finding.check.verdict == Agreement.CONTRADICTS and self.finding.is_settled
        return "settled" if is_settled else self.finding.check.verdict.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    """`only_year`: this year alone is shown, because all of them together are too many; None otherwise."""

    form: CheckFilterForm
    listing: Listing
    page: Page[Finding]
    checks: tuple[ShownCheck, ...]
    is_empty: bool
    only_year: int | None


def check_page(
    *, query: Mapping[str, str], refused: SettlementForm | ReopenForm | None = None, key: str = ""
) -> CheckPage:
    """The checks a query string asks for. `refused`: the form of the check `key` that could not be saved.

    Queries, whatever the number of records: years, audit (13), projects, goals touched (4 to 5), who settled (1 if
    anything is settled).
    """
    counts = measurements_by_year()
    chosen = year_asked(query.get("year"))
    only_year = next(iter(counts)) if sum(counts.values()) > MOST_AT_ONCE else None
    one_year = None if only_year is None else chosen or only_year
    findings = list(audit(years=None if one_year is None else [one_year]))
    years = {finding.year for finding in findings} | set(counts if only_year is not None else ())
    ids = {pk for finding in findings for pk in finding.project_ids}
    form = CheckFilterForm(
        query,
        years=sorted(years, reverse=True),
        projects=Project.objects.filter(pk__in=ids).order_by("name"),
        only_year=only_year,
    )
    listing = list_checks(findings, terms=form.terms)
    page = Paginator(listing.findings, CHECKS_PER_PAGE).get_page(_page_asked(listing, query))
    return CheckPage(
        form=form,
        listing=listing,
        page=page,
        checks=_shown(list(page.object_list), refused=refused, key=key),
        is_empty=not findings and only_year is None,
        only_year=one_year,
    )


def _page_asked(listing: Listing, query: Mapping[str, str]) -> int | str | None:
    """The page on which the check `at` stands; else the one asked for by number."""
    for place, finding in enumerate(listing.findings):
        if finding.anchor == query.get("at"):
            return place // CHECKS_PER_PAGE + 1
    return query.get("page")


def _shown(
    findings: list[Finding], *, refused: SettlementForm | ReopenForm | None, key: str
) -> tuple[ShownCheck, ...]:
    touched = goals_touched(findings)
    decided = decided_by(each.settlement for each in findings if each.settlement is not None)
    shown = []
    for finding in findings:
        settling, reopening = None, None
        if finding.check.verdict != Agreement.EXACT or finding.settlement is not None:
            settling = SettlementForm.for_finding(finding)
        if finding.settlement is not None:
            reopening = ReopenForm.for_finding(finding)
        if finding.key == key:
            settling = refused if isinstance(refused, SettlementForm) else settling
            reopening = refused if isinstance(refused, ReopenForm) else reopening
        shown.append(
            ShownCheck(
                finding=finding,
                goals=touched[finding.key],
                decided=None if finding.settlement is None else decided.get(finding.settlement.pk),
                settling=settling,
                reopening=reopening,
            )
        )
    return tuple(shown)
