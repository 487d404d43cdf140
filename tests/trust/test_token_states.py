"""What tokens may not do any more, or never could; and what is left of an account that was closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import pytest
from django.test import Client
from django.utils import timezone

from careertrack import urls
from records.models import Account, ApiToken, Attempts
from records.ownership import owner_scope
from tests.trust.estate import MARKER, MISSING, Keys, digest_of
from tests.trust.leaks import READING, Answer, Knock, find_leaks, in_every_method
from tests.trust.sweep import Ask, Route, asks_of, routes

ALL_ROUTES = list(routes(urls.urlpatterns))
OF_THE_API = [route for route in ALL_ROUTES if route.text.startswith("api/")]
SCOPES = [
    pytest.param(OF_THE_API, False, id="API"),
    pytest.param(ALL_ROUTES, True, id="everywhere", marks=pytest.mark.trust),
]


def _token_of(owner: Account, *, scope: str) -> str:
    """Of a use that nothing writes down: what changes a row of the owner is what the test is about."""
    token, text = ApiToken.issue(owner=owner, name="another script", scope=scope)
    with owner_scope(owner):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now() + dt.timedelta(days=1))
    return text


def _bearing(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"}, raise_request_exception=False)


def _revoke(owner: Account) -> None:
    with owner_scope(owner):
        ApiToken.objects.get(name="another script").revoke(at=timezone.now())


def _expire(owner: Account) -> None:
    with owner_scope(owner):
        yesterday = timezone.localdate() - dt.timedelta(days=1)
        ApiToken.objects.filter(name="another script").update(expires_on=yesterday)


def _change_password(owner: Account) -> None:
    owner.set_password("another password")
    owner.save()


def _deactivate(owner: Account) -> None:
    owner.is_active = False
    owner.save()


def _asked(all_routes: Iterable[Route], keys: Keys, *, all_methods: bool) -> Iterable[Ask]:
    for route in all_routes:
        asks = list(asks_of(route, keys) or ())
        yield from asks
        if all_methods:
            yield from (ask for ask, _same in in_every_method((ask, ask) for ask in asks))


@pytest.mark.parametrize(("all_routes", "all_methods"), SCOPES)
def test_token_that_may_only_read_writes_nothing(
    all_routes: list[Route], all_methods: bool, owner: Account, estate: Keys
) -> None:
    client = _bearing(_token_of(owner, scope=ApiToken.Scope.READ))
    before = digest_of(owner)
    seen, let_through = 0, []
    for ask in _asked(all_routes, estate, all_methods=all_methods):
        answer = Answer.to(ask, client)
        if ask.method in READING:
            seen += MARKER in estate.removed_from(answer.text)
        # The page about the API sends whoever has no session to sign in.
        elif ask.path.startswith("/api/") and answer.status not in (302, 403, 404):
            let_through.append(f"{ask.method} {ask.path} {answer.status}")
    assert let_through == []
    assert digest_of(owner) == before
    assert seen > 30  # it reads


def test_token_that_may_write_changes_what_the_sweep_watches(owner: Account, estate: Keys) -> None:
    client = _bearing(_token_of(owner, scope=ApiToken.Scope.READ_WRITE))
    before = digest_of(owner)
    for ask in _asked(OF_THE_API, estate, all_methods=False):
        Answer.to(ask, client)
    assert digest_of(owner) != before


def _leaks(all_routes: list[Route], knock: Knock, estate: Keys, *, all_methods: bool) -> list[str]:
    """In the methods that an address is made for; and, if wanted, in all others."""
    return [
        leak
        for others in ([False, True] if all_methods else [False])
        for leak in find_leaks(all_routes, client=knock, owned=estate, missing=MISSING, all_methods=others)
    ]


@pytest.mark.parametrize(("all_routes", "all_methods"), SCOPES)
@pytest.mark.parametrize(
    "end", [_revoke, _expire, _change_password, _deactivate], ids=lambda end: end.__name__[1:]
)
def test_token_that_ended_opens_nothing(
    end: Callable[[Account], None], all_routes: list[Route], all_methods: bool, owner: Account, estate: Keys
) -> None:
    client = _bearing(_token_of(owner, scope=ApiToken.Scope.READ_WRITE))
    address = "/api/v1/goals/"
    assert MARKER in client.get(address).content.decode()
    end(owner)
    before = digest_of(owner)

    def knock() -> Client:
        Attempts.objects.all().delete()  # how often somebody tried is not what is compared
        return client

    assert knock().get(address).status_code == 401
    assert "\n".join(_leaks(all_routes, knock, estate, all_methods=all_methods)) == ""
    assert digest_of(owner) == before


@pytest.mark.parametrize(("all_routes", "all_methods"), SCOPES)
def test_session_of_a_closed_account_opens_nothing(
    all_routes: list[Route], all_methods: bool, owner: Account, estate: Keys
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    assert MARKER in client.get("/goals/2023/").content.decode()
    session = client.cookies["session"].value
    _deactivate(owner)
    before = digest_of(owner)

    def knock() -> Client:
        client.cookies["session"] = session
        return client

    assert knock().get("/goals/2023/").status_code == 302
    assert "\n".join(_leaks(all_routes, knock, estate, all_methods=all_methods)) == ""
    assert digest_of(owner) == before
