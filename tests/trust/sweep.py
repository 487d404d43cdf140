"""Every address of the project, with keys of an owner's records or with keys of nothing: what to ask there.

tests/trust/leaks.py asks and listens. A URL pattern that nobody told the sweep about is found by `unknown_routes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.forms.models import _get_foreign_key
from django.urls import URLPattern, URLResolver

from careertrack.urls import router
from goals.models import Goal
from metrics.models import Metric
from projects.models import Project, Skill
from records.admin import site
from records.api.fields import Reference
from records.models import ApiToken, Owned, Upload
from records.resources import registered, resource_of
from tests.trust.estate import SEARCHED, YEAR_DUE, YEAR_SET, Keys

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
    is_json: bool = False
    # Also what a redirect leads to: a file that was sent is answered there.
    follows: bool = False


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


class SentFile(SimpleUploadedFile):
    """A file that can be sent again and again."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, text.encode())

    def read(self, *args: Any) -> bytes:  # noqa: ANN401
        self.seek(0)
        return super().read(*args)


def _both(path: str, *, is_object: bool = False, **data: Any) -> list[Ask]:  # noqa: ANN401
    return [Ask("get", path, is_object=is_object), Ask("post", path, data or {"note": "x"})]


def _goal(keys: Keys) -> str:
    return f"/goals/{YEAR_SET}/{keys.slug_of(Goal)}/"


def _files(keys: Keys) -> Iterator[dict[str, Any]]:
    """For every reference a file whose row names the other owner's record; and one that names theirs by its key."""
    for model in registered():
        for column in resource_of(model).columns():
            if column.field.is_relation:
                text = f"{column.name}\n{keys.slug_of(column.field.related_model)}\n"
                yield {"model": model._meta.model_name, "file": SentFile("a.csv", text)}
        if model.natural_fields == ("slug",):
            yield {
                "model": model._meta.model_name,
                "file": SentFile("a.csv", f"slug,note\n{keys.slug_of(model)},x\n"),
            }


