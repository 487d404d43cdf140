"""Walks every URL with GET and POST, with keys of another owner's records and with keys of nothing.

`find_leaks` answers with sentences; an empty list is an account that keeps to itself. A URL pattern that nobody
told the sweep about is found by `unknown_routes`.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.messages import get_messages
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver

from goals.models import Goal
from metrics.models import Metric
from projects.models import Project, Skill
from records.admin import site
from records.models import Owned
from tests.trust.estate import MARKER, SEARCHED, YEAR_DUE, YEAR_SET, Keys

# Pages of other people's making, without records: sign-in, password, two-factor.
ACCOUNTS = {
    "account_login", "account_logout", "account_inactive", "account_signup", "account_reauthenticate",
    "account_email", "account_email_verification_sent", "account_change_password", "account_set_password",
    "account_reset_password", "account_confirm_login_code", "account_confirm_email",
    "account_reset_password_from_key_done", "account_reset_password_from_key", "account_reset_password_done",
    "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
}  # fmt: skip
ADMIN = {
    "index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "app_list",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One URL pattern: its whole text, and its name."""

    text: str
    name: str

    @property
    def model(self) -> Any:  # noqa: ANN401
        """The model whose admin it belongs to, if any."""
        return next((model for model in site._registry if self.text.startswith(_admin_of(model))), None)


@dataclass(frozen=True)
class Ask:
    """One request. `is_object`: the address names a record, so its owner must find it there."""

    method: str
    path: str
    data: dict[str, Any] = field(default_factory=dict)
    is_object: bool = False


Asks = Callable[[Keys], Iterable[Ask]]


def _admin_of(model: type[models.Model]) -> str:
    return f"admin/{model._meta.app_label}/{model._meta.model_name}/"


def routes(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[Route]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, text)
        else:
            yield Route(text=text, name=pattern.name or "")


def _both(path: str, *, is_object: bool = False, **data: Any) -> list[Ask]:  # noqa: ANN401
    return [Ask("get", path, is_object=is_object), Ask("post", path, data or {"note": "x"})]


def _goal(keys: Keys) -> str:
    return f"/goals/{YEAR_SET}/{keys.slug_of(Goal)}/"


# The pages and the API: what to ask of each. A new one is added here, with every key it takes.
PAGES: dict[str, Asks] = {
    "home": lambda keys: _both("/"),
    "search": lambda keys: [
        Ask("get", "/search/", {"q": SEARCHED}),
        Ask("get", "/search/", {"q": SEARCHED, "kind": "goal"}),
        *_both("/search/"),
    ],
    "goal_list": lambda keys: _both("/goals/"),
    "goal_year": lambda keys: [*_both(f"/goals/{YEAR_SET}/"), *_both(f"/goals/{YEAR_DUE}/")],
    "goal_detail": lambda keys: [
        *_both(_goal(keys), is_object=True, verdict="missed", basis="stated", version="1"),
        Ask("post", _goal(keys), {"add_evidence": "1", "url": "https://example.org/x"}),
    ],
    "project_list": lambda keys: _both("/projects/"),
    "project_detail": lambda keys: _both(f"/projects/{keys.slug_of(Project)}/", is_object=True),
    "activity_list": lambda keys: _both("/activities/"),
    "skill_list": lambda keys: _both("/skills/"),
    "skill_detail": lambda keys: _both(f"/skills/{keys.slug_of(Skill)}/", is_object=True),
    "check_list": lambda keys: [
        Ask("get", "/checks/", {"year": YEAR_DUE}),
        *_both("/checks/", check=f"parts:{keys.slug_of(Metric)}:{YEAR_DUE}", decision="accept", reason="x"),
    ],
    "api_checks": lambda keys: _both("/api/v1/checks/"),
    "api_comparison": lambda keys: _both(f"/api/v1/comparisons/{YEAR_SET}/"),
    "set_language": lambda keys: _both("/i18n/setlang/", language="en", next=_goal(keys)),
}  # fmt: skip


def asks_of(route: Route, keys: Keys) -> list[Ask] | None:
    """The requests for a URL pattern; None if it is not known."""
    if route.text.startswith("admin/"):
        return _asks_of_admin(route, keys)
    if route.name in ACCOUNTS:
        return _both("/" + _filled(route.text))
    ask = PAGES.get(route.name)
    return None if ask is None else list(ask(keys))


def _filled(text: str) -> str:
    """An address of somebody else's making, with its groups filled in."""
    text = re.sub(r"\(\?P<\w+>.*?\)(?=[-/$])", "abc", text)
    return text.replace("^", "").replace("$", "")


def _asks_of_admin(route: Route, keys: Keys) -> list[Ask] | None:
    if route.model is not None:
        return _asks_of_model(route, keys)
    if route.name == "autocomplete":
        return [
            Ask("get", "/admin/autocomplete/", {**_reference(model, name), "term": SEARCHED})
            for model, name in _references()
        ]
    if route.name == "app_list":
        return [ask for app in ("goals", "projects", "metrics", "records") for ask in _both(f"/admin/{app}/")]
    if route.text == "admin/(?P<url>.*)$":
        return [
            Ask("get", f"/admin/{text}", is_object=False)
            for model in site._registry
            for text in (f"{_admin_of(model)[6:-1]}", f"r/1/{keys.id_of(model)}/")
        ]
    return _both("/" + route.text) if route.name in ADMIN else None


