"""What is known of openpyxl, which is loaded only when somebody sends or wants XLSX."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.reader import excel
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from records.periods import PeriodField
from records.resources import OwnedResource
from records.sheets import plain
from records.spreadsheets import coded


class _Unmeasured(ReadOnlyWorksheet):
    """Does not read a sheet to its end to learn its size, which may be a lie and which nobody asks for."""

    def _get_size(self) -> None:
        self.reset_dimensions()


# openpyxl has no other way to choose the class of a sheet.
excel.ReadOnlyWorksheet = _Unmeasured


def first_sheet(body: bytes, *, data_only: bool) -> Any:  # noqa: ANN401
    """Raises whatever a wrong part leads openpyxl into; so does asking it for rows."""
    book = load_workbook(io.BytesIO(body), read_only=True, data_only=data_only, keep_links=False)
    return book.worksheets[0]


def workbook_of(resource: type[OwnedResource], dataset: Any) -> bytes:  # noqa: ANN401
    """The rows of a resource as XLSX."""
    book, sheet = _book(resource)
    numbers = [
        isinstance(column.field, models.DecimalField | models.IntegerField) for column in resource.columns()
    ]
    for row in dataset:
        sheet.append([_cell(sheet, cell, is_number=n) for n, cell in zip(numbers, row, strict=True)])
    return _saved(book)


def _cell(sheet: Any, value: object, *, is_number: bool) -> Any:  # noqa: ANN401
    """Numbers are numbers; everything else is text and can be nothing else: not a formula, not a day."""
    if value is None:
        return None
    cell = WriteOnlyCell(sheet)
    if is_number:
        cell._value, cell.data_type = value, "n"
    else:
        cell._value, cell.data_type = coded(str(plain(value))), "s"
        cell.number_format = "@"
    return cell


def _book(resource: type[OwnedResource]) -> tuple[Workbook, Any]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(capfirst(str(resource.model()._meta.verbose_name_plural))[:31])
    sheet.freeze_panes = "A2"
    for place, column in enumerate(resource.columns(), 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, min(40, 2 * len(column.label)))
    sheet.append([_bold(sheet, column.label) for column in resource.columns()])
    return book, sheet


def _bold(sheet: Any, text: str) -> Any:  # noqa: ANN401
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def template_of(resource: type[OwnedResource]) -> bytes:
    """An empty XLSX of the model: its headers, and a second sheet that says what each column takes. No query."""
    book, _sheet = _book(resource)
    help_sheet = book.create_sheet(_("What goes where"))
    for letter, width in zip("ABCD", (28, 60, 24, 70), strict=True):
        help_sheet.column_dimensions[letter].width = width
    heads = [_("Column"), _("What it holds"), _("How to write it"), _("Allowed values")]
    help_sheet.append([_bold(help_sheet, head) for head in heads])
    keys = {path.partition("__")[0] for path in resource.model().natural_fields}
    for column in resource.columns():
        texts = [
            column.label,
            " ".join(filter(None, [_necessity(column.field, keys), str(column.field.help_text)])),
            _how(column.field),
            "\n".join(f"{value}: {name}" for value, name in column.choices if value),
        ]
        help_sheet.append([_wrapped(help_sheet, text) for text in texts])
    return _saved(book)


def _necessity(field: Any, keys: Iterable[str]) -> str:  # noqa: ANN401
    if not (field.blank or field.null or field.has_default()):
        return _("Needed.")
    return _("Names the record.") if field.name in keys else ""


def _wrapped(sheet: Any, text: str) -> Any:  # noqa: ANN401
    cell = WriteOnlyCell(sheet)
    cell._value, cell.data_type = coded(text), "s"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _how(field: Any) -> str:  # noqa: ANN401
    if field.is_relation:
        parent = field.related_model
        if len(parent.natural_fields) > 1:
            return _("metric, period and project with spaces between: articles 2024-Q1 harbour")
        names = {
            "model": parent._meta.verbose_name,
            "field": parent._meta.get_field(parent.natural_fields[0]).verbose_name,
        }
        return _("%(field)s of the %(model)s") % names
    if field.choices:
        return _("one of the allowed values")
    if isinstance(field, PeriodField):
        return "2024, 2024-H2, 2024-Q1, 2024-09"
    if isinstance(field, models.BooleanField):
        return "true, false"
    if isinstance(field, models.DateTimeField):
        return "2024-03-05 14:30"
    if isinstance(field, models.DateField):
        return "2024-03-05"
    if isinstance(field, models.DecimalField):
        return _("number: 1234.5")
    if isinstance(field, models.IntegerField):
        return _("whole number: 12")
    return _("text")
