"""Records nobody thought of: hypothesis makes their values, the merge says which can be stored, many at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import models
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from records.merging import Row, plan_rows, writable_fields
from records.models import Account, Document, Owned
from records.periods import Period, PeriodField, Precision
from records.references import key_text
from tests.everything import create_one

BATCH = 100
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


def values_of(model: type[Owned], number: int) -> list[dict[str, Any]]:
    """So many examples of what the fields of a record may hold, references left out."""
    fields = [field for field in writable_fields(model) if not field.is_relation]
    found: list[dict[str, Any]] = []

    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(st.fixed_dictionaries({}, optional={field.name: _values(field) for field in fields}))
    def collect(values: dict[str, Any]) -> None:
        found.append(values)

    collect()
    return found


class Maker:
    """Rows that can be stored of one model, out of generated values, in the owner's scope.

    What cannot go together is put back to what a valid record says, and left out if that does not help.
    """

    def __init__(self, model: type[Owned], *, owner: Account) -> None:
        self.model, self.owner = model, owner
        self.heads = [path.partition("__")[0] for path in model.natural_fields]
        self.base = facts_of(create_one(model, owner=owner))
        self.references = [field for field in writable_fields(model) if field.is_relation]
        self.parents = {
            field.name: [
                key_text(_parent(field.related_model, number, owner=owner).key)
                for number in range(BATCH if field.name in self.heads else 3)
            ]
            for field in self.references
            if field.related_model is not model
        }
        model.objects.all().delete()

    def batches(self, examples: int) -> Iterator[list[Row]]:
        """Until so many rows can be stored; at most a hundred at once, whose keys differ."""
        made = 0
        while made < examples:
            generated = iter(values_of(self.model, max(30, examples - made)))
            before = made
            while some := list(islice(generated, BATCH)):
                rows = self._storable([self._row(number, each) for number, each in enumerate(some)])
                made += len(rows)
                if rows:
                    yield rows
            assert made > before, f"nothing generated for {self.model.__name__} can be stored"

    def _row(self, number: int, values: dict[str, Any]) -> dict[str, Any]:
        row = {**self.base, **values}
        if "slug" in self.heads:
            row["slug"] = f"{number}-{values.get('slug', 'x')}"
        if "check_key" in self.heads:  # at its end, as a formula is told by how it begins
            row["check_key"] = f"{values.get('check_key', 'x')[:250]}-{number}"
        if "year" in self.heads:
            row["year"] = 1900 + 2 * number
        for place, field in enumerate(self.references):
            keys = self.parents.get(field.name)
            if keys is None:  # another one of the same kind
                row[field.name] = None
            elif field.name in self.heads:
                row[field.name] = keys[(number * (1 + 2 * place)) % len(keys)]
            elif number % 2:
                row[field.name] = keys[number % len(keys)]
        return row

    def _storable(self, rows: list[dict[str, Any]]) -> list[Row]:
        kept = dict(enumerate(rows))
        for round_ in range(4):
            problems = plan_rows(self.model, [Row(n, values) for n, values in kept.items()]).problems
            if not problems:
                return [Row(n, values) for n, values in kept.items()]
            wrong = {int(problem.place): problem.field for problem in problems}
            for number, name in wrong.items():
                values = kept[number]
                if round_ == 0 and name not in self.heads:
                    values[name or self.heads[0]] = self.base.get(name, values.get(self.heads[0]))
                elif round_ == 1:
                    mine = {key: values[key] for key in self.heads}
                    texts = {key: value for key, value in values.items() if key == "note"}
                    kept[number] = {**self.base, **mine, **texts}
                else:
                    del kept[number]
        return []


def _parent(model: type[Owned], number: int, *, owner: Account) -> Any:  # noqa: ANN401
    """Documents are told apart by their year alone."""
    stored = Document.objects.filter(year=1950 + number).first() if model is Document else None
    return stored or create_one(model, owner=owner, **({"year": 1950 + number} if model is Document else {}))


def facts_of(record: Any) -> dict[str, Any]:  # noqa: ANN401
    """Every field a row may name, references by their keys."""
    values = {field.name: getattr(record, field.name) for field in writable_fields(type(record))}
    return {
        name: key_text(value.key) if isinstance(value, Owned) else value for name, value in values.items()
    }
