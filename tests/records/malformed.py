"""Files nobody should send, made one by one: what each is, and what becomes of it.

Every file is one of projects (`name,slug,kind`), measurements (`metric,period,value`; the metric is `articles`) or goal
links. `says` is a part of the sentence it is refused with; None for a file that is taken as documented.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl

PROJECTS = "name,slug,kind\nHarbour,harbour,client\n"
KOREAN = "이름,슬러그,종류\n항만 조사,harbour,client\n"
FIGURES = "metric,period,value\n"


@dataclass(frozen=True)
class Bad:
    name: str
    body: bytes
    says: str | None
    model: str = "project"
    filename: str = "table.csv"


def _text(name: str, text: str, says: str | None, *, model: str = "project", encoding: str = "utf-8") -> Bad:
    return Bad(name, text.encode(encoding), says, model)


def _figure(name: str, cells: str, says: str | None) -> Bad:
    return _text(name, f"{FIGURES}{cells}\n", says, model="measurement")


def book(*rows: tuple[Any, ...], change: Callable[[Any], None] | None = None) -> bytes:
    made = openpyxl.Workbook()
    sheet: Any = made.active
    for row in rows:
        sheet.append(row)
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def repacked(body: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """The same archive with other parts."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def encrypted(body: bytes) -> bytes:
    """The same archive, whose last part says that a password is needed."""
    changed = bytearray(body)
    changed[body.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def _workbook(name: str, body: bytes, says: str | None, *, model: str = "project") -> Bad:
    return Bad(name, body, says, model, "table.xlsx")


def _encodings() -> Iterator[Bad]:
    yield _text("UTF-8", KOREAN, None)
    yield _text("UTF-8 with its mark", KOREAN, None, encoding="utf-8-sig")
    yield _text("UTF-16", KOREAN, None, encoding="utf-16")
    yield _text(
        "UTF-16 without its mark",
        KOREAN.replace("이름,슬러그,종류", "name,slug,kind"),
        None,
        encoding="utf-16-le",
    )
    yield _text("UTF-16 the other way round", PROJECTS, None, encoding="utf-16-be")
    yield _text("CP949", KOREAN, None, encoding="cp949")
    yield _text("EUC-KR", KOREAN, None, encoding="euc-kr")
    yield Bad("Latin 1", "name,slug\nCafé,x\n".encode("latin-1"), "Row 2 is neither UTF-8")
    yield Bad("half a character", KOREAN.encode()[:-12] + b"\xed\x95", "is neither UTF-8")
    yield Bad("odd number of bytes in UTF-16", PROJECTS.encode("utf-16") + b"x", "is neither UTF-8")
    yield Bad(
        "lone surrogate in UTF-16", b"\xff\xfe" + PROJECTS.encode("utf-16-le") + b"\x00\xd8", "is neither"
    )
    yield Bad("random bytes", bytes(range(128, 256)) * 20, "Row")
    yield _text("mark in the middle", "name,slug\nA\ufeff,a\n", None)


def _shapes() -> Iterator[Bad]:
    yield Bad("nothing", b"", "The file is empty")
    yield _text("blanks only", "  \n\n\t\n", "The file is empty")
    yield Bad("only the mark of UTF-8", b"\xef\xbb\xbf", "The file is empty")
    yield _text("headers only", "name,slug\n", "no row besides its headers")
    yield _text("mixed newlines", "name,slug\r\nA,a\nB,b\rC,c\r\n", None)
    yield _text("old Mac newlines", "name,slug\rA,a\r", None)
    yield _text("no newline at the end", "name,slug\nA,a", None)
    yield _text("blank lines between", "\n\nname,slug\n\nA,a\n,\n", None)
    yield _text("semicolons", "name;slug\nA;a\n", None)
    yield _text("tabs", "name\tslug\nA\ta\n", None)
    yield _text("line of Excel", "sep=;\nname;slug\nA;a\n", None)
    yield _text("quotes and newlines in a cell", 'name,slug,note\n"A, ""B""",a,"one\ntwo"\n', None)
    yield _text("quote not closed", 'name,slug\n"A,a\nB,b\n', "a quotation mark is not closed")
    yield _text("quote in the middle", 'name,slug\n"A"x,a\n', "Row 2: a quotation mark")
    yield _text("row too long", "name,slug\nA,a,b\n", "Row 2, column C: there is a cell to the right")
    yield _text("row too short", "name,slug\nA\n", None)
    yield _text("empty cells at the end", "name,slug,,\nA,a,,\n", None)
    yield _text("header missing in the middle", "name,,slug\nA,x,a\n", "Column B has no header")
    yield _text("header twice", "name,slug,name\nA,a,B\n", "stands twice: columns A and C")
    yield _text("header in two languages", "name,이름,slug\nA,B,a\n", "mean the same column")
    yield _text("header nobody knows", "name,slug,colour\nA,a,red\n", "There is no column “colour”")
    yield _text("no header", "Harbour,harbour\nLighthouse,light\n", "There is no column “Harbour”")
    yield _text("NUL", "name,slug\nA\0,a\n", "Row 2 holds a NUL")
    yield _text("control character", "name,slug\nA\x07,a\n", "Character 2 (U+0007)")
    yield _text("text turned around", "name,slug\nA\u202eB,a\n", "Character 2 (U+202E)")
    yield _text("huge cell", f"name,slug\n{'x' * 200_000},a\n", "a cell has more than 131072 characters")
    yield _text("cell too long for its field", f"name,slug\n{'x' * 201},a\n", "at most 200 characters")
    yield _text("note too long", f"name,slug,note\nA,a,{'x' * 20_001}\n", "At most 20000 characters")
    yield Bad("eleven megabytes", b"name\n" + b"x" * 11_000_000, "at most 10 MB")
    yield Bad("fifty megabytes", b"name\n" + b"x\n" * 25_000_000, "at most 10 MB")
    yield _text("too many rows", "name\n" + "x\n" * 20_001, "more than 20000 rows")
    yield _text("columns without end", "," * 131_200 + "\n", "131201 columns; at most 100")
    yield _text(
        "too many columns", ",".join(f"c{n}" for n in range(101)) + "\n1\n", "101 columns; at most 100"
    )


def _kinds() -> Iterator[Bad]:
    for kind, magic in (("PDF", b"%PDF-1.7\n"), ("PNG", b"\x89PNG\r\n\x1a\n"), ("gzip", b"\x1f\x8b\x08\x00")):
        yield Bad(f"a {kind}", magic + b"x" * 100, f"This is a {kind} file")
    yield Bad("a spreadsheet named .csv", book(("name", "slug"), ("A", "a")), None)
    yield Bad("a CSV named .xlsx", PROJECTS.encode(), None, filename="table.xlsx")
    yield Bad("a web page", b"<!doctype html><html><table><tr><td>name</td></tr></table>", "no row besides")
    yield Bad(
        "old Excel, or one with a password",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "encrypted or an old",
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", PROJECTS)
    yield Bad("a ZIP of something else", out.getvalue(), "ZIP file, but not a spreadsheet")


def _json() -> Iterator[Bad]:
    yield _text("list of objects", json.dumps([{"name": "A", "slug": "a"}]), None)
    yield _text("rows under a name", json.dumps({"rows": [{"name": "A", "slug": "a"}]}), None)
    yield _text("JSON cut off", '[{"name": "A"', "This JSON cannot be read: line 1")
    yield _text("list of lists", "[[1, 2]]", "must be a list of objects")
    yield _text("no record", "[]", "holds no record")
    yield _text("name twice in an object", '[{"name": "A", "name": "B"}]', "names “name” twice")
    yield _text(
        "NaN",
        '[{"metric": "articles", "period": "2024", "value": NaN}]',
        "NaN is not a number",
        model="measurement",
    )
    yield _text("Infinity", '[{"value": -Infinity}]', "-Infinity is not a number", model="measurement")
    yield _text("nested without end", "[" * 100_000, "JSON cannot be read")
    yield _text(
        "number of many digits",
        '[{"team_size": ' + "9" * 5000 + "}]",
        "JSON cannot be read",
        model="engagement",
    )
    yield _text("object where a text belongs", '[{"name": {"a": 1}, "slug": "a"}]', "Write a text")
    yield _text("number where a text belongs", '[{"name": 12, "slug": "a"}]', None)
    yield _text(
        "list where a day belongs",
        '[{"title": "A", "kind": "book", "period": "2024", "starts_on": [2024]}]',
        "[2024]",
        model="activity",
    )
    yield _text("too many names", json.dumps([{f"c{n}": 1 for n in range(101)}]), "101 columns; at most 100")
    yield _text("owner by JSON", '[{"name": "A", "owner": 1}]', "The column “owner” cannot be imported")


def _cells() -> Iterator[Bad]:
    yield _figure("infinity", "articles,2024,Infinity", "“Infinity” is not a number")
    yield _figure("NaN in a cell", "articles,2024,nan", "“nan” is not a number")
    yield _figure("1e400", "articles,2024,1e400", "no more than 15 digits")
    yield _figure("full-width digits", "articles,2024,１２", "“１２” is not a number")
    yield _figure("Arabic digits", "articles,2024,١٢", "is not a number")
    yield _figure("thousands separator", 'articles,2024,"1,234.5"', "“1,234.5” is not a number")
    yield _figure("underscore", "articles,2024,1_000", "“1_000” is not a number")
    yield _figure("hexadecimal", "articles,2024,0x10", "is not a number")
    yield _figure("too many places", "articles,2024,0.00001", "no more than 4 decimal places")
    yield _figure("quarter 5", "articles,2024-Q5,1", "5 does not exist")
    yield _figure("quarter in Korean", "articles,2024년 4분기,1", None)
    yield _figure("quarter without a year", "articles,4분기,1", "“4분기” is not a period")
    yield _figure("fiscal year", "articles,FY26Q1,1", "“FY26Q1” is not a period")
    yield _figure("year 99999", "articles,99999,1", "“99999” is not a period")
    yield _figure("year 1899", "articles,1899,1", "Years from 1900 to 2199 only")
    yield _figure("too exact a period", "articles,2024-01-02,1", "is too exact here")
    yield _figure("figure twice", "articles,2024,1\narticles,2024,2", "the same record as row 3")
    yield _figure("metric nobody has", "nothing,2024,1", "You have no metric “nothing”")
    yield _figure("metric of somebody else", "theirs,2024,1", "You have no metric “theirs”")
    yield _figure("no period", "articles,,1", "This field cannot be blank")
    yield _text(
        "30 February",
        "title,kind,period,starts_on\nA,book,2024,2024-02-30\n",
        "There is no such day",
        model="activity",
    )
    yield _text("column owner", "name,owner\nA,stranger\n", "The column “owner” cannot be imported")
    yield _text("column owner in Korean", "이름,소유자\nA,stranger\n", "cannot be imported")
    yield _text("column id", "id,name\n1,A\n", "The column “id” cannot be imported")
    yield _text("column created_at", "name,created_at\nA,2024-01-01\n", "cannot be imported")
    yield _text("stale version", "slug,name,version\nstored,New,7\n", "version 1 is stored, not 7")
    yield _text("version that is no number", "slug,name,version\nstored,New,x\n", "is not a number")
    yield _text("kind nobody knows", "name,kind\nA,nonsense\n", "is not a valid choice")
    yield _text("slug with blanks", "name,slug\nA,a b\n", "valid “slug”")
    yield _text("project twice", "name,slug\nA,a\nB,a\n", "the same record as row 3")
    yield _text(
        "circle of goals",
        "slug,statement,kind,set_in,due,aim,parent\na,A,kpi,2023,2024,do,b\nb,B,kpi,2023,2024,do,a\n",
        "a part of itself",
        model="goal",
    )
    yield _text(
        "truth nobody can tell",
        "title,kind,period,hindsight\nA,lesson,2024,perhaps\n",
        "must be either True",
        model="reflection",
    )


def _workbooks() -> Iterator[Bad]:
    good = book(("name", "slug"), ("A", "a"))
    figures = ("metric", "period", "value")

    def part(name: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], None]:
        def apply(parts: dict[str, bytes]) -> None:
            parts[name] = change(parts.get(name, b""))

        return apply

    sheet = "xl/worksheets/sheet1.xml"
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    bomb = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
    yield _workbook("spreadsheet", good, None)
    yield _workbook("spreadsheet cut off", good[: len(good) // 2], "damaged or cut off")
    yield _workbook("spreadsheet without its end", good[:-30], "damaged or cut off")
    yield _workbook(
        "spreadsheet with a changed byte", good[:60] + b"\xff\xff\xff" + good[63:], "damaged or cut off"
    )
    yield _workbook("only the first bytes of a ZIP", b"PK\x03\x04", "damaged or cut off")
    yield _workbook(
        "macros", repacked(good, part("xl/vbaProject.bin", lambda _old: b"x")), "has macros in it"
    )
    yield _workbook(
        "entity of a file", repacked(good, part(sheet, lambda old: entity + old)), "declares entities"
    )
    yield _workbook(
        "billion laughs", repacked(good, part("xl/workbook.xml", lambda old: bomb + old)), "declares entities"
    )
    yield _workbook(
        "entity in UTF-16", repacked(good, part(sheet, lambda old: old.decode().encode("utf-16"))), "damaged"
    )
    yield _workbook(
        "sheet that is no XML",
        repacked(good, part(sheet, lambda _old: b"<worksheet><a>")),
        "damaged or cut off",
    )
    yield _workbook("sheet missing", repacked(good, lambda parts: parts.pop(sheet)), "damaged or cut off")
    yield _workbook(
        "no workbook",
        repacked(good, lambda parts: parts.pop("xl/workbook.xml")),
        "not a spreadsheet",
    )
    yield _workbook(
        "zip bomb",
        repacked(good, part("xl/media/x.xml", lambda _old: b" " * 201_000_000)),
        "more than 200 MB",
    )
    yield _workbook("no row", book(("name", "slug")), "no row besides")
    yield _workbook("no cell", book(), "no row besides")
    yield _workbook(
        "error cell",
        book(("name", "slug"), ("#DIV/0!", "a")),
        "Row 2, column A: the cell shows the error #DIV/0!",
    )
    yield _workbook(
        "formula without a value",
        book(("name", "slug"), ("=1+1", "a")),
        "Row 2, column A: the formula has no value",
    )
    yield _workbook(
        "formula with its value",
        repacked(
            book(figures, ("articles", 2024, "=6*2")),
            part(sheet, lambda old: re.sub(rb"</f><v ?(/>|></v>)", b"</f><v>12</v>", old)),
        ),
        None,
        model="measurement",
    )
    yield _workbook(
        "picture in a spreadsheet", repacked(good, part("xl/media/a.png", lambda _old: b"x")), None
    )
    yield _workbook("encrypted part", encrypted(good), "This file is encrypted")
    yield _workbook(
        "elements nested without end",
        repacked(good, part(sheet, lambda old: old + b"<a>" * 10_100)),
        "damaged or cut off",
    )
    yield _workbook(
        "cells without end",
        repacked(good, part(sheet, lambda old: old.replace(b"</row>", b"<c/>" * 120_000 + b"</row>", 1))),
        "more cells than a spreadsheet can have",
    )
    yield _workbook("number as a number", book(figures, ("articles", 2024, 12.5)), None, model="measurement")
    yield _workbook(
        "truth as a number",
        book(figures, ("articles", 2024, True)),
        "“true” is not a number",
        model="measurement",
    )
    yield _workbook(
        "day as a period",
        book(figures, ("articles", dt.date(2024, 1, 2), 1)),
        "is too exact",
        model="measurement",
    )
    activity = (("title", "kind", "period", "starts_on"), ("A", "book", "2024", dt.date(2024, 2, 29)))

    def since_1904(made: Any) -> None:  # noqa: ANN401
        made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    yield _workbook("days since 1900", book(*activity), None, model="activity")
    yield _workbook("days since 1904", book(*activity, change=since_1904), None, model="activity")
    yield _workbook("far column", book((*(None,) * 150, "name"), (*(None,) * 150, "A")), "no row besides")
    yield _workbook(
        "too many columns in a spreadsheet",
        book(tuple(f"c{n}" for n in range(101)), (1,)),
        "101 columns; at most 100",
    )
    lie = b'<dimension ref="A1:XFD1048576"/>'
    yield _workbook(
        "lie about its size",
        repacked(good, part(sheet, lambda old: old.replace(b'<dimension ref="A1:B2"/>', lie))),
        None,
    )


def malformed() -> list[Bad]:
    return [*_encodings(), *_shapes(), *_kinds(), *_json(), *_cells(), *_workbooks()]
