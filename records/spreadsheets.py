"""Reading XLSX from people one does not know: what is in the file is text, and nothing more is done with it."""

from __future__ import annotations

import datetime as dt
import io
import re
import string
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

# Read in pieces, so that a bomb is noticed before it is unpacked.
_PIECE = 1 << 20
# Far more than a spreadsheet nests, as tags on the border of two pieces are not seen.
_DEEPEST = 10_000
# The widest sheet there can be has 16,384 cells in a row, each with six tags: formula and value, or a text.
# A little more, for what stands around them.
_MOST_TAGS = 7 * 16_384
_ROW = re.compile(rb"<(?:\w+:)?row[ />]")
# How XLSX writes what XML would lose, a carriage return above all, and an underscore that would be read as such.
_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# An underscore that begins such a code, also where codes overlap or a carriage return follows.
_BEGINS_CODE = re.compile(r"_(?=x[0-9A-Fa-f]{4}[_\r])")

# What reading a ZIP raises that is no ZIP, or no longer.
DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)


class TableError(Exception):
    """A file that is not imported, and why, for the person who sent it."""


def column_name(number: int) -> str:
    """1 → A, 27 → AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = string.ascii_uppercase[rest] + name
    return name


def coded(text: str) -> str:
    """A text as a cell of XLSX has to hold it to give it back unaltered."""
    return _BEGINS_CODE.sub("_x005F_", text).replace("\r", "_x000D_")


def decoded(text: str) -> str:
    return _CODED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def read_workbook(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Row numbers and cells, as texts, of the first sheet. Raises TableError."""
    has_formulas = _look_inside(body)
    values = _first_sheet(body, data_only=True)
    if not has_formulas:
        yield from _texts(values)
        return
    # The values of formulas are what the last program that calculated them wrote; where none did, nothing is there.
    formulas = _first_sheet(body, data_only=False)
    for (number, cells), shown in zip(_rows(formulas), _texts(values), strict=False):
        for place, (cell, text) in enumerate(zip(cells, shown[1], strict=False), 1):
            if cell.data_type == "f" and not text:
                raise _at(
                    number,
                    place,
                    _("the formula has no value yet. Open the file in a spreadsheet and save it."),
                )
        yield shown


def _at(row: int, column: int, reason: str) -> TableError:
    return TableError(
        _("Row %(row)s, column %(column)s: %(reason)s")
        % {"row": row, "column": column_name(column), "reason": reason}
    )


def _look_inside(body: bytes) -> bool:
    """Whether the first sheet may hold formulas. Refuses what a spreadsheet of records has no need of."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" not in names:
                raise TableError(_("This is a ZIP file, but not a spreadsheet. Send CSV, XLSX or JSON."))
            if any(
                "vbaproject" in name.lower() or name.lower().startswith("xl/macrosheets") for name in names
            ):
                raise TableError(_("This file has macros in it. Save it as .xlsx, which has none."))
            if any(entry.flag_bits & 1 for entry in entries):
                raise TableError(_("This file is encrypted. Remove the password and send it again."))
            limit = settings.IMPORT_MAX_UNPACKED_BYTES
            if len(entries) > 2_000 or sum(entry.file_size for entry in entries) > limit:
                raise TableError(
                    _("Unpacked, this file has more than %(limit)s MB, the most that can be imported.")
                    % {"limit": limit // 1_000_000}
                )
            has_formulas = False
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    has_formulas = _look_at(archive, entry) or has_formulas
            return has_formulas
    except DAMAGED as error:
        raise _unreadable() from error


def _look_at(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    is_sheet = entry.filename.startswith("xl/worksheets/")
    has_formulas, tail, read, depth, tags = False, b"", 0, 0, 0
    with archive.open(entry) as part:
        while piece := part.read(_PIECE):
            read += len(piece)
            text = tail + piece
            if read == len(piece) and text[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise _unreadable()
            # Entities could read files of the server or unfold without end; no spreadsheet program writes them.
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"\0" in text:
                raise TableError(
                    _("This file declares entities, which spreadsheets do not need. Save it anew as .xlsx.")
                )
            # A text without end, or elements nested without end, would be built in memory as a whole.
            depth += piece.count(b"<") - 2 * piece.count(b"</") - piece.count(b"/>")
            if depth > _DEEPEST or (len(piece) == _PIECE and b"<" not in piece):
                raise _unreadable()
            if is_sheet:
                # The cells of a row are all in memory before one of them is seen.
                for place, row in enumerate(_ROW.split(piece)):
                    tags = row.count(b"<") + (0 if place else tags)
                    if tags > _MOST_TAGS:
                        raise TableError(
                            _(
                                "A row has more cells than a spreadsheet can have; at most %(limit)s can be imported."
                            )
                            % {"limit": settings.IMPORT_MAX_COLUMNS}
                        )
            has_formulas = has_formulas or bool(re.search(rb"<(\w+:)?f[ >/]", text))
            tail = text[-16:]
    return has_formulas and is_sheet


def _unreadable() -> TableError:
    return TableError(
        _("This spreadsheet is damaged or cut off. Open it in a spreadsheet program and save it anew.")
    )


def _first_sheet(body: bytes, *, data_only: bool) -> Any:  # noqa: ANN401
    from records.workbooks import first_sheet

    try:
        return first_sheet(body, data_only=data_only)
    except Exception as error:
        raise _unreadable() from error


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:  # noqa: ANN401
    most = settings.IMPORT_MAX_ROWS + 1
    rows = sheet.iter_rows(max_col=settings.IMPORT_MAX_COLUMNS + 1)
    number = filled = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except Exception as error:
            raise _unreadable() from error
        number += 1
        filled += any(cell.value is not None for cell in cells)
        if filled > most or number > 10 * most:
            raise TableError(
                _("The file has more than %(limit)s rows, the most that can be imported at once. Split it.")
                % {"limit": settings.IMPORT_MAX_ROWS}
            )
        yield number, cells


def _texts(sheet: Any) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401
    for number, cells in _rows(sheet):
        texts = []
        for place, cell in enumerate(cells, 1):
            if cell.value is not None and cell.data_type == "e":
                raise _at(number, place, _("the cell shows the error %(error)s.") % {"error": cell.value})
            texts.append(_text(cell.value))
        yield number, texts


def _text(value: object) -> str:
    """A cell as one would type it. Days and moments in ISO form."""
    match value:
        case None:
            return ""
        case str():
            return decoded(value)
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 10**15:
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return repr(value) if isinstance(value, float) else str(value)
