"""The checks as JSON: the same function as the page. Decimals are strings, absent is null."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.audit import Finding, audit_sorted
from metrics.checks import Agreement, CheckKind
from metrics.forms import year_asked
from metrics.units import plain
from records.api import OwnedAPIView, source_of
from records.models import Record
from records.periods import FIRST_YEAR, LAST_YEAR


class CheckView(OwnedAPIView):
    """GET /api/v1/checks/?year=&verdict=&kind=: every check that fits, contradictions first."""

    def get(self, request: Request) -> Response:
        year, verdict = _year(request), _choice(request, "verdict", Agreement)
        kind = _choice(request, "kind", CheckKind)
        return Response(
            [
                _check(finding)
                for finding in audit_sorted(years=None if year is None else [year])
                if verdict in (None, finding.check.verdict) and kind in (None, finding.check.kind)
            ]
        )


def _year(request: Request) -> int | None:
    text = request.query_params.get("year", "")
    year = year_asked(text)
    if text and year is None:
        allowed = {"value": text, "first": FIRST_YEAR, "last": LAST_YEAR}
        message = _("“%(value)s” is no year; write one from %(first)s to %(last)s.") % allowed
        raise ValidationError({"year": [message]})
    return year


def _choice(request: Request, name: str, choices: type[TextChoices]) -> str | None:
    value = request.query_params.get(name, "")
    if value and value not in choices.values:
        allowed = {"value": value, "choices": ", ".join(choices.values)}
        message = _("“%(value)s” is none of the choices: %(choices)s.") % allowed
        raise ValidationError({name: [message]})
    return value or None


def _check(finding: Finding) -> dict[str, Any]:
    check, settlement = finding.check, finding.settlement
    settled = None
    if finding.is_settled and settlement is not None:
        settled = {"decision": settlement.decision, "reason": settlement.reason}
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
        "settled": settled,
        "source": source_of(finding.record),
        "inputs": [_input(record) for record in finding.inputs],
    }


def _input(record: Record) -> dict[str, Any]:
    return {
        "kind": record._meta.model_name,
        "key": "/".join(str(part) for part in record.key if part is not None),
        "source": source_of(record),
    }


def decimal_text(value: Decimal | None) -> str | None:
    """Exact and short: `80.5`. A quotient that never ends is cut at twelve places."""
    return None if value is None else plain(round(value, 12))