def _asks_of_model(route: Route, keys: Keys) -> list[Ask] | None:
    model = route.model
    base, key, version = f"/{_admin_of(model)}", keys.id_of(model), keys.version_of(model)
    references = {name: keys.id_of(parent) for owned, name, parent in _all_references() if owned is model}
    posted = {**dict.fromkeys(_texts(model), "x"), **references}
    selected = {"action": "delete_selected", "_selected_action": str(key), "post": "yes"}
    tail = "admin/" + route.text.removeprefix("admin/").removeprefix(_admin_of(model)[6:])
    known = {
        "admin/": [
            Ask("get", base),
            Ask("get", base, {"q": SEARCHED}),
            Ask("get", base, {"q": str(key)}),
            Ask("get", base, {"id__exact": key}),
            Ask("get", base, {"owner__id__exact": keys.account}),
            *(Ask("get", base, {f"{name}__id__exact": parent}) for name, parent in references.items()),
            Ask("post", base, {**selected, "post": ""}),
            Ask("post", base, selected),
        ],
        "admin/add/": [Ask("get", f"{base}add/", references), Ask("post", f"{base}add/", posted)],
        "admin/<path:object_id>/change/": _both(
            f"{base}{key}/change/", is_object=True, **posted, version="2"
        ),
        "admin/<path:object_id>/delete/": _both(f"{base}{key}/delete/", is_object=True, post="yes"),
        "admin/<path:object_id>/history/": _both(f"{base}{key}/history/", is_object=True),
        "admin/<path:object_id>/": _both(f"{base}{key}/"),
        "admin/^([^/]+)/history/([^/]+)/$": _both(
            f"{base}{key}/history/{version}/", is_object=True, **posted, version="2"
        ),
        "admin/<id>/password/": _both(f"{base}{key}/password/", password1="x", password2="x"),
    }
    return known.get(tail)


def _texts(model: type[models.Model]) -> list[str]:
    return [f.name for f in model._meta.concrete_fields if isinstance(f, models.CharField) and not f.choices]


def _all_references() -> Iterator[tuple[Any, str, Any]]:
    for model in site._registry:
        for reference in model._meta.concrete_fields:
            if isinstance(reference, models.ForeignKey) and issubclass(reference.related_model, Owned):
                yield model, reference.name, reference.related_model


def _references() -> Iterator[tuple[Any, str]]:
    return ((model, name) for model, name, _parent in _all_references())


def _reference(model: Any, name: str) -> dict[str, str]:  # noqa: ANN401
    return {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": name}


def unknown_routes(patterns: Sequence[URLPattern | URLResolver], keys: Keys) -> list[str]:
    return [route.text for route in routes(patterns) if asks_of(route, keys) is None]


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @classmethod
    def to(cls, ask: Ask, client: Client) -> Answer:
        """Status, and everything a reader gets: headers, cookies, messages, body. Without what was sent."""
        response: Any = getattr(client, ask.method)(ask.path, ask.data)
        body = response.getvalue() if response.streaming else response.content
        told = [str(message) for message in get_messages(response.wsgi_request)]
        headers = [
            f"{name}: {value}"
            for name, value in response.items()
            if name not in ("Content-Length", "Expires")
        ]
        text = "\n".join([*headers, *told, body.decode(errors="replace")])
        return cls(response.status_code, text.replace(ask.path, "ADDRESS"))

    def without(self, keys: Keys) -> str:
        text = re.sub(r"(csrfmiddlewaretoken\\?\" value=\\?\")\w+", r"\1", self.text)
        for key in keys.all:
            text = text.replace(key, "KEY")
        return text


def find_leaks(
    asked: Iterable[Route],
    *,
    client: Callable[[], Client],
    owned: Keys,
    missing: Keys,
    may_manage_accounts: bool = False,
) -> list[str]:
    """What somebody who is not the owner learns at these addresses. `client` gives one that is signed in."""
    leaks = []
    for route in asked:
        pairs = zip(asks_of(route, owned) or (), asks_of(route, missing) or (), strict=True)
        for foreign, nothing in pairs:
            answer, reference = Answer.to(foreign, client()), Answer.to(nothing, client())
            what = f"{foreign.method.upper()} {foreign.path} {foreign.data or ''}"
            if MARKER in owned.removed_from(answer.text):
                leaks.append(f"{what} shows {re.findall(MARKER + '[a-z]*', answer.text)[:3]}")
            if answer.status >= 500:
                leaks.append(f"{what} fails with {answer.status}")
            if may_manage_accounts and not (isinstance(route.model, type) and issubclass(route.model, Owned)):
                continue
            told, silence = answer.without(owned), reference.without(missing)
            if (answer.status, told) != (reference.status, silence):
                leaks.append(f"{what} answers {answer.status}, a missing record {reference.status}:")
                lines = difflib.unified_diff(silence.splitlines(), told.splitlines(), lineterm="", n=0)
                leaks.extend(itertools.islice(lines, 2, 8))
    return leaks
