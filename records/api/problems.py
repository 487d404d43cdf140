"""What every refusal looks like: RFC 9457 `application/problem+json`, with a `code` that scripts may rely on.

    {"type": "about:blank", "title": "Bad Request", "status": 400, "code": "invalid",
     "detail": "One value is not accepted.", "errors": [{"field": "value", "code": "rule", "message": "…"}]}

`title`, `detail` and `message` are for people, in their language; `code` and `field` never change.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelError
from django.db import OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from rest_framework import exceptions, status
from rest_framework.response import Response

from records.api.strict_json import written

CONTENT_TYPE = "application/problem+json"
logger = logging.getLogger("django.request")

# Every code there is, with what it means: the schema tells it to whoever writes a script.
CODES: dict[int, dict[str, str]] = {
    400: {
        "invalid": "A value in the body is not accepted; `errors` names each.",
        "invalid_parameter": "A query parameter is unknown or its value is not accepted; `errors` names each.",
        "malformed": "The body is not valid JSON (duplicate names and NaN are refused as well).",
    },
    401: {
        "not_authenticated": "No token was sent.",
        "invalid_token": "The token is unknown, revoked or expired, or its account is closed.",
    },
    403: {
        "read_only_token": "The token may read and not write.",
        "permission_denied": "Not allowed; a session needs its CSRF token for this.",
    },
    404: {"not_found": "There is no such record, or no such address."},
    405: {"method_not_allowed": "This address does not take this method."},
    406: {"not_acceptable": "Only `application/json` is spoken here."},
    409: {
        "stale_version": "The record was changed since it was read; `stored_version` is the present one.",
        "protected": "Other records need this one; delete or change them first.",
        "conflict": "Somebody else was faster; repeat the request.",
    },
    413: {"too_large": "The body is too large."},
    415: {"unsupported_media_type": "The body must be `application/json`."},
    428: {"version_required": "Send the `version` that was read, so that no other edit is lost."},
    429: {"throttled": "Too many requests; `Retry-After` says how many seconds to wait."},
    500: {"server_error": "Our mistake. The log of the server has the details."},
    503: {"unavailable": "The database does not answer; try again."},
}


class Malformed(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "malformed"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("The body is too large.")


class InvalidParameter(exceptions.ValidationError):
    """Query parameters, each with what is wrong with it."""

    default_code = "invalid_parameter"


class VersionRequired(exceptions.APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "version_required"
    default_detail = _("Send the version that you read, so that no other edit is lost.")


class StaleVersion(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "stale_version"
    default_detail = _("This record was changed in the meantime. Reload it and repeat your change.")

    def __init__(self, *, stored: int | None) -> None:
        super().__init__()
        self.stored = stored


class Raced(exceptions.APIException):
    """The database refused at the last moment what was fine when it was checked."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = _("Somebody else was faster. Nothing was saved; repeat the request.")


class Protected(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "protected"

    def __init__(self, error: ProtectedError) -> None:
        counted: dict[str, int] = {}
        for record in error.protected_objects:
            label = str(record._meta.verbose_name)
            counted[label] = counted.get(label, 0) + 1
        which = ", ".join(f"{label} ({count})" for label, count in sorted(counted.items()))
        super().__init__(_t("It is still needed by: %(which)s.") % {"which": which})


def problem_of(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """The document and the headers for whatever a view raised; 500 for what nobody foresaw."""
    match error:
        case Http404():
            error = exceptions.NotFound(_t("There is no such record."))
        case PermissionDenied():
            error = exceptions.PermissionDenied()
        case RequestDataTooBig():
            error = TooLarge()
        case ModelError():
            error = exceptions.ValidationError(dict(errors_of(error)))
    headers: dict[str, str] = {}
    match error:
        case exceptions.ValidationError():
            errors = list(_flat(error.detail))
            detail = ngettext("%(n)s value is not accepted.", "%(n)s values are not accepted.", len(errors))
            code = error.default_code
            return document(400, code, detail % {"n": len(errors)}, errors=errors), headers
        case StaleVersion():
            more = {} if error.stored is None else {"stored_version": error.stored}
            return document(409, error.default_code, str(error.detail), **more), headers
        case exceptions.APIException():
            if auth_header := getattr(error, "auth_header", None):
                headers["WWW-Authenticate"] = auth_header
            if wait := getattr(error, "wait", None):
                headers["Retry-After"] = str(math.ceil(wait))
            codes = error.get_codes()
            code = codes if isinstance(codes, str) else error.default_code
            if code not in CODES.get(error.status_code, {}):
                code = next(iter(CODES.get(error.status_code, {error.default_code: ""})))
            return document(error.status_code, code, str(error.detail)), headers
        case OperationalError():
            logger.error("The database does not answer.", exc_info=error)
            headers["Retry-After"] = "5"
            return document(503, "unavailable", _t("The database does not answer. Try again.")), headers
    logger.error("An API request failed.", exc_info=error)
    return document(500, "server_error", _t("This is our mistake; nothing was saved.")), headers


def document(status_code: int, code: str, detail: str, **more: object) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "code": code,
        "detail": detail,
        **more,
    }


def respond(error: Exception) -> Response:
    """For a view: the renderer writes it."""
    body, headers = problem_of(error)
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def respond_plainly(error: Exception) -> HttpResponse:
    """Where no view of the API has a say any more."""
    body, headers = problem_of(error)
    return HttpResponse(written(body), status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def errors_of(error: ModelError) -> Iterator[tuple[str, list[exceptions.ErrorDetail]]]:
    """What `full_clean` found, by field; "" for the record as a whole. A broken rule has the code `rule`."""
    found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, problems in found.items():
        yield (
            "" if name == NON_FIELD_ERRORS else name,
            [
                exceptions.ErrorDetail(" ".join(problem.messages), code=problem.code or "rule")
                for problem in problems
            ],
        )


def _flat(detail: Any, path: str = "") -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Every message with the path to what it is about: `measurements[3].value`; None for the whole."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            whole = name in ("", "non_field_errors")
            yield from _flat(inner, path if whole else f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            yield from _flat(inner, path if isinstance(inner, exceptions.ErrorDetail) else f"{path}[{place}]")
    else:
        yield {"field": path or None, "code": detail.code, "message": str(detail)}