# The pages and the API: what to ask of each. A new one is added here, with every key it takes.
PAGES: dict[str, Asks] = {
    "home": lambda keys: _both("/"),
    "year_list": lambda keys: _both("/years/"),
    "year_detail": lambda keys: [
        *_both(f"/years/{YEAR_SET}/"),
        *_both(f"/years/{YEAR_DUE}/"),
        Ask("get", f"/years/{YEAR_DUE}/", {"all": "figures"}),
    ],
    "trends": lambda keys: _both("/trends/"),
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
    "metric_list": lambda keys: [*_both("/metrics/"), Ask("get", "/metrics/", {"text": SEARCHED})],
    "metric_detail": lambda keys: _both(f"/metrics/{keys.slug_of(Metric)}/", is_object=True),
    "metric_enter": lambda keys: [
        *_both(f"/metrics/enter/{YEAR_DUE}/"),
        Ask("get", f"/metrics/enter/{YEAR_DUE}/", {"text": SEARCHED}),
        Ask(
            "get",
            f"/metrics/enter/{YEAR_DUE}/",
            {"metric": keys.slug_of(Metric), "project": keys.slug_of(Project)},
            is_object=True,
        ),
        *(
            Ask(
                "post",
                f"/metrics/enter/{YEAR_DUE}/",
                {f"figure:{keys.slug_of(Metric)}:{project}": text, "seen": "{}", "remove": "1"},
            )
            for project in ("", keys.slug_of(Project))
            for text in ("7", "")
        ),
    ],
    "check_list": lambda keys: [
        Ask("get", "/checks/", {"year": YEAR_DUE}),
        Ask("get", "/checks/"),
        Ask("post", "/checks/", {**keys.check, "decision": "accept", "reason": "x"}),
        Ask("post", "/checks/", {**keys.check, "decision": "correct", "reason": "x"}),
        Ask("post", "/checks/", {**keys.check, "reopen": "1", "version": "1"}),
    ],
    "api_schema": lambda keys: _both("/api/v1/schema/"),
    "api_docs": lambda keys: _both("/api/v1/docs/"),
    "api_not_found": lambda keys: _both(f"/api/v1/nothing/{keys.slug_of(Goal)}/"),
    "api_bulk": lambda keys: [
        Ask("get", "/api/v1/measurements/bulk/"),
        Ask(
            "put",
            "/api/v1/measurements/bulk/",
            {"measurements": [{"metric": keys.slug_of(Metric), "period": str(YEAR_DUE), "value": "1"}]},
            is_json=True,
        ),
    ],
    "api_year": lambda keys: [*_both(f"/api/v1/years/{YEAR_DUE}/"), Ask("get", f"/api/v1/years/{YEAR_SET}/")],
    "api_series": lambda keys: _both(f"/api/v1/metrics/{keys.slug_of(Metric)}/series/", is_object=True),
    "api_search": lambda keys: [
        Ask("get", "/api/v1/search/", {"q": SEARCHED}),
        Ask("get", "/api/v1/search/", {"q": SEARCHED, "kind": "goal"}),
        *_both("/api/v1/search/"),
    ],
    "import_new": lambda keys: [
        *_both("/import/"),
        Ask("get", "/import/", {"model": "goal"}),
        *(Ask("post", "/import/", sent, follows=True) for sent in _files(keys)),
    ],
    "import_template": lambda keys: _both("/import/template/goal.xlsx"),
    "import_detail": lambda keys: [
        *_both(f"/import/{keys.slug_of(Upload)}/", is_object=True, digest="x"),
        Ask("post", f"/import/{keys.slug_of(Upload)}/", {"discard": "1"}),
        Ask("post", f"/import/{keys.slug_of(Upload)}/", {"undo": "1"}),
    ],
    "export_list": lambda keys: _both("/export/"),
    "export_archive": lambda keys: _both("/export/career.zip"),
    "export_file": lambda keys: [
        Ask("get", f"/export/{model._meta.model_name}.{kind}") for model in registered() for kind in ("csv", "json")
    ],
    "api_checks": lambda keys: _both("/api/v1/checks/"),
    "api_comparison": lambda keys: _both(f"/api/v1/comparisons/{YEAR_SET}/"),
    "account_tokens": lambda keys: _both(
        "/accounts/tokens/", name=keys.slug_of(ApiToken), scope="nonsense", expires_on="2020-01-01"
    ),
    "account_token_revoke": lambda keys: [
        Ask("get", "/accounts/tokens/revoke/", {"token": keys.slug_of(ApiToken)}, is_object=True),
        Ask("post", "/accounts/tokens/revoke/", {"token": keys.slug_of(ApiToken)}),
    ],
    "healthz": lambda keys: _both("/healthz"),
    "readyz": lambda keys: _both("/readyz"),
    "set_language": lambda keys: _both("/i18n/setlang/", language="en", next=_goal(keys)),
}  # fmt: skip


def _asks_of_list(prefix: str, viewset: Any) -> Asks:  # noqa: ANN401
    """A list of the API: narrowed by every reference, and written to with every reference."""
    model, serializer = viewset.model(), viewset.serializer_class
    address = f"/api/v1/{prefix}/"

    def asks(keys: Keys) -> Iterator[Ask]:
        texts = dict.fromkeys((name for name in _texts(model) if name in serializer.Meta.fields), "x")
        references = _named_references(serializer, keys)
        yield Ask("get", address)
        yield Ask("get", address, {"q": SEARCHED})
        yield Ask("get", address, {"cursor": "x"})
        filters = {each.name for each in viewset.all_filters()}
        for name, key in references.items():
            yield Ask("post", address, {**texts, name: key}, is_json=True)
            if name in filters:
                yield Ask("get", address, {name: key})
        yield Ask("post", address, {**texts, **references}, is_json=True)

    return asks


