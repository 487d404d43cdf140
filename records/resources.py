"""One resource per model: its columns, how a value stands in a cell, and what a table somebody filled in means.

Built on django-import-export, which lists models and makes datasets. Its import is not used: it writes row by row, in
22 queries each, and keeps the good rows of a bad file. A table becomes rows for `records.merging` instead.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override
from import_export import resources

from records.merging import Row, is_mergeable, writable_fields
from records.merging.planning import KEPT
from records.models import Document, Owned
from records.references import key_text
from records.tables import Table, TableError

LANGUAGES = ("en", "ko")
# What a spreadsheet takes for a formula, also after blanks and in full width. A text that begins so gets an
# apostrophe in CSV; so does one that begins with apostrophes before it, so that one can be taken away again.
_RISKY = re.compile(r"'*[\s\u200b\ufeff]*[=+\-@|%＝＋－＠\t\r\n]")
_TRUE = {"true", "yes", "y", "1", "예", "네", "참", "o"}
_FALSE = {"false", "no", "n", "0", "아니요", "아니오", "거짓", "x"}


def escaped(text: str) -> str:
    return f"'{text}" if _RISKY.match(text) else text


def unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and _RISKY.match(text) else text


@dataclass(frozen=True)
class Column:
    """One field as a column."""

    field: Any

    @property
    def name(self) -> str:
        return str(self.field.name)

    @property
    def label(self) -> str:
        """The header, in the language in force."""
        return capfirst(str(self.field.verbose_name))

    @property
    def is_text(self) -> bool:
        return isinstance(self.field, models.CharField | models.TextField)

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Allowed values with their names in the language in force."""
        return tuple((str(value), str(name)) for value, name in self.field.flatchoices)

    def value_of(self, record: Any) -> Any:  # noqa: ANN401
        """What a record holds, as JSON has it: text, number as text, truth, or None. References must be joined."""
        value = getattr(record, self.name)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, Owned):
            return key_text(value.key)
        if isinstance(value, Decimal):
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        if isinstance(value, dt.datetime):
            return timezone.localtime(value).isoformat()
        return value.isoformat() if isinstance(value, dt.date) else str(value)

    def read(self, text: str) -> Any:  # noqa: ANN401
        """What a cell says, for `records.merging`: choices also by name, yes and no in words."""
        if self.field.choices:
            return self._choice(text)
        if isinstance(self.field, models.BooleanField):
            word = text.strip().casefold()
            return True if word in _TRUE else False if word in _FALSE else text
        if self.is_text or isinstance(self.field, models.ForeignKey):
            return text
        return text.strip()

    def _choice(self, text: str) -> str:
        word = text.strip()
        return _choices_by_name(self.field).get(word.casefold(), word)


@cache
def _choices_by_name(field: Any) -> dict[str, str]:  # noqa: ANN401
    found: dict[str, str] = {}
    for language in LANGUAGES:
        with override(language):
            for value, name in field.flatchoices:
                found.setdefault(str(name).casefold(), str(value))
    return {**found, **{str(value).casefold(): str(value) for value, _name in field.flatchoices}}


