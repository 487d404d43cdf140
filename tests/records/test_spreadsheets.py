from __future__ import annotations

import datetime as dt

import pytest
from django.test import override_settings

from records.spreadsheets import coded, decoded, read_workbook
from records.tables import TableError
from tests.records.malformed import book, repacked


@pytest.mark.parametrize(
    "text",
    [
        "_x000D_",
        "a\rb",
        "_x0041_x0042_",
        "_x0041\r",
        "_x005F_x0041_",
        "__x0041__",
        "_x00",
        "_xZZZZ_",
        "\r_x000d_",
    ],
)
def test_text_in_a_cell_of_xlsx_is_read_as_it_was_written(text: str) -> None:
    assert "\r" not in coded(text)
    assert decoded(coded(text)) == text


def _with_numbers_as_floats(parts: dict[str, bytes]) -> None:
    """As other programs write them."""
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<v>12</v>", b"<v>12.0</v>")


def test_cells_are_read_as_one_would_type_them() -> None:
    row = (12, 0.1, dt.datetime(2024, 3, 1), dt.datetime(2024, 3, 1, 9, 30), dt.time(9, 30), True, None, "a")  # noqa: DTZ001
    body = repacked(book(row), _with_numbers_as_floats)
    ((number, texts),) = read_workbook(body)
    assert number == 1
    assert texts[:8] == ["12", "0.1", "2024-03-01", "2024-03-01 09:30:00", "09:30:00", "true", "", "a"]
    assert not any(texts[8:])  # up to the widest table there may be


@pytest.mark.parametrize("row", [("x",), (None, "x")])
def test_reading_ends_soon_after_the_most_rows(row: tuple[object, ...]) -> None:
    body = book(*[row] * 50)
    with override_settings(IMPORT_MAX_ROWS=3):
        rows = read_workbook(body)
        assert [next(rows)[0] for _each in range(4)] == [1, 2, 3, 4]
        with pytest.raises(TableError, match="more than 3 rows"):
            next(rows)
