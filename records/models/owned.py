"""What every record has: an owner, a version, moments, history, a key; and what no text or number may hold."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from records.ownership import OwnedManager, ScopeError, _InScope, no_such_record
from records.periods import FIRST_YEAR, LAST_YEAR

LONGEST_TEXT = 20_000
# They turn text around for the reader and so can make it say what it does not.
_REORDERING = "\u202a-\u202e\u2066-\u2069"
# Controls (Cc), lone surrogates (Cs), and what turns text around. A search over the whole text is sixty times as fast
# as a look at each character, which imports notice.
_MANGLED = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_REORDERING}]")
_MANGLED_IN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_REORDERING}]")


def slug_field() -> models.SlugField:
    return models.SlugField(
        _("slug"),
        max_length=80,
        allow_unicode=True,
        blank=True,
        help_text=_("Short name for addresses and imports; made from the title if left empty."),
    )


def slug_per_owner(model: str) -> models.UniqueConstraint:
    """`model` begins the constraint's name: `projects_project`."""
    return models.UniqueConstraint(
        fields=["owner", "slug"],
        name=f"{model}_slug_per_owner",
        violation_error_message=_("You use this slug already."),
    )


class Conflict(Exception):  # noqa: N818
    """Somebody, perhaps the same person in another tab, saved this record in the meantime."""


