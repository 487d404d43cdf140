"""Making a plan: what rows would create, change and leave alone, and what is wrong with them. Nothing is written."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django_scopes import get_scope

from records.conditions import condition_of, fields_of
from records.constraints import Rule
from records.merging.plans import Changed, Created, FieldChange, Part, Place, Plan, Problem, Row, Unchanged
from records.merging.values import value_for
from records.merging.writing import CHUNK, chunks
from records.models import ApiToken, Owned, Upload
from records.ownership import ScopeError
from records.references import Key, References, identity, key_text, referred

Progress = Callable[[int], None]
# What the server says about a record, never the sender.
KEPT = ("id", "owner", "version", "created_at", "updated_at")
# Models no row may make, each with its reason.
NOT_MERGED: dict[type[Owned], str] = {
    ApiToken: "a token is shown once, and its digest lets nobody in again",
    Upload: "what was imported is a record already",
}


def is_mergeable(model: type[Owned]) -> bool:
    return model not in NOT_MERGED


def writable_fields(model: type[Owned]) -> tuple[Any, ...]:
    """The fields a row may name: those of the natural key, the model's own, and what every record has."""
    bases: list[Any] = [base for base in model.__mro__ if issubclass(base, Owned) and base._meta.abstract]
    inherited = {field.name for base in bases for field in base._meta.fields}
    fields = [field for field in model._meta.concrete_fields if field.name not in KEPT]
    key = {path.partition("__")[0] for path in model.natural_fields}
    return tuple(sorted(fields, key=lambda field: (field.name not in key, field.name in inherited)))


def in_dependency_order(given: Iterable[type[Owned]]) -> list[type[Owned]]:
    """Every model after those it refers to."""
    waiting = sorted(set(given), key=lambda model: model._meta.label)
    ordered: list[type[Owned]] = []
    while waiting:
        ready = [model for model in waiting if not _referred_models(model) & {*waiting} - {model}]
        ordered += ready
        waiting = [model for model in waiting if model not in ready]
        if not ready:
            raise ValueError(f"These models refer to each other in a circle: {waiting}")
    return ordered


def _referred_models(model: type[Owned]) -> set[Any]:
    return {field.related_model for field in model._meta.concrete_fields if field.is_relation}


def plan_rows(model: type[Owned], rows: Sequence[Row], *, progress: Progress | None = None) -> Plan:
    """A plan for one model. Queries: one per referred model, one per 500 keys, `problems_together`'s."""
    return plan_merge({model: rows}, progress=progress)


def plan_merge(parts: Mapping[type[Owned], Sequence[Row]], *, progress: Progress | None = None) -> Plan:
    """A plan for the owner in scope. Rows may refer to records that other rows, also of other models, make.

    `progress` is told every 500 rows how many are checked.
    """
    owner = get_scope().get("owner")
    if owner is None:
        raise ScopeError("A merge is planned in the scope of an account.")
    references = References()
    referred_models = set().union(*map(_referred_models, parts))
    made = [
        _Planner(
            model,
            owner_id=owner,
            references=references,
            is_referred_to=model in referred_models,
            progress=progress,
        ).plan(parts[model])
        for model in in_dependency_order(parts)
    ]
    return Plan(owner_id=owner, parts=tuple(made))


class _Draft:
    """One row on its way: what it names, what it says, what is wrong with it."""

    __slots__ = ("bad", "given", "key", "may_be_stored", "place", "record", "stored", "values")

    def __init__(self, row: Row) -> None:
        self.place: Place = row.place
        self.given = row.values
        self.values: dict[str, Any] = {}
        self.key: Key | None = None
        self.may_be_stored = False  # not if it refers to what another row is about to make
        self.stored: Any = None
        self.record: Any = None
        self.bad: set[str] = set()  # fields with a problem


