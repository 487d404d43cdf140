from __future__ import annotations

import io
import re

import pytest
from django.core.management import CommandError, call_command

from metrics.listings import find_check
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

KEY = "ratio:measurement/rate/2024"


@pytest.fixture(autouse=True)
def _filled(owner: Account) -> None:
    document = make.create_document(owner=owner, year=2024)
    for name, value, period in (("Rate", 50, "2024"), ("Share", 25, "2023"), ("완료율", 26, "2022")):
        make.create_measurement(
            owner=owner,
            metric=make.create_metric(owner=owner, name=name, unit="percent", aggregation="none"),
            period=period,
            value=value,
            numerator=1,
            denominator=4,
            source=document,
            source_lines="7",
        )


def _check_figures(*arguments: str, name: str = "owner") -> list[str]:
    out = io.StringIO()
    call_command("check_figures", "--owner", name, *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_check_figures_lists_what_does_not_agree_exactly() -> None:
    lines = _check_figures()

    assert lines[0].split() == ["verdict", "year", "claim", "recomputed", "stated", "computed", "source"]
    assert re.split(r" {2,}", lines[2]) == [
        "contradicts",
        "2024",
        "Rate, 2024: 50%",
        "1 / 4 = 25%",
        "50%",
        "25%",
        "2024 L7",
    ]
    assert not any("Share" in line for line in lines)
    assert lines[-1] == "Checks: 3, 2 contradicts, 1 exact; settled: 0."


def test_check_figures_keeps_columns_under_each_other_in_korean() -> None:
    heading, _rule, latin, korean = _check_figures()[:4]

    assert heading.index("recomputed") == latin.index("1 / 4")
    assert korean.index("1 / 4") == latin.index("1 / 4") - 3


def test_check_figures_lists_everything_if_asked() -> None:
    assert any("Share, 2023" in line for line in _check_figures("--all"))


def test_check_figures_of_a_year_without_figures_says_so() -> None:
    assert _check_figures("--year", "2010") == ["Checks: 0; settled: 0."]


def test_check_figures_fails_on_an_open_verdict() -> None:
    with pytest.raises(CommandError) as caught:
        _check_figures("--fail-on", "contradicts", "--year", "2024")

    assert caught.value.returncode == 1
    assert str(caught.value) == "Open checks with the verdict “contradicts”: 1."
    _check_figures("--fail-on", "rounded")


def test_check_figures_does_not_fail_on_what_is_settled(owner: Account) -> None:
    with owner_scope(owner):
        check = find_check(key=KEY, year=2024)
    assert check is not None
    make.create_settlement(owner=owner, check_key=KEY, fingerprint=check.fingerprint)

    lines = _check_figures("--fail-on", "contradicts", "--year", "2024")

    assert "contradicts (settled)" in lines[2]


def test_check_figures_shows_nothing_of_anybody_else(stranger: Account) -> None:
    assert _check_figures(name="stranger") == ["Checks: 0; settled: 0."]


@pytest.mark.parametrize(
    ("arguments", "name", "sentence"),
    [
        ([], "nobody", "There is no account “nobody”."),
        (["--year", "99999"], "owner", "--year must be from 1900 to 2199, not 99999."),
        (["--year", "soon"], "owner", "invalid int value: 'soon'"),
        (["--fail-on", "great"], "owner", "invalid choice: 'great'"),
    ],
)
def test_check_figures_stops_with_a_sentence(arguments: list[str], name: str, sentence: str) -> None:
    with pytest.raises(CommandError) as caught:
        _check_figures(*arguments, name=name)
    assert sentence in str(caught.value)