class _OwnedHistoryManager(HistoryManager):
    """Earlier versions are as private as the record itself."""

    def get_queryset(self) -> Any:  # noqa: ANN401
        return super().get_queryset().filter(_InScope())

    def raw(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        raise ScopeError("Raw SQL knows no owner.")


class _OwnedHistory(models.Model):
    """The same for whoever asks the model of the earlier versions itself."""

    objects = OwnedManager()

    class Meta:
        abstract = True


class Owned(models.Model):
    """What belongs to an account and can be edited: owner, version, moments, history.

    Saving writes only if the stored version is the one that was read, and raises `Conflict` otherwise.
    `natural_fields` are the look-ups that, together with the owner's name, name one record: the key used by
    fixtures, import, export and the API.
    """

    natural_fields: ClassVar[tuple[str, ...]] = ("slug",)
    slug_source: ClassVar[str] = ""
    _version_read: int | None = None  # what a running save() expects to find stored

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        editable=False,
        related_name="+",
        verbose_name=_("owner"),
    )
    note = models.TextField(
        _("note"),
        blank=True,
        help_text=_("Anything a reader should know: what was inferred, what is uncertain."),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = OwnedManager()
    history = HistoricalRecords(inherit=True, bases=[_OwnedHistory], history_manager=_OwnedHistoryManager)

    class Meta:
        abstract = True
        constraints = [
            # The parent's side of SameOwner.
            models.UniqueConstraint(fields=["owner", "id"], name="%(app_label)s_%(class)s_owner_id"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        if self.slug_source and not getattr(self, "slug", ""):
            self.slug = self._free_slug()
        read, self._version_read = self.version, None if self._state.adding else self.version
        if not self._state.adding:
            self.version += 1
            self.updated_at = timezone.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "version", "updated_at"}
        try:
            super().save(*args, **kwargs)
        except BaseException:
            self.version = read
            raise
        finally:
            self._version_read = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What names this record among its owner's, in the order of `natural_fields`; references must be joined."""
        values: list[Any] = []
        for path in self.natural_fields:
            value: Any = self
            for name in path.split("__"):
                value = getattr(value, name) if value is not None else None
            values.append(value if value is None or isinstance(value, int) else str(value))
        return tuple(values)

    def natural_key(self) -> tuple[Any, ...]:
        """Owner's name and key; for a record a fixture is about to load, the ids they stand for.

        Django asks for it to look the record up. Its references are ids already; fetching their names only to
        search by them would double the queries of loading.
        """
        if self._state.adding and self.pk is None:
            heads = [path.partition("__")[0] for path in self.natural_fields]
            return (self.owner_id, *(self.serializable_value(name) for name in heads))
        return (self.owner.username, *self.key)

    @classmethod
    def problems_together(cls, records: Sequence[Any]) -> Iterator[tuple[Any, str, str]]:
        """What `clean` finds, for many records at once: record, field, sentence. At most two queries.

        The records are valid by themselves; some are not stored yet, and so may be what they refer to. A model with
        a `clean` of its own has one of these, too (a test holds it).
        """
        return iter(())

    def _get_FIELD_display(self, field: Any) -> str:  # noqa: ANN401, N802
        """As Django's, which builds the dictionary of choices anew for every record it shows."""
        value = getattr(self, field.attname)
        return str(_labels(field).get(value, value))

    def clean_fields(self, exclude: Any = None) -> None:  # noqa: ANN401
        """Refuses what one of the databases would refuse or mangle, at the field, whatever the door."""
        errors: dict[str, Any] = {}
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name, problems in errors.items():
            if isinstance(self._meta.get_field(name), models.ForeignKey):
                # Django names the model and the key here; SameOwner cannot, and both must sound the same.
                errors[name] = [no_such_record() if p.code == "invalid" else p for p in problems]
        for field in self._meta.concrete_fields:
            if field.name in (exclude or ()):
                continue
            if problem := _range_problem(field, getattr(self, field.attname)):
                errors.setdefault(field.name, []).append(ValidationError(problem, code="out_of_range"))
            if not isinstance(field, models.CharField | models.TextField):
                continue
            problem = _text_problem(
                getattr(self, field.attname), one_line=isinstance(field, models.CharField)
            )
            if problem:
                errors.setdefault(field.name, []).append(ValidationError(problem, code="control_characters"))
        if errors:
            raise ValidationError(errors)

    def _save_table(self, raw: bool = False, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        """Loading a fixture again restores the facts and leaves version and moments as they are.

        Fixtures are saved by `Model.save_base(raw=True)`, past `save` and `save_base` of the model.
        """
        if raw and self.pk is not None:
            stored = type(self)._base_manager.filter(pk=self.pk).values("version", "created_at", "updated_at")
            for name, value in (stored.first() or {}).items():
                setattr(self, name, value)
        table: Any = super()._save_table  # type: ignore[misc]
        return bool(table(raw, *args, **kwargs))

    def _do_update(self, base_qs: Any, *args: Any) -> bool:  # type: ignore[override]  # noqa: ANN401
        """UPDATE … WHERE id AND version: the write itself finds out whether somebody else was faster."""
        update: Any = super()._do_update  # the stubs describe a later Django
        if self._version_read is None:
            return bool(update(base_qs, *args))
        if not update(base_qs.filter(version=self._version_read), *args):
            raise Conflict(_t("This record was changed in the meantime. Reload it and repeat your change."))
        return True

    def _free_slug(self) -> str:
        """A readable slug that this owner does not use yet."""
        base = slugify(str(getattr(self, self.slug_source)), allow_unicode=True)[:70].strip("-") or "record"
        everything: Any = type(self)._base_manager
        taken = set(
            everything.filter(owner_id=self.owner_id, slug__startswith=base).values_list("slug", flat=True)
        )
        if base not in taken:
            return base
        return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)


@cache
def _labels(field: Any) -> dict[Any, Any]:  # noqa: ANN401
    return dict(field.flatchoices)


def _range_problem(field: Any, value: object) -> str:  # noqa: ANN401
    """What SQLite would take and PostgreSQL refuse, and days outside of the years there can be documents of."""
    if isinstance(value, dt.date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        return _t("Years from %(first)s to %(last)s only.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
    largest = {models.PositiveSmallIntegerField: 32_767, models.PositiveIntegerField: 2_147_483_647}.get(
        type(field)
    )
    if largest is not None and isinstance(value, int) and value > largest:
        return _t("At most %(limit)s.") % {"limit": largest}
    return ""


def _text_problem(value: object, *, one_line: bool) -> str:
    if not isinstance(value, str):
        return ""
    if len(value) > LONGEST_TEXT:
        return _t("At most %(limit)s characters.") % {"limit": LONGEST_TEXT}
    found = (_MANGLED if one_line else _MANGLED_IN_LINES).search(value)
    if found is None:
        return ""
    return _t("Character %(place)s (U+%(code)s) is a control character; remove it.") % {
        "place": found.start() + 1,
        "code": f"{ord(found[0]):04X}",
    }
