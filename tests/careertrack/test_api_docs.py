"""docs/api.md does what it says; the schema is valid, and its examples fit it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.management.commands.spectacular import Command
from pytest_django.live_server_helper import LiveServer

from records.api import problems
from records.api.openapi import schema_document
from records.models import Account, ApiToken
from tests.environment import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = json.loads(schema_document())
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def variables(transactional_db: None, live_server: LiveServer) -> dict[str, str]:
    """A server with the example career, and a token for it."""
    Account.objects.create_user(username="demo")
    call_command("loaddata", "career.json", verbosity=0)
    _token, text = ApiToken.issue(owner=Account.objects.get(username="demo"), name="docs")
    return {**os.environ, "CAREERTRACK": live_server.url, "TOKEN": text}


@pytest.mark.django_db(transaction=True)
def test_python_examples_run_in_order(variables: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "examples.py"
    script.write_text("\n".join(blocks("python")), encoding="utf-8")
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(script)], env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_examples_answer_json(variables: dict[str, str]) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) == 6
    for line in lines:
        done = subprocess.run(  # noqa: S603
            ["bash", "-c", line],  # noqa: S607
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        answer = json.loads(done.stdout)
        assert answer
        assert "code" not in answer


def test_every_code_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", TEXT.partition("## When something is refused")[2]))
    assert {code for codes in problems.CODES.values() for code in codes} <= explained


def test_schema_is_valid_and_nothing_in_it_had_to_be_guessed(tmp_path: Path) -> None:
    call_command(Command(), "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    assert DOCUMENT["openapi"] == "3.1.0"


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _operation in OPERATIONS])
def test_operation_parameter_and_error_is_explained(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["security"] == [{"token": []}, {"cookieAuth": []}]
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
    for status, response in operation["responses"].items():
        if "$ref" in response:
            response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
        assert response["description"] not in ("", "No response body"), status
    assert not any(
        "database" in word.lower() and "id" in word.lower().split() for word in [operation["description"]]
    )


def _examples(place: Any) -> Any:  # noqa: ANN401
    for media in place.get("content", {}).values():
        for example in media.get("examples", {}).values():
            yield media["schema"], example["value"]


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _operation in OPERATIONS])
def test_examples_fit_their_schema(name: str, operation: dict[str, Any]) -> None:
    places = [operation.get("requestBody", {}), *operation["responses"].values()]
    for schema, example in (pair for place in places for pair in _examples(place)):
        resolved = {**schema, "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(resolved).validate(example)


def test_schema_and_its_page_are_for_whoever_is_signed_in(
    owner: Account, owner_client: Client, client: Client
) -> None:
    assert client.get("/api/v1/schema/").status_code == 401
    assert client.get("/api/v1/docs/").headers["Location"].startswith("/accounts/login/")
    _token, text = ApiToken.issue(owner=owner, name="script")
    by_token = client.get("/api/v1/schema/", headers={"Authorization": f"Bearer {text}"})
    assert by_token.content == owner_client.get("/api/v1/schema/").content == schema_document()
    page = owner_client.get("/api/v1/docs/")
    assert b'data-schema="/api/v1/schema/"' in page.content
    assert b"style=" not in page.content
