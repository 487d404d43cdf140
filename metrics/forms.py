"""The forms of the page of checks (what to show, what the owner decides about one) and of the list of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from metrics.checks import Agreement, CheckKind
from metrics.findings import Finding
from metrics.listings import Settled, Terms
from metrics.models import Settlement
from metrics.units import Unit
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
    ) -> None:
        super().__init__(data, auto_id="filter_%s", use_required_attribute=False)
        self._projects = {project.slug: project for project in projects}
        offers: dict[str, Iterable[Any]] = {
            "verdict": [("", _("all but exact")), (EVERYTHING, _("all")), *Agreement.choices],
            "kind": [("", _("all kinds")), *CheckKind.choices],
            "year": [("", _("all years")), *((str(year), str(year)) for year in years)],
            "project": [("", _("all projects")), *((p.slug, p.name) for p in self._projects.values())],
            "state": [("", _("all")), *Settled.choices],
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
            year=given.get("year") or None,
            project_id=None if project is None else project.pk,
            state=Settled(given["state"]) if given.get("state") else None,
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
    """What the owner decides about a check: accept it, annotate it, or correct the record, which is edited then.

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
    def for_finding(cls, finding: Finding, data: Any = None, *, may_edit: bool = True) -> SettlementForm:  # noqa: ANN401
        """`may_edit`: whether the person may edit records at all; only then can they promise to correct one."""
        settlement = copy(finding.settlement) or Settlement(check_key=finding.key)
        settlement.fingerprint = fingerprint = finding.fingerprint
        form = cls(data, instance=settlement, auto_id=f"{finding.anchor}_%s")
        form.finding = finding
        form.initial["seen"] = fingerprint
        decision = form.fields["decision"]
        assert isinstance(decision, forms.ChoiceField)  # noqa: S101
        decision.choices = [
            choice
            for choice in Settlement.Decision.choices
            if may_edit or choice[0] != Settlement.Decision.CORRECT
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

    @classmethod
    def for_gone(cls, settlement: Settlement, data: Any = None) -> ReopenForm:  # noqa: ANN401
        """Of a settlement whose check is no longer made."""
        return cls(data, instance=settlement, auto_id=f"gone_{settlement.pk}_%s")

    def save(self, commit: bool = True) -> Any:  # noqa: ANN401
        return self.instance.delete()


class MetricFilterForm(forms.Form):
    """The filter above the metrics. Each may stay empty; what cannot be understood narrows nothing."""

    text = forms.CharField(
        label=_("Name or definition"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    unit = forms.ChoiceField(label=_("Unit"), required=False, choices=[("", _("all units")), *Unit.choices])
    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any], *, years: Iterable[int]) -> None:
        super().__init__(data, auto_id="filter_%s", label_suffix="", use_required_attribute=False)
        year = self.fields["year"]
        assert isinstance(year, forms.ChoiceField)  # noqa: S101
        year.choices = [("", _("all years")), *((str(year), str(year)) for year in years)]
        self.is_valid()

    @property
    def terms(self) -> dict[str, Any]:
        """What `matching` of the QuerySet takes."""
        given = self.cleaned_data
        return {"text": given.get("text", ""), "unit": given.get("unit", ""), "year": given.get("year")}

    @property
    def narrows(self) -> bool:
        return any(value not in ("", None) for value in self.terms.values())
