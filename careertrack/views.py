"""The home page, and the answers to what is not there."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from careertrack.overview import years_at_a_glance


@require_safe
def home(request: HttpRequest) -> TemplateResponse:
    return TemplateResponse(request, "careertrack/home.html", {"years": years_at_a_glance()})
