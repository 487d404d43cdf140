"""Who a token stands for, what it may do, and how often.

Every API view authenticates here (`records.guards` holds it), so none can forget that a token ended, or that it may
only read. docs/decisions/0016-tokens.md has the reasons.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from records.models import Account, ApiToken
from records.throttling import Limit, TooManyTries, address_of, take

# A token cannot be guessed; this keeps a script that does not notice its 401 from asking for ever.
WRONG_TOKENS = Limit("wrong tokens", number=30, seconds=60)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. One query; once a minute a second one that notes the use.

    Unknown, revoked, expired, ended by a new password, of a closed account: one 401 for all of them. A wrong token
    too many from one address: 429. A token that may only read, used to write: 403, `read_only_token`.
    """

    scheme = "Bearer"

    def authenticate(self, request: Request) -> tuple[Account, ApiToken] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        now = timezone.now()
        token = ApiToken.presented(text.strip(), as_of=timezone.localdate(now))
        if token is None:
            try:
                take(WRONG_TOKENS, address_of(request._request))
            except TooManyTries as error:
                raise Throttled(wait=error.wait) from error
            raise AuthenticationFailed(_("This token is not valid."), code="invalid_token")
        with suppress(OperationalError):  # to read is more important than to know when somebody read
            token.note_use(at=now)
        if request.method not in SAFE_METHODS and not token.may_write:
            raise PermissionDenied(_("This token may only read."), code="read_only_token")
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return self.scheme


class _PerMinute(SimpleRateThrottle):
    """Counts in the memory of each server process: a count in the database would make every read a write."""

    def get_rate(self) -> str | None:
        number: int | None = settings.API_REQUESTS_PER_MINUTE
        return f"{number}/min" if number else None


class PerToken(_PerMinute):
    """How often one token may ask; without a token, one account."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:  # noqa: ANN401
        who = f"t{request.auth.pk}" if isinstance(request.auth, ApiToken) else f"a{request.user.pk}"
        return self.cache_format % {"scope": self.scope, "ident": who}


class PerAddress(_PerMinute):
    """How often one address may ask, with however many tokens."""

    scope = "address"

    def get_cache_key(self, request: Request, view: Any) -> str | None:  # noqa: ANN401
        return self.cache_format % {"scope": self.scope, "ident": address_of(request._request)}
