"""Sending a file to be imported."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from careertrack.archives import is_archive
from careertrack.importing import ARCHIVE, plan_file
from records.merging import Plan
from records.periods import FIRST_YEAR, LAST_YEAR
from records.resources import registered
from records.tables import TableError


def model_choices() -> list[tuple[str, str]]:
    """Every kind of record that can be imported, in the order of the apps, and all of them in one file."""
    return [
        (ARCHIVE, _t("Whole career (archive)")),
        *(
            (str(model._meta.model_name), capfirst(str(model._meta.verbose_name_plural)))
            for model in registered()
        ),
    ]


class ImportForm(forms.Form):
    """A file and what it holds. `plan` is what importing it would do; a file that cannot be read is an error."""

    plan: Plan | None = None

    model = forms.ChoiceField(
        label=_("What it holds"),
        choices=model_choices,
        help_text=_("For a KPI sheet with the columns Q1 to Q4 choose measurements."),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX or JSON, or the ZIP of a whole career."),
        allow_empty_file=True,
    )
    year = forms.IntegerField(
        label=_("Year of a KPI sheet"),
        required=False,
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        help_text=_("Only if neither its headers nor its name say it, e.g. 2024."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        kind = cleaned.get("model")
        if file is None or kind is None:
            return cleaned
        if file.size > settings.IMPORT_MAX_BYTES:
            message = _t("The file has %(size)s MB; at most %(limit)s MB can be imported.")
            limits = {"size": f"{file.size / 1e6:.4g}", "limit": f"{settings.IMPORT_MAX_BYTES / 1e6:.4g}"}
            self.add_error("file", message % limits)
            return cleaned
        body = cleaned["body"] = file.read()
        if is_archive(body):
            kind = cleaned["model"] = ARCHIVE
        try:
            self.plan = plan_file(
                body,
                kind=kind,
                year=cleaned.get("year"),
                filename=file.name or "",
                most_rows=settings.IMPORT_MAX_ROWS,
            )
        except TableError as error:
            self.add_error("file", str(error))
        return cleaned
