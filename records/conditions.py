"""Conditions of constraints, asked of a record in memory: many records without a query.

Django asks the database once for every rule and record. Here a condition becomes a function, with the three
values of SQL: True, False, and None for "unknown", which a CHECK lets pass. A property test holds it against
`Rule.validate` for every rule there is (tests/records/test_conditions.py).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from django.db import models
from django.db.models import F, Q

from records.references import referred

Answer = bool | None
Condition = Callable[[Any], Answer]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, wanted: value in wanted,
}


def condition_of(model: type[models.Model], condition: Any) -> Condition:  # noqa: ANN401
    """The condition as a function of a record. Raises NotImplementedError for what only the database can tell."""
    parts = [
        condition_of(model, child) if isinstance(child, Q) else _leaf(model, *child)
        for child in condition.children
    ]
    if condition.connector not in (Q.AND, Q.OR):
        raise NotImplementedError(f"{condition.connector} in a condition of {model.__name__}")
    combined = _all(parts) if condition.connector == Q.AND else _any(parts)
    return _not(combined) if condition.negated else combined


def fields_of(condition: Any) -> Iterator[str]:  # noqa: ANN401
    """The names of the fields it speaks of."""
    for child in condition.children:
        if isinstance(child, Q):
            yield from fields_of(child)
            continue
        path, wanted = child
        yield path.split("__")[0]
        if isinstance(wanted, F):
            yield _name_of(wanted).split("__")[0]


def _name_of(reference: Any) -> str:  # noqa: ANN401
    return str(reference.name)  # the stubs know no name of F


def _leaf(model: type[models.Model], path: str, wanted: Any) -> Condition:  # noqa: ANN401
    steps = path.split("__")
    lookup = steps.pop() if steps[-1] in {*_COMPARISONS, "isnull"} else "exact"
    value = _value(model, steps)
    if lookup == "isnull":
        return lambda record: (value(record) is None) == wanted
    compare = _COMPARISONS[lookup]
    if isinstance(wanted, F):
        other = _value(model, _name_of(wanted).split("__"))
    elif hasattr(wanted, "resolve_expression"):
        raise NotImplementedError(f"{wanted!r} in a condition of {model.__name__}")
    else:

        def other(_record: Any) -> Any:  # noqa: ANN401
            return wanted

    def answer(record: Any) -> Answer:  # noqa: ANN401
        left, right = value(record), other(record)
        return None if left is None or right is None else compare(left, right)

    return answer


def _value(model: type[models.Model], steps: list[str]) -> Callable[[Any], Any]:
    name, *rest = steps
    field: Any = model._meta.get_field(name)
    transforms = []
    for step in rest:
        transform = field.get_transform(step)
        if not hasattr(transform, "in_python"):
            raise NotImplementedError(f"{'__'.join(steps)} in a condition of {model.__name__}")
        transforms.append(transform.in_python)
    if isinstance(field, models.ForeignKey) or field.primary_key:
        return lambda record: referred(record, name)
    attname = field.attname
    if not transforms:
        return operator.attrgetter(attname)

    def value(record: Any) -> Any:  # noqa: ANN401
        found = getattr(record, attname)
        for transform in transforms:
            found = None if found is None else transform(found)
        return found

    return value


def _all(parts: list[Condition]) -> Condition:
    def answer(record: Any) -> Answer:  # noqa: ANN401
        unknown = False
        for part in parts:
            found = part(record)
            if found is False:
                return False
            unknown = unknown or found is None
        return None if unknown else True

    return answer


def _any(parts: list[Condition]) -> Condition:
    def answer(record: Any) -> Answer:  # noqa: ANN401
        unknown = False
        for part in parts:
            found = part(record)
            if found:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    return answer


def _not(part: Condition) -> Condition:
    def answer(record: Any) -> Answer:  # noqa: ANN401
        found = part(record)
        return None if found is None else not found

    return answer
