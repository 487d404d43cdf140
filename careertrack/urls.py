"""The whole URL map."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

import goals.api
import goals.views
import metrics.api
import projects.views
import records.admin
from careertrack import views
from records.periods import FIRST_YEAR, LAST_YEAR


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


class SlugConverter(StringConverter):
    """Only what a slug may hold, in any language; any other address does not exist."""

    regex = r"[-\w]{1,80}"


register_converter(YearConverter, "year")
register_converter(SlugConverter, "name")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("search/", views.search_page, name="search"),
    path("goals/", goals.views.goal_list, name="goal_list"),
    path("goals/<year:year>/", goals.views.goal_year, name="goal_year"),
    path("goals/<year:year>/<name:slug>/", goals.views.goal_detail, name="goal_detail"),
    path("projects/", projects.views.project_list, name="project_list"),
    path("projects/<name:slug>/", views.project_detail, name="project_detail"),
    path("activities/", views.activity_list, name="activity_list"),
    path("skills/", projects.views.skill_list, name="skill_list"),
    path("skills/<name:slug>/", projects.views.skill_detail, name="skill_detail"),
    path("checks/", views.check_list, name="check_list"),
    path("api/v1/checks/", metrics.api.CheckView.as_view(), name="api_checks"),
    path("api/v1/comparisons/<year:year>/", goals.api.ComparisonView.as_view(), name="api_comparison"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", records.admin.site.urls),
]
