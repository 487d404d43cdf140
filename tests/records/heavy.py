"""Files that are as large, or unfold to be as large, as somebody can make them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

from tests.records.malformed import FIGURES, book, repacked

SHEET = "xl/worksheets/sheet1.xml"


def _rows(number: int) -> bytes:
    return (
        FIGURES + "".join(f"articles,{1900 + n % 300}-{n // 300 % 12 + 1:02},{n}\n" for n in range(number))
    ).encode()


def _projects(number: int) -> bytes:
    rows = "".join(f"Project {n},project-{n},{'가' * 100}\n" for n in range(number))
    return f"name,slug,note\n{rows}".encode()


def _bomb(name: str, byte: bytes, size: int) -> bytes:
    good = book(("name", "slug"), ("A", "a"))
    return repacked(good, lambda parts: parts.update({name: byte * size}))


def _sheet(rows: str) -> bytes:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    good = book(("name", "slug"), ("A", "a"))
    body = f"{head}{rows}</sheetData></worksheet>".encode()
    return repacked(good, lambda parts: parts.update({SHEET: body}))


def _cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def _archive_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * 150_000_000)
    return out.getvalue()


def _many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}", b"")
        archive.writestr("xl/workbook.xml", b"")
    return out.getvalue()


# Name → what makes it, the kind it is sent as, a part of what is said.
HEAVY: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "50 MB of CSV": (lambda: b"name\n" + b"x\n" * 25_000_000, "project", "at most 10 MB"),
    "10 MB in one cell": (lambda: b'name\n"' + b"x" * 9_900_000, "project", "more than 131072 characters"),
    "10 MB of quotation marks": (lambda: b"name\n" + b'"' * 9_900_000, "project", "Row"),
    "10 MB of empty rows": (lambda: b"name\n" + b"\n" * 9_900_000, "project", "no row besides"),
    "10 MB of commas": (lambda: b"name\n" + b"," * 9_900_000, "project", "columns; at most 100"),
    "100,000 rows": (lambda: _rows(100_000), "measurement", "more than 20000 rows"),
    "100,000 rows of JSON": (
        lambda: json.dumps([{"name": f"P{n}"} for n in range(100_000)]).encode(),
        "project",
        "more than 20000 rows",
    ),
    "10 MB of JSON objects": (lambda: b"[" + b"{}," * 3_300_000 + b"{}]", "project", "more than 20000 rows"),
    "10 MB of JSON lists": (lambda: b"[" + b"[]," * 3_300_000 + b"[]]", "project", "more than 20000 rows"),
    "10 MB of JSON in one text": (
        lambda: b'[{"name": "' + b"x" * 9_900_000 + b'"}]',
        "project",
        "2 problems",
    ),
    "20,000 rows": (lambda: _projects(20_000), "project", "20000 new, 0 problems"),
    "20,000 bad rows": (
        lambda: b"name,kind\n" + b"x,nonsense\n" * 20_000,
        "project",
        "20000 problems",
    ),
    "bomb in a part": (lambda: _bomb("xl/media/x.xml", b" ", 190_000_000), "project", "damaged"),
    "bomb of shared texts": (
        lambda: _bomb("xl/sharedStrings.xml", b"<si>", 40_000_000),
        "project",
        "damaged",
    ),
    "bomb beyond the limit": (lambda: _bomb("xl/media/x.xml", b" ", 201_000_000), "project", "more than 200"),
    "cell of 100 MB": (
        lambda: _sheet(f"<row>{_cell('name')}</row><row>{_cell('x' * 100_000_000)}</row>"),
        "project",
        "damaged",
    ),
    "million rows in a spreadsheet": (
        lambda: _sheet(f"<row>{_cell('name')}</row>" + f"<row>{_cell('x')}</row>" * 1_000_000),
        "project",
        "more than 20000 rows",
    ),
    "million columns in a spreadsheet": (
        lambda: _sheet("<row>" + _cell("x") * 1_000_000 + "</row>"),
        "project",
        "more cells than a spreadsheet can have; at most 100",
    ),
    "the widest row a spreadsheet can have": (
        lambda: _sheet("<row>" + _cell("x") * 16_384 + "</row>"),
        "project",
        "columns; at most 100",
    ),
    "million empty rows": (
        lambda: _sheet("<row/>" * 1_000_000),
        "project",
        "more than",
    ),
    "archive whose manifest is a bomb": (_archive_bomb, "archive", "manifest.json: this file cannot be read"),
    "60,000 files in one": (_many_entries, "project", "Unpacked"),
}
