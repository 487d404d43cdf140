"""Each guard with a planted counter-example: a house in which somebody forgot a wall."""

from __future__ import annotations

import pytest
from django.contrib.admin import ModelAdmin, TabularInline
from django.core import checks
from django.core.checks.registry import registry
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.test.utils import isolate_apps
from django.urls import URLPattern, URLResolver, get_resolver, include, path
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from goals.forms import ResultForm
from goals.models import Goal, Milestone
from projects.models import Engagement, Project
from records import guards
from records.admin import OwnedAdmin, OwnedInline, site
from records.api import OwnedAPIView
from records.api.documents import DocumentViewSet
from records.api.fields import Reference
from records.api.serializers import OwnedSerializer
from records.api.viewsets import OwnedViewSet
from records.models import Account, ApiToken, Attempts, Document, Record, SentForm, Session, Upload
from records.ownership import OwnedManager, SameOwner

MODULE = "projects.models"  # where simple-history looks up the app of a planted model


def _found(problems: object) -> list[str]:
    assert hasattr(problems, "__iter__")
    return [problem.id for problem in problems]


def test_house_itself_is_guarded_and_without_problems() -> None:
    ours = {
        guards.every_model_is_owned,
        guards.every_admin_is_owned,
        guards.every_form_is_owned,
        guards.every_api_view_is_owned,
        guards.every_model_has_its_viewset,
        guards.every_model_has_its_resource,
    }
    assert ours <= set(registry.registered_checks)
    assert [found for found in checks.run_checks() if str(found.id).startswith("records.")] == []
    assert set(guards.NOT_OWNED) == {Account, Attempts, SentForm, Session}


@isolate_apps("records", "projects")
def test_model_with_every_wall_passes() -> None:
    class Sound(Record):
        __module__ = MODULE

        project = models.ForeignKey(Project, models.CASCADE, related_name="+")
        account = models.ForeignKey(Account, models.CASCADE, related_name="+")

        class Meta(Record.Meta):
            abstract = False
            app_label = "projects"
            constraints = [*Record.Meta.constraints, SameOwner("project")]

    assert _found(guards.problems_of_model(Sound)) == []
    assert _found(guards.problems_of_model(Sound.history.model)) == []


@isolate_apps("projects")
def test_e001_finds_a_model_that_belongs_to_nobody() -> None:
    class Loose(models.Model):
        class Meta:
            app_label = "projects"

        def __str__(self) -> str:
            return "loose"

    (problem,) = guards.problems_of_model(Loose)
    assert problem.id == "records.E001"
    assert problem.msg == f"{__name__}.Loose does not derive from records.models.Owned."


@isolate_apps("records", "projects")
def test_e002_finds_a_default_manager_without_scope() -> None:
    class Unscoped(Record):
        __module__ = MODULE

        objects = models.Manager()  # type: ignore[assignment]

        class Meta(Record.Meta):
            abstract = False
            app_label = "projects"

    class UnscopedFirst(Record):
        __module__ = MODULE

        everything = models.Manager()
        objects = OwnedManager()

        class Meta(Record.Meta):
            abstract = False
            app_label = "projects"

    assert _found(guards.problems_of_model(Unscoped)) == ["records.E002"]
    assert _found(guards.problems_of_model(UnscopedFirst)) == ["records.E002"]


@isolate_apps("records", "projects")
def test_e003_finds_an_automatic_many_to_many() -> None:
    class Tangled(Record):
        __module__ = MODULE

        projects = models.ManyToManyField(Project, related_name="+")

        class Meta(Record.Meta):
            abstract = False
            app_label = "projects"

    assert "records.E003" in _found(guards.problems_of_model(Tangled))


@isolate_apps("records", "projects")
def test_e004_finds_a_reference_without_its_wall() -> None:
    class Unwalled(Record):
        __module__ = MODULE

        project = models.ForeignKey(Project, models.CASCADE, related_name="+")
        other = models.OneToOneField(Project, models.CASCADE, related_name="+")

        class Meta(Record.Meta):
            abstract = False
            app_label = "projects"
            constraints = [*Record.Meta.constraints, SameOwner("other")]

    (problem,) = guards.problems_of_model(Unwalled)
    assert problem.id == "records.E004"
    assert "needs SameOwner('project')" in problem.msg


@isolate_apps("records", "projects")
def test_e005_finds_a_model_that_dropped_the_constraints_of_its_base() -> None:
    class Bare(Record):
        __module__ = MODULE

        class Meta(Record.Meta):
            abstract = False
            app_label = "projects"
            constraints = [SameOwner("source")]

    assert _found(guards.problems_of_model(Bare)) == ["records.E005"]


