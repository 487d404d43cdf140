"""What a file to be imported says, for every door that takes one: the page, admin and the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from careertrack.archives import is_archive, read_archive
from metrics.kpi_sheets import is_kpi_sheet, rows_of_kpi_sheet
from metrics.models import Measurement
from records.merging import Part, Plan, Problem, Receipt, Row, apply, plan_merge, undo
from records.merging.writing import CHUNK
from records.models import Account, Conflict, Owned, Upload
from records.resources import Column, model_named, resource_of
from records.tables import TableError, read_table

# What a file holds that is not of one kind.
ARCHIVE = "archive"
ABSENT = "–"
ROWS_PER_PAGE = 50


def plan_file(
    body: bytes,
    *,
    kind: str,
    year: int | None,
    filename: str,
    progress: Callable[[int, int], None] | None = None,
    most_rows: int | None = None,
) -> Plan:
    """What importing the file would do. Runs in the owner's scope; raises TableError. Queries: those of a plan.

    `kind` is the name of a model (`measurement`) or ARCHIVE; an archive is one whatever it is sent as. `progress` is
    told now and then how many of how many rows are checked. An archive may have `most_rows` records, None: any number.
    """
    parts = _parts(body, kind=kind, year=year, filename=filename, most_rows=most_rows)
    if progress is None:
        return plan_merge(parts)
    total, before = sum(map(len, parts.values())), 0

    def tell(done: int) -> None:
        # Each model counts from the beginning.
        nonlocal before
        before += CHUNK
        progress(min(before, total), total)

    return plan_merge(parts, progress=tell)


def _parts(
    body: bytes, *, kind: str, year: int | None, filename: str, most_rows: int | None
) -> Mapping[type[Owned], Sequence[Row]]:
    if kind == ARCHIVE or is_archive(body):
        return read_archive(body, most_rows=most_rows)
    model = model_named(kind)
    if model is None:
        raise TableError(_("Records of this kind cannot be imported."))
    table = read_table(body)
    if model is Measurement and is_kpi_sheet(table):
        return {model: rows_of_kpi_sheet(table, year=year, filename=filename)}
    return {model: resource_of(model).rows(table)}


def plan_upload(upload: Upload) -> Plan:
    """As `plan_file`, of a file that waits."""
    return plan_file(
        bytes(upload.body),
        kind=upload.model_name,
        year=upload.year,
        filename=upload.filename,
        most_rows=settings.IMPORT_MAX_ROWS,
    )


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
class Kind:
    """One kind of record of an archive; the numbers with the labels of `Preview.groups`, in that order."""

    name: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of one group of rows. `can_apply`: there is something to write and nothing wrong.

    `kinds` is empty for a table, which holds one.
    """

    groups: tuple[Group, ...]
    kinds: tuple[Kind, ...]
    shown: str
    page: Page[Any]
    rows: tuple[ShownRow, ...]
    can_apply: bool
    digest: str


def preview(plan: Plan, *, show: str, page: str | None) -> Preview:
    """`show` names a group; the first that is not empty, problems before all, is shown for any other text."""
    labels = {
        "problems": _("problems"),
        "created": pgettext("records", "new"),
        "changed": pgettext("records", "changed"),
        "unchanged": pgettext("records", "unchanged"),
    }
    rows = {
        name: [(part.model, row) for part in plan.parts for row in getattr(part, name)] for name in labels
    }
    if not rows.get(show):
        show = next((name for name, found in rows.items() if found), "unchanged")
    shown = Paginator(rows[show], ROWS_PER_PAGE).get_page(page)
    columns = {
        part.model: {column.name: column for column in resource_of(part.model).columns()}
        for part in plan.parts
    }
    return Preview(
        groups=tuple(Group(name, label, len(rows[name])) for name, label in labels.items()),
        kinds=tuple(_kind(part, labels) for part in plan.parts if _has_rows(part))
        if len(plan.parts) > 1
        else (),
        shown=show,
        page=shown,
        rows=tuple(_shown_row(row, columns[model]) for model, row in shown),
        can_apply=not plan.problems and not plan.is_empty,
        digest=plan.digest,
    )


def _has_rows(part: Part) -> bool:
    return bool(part.created or part.changed or part.unchanged or part.problems)


def _kind(part: Part, labels: Mapping[str, str]) -> Kind:
    name = capfirst(str(part.model._meta.verbose_name_plural))
    return Kind(name, tuple((label, len(getattr(part, group))) for group, label in labels.items()))


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
