"""The Content-Security-Policy of every answer: what browsers may do with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

_TOLD_BY_DJANGO = (404, 500)


class Policy:
    """All answers have the one of the settings, so it is written once a process: to write it anew, as django-csp's own
    middleware does, took a tenth of an answer of the API. Only the pages on which Django explains errors to
    developers have none: all of their style is inline."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in _TOLD_BY_DJANGO):
            response[HEADER] = _written()
        return response


@cache
def _written() -> str:
    return build_policy()
