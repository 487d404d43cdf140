"""System checks that fail the build when something owned could be reached without its owner's wall.

They run with every `manage.py` command, `make check` and the tests. Each has a planted counter-example in
tests/records/test_guards.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db import models
from django.forms import ModelForm
from django.urls import URLPattern, URLResolver, get_resolver

from records.models import Account, ApiToken, Attempts, Owned, SentForm, Session, Upload
from records.ownership import OwnedManager, OwnedQuerySet, SameOwner

OUR_APPS = ("records", "projects", "metrics", "goals", "careertrack")
# Owned models that the API does not serve, each with its reason.
NOT_IN_API: dict[type[models.Model], str] = {
    ApiToken: "a script must not make itself another token",
    Upload: "a file on its way in; scripts send the records themselves",
}
# Models of ours that belong to nobody, each with its reason.
NOT_OWNED: dict[type[models.Model], str] = {
    Account: "it is the owner",
    Attempts: "counts tries of whoever is not signed in yet; keeps digests",
    SentForm: "keeps digests of requests, so that the same one twice is found",
    Session: "it says who is asking, before there is an owner in force",
}


@register()
def every_model_is_owned(*, app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    ours = [model for model in apps.get_models() if model._meta.app_label in OUR_APPS]
    return [problem for model in ours for problem in problems_of_model(model)]


@register()
def every_admin_is_owned(*, app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    from records.admin import site

    return [
        problem
        for model, model_admin in site._registry.items()
        for problem in problems_of_admin(model, model_admin)
    ]


@register()
def every_form_is_owned(*, app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    get_resolver().url_patterns  # noqa: B018  # every form that a page uses is loaded then
    ours = [form for form in forms_below(ModelForm) if form.__module__.partition(".")[0] in OUR_APPS]
    return [problem for form in ours for problem in problems_of_form(form)]


@register()
def every_api_view_is_owned(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    return list(problems_of_views(get_resolver().url_patterns))


@register()
def every_model_has_its_viewset(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    ours = [model for model in apps.get_models() if model._meta.app_label in OUR_APPS and _is_owned(model)]
    served = viewsets_of(get_resolver().url_patterns)
    return [*problems_of_service(ours, served), *(p for each in served for p in problems_of_viewset(each))]


@register()
def every_model_has_its_resource(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    from records.resources import registered

    return [problem for model in apps.get_models() for problem in problems_of_resource(model, registered())]


def problems_of_resource(model: type[models.Model], registered: Iterable[Any]) -> Iterable[CheckMessage]:
    """What a person can keep here they can bring and take away."""
    from records.merging import is_mergeable

    if issubclass(model, Owned) and is_mergeable(model) and model not in registered:
        yield _error(model, "has no resource: register it in the resources.py of its app", "E013")


def problems_of_model(model: type[models.Model]) -> Iterable[CheckMessage]:
    """An owned model, its scoped manager, and a wall for every reference to another owned model."""
    if model in NOT_OWNED or hasattr(model, "instance_type"):  # history, scoped by its manager
        return
    if not issubclass(model, Owned):
        yield _error(model, "does not derive from records.models.Owned", "E001")
        return
    manager = model._meta.default_manager
    rows = getattr(manager, "_queryset_class", object)
    if not isinstance(manager, OwnedManager) or not issubclass(rows, OwnedQuerySet):
        yield _error(model, "has a default manager that is not an OwnedManager with an OwnedQuerySet", "E002")
    walls = {constraint.field for constraint in model._meta.constraints if isinstance(constraint, SameOwner)}
    for field in model._meta.get_fields():
        if isinstance(field, models.ManyToManyField):
            yield _error(model, f"has the many-to-many field {field.name}; write an owned model", "E003")
        elif (
            isinstance(field, models.ForeignKey)
            and _is_owned(field.related_model)
            and field.name not in walls
        ):
            yield _error(model, f"needs SameOwner({field.name!r}) in Meta.constraints", "E004")
    names = {constraint.name for constraint in model._meta.constraints}
    if f"{model._meta.label_lower.replace('.', '_')}_owner_id" not in names:
        yield _error(model, "needs the constraints of its base: [*Record.Meta.constraints, …]", "E005")


def problems_of_admin(model: type[models.Model], model_admin: Any) -> Iterable[CheckMessage]:  # noqa: ANN401
    from records.admin import OwnedAdmin, OwnedInline

    if not _is_owned(model):
        return
    if not isinstance(model_admin, OwnedAdmin):
        yield _error(model, "is registered with an admin that is not an OwnedAdmin", "E006")
    for inline in model_admin.inlines:
        if not issubclass(inline, OwnedInline):
            yield _error(model, f"has the inline {inline.__name__} that is not an OwnedInline", "E007")


def problems_of_form(form: type[ModelForm]) -> Iterable[CheckMessage]:
    """A form that writes a record knows whose it is and whether somebody was faster."""
    from records.forms import OwnedModelForm

    options = getattr(form, "_meta", None)
    if options is not None and _is_owned(options.model) and not issubclass(form, OwnedModelForm):
        yield _error(form, "is a form of an owned model that is not an OwnedModelForm", "E014")


def forms_below(base: type[ModelForm]) -> Iterable[type[ModelForm]]:
    for form in base.__subclasses__():
        yield form
        yield from forms_below(form)


def problems_of_views(patterns: Iterable[URLPattern | URLResolver]) -> Iterable[CheckMessage]:
    from rest_framework.views import APIView

    from records.api import OwnedAPIView

    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from problems_of_views(pattern.url_patterns)
            continue
        view = getattr(pattern.callback, "cls", None)
        if view is not None and issubclass(view, APIView) and not issubclass(view, OwnedAPIView):
            yield _error(view, "is an API view that is not an OwnedAPIView", "E008")


def viewsets_of(patterns: Iterable[URLPattern | URLResolver]) -> list[Any]:
    """Each viewset of a model once, in the order of the URL map."""
    from records.api.viewsets import ReadOnlyViewSet

    found: dict[Any, None] = {}
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= dict.fromkeys(viewsets_of(pattern.url_patterns))
        elif isinstance(view := getattr(pattern.callback, "cls", None), type) and issubclass(
            view, ReadOnlyViewSet
        ):
            found[view] = None
    return list(found)


def problems_of_service(
    ours: Iterable[type[models.Model]], viewsets: Iterable[Any]
) -> Iterable[CheckMessage]:
    """Every owned model has exactly one viewset."""
    served = [viewset.model() for viewset in viewsets]
    for model in ours:
        if (count := served.count(model)) != (model not in NOT_IN_API):
            yield _error(model, f"has {count} viewsets in the API", "E009")


def problems_of_viewset(viewset: Any) -> Iterable[CheckMessage]:  # noqa: ANN401
    """Its serializer is ours, names its fields, and leaves to nobody what only the server may write."""
    from records.api.fields import Readable, Reference
    from records.api.serializers import READ_ONLY, OwnedSerializer

    serializer = viewset.serializer_class
    if not issubclass(serializer, OwnedSerializer):
        yield _error(viewset, "has a serializer that is not an OwnedSerializer", "E010")
        return
    if not isinstance(serializer.Meta.fields, list | tuple):
        yield _error(serializer, "must name its fields one by one", "E011")
        return
    for name in {"id", "owner", *READ_ONLY} & {*serializer.Meta.fields}:
        yield _error(serializer, f"lets {name} be written", "E011")
    fields: dict[str, Any] = serializer().fields
    for name, field in fields.items():
        if not isinstance(field, Readable):
            yield _error(serializer, f"has the field {name} that is none of records.api.fields", "E012")
        elif isinstance(field, Reference) and not isinstance(
            vars(field)["queryset"], OwnedQuerySet | OwnedManager
        ):
            yield _error(serializer, f"has the reference {name} without a scope", "E012")


def _is_owned(model: Any) -> bool:  # noqa: ANN401
    return isinstance(model, type) and issubclass(model, Owned)


def _error(what: type, problem: str, code: str) -> Error:
    return Error(f"{what.__module__}.{what.__name__} {problem}.", obj=what, id=f"records.{code}")
