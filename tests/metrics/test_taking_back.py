"""A whole entry is taken back with one button, for as long as nothing else has touched its figures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from metrics.grid import Selection, find_grid
from metrics.models import Measurement, Metric
from records.merging import Receipt
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from tests import factories as make

ADDRESS = "/metrics/enter/2025-Q1/"


@pytest.fixture
def rows(owner: Account) -> dict[str, Measurement]:
    """`kept`, `changed` and `removed`, with all that a document says of a figure; and a metric `new` without one."""
    document = make.create_document(owner=owner, year=2025)
    make.create_metric(owner=owner, name="new")
    return {
        name: make.create_measurement(
            owner=owner,
            metric=make.create_metric(owner=owner, name=name),
            period="2025-Q1",
            value=60,
            numerator=25,
            denominator=40,
            as_stated="25/40",
            note="Counted twice.",
            source=document,
            source_lines="7",
        )
        for name in ("kept", "changed", "removed")
    }


def _facts(owner: Account) -> list[dict[str, Any]]:
    with owner_scope(owner):
        names = [field.name for field in Measurement._meta.concrete_fields]
        return list(
            Measurement.objects.order_by("pk").values(*set(names) - {"version", "created_at", "updated_at"})
        )


def _enter(client: Client, owner: Account, **typed: str) -> str:
    """Saves the grid and returns the page it leads to."""
    with owner_scope(owner):
        metrics = tuple(Metric.objects.values_list("slug", flat=True))
        seen = find_grid(
            period=Period.parse("2025-Q1"), selection=Selection(text="", metrics=metrics, projects=())
        ).seen
    answer = client.post(
        ADDRESS,
        {"seen": seen, "remove": "1", **{f"figure:{name}:": text for name, text in typed.items()}},
        follow=True,
    )
    assert answer.status_code == 200
    return answer.content.decode()


def _button(page: str) -> str:
    return re.findall(r'name="undo" value="(\w+)"', page)[0]


def _take_back(client: Client, name: str) -> str:
    answer = client.post(ADDRESS, {"undo": name}, follow=True)
    assert answer.redirect_chain == [(ADDRESS, 302)]
    return answer.content.decode()


def test_what_was_made_changed_and_removed_is_what_it_was(
    owner: Account, owner_client: Client, rows: dict[str, Measurement]
) -> None:
    before = _facts(owner)
    page = _enter(owner_client, owner, new="3", changed="7", removed="")
    assert "3 figures of Q1 2025 were just entered." in page
    assert len(_facts(owner)) == 3
    assert _facts(owner) != before

    page = _take_back(owner_client, _button(page))

    assert "the entry was taken back; 3 figures are what they were before." in page
    assert 'name="undo"' not in page
    assert _facts(owner) == before
    with owner_scope(owner):
        told = Measurement.history.filter(id=rows["removed"].pk).order_by("history_id")
        assert [(each.history_type, each.history_change_reason) for each in told][-2:] == [
            ("-", "Entered for 2025-Q1"),
            ("+", "Entry for 2025-Q1 taken back"),
        ]
        assert Measurement.objects.get(pk=rows["removed"].pk).version == rows["removed"].version + 1


def _change(owner: Account, rows: dict[str, Measurement]) -> None:
    with owner_scope(owner):
        row = Measurement.objects.get(pk=rows["changed"].pk)
        row.note = "Looked at again."
        row.save()


def _refer(owner: Account, _rows: dict[str, Measurement]) -> None:
    with owner_scope(owner):
        row = Measurement.objects.get(metric__slug="new")
    make.create_evidence(owner=owner, measurement=row)


def _enter_anew(owner: Account, rows: dict[str, Measurement]) -> None:
    make.create_measurement(owner=owner, metric=rows["removed"].metric, period="2025-Q1", value=1)


def _lose_source(owner: Account, rows: dict[str, Measurement]) -> None:
    with owner_scope(owner):
        Measurement.objects.exclude(pk=rows["removed"].pk).update(source=None)
        source = rows["removed"].source
        assert source is not None
        source.delete()


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        pytest.param(_change, "this record was changed in the meantime", id="changed"),
        pytest.param(_refer, "another record (evidence) refers to it by now", id="referred-to"),
        pytest.param(_enter_anew, "it was entered anew. Nothing was undone", id="entered-anew"),
        pytest.param(_lose_source, "what it refers to is gone. Nothing was undone", id="source-gone"),
    ],
)
def test_an_entry_that_something_else_has_touched_is_not_taken_back(
    owner: Account,
    owner_client: Client,
    rows: dict[str, Measurement],
    meanwhile: Callable[[Account, dict[str, Measurement]], None],
    told: str,
) -> None:
    page = _enter(owner_client, owner, new="3", changed="7", removed="")
    meanwhile(owner, rows)
    before = _facts(owner)

    page = _take_back(owner_client, _button(page))

    assert told in page
    assert _facts(owner) == before


def test_each_entry_is_taken_back_once_and_where_it_was_made(
    owner: Account, owner_client: Client, rows: dict[str, Measurement]
) -> None:
    name = _button(_enter(owner_client, owner, new="3"))
    elsewhere = owner_client.post("/metrics/enter/2025-Q2/", {"undo": name}, follow=True)
    assert "This entry cannot be taken back any more." in elsewhere.content.decode()
    assert 'name="undo"' not in owner_client.get("/metrics/enter/2025-Q2/").content.decode()
    _take_back(owner_client, name)

    assert "This entry cannot be taken back any more." in _take_back(owner_client, name)


def test_an_earlier_entry_is_taken_back_after_a_later_one(
    owner: Account, owner_client: Client, rows: dict[str, Measurement]
) -> None:
    before = _facts(owner)
    _enter(owner_client, owner, changed="7")
    page = _enter(owner_client, owner, changed="8")
    page = _take_back(owner_client, _button(page))
    assert [str(row["value"].normalize()) for row in _facts(owner)][1] == "7"

    # Taking back is itself a change: figures that somebody has seen in between are not set back behind their back.
    assert "changed in the meantime" in _take_back(owner_client, _button(page))
    assert _facts(owner) != before


def test_nobody_else_takes_an_entry_back_and_its_ids_stay_on_the_server(
    owner: Account, owner_client: Client, stranger_client: Client, rows: dict[str, Measurement]
) -> None:
    page = _enter(owner_client, owner, changed="7")
    after = _facts(owner)

    assert "This entry cannot be taken back any more." in _take_back(stranger_client, _button(page))
    assert _facts(owner) == after
    assert "metrics.Measurement" not in page


def test_an_entry_that_changed_nothing_offers_nothing(
    owner: Account, owner_client: Client, rows: dict[str, Measurement]
) -> None:
    assert 'name="undo"' not in _enter(owner_client, owner, kept="60 (25/40)")


def test_a_receipt_tells_what_was_made_changed_and_removed() -> None:
    entries = [["m", 1, 1, "a", None], ["m", 2, 3, "b", {"value": "1"}], ["m", 3, 0, "c", {"value": "1"}]]
    receipt = Receipt.from_json(json.dumps(entries))
    assert (receipt.created, receipt.changed, receipt.removed) == (1, 1, 1)
