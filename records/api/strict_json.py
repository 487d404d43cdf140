"""JSON in and out: strict where it comes in, fast where it goes out.

In: UTF-8 only; no name twice in an object, no NaN, no infinity, no lone surrogate, no number of absurd length, nothing
behind the end. Numbers with a point are `Decimal` and never go through a float. orjson would take a name twice and
turn long integers into floats, so the standard library reads; what it would take as well is refused here.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import IO, Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

LONGEST_BODY = 1024 * 1024
LONGEST_NUMBER = 40
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def written(data: object) -> bytes:
    """Moments in UTC with a Z; anything that is no JSON value is written as its text."""
    try:
        return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)
    except TypeError:  # some names are no plain texts; to look out for that takes as long again
        return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class StrictJSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:  # noqa: ANN401
        return b"" if data is None else written(data)


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Any:  # noqa: ANN401
        from records.api.problems import TooLarge

        context = parser_context or {}
        limit = getattr(context.get("view"), "longest_body", LONGEST_BODY)
        length = context["request"].META.get("CONTENT_LENGTH") if "request" in context else None
        if length and str(length).isdecimal() and int(length) > limit:
            raise TooLarge
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        return read(body)


def read(body: bytes) -> Any:  # noqa: ANN401
    """Raises `problems.Malformed` with a sentence that names the place."""
    from records.api.problems import Malformed

    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        message = _("The body is not UTF-8: see byte %(place)s.") % {"place": error.start + 1}
        raise Malformed(message) from error
    try:
        data = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_decimal,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        message = _("The body is not JSON: see line %(line)s, column %(column)s.") % place
        raise Malformed(message) from error
    except RecursionError as error:
        raise Malformed(_("The body is nested too deeply.")) from error
    except _RefusedError as error:
        raise Malformed(str(error)) from error
    if _ESCAPED_SURROGATE.search(text) and _has_surrogate(data):
        raise Malformed(_("The body contains half a character (a lone surrogate)."))
    return data


class _RefusedError(ValueError):
    """With a sentence for the reader."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError(_("“%(name)s” stands twice in the same object.") % {"name": _shown(twice)})
    return found


def _refuse_constant(text: str) -> None:
    raise _RefusedError(_("%(value)s is not a number that JSON knows.") % {"value": text})


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise _RefusedError(_("A number has too many digits."))
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise _RefusedError(_("A number has too many digits."))
    return Decimal(text)


def _shown(text: str) -> str:
    return _SURROGATE.sub("�", text[:40])


def _has_surrogate(data: object) -> bool:
    waiting: list[Any] = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if _SURROGATE.search(item):
                return True
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
    return False
