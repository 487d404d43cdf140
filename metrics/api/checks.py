"""The checks as JSON: the same function as the page. Decimals are strings, absent is null."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from metrics.api.figures import decimal_text
from metrics.audit import audit
from metrics.checks import Agreement, CheckKind
from metrics.findings import Finding, State
from metrics.listings import Terms, list_checks, settled_and_gone
from metrics.models import Settlement
from metrics.units import Unit
from metrics.unread import read_shares
from records.api import OwnedAPIView, source_of
from records.api.answers import (
    FIGURE,
    KEY,
    MAYBE_TEXT,
    SOURCE,
    TEXT,
    WHOLE,
    Described,
    many,
    maybe,
    one_of,
    shape,
    told,
)
from records.api.parameters import Choice, Whole, Year
from records.keys import joined
from records.models import Record

DEFAULT_SIZE, LARGEST_SIZE = 100, 500
_DECIDED: dict[str, Described] = {"decision": one_of(Settlement.Decision.values), "reason": TEXT}
CHECK: Described = shape(
    key=told(TEXT, "Names the check as long as the records keep their names."),
    kind=one_of(CheckKind.values, "What is held against what."),
    year=WHOLE,
    claim=told(TEXT, "What is stated, for people."),
    stated=FIGURE,
    computed=told(FIGURE, "What its parts give; null: it cannot be computed."),
    difference=told(FIGURE, "Computed less stated."),
    unit=maybe(one_of(Unit.values)),
    verdict=one_of(Agreement.values, "How the two agree."),
    formula=told(TEXT, "How it was computed, for people."),
    note=MAYBE_TEXT,
    state=one_of([state.value for state in State], "What became of the check; the first three are open."),
    settlement=maybe(shape("What you decided about it; null: nothing.", **_DECIDED)),
    source=SOURCE,
    inputs=many(
        shape(kind=told(TEXT, "The name of its model: `measurement`."), key=KEY, source=SOURCE),
        "The records it was computed from.",
    ),
)
CHECK_EXAMPLE = {
    "key": "ratio:measurement/schedule-adherence/2024",
    "kind": "ratio",
    "year": 2024,
    "claim": "Schedule adherence, 2024: 62%",
    "stated": "62",
    "computed": "62.5",
    "difference": "0.5",
    "unit": "percent",
    "verdict": "truncated",
    "formula": "5 / 8 = 62.5%",
    "note": None,
    "state": "open",
    "settlement": None,
    "source": {"document": 2024, "lines": "44-46"},
    "inputs": [],
}


class CheckView(OwnedAPIView):
    """The checks that fit, open contradictions first.

    `results` are `page_size` of them; `next` is the address of those that follow, null at the end; `count` is the
    number of all that fit, by verdict, whatever verdict is asked for.
    """

    parameters = {
        "get": (
            Year(name="year", description="Only claims about this year.", example=2024),
            Choice.of("verdict", Agreement, description="Only checks that came out like this."),
            Choice.of("kind", CheckKind, description="Only checks of this kind."),
            Whole(name="page", description="Which page, from 1.", least=1, most=999_999),
            Whole(
                name="page_size",
                description=f"How many checks a page has, {DEFAULT_SIZE} unless told.",
                least=1,
                most=LARGEST_SIZE,
            ),
        )
    }
    answers = shape(
        count={
            "type": "object",
            "description": "How many of all that fit came out like this; what none did is left out.",
            "properties": {verdict.value: WHOLE for verdict in Agreement},
            "additionalProperties": False,
        },
        next={
            **MAYBE_TEXT,
            "format": "uri",
            "description": "The address of the next page; null on the last one.",
        },
        results=many(CHECK),
        gone=maybe(
            many(
                shape(key=told(TEXT, "The key the check had."), **_DECIDED),
                "What you decided about checks that are no longer made, as a record was deleted or says something "
                "else by now; null if a year is asked for, as only all years together tell.",
            )
        ),
    )
    example = {"count": {"contradicts": 1}, "next": None, "results": [CHECK_EXAMPLE], "gone": []}

    def get(self, request: Request) -> Response:
        year, verdict = self.asked.get("year"), self.asked.get("verdict")
        page, size = self.asked.get("page", 1), self.asked.get("page_size", DEFAULT_SIZE)
        terms = Terms(
            year=year,
            kind=self.asked.get("kind"),
            verdict=Agreement(verdict) if verdict else None,
            with_exact=not verdict,
        )
        found = audit(years=None if year is None else [year], is_summed=True)
        listing = list_checks(found, terms=terms, first=page * size)
        following = None
        if page * size < len(listing.findings):
            following = replace_query_param(request.build_absolute_uri(), "page", page + 1)
        return Response(
            {
                "count": {verdict.value: number for verdict, number in listing.tally},
                "next": following,
                "results": [
                    check_answer(each)
                    for each in read_shares(listing.findings[(page - 1) * size : page * size])
                ],
                "gone": None
                if year is not None
                else [{"key": each.check_key, **_decided(each)} for each in settled_and_gone(listing)],
            }
        )


def check_answer(finding: Finding) -> dict[str, Any]:
    check, settlement, record = finding.check, finding.settlement, finding.record
    return {
        "key": finding.key,
        "kind": check.kind,
        "year": finding.year,
        "claim": check.claim,
        "stated": decimal_text(check.stated),
        "computed": decimal_text(check.computed),
        "difference": decimal_text(check.difference),
        "unit": check.unit or None,
        "verdict": check.verdict,
        "formula": check.formula,
        "note": check.note or None,
        "state": finding.state.value,
        "settlement": None if settlement is None else _decided(settlement),
        "source": source_of(record),
        "inputs": [_input(record) for record in finding.inputs],
    }


def _decided(settlement: Settlement) -> dict[str, str]:
    return {"decision": settlement.decision, "reason": settlement.reason}


def _input(record: Record) -> dict[str, Any]:
    return {
        "kind": record._meta.model_name,
        "key": joined(record.key),
        "source": source_of(record),
    }
