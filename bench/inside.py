"""What only the app itself can say, in a process of its own with the app's real settings: `python -m bench.inside`.

`identities` makes what the requests identify themselves with; `statements PATH …` tells what SQL a page runs.
Answers with one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore as DjangoSessions
from django.db import connection
from django.test import Client

ASKING = "seed-1"


def identities() -> dict[str, str]:
    """Cookies of the app and of the limit app, and a token, all of seed-1."""
    from records.models import Account, ApiToken
    from records.ownership import owner_scope

    account = Account.objects.get(username=ASKING)
    with owner_scope(account):
        ApiToken.objects.filter(name="bench").delete()
    sessions: Any = import_module(settings.SESSION_ENGINE)
    return {
        "careertrack": _signed_in(sessions.SessionStore(), account, settings.AUTHENTICATION_BACKENDS[0]),
        "bench.limit": _signed_in(DjangoSessions(), account, "django.contrib.auth.backends.ModelBackend"),
        "token": ApiToken.issue(owner=account, name="bench")[1],
    }


def _signed_in(session: Any, account: Any, backend: str) -> str:  # noqa: ANN401
    session[auth.SESSION_KEY] = str(account.pk)
    session[auth.BACKEND_SESSION_KEY] = backend
    session[auth.HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def statements(paths: list[str]) -> dict[str, Any]:
    """By path: status, the statements of one request with their parameters, and the length of the answer.

    The API is asked with a token, a page with a session. The first request of a token does not count: it notes its use.
    """
    known = identities()
    client = Client(raise_request_exception=False, HTTP_HOST="127.0.0.1")
    client.cookies[settings.SESSION_COOKIE_NAME] = known["careertrack"]
    seen: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: ANN401
        seen.append((sql, params))
        return execute(sql, params, many, context)

    found = {}
    with connection.execute_wrapper(note):
        for path in paths:
            headers = {}
            if path.startswith("/api/"):
                headers = {"Authorization": f"Bearer {known['token']}"}
                client.get(path, headers=headers)
            seen.clear()
            answer = client.get(path, headers=headers)
            found[path] = {
                "status": answer.status_code,
                "statements": list(seen),
                "bytes": len(answer.content),
            }
    return found


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "careertrack.settings"
    django.setup()
    wanted, *paths = sys.argv[1:]
    answer = identities() if wanted == "identities" else statements(paths)
    sys.stdout.write(json.dumps(answer, default=str))


if __name__ == "__main__":
    main()
