"""Entering a period: what is written, what is refused, and that a refused grid writes nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from metrics.entry import Entry, enter
from metrics.grid import Selection, find_grid, name_of
from metrics.models import Measurement, Metric
from metrics.units import Qualifier, Unit
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from tests import factories as make

QUARTER = Period.parse("2025-Q1")


def _seen(owner: Account) -> str:
    """What the grid of the quarter shows now, all metrics and projects chosen."""
    with owner_scope(owner):
        return find_grid(period=QUARTER, selection=Selection(text="", metrics=("rate", "trips"))).seen


def _enter(owner: Account, *, seen: str | None = None, may_remove: bool = False, **typed: str) -> Entry:
    """`rate="80"` types into the cell of all projects, `rate__harbour="80"` into that of a project."""
    cells = {name_of(*[*name.split("__"), ""][:2]): text for name, text in typed.items()}
    seen = _seen(owner) if seen is None else seen
    with owner_scope(owner):
        return enter(period=QUARTER, typed=cells, seen=seen, may_remove=may_remove, by=owner)


def _stored(owner: Account) -> dict[str, tuple[str | None, str | None, Decimal | None]]:
    with owner_scope(owner):
        rows = Measurement.objects.filter(period=QUARTER).select_related("metric", "project")
        return {
            f"{row.metric.slug} {row.project.slug if row.project else ''}".strip(): (
                None if row.value is None else f"{row.value.normalize():f}",
                row.as_stated or None,
                row.denominator,
            )
            for row in rows
        }


@pytest.fixture
def rate(owner: Account) -> Metric:
    return make.create_metric(owner=owner, name="Rate", unit=Unit.PERCENT)


def test_what_is_typed_is_measured_for_all_and_for_a_project(owner: Account, rate: Metric) -> None:
    make.create_project(owner=owner, name="Harbour")
    make.create_metric(owner=owner, name="Trips", unit=Unit.MINUTE)

    entry = _enter(owner, rate="80.5", rate__harbour="25/40", trips="18h 55m", trips__harbour="-")

    assert (entry.receipt.created, entry.receipt.changed, entry.errors) == (4, 0, {})
    assert _stored(owner) == {
        "rate": ("80.5", None, None),
        "rate harbour": ("62.5", "25/40", 40),
        "trips": ("1135", "18h 55m", None),
        "trips harbour": (None, None, None),
    }


def test_only_a_cell_that_was_typed_in_is_written(owner: Account, rate: Metric) -> None:
    make.create_metric(owner=owner, name="Trips")
    kept = make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=80, as_stated="80 %")
    seen = _seen(owner)

    entry = _enter(owner, seen=seen, rate="80", trips="")

    assert (entry.written, entry.errors) == (0, {})
    with owner_scope(owner):
        kept.refresh_from_db()
        assert (kept.version, kept.as_stated) == (1, "80 %")
        assert Measurement.history.count() == 1


def test_a_corrected_figure_keeps_what_the_grid_does_not_show(owner: Account, rate: Metric) -> None:
    document = make.create_document(owner=owner)
    make.create_measurement(
        owner=owner,
        metric=rate,
        period="2025-Q1",
        value=62,
        numerator=25,
        denominator=40,
        qualifier=Qualifier.ABOUT,
        as_stated="25/40 tasks = 62%",
        source=document,
        source_lines="7",
        note="Counted twice.",
    )

    entry = _enter(owner, rate="63")

    assert (entry.receipt.created, entry.receipt.changed) == (0, 1)
    with owner_scope(owner):
        row = Measurement.objects.get()
        assert (row.value, row.numerator, row.denominator, row.qualifier) == (
            63,
            None,
            None,
            Qualifier.EXACTLY,
        )
        assert (row.as_stated, row.source, row.source_lines, row.note) == (
            "",
            document,
            "7",
            "Counted twice.",
        )
        latest = Measurement.history.order_by("-history_id").first()
        assert (latest.history_user, latest.history_type, row.version) == (owner, "~", 2)


@pytest.mark.parametrize(
    ("written", "typed", "expected"),
    [
        ("18 of 20 = 90%", "90", "18 of 20 = 90%"),
        ("25/40 tasks", "5", ""),
        ("7.5 on average", "5", ""),
        ("", "~90", "~90"),
        ("ninety", "–", ""),
    ],
)
def test_the_documents_words_stay_where_they_tell_the_new_figure(
    owner: Account, rate: Metric, written: str, typed: str, expected: str
) -> None:
    make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=1, as_stated=written)

    _enter(owner, rate=typed)

    with owner_scope(owner):
        assert Measurement.objects.get().as_stated == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("soon", "is not a figure"),
        ("1.23456", "decimal places"),
        ("123456789012", "digits"),
        ("25/0", "The denominator must be above 0."),
    ],
)
def test_one_bad_cell_keeps_all_from_being_written(
    owner: Account, rate: Metric, text: str, told: str
) -> None:
    make.create_metric(owner=owner, name="Trips")

    entry = _enter(owner, rate=text, trips="7")

    assert list(entry.errors) == ["figure:rate:"]
    assert told in entry.errors["figure:rate:"][0]
    assert entry.touched == {"figure:rate:": text, "figure:trips:": "7"}
    assert _stored(owner) == {}


def test_a_figure_changed_in_the_meantime_is_shown_and_then_replaced_knowingly(
    owner: Account, rate: Metric
) -> None:
    row = make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=62)
    seen = _seen(owner)
    with owner_scope(owner):
        row.value = Decimal(70)
        row.save()

    entry = _enter(owner, seen=seen, rate="63")

    assert "Stored now: 70." in entry.errors["figure:rate:"][0]
    assert _stored(owner)["rate"][0] == "70"
    assert _enter(owner, rate="63").receipt.changed == 1


def test_a_figure_made_or_removed_in_the_meantime_is_a_conflict(owner: Account, rate: Metric) -> None:
    trips = make.create_metric(owner=owner, name="Trips")
    gone = make.create_measurement(owner=owner, metric=trips, period="2025-Q1", value=3)
    seen = _seen(owner)
    make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=62)
    with owner_scope(owner):
        gone.delete()

    entry = _enter(owner, seen=seen, rate="63", trips="4")

    assert "Stored now: 62." in entry.errors["figure:rate:"][0]
    assert "Removed in the meantime." in entry.errors["figure:trips:"][0]


def test_another_change_does_not_disturb_who_typed_elsewhere(owner: Account, rate: Metric) -> None:
    make.create_metric(owner=owner, name="Trips")
    seen = _seen(owner)
    make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=62)

    entry = _enter(owner, seen=seen, rate="", trips="4")

    assert (entry.receipt.created, entry.errors) == (1, {})
    assert _stored(owner)["rate"][0] == "62"


def test_an_emptied_cell_is_asked_about_and_then_removed(owner: Account, rate: Metric) -> None:
    make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=62)

    asked = _enter(owner, rate=" ")

    assert asked.cleared == 1
    assert "stored is 62" in asked.errors["figure:rate:"][0]
    assert "rate" in _stored(owner)
    assert _enter(owner, may_remove=True, rate="").receipt.removed == 1
    assert _stored(owner) == {}
    with owner_scope(owner):
        assert Measurement.history.order_by("-history_id").first().history_type == "-"


def test_a_figure_that_is_evidence_is_not_removed(owner: Account, rate: Metric) -> None:
    row = make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=62)
    make.create_metric(owner=owner, name="Trips")
    make.create_evidence(owner=owner, measurement=row)

    entry = _enter(owner, may_remove=True, rate="", trips="4")

    assert "another record (evidence) refers to it" in entry.errors[""][0]
    assert list(_stored(owner)) == ["rate"]


@pytest.mark.parametrize(
    "seen", ["", "[]", "{", '{"figure:rate:": 3}', '{"figure:rate:": [1e999, ""]}', "[" * 5000]
)
def test_a_page_that_says_nonsense_has_shown_nothing(owner: Account, rate: Metric, seen: str) -> None:
    make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=62)

    assert "Stored now: 62." in _enter(owner, seen=seen, rate="63").errors["figure:rate:"][0]


@pytest.mark.parametrize("cell", ["rate", "rate__harbour", "missing", "trips__missing", "x\x00"])
def test_records_of_somebody_else_are_none_at_all(
    owner: Account, stranger: Account, rate: Metric, cell: str
) -> None:
    make.create_project(owner=owner, name="Harbour")
    make.create_metric(owner=stranger, name="Trips")

    entry = _enter(stranger, **{cell: "7"})  # type: ignore[arg-type]

    assert "names no metric or no project of yours" in entry.errors[""][0]
    assert _stored(owner) == _stored(stranger) == {}


@pytest.mark.parametrize("number", [1, 12], ids=["1-cell", "24-cells"])
def test_writing_takes_as_many_queries_whatever_is_typed(
    owner: Account, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    metrics = [make.create_metric(owner=owner, name=f"m{place}") for place in range(number)]
    make.create_project(owner=owner, name="Harbour")
    for metric in metrics:
        make.create_measurement(owner=owner, metric=metric, period="2025-Q1", value=5)
    typed = {name_of(metric.slug, ""): "7" for metric in metrics}
    typed |= {name_of(metric.slug, "harbour"): "8" for metric in metrics}
    seen = json.dumps({name_of(metric.slug, ""): [1, "5"] for metric in metrics})

    # savepoint; metrics, projects, stored figures; references to metrics, projects, figures by key (plan);
    # two savepoints, versions, inserted, updated, history of both (apply); three savepoints released
    with owner_scope(owner), django_assert_num_queries(17) as queries:
        entry = enter(period=QUARTER, typed=typed, seen=seen, may_remove=False, by=owner)

    assert (entry.receipt.created, entry.receipt.changed) == (number, number), queries


def _post(client: Client, seen: str, **typed: str) -> Any:  # noqa: ANN401
    return client.post(
        "/metrics/enter/2025-Q1/", {"seen": seen, **{f"figure:{k}:": v for k, v in typed.items()}}
    )


def test_a_saved_grid_leads_back_to_itself_and_says_so(
    owner: Account, owner_client: Client, rate: Metric
) -> None:
    answer = owner_client.post(
        "/metrics/enter/2025-Q1/?metric=rate", {"seen": "{}", "figure:rate:": "80"}, follow=True
    )

    assert answer.redirect_chain == [("/metrics/enter/2025-Q1/?metric=rate", 302)]
    assert "Q1 2025: 1 figure saved." in answer.content.decode()
    assert 'value="80"' in answer.content.decode()


def test_a_refused_grid_keeps_what_was_typed_and_shows_the_rest_as_stored(
    owner: Account, owner_client: Client, rate: Metric
) -> None:
    trips = make.create_metric(owner=owner, name="Trips")
    seen = _seen(owner)
    make.create_measurement(owner=owner, metric=trips, period="2025-Q1", value=9)

    # By now only the other metric was used lately; what was typed must not go out of sight.
    answer = _post(owner_client, seen, rate="<soon>", trips="")

    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'name="figure:rate:" value="&lt;soon&gt;"' in text
    assert 'aria-invalid="true" aria-describedby="errors-figure-rate-"' in text
    assert 'name="figure:trips:" value="9"' in text
    assert 'value="&lt;soon&gt;" data-stored=""' in text
    assert text.count('class="wrong"') == 1


def test_the_page_asks_before_it_removes(owner: Account, owner_client: Client, rate: Metric) -> None:
    make.create_measurement(owner=owner, metric=rate, period="2025-Q1", value=62)

    text = _post(owner_client, _seen(owner), rate="").content.decode()

    assert 'name="remove"' in text
    assert "Remove the figure of the emptied cell" in text
