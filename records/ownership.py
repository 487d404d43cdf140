"""Every record belongs to one account, and nothing reaches across.

Two walls, independent of each other:

1. **Scope.** The default manager of every owned model compares `owner` with the owner in force *when the query
   runs*, and raises `ScopeError` when there is none. Building a query outside of a scope is harmless (forms and
   viewsets do so while modules load); running it is not possible. A context variable does not follow a new
   thread, so a forgotten scope fails closed there too.
2. **Constraint.** `SameOwner("project")` is a composite foreign key (owner, project) → (owner, id) that the
   database itself holds, on SQLite and PostgreSQL. Because of it, following a foreign key from one's own record
   always stays in one's own account.

docs/decisions/0002-ownership.md says what else was tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django_scopes import ScopeError, get_scope, scope, scopes_disabled

__all__ = [
    "OwnedManager",
    "OwnedQuerySet",
    "OwnerScopeMiddleware",
    "SameOwner",
    "ScopeError",
    "every_owner",
    "join_in_hand",
    "no_such_record",
    "owner_scope",
]


@contextmanager
def owner_scope(account: models.Model) -> Iterator[None]:
    """Queries inside see the records of this account and nothing else. An unsaved or absent account raises."""
    if getattr(account, "pk", None) is None:
        # django-scopes would read None as "no filter at all".
        raise ScopeError("A scope needs a saved account.")
    with scope(owner=account.pk):
        yield


def every_owner() -> Any:  # noqa: ANN401
    """Queries inside see all accounts: for fixtures and operator commands only (tests count the uses)."""
    return scopes_disabled()


class _InScope(models.Expression):
    """`owner_id = <the owner in force>`, looked up while the query is compiled, that is when it runs."""

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, owner: Any = None) -> None:  # noqa: ANN401
        super().__init__()
        self.owner: Any = owner or models.F("owner_id")

    def get_source_expressions(self) -> list[Any]:
        return [self.owner]

    def set_source_expressions(self, exprs: Any) -> None:  # noqa: ANN401
        (self.owner,) = exprs

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        current = get_scope()
        if not current.get("_enabled", True):
            return "1 = 1", []
        if current.get("owner") is None:
            raise ScopeError("This query needs an owner: run it inside owner_scope(account).")
        sql, params = compiler.compile(self.owner)
        return f"{sql} = %s", [*params, current["owner"]]


class OwnedQuerySet(models.QuerySet[Any]):
    """What the records of every model can be asked."""

    def lean(self, *joined: str) -> Self:
        """Without the moments and the version, which lists do not show and which are a third of the work of reading.

        `joined` names the joins that are to be read likewise. What is left out costs a query where it is asked for.
        """
        names = ("version", "created_at", "updated_at")
        return self.defer(*names, *(f"{join}__{name}" for join in joined for name in names))

    def with_source(self, *joined: str) -> Self:
        """Joins the document that tells each record, without its text, and what is named beside it."""
        names = ("source", *joined)
        return self.select_related(*names).defer("source__body")

    def raw(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        raise ScopeError("Raw SQL knows no owner.")


_ManagerOfOwned = models.Manager.from_queryset(OwnedQuerySet)


class OwnedManager(_ManagerOfOwned):
    """The default manager of every owned model: scoped, and addressed by natural key in fixtures."""

    def get_queryset(self) -> Any:  # noqa: ANN401
        return super().get_queryset().filter(_InScope())

    def raw(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        raise ScopeError("Raw SQL knows no owner.")

    def get_by_natural_key(self, owner: str | int, *key: Any) -> Any:  # noqa: ANN401
        """`key` follows the model's `natural_fields`; owner and references by name, or all of them by id.

        Names its owner itself, so it needs no scope.
        """
        model: Any = self.model
        by_id = isinstance(owner, int)
        heads = [path.partition("__")[0] for path in model.natural_fields]
        terms = dict(zip(heads if by_id else model.natural_fields, key, strict=True))
        given = {path: value for path, value in terms.items() if value is not None}
        absent = {
            f"{path.partition('__')[0]}__isnull": True for path, value in terms.items() if value is None
        }
        with every_owner():
            return self.get(**{"owner_id" if by_id else "owner__username": owner}, **given, **absent)


def join_in_hand(rows: Iterable[Any], **records: Mapping[int, Any]) -> None:
    """Gives rows the records they refer to, by field and then by id, so that following them costs no query.

    For records that many rows share: a join would read them anew for every row.
    """
    for row in rows:
        for name, found in records.items():
            pk = getattr(row, f"{name}_id")
            if pk is not None:
                row._state.fields_cache[name] = found[pk]


class SameOwner(models.BaseConstraint):
    """The database refuses a reference in `field` to a record of another owner.

    FOREIGN KEY (owner_id, field_id) REFERENCES parent (owner_id, id), deferred to the commit. SQLite takes it
    inside CREATE TABLE (where it survives Django's table rebuilds), PostgreSQL after all tables exist.
    The parent needs UNIQUE (owner_id, id). An absent reference is not checked.
    """

    def __init__(self, field: str, *, name: str = "") -> None:
        self.field = field
        super().__init__(name=name or f"%(app_label)s_%(class)s_{field}_same_owner")

    def deconstruct(self) -> Any:  # noqa: ANN401
        path, _args, kwargs = super().deconstruct()
        return path, (self.field,), kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SameOwner):
            return (self.field, self.name) == (other.field, other.name)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.field, self.name))

    def _clause(self, model: type[models.Model], quote: Callable[[str], str]) -> str:
        owner: Any = model._meta.get_field("owner")
        reference: Any = model._meta.get_field(self.field)
        parent = reference.related_model
        parent_owner: Any = parent._meta.get_field("owner")
        # quote_name protects the parent's name from the rename of a table rebuild: it is the final name.
        return (
            f"FOREIGN KEY ({quote(owner.column)}, {quote(reference.column)}) "
            f"REFERENCES {quote(parent._meta.db_table)} "
            f"({quote(parent_owner.column)}, {quote(parent._meta.pk.column)}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def constraint_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> str | None:
        if schema_editor.connection.vendor == "sqlite":
            quote = schema_editor.quote_name
            return f"CONSTRAINT {quote(self.name)} {self._clause(model, quote)}"
        # CREATE TABLE: the parent may not exist yet, and a new table has nothing to refuse.
        schema_editor.deferred_sql.append(self._add_sql(model, schema_editor))
        return None

    def _add_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> Statement:
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s %(clause)s",
            table=schema_editor.quote_name(model._meta.db_table),
            name=schema_editor.quote_name(self.name),
            clause=self._clause(model, schema_editor.quote_name),
        )

    def create_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Any:  # noqa: ANN401
        assert model is not None  # noqa: S101
        assert schema_editor is not None  # noqa: S101
        # On SQLite Django rebuilds the table instead, which calls constraint_sql; a removed wall is left out there.
        # Deferred: the migration that adds it may also be the one that creates the parent's unique key.
        schema_editor.deferred_sql.append(self._add_sql(model, schema_editor))
        return None

    def remove_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Any:  # noqa: ANN401
        assert model is not None  # noqa: S101
        assert schema_editor is not None  # noqa: S101
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=schema_editor.quote_name(model._meta.db_table),
            name=schema_editor.quote_name(self.name),
        )

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,  # noqa: ANN401
        using: str = "default",
    ) -> None:
        """A foreign id reads exactly like one that does not exist."""
        reference: Any = model._meta.get_field(self.field)
        value = getattr(instance, reference.attname)
        if value is None or (exclude and self.field in exclude):
            return
        cached = instance._state.fields_cache.get(self.field)
        owner_id = getattr(instance, "owner_id", None)
        if cached is not None and cached.pk == value:
            same = cached.owner_id == owner_id
        else:
            parents = reference.related_model._base_manager.using(using)
            same = parents.filter(pk=value, owner_id=owner_id).exists()
        if not same:
            raise ValidationError({self.field: no_such_record()})


def no_such_record() -> ValidationError:
    """What a reference to a missing record answers, and one to somebody else's."""
    return ValidationError(
        _("Select a valid choice. That choice is not one of the available choices."), code="invalid_choice"
    )


class OwnerScopeMiddleware:
    """Runs each request, its rendering included, in the scope of the account that is signed in.

    A request by nobody has no scope: a query for records raises. API requests with a token are authenticated
    inside the view, which enters the scope itself (records/api.py).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with owner_scope(request.user):
            return self.get_response(request)
