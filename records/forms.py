"""The base of every form that edits a record: whose it is, and whether somebody else was faster."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.models import BaseInlineFormSet, InlineForeignKeyField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_scopes import get_scope

from records.models import ApiToken, Owned
from records.ownership import ScopeError


class PlainDecimalField(forms.DecimalField):
    """Shows a stored 62.0000 as 62, and refuses NaN and infinity before anything compares with them."""

    def prepare_value(self, value: object) -> object:
        if isinstance(value, Decimal) and value.is_finite():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        return value

    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]
        number: Decimal | None = super().to_python(value)
        if number is not None and not number.is_finite():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class OwnedModelForm(forms.ModelForm):
    """Edits a record of the account whose scope it is validated in.

    - A new record gets that account as its owner *before* it is validated, so that "you use this slug already"
      is a message and not an error of the database. A record of another account raises `ScopeError`.
    - Every rule of the model is checked, also where it concerns a field that the form does not show; the message
      is then at the form as a whole.
    - `version` travels along, hidden. If the stored version is another one by now, the form says who changed
      the record and when, shows what was typed again with what is stored now beside it, and is not valid. Sending
      it once more replaces the other change knowingly. Templates must render the hidden field.

    Foreign keys offer what the model's default manager finds in the scope. A reference that gets past it is
    refused by `SameOwner`. `save()` can still raise `records.models.Conflict` if somebody is faster between
    validation and writing; validate a new form then.
    """

    data: Any
    _errors: Any
    version = forms.IntegerField(label=gettext_lazy("version"), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["version"] = self.instance.version

    def _get_validation_exclusions(self) -> set[str]:
        """Leaves out what this form found wrong itself, and nothing else.

        Django also leaves out every field that the form does not show; a constraint on one of these (the
        owner, always) would only be found by the database then.
        """
        shown: set[str] = set(self.fields)
        return {name for name in super()._get_validation_exclusions() if name in shown}  # type: ignore[misc]

    def _post_clean(self) -> None:
        owner = get_scope().get("owner")
        if owner is None:
            raise ScopeError("A form is validated in the scope of an account.")
        if self.instance.owner_id is None:
            self.instance.owner_id = owner
        elif self.instance.owner_id != owner:
            raise ScopeError("This record belongs to another account.")
        super()._post_clean()  # type: ignore[misc]
        if not self._errors and any(isinstance(f, InlineForeignKeyField) for f in self.fields.values()):
            # Django leaves the parent of an inline row out of the constraints, too.
            try:
                self.instance.validate_constraints(exclude=self._get_validation_exclusions())
            except ValidationError as error:
                self._update_errors(error)
        if not self.instance._state.adding:
            self._refuse_if_stale()

    def _update_errors(self, errors: ValidationError) -> None:
        placed: dict[str, list[ValidationError]] = {}
        for name, messages in errors.error_dict.items():
            place = name if name in self.fields else NON_FIELD_ERRORS
            placed.setdefault(place, []).extend(messages)
        super()._update_errors(ValidationError(placed))  # type: ignore[misc]

    def _refuse_if_stale(self) -> None:
        self._errors.pop("version", None)  # not a number: not the stored version either
        stored: int = self.instance.version
        if self.cleaned_data.get("version") == stored:
            return
        typed = [name for name in self.changed_data if name != "version"]
        # Shown again with the stored version: whoever sends it now has read what it replaces.
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = str(stored)
        self.add_error(None, ValidationError(self._stale_message(), code="conflict"))
        for name in typed:
            message = _("Stored now: %(value)s") % {"value": self._stored_text(name)}
            self.add_error(name, ValidationError(message, code="conflict"))

    def _stale_message(self) -> str:
        latest = (
            type(self.instance)
            .history.filter(id=self.instance.pk, version=self.instance.version)
            .select_related("history_user")
            .order_by("-history_id")
            .first()
        )
        moment = latest.history_date if latest else self.instance.updated_at
        names = {"when": date_format(timezone.localtime(moment), "DATETIME_FORMAT")}
        rest = _("Nothing was saved. What you typed is below; save again to replace what is stored now.")
        if latest is None or latest.history_user is None:
            return _("This record was changed in the meantime (%(when)s).") % names + " " + rest
        names["who"] = latest.history_user.get_username()
        return _("%(who)s changed this record in the meantime (%(when)s).") % names + " " + rest

    def _stored_text(self, name: str) -> str:
        """What is stored in the field, as a person reads it; a dash for nothing."""
        field: Any = self.fields[name]
        value = self.get_initial_for_field(field, name)
        choices: Any = getattr(field, "choices", ())
        if value in (None, ""):
            return "–"
        if hasattr(field, "queryset"):
            return str(field.queryset.filter(pk=value).first() or "–")
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return str(dict(choices).get(value, field.prepare_value(value)))


class OwnedInlineFormSet(BaseInlineFormSet):
    """Rows of one record. Two new rows that would be the same record are refused before the database does it.

    Django compares the rows of a form with each other for unconditional constraints only.
    """

    def clean(self) -> None:
        super().clean()
        seen: set[tuple[Any, ...]] = set()
        for form in self.forms:
            row: Owned = form.instance
            if form in self.deleted_forms or form.errors or not (form.has_changed() or row.pk):
                continue
            key = tuple(
                getattr(row, row._meta.get_field(path.partition("__")[0]).attname)  # type: ignore[union-attr]
                for path in row.natural_fields
            )
            if "slug" in row.natural_fields and "" in key:
                continue  # saving finds a free one
            if key in seen:
                raise ValidationError(_("Two rows are the same: %(row)s."), params={"row": str(row)})
            seen.add(key)


class TokenForm(OwnedModelForm):
    """A new token. After saving, `instance.text` is the token itself, which is nowhere else."""

    instance: ApiToken

    class Meta:
        model = ApiToken
        fields = ["name", "scope", "expires_on"]
        widgets = {
            "scope": forms.RadioSelect,
            "expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.draw()
            # Little and not for ever, unless somebody asks for more.
            self.initial["scope"] = ApiToken.Scope.READ
            self.initial["expires_on"] = timezone.localdate() + dt.timedelta(days=365)

    def clean_expires_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise ValidationError(_("This day is over."), code="over")
        return day
