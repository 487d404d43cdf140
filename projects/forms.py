"""The filters above the lists: plain GET forms, one address for every selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_SEARCH = 100


class FilterForm(forms.Form):
    """Text, kind and year; each may stay empty. What cannot be understood is said at its field and narrows nothing."""

    text = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        kinds: type[models.TextChoices],
        years: Iterable[int],
        text_label: Any = None,  # noqa: ANN401
    ) -> None:
        super().__init__(data, auto_id="filter_%s", label_suffix="", use_required_attribute=False)
        self._declared("kind").choices = [("", _("all kinds")), *kinds.choices]
        self._declared("year").choices = [("", _("all years")), *((str(year), str(year)) for year in years)]
        if text_label is not None:
            self.fields["text"].label = text_label

    def _declared(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        return field

    @property
    def terms(self) -> dict[str, Any]:
        """What `matching` of a QuerySet takes."""
        self.is_valid()
        given = self.cleaned_data
        return {
            "text": given.get("text", ""),
            "kind": given.get("kind", ""),
            "year": given.get("year"),
        }

    @property
    def narrows(self) -> bool:
        return any(value not in ("", None) for value in self.terms.values())
