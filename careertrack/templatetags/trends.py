"""The cells of a metric's years: `{% trend_cells line %}`. In Python, as there are hundreds on the page."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from careertrack.trends import MetricTrend
from metrics.templatetags.checks import check_mark

register = template.Library()


@register.simple_tag(takes_context=True)
def trend_cells(context: Context, line: MetricTrend) -> SafeString:
    """One for each year: the figure as stated or computed; a dash where there is none."""
    computed = format_html(' <span class="stated">{}</span>', _("computed"))
    dash = SafeString('<td class="number"><span class="none dash">–</span></td>')
    return format_html_join(
        "",
        "{}",
        (
            (dash,)
            if figure is None or figure.value is None
            else (
                format_html(
                    '<td class="number">{}{}{}</td>',
                    figure.text,
                    check_mark(context, figure.measured),
                    computed if figure.is_computed else "",
                ),
            )
            for figure in line.figures
        ),
    )
