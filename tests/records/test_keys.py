"""A key has exactly one writing, and it is one segment of an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goals.models import Milestone
from metrics.models import Measurement
from projects.models import Project, SkillUse
from records.keys import joined, named, parts_of
from records.models import Account, Document
from records.ownership import owner_scope
from tests import factories as make

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("adherence",), "adherence"),
        (("adherence", "2024-Q1", None), "adherence~2024-Q1~"),
        (("한글-이름", "2024", "수도"), "한글-이름~2024~수도"),
        (("a/b", "c~d", "e!f"), "a!2Fb~c!7Ed~e!21f"),
        (("..",), "!2E!2E"),
        (("50%?#",), "50!25!3F!23"),
        ((None, None), "~"),
        ((2024,), "2024"),
    ],
)
def test_key_is_written_in_one_segment(parts: tuple[object, ...], text: str) -> None:
    assert joined(parts) == text
    assert parts_of(text) == tuple("" if part is None else str(part) for part in parts)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_every_key_reads_back_and_needs_no_slash(parts: list[str]) -> None:
    text = joined(tuple(parts))
    assert parts_of(text) == tuple(parts)
    assert "/" not in text
    assert text not in (".", "..")


@given(TEXTS)
def test_a_text_that_is_read_is_the_one_that_is_written(text: str) -> None:
    parts = parts_of(text)
    assert parts is None or joined(parts) == text


@pytest.mark.parametrize(
    "text", ["a!2fb", "a!61", "!", "!!", "a!", "!C3", "!FF", "a%2Fb/c", "?", "x" * 2001, "."]
)
def test_what_nobody_would_write_is_no_key(text: str) -> None:
    assert parts_of(text) is None


def test_record_is_found_by_its_key_and_by_no_other(owner: Account) -> None:
    metric = make.create_metric(owner=owner, slug="articles")
    whole = make.create_measurement(owner=owner, metric=metric, period="2024")
    part = make.create_measurement(
        owner=owner, metric=metric, period="2024", project=make.create_project(owner=owner, slug="harbour")
    )
    with owner_scope(owner):

        def found(text: str) -> list[Measurement]:
            condition = named(Measurement, text)
            return [] if condition is None else list(Measurement.objects.filter(condition))

        assert found("articles~2024~") == [whole]
        assert found("articles~2024~harbour") == [part]
        for text in (
            "articles~2024",
            "articles~2024~~",
            "articles~2024Q1~",
            "articles~~",
            "~2024~",
            "articles~2024~x",
        ):
            assert found(text) == []


def test_key_names_the_own_record_where_somebody_else_has_one_of_that_name(
    owner: Account, stranger: Account
) -> None:
    for account in (stranger, owner):  # the stranger's metric is the first of its name
        metric = make.create_metric(owner=account, slug="articles")
        make.create_measurement(owner=account, metric=metric, period="2024")
    for account in (owner, stranger):
        with owner_scope(account):
            condition = named(Measurement, "articles~2024~")
            assert condition is not None
            assert Measurement.objects.get(condition).owner == account


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Document, "02024"),
        (Document, "-1"),
        (Document, "٢٠٢٤"),
        (Document, "9999999999"),
        (Milestone, "goal~1.0"),
        (Milestone, "~1"),
        (Milestone, "a!00b~1"),
        (Project, "a!00b"),
        (Project, "a\x00b"),
        (Project, "\ud800"),
        (SkillUse, "sql~2024-13~~"),
    ],
)
def test_what_no_record_can_be_called_asks_no_database(model: type, text: str) -> None:
    assert named(model, text) is None


def test_absent_text_is_part_of_a_key(owner: Account) -> None:
    use = make.create_skill_use(owner=owner, skill=make.create_skill(owner=owner, slug="sql"), category="")
    with owner_scope(owner):
        condition = named(SkillUse, "sql~2024~~")
        assert condition is not None
        assert SkillUse.objects.get(condition) == use
