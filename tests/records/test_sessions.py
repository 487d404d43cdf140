from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from records.models import Account, ApiToken, Session
from tests import factories as make

PASSWORD = "owner's password"


def _is_signed_in(client: Client) -> bool:
    return client.get("/skills/").status_code == 200


def test_session_and_account_are_read_in_one_query(
    owner: Account, owner_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        answer = owner_client.get("/accounts/login/")
    assert answer.status_code == 302  # signed in already


def test_nobody_is_told_from_somebody_without_a_query(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert not _is_signed_in(client)


@pytest.mark.parametrize("end", ["password", "inactive", "signed-out", "row", "expired", "account"])
def test_session_ends_with_the_next_request(owner: Account, owner_client: Client, end: str) -> None:
    cookie = owner_client.cookies["session"].value
    assert _is_signed_in(owner_client)
    match end:
        case "password":
            owner.set_password("another password")
            owner.save()
        case "inactive":
            owner.is_active = False
            owner.save()
        case "signed-out":
            owner_client.post("/accounts/logout/")
        case "row":
            Session.objects.all().delete()
        case "expired":
            Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))
        case "account":
            owner.delete()
    stolen = Client()
    stolen.cookies["session"] = cookie
    assert not _is_signed_in(stolen)


def test_session_of_another_account_than_it_names_is_not_taken_over(
    owner: Account, stranger: Account, owner_client: Client
) -> None:
    Session.objects.update(account=stranger)
    answer = owner_client.get("/skills/")
    assert answer.context["user"] == owner


def test_session_knows_its_account_from_signing_in_on(owner: Account, client: Client) -> None:
    client.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    assert [session.account for session in Session.objects.all()] == [owner]


def test_a_script_is_who_its_token_says_whatever_session_comes_along(
    owner: Account, stranger_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make.create_metric(owner=owner, slug="mine")
    _token, text = ApiToken.issue(owner=owner, name="script")
    headers = {"Authorization": f"bearer {text}"}
    stranger_client.get("/api/v1/metrics/", headers=headers)  # notes the use of the token
    with django_assert_num_queries(2):  # token, list
        answer = stranger_client.get("/api/v1/metrics/?fields=key", headers=headers)
    assert answer.json()["results"] == [{"key": "mine"}]


def test_a_wrong_token_does_not_fall_back_on_the_session(owner_client: Client) -> None:
    assert owner_client.get("/api/v1/metrics/").status_code == 200
    assert owner_client.get("/api/v1/metrics/", headers={"Authorization": "Bearer x"}).status_code == 401


def test_another_scheme_in_front_of_the_server_leaves_the_session_alone(owner_client: Client) -> None:
    """A proxy with a password of its own makes browsers send it along."""
    assert owner_client.get("/api/v1/metrics/", headers={"Authorization": "Basic eDp5"}).status_code == 200


def test_a_token_opens_no_page(owner: Account) -> None:
    _token, text = ApiToken.issue(owner=owner, name="script")
    for path in ("/", "/api/v1/docs/"):
        answer = Client().get(path, headers={"Authorization": f"Bearer {text}"})
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