def _asks_of_detail(prefix: str, viewset: Any) -> Asks:  # noqa: ANN401
    model, serializer = viewset.model(), viewset.serializer_class

    def asks(keys: Keys) -> Iterator[Ask]:
        address = f"/api/v1/{prefix}/{quote(keys.name_of(model), safe='~!')}/"
        body = {**_named_references(serializer, keys), "note": "x", "version": 2}
        yield Ask("get", address, is_object=True)
        yield Ask("get", address, {"fields": "key,version"})
        yield Ask("post", address, body, is_json=True)
        yield Ask("put", address, body, is_json=True)
        yield Ask("patch", address, {"note": "x", "version": 2}, is_json=True)
        yield Ask("delete", f"{address}?version=2", is_json=True)
        yield Ask("delete", address, is_json=True)

    return asks


def _named_references(serializer: Any, keys: Keys) -> dict[str, str]:  # noqa: ANN401
    fields: dict[str, Any] = serializer().fields
    return {
        name: keys.name_of(vars(each)["queryset"].model)
        for name, each in fields.items()
        if isinstance(each, Reference)
    }


for _prefix, _viewset, _name in router.registry:
    PAGES[f"{_name}-list"] = _asks_of_list(_prefix, _viewset)
    PAGES[f"{_name}-detail"] = _asks_of_detail(_prefix, _viewset)


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
            Ask("get", base, {"_to_field": "owner", "_popup": "1", "q": str(key)}),
            *(Ask("get", base, {f"{name}__id__exact": parent}) for name, parent in references.items()),
            Ask("post", base, {**selected, "post": ""}),
            Ask("post", base, selected),
            # As a list whose cells can be edited would be sent.
            Ask("post", base, {**_rows("form", key), "form-0-note": "x", "_save": "x"}),
        ],
        "admin/export/<name:kind>/": [
            Ask("get", f"{base}export/json/", data)
            for data in ({}, {"q": SEARCHED}, {"id__exact": key}, {"owner__id__exact": keys.account})
        ],
        "admin/add/": [
            Ask("get", f"{base}add/", references),
            Ask("get", f"{base}add/", {"_to_field": "owner", "_popup": "1"}),
            Ask("post", f"{base}add/", posted),
            Ask("post", f"{base}add/", {**posted, **_inline_rows(model, keys)}),
        ],
        "admin/<path:object_id>/change/": [
            *_both(f"{base}{key}/change/", is_object=True, **posted, version="2"),
            Ask("get", f"{base}{key}/change/", {"_to_field": "owner", "_popup": "1"}),
            Ask("post", f"{base}{key}/change/", {**posted, **_inline_rows(model, keys), "version": "2"}),
        ],
        "admin/<path:object_id>/delete/": _both(f"{base}{key}/delete/", is_object=True, post="yes"),
        "admin/<path:object_id>/history/": _both(f"{base}{key}/history/", is_object=True),
        "admin/<path:object_id>/": _both(f"{base}{key}/"),
        "admin/^([^/]+)/history/([^/]+)/$": _both(
            f"{base}{key}/history/{version}/", is_object=True, **posted, version="2"
        ),
        "admin/<id>/password/": _both(f"{base}{key}/password/", password1="x", password2="x"),
    }
    return known.get(tail)


def _rows(prefix: str, key: int) -> dict[str, Any]:
    """A form set that says it has changed one row."""
    return {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "1", f"{prefix}-0-id": str(key)}


def _inline_rows(model: Any, keys: Keys) -> dict[str, Any]:  # noqa: ANN401
    """One row below the record of each kind, with every reference it can have."""
    sent: dict[str, Any] = {}
    for inline in site._registry[model].inlines:
        parent = _get_foreign_key(model, inline.model, fk_name=inline.fk_name)
        prefix = parent.remote_field.get_accessor_name(model=inline.model).replace("+", "")
        sent |= {**_rows(prefix, keys.id_of(inline.model)), f"{prefix}-0-version": "2"}
        for owned, name, target in _all_references():
            if owned is inline.model:
                sent[f"{prefix}-0-{name}"] = keys.id_of(target)
    return sent


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
