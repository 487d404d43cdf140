"""What a body may be: JSON as the standard says, and nothing that only some readers take."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from metrics.checks import Agreement
from records.api.problems import Malformed, TooLarge
from records.api.strict_json import LONGEST_BODY, StrictJSONParser, read, written


def test_numbers_with_a_point_never_go_through_a_float() -> None:
    assert read(b'{"a": 0.1, "b": [1, "\\u00e9", null, true]}') == {
        "a": Decimal("0.1"),
        "b": [1, "é", None, True],
    }
    assert str(read(b"0.30000000000000000000000000001")) == "0.30000000000000000000000000001"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(b'{"a": 1, "a": 2}', "“a” stands twice in the same object.", id="a name twice"),
        pytest.param(b'[{"x": {"a": 1, "a": 1}}]', "“a” stands twice", id="a name twice, deep inside"),
        pytest.param(b'{"a": NaN}', "NaN is not a number that JSON knows.", id="NaN"),
        pytest.param(b"[Infinity]", "Infinity is not", id="infinity"),
        pytest.param(b"[-Infinity]", "-Infinity is not", id="minus infinity"),
        pytest.param(b"9" * 5000, "A number has too many digits.", id="5,000 digits"),
        pytest.param(b"0." + b"9" * 5000, "A number has too many digits.", id="5,000 decimal places"),
        pytest.param(b"[" * 100_000, "The body is nested too deeply.", id="100,000 brackets"),
        pytest.param(b'{"a":' * 100_000, "The body is nested too deeply.", id="100,000 objects"),
        pytest.param(b'"\\ud800"', "half a character", id="lone surrogate"),
        pytest.param(b'{"\\uDFFF": 1}', "half a character", id="lone surrogate as a name"),
        pytest.param(b'{"a": ["b", "\\ud800"]}', "half a character", id="lone surrogate in a list"),
        pytest.param(b'"\xff"', "The body is not UTF-8: see byte 2.", id="bad UTF-8"),
        pytest.param(b'"\xed\xa0\x80"', "not UTF-8", id="surrogate in UTF-8"),
        pytest.param("{}".encode("utf-16"), "not UTF-8", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf{}", "not JSON", id="byte order mark"),
        pytest.param(b"{} x", "The body is not JSON: see line 1, column 4.", id="something behind the end"),
        pytest.param(b"{}{}", "not JSON", id="two documents"),
        pytest.param(b"{'a': 1}", "not JSON", id="single quotes"),
        pytest.param(b'{"a": 1,}', "not JSON", id="trailing comma"),
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b'"\n"', "not JSON", id="line break in a text"),
        pytest.param(b"[01]", "not JSON", id="leading zero"),
    ],
)
def test_body_that_is_no_json_is_refused_with_its_place(body: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(body)
    assert sentence in str(caught.value.detail)


def test_whole_pair_of_surrogates_is_a_character() -> None:
    assert read(b'"\\ud83d\\ude00"') == "😀"
    assert written({"a": "😀", "b": None}) == '{"a":"😀","b":null}'.encode()


def test_escapes_that_are_whole_pairs_are_taken_wherever_they_stand() -> None:
    assert read(b'{"a": ["\\ud83d\\ude00", 1, "\\u00e9"]}') == {"a": ["😀", 1, "é"]}


def test_body_that_does_not_say_how_long_it_is_is_refused_when_it_is_too_long() -> None:
    parser = StrictJSONParser()
    assert parser.parse(io.BytesIO(b"{}" + b" " * (LONGEST_BODY - 2))) == {}
    with pytest.raises(TooLarge):
        parser.parse(io.BytesIO(b"{}" + b" " * (LONGEST_BODY - 1)))


def test_exponents_are_read_and_left_to_the_fields() -> None:
    assert read(b"1e400") == Decimal("1e400")


def test_names_that_are_members_of_an_enumeration_are_written_as_their_text() -> None:
    assert written({Agreement.EXACT: 1, 2024: 2}) == b'{"exact":1,"2024":2}'
