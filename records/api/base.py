"""What every API view has: authentication by token or session, and the scope of whoever was authenticated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ErrorDetail, NotFound
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from records.api.parameters import Parameter
from records.api.problems import InvalidParameter, respond, respond_plainly
from records.api.strict_json import StrictJSONParser, StrictJSONRenderer, written
from records.ownership import owner_scope
from records.tokens import TokenAuthentication


class _Described:
    """Loads what describes the API only when somebody asks for the schema: it takes half a second."""

    def __get__(self, view: Any, kind: Any) -> Any:  # noqa: ANN401
        from records.api.openapi import OwnedSchema

        return OwnedSchema().__get__(view, kind)


class _Negotiation(DefaultContentNegotiation):
    """Nearly everybody asks for JSON or takes anything, which is the same: there is nothing to weigh up."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:  # noqa: ANN401
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", "application/json"):
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class OwnedAPIView(APIView):
    """Base of every API view. DRF authenticates inside the view, after the middleware: the scope begins here.

    Whatever is raised becomes a problem document. A read carries a weak ETag of its body, and answers 304 to
    whoever has it already. Query parameters that `parameters` does not name are refused.
    """

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    renderer_classes = [StrictJSONRenderer]
    parser_classes = [StrictJSONParser]
    content_negotiation_class = _Negotiation
    metadata_class = None  # OPTIONS would describe what the schema describes already
    schema: Any = _Described()
    # For the schema: what a successful GET answers, as JSON schema, and an example of it.
    answers: ClassVar[Mapping[str, Any]] = {}
    example: ClassVar[Any] = None
    # By method in lower case, or by action where there are actions.
    parameters: ClassVar[Mapping[str, Sequence[Parameter]]] = {}

    _scope: ExitStack
    asked: dict[str, Any]  # the values of the query parameters that were sent, by name

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        with ExitStack() as self._scope:
            try:
                return super().dispatch(request, *args, **kwargs)
            except Exception as error:  # while rendering
                return respond_plainly(error)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().initial(request, *args, **kwargs)
        self._scope.enter_context(owner_scope(request.user))  # type: ignore[arg-type]
        self.asked = self._read_parameters(request.query_params) if request.query_params else {}

    def get_exception_handler(self) -> Any:  # noqa: ANN401
        return lambda error, context: respond(error)

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        if request.method in SAFE_METHODS and response.status_code == 200:
            if isinstance(response, Response):
                response.render()
            return _unless_known(request, response)
        return response

    def _read_parameters(self, sent: QueryDict) -> dict[str, Any]:
        known = {each.name: each for each in self.known_parameters()}
        values: dict[str, Any] = {}
        wrong: dict[str, list[ErrorDetail]] = {}
        for name, texts in sent.lists():
            if name not in known:
                message = _("There is no such parameter here.")
                wrong[name] = [ErrorDetail(message, code="unknown_parameter")]
            elif len(texts) > 1:
                wrong[name] = [ErrorDetail(_("Send it once."), code="repeated")]
            elif texts[0] or known[name].takes_empty:
                try:
                    values[name] = known[name].read(texts[0])
                except ValueError as error:
                    wrong[name] = [ErrorDetail(str(error), code="invalid")]
        if wrong:
            raise InvalidParameter(wrong)
        return values

    def known_parameters(self) -> Sequence[Parameter]:
        name = getattr(self, "action", None) or (self.request.method or "").lower()
        return self.parameters.get("get" if name == "head" else name, ())


class NowhereView(OwnedAPIView):
    """Every address below /api/ that leads nowhere, whoever asks and with whatever method."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        raise NotFound(_("There is nothing at this address. Addresses end in a slash."))


def at_once(data: object) -> HttpResponse:
    """What a list answers, in the one way there is to write it: nothing is left to be chosen or rendered later."""
    return HttpResponse(written(data), content_type=StrictJSONRenderer.media_type)


def _unless_known(request: Request, response: HttpResponse) -> HttpResponseBase:
    """The answer with its ETag, or 304 for a client that has it."""
    etag = f'W/"{hashlib.blake2b(response.content, digest_size=16).hexdigest()}"'
    known = request.META.get("HTTP_IF_NONE_MATCH", "")
    if known and (known.strip() == "*" or etag[2:] in known):
        return HttpResponse(status=304, headers={"ETag": etag, "Cache-Control": "no-store"})
    response.headers["ETag"] = etag
    return response
