"""One function per model, each making a valid record of `owner` from nothing else.

Periods may be given as text, figures as text or whole numbers. What is not given and cannot be absent is made
as well, for the same owner. Records are saved in the owner's scope; using them needs a scope of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar, overload

from goals.evaluation import Aim, Verdict
from goals.models import Evidence, Goal, GoalLink, GoalResult, Milestone, Reflection
from metrics.aggregation import Aggregation
from metrics.models import Change, Incident, Measurement, Mention, Metric, Settlement
from metrics.units import Direction, Unit
from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.models import Account, Document, Owned, Upload
from records.ownership import owner_scope
from records.periods import Period

When = Period | str
Figure = Decimal | str | int
AnyRecord = TypeVar("AnyRecord", bound=Owned)


@overload
def _period(when: When) -> Period: ...
@overload
def _period(when: None) -> None: ...
def _period(when: When | None) -> Period | None:
    return Period.parse(when) if isinstance(when, str) else when


def _decimal(figure: Figure | None) -> Decimal | None:
    return None if figure is None else Decimal(figure)


def _saved(record: AnyRecord) -> AnyRecord:
    with owner_scope(record.owner):
        record.save()
    return record


def create_document(
    *,
    owner: Account,
    year: int = 2024,
    title: str = "Year in review",
    language: str = "ko-en",
    **fields: Any,  # noqa: ANN401
) -> Document:
    return _saved(Document(owner=owner, year=year, title=title, language=language, **fields))


def create_project(*, owner: Account, name: str = "Harbour survey", **fields: Any) -> Project:  # noqa: ANN401
    return _saved(Project(owner=owner, name=name, **fields))


def create_engagement(
    *,
    owner: Account,
    project: Project | None = None,
    name: str = "Harbour survey, second phase",
    period: When = "2024",
    starts_on: When | None = None,
    ends_on: When | None = None,
    **fields: Any,  # noqa: ANN401
) -> Engagement:
    return _saved(
        Engagement(
            owner=owner,
            project=project or create_project(owner=owner),
            name=name,
            period=_period(period),
            starts_on=_period(starts_on),
            ends_on=_period(ends_on),
            **fields,
        )
    )


def create_achievement(
    *,
    owner: Account,
    title: str = "Tiles load in a second",
    period: When = "2024",
    category: str = Achievement.Category.TECHNICAL,
    **fields: Any,  # noqa: ANN401
) -> Achievement:
    return _saved(Achievement(owner=owner, title=title, period=_period(period), category=category, **fields))


def create_activity(
    *,
    owner: Account,
    title: str = "On queues",
    period: When = "2024",
    kind: str = Activity.Kind.ARTICLE,
    starts_on: When | None = None,
    ends_on: When | None = None,
    **fields: Any,  # noqa: ANN401
) -> Activity:
    return _saved(
        Activity(
            owner=owner,
            title=title,
            period=_period(period),
            kind=kind,
            starts_on=_period(starts_on),
            ends_on=_period(ends_on),
            **fields,
        )
    )


def create_skill(
    *,
    owner: Account,
    name: str = "Spatial indexes",
    kind: str = Skill.Kind.TECHNIQUE,
    **fields: Any,  # noqa: ANN401
) -> Skill:
    return _saved(Skill(owner=owner, name=name, kind=kind, **fields))


def create_skill_use(
    *,
    owner: Account,
    skill: Skill | None = None,
    period: When = "2024",
    **fields: Any,  # noqa: ANN401
) -> SkillUse:
    return _saved(
        SkillUse(owner=owner, skill=skill or create_skill(owner=owner), period=_period(period), **fields)
    )


def create_metric(
    *,
    owner: Account,
    name: str = "Articles",
    unit: str = Unit.COUNT,
    direction: str = Direction.UP,
    aggregation: str = Aggregation.SUM,
    **fields: Any,  # noqa: ANN401
) -> Metric:
    return _saved(
        Metric(owner=owner, name=name, unit=unit, direction=direction, aggregation=aggregation, **fields)
    )


def create_measurement(
    *,
    owner: Account,
    metric: Metric | None = None,
    period: When = "2024",
    value: Figure | None = 12,
    numerator: Figure | None = None,
    denominator: Figure | None = None,
    **fields: Any,  # noqa: ANN401
) -> Measurement:
    """`value=None` is a period with nothing to measure."""
    return _saved(
        Measurement(
            owner=owner,
            metric=metric or create_metric(owner=owner),
            period=_period(period),
            value=_decimal(value),
            numerator=_decimal(numerator),
            denominator=_decimal(denominator),
            **fields,
        )
    )


def create_mention(
    *,
    owner: Account,
    measurement: Measurement | None = None,
    value: Figure | None = 12,
    as_stated: str = "a dozen",
    **fields: Any,  # noqa: ANN401
) -> Mention:
    return _saved(
        Mention(
            owner=owner,
            measurement=measurement or create_measurement(owner=owner),
            value=_decimal(value),
            as_stated=as_stated,
            **fields,
        )
    )


def create_settlement(
    *,
    owner: Account,
    check_key: str = "parts:articles:2024",
    fingerprint: str = "0" * 64,
    decision: str = Settlement.Decision.ACCEPT,
    reason: str = "Rounded twice.",
    **fields: Any,  # noqa: ANN401
) -> Settlement:
    """Of a check that need not exist: `check_key` and `fingerprint` are texts to the database."""
    return _saved(
        Settlement(
            owner=owner,
            check_key=check_key,
            fingerprint=fingerprint,
            decision=decision,
            reason=reason,
            **fields,
        )
    )


def create_incident(
    *,
    owner: Account,
    title: str = "Queue stood still",
    period: When = "2024-Q1",
    stated_duration: Figure | None = 90,
    **fields: Any,  # noqa: ANN401
) -> Incident:
    """`stated_duration` in minutes."""
    return _saved(
        Incident(
            owner=owner,
            title=title,
            period=_period(period),
            stated_duration=_decimal(stated_duration),
            **fields,
        )
    )


def create_change(
    *,
    owner: Account,
    subject: str = "Package size",
    before: Figure | None = 10,
    after: Figure | None = 4,
    unit: str = Unit.GIGABYTE,
    direction: str = Direction.DOWN,
    to_period: When = "2024",
    from_period: When | None = None,
    stated_change: Figure | None = None,
    **fields: Any,  # noqa: ANN401
) -> Change:
    return _saved(
        Change(
            owner=owner,
            subject=subject,
            before=_decimal(before),
            after=_decimal(after),
            unit=unit,
            direction=direction,
            to_period=_period(to_period),
            from_period=_period(from_period),
            stated_change=_decimal(stated_change),
            **fields,
        )
    )


def create_goal(
    *,
    owner: Account,
    statement: str = "Write more articles",
    kind: str = Goal.Kind.PROFESSIONAL,
    set_in: When = "2023",
    due: When = "2024",
    aim: str = Aim.DO,
    metric: Metric | None = None,
    baseline: Figure | None = None,
    target: Figure | None = None,
    upper_target: Figure | None = None,
    **fields: Any,  # noqa: ANN401
) -> Goal:
    """Words only, unless told otherwise. A goal with a figure gets a metric (a count, higher is better)."""
    if metric is None and (baseline, target) != (None, None):
        metric = create_metric(owner=owner)
    return _saved(
        Goal(
            owner=owner,
            statement=statement,
            kind=kind,
            set_in=_period(set_in),
            due=_period(due),
            aim=aim,
            metric=metric,
            baseline=_decimal(baseline),
            target=_decimal(target),
            upper_target=_decimal(upper_target),
            **fields,
        )
    )


def create_goal_link(
    *,
    owner: Account,
    later: Goal | None = None,
    earlier: Goal | None = None,
    kind: str = GoalLink.Kind.CONTINUES,
    **fields: Any,  # noqa: ANN401
) -> GoalLink:
    return _saved(
        GoalLink(
            owner=owner,
            later=later or create_goal(owner=owner, set_in="2024", due="2025"),
            earlier=earlier or create_goal(owner=owner),
            kind=kind,
            **fields,
        )
    )


def create_milestone(
    *,
    owner: Account,
    goal: Goal | None = None,
    label: str = "First draft",
    position: int = 1,
    due_on: When | None = None,
    **fields: Any,  # noqa: ANN401
) -> Milestone:
    return _saved(
        Milestone(
            owner=owner,
            goal=goal or create_goal(owner=owner),
            label=label,
            position=position,
            due_on=_period(due_on),
            **fields,
        )
    )


def create_goal_result(
    *,
    owner: Account,
    goal: Goal | None = None,
    verdict: str = Verdict.ACHIEVED,
    basis: str = GoalResult.Basis.JUDGED,
    reason: str = "It was written and published.",
    **fields: Any,  # noqa: ANN401
) -> GoalResult:
    return _saved(
        GoalResult(
            owner=owner,
            goal=goal or create_goal(owner=owner),
            verdict=verdict,
            basis=basis,
            reason=reason,
            **fields,
        )
    )


def create_evidence(
    *,
    owner: Account,
    goal: Goal | None = None,
    position: int = 1,
    **target: Any,  # noqa: ANN401
) -> Evidence:
    """`target` is one of achievement (the default), engagement, activity, measurement, change, url."""
    if not target:
        target = {"achievement": create_achievement(owner=owner)}
    return _saved(Evidence(owner=owner, goal=goal or create_goal(owner=owner), position=position, **target))


def create_reflection(
    *,
    owner: Account,
    title: str = "Started too late",
    kind: str = Reflection.Kind.COULD_BE_BETTER,
    period: When = "2024",
    **fields: Any,  # noqa: ANN401
) -> Reflection:
    return _saved(Reflection(owner=owner, title=title, kind=kind, period=_period(period), **fields))


def create_upload(
    *,
    owner: Account,
    slug: str = "0123456789abcdef",
    filename: str = "projects.csv",
    model_name: str = "project",
    body: bytes = b"name\nHarbour\n",
    **fields: Any,  # noqa: ANN401
) -> Upload:
    """A file that waits to be imported."""
    return _saved(
        Upload(owner=owner, slug=slug, filename=filename, model_name=model_name, body=body, **fields)
    )
