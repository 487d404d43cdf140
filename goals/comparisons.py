"""The goals set in a year beside what the following year shows.

One function, `compare_year`, is read by the page, the API and the exports; `compare_goal` is the same for one
goal. Both work inside the owner's scope.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from goals.evaluation import Aim, Evaluation, Terms, Verdict, evaluate
from goals.grounds import Grounds, grounds_of, measurements_of
from goals.models import Evidence, Goal, GoalLink, GoalResult
from metrics.figures import Figure, figure_of
from metrics.models import Change, Measurement, Metric
from metrics.units import Direction
from records.models import Document, Record
from records.ownership import join_in_hand
from records.periods import LAST_YEAR
from records.together import read_together


class Caveat(models.TextChoices):
    DEFINITION_CHANGED = "definition_changed", _("definition changed")
    LATE = "late", _("late")
    FIRST_MEASURED = "first_measured", _("first measured")
    EMPTY_AS_ZERO = "empty_as_zero", _("empty quarter counted as zero")
    STATED_DIFFERS = "stated_differs", _("stated differs from computed")
    NOT_OVER = "not_over", _("period not over yet")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One goal and what came of it.

    `figure` None: the goal names no metric. `actual` None: nothing was measured in the due period, which is not 0.
    `verdict` is the recorded one, else the proposal; None while only a person can decide and nobody has.
    """

    goal: Goal
    figure: Figure | None
    evaluation: Evaluation
    result: GoalResult | None
    due_document: Document | None

    @property
    def actual(self) -> Decimal | None:
        return None if self.figure is None else self.figure.value

    @property
    def verdict(self) -> Verdict | None:
        return Verdict(self.result.verdict) if self.result is not None else self.evaluation.proposal

    @property
    def basis(self) -> GoalResult.Basis | None:
        """What the verdict rests on; None while there is nothing to rest on."""
        if self.result is not None:
            return GoalResult.Basis(self.result.basis)
        if self.evaluation.proposal in (None, Verdict.AWAITING):
            return None
        return GoalResult.Basis.COMPUTED

    @property
    def trend(self) -> str:
        """Whether the figure moved for the `better` or `worse`, stayed the `same`, or "" where that cannot be said."""
        change = self.evaluation.change
        if change is None or self.figure is None or self.figure.metric.direction == Direction.NEUTRAL:
            return ""
        if change == 0:
            return "same"
        return "better" if (change > 0) == (self.figure.metric.direction == Direction.UP) else "worse"

    @property
    def trend_label(self) -> str:
        return {"better": _t("better"), "worse": _t("worse"), "same": _t("unchanged")}.get(self.trend, "")


