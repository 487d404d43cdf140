"""Several questions, one SQL statement.

A page asks for records of many kinds. One after the other each costs a round trip to the database; wide joins cost
more than they save. `read_together` asks for all of them at once and answers with what each would have answered.

Every query is a branch of one UNION ALL. Branches share columns: a slot for every column of a type that some branch
needs, empty in the branches that need fewer, so that an answer is about as wide as its widest branch.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

Slot = tuple[str, int]


def read_together(*querysets: QuerySet[Any, Any]) -> tuple[list[Any], ...]:
    """The rows of each queryset, in its own order. One query; none if no queryset can have a row.

    Joins, deferred fields, slices, `values` and annotations work as ever; `distinct` and prefetching do not.
    """
    branches = [_Branch(number, queryset) for number, queryset in enumerate(querysets)]
    asked = [branch for branch in branches if branch.sql]
    if not asked:
        return tuple([] for _ in branches)
    alias = asked[0].queryset.db
    width: Counter[str] = Counter()
    for branch in asked:
        width |= Counter(kind for kind, _place in branch.slots)
    slots: list[Slot] = [(kind, place) for kind in sorted(width) for place in range(width[kind])]
    statement = " UNION ALL ".join(branch.select(slots) for branch in asked)
    rows: dict[int, list[Any]] = defaultdict(list)
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, [param for branch in asked for param in branch.params])
        # Sorted here: the database would carry every text of a wide row through its sorting.
        for row in sorted(cursor.fetchall(), key=itemgetter(0, 1)):
            rows[row[0]].append(row)
    return tuple(branch.read(rows[branch.number], slots) for branch in branches)


class _Branch:
    """One of the queries: its SQL, and the slot that holds each of its columns."""

    def __init__(self, number: int, queryset: QuerySet[Any, Any]) -> None:
        self.number = number
        self.queryset = queryset.all()
        self.compiler = self.queryset.query.get_compiler(using=self.queryset.db)
        self.sql = ""
        self.params: Sequence[Any] = ()
        self.slots: list[Slot] = []
        self.names: list[str] = []
        try:
            self.sql, self.params = self.compiler.as_sql(with_col_aliases=True)
        except EmptyResultSet:
            return
        used: Counter[str] = Counter()
        unnamed = 0
        for expression, _sql, name in self.compiler.select:
            kind = self._kind(expression)
            self.slots.append((kind, used[kind]))
            used[kind] += 1
            unnamed += name is None
            self.names.append(name or f"col{unnamed}")

    def _kind(self, expression: Any) -> str:  # noqa: ANN401
        """The type of a column as the database names it, without its length."""
        field = expression.output_field
        name: str = (
            field.rel_db_type(self.compiler.connection)
            if field.primary_key
            else field.db_type(self.compiler.connection)
        )
        return re.sub(r"\(.*\)", "", name)

    def select(self, slots: Sequence[Slot]) -> str:
        quote = self.compiler.connection.ops.quote_name
        held = {slot: quote(name) for slot, name in zip(self.slots, self.names, strict=True)}
        columns = ", ".join(held.get(slot) or self._nothing(slot[0]) for slot in slots)
        # The number of the row, as the order of a branch is not promised to survive the union.
        return f"SELECT {self.number}, ROW_NUMBER() OVER (), {columns} FROM ({self.sql}) branch{self.number}"  # noqa: S608

    def _nothing(self, kind: str) -> str:
        """PostgreSQL takes NULL for text unless told otherwise."""
        return "NULL" if self.compiler.connection.vendor == "sqlite" else f"CAST(NULL AS {kind})"

    def read(self, rows: Sequence[Sequence[Any]], slots: Sequence[Slot]) -> list[Any]:
        """What the queryset makes of the rows, as if it had asked for them itself."""
        if not rows:
            return []
        places = [slots.index(slot) + 2 for slot in self.slots]
        answer = [[row[place] for place in places] for row in rows]
        self.compiler.execute_sql = lambda *_, **__: [answer]
        self.queryset.query.get_compiler = lambda *_, **__: self.compiler  # type: ignore[method-assign]
        return list(self.queryset)
