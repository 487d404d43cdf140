"""What was aimed at, and what came of it."""

from goals.models.goals import Goal, GoalLink, GoalQuerySet, Milestone
from goals.models.reflections import Reflection
from goals.models.results import EVIDENCE_TARGETS, Evidence, GoalResult

__all__ = [
    "EVIDENCE_TARGETS",
    "Evidence",
    "Goal",
    "GoalLink",
    "GoalQuerySet",
    "GoalResult",
    "Milestone",
    "Reflection",
]
