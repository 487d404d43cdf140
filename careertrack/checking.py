"""The page of checks: metrics recompute, goals rest on it. Only here do they meet. Runs inside the owner's scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from goals.models import Goal
from goals.touched import goals_touched
from metrics.audit import audit
from metrics.checks import Agreement
from metrics.findings import Finding
from metrics.forms import CheckFilterForm, ReopenForm, SettlementForm
from metrics.listings import Listing, decided_by, list_checks, settled_and_gone, years_told
from metrics.models import Settlement
from metrics.rows import record_of
from metrics.unread import read_shares
from projects.models import Project
from records.models import Record

CHECKS_PER_PAGE = 25
# A figure of two hundred projects would make the page as long as a book. The one asked for by name lists them all.
INPUTS_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCheck:
    """A check as the page shows it: its inputs, the goals it touches, who decided about it, and the forms to decide.

    `inputs`: all of `input_count`, or the first of them. `decided` None: nobody did, or nobody knows who. `settling`
    None: it agrees exactly, there is nothing to decide.
    """

    finding: Finding
    record: Record
    inputs: tuple[Record, ...]
    input_count: int
    goals: tuple[Goal, ...]
    decided: Any
    settling: SettlementForm | None
    reopening: ReopenForm | None

    @property
    def group(self) -> str:
        """What stands under one heading: contradictions that are open, settled or corrected; other verdicts."""
        if self.finding.is_corrected:
            return "corrected"
        is_settled = self.finding.check.verdict == Agreement.CONTRADICTS and self.finding.is_settled
        return "settled" if is_settled else self.finding.check.verdict.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    """`gone`: the forms that withdraw settlements whose check is no longer made. Of one year alone these are not
    known; they are looked for if the check asked for by name is not there."""

    form: CheckFilterForm
    listing: Listing
    page: Page[Finding]
    checks: tuple[ShownCheck, ...]
    gone: tuple[ReopenForm, ...]
    is_empty: bool


def check_page(
    *, query: Mapping[str, str], refused: SettlementForm | ReopenForm | None = None, key: str = ""
) -> CheckPage:
    """The checks a query string asks for. `refused`: the form of the check `key` that could not be saved.

    Queries, whatever the number of records: years (2), projects, audit (14), settlements without a check (1), goals
    touched (4 to 5), who settled (1 if anything is settled). One more audit after a correction that made its check
    vanish.
    """
    years = years_told((Goal.objects.all(), "set_in"))
    form = CheckFilterForm(query, years=years, projects=Project.objects.order_by("name"))
    terms, anchor = form.terms, query.get("at")
    listing = list_checks(
        audit(
            years=None if terms.year is None else [terms.year], is_summed=True, project_id=terms.project_id
        ),
        terms=terms,
        # A check asked for by name may stand anywhere.
        first=None if anchor else _number(query.get("page")) * CHECKS_PER_PAGE,
    )
    asked = None if not anchor else _page_of(anchor, listing)
    page = Paginator(listing.findings, CHECKS_PER_PAGE).get_page(asked or _number(query.get("page")))
    gone: tuple[Settlement, ...] = ()
    if terms.year is None:
        gone = settled_and_gone(listing)
    elif anchor and asked is None:
        gone = settled_and_gone()
    return CheckPage(
        form=form,
        listing=listing,
        page=page,
        checks=_shown(read_shares(page.object_list), asked=anchor, refused=refused, key=key),
        gone=tuple(map(ReopenForm.for_gone, gone)),
        is_empty=not listing.read and not gone and terms.year is None,
    )


def _number(text: str | None) -> int:
    """Of a page in an address; the first for what is no number. There are no more pages than nine digits count."""
    return max(int(text), 1) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 1


def _page_of(anchor: str, listing: Listing) -> int | None:
    """The page on which the check stands; None if it is not listed."""
    place = listing.findings.place_of(anchor)
    return None if place is None else place // CHECKS_PER_PAGE + 1


def _shown(
    findings: list[Finding], *, asked: str | None, refused: SettlementForm | ReopenForm | None, key: str
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
        inputs = finding.subjects[1:]
        listed = inputs if finding.anchor == asked else inputs[:INPUTS_LISTED]
        shown.append(
            ShownCheck(
                finding=finding,
                record=finding.record,
                inputs=tuple(map(record_of, listed)),
                input_count=len(inputs),
                goals=touched[finding.key],
                decided=None if finding.settlement is None else decided.get(finding.settlement.pk),
                settling=settling,
                reopening=reopening,
            )
        )
    return tuple(shown)
