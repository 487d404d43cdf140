"""Who may ask the API, and whose records answer."""

from __future__ import annotations

import io
import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request

from records.models import Account, ApiToken
from records.ownership import ScopeError, every_owner, owner_scope
from records.tokens import TokenAuthentication
from tests.factories import create_goal

ADDRESS = "/api/v1/comparisons/2023/"


@pytest.fixture
def token(owner: Account) -> str:
    create_goal(owner=owner, statement="Write more articles")
    return ApiToken.issue(owner=owner, name="script")[1]


def _ask(client: Client, authorization: str | None = None) -> tuple[int, list[str]]:
    """Status, and the statements of the goals in the answer."""
    headers = {} if authorization is None else {"Authorization": authorization}
    response = client.get(ADDRESS, headers=headers)
    goals = response.json().get("goals", []) if response.status_code == 200 else []
    return response.status_code, [goal["statement"] for goal in goals]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_token_opens_the_records_of_its_owner(scheme: str, token: str, client: Client) -> None:
    assert _ask(client, f"{scheme} {token}") == (200, ["Write more articles"])


def test_token_opens_no_records_of_anybody_else(token: str, stranger: Account, client: Client) -> None:
    _token, text = ApiToken.issue(owner=stranger, name="script")
    assert _ask(client, f"Bearer {text}") == (200, [])


def test_token_counts_and_not_the_session_beside_it(token: str, stranger_client: Client) -> None:
    assert _ask(stranger_client) == (200, [])
    assert _ask(stranger_client, f"Bearer {token}") == (200, ["Write more articles"])
    assert _ask(stranger_client) == (200, [])


def test_session_opens_the_records_of_its_account(token: str, owner_client: Client) -> None:
    assert _ask(owner_client) == (200, ["Write more articles"])


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="no credentials"),
        pytest.param("", id="empty header"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer ", id="blank token"),
        pytest.param("Bearer ct_unknown", id="unknown token"),
        pytest.param("Bearer \udcff\udcfe", id="bytes that are no text"),
        pytest.param("Token {token}", id="wrong scheme"),
        pytest.param("Basic {token}", id="basic"),
        pytest.param("{token}", id="no scheme"),
        pytest.param("Bearer {token}x", id="one character more"),
        pytest.param("Bearer {prefix}", id="only the prefix shown in admin"),
        pytest.param("Bearer {digest}", id="the stored digest"),
    ],
)
def test_request_without_a_valid_token_is_asked_for_one(
    authorization: str | None, token: str, client: Client
) -> None:
    if authorization is not None:
        authorization = authorization.format(token=token, prefix=token[:8], digest=ApiToken.digest_of(token))
    headers = {} if authorization is None else {"Authorization": authorization}
    response = client.get(ADDRESS, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert b"articles" not in response.content


def test_token_of_a_closed_account_answers_like_an_unknown_one(
    token: str, owner: Account, client: Client
) -> None:
    unknown = client.get(ADDRESS, headers={"Authorization": "Bearer ct_unknown"})
    owner.is_active = False
    owner.save()
    closed = client.get(ADDRESS, headers={"Authorization": f"Bearer {token}"})
    assert (closed.status_code, closed.content) == (unknown.status_code, unknown.content)
    assert closed.status_code == 401


def test_token_revoked_opens_nothing(token: str, owner: Account, client: Client) -> None:
    with owner_scope(owner):
        ApiToken.objects.get().delete()
    assert _ask(client, f"Bearer {token}")[0] == 401


def test_token_is_found_with_one_query(
    token: str, owner: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = Request(RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"}))
    TokenAuthentication().authenticate(request)  # notes the use, once a minute
    with django_assert_num_queries(1):
        found = TokenAuthentication().authenticate(request)
    assert found is not None
    assert found[0] == owner


def test_scope_of_an_api_request_ends_with_it(token: str, client: Client) -> None:
    assert _ask(client, f"Bearer {token}")[0] == 200
    with pytest.raises(ScopeError):
        ApiToken.objects.exists()


def test_only_a_digest_of_the_token_is_stored(token: str) -> None:
    assert re.fullmatch(r"ct_[\w-]{43}", token)
    with connection.cursor() as cursor:
        for table in ("records_apitoken", "records_historicalapitoken"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            rows = repr(cursor.fetchall())
            assert ApiToken.digest_of(token) in rows
            assert token not in rows
            assert token[:8] in rows
            assert token[8:] not in rows


def test_token_has_a_name_of_its_own(owner: Account, stranger: Account) -> None:
    ApiToken.issue(owner=owner, name="script")
    ApiToken.issue(owner=stranger, name="script")
    with pytest.raises(ValidationError, match="A token of this name exists already"):
        ApiToken.issue(owner=owner, name="script")


def _create_token(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_create_token_prints_a_token_that_works_and_does_so_again(owner: Account, client: Client) -> None:
    create_goal(owner=owner, statement="Write more articles")
    texts = [_create_token("owner"), _create_token("owner"), _create_token("owner", "--name", "script")]
    assert len(set(texts)) == 3
    for text in texts:
        assert _ask(client, f"Bearer {text}") == (200, ["Write more articles"])
    with every_owner():
        names = ApiToken.objects.order_by("id").values_list("name", flat=True)
        assert list(names) == ["token 1", "token 2", "script"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "There is no active account “nobody”."),
        (["closed"], "There is no active account “closed”."),
        (["owner", "--name", "script"], "A token of this name exists already. Choose another --name."),
        (["owner", "--name", "x" * 101], "Ensure this value has at most 100 characters"),
    ],
    ids=["unknown account", "closed account", "name in use", "long name"],
)
def test_create_token_stops_with_a_sentence(arguments: list[str], sentence: str, token: str) -> None:
    Account.objects.create_user(username="closed", is_active=False)
    with pytest.raises(CommandError) as caught:
        _create_token(*arguments)
    assert sentence in str(caught.value)
    assert caught.value.returncode == 1