class OwnedResource(resources.ModelResource):
    """The base of every resource. `Meta.model` is all it needs."""

    class Meta:
        # Columns are those that may be written; the library must not find fields of its own.
        fields: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def model(cls) -> type[Owned]:
        model: type[Owned] = cls._meta.model
        return model

    @classmethod
    def columns(cls) -> tuple[Column, ...]:
        return tuple(Column(field) for field in writable_fields(cls.model()))

    def get_queryset(self) -> Any:  # noqa: ANN401
        """The records of the owner in scope, with what their columns name. One query."""
        return self.joined(self.model()._default_manager.order_by("pk"))

    @classmethod
    def joined(cls, records: Any) -> Any:  # noqa: ANN401
        """The same records with what their columns name; a list has it already. No further query."""
        if isinstance(records, list):
            return records
        paths = []
        for column in cls.columns():
            if column.field.is_relation:
                paths.append(column.name)
                parents = [path.rpartition("__")[0] for path in column.field.related_model.natural_fields]
                paths += [f"{column.name}__{parent}" for parent in parents if parent]
        return records.select_related(*paths) if paths else records

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:  # noqa: ANN401
        return [column.label for column in self.columns()]

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> list[Any]:  # noqa: ANN401
        return [column.value_of(instance) for column in self.columns()]

    def import_data(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        raise TypeError("Tables are imported by records.merging: see rows().")

    # From a table to rows

    @classmethod
    def rows(cls, table: Table) -> tuple[Row, ...]:
        """What the table says, for `records.merging.plan_rows`. Raises TableError for headers it does not know.

        Headers are field names or their names in Korean or English. `version`, where given, is what the sender saw.
        """
        columns = cls.recognised(table.headers)
        place = _("item %(number)s") if table.kind == "json" else _("row %(number)s")
        plain = unescaped if table.kind == "csv" else str
        read = [(header, column.name, column.read) for header, column in columns.items()]
        rows = []
        for row in table.rows:
            cells = row.cells
            values = {
                name: reader(plain(cell)) if isinstance(cell := cells[header], str) else cell
                for header, name, reader in read
                if header in cells
            }
            rows.append(Row(place % {"number": row.number}, values))
        return tuple(rows)

    @classmethod
    def recognised(cls, headers: Sequence[str]) -> dict[str, Column]:
        """The column each header means. Raises TableError."""
        known = cls._headers()
        found: dict[str, Column] = {}
        taken: dict[str, str] = {}
        for header in headers:
            column = known.get(_plain(header))
            if column is None:
                raise TableError(cls._unknown(header))
            if column.name in taken:
                raise TableError(
                    _("The headers “%(first)s” and “%(second)s” mean the same column.")
                    % {"first": taken[column.name][:40], "second": header[:40]}
                )
            taken[column.name] = header
            found[header] = column
        return found

    @classmethod
    def _headers(cls) -> Mapping[str, Column]:
        return _headers_of(cls.model())

    @classmethod
    def _unknown(cls, header: str) -> str:
        names: dict[str, Any] = {"header": header[:40]}
        kept = {_plain(name) for name in KEPT} | {
            _plain(label) for name in KEPT for label in _labels(cls.model()._meta.get_field(name))
        }
        if _plain(header) in kept:
            return _("The column “%(header)s” cannot be imported: the server says what it holds.") % names
        names["known"] = ", ".join(column.label for column in cls.columns())
        return _("There is no column “%(header)s”. These are known: %(known)s.") % names


def _plain(header: str) -> str:
    return " ".join(header.replace("\ufeff", "").replace("_", " ").rstrip(" *").casefold().split())


def _labels(field: Any) -> Iterator[str]:  # noqa: ANN401
    for language in LANGUAGES:
        with override(language):
            yield str(field.verbose_name)


@cache
def _headers_of(model: type[Owned]) -> dict[str, Column]:
    """Every way to write a header. No two fields of a model bear one name; a test holds that."""
    columns = [*map(Column, writable_fields(model)), Column(model._meta.get_field("version"))]
    found = {_plain(label): column for column in columns for label in _labels(column.field)}
    return {**found, **{_plain(column.name): column for column in columns}}


# The register

_RESOURCES: dict[type[Owned], type[OwnedResource]] = {}


def register(*made: type[Owned]) -> None:
    """Gives models their resource."""
    for model in made:
        if not is_mergeable(model):
            raise ImproperlyConfigured(f"{model.__name__} is neither imported nor exported.")
        meta = type("Meta", (OwnedResource.Meta,), {"model": model})
        _RESOURCES[model] = type(f"{model.__name__}Resource", (OwnedResource,), {"Meta": meta})


def resource_of(model: type[Owned]) -> type[OwnedResource]:
    return _RESOURCES[model]


def registered() -> tuple[type[Owned], ...]:
    """Every model that can be imported and exported, in the order of the apps."""
    return tuple(_RESOURCES)


def model_named(name: str) -> type[Owned] | None:
    """`measurement` → Measurement; None for any other text."""
    return next((model for model in _RESOURCES if model._meta.model_name == name), None)


register(Document)
