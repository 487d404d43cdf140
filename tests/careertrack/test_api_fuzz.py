"""What nobody thought of, at every operation of the API: no answer outside of the schema, and no 5xx.

A few cases for every run of the tests; `make fuzz-api` asks for at least FUZZ_API_CASES of them and prints how many
there were. Keys, references and versions that exist are mixed in, or nearly everything would end at the first 404.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from records.api.openapi import schema_document
from records.keys import joined
from records.models import Account, ApiToken
from records.ownership import owner_scope
from tests.everything import OWNED_MODELS, create_one

pytestmark = pytest.mark.django_db(transaction=True)

WANTED = int(os.environ.get("FUZZ_API_CASES", "0"))
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = json.loads(schema_document())
OPERATIONS = [
    (operation["tags"][0], method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
EXAMPLES = max(2, -(-WANTED // (2 * len(OPERATIONS))))
ROUNDS = max(1, WANTED // 400)
asked: Counter[int] = Counter()


def _settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not WANTED,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )


@pytest.fixture
def token(owner: Account) -> str:
    return ApiToken.issue(owner=owner, name="fuzz")[1]


@cache
def _loaded() -> Any:  # noqa: ANN401
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = WSGIHandler()
    return schema


def _headers(token: str) -> dict[str, str]:
    """Packed answers (gzip) would have to be unpacked first."""
    return {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}


Estate = dict[str, tuple[str, int]]


def _estate(owner: Account, *, only: str = "") -> Estate:
    """Key and version of one record of every model (or of one), by the name of the model."""
    found = {}
    for model in OWNED_MODELS:
        if only not in ("", model._meta.model_name):
            continue
        with owner_scope(owner):
            record = model.objects.first()
        if record is None:
            record = create_one(model, owner=owner)
        with owner_scope(owner):
            found[str(model._meta.model_name)] = (joined(record.key), record.version)
    return found


def _after(response: Any, method: str, *, subject: str, estate: Estate, owner: Account) -> None:  # noqa: ANN401
    """Looks again at what the request may have changed; a deletion takes others with it."""
    if method != "GET" and response.status_code < 300:
        estate.update(_estate(owner, only="" if method == "DELETE" else subject))


def _subject(path: str) -> str:
    """`/api/v1/goal-links/{key}/` → `goallink`."""
    from careertrack.urls import router

    prefix = path.removeprefix("/api/v1/").split("/")[0]
    viewset: Any = next((each for name, each, _base in router.registry if name == prefix), None)
    return "" if viewset is None else str(viewset.model()._meta.model_name)


@pytest.mark.parametrize("tag", sorted({tag for tag, _method, _path in OPERATIONS}))
def test_every_answer_is_in_the_schema(tag: str, owner: Account, token: str) -> None:
    estate = _estate(owner)
    for of, method, path in OPERATIONS:
        if of == tag:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _throw_at(method, path, mode, owner=owner, token=token, estate=estate)


def _throw_at(
    method: str, path: str, mode: GenerationMode, *, owner: Account, token: str, estate: Estate
) -> None:
    operation = _loaded()[path][method]
    chance = random.Random(f"{method} {path} {mode}")  # noqa: S311
    subject = _subject(path)

    @_settings(EXAMPLES)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:  # noqa: ANN401
        if chance.random() < 0.7:
            _make_plausible(case, subject=subject, estate=estate, chance=chance)
        response = case.call(headers=_headers(token))
        asked[response.status_code] += 1
        _after(response, method, subject=subject, estate=estate, owner=owner)
        case.validate_response(response, checks=CHECKS)

    ask()


def _make_plausible(
    case: Any,  # noqa: ANN401
    *,
    subject: str,
    estate: Estate,
    chance: random.Random,
) -> None:
    key, version = estate.get(subject, ("", 1))
    if subject and "key" in (case.path_parameters or {}):
        case.path_parameters["key"] = key
    if case.method == "DELETE" and isinstance(case.query, dict):
        case.query["version"] = version
    if not isinstance(case.body, dict):
        return
    if case.method in ("PUT", "PATCH"):
        case.body["version"] = version
    for name in list(case.body):
        if name == "source":
            case.body[name] = estate["document"][0]
        elif name in estate and chance.random() < 0.8:
            case.body[name] = estate[name][0]
        elif name in ("later", "earlier", "parent"):
            case.body[name] = estate["goal"][0]
        elif name in ("period", "set_in", "due", "to_period") and chance.random() < 0.8:
            case.body[name] = chance.choice(["2023", "2024-Q1", "2024-H2", "2024-03"])
        elif name == "slug" and chance.random() < 0.5:
            del case.body[name]


def test_what_is_made_can_be_read_changed_and_deleted(owner: Account, token: str) -> None:
    class Machine(_loaded().as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.estate = _estate(owner)

        def before_call(self, case: Any) -> None:  # noqa: ANN401
            if case.method == "POST":
                _make_plausible(
                    case,
                    subject=_subject(case.path),
                    estate=self.estate,
                    chance=random.Random(str(case.body)),  # noqa: S311
                )

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:  # noqa: ANN401
            return {"headers": _headers(token)}

        def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:  # noqa: ANN401
            asked[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

    before = asked.total()
    for _round in range(ROUNDS):
        # What was made stays made, so the same choices lead elsewhere later on: to Hypothesis that is flaky, and it
        # stops. Every answer until then was held against the schema.
        with contextlib.suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(
                Machine, settings=hypothesis.settings(_settings(3), stateful_step_count=8)
            )
    assert asked.total() > before


@pytest.fixture(autouse=True)
def _counted(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """How many cases there were, and what they came to: tests/careertrack/conftest.py adds up what the tests tell."""
    asked.clear()
    logger = logging.getLogger("careertrack.requests")
    level = logger.level
    logger.setLevel(logging.ERROR)  # a line for each of thousands helps nobody
    yield
    logger.setLevel(level)
    if WANTED:
        record_property("api_cases", dict(asked))
