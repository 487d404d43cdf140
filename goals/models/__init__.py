"""What was aimed at, and what came of it."""

from goals.models.goals import Goal, GoalLink, GoalQuerySet, Milestone
from goals.models.reflections import Reflection
from goals.models.results import EVIDENCE_TARGETS, Evidence, EvidenceQuerySet, GoalResult

__all__ = [
    "EVIDENCE_TARGETS",
    "Evidence",
    "EvidenceQuerySet",
    "Goal",
    "GoalLink",
    "GoalQuerySet",
    "GoalResult",
    "Milestone",
    "Reflection",
]
