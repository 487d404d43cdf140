"""What drf-spectacular has no word for: headers, links from what was created, the errors of a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string"},
    "description": (
        "A name of your own for this request, to be sent again with it when no answer arrived: within a day the same "
        "name with the same body makes one record and answers with it."
    ),
}


def completed(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: ANN401
    """A hook of drf-spectacular: the schema with all of that."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.startswith("Patched"):
            schema["required"] = ["version"]
    schemas["Problem"]["properties"] |= {
        "errors": {
            "type": "array",
            "description": "Each value that is not accepted.",
            "items": {
                "type": "object",
                "properties": {
                    "field": {
                        "type": ["string", "null"],
                        "description": "The field or query parameter; null for the record as a whole.",
                    },
                    "code": {"type": "string", "description": "Never changes."},
                    "message": {"type": "string", "description": "What is wrong, for people."},
                },
                "required": ["field", "code", "message"],
            },
        },
        "stored_version": {"type": "integer", "description": "With `stale_version`: the present version."},
    }
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                _add_headers(response, method, status)
                if int(status) >= 400:
                    operation["responses"][status] = _shared(response, status, result["components"])
            if method == "post" and "201" in operation["responses"]:
                _add_links(operation["responses"]["201"], result["paths"].get(f"{path}{{key}}/", {}))
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    result["tags"] = sorted(
        ({"name": tag} for tag in {op["tags"][0] for ops in result["paths"].values() for op in ops.values()}),
        key=lambda tag: tag["name"],
    )
    return result


def _shared(response: dict[str, Any], status: str, components: dict[str, Any]) -> dict[str, str]:
    """A refusal is described once, not once per operation."""
    name = f"Problem{status}"
    components.setdefault("responses", {})[name] = response
    return {"$ref": f"#/components/responses/{name}"}


def _add_headers(response: dict[str, Any], method: str, status: str) -> None:
    text = {"schema": {"type": "string"}}
    if status in ("200", "304") and method == "get":
        response["headers"] = {"ETag": {**text, "description": "For `If-None-Match`."}}
    elif status == "201":
        response["headers"] = {"Location": {**text, "description": "The address of the record."}}
    elif status == "401":
        response["headers"] = {"WWW-Authenticate": {**text, "description": "`Bearer`."}}
    elif status in ("429", "503"):
        response["headers"] = {"Retry-After": {**text, "description": "Seconds to wait."}}


def _add_links(response: dict[str, Any], operations: Mapping[str, Any]) -> None:
    key, version = "$response.body#/key", "$response.body#/version"
    links: dict[str, Any] = {}
    for method, operation in operations.items():
        link: dict[str, Any] = {"operationId": operation["operationId"], "parameters": {"key": key}}
        if method == "delete":
            link["parameters"]["version"] = version
        if method == "patch":
            link["requestBody"] = {"version": version}
        if method != "put":
            links[operation["operationId"]] = link
    response["links"] = links
