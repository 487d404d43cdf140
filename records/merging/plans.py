"""What a merge is about to do, as values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from records.models import Owned

# How a door names a row: "row 7" of a table, 3 of a list.
Place = str | int


@dataclass(frozen=True, slots=True)
class Row:
    """One record to be, by field name; a field that is left out stays as it is, an empty value empties it.

    A reference is the natural key of the record (see records/references.py). A value may be the ValidationError its
    door met in reading it. `version`, if given, is the version
    the sender has seen: another one stored is a problem with the code `conflict`.
    """

    place: Place
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing can be merged. `field` is empty where it concerns the row as a whole."""

    place: Place
    field: str
    message: str
    code: str = "invalid"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """Values as the model has them; references by the text of their natural key, None for none."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, eq=False)
class Created:
    """`record` is valid and not stored; what it refers to may not be stored yet either. `given`: as it was sent."""

    place: Place
    key: str
    record: Owned
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """`record` holds the values after the change, `stored` those before it."""

    place: Place
    key: str
    record: Owned
    stored: Owned
    changes: tuple[FieldChange, ...]

    @property
    def version(self) -> int:
        """The version the plan was made for."""
        return self.stored.version


@dataclass(frozen=True, slots=True, eq=False)
class Unchanged:
    place: Place
    key: str
    record: Owned


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one model, each group in the order of the rows."""

    model: type[Owned]
    created: tuple[Created, ...] = ()
    changed: tuple[Changed, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Parts in the order they are written in: what is referred to comes first. A plan is applied once."""

    owner_id: int
    parts: tuple[Part, ...]
    problems: tuple[Problem, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = tuple(problem for part in self.parts for problem in part.problems)
        object.__setattr__(self, "problems", found)

    @property
    def created(self) -> tuple[Created, ...]:
        return tuple(row for part in self.parts for row in part.created)

    @property
    def changed(self) -> tuple[Changed, ...]:
        return tuple(row for part in self.parts for row in part.changed)

    @property
    def unchanged(self) -> tuple[Unchanged, ...]:
        return tuple(row for part in self.parts for row in part.unchanged)

    @property
    def is_empty(self) -> bool:
        """Whether applying it would write nothing."""
        return not any(part.created or part.changed for part in self.parts)

    @property
    def digest(self) -> str:
        """Equal for a plan made of the same rows later, unless what is stored has changed in between.

        Whoever shows a preview compares it before applying, so that what was seen is what is done. The language of
        the page does not count.
        """
        hashed = hashlib.sha256()
        for line in self._lines():
            hashed.update(repr(line).encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()

    def _lines(self) -> Iterator[tuple[Any, ...]]:
        for part in self.parts:
            name = part.model._meta.label
            for new in part.created:
                yield name, "+", new.key
            for row in part.changed:
                changes = [(each.field, str(each.before), str(each.after)) for each in row.changes]
                yield name, "~", row.key, row.version, changes
            for same in part.unchanged:
                yield name, "=", same.key
            for problem in part.problems:
                yield name, "!", problem.field, problem.code
