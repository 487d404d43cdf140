"""Rules the database holds, with a sentence for the person who broke one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models


class Rule(models.CheckConstraint):
    """A CHECK whose message appears at the field a person has to change (`at`)."""

    def __init__(self, *, condition: Any, name: str, at: str, message: Any = None, **kwargs: Any) -> None:  # noqa: ANN401
        self.at = at
        if message is not None:
            kwargs["violation_error_message"] = message
        super().__init__(condition=condition, name=name, **kwargs)

    def deconstruct(self) -> Any:  # noqa: ANN401
        path, args, kwargs = super().deconstruct()
        # The message is for people, not for the database: rewording it needs no migration.
        kwargs.pop("violation_error_message", None)
        return path, args, {**kwargs, "at": self.at}

    def clone(self) -> Rule:
        return Rule(
            condition=self.condition,
            name=self.name,
            at=self.at,
            violation_error_message=self.violation_error_message,
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rule):
            return (self.name, self.condition, self.at) == (other.name, other.condition, other.at)
        return NotImplemented

    __hash__ = models.CheckConstraint.__hash__

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,  # noqa: ANN401
        using: str = "default",
    ) -> None:
        try:
            super().validate(model, instance, exclude=exclude, using=using)
        except ValidationError as error:
            field = NON_FIELD_ERRORS if exclude and self.at in exclude else self.at
            raise ValidationError({field: error}) from error
