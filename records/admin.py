"""The base of every admin: each account sees and edits its own records and nothing else.

Whose a record is decides what one may do with it; Django's permissions per model are not used. A record of
somebody else is answered like one that does not exist, also to superusers.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Length
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from records.forms import OwnedInlineFormSet, OwnedModelForm, PlainDecimalField, TokenForm
from records.models import Account, ApiToken, Conflict, Document, Owned, Upload
from records.paging import BoundedPaginator
from records.resources import registered, resource_of
from records.sent import AlreadySent, sent_once, was_sent
from records.sheets import CONTENT_TYPES, file_response, write_table
from records.together import read_together

ABSENT = "–"
_APP_ORDER = ["goals", "projects", "metrics", "records"]


class OwnedAdminSite(admin.AdminSite):
    """Our own records, in the order of the house; signs in where everybody else does.

    Not Django's default site: other packages register there what knows no owner (e-mail addresses,
    authenticators, groups), and that has no address on this server.
    """

    site_title = "CareerTrack"
    site_header = "CareerTrack"
    index_title = _("Records")
    empty_value_display = ABSENT

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:  # noqa: ANN401
        if admin_class is None or not issubclass(admin_class, OwnedAdmin | UserAdmin):
            raise ImproperlyConfigured(f"The admin of {model_or_iterable} must be an OwnedAdmin.")
        super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Without /r/<type>/<id>/, which would tell the address of anybody's record."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Apps in the order of the house, models in the order they are registered in."""
        apps = self._build_app_dict(request, app_label)
        return sorted(apps.values(), key=lambda app: _APP_ORDER.index(app["app_label"]))

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:  # noqa: ANN401
        return secure_admin_login(super().login)(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:  # noqa: ANN401
        """Where everybody changes it: guesses of the old password are counted there."""
        return redirect("account_change_password")


site = OwnedAdminSite()


def _is_key(value: object) -> bool:
    return re.fullmatch(r"[0-9]{1,18}", str(value)) is not None


def _refuse_odd_texts(request: HttpRequest) -> None:
    """Neither database can be asked about them."""
    texts = [text for name, values in request.GET.lists() for text in (name, *values)]
    if any("\0" in text for text in texts):
        raise Http404


class _Completion(AutocompleteSelect):
    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:  # noqa: ANN401
        # Django looks up whatever was posted, and answers 500 to what no database takes for a key.
        return super().optgroups(name, [key for key in value if _is_key(key)] or [""], attr)


class _OwnedOptions:
    """What pages and inline rows have in common."""

    form: Any = OwnedModelForm
    # Not a model field that may be edited, so it must be named twice: shown as ours, left out as the model's.
    exclude: Any = ["version"]
    # Joined in every list, choice and completion: whatever `__str__` and the columns read.
    joins: ClassVar[tuple[str, ...]] = ()
    # Few enough to be chosen from a plain list.
    plain_choices: ClassVar[tuple[str, ...]] = ("source",)
    formfield_overrides: Any = {
        models.DecimalField: {"form_class": PlainDecimalField},
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})},
    }
    model: Any
    admin_site: Any
    opts: Any

    def _is_own(self, request: Any, obj: Any = None) -> bool:  # noqa: ANN401
        """Every active account that may use admin may do everything with its own records."""
        account = request.user
        may = account.is_active and account.is_staff
        return may and (obj is None or obj.owner_id in (None, account.pk))

    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = _is_own
    has_module_permission = _is_own

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        rows = super().get_queryset(request)  # type: ignore[misc]  # the default manager: scoped
        return rows.select_related(*self.joins) if self.joins else rows

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:  # noqa: ANN401
        """Choices as the target's own admin lists them: scoped, joined and in its order."""
        target = self.admin_site._registry[db_field.remote_field.model]
        return target.get_queryset(request).order_by(*target.get_ordering(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", _Completion(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            # Adding and changing from here is handy; deleting what a field refers to is a surprise.
            field.widget.can_delete_related = field.widget.can_view_related = False
            if isinstance(self, OwnedInline):
                field.widget.can_add_related = field.widget.can_change_related = False  # no room for it
        return field

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every reference whose target can be searched."""
        return [
            field.name
            for field in self.opts.concrete_fields
            if isinstance(field, models.ForeignKey)
            and field.name not in self.plain_choices
            and getattr(self.admin_site._registry.get(field.related_model), "search_fields", None)
        ]


class _HistoryContext(HistoricalRecordContextHelper):
    def context_for_delta_changes(self, delta: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """What a person changed; version and moment change with every save."""
        by_person = [change for change in delta.changes if change.field not in ("version", "updated_at")]
        return list(super().context_for_delta_changes(replace(delta, changes=by_person)))


class OfRelated(admin.RelatedFieldListFilter):
    """Those records that some row refers to: one look-up in the index for each, not a list of all rows."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ANN401
        referring = model_admin.model._default_manager.filter(**{field.name: models.OuterRef("pk")})
        related = field.remote_field.model
        rows = related._default_manager.filter(models.Exists(referring))
        if related is Document:
            rows = rows.defer("body")
        return [
            (row.pk, str(row))
            for row in rows.order_by(*self.field_admin_ordering(field, request, model_admin))
        ]


class OwnedAdmin(_OwnedOptions, SimpleHistoryAdmin):
    """The admin of one model of records.

    `fieldsets` names the sections of a model's own fields; the sections every record has are added. A record
    that was changed since the form was opened is not overwritten: see `OwnedModelForm`.
    """

    list_per_page = 50
    show_full_result_count = False
    view_on_site: Any = False
    object_history_list_template = "admin/object_history_list.html"
    change_list_template = "admin/owned_change_list.html"
    common_fields: ClassVar[tuple[Any, ...]] = ("note",)
    # Whether the answer to an added record can be given again, when the same form arrives twice.
    can_answer_again = True

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        sections = [*self.fieldsets, (_("Source and note"), {"fields": list(self.common_fields)})]
        if obj is not None:
            kept = ["version", "kept_version", "created_at", "updated_at"]
            sections.append((_("See also"), {"fields": ["see_also"]}))
            sections.append((_("Versions"), {"classes": ["collapse"], "fields": kept}))
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        common = ["see_also", "kept_version", "created_at", "updated_at"]
        return [*super().get_readonly_fields(request, obj), *common]

    @admin.display(description=_("version"))
    def kept_version(self, obj: Owned) -> int:
        return obj.version

    @admin.display(description=_("records that refer to it"))
    def see_also(self, obj: Owned) -> SafeString | str:
        """Links to the lists of records that refer to this one, with their number. One query for each list."""
        links = []
        for model in self.admin_site._registry:
            references = [field for field in model._meta.concrete_fields if field.related_model is type(obj)]
            for field in references:
                number = model._default_manager.filter(**{field.name: obj.pk}).count()
                name = capfirst(str(model._meta.verbose_name_plural))
                if len(references) > 1:
                    name = f"{name}: {field.verbose_name}"
                if number:
                    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                    links.append((address, f"{field.name}__id__exact={obj.pk}", name, number))
        return format_html_join(" · ", '<a href="{}?{}">{} ({})</a>', links) or ABSENT

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> BoundedPaginator:  # noqa: ANN401
        return BoundedPaginator(*args, shown=request.GET.get(PAGE_VAR, ""), **kwargs)

    def _get_obj_does_not_exist_redirect(self, *args: object) -> HttpResponse:
        raise Http404

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # A password digest can be guessed letter by letter through owner__password__startswith.
        return not lookup.startswith("owner") and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # noqa: ANN401
        _refuse_odd_texts(request)
        if not all(map(_is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise Http404
        title = capfirst(str(self.opts.verbose_name_plural))  # “Select change to change” helps nobody
        kinds = [*CONTENT_TYPES] if self.model in registered() else []
        return super().changelist_view(
            request, {"title": title, "export_kinds": kinds, **(extra_context or {})}
        )

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/<name:kind>/", export, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """What the list shows with the same filters and search, all of its pages."""
        if kind not in CONTENT_TYPES or self.model not in registered() or request.method != "GET":
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        _refuse_odd_texts(request)
        try:
            listed = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            raise Http404 from error
        # The list leaves long texts out and adds counts; the file is of the records themselves.
        records = self.model._default_manager.filter(pk__in=listed.order_by().values("pk")).order_by("pk")
        body = write_table(resource_of(self.model), records, kind=kind)
        return file_response(body, name=str(self.opts.model_name), kind=kind)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:  # noqa: ANN401
        if "\0" in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ANN401
        try:
            if request.method == "POST" and self.can_answer_again and self.has_add_permission(request):
                before = was_sent(request)
                if before is not None:
                    raise before
            return super().add_view(request, form_url, extra_context)
        except AlreadySent as before:
            made = self.get_queryset(request).filter(pk=before.record_id).first()
            if made is None:  # deleted since
                return self.response_post_save_add(request, None)
            return self.response_add(request, made)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (Conflict, IntegrityError):
            # Somebody was faster between validation and writing. Nothing is stored; validation finds it now.
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ANN401
        if change or not self.can_answer_again:
            return super().save_model(request, obj, form, change)
        with sent_once(request) as sent:
            super().save_model(request, obj, form, change)
            sent.record_id = obj.pk
        return None

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:  # noqa: ANN401
        """Back to the page that sent somebody here to edit this record (`?back=`, an address of this server)."""
        back = request.GET.get("back", "")
        if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            return HttpResponseRedirect(back)
        return super().response_post_save_change(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: ANN401
        if hasattr(obj, "_history"):
            # An earlier version, about to be restored: as a change of what is stored, or anew if it is deleted.
            stored = type(obj)._default_manager.filter(pk=obj.pk).values_list("version", flat=True).first()
            obj._state.adding = stored is None
            obj.version = stored or obj.version
        return super().get_form(request, obj, change=change, **kwargs)

    def _key_or_404(self, object_id: str) -> int:
        try:
            key: int = self.opts.pk.to_python(unquote(object_id))
        except ValidationError as error:
            raise Http404 from error
        return key

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ANN401
        self._key_or_404(object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str) -> HttpResponse:
        key = {"id": self._key_or_404(object_id), "history_id": self._key_or_404(version_id)}
        if not self.model.history.filter(**key).exists():
            raise Http404  # simple-history itself would look among the rows of every account
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied  # or a revoked token could be brought back
        context = {"opts": self.opts}  # of the record, not of its history
        try:
            with transaction.atomic():
                return super().history_form_view(request, object_id, version_id, context)
        except (Conflict, IntegrityError):
            return super().history_form_view(request, object_id, version_id, context)

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> Any:  # noqa: ANN401
        return _HistoryContext(self.model, historical_record)


class RecordAdmin(OwnedAdmin):
    """The admin of a model that has a source: shown in the last column and offered as a filter."""

    common_fields = (("source", "source_lines"), "note")

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        # A list need not read the texts of documents.
        return super().get_queryset(request).with_source()

    def get_list_display(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return [*self.list_display, "cited"]

    def get_list_filter(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return [*self.list_filter, ("source", OfRelated)]

    @admin.display(description=_("source"), ordering="source__year")
    def cited(self, obj: Any) -> str:  # noqa: ANN401
        if obj.source is None:
            return ABSENT
        return f"{obj.source.year}: {obj.source_lines}" if obj.source_lines else str(obj.source.year)


class OwnedInline(_OwnedOptions, admin.TabularInline):
    """Rows of records under another record. `fields` names what is shown; each row carries its version."""

    formset = OwnedInlineFormSet
    extra = 0
    show_change_link = True
    plain_choices = ()  # one list per row would be one query per row, of everything

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        return [*super().get_fields(request, obj), "version"]


class OwnedStackedInline(OwnedInline):
    """As `OwnedInline`, for records too wide for a row."""

    template = "admin/edit_inline/stacked.html"


def year_filter(field: str) -> type[admin.SimpleListFilter]:
    """A list filter by the year that the periods in `field` lie in, from the first to the last. One query."""

    class YearFilter(admin.SimpleListFilter):
        title = _("year")
        parameter_name = f"{field}_year"

        def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:  # noqa: ANN401
            self.title = model._meta.get_field(field).verbose_name
            super().__init__(request, params, model, model_admin)

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ANN401
            periods = model_admin.model._default_manager.filter(**{f"{field}__isnull": False}).values_list(
                field, flat=True
            )
            first, last = read_together(periods.order_by(field)[:1], periods.order_by(f"-{field}")[:1])
            if not first:
                return []
            return [(str(year), str(year)) for year in range(last[0].year, first[0].year - 1, -1)]

        def queryset(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ANN401
            text = self.value()
            if text is None:
                return queryset
            if not (text.isascii() and text.isdecimal() and len(text) == 4):
                raise IncorrectLookupParameters(text)
            return queryset.filter(**{f"{field}__in_year": int(text)})

    return YearFilter


@admin.register(Document, site=site)
class DocumentAdmin(OwnedAdmin):
    fieldsets = [
        (_("What"), {"fields": ["year", "title", "language"]}),
        (_("Text"), {"classes": ["collapse"], "fields": ["body", "sha256"]}),
    ]
    list_display = ["title", "year", "language", "has_body"]
    list_filter = ["language"]
    search_fields = ["title", "=year"]
    ordering = ["-year"]

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        # A list of documents need not read all of their texts.
        rows = super().get_queryset(request).annotate(length=Length("body"))
        wants_text = request.resolver_match and request.resolver_match.url_name == "records_document_change"
        return rows if wants_text else rows.defer("body")

    @admin.display(description=_("text is here"), boolean=True)
    def has_body(self, obj: Any) -> bool:  # noqa: ANN401
        return bool(obj.length)


@admin.register(ApiToken, site=site)
class ApiTokenAdmin(OwnedAdmin):
    """Tokens are made here as on the page of the account: shown once. After that they are only seen and revoked."""

    form = TokenForm
    fieldsets = [(_("What"), {"fields": ["name", "scope", "expires_on"]})]
    common_fields = ()
    list_display = ["name", "scope", "prefix", "created_at", "last_used_at", "expires_on", "state"]
    list_filter = ["scope"]
    search_fields = ["name"]
    ordering = ["name"]
    joins = ("owner",)
    actions = ["revoke"]
    can_answer_again = False  # the token is shown once; its name is taken then

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        if obj is None:
            return self.fieldsets
        shown = ["name", "scope", "prefix", "expires_on", "state", "revoked_at", "last_used_at"]
        return [(_("What"), {"fields": shown}), *super().get_fieldsets(request, obj)[-2:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        # Of what is not editable, the page of an earlier version would make form fields.
        shown = ["prefix", "state", "revoked_at", "last_used_at"]
        return [*super().get_readonly_fields(request, obj), *(shown if obj is not None else ())]

    def _is_never_allowed(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    has_change_permission = _is_never_allowed

    @admin.display(description=_("state"))
    def state(self, obj: Any) -> str:  # noqa: ANN401
        return str(obj.state(as_of=timezone.localdate()).label)

    @admin.action(description=_("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, queryset: Any) -> None:  # noqa: ANN401
        for token in queryset:
            token.revoke(at=timezone.now())
        self.message_user(request, _("The selected tokens are revoked."), messages.SUCCESS)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ANN401
        # Whichever of these was chosen, the token has to be shown next.
        only_save = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**only_save, **(extra_context or {})})

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:  # noqa: ANN401
        """The token stands in this answer and nowhere else: a redirect would have to keep it somewhere."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "made": obj, "title": str(obj)}
        answer = TemplateResponse(request, "admin/token_made.html", context)
        add_never_cache_headers(answer)
        return answer


@admin.register(Upload, site=site)
class UploadAdmin(OwnedAdmin):
    """What was imported, and when. Files are sent, and imports undone, on the page for it."""

    fieldsets = [(_("What"), {"fields": ["filename", "model_name", "applied_at", "undone_at"]})]
    readonly_fields = ["filename", "model_name", "applied_at", "undone_at", "note"]
    list_display = ["filename", "model_name", "applied_at", "undone_at"]
    search_fields = ["filename"]
    ordering = ["-created_at"]

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return super().get_queryset(request).defer("body", "receipt")

    def _is_never_allowed(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    has_add_permission = has_change_permission = _is_never_allowed


class NewAccountForm(UserCreationForm):
    class Meta:
        model = Account
        fields = ["username"]


@admin.register(Account, site=site)
class AccountAdmin(UserAdmin):
    """For superusers: who may sign in. An account is not deleted, as its records would go with it, but deactivated."""

    add_form = NewAccountForm
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["username", "password1", "password2"]})]
    fieldsets = [
        (_("Who"), {"fields": ["username", "password", ("first_name", "last_name"), "email"]}),
        (_("What they may do"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("When"), {"fields": ["last_login", "date_joined"]}),
    ]
    list_display = ["username", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    filter_horizontal = []
    view_on_site = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        moments = ["last_login", "date_joined"]
        if obj is not None and obj.pk == request.user.pk:
            return [*moments, "is_active", "is_staff", "is_superuser"]  # nobody locks themselves out
        return moments

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        """To anybody else every account is missing, so that no answer tells which ones exist."""
        accounts = super().get_queryset(request)
        return accounts if self._is_operator(request) else accounts.none()

    def _is_operator(self, request: Any, obj: Any = None) -> bool:  # noqa: ANN401
        return request.user.is_active and request.user.is_superuser

    has_view_permission = has_add_permission = has_change_permission = has_module_permission = _is_operator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False
