"""Import and export of what was worked on and learned."""

from __future__ import annotations

from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.resources import register

register(Project, Engagement, Achievement, Activity, Skill, SkillUse)
