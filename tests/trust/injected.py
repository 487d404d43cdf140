"""An account with a payload in every text field of every model, and what a page must not have in it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.db import models

from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone
from metrics.models import Measurement, Mention, Metric
from projects.models import Achievement, Engagement, Project, Skill, SkillUse
from records.models import Account, ApiToken, Document, Owned, Upload
from records.ownership import owner_scope
from records.periods import FIRST_YEAR
from tests.everything import OWNED_MODELS, create_one
from tests.trust.payloads import CALL, PAYLOADS

ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data"}
# Digits, addresses and lines: no door lets a sentence in.
NOT_TEXT = {"slug", "sha256", "source_lines", "digest", "fingerprint", "prefix", "url"}


def text_fields(model: type[Owned]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name not in NOT_TEXT
    ]


def store_payloads(owner: Account, payloads: list[str]) -> None:
    """One record of every model for each payload, in each of its text fields; the first note holds all of them.

    Records that belong to others belong to those of the same payload.
    """
    made: dict[type[Owned], list[Any]] = {}
    for model in sorted(OWNED_MODELS, key=_depth):
        made[model] = []
        # One a year, and links in pairs: several payloads in each of them.
        step = {Document: -(-len(payloads) // 100), GoalLink: 2}.get(model, 1)
        for number in range(0, len(payloads) - step + 1, step):
            record = create_one(model, owner=owner, **_beside(model, number // step, made))
            for field in text_fields(model):
                text = " ".join(payloads[number : number + step])
                if field.name == "check_key" or (model is ApiToken and field.name == "name"):
                    text = f"{number}{text}"  # unique, also where it is cut
                if field.name == "note" and number == 0:
                    text = "\n".join(payloads)[:20_000]
                setattr(record, field.name, _fitting(text, field))
            with owner_scope(owner):
                record.save()
            made[model].append(record)


def _depth(model: type[Owned]) -> int:
    """Those that others refer to come first."""
    order: list[Any] = [Document, Project, Skill, Metric, Goal, Measurement, Achievement]
    return order.index(model) if model in order else len(order)


def _beside(model: type[Owned], number: int, made: dict[type[Owned], list[Any]]) -> dict[str, Any]:
    """What must be given, or be made for each of them."""
    if model is Document:
        return {"year": FIRST_YEAR + number}
    if model is GoalLink:
        return {"later": made[Goal][2 * number], "earlier": made[Goal][2 * number + 1]}
    if model is Upload:
        return {"slug": f"{number:032x}"}
    if model is Goal:
        return {"metric": made[Metric][number], "aim": "at_least", "target": 10}
    parents: dict[str, tuple[Any, Any]] = {
        "project": (Engagement, Project),
        "skill": (SkillUse, Skill),
        "metric": (Measurement, Metric),
        "measurement": (Mention, Measurement),
        "achievement": (Evidence, Achievement),
    }
    given: dict[str, Any] = {
        name: made[parent][number] for name, (child, parent) in parents.items() if model is child
    }
    if model in (Evidence, GoalResult, Milestone):
        given["goal"] = made[Goal][number]
    return given


def _fitting(text: str, field: models.Field[Any, Any]) -> str:
    if isinstance(field, models.CharField):
        text = text.replace("\n", " ").replace("\t", " ")  # one line, as its validation demands
    return text[: field.max_length]


class Dangers(HTMLParser):
    """What could run in a page: handlers, scripts that are not ours, addresses that are scripts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._element = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element = tag
        if tag in ("iframe", "object", "embed", "base"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            is_script = name in ADDRESSES and address.startswith(("javascript:", "vbscript:", "data:text"))
            if is_script or name.startswith("on") or name in ("srcdoc", "http-equiv"):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_endtag(self, tag: str) -> None:
        self._element = ""

    def handle_data(self, data: str) -> None:
        # Data for scripts stands in elements like <script type="application/json">, where nothing runs; but a
        # payload that ended the element would be here as an element of its own.
        if self._element in ("script", "style") and CALL in data:
            self.found.append(f"<{self._element}> {data[:80]}")


def payloads_of(page: str) -> set[str]:
    """Those that a reader of the page sees, as they were typed."""
    text = _Text(page).text
    return {payload for payload in PAYLOADS if payload.replace("\n", " ").replace("\t", " ") in text}


class _Text(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._parts: list[str] = []
        self.feed(page)
        self.close()
        self.text = " ".join("".join(self._parts).replace("\n", " ").replace("\t", " ").split(" "))

    def handle_data(self, data: str) -> None:
        self._parts.append(data)
