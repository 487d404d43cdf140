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
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from goals.evaluation import Aim, Evaluation, Terms, Verdict, evaluate
from goals.models import Evidence, Goal, GoalLink, GoalResult
from metrics.figures import Figure, figure_of
from metrics.models import Change, Measurement, Metric
from metrics.units import Direction
from projects.models import Achievement
from records.models import Document, Record
from records.periods import Period

# A page lists this many results of each kind that no goal asked for; the year's own page has all of them.
UNASKED_LIMIT = 100


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

    Queries, whatever the number of goals: goals, measurements of their metrics, evidence, links, documents, and
    the due year's figures, changes and achievements (8); one more if a goal's metric was measured for projects
    only. Nothing is asked for goals if there are none. Sub-goals stand with the goal they are part of and are
    not compared.
    """
    goals = list(Goal.objects.main().set_in(set_in).with_results())
    years = {set_in, set_in + 1, *(goal.due.year for goal in goals)}
    documents = _documents(years)
    comparisons = _compare(goals, documents=documents, as_of=as_of)
    return YearComparison(
        set_in=set_in,
        due=set_in + 1,
        set_document=documents.get(set_in),
        due_document=documents.get(set_in + 1),
        in_year=tuple(c for c in comparisons if c.goal.due.year <= set_in),
        following=tuple(c for c in comparisons if c.goal.due.year == set_in + 1),
        later=tuple(c for c in comparisons if c.goal.due.year > set_in + 1),
        unasked=tuple(_unasked(comparisons, year=set_in + 1)),
    )


def compare_goal(*, goal: Goal, as_of: dt.date) -> Comparison:
    """The same for one goal, joined by `with_results` (queries: documents, measurements, evidence, links; one
    more if its metric was measured for projects only)."""
    (comparison,) = _compare([goal], documents=_documents({goal.due.year}), as_of=as_of)
    return comparison


def outcomes_of(
    *, goals: Sequence[Goal], documents: Mapping[int, Document] | None = None
) -> tuple[Outcome, ...]:
    """What came of any goals, joined by `with_results`, in the order given, without evidence and lineage.

    `documents`: those of the due years, by year, if they are at hand.
    Queries: documents (unless given) and measurements; one more for metrics measured for projects only.
    """
    if documents is None:
        documents = _documents({goal.due.year for goal in goals})
    measurements = _measurements(goals)
    return tuple(
        _outcome(goal, measurements=measurements, due_document=documents.get(goal.due.year)) for goal in goals
    )


def _documents(years: set[int]) -> dict[int, Document]:
    found = Document.objects.filter(year__in=years).defer("body")
    return {document.year: document for document in found}


def _compare(goals: Sequence[Goal], *, documents: dict[int, Document], as_of: dt.date) -> list[Comparison]:
    if not goals:
        return []
    measurements = _measurements(goals)
    evidence: dict[int, list[Evidence]] = defaultdict(list)
    for piece in Evidence.objects.filter(goal__in=goals).with_targets():
        evidence[piece.goal_id].append(piece)
    links = list(
        GoalLink.objects.filter(Q(later__in=goals) | Q(earlier__in=goals))
        .select_related("later__result", "earlier__result")
        .order_by("id")
    )
    return [
        _comparison(
            _outcome(goal, measurements=measurements, due_document=documents.get(goal.due.year)),
            evidence=tuple(evidence[goal.pk]),
            links=links,
            as_of=as_of,
        )
        for goal in goals
    ]


def _measurements(goals: Sequence[Goal]) -> dict[int, Sequence[Measurement]]:
    """The figures of the goals' metrics in their due years, by metric.

    Figures per project are asked for only where a metric has no figure of all projects together.
    """
    metrics = {goal.metric_id for goal in goals if goal.metric_id is not None}
    years = {goal.due.year for goal in goals}
    if not metrics:
        return {}
    rows = Measurement.objects.filter(metric__in=metrics).in_years(*years).with_sources()
    found: dict[int, list[Measurement]] = defaultdict(list)
    for row in rows.filter(project__isnull=True):
        found[row.metric_id].append(row)
    if missing := metrics - found.keys():
        for row in rows.filter(metric__in=missing, project__isnull=False):
            found[row.metric_id].append(row)
    return dict(found)


def _outcome(
    goal: Goal, *, measurements: dict[int, Sequence[Measurement]], due_document: Document | None
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
    outcome: Outcome, *, evidence: tuple[Evidence, ...], links: Sequence[GoalLink], as_of: dt.date
) -> Comparison:
    return Comparison(
        goal=outcome.goal,
        figure=outcome.figure,
        evaluation=outcome.evaluation,
        result=outcome.result,
        due_document=outcome.due_document,
        evidence=evidence,
        earlier_links=tuple(link for link in links if link.later_id == outcome.goal.pk),
        later_links=tuple(link for link in links if link.earlier_id == outcome.goal.pk),
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


def _unasked(comparisons: Sequence[Comparison], *, year: int) -> Iterable[Unasked]:
    """Figures of the whole year, changes and achievements that neither measure nor prove a goal of the year."""
    whole_year = Period(year)
    asked = {comparison.goal.metric_id for comparison in comparisons} - {None}
    proof = [piece for comparison in comparisons for piece in comparison.evidence]
    figures = (
        Measurement.objects.filter(period=whole_year, project__isnull=True, value__isnull=False)
        .exclude(metric__in=asked)
        .exclude(pk__in={piece.measurement_id for piece in proof if piece.measurement_id})
        .with_sources()
        .order_by("metric__name", "id")
    )
    for figure in figures[:UNASKED_LIMIT]:
        yield Unasked(kind="measurement", record=figure, figure=figure)
    changes = (
        Change.objects.filter(to_period__in_year=year)
        .exclude(pk__in={piece.change_id for piece in proof if piece.change_id})
        .exclude(metric__in=asked)
        .select_related("source", "project")
        .order_by("to_period", "id")
    )
    for change in changes[:UNASKED_LIMIT]:
        yield Unasked(kind="change", record=change, change=change)
    achievements = (
        Achievement.objects.filter(period__in_year=year)
        .exclude(pk__in={piece.achievement_id for piece in proof if piece.achievement_id})
        .select_related("source", "project")
        .order_by("period", "id")
    )
    for achievement in achievements[:UNASKED_LIMIT]:
        yield Unasked(kind="achievement", record=achievement)
