"""What every API view has: authentication by token or session, and the scope of whoever was authenticated."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from records.models import Account, ApiToken, Record
from records.ownership import every_owner, owner_scope


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; one query. An unknown token and one of a closed account look alike."""

    scheme = "Bearer"

    def authenticate(self, request: Request) -> tuple[Account, ApiToken] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        # Who it is is the question here, so no owner is in force yet; the digest is unique across all of them.
        with every_owner():
            token = (
                ApiToken.objects.filter(digest=ApiToken.digest_of(text.strip()), owner__is_active=True)
                .select_related("owner")
                .first()
            )
        if token is None:
            raise AuthenticationFailed(_("This token is not valid."))
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return self.scheme


class OwnedAPIView(APIView):
    """Base of every API view. DRF authenticates inside the view, after the middleware: the scope begins here."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]

    _scope: ExitStack

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        with ExitStack() as self._scope:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().initial(request, *args, **kwargs)
        self._scope.enter_context(owner_scope(request.user))  # type: ignore[arg-type]


def source_of(record: Record) -> dict[str, Any] | None:
    """Where a record stands; the document must be joined. None: in no document."""
    if record.source is None:
        return None
    return {"document": record.source.year, "lines": record.source_lines or None}
