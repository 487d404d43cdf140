"""Sessions that know their account, so that one query finds out who asks.

As with Django's own, a session ends on the next request after signing out, changing the password or being
deactivated: its row is gone, or its hash no longer fits, or the account says so itself.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from records.models import Session


class SessionStore(db.SessionStore):
    """Django's sessions in the database; `account` is that of the session read, None before or without one."""

    account: Any = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Any:  # noqa: ANN401
        found: Any = super()._get_session_from_db()  # type: ignore[misc]
        self.account = None if found is None else found.account
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        session: Any = super().create_model_instance(data)
        session.account_id = data.get(SESSION_KEY)
        return session


def _is_by_token(request: HttpRequest) -> bool:
    """A script of the API, which has no session: it gets in by its token, or not at all (records/tokens.py)."""
    scheme = request.META.get("HTTP_AUTHORIZATION", "")[:7]
    return scheme.lower() == "bearer " and request.path_info.startswith("/api/")


class SessionMiddleware(sessions.SessionMiddleware):
    """No session for scripts. Until the view has looked at the token, it is nobody who asks."""

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401
        if _is_by_token(request):
            request.user = AnonymousUser()
            return self.get_response(request)
        return super().__call__(request)


class MessageMiddleware(messages.MessageMiddleware):
    """No messages without a session."""

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return self.get_response(request) if _is_by_token(request) else super().__call__(request)


class AccountMiddleware(AuthenticationMiddleware):
    """Takes the account that came with the session if Django would; in any doubt it lets Django decide."""

    def process_request(self, request: HttpRequest) -> None:
        if _is_by_token(request):
            return
        super().process_request(request)
        session: Any = request.session
        named = session.get(SESSION_KEY)  # reads the session, and the account with it
        account = session.account
        if (
            account is not None
            and account.is_active
            and str(account.pk) == named
            and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
            and constant_time_compare(session.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash())
        ):
            request._cached_user = account  # type: ignore[attr-defined]
