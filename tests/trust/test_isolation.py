"""Nobody sees, changes or learns of another account's records at any address of the project.

The sweep would be blind if everything answered 404: the owner must find the markers at the same addresses, and
planted leaks must be found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import get_resolver, path

from careertrack import urls
from goals.models import Goal
from records.admin import site
from records.models import Account, ApiToken
from records.ownership import every_owner
from tests.trust import sweep
from tests.trust.estate import FIRST_KEY, MARKER, MISSING, Keys, build_estate, digest_of
from tests.trust.sweep import PAGES, Answer, Ask, Route, asks_of, find_leaks, routes, unknown_routes

ALL_ROUTES = list(routes(urls.urlpatterns))
SECTIONS: dict[str, list[Route]] = {"pages": [], "accounts": [], "admin": []}
for _route in ALL_ROUTES:
    _section = "accounts" if _route.name in sweep.ACCOUNTS else "pages"
    if _route.text.startswith("admin/"):
        _section = _route.model.__name__ if _route.model else "admin"
    SECTIONS.setdefault(_section, []).append(_route)
ACTORS = ("anonymous", "stranger", "superuser")

Knock = Callable[[], Client]


@pytest.fixture
def owner(db: None) -> Account:
    """With a key that stands out on a page, like those of the records."""
    return Account.objects.create_user(id=FIRST_KEY - 1, username="owner", is_staff=True)


@pytest.fixture
def estate(owner: Account) -> Keys:
    return build_estate(owner)


def _signed_in(account: Account | None) -> Knock:
    """A client that is signed in again whenever a page signed it out, and has read its messages."""
    client = Client()

    def knock() -> Client:
        client.cookies.pop("messages", None)
        if account is not None and not (client.cookies.get("session") and client.cookies["session"].value):
            client.force_login(account)
        return client

    return knock


@pytest.fixture(params=ACTORS)
def actor(request: pytest.FixtureRequest, stranger: Account) -> tuple[str, Knock]:
    stranger.is_superuser = request.param == "superuser"
    stranger.save()
    return request.param, _signed_in(None if request.param == "anonymous" else stranger)


def test_every_url_pattern_is_known_to_the_sweep() -> None:
    assert unknown_routes(urls.urlpatterns, MISSING) == []
    assert len(ALL_ROUTES) > 100
    assert {route.name for route in SECTIONS["pages"]} == set(PAGES)
    assert {model.__name__ for model in site._registry} <= set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_nobody_else_learns_anything(
    section: str, actor: tuple[str, Knock], owner: Account, estate: Keys
) -> None:
    name, knock = actor
    before = digest_of(owner)
    leaks = find_leaks(
        SECTIONS[section],
        client=knock,
        owned=estate,
        missing=MISSING,
        may_manage_accounts=name == "superuser",
    )
    assert "\n".join(leaks) == ""
    assert digest_of(owner) == before


def test_token_of_somebody_else_opens_nothing(owner: Account, stranger: Account, estate: Keys) -> None:
    _token, text = ApiToken.issue(owner=stranger, name="script")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    before = digest_of(owner)
    leaks = find_leaks(ALL_ROUTES, client=lambda: client, owned=estate, missing=MISSING)
    assert "\n".join(leaks) == ""
    assert digest_of(owner) == before
    assert client.get("/api/v1/comparisons/2023/").json()["goals"] == []


@pytest.mark.parametrize(
    "section", [name for name in SECTIONS if name not in ("accounts", "admin", "Account")]
)
def test_owner_finds_the_markers_where_the_sweep_looks_for_them(
    section: str, owner: Account, estate: Keys
) -> None:
    knock = _signed_in(owner)
    asked = [ask for route in SECTIONS[section] for ask in asks_of(route, estate) or ()]
    objects = [ask for ask in asked if ask.is_object and ask.method == "get"]
    assert len(objects) >= 3
    blind = [ask.path for ask in objects if MARKER not in estate.removed_from(Answer.to(ask, knock()).text)]
    assert blind == []


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/goals/2023/", {}),
        ("/api/v1/comparisons/2023/", {}),
        ("/search/", {"q": "qmar"}),
        ("/admin/goals/goal/", {"q": "qmar"}),
        (
            "/admin/autocomplete/",
            {"app_label": "goals", "model_name": "goal", "field_name": "metric", "term": "qmar"},
        ),
    ],
    ids=["year", "API", "search", "list", "completion"],
)
def test_owner_finds_the_markers_in_lists(
    address: str, data: dict[str, str], owner_client: Client, estate: Keys
) -> None:
    assert MARKER in Answer.to(Ask("get", address, data), owner_client).text


def test_every_text_of_every_model_carries_a_marker(owner: Account, estate: Keys) -> None:
    with every_owner():
        for model, key in estate.ids.items():
            marked = [
                value
                for value in model.objects.filter(pk=key).values().get().values()
                if MARKER in str(value)
            ]
            assert marked, model


def test_digest_notices_a_changed_and_a_deleted_row(owner: Account, estate: Keys) -> None:
    before = digest_of(owner)
    with every_owner():
        Goal.objects.filter(pk=estate.ids[Goal]).update(note="x")
        changed = digest_of(owner)
        Goal.history.all().delete()
    assert len({before, changed, digest_of(owner)}) == 3


# Planted leaks: a house in which the sweep must find something.


def _any_goal(key: int) -> Any:  # noqa: ANN401
    return Goal._base_manager.filter(pk=key).first()


def shows_the_record(request: HttpRequest, key: int) -> HttpResponse:
    goal = _any_goal(key)
    if goal is None:
        raise Http404
    return HttpResponse(goal.statement)


def tells_in_a_header(request: HttpRequest, key: int) -> HttpResponse:
    goal = _any_goal(key)
    return HttpResponse(status=404, headers={"X-Title": goal.note if goal else ""})


def forbids_instead_of_missing(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(status=403 if _any_goal(key) else 404)


def says_that_it_exists(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(b"taken" if _any_goal(key) else b"free")


LEAKS = [shows_the_record, tells_in_a_header, forbids_instead_of_missing, says_that_it_exists]
urlpatterns = [
    *urls.urlpatterns,
    *(path(f"leak/{view.__name__}/<int:key>/", view, name=view.__name__) for view in LEAKS),
]


@override_settings(ROOT_URLCONF=__name__)
def test_url_pattern_that_nobody_told_the_sweep_about_is_found() -> None:
    assert unknown_routes(get_resolver().url_patterns, MISSING) == [
        f"leak/{view.__name__}/<int:key>/" for view in LEAKS
    ]


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("view", LEAKS, ids=lambda view: view.__name__)
def test_planted_leak_is_found(
    view: Callable[..., HttpResponse], stranger: Account, estate: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = view.__name__
    monkeypatch.setitem(PAGES, name, lambda keys: [Ask("get", f"/leak/{name}/{keys.id_of(Goal)}/")])
    planted = [route for route in routes(urlpatterns) if route.name == name]
    assert len(planted) == 1
    assert find_leaks(planted, client=_signed_in(stranger), owned=estate, missing=MISSING) != []
