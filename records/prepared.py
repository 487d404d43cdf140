"""A query whose SQL is written once a process, for what every request asks: only its values differ.

Writing the SQL of a look-up takes Django several times as long as the database takes to answer it.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django_scopes import get_scope, scope

from records.ownership import ScopeError, every_owner

_OWNER: Any = object()


class Given(str):
    """Stands in the queryset for a text that `rows` is handed; each is told from others of the same name."""


class Prepared:
    """Runs a queryset of `values_list`, with each `Given` in it replaced, in the scope of whoever is in force.

    The scope is part of it as ever: the owner is looked up when it runs, and without one it raises ScopeError.
    `of_everybody`: it is asked across accounts, as who is asking is the question.
    """

    def __init__(self, queryset: QuerySet[Any, Any], *given: Given, of_everybody: bool = False) -> None:
        self.database = queryset.db
        self._given = given
        compiler = queryset.query.get_compiler(using=self.database)
        with every_owner() if of_everybody else scope(owner=_OWNER):
            self._sql, self._params = compiler.as_sql()
        found = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        self._converters = [(place, *each) for place, each in found.items()]

    def rows(self, *texts: str) -> list[list[Any]]:
        """One query."""
        connection = connections[self.database]
        values = {id(given): text for given, text in zip(self._given, texts, strict=True)}
        params = [
            _owner_in_force() if param is _OWNER else values.get(id(param), param) for param in self._params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            rows = [list(row) for row in cursor.fetchall()] if self._converters else cursor.fetchall()
        for place, converters, expression in self._converters:
            for row in rows:
                for convert in converters:
                    row[place] = convert(row[place], expression, connection)
        return rows


def _owner_in_force() -> Any:  # noqa: ANN401
    owner = get_scope().get("owner")
    if owner is None:
        raise ScopeError("This query needs an owner: run it inside owner_scope(account).")
    return owner
