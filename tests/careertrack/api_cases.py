"""Requests that nobody thought of: drawn from the schema, made plausible, sent in-process, held against the schema.

Drawing costs as much as asking, so what was drawn is kept: two runs with the same FUZZ_API_SEED, one on each database,
draw once and send the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
from collections import Counter
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.generation.case import Case
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
from tests.everything import OWNED_MODELS, REFERENCES, create_one

WANTED = int(os.environ.get("FUZZ_API_CASES", "0"))
SEED = int(os.environ.get("FUZZ_API_SEED", "0"))
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = json.loads(schema_document())
# Tag, method, path.
OPERATIONS = [
    (operation["tags"][0], method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
_PARTS = ("path_parameters", "headers", "cookies", "query", "body", "media_type")

Estate = dict[str, tuple[str, int]]


def settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


@cache
def loaded() -> Any:  # noqa: ANN401
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = WSGIHandler()
    return schema


def cases_of(tag: str, *, number: int, folder: Path) -> list[tuple[GenerationMode, Case]]:
    """`number` cases of either mode for every operation; in `folder` is kept what was drawn for the same seed."""
    drawn_by = hashlib.sha256(
        schema_document() + Path(__file__).read_bytes() + version("schemathesis").encode()
    )
    begins = f"{SEED}-{number}-{drawn_by.hexdigest()[:16]}-"
    place = folder / f"{begins}{tag}.pickle"
    if place.exists():
        return [
            (GenerationMode[mode], Case(loaded()[path][method], method=method, path=path, **parts))
            for mode, method, path, parts in pickle.loads(place.read_bytes())  # noqa: S301  # written below
        ]
    cases = [
        (mode, case)
        for of, method, path in OPERATIONS
        if of == tag
        for mode in MODES
        for case in drawn(method, path, mode, number=number)
    ]
    plain = [
        (mode.name, case.method, case.path, {part: getattr(case, part) for part in _PARTS})
        for mode, case in cases
    ]
    place.write_bytes(pickle.dumps(plain))
    for other in folder.glob("*.pickle"):
        if not other.name.startswith(begins):
            other.unlink(missing_ok=True)
    return cases


def drawn(method: str, path: str, mode: GenerationMode, *, number: int) -> list[Case]:
    """Less than `number` where the schema knows no more."""
    found: list[Case] = []

    @hypothesis.seed(SEED)
    @settings(number)
    @given(case=loaded()[path][method].as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


def subject_of(path: str) -> str:
    """`/api/v1/goal-links/{key}/` → `goallink`; empty for what is computed."""
    from careertrack.urls import router

    prefix = path.removeprefix("/api/v1/").split("/")[0]
    viewset: Any = next((each for name, each, _base in router.registry if name == prefix), None)
    return "" if viewset is None else str(viewset.model()._meta.model_name)


def estate_of(owner: Account, *, only: frozenset[str] = frozenset()) -> Estate:
    """Key and version of one record of every model (or of some), by the name of the model."""
    found = {}
    for model in OWNED_MODELS:
        name = str(model._meta.model_name)
        if only and name not in only:
            continue
        with owner_scope(owner):
            record = model.objects.first()
        if record is None:
            record = create_one(model, owner=owner)
        with owner_scope(owner):
            found[name] = (joined(record.key), record.version)
    return found


@cache
def _goes_with(subject: str) -> frozenset[str]:
    """What a deletion may take with it, itself included."""
    gone = {subject}
    while (
        more := {
            str(model._meta.model_name)
            for model, field in REFERENCES
            if str(model._meta.get_field(field).related_model._meta.model_name) in gone  # type: ignore[union-attr]
        }
        - gone
    ):
        gone |= more
    return frozenset(gone)


class Sender:
    """Sends cases with the token of an account that has a record of every model, and keeps count.

    Keys, references and versions that exist are mixed in, or nearly everything would end at the first 404.
    """

    def __init__(self, owner: Account, *, chance: random.Random) -> None:
        self.owner = owner
        self.chance = chance
        self.estate = estate_of(owner)
        token = ApiToken.issue(owner=owner, name="fuzz")[1]
        # Packed answers (gzip) would have to be unpacked first.
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        # By method, path and status.
        self.answered: Counter[tuple[str, str, int]] = Counter()

    def send(self, case: Case) -> Any:  # noqa: ANN401
        """Raises what schemathesis raises for an answer that is not in the schema, and for a 5xx."""
        response = case.call(headers=self.headers)
        self.answered[case.method, case.path, response.status_code] += 1
        self._follow(case, response)
        case.validate_response(response, checks=CHECKS)
        return response

    def _follow(self, case: Case, response: Any) -> None:  # noqa: ANN401
        """What the request changed; a deletion takes others with it."""
        subject = subject_of(case.path)
        if not subject or case.method == "GET" or response.status_code >= 300:
            return
        if case.method == "DELETE":
            self.estate.update(estate_of(self.owner, only=_goes_with(subject)))
        elif "version" in (saved := response.json()):  # many figures at once answer keys alone
            self.estate[subject] = (saved["key"], saved["version"])

    def make_plausible(self, case: Case) -> None:
        """Like what a script would send, but for what was drawn: all of the body, or one or two fields of it."""
        subject = subject_of(case.path)
        key, version = self.estate.get(subject, ("", 1))
        if subject and "key" in (case.path_parameters or {}):
            case.path_parameters["key"] = key
        if case.method == "DELETE" and isinstance(case.query, dict):
            case.query["version"] = version
        if not isinstance(case.body, dict) or "measurements" in case.body:
            return
        if self.chance.random() < 0.5:
            names = self.chance.sample(sorted(case.body), k=min(len(case.body), self.chance.choice([1, 2])))
            case.body = _example(case.path, case.method) | {name: case.body[name] for name in names}
        if case.method in ("PUT", "PATCH"):
            case.body["version"] = version
        elif self.chance.random() < 0.8:
            case.body.pop("slug", None)  # one that is not taken is made
        self._refer(case.body)

    def _refer(self, body: dict[str, Any]) -> None:
        chance, estate = self.chance, self.estate
        for name in list(body):
            if name == "source":
                body[name] = estate["document"][0]
            elif name in estate and chance.random() < 0.8:
                body[name] = estate[name][0]
            elif name in ("later", "earlier", "parent"):
                body[name] = estate["goal"][0]
            elif name in ("period", "set_in", "due", "to_period") and chance.random() < 0.8:
                body[name] = f"{chance.randint(2000, 2030)}{chance.choice(['', '-Q1', '-H2', '-03'])}"


def _example(path: str, method: str) -> dict[str, Any]:
    """The body that the schema shows, without `version`."""
    described = DOCUMENT["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    (example,) = described["examples"].values()
    return {name: value for name, value in example["value"].items() if name != "version"}
