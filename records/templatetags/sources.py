"""Sources in templates: `{% source_of record %}`.

Tags, not included templates, for what a page shows hundreds of times: an include costs several times what it shows.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def source_of(record: Any) -> str:  # noqa: ANN401
    """Where a record or a hit stands, document and lines; the document must be joined. Nothing for no document."""
    document = record.source
    if document is None:
        return ""
    if record.source_lines:
        place = gettext("%(year)s document, line %(lines)s") % {
            "year": document.year,
            "lines": record.source_lines,
        }
    else:
        place = gettext("%(year)s document") % {"year": document.year}
    return format_html('<span class="source" title="{}">{}</span>', document.title, place)
