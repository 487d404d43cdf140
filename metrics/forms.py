"""The forms of the page of checks: what to show, and what the owner decides about one check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from metrics.audit import Finding
from metrics.checks import Agreement, CheckKind
from metrics.listings import State, Terms
from metrics.models import Settlement
from projects.models import Project
from records.forms import OwnedModelForm
from records.models import Conflict
from records.periods import FIRST_YEAR, LAST_YEAR

EVERYTHING = "all"


class CheckFilterForm(forms.Form):
    """Plain GET; each may stay empty. What cannot be understood is said at its field and narrows nothing."""

    verdict = forms.ChoiceField(label=_("Verdict"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    project = forms.ChoiceField(label=_("Project"), required=False)
    state = forms.ChoiceField(label=_("Settled?"), required=False)

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        years: Iterable[int],
        projects: Iterable[Project],
        only_year: int | None = None,
    ) -> None:
        """`only_year`: there is too much to show all years at once, so this one stands for none."""
        super().__init__(data, auto_id="filter_%s", use_required_attribute=False)
        self._projects = {project.slug: project for project in projects}
        self._only_year = only_year
        all_years = [] if only_year is not None else [("", _("all years"))]
        offers: dict[str, Iterable[Any]] = {
            "verdict": [("", _("all but exact")), (EVERYTHING, _("all")), *Agreement.choices],
            "kind": [("", _("all kinds")), *CheckKind.choices],
            "year": [*all_years, *((str(year), str(year)) for year in years)],
            "project": [("", _("all projects")), *((p.slug, p.name) for p in self._projects.values())],
            "state": [("", _("all")), *State.choices],
        }
        for name, choices in offers.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101
            field.choices = choices
        self.is_valid()

    @property
    def terms(self) -> Terms:
        given = self.cleaned_data
        verdict = given.get("verdict")
        project = self._projects.get(given.get("project", ""))
        return Terms(
            verdict=Agreement(verdict) if verdict and verdict != EVERYTHING else None,
            with_exact=verdict == EVERYTHING,
            kind=given.get("kind") or None,
            year=given.get("year") or self._only_year,
            project_id=None if project is None else project.pk,
            state=State(given["state"]) if given.get("state") else None,
        )

    @property
    def narrows(self) -> bool:
        return any(value not in ("", None) for value in self.cleaned_data.values())


def year_asked(text: str | None) -> int | None:
    """The year of a query string; None for none and for what is no year."""
    if (
        text
        and text.isascii()
        and text.isdecimal()
        and len(text) == 4
        and FIRST_YEAR <= int(text) <= LAST_YEAR
    ):
        return int(text)
    return None


class SettlementForm(OwnedModelForm):
    """What the owner decides about a check: accept it, or annotate it. Correcting is editing the record.

    `seen` is the fingerprint of the figures the person looked at. If they are others by now, nothing is saved; the
    form shows the present ones and is valid when it is sent again.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    finding: Finding

    class Meta:
        model = Settlement
        fields = ["decision", "reason"]
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}

    @classmethod
    def for_finding(cls, finding: Finding, data: Any = None) -> SettlementForm:  # noqa: ANN401
        settlement = copy(finding.settlement) or Settlement(check_key=finding.key)
        settlement.fingerprint = finding.fingerprint
        form = cls(data, instance=settlement, auto_id=f"{finding.anchor}_%s")
        form.finding = finding
        form.initial["seen"] = finding.fingerprint
        decision = form.fields["decision"]
        assert isinstance(decision, forms.ChoiceField)  # noqa: S101
        decision.choices = [
            choice for choice in Settlement.Decision.choices if choice[0] != Settlement.Decision.CORRECT
        ]
        return form

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("seen") != self.finding.fingerprint:
            # Shown again with the present figures: whoever sends it now has seen them.
            self.data = self.data.copy()
            self.data["seen"] = self.finding.fingerprint
            self.add_error(
                None,
                ValidationError(
                    _t(
                        "The figures of this check have changed since you opened the page. "
                        "Nothing was saved; look at them again and decide anew."
                    ),
                    code="figures_changed",
                ),
            )
        return cleaned

    def save(self, commit: bool = True) -> Any:  # noqa: ANN401
        try:
            with transaction.atomic():
                return super().save(commit)
        except IntegrityError as error:  # somebody settled it between validation and writing
            raise Conflict(_t("This check was settled in the meantime. Reload the page.")) from error


class ReopenForm(OwnedModelForm):
    """Takes a settlement back. Refused like any other change if somebody changed it in the meantime."""

    class Meta:
        model = Settlement
        fields: list[str] = []

    @classmethod
    def for_finding(cls, finding: Finding, data: Any = None) -> ReopenForm:  # noqa: ANN401
        return cls(data, instance=copy(finding.settlement), auto_id=f"{finding.anchor}_reopen_%s")

    def save(self, commit: bool = True) -> Any:  # noqa: ANN401
        return self.instance.delete()
