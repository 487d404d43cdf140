"""The first wall: no query runs without an owner, and none sees another owner's records."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django_scopes import scope

from goals.models import Goal, Milestone
from records.models import Account, Owned
from records.ownership import OwnerScopeMiddleware, ScopeError, every_owner, owner_scope
from tests.everything import OWNED_MODELS, create_one
from tests.factories import create_goal, create_milestone

UNSCOPED: dict[str, Callable[[Goal], object]] = {
    "list": lambda goal: list(Goal.objects.all()),
    "length": lambda goal: len(Goal.objects.all()),
    "truth": lambda goal: bool(Goal.objects.all()),
    "slice": lambda goal: list(Goal.objects.all()[:1]),
    "index": lambda goal: Goal.objects.order_by("id")[0],
    "get": lambda goal: Goal.objects.get(pk=goal.pk),
    "first": lambda goal: Goal.objects.first(),
    "last": lambda goal: Goal.objects.last(),
    "latest": lambda goal: Goal.objects.latest("id"),
    "earliest": lambda goal: Goal.objects.earliest("id"),
    "count": lambda goal: Goal.objects.count(),
    "exists": lambda goal: Goal.objects.exists(),
    "filter and exists": lambda goal: Goal.objects.filter(slug="x").exists(),
    "exclude and exists": lambda goal: Goal.objects.exclude(slug="x").exists(),
    "contains": lambda goal: Goal.objects.all().contains(goal),
    "aggregate": lambda goal: Goal.objects.aggregate(Max("id")),
    "annotate": lambda goal: list(Goal.objects.annotate(last=Max("milestones__position"))),
    "in_bulk": lambda goal: Goal.objects.in_bulk([goal.pk]),
    "iterator": lambda goal: list(Goal.objects.iterator()),
    "values": lambda goal: list(Goal.objects.values("slug")),
    "values_list": lambda goal: list(Goal.objects.values_list("slug", flat=True)),
    "distinct": lambda goal: list(Goal.objects.distinct()),
    "datetimes": lambda goal: list(Goal.objects.datetimes("created_at", "day")),
    "only": lambda goal: list(Goal.objects.only("slug")),
    "union": lambda goal: list(Goal.objects.order_by().union(Goal.objects.order_by(), all=True)),
    "or": lambda goal: list(Goal.objects.filter(pk=1) | Goal.objects.filter(pk=2)),
    "select_for_update": lambda goal: list(Goal.objects.select_for_update()),
    "explain": lambda goal: Goal.objects.all().explain(),
    "update": lambda goal: Goal.objects.update(note="x"),
    "bulk_update": lambda goal: Goal.objects.bulk_update([goal], ["note"]),
    "delete": lambda goal: Goal.objects.all().delete(),
    "filter and delete": lambda goal: Milestone.objects.filter(goal=goal).delete(),
    "get_or_create": lambda goal: Goal.objects.get_or_create(slug=goal.slug),
    "update_or_create": lambda goal: Goal.objects.update_or_create(slug=goal.slug),
    "in a subquery": lambda goal: list(Account.objects.filter(pk__in=Goal.objects.values("owner"))),
    "in an EXISTS": lambda goal: list(
        Account.objects.filter(Exists(Goal.objects.filter(owner=OuterRef("pk"))))
    ),
    "related rows": lambda goal: list(goal.milestones.all()),
    "related count": lambda goal: goal.milestones.count(),
    "prefetch": lambda goal: prefetch_related_objects([goal], "milestones"),
    "prefetch of a query": lambda goal: prefetch_related_objects(
        [goal], Prefetch("milestones", queryset=Milestone.objects.order_by("id"))
    ),
    "own question": lambda goal: Goal.objects.latest_year_set(),
    "history": lambda goal: list(Goal.history.all()),
    "history count": lambda goal: Goal.history.count(),
    "history of a record": lambda goal: goal.history.first(),
    "history as of a moment": lambda goal: list(Goal.history.as_of(goal.created_at)),
    "model of the history": lambda goal: Goal.history.model.objects.exists(),
    "raw": lambda goal: list(Goal.objects.raw("SELECT * FROM goals_goal")),
    "raw of a query": lambda goal: list(Goal.objects.all().raw("SELECT * FROM goals_goal")),
    "raw of the history": lambda goal: list(Goal.history.raw("SELECT * FROM goals_historicalgoal")),
}


@pytest.mark.parametrize("ask", UNSCOPED.values(), ids=UNSCOPED.keys())
def test_query_without_a_scope_raises(ask: Callable[[Goal], object], owner: Account) -> None:
    goal = create_goal(owner=owner)
    create_milestone(owner=owner, goal=goal)
    with pytest.raises(ScopeError), transaction.atomic():
        ask(goal)
    with owner_scope(owner):
        assert Goal.objects.get().note == ""
        assert Milestone.objects.count() == 1


@pytest.mark.parametrize("name", [name for name in UNSCOPED if "raw" not in name])
def test_query_inside_the_scope_runs(name: str, owner: Account) -> None:
    goal = create_goal(owner=owner)
    with owner_scope(owner):
        UNSCOPED[name](goal)


@pytest.mark.parametrize("model", OWNED_MODELS, ids=lambda model: model.__name__)
def test_scope_shows_the_own_records_of_every_model_and_no_others(
    model: type[Owned], owner: Account, stranger: Account
) -> None:
    record = create_one(model, owner=owner)
    create_one(model, owner=stranger)
    with pytest.raises(ScopeError):
        model.objects.exists()
    with pytest.raises(ScopeError):
        model.history.exists()
    with owner_scope(owner):
        assert list(model.objects.all()) == [record]
        assert {row.owner_id for row in model.history.all()} == {owner.pk}
    with every_owner():
        assert {row.owner_id for row in model.objects.all()} == {owner.pk, stranger.pk}


@pytest.mark.parametrize("nobody", [None, Account(), AnonymousUser()], ids=["none", "unsaved", "anonymous"])
def test_scope_of_nobody_raises(nobody: Any) -> None:  # noqa: ANN401
    with pytest.raises(ScopeError), owner_scope(nobody):
        pytest.fail("entered a scope of nobody")


def test_scope_whose_owner_is_none_finds_nothing_to_filter_by_and_raises(owner: Account) -> None:
    create_goal(owner=owner)
    with scope(owner=None), pytest.raises(ScopeError):  # django-scopes means "all" by this
        Goal.objects.count()


def test_scope_is_the_one_in_force_when_the_query_runs(owner: Account, stranger: Account) -> None:
    goal = create_goal(owner=owner)
    outside = Goal.objects.filter(statement__startswith="Write").order_by("id")
    with owner_scope(owner):
        inside = outside.all()
        assert list(outside.all()) == [goal]
    with owner_scope(stranger):
        assert list(outside.all()) == []
        assert list(inside.all()) == []
        assert goal.milestones.count() == 0
    with pytest.raises(ScopeError):
        list(inside.all())


def test_write_reaches_only_records_of_the_scope(owner: Account, stranger: Account) -> None:
    goal = create_goal(owner=owner)
    with owner_scope(stranger):
        assert Goal.objects.filter(pk=goal.pk).update(note="mine") == 0
        assert Goal.objects.all().delete()[0] == 0
    with owner_scope(owner):
        assert Goal.objects.get().note == ""


def test_nested_scope_gives_way_to_the_outer_one_also_after_an_error(
    owner: Account, stranger: Account
) -> None:
    create_goal(owner=owner)
    with owner_scope(owner):
        with owner_scope(stranger):
            assert Goal.objects.count() == 0
        assert Goal.objects.count() == 1
        with pytest.raises(RuntimeError), owner_scope(stranger):
            raise RuntimeError
        with every_owner():
            assert Goal.objects.count() == 1
        assert Goal.objects.count() == 1
    with pytest.raises(ScopeError):
        Goal.objects.count()


def test_thread_inherits_no_scope(owner: Account) -> None:
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            Goal.objects.count()
        except ScopeError as error:
            caught.append(error)

    with owner_scope(owner):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_middleware_runs_a_request_in_the_scope_of_its_account(owner: Account, stranger: Account) -> None:
    create_goal(owner=owner)
    answer = OwnerScopeMiddleware(lambda request: HttpResponse(str(Goal.objects.count())))
    request = HttpRequest()
    for account, seen in ((owner, b"1"), (stranger, b"0")):
        request.user = account
        assert answer(request).content == seen  # type: ignore[attr-defined]
    request.user = AnonymousUser()
    with pytest.raises(ScopeError):
        answer(request)