@dataclass(frozen=True, kw_only=True)
class Comparison(Outcome):
    """An outcome with all that a reader needs to believe it.

    `earlier_links`: goals this one takes up. `later_links`: goals that take this one up.
    """

    evidence: tuple[Evidence, ...]
    earlier_links: tuple[GoalLink, ...]
    later_links: tuple[GoalLink, ...]
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A result of the due year that no goal asked for: a figure, a before/after change or an achievement."""

    kind: str
    record: Record
    figure: Measurement | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearComparison:
    """The goals set in `set_in`: those for the year after (`following`), those due sooner (`in_year`), those
    set for later (`later`), each by due period and order of entry. A document that does not exist is None."""

    set_in: int
    due: int
    set_document: Document | None
    due_document: Document | None
    in_year: tuple[Comparison, ...]
    following: tuple[Comparison, ...]
    later: tuple[Comparison, ...]
    unasked: tuple[Unasked, ...]

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return (*self.in_year, *self.following, *self.later)

    @property
    def verdicts(self) -> tuple[tuple[Verdict | None, int], ...]:
        return tally(self.comparisons)

    @property
    def unasked_figures(self) -> tuple[Unasked, ...]:
        return tuple(result for result in self.unasked if result.kind == "measurement")

    @property
    def unasked_changes(self) -> tuple[Unasked, ...]:
        return tuple(result for result in self.unasked if result.kind == "change")

    @property
    def unasked_achievements(self) -> tuple[Unasked, ...]:
        return tuple(result for result in self.unasked if result.kind == "achievement")


def tally(outcomes: Iterable[Outcome]) -> tuple[tuple[Verdict | None, int], ...]:
    """How often each verdict fell, in the order of the verdicts, undecided (None) last; absent ones left out."""
    counted = Counter(outcome.verdict for outcome in outcomes)
    return tuple((verdict, counted[verdict]) for verdict in (*Verdict, None) if counted[verdict])


def compare_year(*, set_in: int, as_of: dt.date) -> YearComparison:
    """Compare the goals set in a year with what came of them.

    Two queries, whatever the number of goals: goals and documents; figures, evidence, links and the due year's
    results. One more if a goal's metric was measured for projects only. Sub-goals stand with the goal they are part
    of and are not compared.
    """
    goals, documents = read_together(
        Goal.objects.main().set_in(set_in).select_related("metric", "result").lean("metric", "result"),
        Document.objects.defer("body"),
    )
    join_in_hand(goals, source={each.pk: each for each in documents})
    grounds = grounds_of(goals, documents=documents, unasked_of=set_in + 1 if set_in < LAST_YEAR else None)
    by_year = {document.year: document for document in documents}
    comparisons = _compare(goals, grounds=grounds, documents=by_year, as_of=as_of)
    return YearComparison(
        set_in=set_in,
        due=set_in + 1,
        set_document=by_year.get(set_in),
        due_document=by_year.get(set_in + 1),
        in_year=tuple(c for c in comparisons if c.goal.due.year <= set_in),
        following=tuple(c for c in comparisons if c.goal.due.year == set_in + 1),
        later=tuple(c for c in comparisons if c.goal.due.year > set_in + 1),
        unasked=tuple(_unasked(grounds)),
    )


def compare_goal(*, goal: Goal, as_of: dt.date) -> Comparison:
    """The same for one goal, joined by `with_results`. Two queries: documents; figures, evidence and
    links; one more if its metric was measured for projects only."""
    documents = list(Document.objects.defer("body"))
    grounds = grounds_of([goal], documents=documents)
    by_year = {document.year: document for document in documents}
    (comparison,) = _compare([goal], grounds=grounds, documents=by_year, as_of=as_of)
    return comparison


def outcomes_of(
    *,
    goals: Sequence[Goal],
    documents: Mapping[int, Document] | None = None,
    measurements: Mapping[int, Sequence[Measurement]] | None = None,
) -> tuple[Outcome, ...]:
    """What came of any goals, joined by `with_results`, in the order given, without evidence and lineage.

    `documents`: those of the due years, by year, and `measurements`: all of those years, by metric, if they are at
    hand. Queries: documents and measurements, unless given; one more for metrics measured for projects only.
    """
    if documents is None:
        documents = _documents({goal.due.year for goal in goals})
    if measurements is None:
        measurements = measurements_of(goals)
    return tuple(
        _outcome(goal, measurements=measurements, due_document=documents.get(goal.due.year)) for goal in goals
    )


def _documents(years: set[int]) -> dict[int, Document]:
    found = Document.objects.filter(year__in=years).defer("body")
    return {document.year: document for document in found}


def _compare(
    goals: Sequence[Goal], *, grounds: Grounds, documents: Mapping[int, Document], as_of: dt.date
) -> list[Comparison]:
    earlier: dict[int, list[GoalLink]] = defaultdict(list)
    later: dict[int, list[GoalLink]] = defaultdict(list)
    for link in grounds.links:
        earlier[link.later_id].append(link)
        later[link.earlier_id].append(link)
    return [
        _comparison(
            _outcome(goal, measurements=grounds.measurements, due_document=documents.get(goal.due.year)),
            evidence=tuple(grounds.evidence.get(goal.pk, ())),
            earlier_links=tuple(earlier[goal.pk]),
            later_links=tuple(later[goal.pk]),
            as_of=as_of,
        )
        for goal in goals
    ]


def _outcome(
    goal: Goal, *, measurements: Mapping[int, Sequence[Measurement]], due_document: Document | None
) -> Outcome:
    metric: Metric | None = goal.metric
    figure = None
    if metric is not None:
        figure = figure_of(metric=metric, period=goal.due, measurements=measurements.get(metric.pk, ()))
    terms = Terms(
        aim=Aim(goal.aim),
        direction=Direction.NEUTRAL if metric is None else Direction(metric.direction),
        baseline=goal.baseline,
        target=goal.target,
        upper_target=goal.upper_target,
    )
    return Outcome(
        goal=goal,
        figure=figure,
        evaluation=evaluate(
            terms=terms,
            actual=None if figure is None else figure.value,
            is_documented=due_document is not None,
        ),
        result=getattr(goal, "result", None),
        due_document=due_document,
    )


def _comparison(
    outcome: Outcome,
    *,
    evidence: tuple[Evidence, ...],
    earlier_links: tuple[GoalLink, ...],
    later_links: tuple[GoalLink, ...],
    as_of: dt.date,
) -> Comparison:
    return Comparison(
        goal=outcome.goal,
        figure=outcome.figure,
        evaluation=outcome.evaluation,
        result=outcome.result,
        due_document=outcome.due_document,
        evidence=evidence,
        earlier_links=earlier_links,
        later_links=later_links,
        caveats=tuple(_caveats(outcome, evidence=evidence, as_of=as_of)),
    )


def _caveats(outcome: Outcome, *, evidence: tuple[Evidence, ...], as_of: dt.date) -> Iterable[Caveat]:
    goal, figure = outcome.goal, outcome.figure
    if figure is not None and figure.value is not None:
        if goal.baseline is not None and figure.metric.supersedes_id is not None:
            yield Caveat.DEFINITION_CHANGED
        if goal.baseline is None and goal.aim in (Aim.IMPROVE, Aim.KEEP):
            yield Caveat.FIRST_MEASURED
        if figure.counts_empty_as_zero:
            yield Caveat.EMPTY_AS_ZERO
        if figure.contradicts_its_parts:
            yield Caveat.STATED_DIFFERS
        if as_of <= goal.due.last_day:
            yield Caveat.NOT_OVER
    if outcome.verdict in (Verdict.ACHIEVED, Verdict.PARTLY):
        periods = [period for piece in evidence if (period := piece.period) is not None]
        if periods and all(period.first_day > goal.due.last_day for period in periods):
            yield Caveat.LATE


def _unasked(grounds: Grounds) -> Iterable[Unasked]:
    """Figures of the whole year, changes and achievements that neither measure nor prove a goal of the year."""
    for figure in grounds.figures:
        yield Unasked(kind="measurement", record=figure, figure=figure)
    for change in grounds.changes:
        yield Unasked(kind="change", record=change, change=change)
    for achievement in grounds.achievements:
        yield Unasked(kind="achievement", record=achievement)
