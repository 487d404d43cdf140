"""Pictures of a year in templates: `{% dumbbell change %}`; and the change of a pair in figures."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from careertrack import pictures
from metrics.models import Change
from metrics.units import Unit, format_change, format_value

register = template.Library()


@register.inclusion_tag("partials/dumbbell.svg")
def dumbbell(change: Change) -> dict[str, Any]:
    return {"picture": pictures.dumbbell(change), "width": pictures.DUMBBELL_WIDTH}


@register.filter
def computed_change(change: Change) -> str:
    """The difference of both ends, and in percent of the first: `−18 GB (−60%)`; "" unless both are numbers."""
    if change.before is None or change.after is None:
        return ""
    difference = change.after - change.before
    text = format_change(difference, change.unit)
    if change.before and change.unit != Unit.PERCENT:
        share = difference / abs(change.before) * 100
        text += f" ({format_value(share, Unit.PERCENT, signed=True, places=1)})"
    return text


@register.filter
def trend(change: Change) -> str:
    """`better`, `worse`, `same` or "": for a class."""
    if change.before is None or change.after is None:
        return ""
    return pictures.trend_of(change.after - change.before, change.direction)


@register.filter
def trend_label(trend: str) -> str:
    return {"better": _("better"), "worse": _("worse"), "same": _("unchanged")}.get(trend, "")
