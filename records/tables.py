"""Reading a table somebody made: CSV in the encodings people have, XLSX, JSON. Nothing in it is run or fetched.

What cannot be read is refused as a whole with a `TableError`, a sentence that names row and column. The limits are
settings (IMPORT_MAX_BYTES, …_ROWS, …_COLUMNS, …_UNPACKED_BYTES) and stand in the sentence.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from records.spreadsheets import TableError, column_name, read_workbook


@dataclass(frozen=True, slots=True)
class TableRow:
    """`number` is the row as a spreadsheet counts it, of a JSON list the item from 1."""

    number: int
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by header. Of CSV and XLSX they are texts; of JSON also numbers, booleans, None and lists.

    `kind` is csv, xlsx or json. Only in CSV does an apostrophe stand before what could be taken for a formula.
    """

    headers: tuple[str, ...]
    rows: tuple[TableRow, ...]
    kind: str = "csv"


__all__ = ["Table", "TableError", "TableRow", "column_name", "megabytes", "read_json", "read_table"]

# More than any honest record has, in its texts too.
BRACKETS_PER_ROW = 20
_MAGIC = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x7fELF": "ELF",
}


def read_table(body: bytes) -> Table:
    """What the file holds; its contents say what it is, not its name. Raises TableError."""
    if len(body) > settings.IMPORT_MAX_BYTES:
        raise TableError(
            _("The file has %(size)s MB; at most %(limit)s MB can be imported.")
            % {"size": megabytes(len(body)), "limit": megabytes(settings.IMPORT_MAX_BYTES)}
        )
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise TableError(_("The file is empty."))
    if body.startswith(b"PK"):
        return _table(read_workbook(body), kind="xlsx")
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(
            _(
                "This is an encrypted or an old Excel file. Remove the password, or save it as .xlsx without one."
            )
        )
    for magic, kind in _MAGIC.items():
        if body.startswith(magic):
            raise TableError(_("This is a %(kind)s file. Send CSV, XLSX or JSON.") % {"kind": kind})
    text = _decoded(body)
    if re.match(r"\s*[\[{]", text):
        # A record begins with a bracket: far too many are counted before each becomes an object.
        _refuse_too_many((text.count("{") + text.count("[")) // BRACKETS_PER_ROW)
        table = read_json(text)
        _refuse_too_many(len(table.rows))
        return table
    return _table(_csv_rows(text), kind="csv")


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.4g}"


# Text


