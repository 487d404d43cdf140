"""What was worked on and learned: projects, stints of work on them, achievements, activities, skills."""

from projects.models.activities import Activity, ActivityQuerySet
from projects.models.projects import (
    Achievement,
    Engagement,
    EngagementQuerySet,
    Project,
    ProjectQuerySet,
)
from projects.models.skills import Skill, SkillQuerySet, SkillUse, SkillUseQuerySet

__all__ = [
    "Achievement",
    "Activity",
    "ActivityQuerySet",
    "Engagement",
    "EngagementQuerySet",
    "Project",
    "ProjectQuerySet",
    "Skill",
    "SkillQuerySet",
    "SkillUse",
    "SkillUseQuerySet",
]
