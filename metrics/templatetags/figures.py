"""Figures in templates: `{{ value|figure:unit }}`, `{{ change|difference:unit }}`, `{% period_bars figure %}`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from metrics.figures import Figure
from metrics.pictures import BarChart, bar_chart
from metrics.units import Unit, format_change, format_value, qualified

register = template.Library()


@register.filter
def figure(value: Decimal | None, unit: str) -> str:
    return format_value(value, unit or "")


@register.filter
def difference(value: Decimal | None, unit: str) -> str:
    return format_change(value, unit or "")


@register.filter
def signed(value: Decimal | None, unit: str) -> str:
    """A change as stated, in its own unit."""
    return format_value(value, unit or "", signed=unit != Unit.TIMES)


@register.filter
def percentage(ratio: Decimal | None) -> str:
    """A ratio as a percentage: 1 → 100%."""
    return format_value(None if ratio is None else ratio * 100, Unit.PERCENT, places=0)


@register.filter
def measured(measurement: Any) -> str:  # noqa: ANN401
    """A measurement with its qualifier and unit; the metric must be joined."""
    return qualified(format_value(measurement.value, measurement.metric.unit), measurement.qualifier)


@register.inclusion_tag("partials/bars.svg")
def period_bars(
    figure: Figure, target: Decimal | None = None, baseline: Decimal | None = None
) -> dict[str, BarChart]:
    return {"chart": bar_chart(figure=figure, target=target, baseline=baseline)}
