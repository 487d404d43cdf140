from __future__ import annotations

import pytest

from metrics.models import Metric
from records.models import Account
from records.ownership import ScopeError, owner_scope
from records.prepared import Given, Prepared
from tests import factories as make


def test_rows_are_those_of_whoever_is_in_force_when_it_runs(owner: Account, stranger: Account) -> None:
    for account, slug in ((owner, "mine"), (stranger, "theirs")):
        make.create_metric(owner=account, slug=slug)
    with owner_scope(stranger):
        prepared = Prepared(Metric.objects.order_by("id").values_list("slug"))
        assert [tuple(row) for row in prepared.rows()] == [("theirs",)]
    with owner_scope(owner):
        assert [tuple(row) for row in prepared.rows()] == [("mine",)]
    with pytest.raises(ScopeError):
        prepared.rows()


def test_rows_are_converted_and_what_is_given_takes_its_place(owner: Account) -> None:
    for slug in ("first", "second"):
        make.create_metric(owner=owner, slug=slug)
    slug = Given("slug")
    columns = ("slug", "created_at", "version")
    with owner_scope(owner):
        prepared = Prepared(Metric.objects.filter(slug=slug).values_list(*columns), slug)
        for wanted in ("first", "second", "third", "slug"):
            asked = list(Metric.objects.filter(slug=wanted).values_list(*columns))
            assert [tuple(row) for row in prepared.rows(wanted)] == asked
