"""One declaration of a record: what is read, what may be written, what the schema says.

Reading goes by `Shape`, compiled once from the fields: a select of plain values and the columns made of them, no
model instance in between. Writing goes through `full_clean()`, so that every rule of the model holds at this door
too, whichever field the message belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.utils.translation import gettext as _
from django_scopes import get_scope
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from records.api.fields import (
    Address,
    Choice,
    Day,
    Figure,
    Flag,
    Key,
    Moment,
    PeriodText,
    Reference,
    Text,
    Whole,
)
from records.api.problems import errors_of
from records.models import Owned
from records.ownership import ScopeError
from records.periods import PeriodField

# Answered by every record, written by none.
READ_ONLY = ("key", "version", "created_at", "updated_at")


class OwnedSerializer(serializers.ModelSerializer):
    """Base of every serializer of an owned model. `Meta.fields` names what may be written, and nothing else.

    Validation ends with `full_clean()` on the record; `save()` saves what was cleaned. Names that are no fields are
    refused; those of READ_ONLY are ignored, so that what was read can be sent back.
    """

    serializer_field_mapping: ClassVar[Any] = {
        models.CharField: Text,
        models.TextField: Text,
        models.SlugField: Text,
        models.URLField: Address,
        models.BooleanField: Flag,
        models.PositiveSmallIntegerField: Whole,
        models.PositiveIntegerField: Whole,
        models.DecimalField: Figure,
        models.DateField: Day,
        models.DateTimeField: Moment,
        PeriodField: PeriodText,
    }
    serializer_related_field = Reference
    serializer_choice_field = Choice

    key = Key(help_text="What names the record among yours: the last segment of its address.")
    version = Whole(
        read_only=True, min_value=1, help_text="Counts the edits. Send back the one you read when you write."
    )
    created_at = Moment(read_only=True, help_text="When it was first saved, in UTC.")
    updated_at = Moment(read_only=True, help_text="When it was last saved, in UTC.")

    # For the schema: what an example of it says, where a rule asks for more than the required fields.
    example: ClassVar[dict[str, Any]] = {}

    class Meta:
        model: Any
        fields: Any

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:  # noqa: ANN401
        return ["key", *self.Meta.fields, *READ_ONLY[1:]]

    def get_validators(self) -> list[Any]:
        return []  # full_clean() holds the rules; DRF's own would ask the database again and know no owner

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:  # noqa: ANN401
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if issubclass(field_class, PeriodText):
            kwargs["field"] = model_field
        if issubclass(field_class, Text | Choice) and not model_field.blank:
            kwargs.pop("allow_blank", None)
        if issubclass(field_class, Whole):
            limits = {models.PositiveSmallIntegerField: 32_767, models.PositiveIntegerField: 2_147_483_647}
            kwargs["max_value"] = min(kwargs.get("max_value", 2**31), limits[type(model_field)])
            kwargs["min_value"] = max(kwargs.get("min_value", 0), 0)
        return field_class, kwargs

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401
        if isinstance(data, dict):
            unknown = data.keys() - self.fields.keys()
            if unknown:
                problem = ErrorDetail(_("There is no such field."), code="unknown_field")
                raise serializers.ValidationError({name: [problem] for name in sorted(unknown)})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        owner = get_scope().get("owner")
        if owner is None:
            raise ScopeError("A record is validated in the scope of an account.")
        if self.instance is None:
            self.record = self.Meta.model(owner_id=owner)
        else:
            self.record = self.instance
            if not self.partial:
                attrs = {**self._defaults(), **attrs}
            if not attrs.get("slug", "x"):
                attrs.pop("slug")  # an address lasts until another one is asked for
        for name, value in attrs.items():
            setattr(self.record, name, value)
        try:
            self.record.full_clean()
        except ModelError as error:
            raise serializers.ValidationError(dict(errors_of(error))) from error
        return attrs

    def _defaults(self) -> dict[str, Any]:
        """A PUT replaces the record: what it leaves out is as in a new one."""
        fields: Any = self.Meta.model._meta
        return {
            name: fields.get_field(name).get_default()
            for name, field in self.fields.items()
            if not field.read_only and name != "slug"
        }

    def save(self, **kwargs: Any) -> Any:  # noqa: ANN401
        self.record.save()
        self.instance = self.record
        return self.record


@cache
def updating(serializer: type[OwnedSerializer]) -> type[OwnedSerializer]:
    """The same for the schema of PUT and PATCH: with the version that was read."""
    version = Whole(min_value=1, max_value=2**31 - 1, help_text="The version you read.")
    return type(
        f"{serializer.__name__.removesuffix('Serializer')}UpdateSerializer",
        (serializer,),
        {"version": version},
    )


Convert = Callable[..., Iterable[Any]] | None


@dataclass(frozen=True, eq=False)
class Shape:
    """The fields of an answer, ready to be selected: `expressions` for `values_list`, `records` for its rows."""

    names: tuple[str, ...]
    expressions: tuple[Any, ...]
    plan: tuple[tuple[Convert, tuple[int, ...]], ...]

    def records(self, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        if not rows:
            return []
        selected = list(zip(*rows, strict=True))
        columns = [
            selected[places[0]] if convert is None else convert(*(selected[place] for place in places))
            for convert, places in self.plan
        ]
        # All as long as each other.
        return list(map(dict, map(zip, repeat(self.names), zip(*columns))))  # noqa: B905


@lru_cache(maxsize=256)  # whoever asks chooses the names
def shape_of(serializer: type[OwnedSerializer], names: tuple[str, ...] = ()) -> Shape:
    """The shape of these fields (all for none), in the order of the serializer. Texts are built once a process."""
    fields: Any = serializer().fields
    model: type[Owned] = serializer.Meta.model
    chosen = [name for name in fields if name in names] if names else list(fields)
    expressions: list[Any] = []
    plan: list[tuple[Convert, tuple[int, ...]]] = []
    for name in chosen:
        field: Any = fields[name]
        reading = field.reading(model, name)
        places = []
        for expression in reading.expressions:
            if expression not in expressions:
                expressions.append(expression)
            places.append(expressions.index(expression))
        plan.append((reading.convert, tuple(places)))
    return Shape(tuple(chosen), tuple(expressions), tuple(plan))


@cache
def names_of(serializer: type[OwnedSerializer]) -> tuple[str, ...]:
    return tuple(serializer().fields)
