"""Nobody sees, changes or learns of another account's records at any address of the project.

The sweep would be blind if everything answered 404: the owner must find the markers at the same addresses, and
planted leaks must be found.
"""

from __future__ import annotations

import pytest
from django.test import Client

from careertrack import urls
from careertrack.urls import router
from goals.models import Goal
from metrics.models import Measurement, Metric
from records.admin import site
from records.models import Account, ApiToken
from records.ownership import every_owner, owner_scope
from tests.factories import create_goal
from tests.trust import sweep
from tests.trust.estate import MARKER, MISSING, Keys, build_estate, digest_of
from tests.trust.leaks import Answer, Knock, find_leaks, pages_of, signed_in, visit
from tests.trust.sweep import PAGES, Ask, Route, asks_of, routes, unknown_routes

ALL_ROUTES = list(routes(urls.urlpatterns))
ALIKE = {model.__name__ for model in site._registry} - {
    "Account"
}  # in admin; accounts are for superusers only
SECTIONS: dict[str, list[Route]] = {"pages": [], "accounts": [], "admin": []}
for _route in ALL_ROUTES:
    _section = "accounts" if _route.name in sweep.ACCOUNTS else "pages"
    if _route.text.startswith("admin/"):
        _section = _route.model.__name__ if _route.model else "admin"
    SECTIONS.setdefault(_section, []).append(_route)
ACTORS = ("anonymous", "stranger", "superuser")
# With records a superuser may all that other staff may.
QUICK = [
    pytest.param(name, actor, marks=[pytest.mark.trust] if actor == "stranger" and name in ALIKE else [])
    for name in SECTIONS
    for actor in ACTORS
]


@pytest.fixture(params=ACTORS)
def actor(request: pytest.FixtureRequest, stranger: Account) -> tuple[str, Knock]:
    stranger.is_superuser = request.param == "superuser"
    stranger.save()
    return request.param, signed_in(None if request.param == "anonymous" else stranger)


def test_every_url_pattern_is_known_to_the_sweep() -> None:
    assert unknown_routes(urls.urlpatterns, MISSING) == []
    assert len(ALL_ROUTES) > 100
    assert {route.name for route in SECTIONS["pages"]} == set(PAGES)
    assert {model.__name__ for model in site._registry} <= set(SECTIONS)


def _learns_nothing(
    section: str, actor: tuple[str, Knock], owner: Account, estate: Keys, *, all_methods: bool
) -> None:
    name, knock = actor
    before = digest_of(owner)
    leaks = find_leaks(
        SECTIONS[section],
        client=knock,
        owned=estate,
        missing=MISSING,
        may_manage_accounts=name == "superuser",
        all_methods=all_methods,
    )
    assert "\n".join(leaks) == ""
    assert digest_of(owner) == before


@pytest.mark.parametrize(("section", "actor"), QUICK, indirect=["actor"])
def test_nobody_else_learns_anything(
    section: str, actor: tuple[str, Knock], owner: Account, estate: Keys
) -> None:
    visit(SECTIONS[section], client=signed_in(owner), keys=estate)
    _learns_nothing(section, actor, owner, estate, all_methods=False)


@pytest.mark.parametrize(
    "section",
    [pytest.param(name, marks=[] if name == "accounts" else [pytest.mark.trust]) for name in SECTIONS],
)
def test_no_other_method_opens_anything(
    section: str, actor: tuple[str, Knock], owner: Account, estate: Keys
) -> None:
    _learns_nothing(section, actor, owner, estate, all_methods=True)


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
    knock = signed_in(owner)
    asked = [ask for route in SECTIONS[section] for ask in asks_of(route, estate) or ()]
    objects = [ask for ask in asked if ask.is_object and ask.method == "get"]
    assert len(objects) >= 3
    blind = [ask.path for ask in objects if MARKER not in estate.removed_from(Answer.to(ask, knock()).text)]
    assert blind == []


def test_token_of_the_owner_opens_every_record(owner: Account, estate: Keys) -> None:
    _token, text = ApiToken.issue(owner=owner, name="another script")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    asked = [
        ask for route in ALL_ROUTES if route.name.startswith("api_") for ask in asks_of(route, estate) or ()
    ]
    objects = [ask for ask in asked if ask.is_object]
    assert len(objects) == len(router.registry) + 1  # a metric also has its series
    assert [ask.path for ask in objects if MARKER not in Answer.to(ask, client).text] == []
    patched = [ask for ask in asked if ask.method == "patch"]
    assert {Answer.to(ask, client).status for ask in patched} == {200, 405}


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


def test_owner_settles_the_check_that_nobody_else_finds(owner_client: Client, estate: Keys) -> None:
    # Asked as PAGES does: the first of these decides, so that a stranger's 404 means something.
    posted = [ask for ask in PAGES["check_list"](estate) if ask.method == "post"]

    assert [Answer.to(ask, owner_client).status for ask in posted][:2] == [302, 422]


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


def test_what_others_own_changes_no_byte_of_anybodys_pages(
    owner: Account, stranger: Account, stranger_client: Client
) -> None:
    """Totals, averages, years to choose from, neighbours: all are counted within one account."""
    with owner_scope(stranger):
        create_goal(owner=stranger, set_in="2023")
    empty = pages_of(ALL_ROUTES, client=signed_in(stranger), keys=MISSING)
    build_estate(owner)
    with owner_scope(owner):
        metric = Metric.objects.get(name__contains=MARKER)
        Measurement.objects.bulk_create(
            Measurement(owner=owner, metric=metric, period=f"{year}-{month:02}", value=month)
            for year in range(1930, 2014)
            for month in range(1, 13)
        )
    assert len(empty) > 200
    filled = pages_of(ALL_ROUTES, client=signed_in(stranger), keys=MISSING)
    assert {ask: text for ask, text in filled.items() if text != empty[ask]} == {}
