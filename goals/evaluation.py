"""THE computation: the terms of a goal and what was measured → proposal, change, attainment.

| evidence in the due period                              | aim                          | actual                                  | proposal                         |
|---------------------------------------------------------|------------------------------|-----------------------------------------|----------------------------------|
| its document is missing or to come, nothing measured    | any                          | –                                       | awaiting                         |
| document there, no figure                               | any but do                   | –                                       | no_evidence                      |
| figure                                                  | at_least / at_most / between | met                                     | achieved                         |
|                                                         |                              | not met, moved towards it from baseline | partly                           |
|                                                         |                              | not met, did not move or no baseline    | missed                           |
|                                                         | improve                      | better than baseline                    | achieved                         |
|                                                         |                              | equal or worse                          | missed                           |
|                                                         |                              | no baseline                             | not_comparable                   |
|                                                         | keep                         | at or better than baseline              | achieved                         |
|                                                         |                              | worse but not nothing                   | partly                           |
|                                                         |                              | nothing                                 | missed                           |
|                                                         |                              | no baseline                             | not_comparable                   |
|                                                         | do                           | words only                              | none: a person decides           |

"Better" is the metric's direction of good; a metric without one makes improve and keep not_comparable.
"Nothing" is a measured 0, never an absent figure.

    change     = actual − baseline
    attainment = (actual − baseline) ÷ (target − baseline), unclamped; 1 = reached

Pure: no database, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from metrics.units import Direction


class Aim(models.TextChoices):
    AT_LEAST = "at_least", _("at least")
    AT_MOST = "at_most", _("at most")
    BETWEEN = "between", _("between")
    IMPROVE = "improve", _("improve")
    KEEP = "keep", _("keep")
    DO = "do", _("do")


class Verdict(models.TextChoices):
    ACHIEVED = "achieved", _("achieved")
    PARTLY = "partly", _("partly")
    MISSED = "missed", _("missed")
    NO_EVIDENCE = "no_evidence", _("no evidence")
    NOT_COMPARABLE = "not_comparable", _("not comparable")
    AWAITING = "awaiting", _("awaiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a goal asks. `target` is the lower bound of `between`. All figures in the metric's unit."""

    aim: Aim
    direction: Direction = Direction.NEUTRAL
    baseline: Decimal | None = None
    target: Decimal | None = None
    upper_target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What the numbers allow. `proposal` None: they allow nothing, a person decides.

    `change` and `attainment` are None where a figure they need is absent, or where the target is the baseline.
    """

    proposal: Verdict | None
    change: Decimal | None = None
    attainment: Decimal | None = None


def evaluate(*, terms: Terms, actual: Decimal | None, is_documented: bool) -> Evaluation:
    """`is_documented`: whether the document of the due period exists. `actual` None: nothing was measured."""
    if actual is None:
        return Evaluation(proposal=_without_figure(terms.aim, is_documented=is_documented))
    return Evaluation(
        proposal=_with_figure(terms, actual),
        change=None if terms.baseline is None else actual - terms.baseline,
        attainment=_attainment(terms, actual),
    )


def _without_figure(aim: Aim, *, is_documented: bool) -> Verdict | None:
    if not is_documented:
        return Verdict.AWAITING
    return None if aim == Aim.DO else Verdict.NO_EVIDENCE


def _with_figure(terms: Terms, actual: Decimal) -> Verdict | None:
    match terms.aim:
        case Aim.DO:
            return None
        case Aim.AT_LEAST | Aim.AT_MOST | Aim.BETWEEN:
            return _against_target(terms, actual)
        case _:
            return _against_baseline(terms, actual)


def _against_target(terms: Terms, actual: Decimal) -> Verdict | None:
    distance = _distance(terms, actual)
    if distance is None:
        return None
    if distance == 0:
        return Verdict.ACHIEVED
    started = None if terms.baseline is None else _distance(terms, terms.baseline)
    return Verdict.PARTLY if started is not None and distance < started else Verdict.MISSED


def _distance(terms: Terms, value: Decimal) -> Decimal | None:
    """How far `value` is from meeting the target; 0 when it is met, None when there is no target to meet."""
    if terms.target is None or (terms.aim == Aim.BETWEEN and terms.upper_target is None):
        return None
    below = max(terms.target - value, Decimal(0))
    match terms.aim:
        case Aim.AT_LEAST:
            return below
        case Aim.AT_MOST:
            return max(value - terms.target, Decimal(0))
        case _:
            assert terms.upper_target is not None  # noqa: S101
            return below or max(value - terms.upper_target, Decimal(0))


def _against_baseline(terms: Terms, actual: Decimal) -> Verdict:
    if terms.baseline is None or terms.direction == Direction.NEUTRAL:
        return Verdict.NOT_COMPARABLE
    # Positive means better, whichever way is good for this metric.
    gain = actual - terms.baseline if terms.direction == Direction.UP else terms.baseline - actual
    if terms.aim == Aim.IMPROVE:
        return Verdict.ACHIEVED if gain > 0 else Verdict.MISSED
    if gain >= 0:
        return Verdict.ACHIEVED
    return Verdict.PARTLY if actual != 0 else Verdict.MISSED


def _attainment(terms: Terms, actual: Decimal) -> Decimal | None:
    if terms.baseline is None or terms.target is None or terms.target == terms.baseline:
        return None
    return (actual - terms.baseline) / (terms.target - terms.baseline)
