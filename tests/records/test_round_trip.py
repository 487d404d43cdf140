"""What is exported, wiped and imported is what it was, for every model and format; a second import changes nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.merging import Row, apply, is_mergeable, plan_rows, writable_fields
from records.models import Account, Owned
from records.ownership import owner_scope
from records.periods import Period, PeriodField, Precision
from records.references import key_text
from records.resources import registered, resource_of
from records.sheets import write_table
from records.tables import read_table
from tests.everything import OWNED_MODELS, create_one

MODELS = [model for model in OWNED_MODELS if is_mergeable(model)]
KINDS = ["csv", "xlsx", "json"]
RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1",
    "''x",
    "\t=1",
    " =1",
    "%0A",
    "|calc",
    "＝1",
    "'",
    "_x000D_",
    "007",
]
LETTERS = st.characters(
    exclude_categories=["Cc", "Cs", "Cn"],
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)


def _text(field: Any) -> st.SearchStrategy[str]:  # noqa: ANN401
    most = min(field.max_length or 400, 400)
    lines = (
        LETTERS | st.sampled_from("\n\r\t가나👩‍🔬\"',;=+-@")
        if isinstance(field, models.TextField)
        else LETTERS
    )
    found = st.text(lines, min_size=0 if field.blank else 1, max_size=60) | st.sampled_from(RISKY)
    return found.map(lambda text: text[:most]) | st.just("가" * most)


def _values(field: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401
    if field.choices:
        found: st.SearchStrategy[Any] = st.sampled_from([value for value, _name in field.flatchoices])
        return found | st.just("") if field.blank else found
    match field:
        case PeriodField():
            spans = (
                [*Precision]
                if field.finest is Precision.DAY
                else [p for p in Precision if p is not Precision.DAY]
            )
            found = st.builds(_period, st.integers(1900, 2199), st.sampled_from(spans), st.integers(1, 4))
        case models.BooleanField():
            found = st.booleans()
        case models.DecimalField():
            whole = field.max_digits - field.decimal_places
            found = st.decimals(-(10**whole) + 1, 10**whole - 1, places=field.decimal_places, allow_nan=False)
        case models.DateTimeField():
            found = st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2199, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
        case models.DateField():
            found = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
        case models.IntegerField():
            found = st.integers(1, 30_000)
        case models.URLField():
            found = st.sampled_from(["", "https://example.org/a?b=가&c='=1"])
        case models.SlugField():
            found = st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=20)
        case _ if field.name == "source_lines":
            found = st.sampled_from(["", "7", "44-46", "7, 16-20", "007"])
        case _ if field.name == "sha256":
            found = st.sampled_from(["", "0" * 64])
        case _:
            found = _text(field)
    return found | st.none() if field.null else found


def _period(year: int, precision: Precision, number: int) -> Period:
    most = {Precision.YEAR: 1, Precision.HALF: 2}.get(precision, 4)
    return Period(year, precision, min(number, most))


def _facts(model: type[Owned]) -> list[dict[str, Any]]:
    found = []
    for record in resource_of(model)().get_queryset():
        values = {field.name: getattr(record, field.name) for field in writable_fields(model)}
        found.append(
            {
                name: key_text(value.key) if isinstance(value, Owned) else value
                for name, value in values.items()
            }
        )
    return found


def _survives(owner: Account, model: type[Owned], kind: str, *, examples: int) -> None:
    record = create_one(model, owner=owner)
    fields = [field for field in writable_fields(model) if not field.is_relation]
    given_fields = st.fixed_dictionaries({}, optional={field.name: _values(field) for field in fields})
    kept = 0

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(st.lists(given_fields, min_size=1, max_size=3))
    def survives(changes: list[dict[str, Any]]) -> None:
        nonlocal kept
        resource = resource_of(model)
        stored = {**_facts(model)[0]}
        rows = [Row(n, {**stored, **values}) for n, values in enumerate(changes)]
        good = [row for row in rows if not plan_rows(model, [row]).problems]
        unique = {
            repr([row.values[path.split("__")[0]] for path in model.natural_fields]): row for row in good
        }
        if unique:
            apply(plan_rows(model, [*unique.values()]), by=owner, reason="Made")
            kept += 1
        before = _facts(model)
        body = write_table(resource, model.objects.order_by("pk"), kind=kind)
        model.objects.all().delete()
        plan = plan_rows(model, resource.rows(read_table(body)))
        assert plan.problems == ()
        assert len(plan.created) == len(before)
        apply(plan, by=owner, reason="Imported")
        assert _facts(model) == before
        again = plan_rows(model, resource.rows(read_table(body)))
        assert (again.problems, again.is_empty) == ((), True)
        model.objects.exclude(pk=model.objects.order_by("pk").first().pk).delete()  # type: ignore[union-attr]

    with owner_scope(owner):
        survives()
    assert record.owner == owner
    assert kept


each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
each_kind = pytest.mark.parametrize("kind", KINDS)


def test_every_model_is_in_the_register() -> None:
    assert {*registered()} == {*MODELS}


@each_kind
@each_model
def test_generated_records_survive_a_file(model: type[Owned], kind: str, owner: Account) -> None:
    _survives(owner, model, kind, examples=3)


@pytest.mark.trust
@each_kind
@each_model
def test_a_thousand_generated_records_survive_a_file(model: type[Owned], kind: str, owner: Account) -> None:
    _survives(owner, model, kind, examples=1000)
