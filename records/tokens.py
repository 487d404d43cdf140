"""Who a token stands for, what it may do, and how often.

Every API view authenticates here (`records.guards` holds it), so none can forget that a token ended, or that it may
only read. docs/decisions/0016-tokens.md has the reasons.
"""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections import deque
from contextlib import suppress

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

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
        scheme, _space, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
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


class Asked:
    """Who asked when within the last minute, in the memory of a server process: a count in the database would make
    every read a write. Exact within the process, and as quick with a thousand requests a minute as with one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: dict[str, deque[float]] = {}

    def take(self, who: str, *, limit: int, now: float) -> float:
        """Seconds until `who` may ask again; 0: now, and it is counted. `now`: in seconds, never less than before."""
        with self._lock:
            moments = self._moments.get(who)
            if moments is None:
                if len(self._moments) >= _MOST_ASKING:
                    self._forget(now - _MINUTE)
                moments = self._moments[who] = deque()
            while moments and moments[0] <= now - _MINUTE:
                moments.popleft()
            if len(moments) >= limit:
                return moments[-limit] + _MINUTE - now
            moments.append(now)
            return 0

    def _forget(self, before: float) -> None:
        """Whoever has not asked since."""
        self._moments = {who: each for who, each in self._moments.items() if each and each[-1] > before}

    def clear(self) -> None:
        with self._lock:
            self._moments.clear()


ASKED = Asked()
_MINUTE, _MOST_ASKING = 60, 10_000


class _PerMinute(BaseThrottle):
    _wait = 0.0

    def allow_request(self, request: Request, view: object) -> bool:
        limit: int | None = settings.API_REQUESTS_PER_MINUTE
        if limit:
            self._wait = ASKED.take(self.asking(request), limit=limit, now=time.monotonic())
        return not self._wait

    def wait(self) -> float:
        return self._wait

    @abstractmethod
    def asking(self, request: Request) -> str: ...


class PerToken(_PerMinute):
    """How often one token may ask; without a token, one account."""

    def asking(self, request: Request) -> str:
        return (
            f"token {request.auth.pk}" if isinstance(request.auth, ApiToken) else f"account {request.user.pk}"
        )


class PerAddress(_PerMinute):
    """How often one address may ask, with however many tokens."""

    def asking(self, request: Request) -> str:
        return f"address {address_of(request._request)}"
