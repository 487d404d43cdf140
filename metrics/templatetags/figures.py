"""Figures in templates: `{{ value|figure:unit }}`, `{{ change|difference:unit }}`, `{% period_bars figure %}`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext

from metrics.figures import Figure, ratio_of
from metrics.pictures import bar_chart
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


@register.filter
def quotient(measurement: Any) -> str:  # noqa: ANN401
    """What the parts of a measurement give, in the metric's unit; a dash without a denominator."""
    return format_value(ratio_of(measurement), measurement.metric.unit)


# %d lets nothing but whole numbers through, which need no escaping; words take the place of {}.
_OPENING = (
    '<svg class="bars" viewBox="0 0 %d %d" role="img"><title>{}</title><desc>{}</desc>'
    '<line class="floor" x1="0" x2="%d" y1="%d" y2="%d"/>'
)
_BAR = '<rect class="bar" x="%d" y="%d" width="%d" height="%d" rx="2"/>'
_NAMED = '<text class="value" x="%d" y="%d">{}</text><text class="name" x="%d" y="%d">{}</text>'
_BASELINE = '<line class="baseline" x1="0" x2="%d" y1="%d" y2="%d"/>'
_TARGET = '<line class="target" x1="0" x2="%d" y1="%d" y2="%d"/>'


@register.simple_tag
def period_bars(figure: Figure, target: Decimal | None = None, baseline: Decimal | None = None) -> str:
    """The parts behind a figure as an SVG picture with a title and a description.

    Markup in Python, unlike our other pictures: a page shows fifty of these, and as a template they took half of
    its time.
    """
    chart = bar_chart(figure=figure, target=target, baseline=baseline)
    described = ", ".join(f"{bar.label}: {bar.text}" for bar in chart.bars)
    markup = [_OPENING % (chart.width, chart.height, chart.width, chart.floor, chart.floor)]
    words = []
    for bar in chart.bars:
        if not bar.is_empty:  # a bar of height 0 would say that something was measured
            markup.append(_BAR % (bar.x, bar.y, bar.width, bar.height))
        markup.append(_NAMED % (bar.middle, bar.y - 5, bar.middle, chart.floor + 14))
        words += [bar.text, bar.label]
    if chart.baseline:
        markup.append(_BASELINE % (chart.width, chart.baseline.y, chart.baseline.y))
    if chart.target:
        markup.append(_TARGET % (chart.width, chart.target.y, chart.target.y))
        described += f"; {gettext('target')} {chart.target.text}"
    if chart.baseline:
        described += f"; {gettext('baseline')} {chart.baseline.text}"
    return format_html("".join([*markup, "</svg>"]), chart.title, described, *words)
