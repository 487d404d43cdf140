"""Many figures at once, for the script that pushes last quarter's: all of them or none."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.models import Measurement
from metrics.viewsets import MeasurementSerializer
from records.api import OwnedAPIView
from records.api.answers import KEY, many, shape
from records.api.problems import Raced
from records.keys import joined
from records.merging import Plan, Row, apply, plan_rows
from records.models import Conflict

MOST = 5000


class BulkMeasurementView(OwnedAPIView):
    """Create or update up to 5,000 measurements, each named by metric, period and project: all of them or none.

    A field that is left out stays as it is, null empties it. Repeating the request changes nothing. Errors name the
    index and the field: `measurements[3].value`.
    """

    longest_body = 8 * 1024 * 1024
    # For the schema: one of what is sent.
    takes_many: ClassVar[tuple[str, int, Any]] = ("measurements", MOST, MeasurementSerializer)
    answers = shape(
        created=many(KEY, "Keys of what is new, in the order sent."),
        updated=many(KEY, "Keys of what is different now."),
        unchanged=many(KEY, "Keys of what was the same already."),
    )
    example = {"created": ["schedule-adherence~2024-Q1~"], "updated": [], "unchanged": []}

    def put(self, request: Request) -> Response:
        plan = plan_rows(Measurement, _rows(request.data))
        if plan.problems:
            raise ValidationError(_by_index(plan))
        # Their slugs are in the keys.
        every: list[Any] = [*plan.created, *plan.changed, *plan.unchanged]
        prefetch_related_objects([row.record for row in every], "metric", "project")
        groups: dict[str, Any] = {
            "created": plan.created,
            "updated": plan.changed,
            "unchanged": plan.unchanged,
        }
        answer = {name: [joined(row.record.key) for row in rows] for name, rows in groups.items()}
        if not plan.is_empty:
            try:
                apply(plan, by=request.user, reason="API")  # type: ignore[arg-type]
            except Conflict as error:
                raise Raced(str(error)) from error
        return Response(answer)


def _rows(data: object) -> list[Row]:
    rows = data.get("measurements") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(rows, list):
        message = _("Send an object with a list of measurements.")
        raise ValidationError({"measurements": [ErrorDetail(message, code="invalid")]})
    if unknown := sorted(data.keys() - {"measurements"}):
        message = _("There is no such field.")
        raise ValidationError({name: [ErrorDetail(message, code="unknown_field")] for name in unknown})
    if len(rows) > MOST:
        message = _("At most %(limit)s at once.") % {"limit": MOST}
        raise ValidationError({"measurements": [ErrorDetail(message, code="too_many")]})
    wrong = [place for place, row in enumerate(rows) if not isinstance(row, dict)]
    if wrong:
        problem = ErrorDetail(_("Write an object."), code="invalid")
        raise ValidationError({f"measurements[{place}]": [problem] for place in wrong})
    return [Row(place=place, values=row) for place, row in enumerate(rows)]


def _by_index(plan: Plan) -> dict[str, list[ErrorDetail]]:
    found: dict[str, list[ErrorDetail]] = {}
    for problem in plan.problems:
        where = f"measurements[{problem.place}]" + (f".{problem.field}" if problem.field else "")
        found.setdefault(where, []).append(ErrorDetail(problem.message, code=problem.code))
    return found
