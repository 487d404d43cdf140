"""The sweep is worth something: it finds leaks of every kind that was planted."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.urls import get_resolver

from records.models import Account
from tests.trust.estate import MISSING, build_estate, digest_of
from tests.trust.leaks import find_leaks, pages_of, signed_in, visit
from tests.trust.planted import PLANTED, View, urlpatterns
from tests.trust.sweep import PAGES, routes, unknown_routes


def test_enough_is_planted() -> None:
    assert len(PLANTED) >= 25


@override_settings(ROOT_URLCONF="tests.trust.planted")
def test_url_pattern_that_nobody_told_the_sweep_about_is_found() -> None:
    assert unknown_routes(get_resolver().url_patterns, MISSING) == [
        f"leak/{view.__name__}/<int:key>/" for view in PLANTED
    ]


@override_settings(ROOT_URLCONF="tests.trust.planted")
@pytest.mark.parametrize("view", PLANTED, ids=lambda view: view.__name__)
def test_planted_leak_is_found(
    view: View, owner: Account, stranger: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the sweep does everywhere: it compares moments, keys and rows, and looks for markers."""
    cache.clear()
    name = view.__name__
    monkeypatch.setitem(PAGES, name, PLANTED[view])
    planted = [route for route in routes(urlpatterns) if route.name == name]
    assert len(planted) == 1
    empty = pages_of(planted, client=signed_in(stranger), keys=MISSING)
    estate = build_estate(owner)
    filled = pages_of(planted, client=signed_in(stranger), keys=MISSING)
    visit(planted, client=signed_in(owner), keys=estate)
    rows = digest_of(owner)
    leaks = [
        leak
        for all_methods in (False, True)
        for leak in find_leaks(
            planted, client=signed_in(stranger), owned=estate, missing=MISSING, all_methods=all_methods
        )
    ]
    assert leaks or filled != empty or digest_of(owner) != rows
