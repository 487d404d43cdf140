from __future__ import annotations

import pytest

from records.spreadsheets import coded, decoded


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
