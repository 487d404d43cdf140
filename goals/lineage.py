"""The thread a goal belongs to: what it takes up, and what took it up, as far as the links reach."""

from __future__ import annotations

from dataclasses import dataclass

from goals.models import Goal, GoalLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Goals of one thread, oldest first, and the links among them in order of entry. A goal without links is alone."""

    goals: tuple[Goal, ...]
    links: tuple[GoalLink, ...]


def lineage_of(goal: Goal) -> Thread:
    """Follow the links backwards and forwards from a goal; side branches of its relatives are left out.

    One query per generation each way; the number of goals and links does not matter.
    """
    links: dict[int, GoalLink] = {}
    goals = {goal.pk: goal}
    for here, there in (("later", "earlier"), ("earlier", "later")):
        frontier = {goal.pk}
        while frontier:
            found = GoalLink.objects.filter(**{f"{here}__in": frontier}).select_related(
                "later__result", "earlier__result"
            )
            frontier = set()
            for link in found:
                links[link.pk] = link
                other = getattr(link, there)
                if other.pk not in goals:
                    goals[other.pk] = other
                    frontier.add(other.pk)
    return Thread(
        goals=tuple(sorted(goals.values(), key=lambda each: (each.set_in, each.due, each.pk))),
        links=tuple(links[pk] for pk in sorted(links)),
    )
