"""How often something may be tried. That it is exact in parallel stands in tests/trust/test_guesses.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from pytest_django import DjangoAssertNumQueries

from records import throttling
from records.throttling import Attempts, Limit, TooManyTries, address_of, give_back, take

TWICE = Limit("test", number=2, seconds=100)
pytestmark = pytest.mark.django_db


class Clock:
    """Stands in for the time of the system."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttling, "time", clock)
    return clock


def test_one_try_too_many_is_refused_and_told_how_long_to_wait(clock: Clock) -> None:
    take(TWICE, "a")
    clock.now += 30
    take(TWICE, "a")
    clock.now += 30
    with pytest.raises(TooManyTries) as refused:
        take(TWICE, "a")
    assert refused.value.wait == 40


def test_the_window_slides(clock: Clock) -> None:
    """No 100 seconds hold more than two tries, wherever they begin."""
    allowed = []
    for second in range(0, 400, 10):
        clock.now = 1_000_000.0 + second
        try:
            take(TWICE, "a")
        except TooManyTries:
            continue
        allowed.append(second)
    assert allowed == [0, 10, 100, 110, 200, 210, 300, 310]


def test_a_refused_try_does_not_prolong_the_wait(clock: Clock) -> None:
    take(TWICE, "a")
    take(TWICE, "a")
    for _again in range(5):
        clock.now += 10
        with pytest.raises(TooManyTries):
            take(TWICE, "a")
    clock.now += 50
    take(TWICE, "a")


@pytest.mark.parametrize(
    ("limit", "what"),
    [(TWICE, ("b",)), (TWICE, ("a", "")), (Limit("other", 2, 100), ("a",))],
    ids=["another thing", "more parts", "another limit"],
)
def test_what_is_something_else_is_counted_by_itself(limit: Limit, what: tuple[str, ...]) -> None:
    take(TWICE, "a")
    take(TWICE, "a")
    take(limit, *what)


def test_a_try_that_is_given_back_does_not_count(clock: Clock) -> None:
    take(TWICE, "a")
    clock.now += 1
    give_back(take(TWICE, "a"))
    take(TWICE, "a")
    with pytest.raises(TooManyTries):
        take(TWICE, "a")


def test_try_that_was_forgotten_meanwhile_is_given_back_without_a_trace() -> None:
    tried = take(TWICE, "a")
    Attempts.objects.all().delete()
    give_back(tried)
    assert not Attempts.objects.exists()


def test_row_that_is_forgotten_while_it_is_written_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    created = Attempts.objects.bulk_create
    forgotten: list[bool] = []

    def forget_once(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        made = created(*args, **kwargs)
        if not forgotten:
            forgotten.append(True)
            Attempts.objects.all().delete()
        return made

    monkeypatch.setattr(Attempts.objects, "bulk_create", forget_once)
    tried = take(TWICE, "a")
    assert forgotten
    assert Attempts.objects.get().moments == [tried.moment]


def test_refusing_takes_one_query_and_writes_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    take(TWICE, "a")
    take(TWICE, "a")
    with django_assert_num_queries(1), pytest.raises(TooManyTries):
        take(TWICE, "a")


def test_nothing_readable_is_stored_of_what_was_tried() -> None:
    take(TWICE, "somebody", "192.0.2.7")
    assert "somebody" not in repr(Attempts.objects.values())
    assert "192.0.2.7" not in repr(Attempts.objects.values())
    assert re.fullmatch(r"[0-9a-f]{8}", str(Attempts.objects.get()))


def test_forgotten_tries_are_deleted_when_something_new_is_tried(clock: Clock) -> None:
    take(TWICE, "a")
    clock.now += 86_400 + 1
    take(TWICE, "b")
    assert Attempts.objects.count() == 1
    take(TWICE, "a")
    take(TWICE, "a")
    with pytest.raises(TooManyTries):
        take(TWICE, "a")


@pytest.mark.parametrize(
    ("behind_proxy", "remote", "forwarded", "address"),
    [
        (False, "192.0.2.7", None, "192.0.2.7"),
        (False, "192.0.2.7", "203.0.113.9", "192.0.2.7"),
        (True, "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        (True, "127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "127.0.0.1", None, "127.0.0.1"),
        (True, "", "not an address", "not an address"),
        (False, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),
        (False, "::ffff:192.0.2.7", None, "192.0.2.7"),
        (False, "", None, ""),
    ],
    ids=[
        "direct", "direct, forged", "proxy", "proxy, forged", "proxy without header",
        "nonsense", "IPv6", "mapped", "socket",
    ],
)  # fmt: skip
def test_address_is_what_nobody_can_forge(
    behind_proxy: bool, remote: str, forwarded: str | None, address: str
) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)
    with override_settings(BEHIND_PROXY=behind_proxy):
        assert address_of(request) == address