def test_e006_finds_an_admin_that_is_not_owned() -> None:
    assert _found(guards.problems_of_admin(Goal, ModelAdmin(Goal, site))) == ["records.E006"]
    assert _found(guards.problems_of_admin(Goal, OwnedAdmin(Goal, site))) == []
    assert _found(guards.problems_of_admin(Account, ModelAdmin(Account, site))) == []


def test_e007_finds_an_inline_that_is_not_owned() -> None:
    class Rows(TabularInline):
        model = Milestone

    class OwnedRows(OwnedInline):
        model = Milestone

    class GoalAdmin(OwnedAdmin):
        inlines = [OwnedRows, Rows]

    (problem,) = guards.problems_of_admin(Goal, GoalAdmin(Goal, site))
    assert problem.id == "records.E007"
    assert "has the inline Rows" in problem.msg


class LooseView(APIView):
    pass


class LooseViewSet(ViewSet):
    pass


class SoundView(OwnedAPIView):
    pass


@api_view(["GET"])
def loose_function(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def plain_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param(path("x/", LooseView.as_view()), ["records.E008"], id="class"),
        pytest.param(path("x/", LooseViewSet.as_view({"get": "list"})), ["records.E008"], id="viewset"),
        pytest.param(path("x/", loose_function), ["records.E008"], id="function"),
        pytest.param(path("x/", include([path("y/", LooseView.as_view())])), ["records.E008"], id="included"),
        pytest.param(path("x/", SoundView.as_view()), [], id="owned"),
        pytest.param(path("x/", plain_page), [], id="page"),
    ],
)
def test_e008_finds_an_api_view_that_is_not_owned(
    pattern: URLPattern | URLResolver, found: list[str]
) -> None:
    assert _found(guards.problems_of_views([pattern])) == found


def test_e014_finds_a_form_without_owner_and_version() -> None:
    class Hurried(ModelForm):
        class Meta:
            model = Goal
            fields = ["statement"]

    assert _found(guards.problems_of_form(Hurried)) == ["records.E014"]
    assert _found(guards.problems_of_form(ResultForm)) == []
    assert Hurried in guards.forms_below(ModelForm)
    assert guards.every_form_is_owned(app_configs=None) == []  # of tests, not of ours


def test_e013_finds_a_model_without_its_resource() -> None:
    assert _found(guards.problems_of_resource(Goal, [])) == ["records.E013"]
    assert _found(guards.problems_of_resource(Goal, [Goal])) == []
    assert _found(guards.problems_of_resource(ApiToken, [])) == []
    assert _found(guards.problems_of_resource(Account, [])) == []


urlpatterns = [path("x/", LooseView.as_view())]


@override_settings(ROOT_URLCONF=__name__)
def test_e008_is_found_by_the_checks_of_every_command() -> None:
    assert get_resolver().url_patterns == urlpatterns
    assert "records.E008" in [found.id for found in checks.run_checks()]


def test_registered_admin_that_is_not_owned_is_found_by_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(site._registry, Goal, ModelAdmin(Goal, site))  # type: ignore[misc]
    assert "records.E006" in [found.id for found in checks.run_checks()]


class LooseSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ["name"]


class EverythingSerializer(OwnedSerializer):
    class Meta:
        model = Project
        fields = "__all__"


class OwnerSerializer(OwnedSerializer):
    class Meta:
        model = Project
        fields = ["name", "version"]


class StrangeFieldSerializer(OwnedSerializer):
    name = serializers.CharField()

    class Meta:
        model = Project
        fields = ["name"]


class EverybodysSerializer(OwnedSerializer):
    project = Reference(queryset=Project._base_manager.all())

    class Meta:
        model = Engagement
        fields = ["name", "project"]


def _viewset(serializer: type) -> type[OwnedViewSet]:
    return type("PlantedViewSet", (OwnedViewSet,), {"serializer_class": serializer})


def test_e009_finds_a_model_without_a_viewset_and_one_with_two() -> None:
    sound = _viewset(DocumentViewSet.serializer_class)
    assert _found(guards.problems_of_service([Document], [])) == ["records.E009"]
    assert _found(guards.problems_of_service([Document], [sound, DocumentViewSet])) == ["records.E009"]
    assert _found(guards.problems_of_service([Document], [DocumentViewSet])) == []
    assert _found(guards.problems_of_service([ApiToken], [])) == []
    assert set(guards.NOT_IN_API) == {ApiToken, Upload}


@pytest.mark.parametrize(
    ("serializer", "found"),
    [
        (LooseSerializer, ["records.E010"]),
        (EverythingSerializer, ["records.E011"]),
        (OwnerSerializer, ["records.E011"]),
        (StrangeFieldSerializer, ["records.E012"]),
        (EverybodysSerializer, ["records.E012"]),
        (DocumentViewSet.serializer_class, []),
    ],
)
def test_viewset_whose_serializer_is_not_ours_is_found(serializer: type, found: list[str]) -> None:
    assert _found(guards.problems_of_viewset(_viewset(serializer))) == found
