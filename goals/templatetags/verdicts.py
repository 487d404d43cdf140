"""Verdicts in templates: `{% verdict_badge verdict %}`."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext

from goals.evaluation import Verdict

register = template.Library()


@register.simple_tag
def verdict_badge(verdict: Verdict | None) -> str:
    """None: only a person can decide, and nobody has."""
    if verdict is None:
        return format_html('<span class="verdict verdict-open">{}</span>', gettext("yours to decide"))
    return format_html('<span class="verdict verdict-{}">{}</span>', verdict.value, verdict.label)
