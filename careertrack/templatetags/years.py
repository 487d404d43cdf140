"""What stands in a year's tables hundreds of times: `{% year_cell cell %}`, `{% year_whole line %}`,
`{% line_of record %}`.

Markup in Python, unlike the rest of our pages: as included templates these took half of the time of a year.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from careertrack.kpis import Cell, KpiLine, Step
from metrics.templatetags.checks import check_mark
from metrics.templatetags.figures import difference, measured, signed
from metrics.units import format_value

register = template.Library()


@register.simple_tag(takes_context=True)
def year_cell(context: Context, cell: Cell, hide_step: bool = False) -> SafeString:
    """A figure as stated; what is computed, or stands in its place, says so. A dash: nothing was recorded."""
    row = cell.measurement
    if row is None:
        return _dash()
    shown = _figure(cell)
    mark = check_mark(context, row)
    if _is_stated_without_figure(cell) and not _reads_like_a_figure(cell):
        markup = [format_html('<span class="as-stated">{}{}</span>', shown, mark)]
    else:
        markup = [format_html("{}{}", shown, mark)]
    if row.value is None and cell.computed is not None:
        markup.append(_stated(_("computed")))
    markup += [_stated(text) for text in _beside(cell) if text]
    if _reads_like_a_figure(cell):
        markup.append(_stated(_("stated %(change)s") % {"change": cell.words}))
    if cell.step is not None and not hide_step:
        markup.append(_step(cell.step))
    if cell.is_stated_step:
        change = signed(row.stated_change, row.stated_change_unit)
        markup.append(_stated(_("stated %(change)s") % {"change": change}))
    return _spaced(markup)


@register.simple_tag(takes_context=True)
def year_whole(context: Context, line: KpiLine) -> SafeString:
    """The year of a metric: as stated, what its periods give, and the way from the year before."""
    unit, figure = line.metric.unit, line.figure
    computed, missing = _("computed"), _("periods are missing")
    if line.whole.measurement is not None:
        markup = [year_cell(context, line.whole)]
        if line.computed is not None and line.whole.measurement.value is not None:
            markup.append(_stated(f"{computed} {format_value(line.computed, unit)}"))
        if figure.counts_empty_as_zero:
            markup.append(_stated(_("empty quarter counted as zero")))
    elif figure.value is not None:
        told = computed if figure.is_complete else f"{computed}, {missing}"
        markup = [format_html("<strong>{}</strong>", format_value(figure.value, unit)), _stated(told)]
    else:
        markup = [_dash()]
    return _spaced([*markup, *_year_step(context, line)])


@register.simple_tag
def line_of(record: Any, year: int) -> SafeString:  # noqa: ANN401
    """Where a record stands: the line of the year's own document, else the document as well."""
    document, lines = record.source, record.source_lines
    if document is None:
        return SafeString()
    if document.year == year and lines:
        place = _("line %(lines)s") % {"lines": lines}
    elif lines:
        place = _("%(year)s document, line %(lines)s") % {"year": document.year, "lines": lines}
    else:
        place = _("%(year)s document") % {"year": document.year}
    return format_html('<span class="source" title="{}">{}</span>', document.title, place)


def _figure(cell: Cell) -> SafeString | str:
    row = cell.measurement
    assert row is not None  # noqa: S101
    if row.value is not None:
        return format_html("<strong>{}</strong>", measured(row))
    if cell.computed is not None:
        return format_html("<strong>{}</strong>", format_value(cell.computed, row.metric.unit))
    if cell.span:
        return format_html("<strong>{}</strong>", cell.span)
    if cell.words and not _reads_like_a_figure(cell):
        return cell.words
    return format_html('<span class="none">{}</span>', _("nothing to measure"))


def _is_stated_without_figure(cell: Cell) -> bool:
    row = cell.measurement
    return (
        row is not None and row.value is None and cell.computed is None and not cell.span and bool(cell.words)
    )


def _reads_like_a_figure(cell: Cell) -> bool:
    """Stated as `0h 0m` where there was nothing to measure: alone, it would be taken for a measured 0."""
    return _is_stated_without_figure(cell) and cell.words[0].isdigit()


def _beside(cell: Cell) -> tuple[str, ...]:
    row = cell.measurement
    if row is None or row.value is None:
        return (cell.parts,)
    return cell.parts, cell.span, row.breakdown_note


def _year_step(context: Context, line: KpiLine) -> tuple[SafeString, ...]:
    if line.step is None:
        return ()
    before = format_value(line.before.value, line.metric.unit)
    mark = check_mark(context, line.before.rows)
    return _step(line.step), _stated(format_html("{}: {}{}", line.step.since.label, before, mark))


def _step(step: Step) -> SafeString:
    told = f"{difference(step.value, step.unit)} {step.trend_label}".rstrip()
    return format_html('<span class="step {}">{}</span>', step.trend, told)


def _stated(text: str) -> SafeString:
    return format_html('<span class="stated">{}</span>', text)


def _dash() -> SafeString:
    return format_html('<span class="none dash" title="{}">–</span>', _("not recorded"))


def _spaced(markup: list[SafeString]) -> SafeString:
    return format_html_join(" ", "{}", ((each,) for each in markup))
