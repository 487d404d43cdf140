"""Conditions of measurements that an index may have: without parameters, so that the database knows them again."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q


class NamesSeveral(models.Func):
    """Whether source lines name several places."""

    template = "INSTR(%(expressions)s, ',') > 0"
    output_field = models.BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # noqa: ANN401
        return self.as_sql(compiler, connection, template="STRPOS(%(expressions)s, ',') > 0", **context)


class IsYear(models.Func):
    """Whether a period is a whole year."""

    template = "LENGTH(%(expressions)s) = 4"
    output_field = models.BooleanField()


class SaysSomething(models.Func):
    """Whether one of some texts is not empty."""

    template = "(%(expressions)s) <> ''"
    arg_joiner = " || "
    output_field = models.BooleanField()


# What a figure may have words in: few have.
IN_WORDS = Q(SaysSomething("note", "as_stated", "breakdown_note"))

# Of figures that claim nothing but their value the checks need only sums.
MAY_CLAIM = (
    Q(numerator__isnull=False)
    | Q(minimum__isnull=False)
    | Q(stated_change__isnull=False)
    | Q(NamesSeveral("source_lines"))
)
