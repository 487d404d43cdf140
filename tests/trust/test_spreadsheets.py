"""What we export is opened in LibreOffice, told to calculate whatever it takes for a formula: it finds none.

Needs LibreOffice Calc (Debian: `apt-get install libreoffice-calc`); without it the tests fail and say so.
"""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from projects.models import Project
from records.models import Account
from records.ownership import owner_scope
from records.resources import resource_of, unescaped
from records.sheets import write_table
from tests.factories import create_project
from tests.trust.dangerous import DANGEROUS

pytestmark = pytest.mark.trust
# Comma, quotation mark, UTF-8, from the first line, columns as they come, numbers recognised, formulas calculated:
# the most dangerous choices the dialog of LibreOffice offers.
_CALCULATING = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


def opened(path: Path) -> ET.Element:
    """The file as LibreOffice understands it: every cell with its type, its formula if it has one, its text."""
    program = shutil.which("soffice")
    assert program, "LibreOffice Calc is missing: apt-get install libreoffice-calc"
    command = [program, f"-env:UserInstallation=file://{path.parent}/profile", "--headless"]
    if path.suffix == ".csv":
        command.append(f"--infilter={_CALCULATING}")
    command += ["--convert-to", "fods", "--outdir", str(path.parent / "out"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)  # noqa: S603
    written = path.parent / "out" / f"{path.stem}.fods"
    assert written.exists(), done.stdout + done.stderr
    return ET.fromstring(written.read_text(encoding="utf-8"))  # noqa: S314  # LibreOffice wrote it


def formulas(sheet: ET.Element) -> list[str]:
    return [text for cell in sheet.iter(f"{_TABLE}table-cell") if (text := cell.get(f"{_TABLE}formula"))]


def texts(sheet: ET.Element) -> list[str]:
    """Blanks and line ends as one blank: XML has ways of its own to keep them."""
    found = []
    for cell in sheet.iter(f"{_TABLE}table-cell"):
        if cell.get(f"{_OFFICE}value-type") == "string":
            for blank in (f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"):
                for each in cell.iter(blank):
                    each.tail = f" {each.tail or ''}"
            lines = ["".join(part.itertext()) for part in cell.iter(f"{_TEXT}p")]
            found.append(_plain("\n".join(lines)))
    return found


def _plain(text: str) -> str:
    return " ".join(text.replace("\ufeff", "").split())


@pytest.fixture
def projects(owner: Account) -> Account:
    for number, text in enumerate(DANGEROUS):
        one_line = " ".join(text.splitlines()).replace("\t", " ")
        create_project(owner=owner, name=one_line, slug=f"p{number}", note=text)
    return owner


def test_there_are_enough_of_them() -> None:
    assert len(set(DANGEROUS)) == len(DANGEROUS) >= 60


def test_libreoffice_calculates_what_is_not_escaped(tmp_path: Path) -> None:
    """Or the others would prove nothing."""
    path = tmp_path / "plain.csv"
    path.write_text("name\n=1+1\n=SUM(1;2)\n", encoding="utf-8")
    assert len(formulas(opened(path))) == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_libreoffice_finds_no_formula_in_an_export(kind: str, projects: Account, tmp_path: Path) -> None:
    path = tmp_path / f"projects.{kind}"
    with owner_scope(projects):
        path.write_bytes(write_table(resource_of(Project), Project.objects.order_by("pk"), kind=kind))
    sheet = opened(path)
    assert formulas(sheet) == []
    shown = texts(sheet)
    if kind == "csv":
        shown = [_plain(unescaped(text)) for text in shown]
    wanted = {_plain(text) for text in DANGEROUS}
    assert wanted - {*shown} == set()