def _decoded(body: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16, or the Korean encoding of Windows, which includes EUC-KR."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif body[:200].count(0) > len(body[:200]) // 4:
        encodings = ["utf-16-le" if body[1:2] == b"\0" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp949"]
    for encoding in encodings:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError as error:
            line = body[: error.start].count(b"\n") + 1
            continue
        if "\0" in text:
            row = text[: text.index("\0")].count("\n") + 1
            raise TableError(_("Row %(row)s holds a NUL character; remove it.") % {"row": row})
        return text.removeprefix("\ufeff")
    raise TableError(
        _("Row %(row)s is neither UTF-8, UTF-16 nor EUC-KR (CP949). Save the file as UTF-8.") % {"row": line}
    )


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first, _newline, rest = text.partition("\n")
    number = 0
    if match := re.fullmatch(r"sep=(.)\r?", first):  # Excel writes and reads this line
        delimiter, text, number = match[1], rest, 1
    else:
        unquoted = re.sub(r'"[^"]*"', "", first)
        delimiter = max(",;\t", key=unquoted.count)
    reader = csv.reader(_lines(text, delimiter=delimiter), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            number += 1
            yield number, cells
    except csv.Error as error:
        why = str(error)
        if "limit" in why:
            reason = _("a cell has more than %(limit)s characters") % {"limit": csv.field_size_limit()}
        else:
            reason = _("a quotation mark is not closed, or stands within a cell without being doubled")
        raise TableError(_("Row %(row)s: %(reason)s.") % {"row": number + 1, "reason": reason}) from error


def _lines(text: str, *, delimiter: str) -> Iterator[str]:
    """Refuses a line of more cells than even its longest cell could explain, before a list is made of them."""
    most = csv.field_size_limit() + settings.IMPORT_MAX_COLUMNS
    for line in io.StringIO(text, newline=""):
        if (cells := line.count(delimiter) + 1) > most:
            raise TableError(_too_many_columns(cells))
        yield line


def _table(rows: Iterable[tuple[int, list[str]]], *, kind: str) -> Table:
    """Headers from the first row that is not empty, cells from the others."""
    headers: list[str] = []
    found: list[TableRow] = []
    for number, cells in rows:
        # Looked for from the end, once: a row may have millions of empty cells.
        filled = next((place for place in range(len(cells), 0, -1) if cells[place - 1].strip()), 0)
        if not filled:
            continue
        if not headers:
            headers = _headers(cells[:filled])
            continue
        if filled > len(headers):
            raise TableError(
                _("Row %(row)s, column %(column)s: there is a cell to the right of the last header.")
                % {"row": number, "column": column_name(filled)}
            )
        # A text may be nothing but a space.
        cells = cells[: len(headers)] + [""] * (len(headers) - len(cells))
        found.append(TableRow(number, dict(zip(headers, cells, strict=True))))
        _refuse_too_many(len(found))
    if not found:
        raise TableError(_("The file holds no row besides its headers."))
    return Table(tuple(headers), tuple(found), kind)


def _too_many_columns(count: int) -> str:
    return _("The file has %(count)s columns; at most %(limit)s can be imported.") % {
        "count": count,
        "limit": settings.IMPORT_MAX_COLUMNS,
    }


def _headers(cells: list[str]) -> list[str]:
    if len(cells) > settings.IMPORT_MAX_COLUMNS:
        raise TableError(_too_many_columns(len(cells)))
    headers = [" ".join(cell.split()) for cell in cells]
    for place, header in enumerate(headers, 1):
        if not header:
            raise TableError(_("Column %(column)s has no header.") % {"column": column_name(place)})
        if headers.index(header) != place - 1:
            raise TableError(
                _("The header “%(header)s” stands twice: columns %(first)s and %(second)s.")
                % {
                    "header": header[:40],
                    "first": column_name(headers.index(header) + 1),
                    "second": column_name(place),
                }
            )
    return headers


def _refuse_too_many(rows: int) -> None:
    if rows > settings.IMPORT_MAX_ROWS:
        raise TableError(
            _("The file has more than %(limit)s rows, the most that can be imported at once. Split it.")
            % {"limit": settings.IMPORT_MAX_ROWS}
        )


# JSON


def read_json(text: str) -> Table:
    """A list of objects, or an object with such a list under `rows`; however many. Raises TableError."""
    try:
        found = json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_without_twins
        )
    except json.JSONDecodeError as error:
        raise TableError(
            _("This JSON cannot be read: line %(line)s, column %(column)s.")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    except (RecursionError, ValueError) as error:  # nested too deeply; a number of thousands of digits
        raise TableError(_("This JSON cannot be read.")) from error
    if isinstance(found, dict):
        found = found.get("rows")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise TableError(_("JSON must be a list of objects, one for each record."))
    if not found:
        raise TableError(_("The file holds no record."))
    headers = tuple(dict.fromkeys(name for item in found for name in item))
    if len(headers) > settings.IMPORT_MAX_COLUMNS:
        _headers([*headers])
    return Table(headers, tuple(TableRow(n, item) for n, item in enumerate(found, 1)), "json")


def _refuse_constant(name: str) -> None:
    raise TableError(_("%(name)s is not a number.") % {"name": name})


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise TableError(_("An object names “%(header)s” twice.") % {"header": twin[:40]})
    return found
