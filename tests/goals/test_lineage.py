from __future__ import annotations

from goals.lineage import lineage_of
from goals.models import GoalLink
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make


def test_lineage_follows_the_thread_both_ways_and_leaves_side_branches_out(owner: Account) -> None:
    first = make.create_goal(owner=owner, statement="first", set_in="2020", due="2021")
    second = make.create_goal(owner=owner, statement="second", set_in="2021", due="2022")
    third = make.create_goal(owner=owner, statement="third", set_in="2022", due="2023")
    sibling = make.create_goal(owner=owner, statement="sibling", set_in="2021", due="2022")
    make.create_goal_link(owner=owner, later=second, earlier=first, kind=GoalLink.Kind.RETRIES)
    make.create_goal_link(owner=owner, later=third, earlier=second)
    make.create_goal_link(owner=owner, later=sibling, earlier=first)

    with owner_scope(owner):
        thread = lineage_of(second)

    assert thread.goals == (first, second, third)
    assert [link.kind for link in thread.links] == ["retries", "continues"]


def test_lineage_of_a_goal_without_links_is_the_goal_alone(owner: Account) -> None:
    goal = make.create_goal(owner=owner)

    with owner_scope(owner):
        thread = lineage_of(goal)

    assert thread.goals == (goal,)
    assert thread.links == ()
