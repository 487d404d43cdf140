"""Import and export of what was aimed at, and what came of it."""

from __future__ import annotations

from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone, Reflection
from records.resources import register

register(Goal, GoalLink, Milestone, GoalResult, Evidence, Reflection)
