"""What a file to be imported says, for every door that takes one: the page, admin and the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from metrics.kpi_sheets import is_kpi_sheet, rows_of_kpi_sheet
from metrics.models import Measurement
from records.merging import Plan, Problem, Receipt, apply, plan_rows, undo
from records.models import Account, Conflict, Owned, Upload
from records.resources import Column, model_named, resource_of
from records.tables import TableError, read_table

ABSENT = "–"
ROWS_PER_PAGE = 50


def plan_file(
    body: bytes,
    *,
    model: type[Owned],
    year: int | None,
    filename: str,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """What importing the file would do. Runs in the owner's scope; raises TableError. Queries: those of a plan.

    `progress` is told now and then how many of how many rows are checked.
    """
    table = read_table(body)
    if model is Measurement and is_kpi_sheet(table):
        rows = rows_of_kpi_sheet(table, year=year, filename=filename)
    else:
        rows = resource_of(model).rows(table)
    if progress is None:
        return plan_rows(model, rows)
    return plan_rows(model, rows, progress=lambda done: progress(done, len(rows)))


def plan_upload(upload: Upload) -> Plan:
    """As `plan_file`, of a file that waits."""
    model = model_named(upload.model_name)
    if model is None:
        raise TableError(_("Records of this kind cannot be imported."))
    return plan_file(bytes(upload.body), model=model, year=upload.year, filename=upload.filename)


def apply_upload(upload: Upload, *, by: Account, digest: str, now: dt.datetime) -> Receipt:
    """Imports what the preview with this digest showed, and removes the file.

    Raises `Conflict` if the plan would be another one by now, or the file was imported already; nothing is written.
    """
    with transaction.atomic():
        # Two clicks at once: the second waits here and finds nothing.
        locked = Upload.objects.select_for_update().waiting().with_slug(upload.slug).first()
        if locked is None:
            raise Conflict(_("This file was imported already."))
        plan = plan_upload(locked)
        if plan.digest != digest or plan.problems:
            raise Conflict(
                _("Your records have changed since this preview. Nothing was imported; look again.")
            )
        receipt = apply(plan, by=by, reason=_("Imported from %(file)s") % {"file": upload.filename})
        Upload.objects.with_slug(upload.slug).update(body=b"", receipt=receipt.to_json(), applied_at=now)
    return receipt


def undo_upload(upload: Upload, *, by: Account, now: dt.datetime) -> None:
    """Takes the import back. Raises `Conflict` once something else has touched what it wrote."""
    with transaction.atomic():
        locked = Upload.objects.select_for_update().with_slug(upload.slug).get()
        if locked.applied_at is None or locked.undone_at is not None:
            raise Conflict(_("This import was undone already."))
        reason = _("Import of %(file)s undone") % {"file": upload.filename}
        undo(Receipt.from_json(locked.receipt), by=by, reason=reason)
        Upload.objects.with_slug(upload.slug).update(undone_at=now)


# What the preview shows


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A field with what it becomes, and what it was; `before` is empty for a new record."""

    label: str
    after: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    place: str
    key: str
    values: tuple[ShownValue, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """`name` is created, changed, unchanged or problems; `label` its name with the number in it."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of one group of rows. `can_apply`: there is something to write and nothing wrong."""

    groups: tuple[Group, ...]
    shown: str
    page: Page[Any]
    rows: tuple[ShownRow, ...]
    can_apply: bool
    digest: str


def preview(plan: Plan, *, show: str, page: str | None) -> Preview:
    """`show` names a group; the first that is not empty, problems before all, is shown for any other text."""
    groups: dict[str, tuple[str, Sequence[Any]]] = {
        "problems": (_("problems"), plan.problems),
        "created": (pgettext("records", "new"), plan.created),
        "changed": (pgettext("records", "changed"), plan.changed),
        "unchanged": (pgettext("records", "unchanged"), plan.unchanged),
    }
    if not groups.get(show, ("", ()))[1]:
        show = next((name for name, (_label, rows) in groups.items() if rows), "unchanged")
    shown = Paginator(groups[show][1], ROWS_PER_PAGE).get_page(page)
    columns = {column.name: column for column in resource_of(plan.parts[0].model).columns()}
    return Preview(
        groups=tuple(Group(name, label, len(rows)) for name, (label, rows) in groups.items()),
        shown=show,
        page=shown,
        rows=tuple(_shown_row(row, columns) for row in shown),
        can_apply=not plan.problems and not plan.is_empty,
        digest=plan.digest,
    )


def _shown_row(row: Any, columns: dict[str, Column]) -> ShownRow:  # noqa: ANN401
    if isinstance(row, Problem):
        column = columns.get(row.field)
        return ShownRow(str(row.place), column.label if column else row.field, message=row.message)
    if hasattr(row, "changes"):
        values = tuple(
            ShownValue(
                columns[each.field].label,
                shown_value(each.after, columns[each.field]),
                shown_value(each.before, columns[each.field]),
            )
            for each in row.changes
        )
    else:
        given = getattr(row, "given", {})
        values = tuple(
            ShownValue(columns[name].label, shown_value(value, columns[name]))
            for name, value in given.items()
            if name in columns and value not in (None, "")
        )
    return ShownRow(str(row.place), row.key, values)


def shown_value(value: object, column: Column) -> str:
    """As a person reads it; a dash for nothing."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return str(number_format(text.rstrip("0").rstrip(".") if "." in text else text))
    if isinstance(value, dt.datetime):
        return str(date_format(localtime(value), "DATETIME_FORMAT"))
    return dict(column.choices).get(str(value), str(value))
