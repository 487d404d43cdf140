"""The whole URL map."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter
from django.urls.converters import StringConverter
from rest_framework.routers import SimpleRouter

import goals.api
import goals.views
import goals.viewsets
import metrics.api
import metrics.views
import metrics.viewsets
import projects.views
import projects.viewsets
import records.admin
import records.api.documents
import records.views
from careertrack import exchange, health, views
from careertrack.api import SchemaView, SearchView, YearView, api_docs
from records.api.base import NowhereView
from records.periods import FIRST_YEAR, LAST_YEAR, Period


class YearConverter:
    """Only years a period may have; any other address does not exist."""

    regex = r"[12]\d{3}"

    def to_python(self, value: str) -> int:
        year = int(value)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(value)
        return year

    def to_url(self, value: int) -> str:
        return str(value)


class PeriodConverter:
    """A period as it is stored, a month at the shortest: 2024, 2024-H2, 2024-Q1, 2024-09."""

    regex = r"[12]\d{3}(?:-(?:H[12]|Q[1-4]|0[1-9]|1[0-2]))?"

    def to_python(self, value: str) -> Period:
        return Period.parse(value)

    def to_url(self, value: Period) -> str:
        return str(value)


class SlugConverter(StringConverter):
    """Only what a slug may hold, in any language; any other address does not exist."""

    regex = r"[-\w]{1,80}"


register_converter(YearConverter, "year")
register_converter(PeriodConverter, "period")
register_converter(SlugConverter, "name")

router = SimpleRouter()
for _address, _viewset in {
    # First, as scripts ask for it most: addresses are tried in this order.
    "measurements": metrics.viewsets.MeasurementViewSet,
    "projects": projects.viewsets.ProjectViewSet,
    "engagements": projects.viewsets.EngagementViewSet,
    "achievements": projects.viewsets.AchievementViewSet,
    "activities": projects.viewsets.ActivityViewSet,
    "skills": projects.viewsets.SkillViewSet,
    "skill-uses": projects.viewsets.SkillUseViewSet,
    "metrics": metrics.viewsets.MetricViewSet,
    "mentions": metrics.viewsets.MentionViewSet,
    "incidents": metrics.viewsets.IncidentViewSet,
    "changes": metrics.viewsets.ChangeViewSet,
    "settlements": metrics.viewsets.SettlementViewSet,
    "goals": goals.viewsets.GoalViewSet,
    "goal-links": goals.viewsets.GoalLinkViewSet,
    "milestones": goals.viewsets.MilestoneViewSet,
    "goal-results": goals.viewsets.GoalResultViewSet,
    "evidence": goals.viewsets.EvidenceViewSet,
    "reflections": goals.viewsets.ReflectionViewSet,
    "documents": records.api.documents.DocumentViewSet,
}.items():
    router.register(_address, _viewset, basename=f"api_{_address.replace('-', '_')}")
handler500 = "careertrack.outages.server_error"

_api: list[URLPattern | URLResolver] = [
    # Before the router, which would take "bulk" for a key.
    path("measurements/bulk/", metrics.api.BulkMeasurementView.as_view(), name="api_bulk"),
    *router.urls,
    path("metrics/<name:slug>/series/", metrics.api.SeriesView.as_view(), name="api_series"),
    path("schema/", SchemaView.as_view(), name="api_schema"),
    path("docs/", api_docs, name="api_docs"),
    path("search/", SearchView.as_view(), name="api_search"),
    path("years/<year:year>/", YearView.as_view(), name="api_year"),
    path("checks/", metrics.api.CheckView.as_view(), name="api_checks"),
    path("comparisons/<year:year>/", goals.api.ComparisonView.as_view(), name="api_comparison"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    # First, as scripts ask thousands of times and people wait for their page anyway.
    path("api/v1/", include(_api)),
    # Any other below: a script wants a problem document, not a page.
    re_path("^api/", NowhereView.as_view(), name="api_not_found"),
    path("", views.home, name="home"),
    path("years/", views.year_list, name="year_list"),
    path("years/<year:year>/", views.year_detail, name="year_detail"),
    path("trends/", views.trends, name="trends"),
    path("search/", views.search_page, name="search"),
    path("goals/", goals.views.goal_list, name="goal_list"),
    path("goals/<year:year>/", goals.views.goal_year, name="goal_year"),
    path("goals/<year:year>/<name:slug>/", goals.views.goal_detail, name="goal_detail"),
    path("projects/", projects.views.project_list, name="project_list"),
    path("projects/<name:slug>/", views.project_detail, name="project_detail"),
    path("activities/", views.activity_list, name="activity_list"),
    path("skills/", projects.views.skill_list, name="skill_list"),
    path("skills/<name:slug>/", projects.views.skill_detail, name="skill_detail"),
    path("metrics/", metrics.views.metric_list, name="metric_list"),
    path("metrics/<name:slug>/", views.metric_detail, name="metric_detail"),
    path("metrics/enter/<period:period>/", metrics.views.metric_enter, name="metric_enter"),
    path("checks/", views.check_list, name="check_list"),
    path("import/", exchange.import_new, name="import_new"),
    path("import/template/<name:model>.xlsx", exchange.import_template, name="import_template"),
    path("import/<name:slug>/", exchange.import_detail, name="import_detail"),
    path("export/", exchange.export_list, name="export_list"),
    # Before the files of single kinds, which would take "career" for one.
    path("export/career.zip", exchange.export_archive, name="export_archive"),
    path("export/<name:model>.<name:kind>", exchange.export_file, name="export_file"),
    path("accounts/tokens/", records.views.token_list, name="account_tokens"),
    path("accounts/tokens/revoke/", records.views.token_revoke, name="account_token_revoke"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", records.admin.site.urls),
]