class _Planner:
    def __init__(
        self,
        model: type[Owned],
        *,
        owner_id: int,
        references: References,
        is_referred_to: bool,
        progress: Progress | None,
    ) -> None:
        if not is_mergeable(model):
            raise ValueError(f"{model.__name__} is not merged: {NOT_MERGED[model]}.")
        self.model = model
        self.owner_id = owner_id
        self.references = references
        self.is_referred_to = is_referred_to
        self.progress = progress
        self.fields = {field.name: field for field in writable_fields(model)}
        self.heads = [path.partition("__")[0] for path in model.natural_fields]
        self.plain = {name: field for name, field in self.fields.items() if not field.is_relation}
        self.rules = [
            (rule, condition_of(model, rule.condition), {*fields_of(rule.condition)})
            for rule in model._meta.constraints
            if isinstance(rule, Rule)
        ]
        self.not_cleaned = {*KEPT, *(name for name in self.fields if name not in self.plain)}
        # A slug is made where none is given, so it cannot tell which record is meant.
        self.finds_slug = bool(model.slug_source) and model.natural_fields == ("slug",)
        self.problems: dict[int, list[Problem]] = {}

    def plan(self, rows: Sequence[Row]) -> Part:
        drafts = [_Draft(row) for row in rows]
        for draft in drafts:
            self._refuse_unknown(draft)
            for name in self.heads:
                self._read(draft, name, draft.given.get(name))
            if not draft.bad & {*self.heads}:
                parts = [draft.values[name] for name in self.heads]
                draft.key = tuple(identity(part) if isinstance(part, Owned) else part for part in parts)
                draft.may_be_stored = not any(isinstance(part, Owned) for part in parts)
        named = [draft for draft in drafts if draft.key is not None and not self._is_nameless(draft)]
        self._find_stored(named)
        self._refuse_duplicates(named)
        self._announce(draft for draft in named if draft.stored is None)
        for draft in drafts:
            for name in draft.given:
                if name in self.fields and name not in self.heads:
                    self._read(draft, name, draft.given[name])
        nameless = [draft for draft in drafts if self._is_nameless(draft) and not draft.bad]
        self._settle_nameless(nameless, slugs={draft.values.get("slug", "") for draft in named})
        self._announce(draft for draft in nameless if draft.stored is None)
        return self._part(drafts)

    # Reading

    def _problem(self, draft: _Draft, field: str, message: str, code: str = "invalid") -> None:
        draft.bad.add(field)
        found = Problem(place=draft.place, field=field, message=message, code=code)
        self.problems.setdefault(id(draft), []).append(found)

    def _refuse_unknown(self, draft: _Draft) -> None:
        for name in draft.given:
            if name in self.fields or name == "version":
                continue
            known = name in KEPT
            message = _("This cannot be set from outside.") if known else _("There is no such field.")
            self._problem(draft, name, message, "not_writable" if known else "unknown_field")

    def _read(self, draft: _Draft, name: str, value: object) -> None:
        field = self.fields[name]
        try:
            if isinstance(value, ValidationError):
                raise value
            if field.is_relation:
                draft.values[name] = self._reference(field, value)
            else:
                draft.values[name] = value_for(field, value)
        except ValidationError as error:
            for message in error.messages:
                self._problem(draft, name, message, getattr(error, "code", None) or "invalid")

    def _reference(self, field: Any, value: object) -> Any:  # noqa: ANN401
        if value is None or value == "" or value == []:
            if not field.null:
                raise ValidationError(field.error_messages["blank"], code="blank")
            return None
        return self.references.find(field.related_model, value)

    def _is_nameless(self, draft: _Draft) -> bool:
        return self.finds_slug and draft.values.get("slug") == ""

    def _announce(self, drafts: Iterable[_Draft]) -> None:
        """Lets other rows, here and of the models that follow, refer to what these will create."""
        for draft in drafts:
            draft.record = self.model(owner_id=self.owner_id)
            if self.is_referred_to:
                self.references.announce(draft.record, self.references.key_of_row(self.model, draft.values))

    # Finding what is stored

    def _find_stored(self, drafts: Sequence[_Draft]) -> None:
        attnames = [self.fields[name].attname for name in self.heads]
        wanted = {draft.key: draft for draft in drafts if draft.may_be_stored}
        found: dict[Key, Any] = {}
        for chunk in chunks(wanted):
            condition = Q()
            for attname, values in zip(attnames, zip(*chunk, strict=True), strict=True):
                given = {value for value in values if value is not None}
                here = Q(**{f"{attname}__in": given})
                condition &= here | Q(**{f"{attname}__isnull": True}) if None in values else here
            for record in self.model._default_manager.filter(condition):
                found[tuple(getattr(record, attname) for attname in attnames)] = record
        for draft in drafts:
            draft.stored = found.get(draft.key or ()) if draft.may_be_stored else None

    def _refuse_duplicates(self, drafts: Sequence[_Draft]) -> None:
        first: dict[Any, _Draft] = {}
        for draft in drafts:
            earlier = first.setdefault(draft.key, draft)
            if earlier is draft:
                continue
            message = _("This names the same record as %(place)s.")
            self._problem(draft, self.heads[0], message % {"place": earlier.place}, "duplicate")
            self._problem(earlier, self.heads[0], message % {"place": draft.place}, "duplicate")

    def _settle_nameless(self, drafts: Sequence[_Draft], *, slugs: set[str]) -> None:
        """A row without a slug is an equal record that is stored, or else a new one: it never changes any.

        `slugs` are those of the other rows. Two queries, and none where every row has its slug.
        """
        if not drafts:
            return
        source = self.model.slug_source
        alike: dict[str, list[Any]] = {}
        texts = {str(draft.values.get(source, "")) for draft in drafts}
        for chunk in chunks(sorted(texts)):
            for record in self.model._default_manager.filter(**{f"{source}__in": chunk}):
                alike.setdefault(getattr(record, source), []).append(record)
        stored: Any = self.model._default_manager
        taken = {*slugs, *stored.values_list("slug", flat=True)}
        claimed: set[Any] = set()
        numbers: dict[str, int] = {}
        for draft in drafts:
            text = str(draft.values.get(source, ""))
            for record in sorted(alike.get(text, ()), key=lambda record: record.pk):
                others = {name: value for name, value in draft.values.items() if name != "slug"}
                if record.pk not in claimed and not self._differences(record, others):
                    claimed.add(record.pk)
                    draft.stored, draft.values = record, others
                    break
            else:
                base = slugify(text, allow_unicode=True)[:70].strip("-") or "record"
                slug, number = base, numbers.get(base, 1)
                while slug in taken:
                    number += 1
                    slug = f"{base}-{number}"
                numbers[base] = number
                taken.add(slug)
                draft.values["slug"] = slug

    # Comparing and validating

    def _differences(self, record: Any, values: dict[str, Any]) -> list[str]:  # noqa: ANN401
        names = []
        for name, value in values.items():
            if name in self.plain:
                if getattr(record, name) != value:
                    names.append(name)
            elif referred(record, name) != (identity(value) if isinstance(value, Owned) else value):
                names.append(name)
        return names

    def _put(self, record: Any, name: str, value: Any) -> None:  # noqa: ANN401
        if name in self.plain or isinstance(value, Owned):
            setattr(record, name, value)
        else:
            setattr(record, self.fields[name].attname, value)

    def _part(self, drafts: Sequence[_Draft]) -> Part:
        created: list[tuple[_Draft, Created]] = []
        changed: list[tuple[_Draft, Changed]] = []
        unchanged: list[Unchanged] = []
        for number, draft in enumerate(drafts, 1):
            if self.progress is not None and number % CHUNK == 0:
                self.progress(number)
            self._refuse_other_version(draft)
            if draft.stored is None:
                record = draft.record if draft.record is not None else self.model(owner_id=self.owner_id)
                for name, value in draft.values.items():
                    self._put(record, name, value)
                self._validate(draft, record)
                created.append((draft, Created(draft.place, self._key_text(draft), record, draft.given)))
                continue
            names = self._differences(draft.stored, draft.values)
            if not names:
                unchanged.append(Unchanged(draft.place, self._key_text(draft), draft.stored))
                continue
            changes = tuple(self._change(draft, name) for name in names)
            record = copy.copy(draft.stored)
            for name in names:
                self._put(record, name, draft.values[name])
            self._validate(draft, record)
            row = Changed(draft.place, self._key_text(draft), record, draft.stored, changes)
            changed.append((draft, row))
        records = [(draft, row.record) for draft, row in created]
        self._validate_together([*records, *((draft, row.record) for draft, row in changed)])
        bad = {draft.place for draft in drafts if id(draft) in self.problems}
        return Part(
            model=self.model,
            created=tuple(row for draft, row in created if id(draft) not in self.problems),
            changed=tuple(row for draft, row in changed if id(draft) not in self.problems),
            unchanged=tuple(row for row in unchanged if row.place not in bad),
            problems=tuple(problem for draft in drafts for problem in self.problems.get(id(draft), ())),
        )

    def _key_text(self, draft: _Draft) -> str:
        if draft.stored is not None and self.finds_slug:
            return str(draft.stored.slug)
        return key_text(tuple(self._shown(name, draft.values.get(name)) for name in self.heads))

    def _shown(self, name: str, value: Any) -> Any:  # noqa: ANN401
        return value if name in self.plain else self.references.name(self.fields[name].related_model, value)

    def _change(self, draft: _Draft, name: str) -> FieldChange:
        before = getattr(draft.stored, self.fields[name].attname)
        return FieldChange(name, self._shown(name, before), self._shown(name, draft.values[name]))

    def _refuse_other_version(self, draft: _Draft) -> None:
        if draft.given.get("version") in (None, "") or draft.bad & {*self.heads}:
            return
        try:
            seen = value_for(self.model._meta.get_field("version"), draft.given["version"])
        except ValidationError as error:
            self._problem(draft, "version", error.messages[0])
            return
        if draft.stored is None:
            self._problem(draft, "version", _("This record does not exist any more."), "conflict")
        elif draft.stored.version != seen:
            message = _(
                "This record was changed in the meantime: version %(stored)s is stored, not %(seen)s."
            )
            self._problem(
                draft, "version", message % {"stored": draft.stored.version, "seen": seen}, "conflict"
            )

    def _validate(self, draft: _Draft, record: Any) -> None:  # noqa: ANN401
        """As `full_clean`, with references known to exist and unique keys known to be free."""
        if draft.stored is None:
            for name, field in self.fields.items():
                if (
                    field.is_relation
                    and not field.null
                    and name not in draft.values
                    and name not in draft.bad
                ):
                    self._problem(draft, name, str(field.error_messages["blank"]), "blank")
        try:
            record.clean_fields(exclude={*self.not_cleaned, *draft.bad})
        except ValidationError as error:
            for name, errors in error.error_dict.items():
                for each in errors:
                    place = "" if name == NON_FIELD_ERRORS else name
                    if each.code == "null":  # says it in the words of databases
                        each = ValidationError(self.fields[name].error_messages["blank"], code="blank")
                    for message in each.messages:
                        self._problem(draft, place, message, each.code or "invalid")
        for rule, holds, names in self.rules:
            if not names & draft.bad and holds(record) is False:
                self._problem(draft, rule.at, str(rule.get_violation_error_message()), "rule")

    def _validate_together(self, pairs: Sequence[tuple[_Draft, Any]]) -> None:
        drafts = {id(record): draft for draft, record in pairs if id(draft) not in self.problems}
        sound = [record for _draft, record in pairs if id(record) in drafts]
        for record, field, message in self.model.problems_together(sound) if sound else ():
            self._problem(drafts[id(record)], field, message)
