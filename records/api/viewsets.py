"""The operations on one owned model: list, create, read, replace, change, delete.

Reading: values of the columns asked for, in one statement, whatever the number of rows. Writing: the record, checked
by `full_clean()`, saved with its history in one transaction, and only over the version that was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from django.db import IntegrityError, transaction
from django.db.models import CharField, ProtectedError, Q, Value
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django_scopes import get_scope
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from records.api.base import OwnedAPIView, at_once
from records.api.pages import CURSOR, DEFAULT_SIZE, ENTERED, PAGE_SIZE, Cursor, ordered_by
from records.api.parameters import (
    ByReference,
    Choice,
    Filter,
    Names,
    Parameter,
    Search,
    Since,
    Whole,
    conditions,
)
from records.api.problems import InvalidParameter, Protected, Raced, StaleVersion, VersionRequired
from records.api.serializers import OwnedSerializer, Shape, names_of, shape_of
from records.keys import joined, named
from records.models import Conflict, Owned
from records.prepared import Given, Prepared
from records.sent import AlreadySent, sent_once, was_sent

VERSION = Whole(
    name="version",
    description="The version you read; deleting over a later one is refused.",
    least=1,
    most=2**31 - 1,
)


# Whoever asks chooses fields, order and size: no more is kept of them than a few scripts need.
@lru_cache(maxsize=256)
def _selected(model: Any, shape: Shape, ordering: str = "") -> Any:  # noqa: ANN401
    """The select of a shape, built once: whose records it is about is decided when it runs."""
    found = model.objects.all()
    if not ordering:
        return found.order_by().values_list(*shape.expressions)
    order = ordered_by(ordering)
    return found.order_by(*order).values_list(*shape.expressions, order[0].removeprefix("-"), "pk")


@lru_cache(maxsize=256)
def _first_page(model: Any, shape: Shape, ordering: str, rows: int) -> Prepared:  # noqa: ANN401
    return Prepared(_selected(model, shape, ordering)[:rows])


_AFTER = Given("after")


@lru_cache(maxsize=256)
def _later_page(model: Any, shape: Shape, ordering: str, rows: int) -> Prepared:  # noqa: ANN401
    """Of a list in the order of entry, or that turned round: `rows` takes the id of the record before it."""
    after = Value(_AFTER, output_field=CharField())
    beyond = Q(pk__lt=after) if ordering.startswith("-") else Q(pk__gt=after)
    return Prepared(_selected(model, shape, ordering).filter(beyond)[:rows], _AFTER)


def records_as_listed(
    serializer: type[OwnedSerializer], condition: Q, *, names: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """The records that fit, as their list answers them, in the order of entry. One query.

    `names`: only these fields; () for all.
    """
    shape = shape_of(serializer, names)
    rows = list(_selected(serializer.Meta.model, shape, ENTERED).filter(condition))
    return shape.records(rows)


class ReadOnlyViewSet(ViewSetMixin, OwnedAPIView):
    """Lists and details of one model, addressed by key.

    `filters` narrow the list, `search_in` are the texts that `q` looks through, `order_by` the fields it may be
    ordered by, each of them never absent.
    """

    serializer_class: ClassVar[type[OwnedSerializer]]
    filters: ClassVar[Sequence[Filter]] = ()
    search_in: ClassVar[Sequence[str]]
    order_by: ClassVar[Sequence[str]] = ()
    lookup_field = "key"
    lookup_value_regex = "[^/]+"
    kwargs: dict[str, Any]
    action: str

    @classmethod
    def model(cls) -> Any:  # noqa: ANN401
        return cls.serializer_class.Meta.model

    @classmethod
    def get_extra_actions(cls) -> list[Any]:
        """None. DRF would look at every attribute to find some, and load with `schema` what describes the API."""
        return []

    @classmethod
    @cache
    def all_filters(cls) -> tuple[Filter, ...]:
        """Those of the model, and those that every list has."""
        more: list[Filter] = [
            Since(
                name="updated_since",
                path="updated_at",
                description="Only what was saved at this moment or later.",
                example="2024-03-01T00:00:00Z",
            )
        ]
        if any(field.name == "source" for field in cls.model()._meta.concrete_fields):
            more.append(
                ByReference(
                    name="source",
                    path="source",
                    description="Only what this document states, by its year; empty: what no document states.",
                    example="2024",
                )
            )
        more.append(
            Search(
                name="q",
                paths=tuple(cls.search_in),
                description=f"Only those that hold every word in: {', '.join(cls.search_in).replace('__', '.')}.",
                example="articles",
            )
        )
        return (*cls.filters, *more)

    @classmethod
    @cache
    def parameters_of(cls, action: str) -> tuple[Parameter, ...]:
        fields = Names(
            name="fields",
            choices=names_of(cls.serializer_class),
            description="Only these fields, separated by commas; all of them if not said.",
            example="key,version",
        )
        match action:
            case "list":
                orderings = (ENTERED, *cls.order_by, "created_at", "updated_at")
                ordering = Choice(
                    name="ordering",
                    choices=tuple(name for each in orderings for name in (each, f"-{each}")),
                    description=f"The order of the list; `{ENTERED}` is the order of entry, `-` turns it round.",
                    default=ENTERED,
                )
                return (*cls.all_filters(), ordering, fields, PAGE_SIZE, CURSOR)
            case "retrieve":
                return (fields,)
            case "destroy":
                return (VERSION,)
        return ()

    def known_parameters(self) -> Sequence[Parameter]:
        return self.parameters_of(self.action or "")

    def list(self, request: Request) -> HttpResponse:
        """At most one statement beside that for the token."""
        asked, model = self.asked, self.model()
        size = asked.get("page_size", DEFAULT_SIZE)
        ordering = asked.get("ordering", ENTERED)
        shape = shape_of(self.serializer_class, asked.get("fields", ()))
        path = ordered_by(ordering)[0].removeprefix("-")
        narrowed = conditions(self.all_filters(), asked, model)
        begins = self._page_begins() if "cursor" in asked else None
        rows: Any
        if not narrowed and begins is None:
            rows = _first_page(model, shape, ordering, size + 1).rows()
        elif not narrowed and begins is not None and path == "pk":
            rows = _later_page(model, shape, ordering, size + 1).rows(str(begins.id))
        else:
            narrowed += [] if begins is None else [begins.after()]
            rows = list(_selected(model, shape, ordering).filter(*narrowed)[: size + 1])
        following = None
        if len(rows) > size:
            rows.pop()
            *_values, value, pk = rows[-1]
            cursor = Cursor(ordering, None if path == "pk" else value, pk).written(place=self._place)
            query = urlencode({**request.query_params.dict(), "cursor": cursor})
            following = f"{request.scheme}://{request.get_host()}{request.path}?{query}"
        return at_once({"next": following, "results": shape.records(rows)})

    def retrieve(self, request: Request, key: str) -> Response:
        return Response(self._answer(self._named(key)))

    @property
    def _place(self) -> str:
        return f"{get_scope()['owner']} {self.model()._meta.label}"

    def _page_begins(self) -> Cursor:
        try:
            cursor = Cursor.read(self.asked["cursor"], place=self._place)
            if cursor.ordering != self.asked.get("ordering", ENTERED):
                raise ValueError(str(CURSOR.description))
        except ValueError as error:
            raise InvalidParameter({"cursor": [ErrorDetail(str(error), code="invalid")]}) from error
        return cursor

    def _named(self, key: str) -> Q:
        condition = named(self.model(), key)
        if condition is None:
            raise Http404
        return condition

    def _answer(self, condition: Q) -> dict[str, Any]:
        shape = shape_of(self.serializer_class, self.asked.get("fields", ()))
        rows = list(_selected(self.model(), shape).filter(condition)[:1])
        if not rows:
            raise Http404
        return shape.records(rows)[0]


class OwnedViewSet(ReadOnlyViewSet):
    """All of that, and writing."""

    def create(self, request: Request) -> Response:
        """The same request again, named by the same `Idempotency-Key`, gets the same record."""
        before = was_sent(request, body=request.data)
        if before is None:
            try:
                record = self._saved(
                    self._serializer(data=request.data), sent_once(request, body=request.data)
                )
            except AlreadySent as error:
                before = error
        if before is not None:
            record = self.model().objects.filter(pk=before.record_id).first()
            if record is None:  # deleted since
                raise Http404
        key = joined(record.key)
        address = reverse(f"{self.basename}-detail", args=[key])
        headers = {"Location": request.build_absolute_uri(quote(address, safe="/~!%:@"))}
        return Response(self._answer(Q(pk=record.pk)), status=201, headers=headers)

    def update(self, request: Request, key: str, *, partial: bool = False) -> Response:
        record = self.model().objects.filter(self._named(key)).first()
        if record is None:
            raise Http404
        self._refuse_if_stale(record, self._version_in(request.data))
        record = self._saved(self._serializer(record, data=request.data, partial=partial))
        return Response(self._answer(Q(pk=record.pk)))

    def partial_update(self, request: Request, key: str) -> Response:
        return self.update(request, key, partial=True)

    def destroy(self, request: Request, key: str) -> Response:
        condition = self._named(key)
        try:
            # In one transaction and locked, as a deletion cannot ask for the version while it writes.
            with transaction.atomic():
                record = self.model().objects.select_for_update().filter(condition).first()
                if record is None:
                    raise Http404
                if "version" not in self.asked:
                    raise VersionRequired
                self._refuse_if_stale(record, self.asked["version"])
                record.delete()
        except ProtectedError as error:
            raise Protected(error) from error
        except IntegrityError as error:
            raise Raced from error
        return Response(status=204)

    def _serializer(self, *args: Any, **kwargs: Any) -> OwnedSerializer:  # noqa: ANN401
        serializer = self.serializer_class(*args, **kwargs)
        serializer.is_valid(raise_exception=True)
        return serializer

    def _saved(self, serializer: OwnedSerializer, once: Any = None) -> Owned:  # noqa: ANN401
        """With its history in one transaction. Nobody waits for it while something is checked."""
        try:
            with once or transaction.atomic() as sent:
                record: Owned = serializer.save()
                if sent is not None:
                    sent.record_id = record.pk
        except Conflict as error:
            raise StaleVersion(stored=None) from error
        except IntegrityError as error:
            raise Raced from error
        return record

    def _version_in(self, data: object) -> int:
        version = data.get("version") if isinstance(data, dict) else None
        if version is None:
            raise VersionRequired
        if not isinstance(version, int) or isinstance(version, bool):
            raise ValidationError({"version": [ErrorDetail(_("Write a whole number."), code="invalid")]})
        return version

    def _refuse_if_stale(self, record: Owned, version: int) -> None:
        if record.version != version:
            raise StaleVersion(stored=record.version)
