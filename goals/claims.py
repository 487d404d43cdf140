"""The claims goals make about figures: a target beside its rhythm, and beside a result told in the same document.

Metrics know nothing of goals, so these are handed to `audit` (goals/apps.py). The rules here are pure: values in,
one `Check` out. A goal that was missed contradicts nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _t

from goals.evaluation import Aim
from goals.models import Goal
from metrics.aggregation import Aggregation
from metrics.checks import SEVERITY, Agreement, Check, CheckKind, agreement
from metrics.claims import Claim, claim
from metrics.figures import figure_of
from metrics.models import Measurement
from metrics.units import Qualifier, Unit, format_value, plain
from records.periods import Period, Precision

# How a target bounds what is held against it.
_BOUNDS = {Aim.AT_LEAST: Qualifier.AT_LEAST, Aim.AT_MOST: Qualifier.AT_MOST}
_WEEKS = {Goal.Cadence.WEEK: 1, Goal.Cadence.TWO_WEEKS: 2}
_WEEKS_PER_QUARTER = 13


def check_rhythm(*, claim: str, target: Decimal, aim: str, count: int, every: str, due: Period) -> Check:
    """A target against so many a week, two weeks, month or quarter of its period: 24 = 2 × 12.

    Weeks are read as thirteen to the quarter or as days ÷ 7, whichever agrees better. A rhythm that gives more
    than "at least" asks for, or less than "at most" allows, does not contradict it.
    """
    found = [
        (agreement(stated=target, computed=count * times, qualifier=_BOUNDS[Aim(aim)]), count * times, how)
        for times, how in _times(every, due)
    ]
    verdict, computed, how = max(
        found, key=lambda each: SEVERITY.index(each[0]), default=(Agreement.NOT_CHECKABLE, None, "")
    )
    return Check(
        kind=CheckKind.GOAL,
        claim=claim,
        stated=target,
        computed=computed,
        unit=Unit.COUNT,
        verdict=verdict,
        formula=str(due) if computed is None else f"{count} × {how} = {plain(round(computed, 2))}",
        note=_t("The target does not follow from its rhythm.") if verdict == Agreement.CONTRADICTS else "",
    )


def _times(every: str, due: Period) -> Iterator[tuple[Decimal, str]]:
    """How often the rhythm comes round in the period, and how that was counted."""
    if every in _WEEKS:
        length = _WEEKS[Goal.Cadence(every)]
        if due.quarters:
            weeks = _WEEKS_PER_QUARTER * len(due.quarters)
            yield Decimal(weeks) / length, str(weeks) if length == 1 else f"{weeks} / {length}"
        days = (due.last_day - due.first_day).days + 1
        yield Decimal(days) / (7 * length), f"{days} / {7 * length}"
        return
    number = sum(1 for _ in due.split(Precision.MONTH if every == Goal.Cadence.MONTH else Precision.QUARTER))
    if number:
        yield Decimal(number), str(number)


def check_result(*, claim: str, target: Decimal, aim: str, actual: Decimal, unit: str) -> Check:
    """A target against the result told beside it: 30 = 30. One that was missed is not checkable, with a note."""
    verdict = agreement(stated=target, computed=actual, qualifier=_BOUNDS[Aim(aim)])
    is_missed = verdict == Agreement.CONTRADICTS
    sign = "=" if actual == target else "<" if actual < target else ">"
    return Check(
        kind=CheckKind.GOAL,
        claim=claim,
        stated=target,
        computed=actual,
        unit=unit,
        verdict=Agreement.NOT_CHECKABLE if is_missed else verdict,
        formula=f"{format_value(actual, unit)} {sign} {format_value(target, unit)}",
        note=_t("The target was missed, which contradicts nothing.") if is_missed else "",
    )


def claims_of_goal(goal: Goal, result: Measurement | None = None) -> Iterator[Claim]:
    """`result`: the figure of its due period if the same document tells both. The metric must be joined. No query."""
    if goal.target is None or goal.metric is None or goal.aim not in _BOUNDS:
        return
    metric, year = goal.metric, goal.set_in.year
    text = f"{goal}: {goal.aim_in_words}"
    # Only counts add up from time to time.
    if goal.cadence_count and metric.unit == Unit.COUNT and metric.aggregation == Aggregation.SUM:
        check = check_rhythm(
            claim=text,
            target=goal.target,
            aim=goal.aim,
            count=goal.cadence_count,
            every=goal.cadence_every,
            due=goal.due,
        )
        yield claim(check, goal, year=year, detail="rhythm")
    if result is not None and result.value is not None:
        check = check_result(
            claim=text, target=goal.target, aim=goal.aim, actual=result.value, unit=metric.unit
        )
        yield claim(check, goal, result, year=year, detail="result")


def claims_of_goals(years: Iterable[int] | None) -> Iterator[Claim]:
    """Of the goals set in the years, of all goals for None.

    Queries: the goals with a target, and the results their documents tell (1 more if one tells any).
    """
    goals = Goal.objects.filter(target__isnull=False, aim__in=_BOUNDS).with_source("metric")
    if years is not None:
        wanted = Q(pk__in=())
        for year in years:
            wanted |= Q(set_in__in_year=year)
        goals = goals.filter(wanted)
    found = list(goals.order_by("id"))
    told: dict[int, list[Measurement]] = defaultdict(list)
    if any(goal.source_id is not None for goal in found):
        rows = Measurement.objects.filter(
            metric__in={goal.metric_id for goal in found}, source__in={goal.source_id for goal in found}
        )
        for row in rows.with_source("metric", "project").order_by("id"):
            told[row.metric_id].append(row)
    for goal in found:
        yield from claims_of_goal(goal, _told_beside(goal, told[goal.metric_id or 0]))


def _told_beside(goal: Goal, rows: Sequence[Measurement]) -> Measurement | None:
    """The figure of the goal's due period, if its own document tells it."""
    if goal.metric is None:
        return None
    mine = [row for row in rows if row.source_id == goal.source_id]
    return figure_of(metric=goal.metric, period=goal.due, measurements=mine).stated
