"""A claim and what its owner decided about it: open, settled, to be corrected, corrected, or open again."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from metrics.checks import Agreement, Check
from metrics.claims import Claim, Unread
from metrics.models import Settlement
from metrics.rows import Row, Subject, model_of, record_of
from metrics.units import plain
from records.models import Record


class State(enum.Enum):
    """What became of a check. The first three are open, whatever its verdict."""

    OPEN = "open"
    REOPENED = "reopened"
    TO_BE_CORRECTED = "to_be_corrected"
    SETTLED = "settled"
    CORRECTED = "corrected"


class Finding(NamedTuple):
    """A claim, and what its owner decided about it.

    `settlement` None: nobody decided anything. A settlement counts only while its fingerprint is this one; the
    decision to correct the record is fulfilled by figures that changed and no longer contradict.
    """

    claim: Claim
    settlement: Settlement | None

    @property
    def key(self) -> str:
        """Names the check as long as the records keep their names."""
        return self.claim.key

    @property
    def check(self) -> Check:
        return self.claim.check

    @property
    def year(self) -> int:
        return self.claim.year

    @property
    def record(self) -> Record:
        """The record that makes the claim. No query."""
        return record_of(self.claim.subject)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What makes the claim, and what it was computed from, which must have been read (metrics/unread.py)."""
        assert not isinstance(self.claim.parts, Unread)  # noqa: S101
        return (self.claim.subject, *self.claim.parts)

    @property
    def inputs(self) -> tuple[Record, ...]:
        """The records it was computed from, each made anew. No query."""
        return tuple(map(record_of, self.subjects[1:]))

    @property
    def state(self) -> State:
        if self.settlement is None:
            return State.OPEN
        is_unchanged = self.settlement.fingerprint == self.fingerprint
        if self.settlement.decision != Settlement.Decision.CORRECT:
            return State.SETTLED if is_unchanged else State.REOPENED
        if is_unchanged:
            return State.TO_BE_CORRECTED
        return State.REOPENED if self.check.verdict == Agreement.CONTRADICTS else State.CORRECTED

    @property
    def is_settled(self) -> bool:
        """Accepted or annotated as it is, or corrected. What is still to be corrected is open."""
        return self.state in (State.SETTLED, State.CORRECTED)

    @property
    def is_reopened(self) -> bool:
        """Decided once, on figures that have changed since without coming right."""
        return self.state is State.REOPENED

    @property
    def is_to_be_corrected(self) -> bool:
        return self.state is State.TO_BE_CORRECTED

    @property
    def is_corrected(self) -> bool:
        return self.state is State.CORRECTED

    @property
    def is_open_contradiction(self) -> bool:
        return self.check.verdict == Agreement.CONTRADICTS and not self.is_settled

    @property
    def fingerprint(self) -> str:
        """Changes with any of the figures, and with nothing else: not with the language of the page."""
        check = self.check
        parts = [
            check.kind,
            check.verdict,
            check.unit,
            _neutral(check.stated),
            _neutral(check.computed),
        ]
        for subject in self.subjects:
            model = model_of(subject)
            parts += [model._meta.label, *[_neutral(getattr(subject, name)) for name in _facts(model)]]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def anchor(self) -> str:
        """Where it stands on the page of checks."""
        return f"check-{hashlib.sha256(self.key.encode()).hexdigest()[:12]}"

    def has_project(self, project_id: int) -> bool:
        """Whether the record or one of its inputs is of the project; of unread ones, of the project asked for."""
        parts = self.claim.parts
        if isinstance(parts, Unread):
            return parts.has_project
        return any(getattr(each, "project_id", None) == project_id for each in (self.claim.subject, *parts))


# What a fingerprint leaves out: bookkeeping, and where a figure stands.
_NO_FACTS = {"id", "owner", "note", "version", "created_at", "updated_at", "source", "source_lines"}


@cache
def _facts(model: type[Record]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if field.name not in _NO_FACTS)


def _neutral(value: object) -> str:
    """`62` for 62 and 62.0000: a figure reads the same before and after it was stored."""
    return plain(value) if isinstance(value, Decimal) else str(value)


class Decisions:
    """Settlements by the check they are about."""

    def __init__(self, settlements: Iterable[Settlement]) -> None:
        self._by_key = {each.check_key: each for each in settlements}
        self._kinds_and_slugs = {_kind_and_slug(key) for key in self._by_key}

    @property
    def figures(self) -> set[tuple[str, str]]:
        """Slug and period of the figures, not of single projects, about which something is decided."""
        names = (key.partition("#")[0].split("/") for key in self._by_key)
        return {(name[1], name[2]) for name in names if len(name) == 3}

    def of(self, claim: Claim) -> Settlement | None:
        """None: nobody decided anything. Of very many claims few are settled, so their keys are rarely written."""
        if not self._by_key:
            return None
        subject = claim.subject
        if isinstance(subject, Row) and (claim.check.kind, subject.metric.slug) not in self._kinds_and_slugs:
            return None
        return self._by_key.get(claim.key)


def _kind_and_slug(key: str) -> tuple[str, str]:
    """Of `restated:measurement/commits/2024` restated and commits."""
    kind, _colon, name = key.partition(":")
    return kind, name.split("/")[1] if "/" in name else ""
