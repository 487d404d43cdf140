"""What nobody thought of, at every operation of the API: no answer outside of the schema, and no 5xx.

A few cases for every run of the tests; `make fuzz-api` sends at least FUZZ_API_CASES of them, prints how many there
were, and fails if there were less (tests/careertrack/conftest.py adds up what the processes tell).
"""

from __future__ import annotations

import itertools
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis.errors import Flaky
from rest_framework.response import Response
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.stateful import run_state_machine_as_test

from projects.viewsets import ProjectViewSet
from records.api.viewsets import OwnedViewSet
from records.models import Account
from tests.careertrack import api_cases
from tests.careertrack.api_cases import MODES, OPERATIONS, SEED, WANTED, Sender, cases_of, loaded

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db(transaction=True)]

# Of those wanted, every tenth is a step along links.
STEPS, LINES = WANTED // 10, 4 if WANTED else 1
EACH = max(2, -(-(WANTED - STEPS) // (len(MODES) * len(OPERATIONS))))
Told = Callable[[str, object], None]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A line for each of thousands of requests helps nobody."""
    logger = logging.getLogger("careertrack.requests")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


def _tell(told: Told, *senders: Sender) -> None:
    statuses: Counter[str] = Counter()
    for sender in senders:
        for (_method, _path, status), number in sender.answered.items():
            statuses[str(status)] += number
    told("api_cases", dict(statuses))


@pytest.mark.parametrize("tag", sorted({tag for tag, _method, _path in OPERATIONS}))
def test_every_answer_is_in_the_schema(
    tag: str, owner: Account, pytestconfig: pytest.Config, record_property: Told
) -> None:
    sender = Sender(owner, chance=random.Random(SEED))  # noqa: S311
    sent: Counter[tuple[str, str, GenerationMode]] = Counter()
    for mode, case in cases_of(tag, number=EACH, folder=pytestconfig.cache.mkdir("api_cases")):
        if sender.chance.random() < 0.7:
            sender.make_plausible(case)
        sender.send(case)
        sent[case.method, case.path, mode] += 1
    _tell(record_property, sender)
    assert sent == {
        (method, path, mode): EACH for of, method, path in OPERATIONS if of == tag for mode in MODES
    }


def _machine(senders: list[Sender], linked: Counter[str]) -> Any:  # noqa: ANN401
    """Walks along the links of the schema. Each walk is an account's own, or the same choices would lead elsewhere."""
    names = itertools.count()

    class Machine(loaded().as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            account = Account.objects.create_user(username=f"walk-{next(names)}")
            self.sender = Sender(account, chance=random.Random(SEED))  # noqa: S311
            senders.append(self.sender)

        def before_call(self, case: Any) -> None:  # noqa: ANN401
            if case.method == "POST":
                self.sender.make_plausible(case)

        def step(self, input: Any) -> Any:  # noqa: ANN401
            output = super().step(input)
            if input.is_applied and output.response.status_code < 300:
                linked[output.case.method] += 1
            return output

        def call(self, case: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            return self.sender.send(case)

        def validate_response(self, response: Any, case: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
            pass  # `send` does

    return Machine


def _walk(machine: Any, *, seed: int, walks: int) -> None:  # noqa: ANN401
    settings = hypothesis.settings(api_cases.settings(walks), stateful_step_count=10)
    run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=settings)


@pytest.mark.parametrize("line", range(LINES))
def test_what_is_made_can_be_read_changed_and_deleted(line: int, db: None, record_property: Told) -> None:
    senders: list[Sender] = []
    linked: Counter[str] = Counter()
    machine = _machine(senders, linked)
    for turn in itertools.count():
        _walk(machine, seed=SEED + line + LINES * turn, walks=5)
        steps = sum(sender.answered.total() for sender in senders)
        if steps >= max(STEPS / LINES, 1) and {"GET", "PATCH", "DELETE"} <= linked.keys():
            break
        assert turn < 20 + STEPS, f"links were followed to {linked}"
    _tell(record_property, *senders)


def _fails(view: Any, request: Any, key: str) -> Response:  # noqa: ANN401
    raise RuntimeError


def _answers_an_undocumented_status(view: Any, request: Any, key: str) -> Response:  # noqa: ANN401
    return Response({}, status=402)


def _answers_more_than_it_says(view: Any, request: Any, key: str) -> Response:  # noqa: ANN401
    return Response({"key": key, "owner": 1})


PLANTED = {
    "Server error": _fails,
    "Undocumented status code": _answers_an_undocumented_status,
    "Response violates schema": _answers_more_than_it_says,
}


@pytest.mark.parametrize("title", PLANTED)
def test_a_wrong_answer_that_was_planted_is_found(
    title: str, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProjectViewSet, "retrieve", PLANTED[title])
    sender = Sender(owner, chance=random.Random(0))  # noqa: S311
    cases = api_cases.drawn("GET", "/api/v1/projects/{key}/", GenerationMode.POSITIVE, number=20)
    found: set[str] = set()
    for case in cases:
        sender.make_plausible(case)
        try:
            sender.send(case)
        except FailureGroup as failures:
            found |= {failure.title for failure in failures.exceptions}
    assert title in found


def test_a_wrong_answer_behind_a_link_is_found(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OwnedViewSet, "destroy", _fails)  # only links lead there
    machine = _machine([], Counter())
    # Walks are not quite repeatable, and Hypothesis says so about those that fail.
    with pytest.raises((FailureGroup, Flaky)):
        _walk(machine, seed=0, walks=200)
