"""What the sweep is about: one record of every model with a marker in each of its texts, and the keys to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone
from metrics.audit import audit
from metrics.models import Measurement
from projects.models import Skill, SkillUse
from records.keys import joined
from records.models import Account, ApiToken, Owned
from records.ownership import every_owner, owner_scope
from tests.everything import OWNED_MODELS, create_one

MARKER = "zqmark"
# A part of every marker that is not one itself: to search for, as an answer may repeat what was asked.
SEARCHED = "qmar"
FIRST_KEY, MISSING_KEY = 7_310_001, 8_940_009
MISSING_SLUG = "nosuchslug"
YEAR_SET, YEAR_DUE = 2023, 2024


@dataclass(frozen=True)
class Keys:
    """What stands in addresses and bodies for the records of one owner, or for records that do not exist."""

    account: int
    ids: dict[type[Owned], int] = field(default_factory=dict)
    versions: dict[type[Owned], int] = field(default_factory=dict)
    slugs: dict[type[Owned], str] = field(default_factory=dict)
    # What a form on the page of checks sends to name a check and the figures that were looked at.
    check: dict[str, str] = field(default_factory=dict)
    names: dict[type[Owned], str] = field(default_factory=dict)

    def id_of(self, model: Any) -> int:  # noqa: ANN401
        return self.account if model is Account else self.ids.get(model, MISSING_KEY)

    def version_of(self, model: Any) -> int:  # noqa: ANN401
        return self.versions.get(model, MISSING_KEY)

    def slug_of(self, model: Any) -> str:  # noqa: ANN401
        return self.slugs.get(model, MISSING_SLUG)

    def name_of(self, model: Any) -> str:  # noqa: ANN401
        """The natural key, as it stands in an address of the API."""
        if model in self.names:
            return self.names[model]
        return {"year": "2098", "check_key": MISSING_SLUG, "slug": MISSING_SLUG}.get(
            "~".join(model.natural_fields), MISSING_SLUG + "~2024" * (len(model.natural_fields) - 1)
        )

    def removed_from(self, text: str) -> str:
        """Without the slugs, which an answer may repeat: they were in the question."""
        for slug in self.slugs.values():
            text = text.replace(slug, "")
        return text

    @property
    def all(self) -> list[str]:
        """Every key as text, also as the language writes it, the longest first."""
        numbers = {self.account, MISSING_KEY, *self.ids.values()} - {0}
        texts = {
            MISSING_SLUG,
            *self.slugs.values(),
            *self.names.values(),
            *map(str, numbers),
            *(f"{number:,}" for number in numbers),
        }
        return sorted((text for text in texts if len(text) > 5), key=len, reverse=True)


MISSING = Keys(
    account=MISSING_KEY,
    check={"check": f"ratio:measurement/{MISSING_SLUG}/{YEAR_DUE}", "year": str(YEAR_DUE), "seen": "0" * 64},
)


def build_estate(owner: Account) -> Keys:
    """A goal with all that can belong to it, and one record of every other model. Their ids are unmistakable."""
    made: dict[type[Owned], Any] = {}

    def add(model: type[Owned], **fields: Any) -> Any:  # noqa: ANN401
        key = FIRST_KEY + len(made)
        if model is ApiToken:
            token = ApiToken(id=key, owner=owner, name="script", digest=ApiToken.digest_of("x"), prefix="ct_")
            made[model] = _marked(token)
        else:
            made[model] = _marked(create_one(model, owner=owner, id=key, **fields))
        return made[model]

    by_name = {model.__name__: model for model in OWNED_MODELS}
    source = add(by_name["Document"], year=YEAR_DUE)
    metric = add(by_name["Metric"], source=source)
    add(Measurement, metric=metric, period=str(YEAR_DUE), source=source, value=50, numerator=1, denominator=4)
    goal = add(Goal, metric=metric, target=10, aim="at_least", source=source)
    add(Evidence, goal=goal, url="https://example.org/", source=source)
    add(Milestone, goal=goal)
    add(GoalResult, goal=goal, source=source)
    add(GoalLink, earlier=goal, source=source)
    add(SkillUse, skill=add(Skill))
    for model in OWNED_MODELS:
        if model not in made:
            add(model)
    with owner_scope(owner):
        versions = {
            model: model.history.filter(id=record.pk).order_by("history_id").last().history_id
            for model, record in made.items()
        }
        check = next(each for each in audit() if each.is_open_contradiction)
        names = {model: joined(model.objects.get(pk=record.pk).key) for model, record in made.items()}
    return Keys(
        account=owner.pk,
        names=names,
        ids={model: record.pk for model, record in made.items()},
        versions=versions,
        slugs={
            # A token has no slug; its name stands for it.
            model: record.slug if hasattr(record, "slug") else record.name
            for model, record in made.items()
            if hasattr(record, "slug") or model is ApiToken
        },
        check={"check": check.key, "year": str(check.year), "seen": check.fingerprint},
    )


def _marked(record: Any) -> Any:  # noqa: ANN401
    """Every text that a person may write freely carries a marker of its own."""
    for text in record._meta.concrete_fields:
        if not isinstance(text, models.CharField | models.TextField) or text.choices:
            continue
        if text.name in ("sha256", "source_lines", "digest", "fingerprint", "password_seal"):  # not words
            continue
        marker = f"{MARKER}{record._meta.model_name}{text.name.replace('_', '')}"
        if text.name == "url":
            marker = f"https://example.org/{marker}"
        setattr(record, text.name, marker[: text.max_length])
    with owner_scope(record.owner):
        record.save()
    return record


def digest_of(owner: Account) -> str:
    """Changes whenever any row of the owner, or its history, is changed, added or deleted."""
    digest = hashlib.sha256()
    with every_owner():
        for model in OWNED_MODELS:
            for rows in (model.objects.order_by("id"), model.history.order_by("history_id")):
                digest.update(repr(list(rows.filter(owner=owner.pk).values_list())).encode())
    return digest.hexdigest()
