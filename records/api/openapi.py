"""The schema of the API, OpenAPI 3.1, made of the same declarations that it runs by.

Importing this takes half a second (drf-spectacular), so only whoever asks for the schema pays for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from records.api import problems
from records.api.examples import example_of
from records.api.fields import Readable
from records.api.serializers import OwnedSerializer, updating
from records.api.strict_json import written

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` of an earlier answer: nothing is sent again that has not changed (304).",
)
KEY = (
    "What names the record: the parts of its natural key joined by `~`, an absent part empty. `!` and two hexadecimal "
    "digits stand for a byte that could be mistaken inside an address: `~` is `!7E`, `/` is `!2F`. "
    "Parts: {parts}."
)
_DONE = {
    "list": "A page of the list.",
    "retrieve": "The record.",
    "create": "The record as it was saved; `Location` is its address.",
    "update": "The record as it was saved.",
    "partial_update": "The record as it was saved.",
}


class Problem(serializers.Serializer):
    """What every refusal looks like: RFC 9457, with a stable `code`."""

    type = serializers.CharField(help_text="Always `about:blank`; look at `code`.")
    title = serializers.CharField(help_text="The phrase of the status.")
    status = serializers.IntegerField(help_text="The status, once more.")
    code = serializers.ChoiceField(
        [(code, "") for codes in problems.CODES.values() for code in codes],
        help_text="Never changes, in whatever language the sentences are.",
    )
    detail = serializers.CharField(help_text="What is wrong, for people.")


class ReadableExtension(OpenApiSerializerFieldExtension):
    target_class = "records.api.fields.Readable"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:  # noqa: ANN401
        schema: dict[str, Any] = self.target.described(writing=direction == "request")
        return schema


class TokenExtension(OpenApiAuthenticationExtension):
    target_class = "records.tokens.TokenAuthentication"
    name = "token"
    match_subclasses = True

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ANN401
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of your account, from its token page.",
        }


class OwnedSchema(AutoSchema):
    """Describes a view of ours from what it declares: parameters, serializer, answers."""

    view: Any
    method: str

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def _model(self) -> Any:  # noqa: ANN401
        return self.view.model() if hasattr(self.view, "model") else None

    @property
    def _subject(self) -> str:
        """The first word of the address below the version: `goal-links`."""
        return str(self.path).removeprefix("/api/v1/").split("/")[0]

    @property
    def _one(self) -> str:
        return str(self._model._meta.verbose_name)

    def get_tags(self) -> list[str]:
        return [self._subject]

    def get_operation_id(self) -> str:
        if self._model is None:
            does = "read" if self.method == "GET" else self.method.lower()
            return f"{does}_" + "_".join(
                part.replace("-", "_")
                for part in self.path.removeprefix("/api/v1/").strip("/").split("/")
                if "{" not in part
            )
        verb = {"partial_update": "change", "update": "replace", "retrieve": "read", "destroy": "delete"}
        return f"{verb.get(self._action, self._action)}_{self._subject.replace('-', '_')}"

    def get_summary(self) -> str:
        if self._model is None:
            return str(self.view.__doc__ or "").strip().partition("\n")[0]
        many, one = str(self._model._meta.verbose_name_plural), self._one
        return {
            "list": f"List {many}",
            "create": f"Create a record: {one}",
            "retrieve": f"Read one: {one}",
            "update": f"Replace one: {one}",
            "partial_update": f"Change some fields of one: {one}",
            "destroy": f"Delete one: {one}",
        }[self._action]

    def get_description(self) -> str:  # type: ignore[override]
        about = " ".join(str(self.view.__doc__ or "").split())
        more = {
            "list": "Pages begin after a record: follow `next` until it is null. Nothing is counted.",
            "create": "What is left out is as in a new record. Names that are no fields are refused.",
            "update": (
                "What is left out is as in a new record, except the slug. `version` is the one you read; if the stored "
                "one is another by now, nothing is saved (409). What was read can be sent back as it is."
            ),
            "partial_update": (
                "What is left out stays. `version` is the one you read; if the stored one is another by now, nothing "
                "is saved (409)."
            ),
            "destroy": "`version` is the one you read. What belongs to the record goes with it.",
        }
        return f"{about} {more.get(self._action, '')}".strip()

    def get_override_parameters(self) -> list[Any]:
        known = (
            self.view.parameters_of(self._action)
            if hasattr(self.view, "parameters_of")
            else self.view.parameters.get(self._action, ())
        )
        described = [
            OpenApiParameter(
                each.name,
                each.schema,
                OpenApiParameter.QUERY,
                required=self._action == "destroy",
                description=each.description,
                examples=[] if each.example is None else [OpenApiExample("example", value=each.example)],
            )
            for each in known
        ]
        return [*described, IF_NONE_MATCH] if self.method == "GET" else described

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [self._path_parameter(name) for name in variables]

    def _path_parameter(self, name: str) -> dict[str, Any]:
        if name == "year":
            about, schema = "The year.", {"type": "integer", "minimum": 1900, "maximum": 2199}
            example: Any = 2023
        elif self._model is None:
            about, schema, example = "The slug of the metric.", {"type": "string"}, "schedule-adherence"
        else:
            about = KEY.format(parts=", ".join(f"`{part}`" for part in self._model.natural_fields))
            schema, example = (
                {"type": "string", "minLength": 1},
                example_of(self.view.serializer_class)["key"],
            )
        examples = {"example": {"value": example}}
        return {
            "name": name,
            "in": "path",
            "required": True,
            "description": about,
            "schema": schema,
            "examples": examples,
        }

    def get_request_serializer(self) -> Any:  # noqa: ANN401
        if hasattr(self.view, "takes_many"):
            name, most, serializer = self.view.takes_many
            item = self.resolve_serializer(serializer(), "request").ref
            many = {"type": "array", "items": item, "maxItems": most}
            return {
                "application/json": {
                    "type": "object",
                    "properties": {name: many},
                    "required": [name],
                    "additionalProperties": False,
                }
            }
        if self._action in ("update", "partial_update"):
            return updating(self.view.serializer_class)()
        return self.view.serializer_class() if self._action == "create" else None

    def get_examples(self) -> list[OpenApiExample]:
        if self._model is None:
            if hasattr(self.view, "takes_many"):
                name, _most, serializer = self.view.takes_many
                whole = example_of(serializer)
                sent = {key: whole[key] for key in serializer.Meta.fields if whole[key] is not None}
                return [OpenApiExample("example", value={name: [sent]}, request_only=True)]
            return []
        whole = example_of(self.view.serializer_class)
        sent = {
            name: whole[name] for name in self.view.serializer_class.Meta.fields if whole[name] is not None
        }
        match self._action:
            case "create":
                return [OpenApiExample("example", value=sent, request_only=True)]
            case "update":
                return [OpenApiExample("example", value={**sent, "version": 1}, request_only=True)]
            case "partial_update":
                value = {"note": "Counted again.", "version": 1}
                return [OpenApiExample("example", value=value, request_only=True)]
        return []

    def get_response_serializers(self) -> Any:  # noqa: ANN401
        responses: dict[Any, Any] = dict(self._successes())
        for status in self._refusals():
            codes = problems.CODES[status]
            about = " ".join(f"`{code}`: {meaning}" for code, meaning in codes.items())
            code = next(iter(codes))
            example = problems.document(status, code, codes[code])
            responses[status, problems.CONTENT_TYPE] = OpenApiResponse(
                Problem, about, examples=[OpenApiExample(code, value=example)]
            )
        return responses

    def _successes(self) -> Mapping[int, Any]:
        not_modified = {
            304: OpenApiResponse(None, "Nothing has changed since the `ETag` in `If-None-Match`.")
        }
        if self._model is None:
            described = self._with_records(dict(self.view.answers), self._component)
            example = self._with_records(self.view.example, example_of)
            answers = OpenApiResponse(described, "The answer.", examples=self._example(example))
            return {200: answers, **not_modified}
        whole = example_of(self.view.serializer_class)
        match self._action:
            case "list":
                item = self.resolve_serializer(self.view.serializer_class(), "response").ref
                page = {
                    "type": "object",
                    "properties": {
                        "next": {
                            "type": ["string", "null"],
                            "format": "uri",
                            "description": "The address of the next page; null on the last one.",
                        },
                        "results": {"type": "array", "items": item},
                    },
                    "required": ["next", "results"],
                    "additionalProperties": False,
                }
                shown = self._example({"next": None, "results": [whole]})
                return {200: OpenApiResponse(page, _DONE["list"], examples=shown), **not_modified}
            case "retrieve":
                answer = OpenApiResponse(
                    self.view.serializer_class, _DONE["retrieve"], examples=self._example(whole)
                )
                return {200: answer, **not_modified}
            case "destroy":
                return {204: OpenApiResponse(None, "It is deleted.")}
        status = 201 if self._action == "create" else 200
        about = _DONE[self._action]
        return {status: OpenApiResponse(self.view.serializer_class, about, examples=self._example(whole))}

    def _component(self, serializer: type[OwnedSerializer]) -> dict[str, str]:
        reference: dict[str, str] = self.resolve_serializer(serializer(), "response").ref
        return reference

    def _with_records(self, value: Any, of: Callable[[type[OwnedSerializer]], Any]) -> Any:  # noqa: ANN401
        """With something for every serializer in it: a computed answer may hold records as their lists have them."""
        match value:
            case type():
                return of(value)
            case dict():
                return {name: self._with_records(inner, of) for name, inner in value.items()}
            case list():
                return [self._with_records(inner, of) for inner in value]
        return value

    @staticmethod
    def _example(value: Any) -> list[OpenApiExample]:  # noqa: ANN401
        return [] if value is None else [OpenApiExample("example", value=value)]

    def _refusals(self) -> list[int]:
        found = {400, 401, 403, 406, 429, 500, 503}
        if "{" in self.path:
            found.add(404)
        if self.method in ("POST", "PUT", "PATCH"):
            found |= {409, 413, 415}
        if self.method in ("PUT", "PATCH", "DELETE") and self._model is not None:
            found |= {409, 428}
        return sorted(found)

    def _is_list_view(self, serializer: Any = None) -> bool:  # noqa: ANN401
        return False

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:  # noqa: ANN401
        if not isinstance(field, Readable):  # which describes itself
            super()._insert_field_validators(field, schema)

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:  # noqa: ANN401
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, OwnedSerializer):
            schema["additionalProperties"] = False
            if direction == "response":
                # `?fields=` leaves some out.
                schema.pop("required", None)
            for name in schema["properties"]:
                schema["properties"][name].pop("readOnly", None)
            if direction == "request":
                for name, field in serializer.fields.items():
                    if field.read_only:
                        schema["properties"][name] = {
                            "description": "Ignored: what was read can be sent back."
                        }
                schema["required"] = [name for name, field in serializer.fields.items() if field.required]
            schema["description"] = " ".join(str(serializer.Meta.model.__doc__).split())
        return schema


@cache
def schema_document() -> bytes:
    """The schema as JSON, in English, made once a process (about a second)."""
    with translation.override("en"):
        return written(SchemaGenerator().get_schema(request=None, public=True))
