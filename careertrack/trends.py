"""Year over year: what came of goals, which were carried on, what was measured, learned and done.

Runs inside the owner's scope.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from careertrack.pictures import Segment, Spark, segments, spark, trend_of
from goals.comparisons import Outcome, outcomes_of
from goals.evaluation import Verdict
from goals.models import Goal, GoalLink
from metrics.aggregation import fold, parts_of
from metrics.models import Incident, Measurement, Metric
from metrics.references import References
from metrics.rows import Row
from metrics.units import Unit, format_value, qualified
from projects.models import Achievement, Activity, Engagement
from records.periods import Period, year_of
from records.together import read_together

# With more figures than this only the first metrics by name are followed; with more metrics, the longest followed.
MOST_FIGURES, MOST_METRICS, MOST_THREADS = 4000, 40, 40
_DECIDED = (Verdict.ACHIEVED, Verdict.PARTLY, Verdict.MISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """How goals came out. `counts`: by verdict, None where nobody has decided yet."""

    label: str
    counts: Mapping[Verdict | None, int]

    @property
    def due(self) -> int:
        return sum(self.counts.values())

    @property
    def achieved(self) -> int:
        return self.counts.get(Verdict.ACHIEVED, 0)

    @property
    def decided(self) -> int:
        """Achieved, partly or missed: what a rate can be taken of."""
        return sum(self.counts.get(verdict, 0) for verdict in _DECIDED)

    @property
    def open(self) -> int:
        """Without evidence, not comparable, awaiting or undecided: neither a hit nor a miss."""
        return self.due - self.decided

    @property
    def rate(self) -> Decimal | None:
        """Achieved ÷ decided; None where nothing is decided."""
        return Decimal(self.achieved) / self.decided if self.decided else None

    @property
    def tally(self) -> tuple[tuple[Verdict | None, int], ...]:
        return tuple(
            (verdict, self.counts[verdict]) for verdict in (*Verdict, None) if self.counts.get(verdict)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRate:
    """The goals due in one year; `segments` is the bar of their verdicts, the longest bar being the busiest year's."""

    year: int
    rate: HitRate
    segments: tuple[Segment, ...]

    @property
    def title(self) -> str:
        return _("Goals due in %(year)s") % {"year": self.year}


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRate:
    """Goals of one kind: one rate for each year (None: none was due) and one of all years together."""

    years: tuple[HitRate | None, ...]
    total: HitRate


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadStep:
    """A goal of a thread. `link`: what it does to an earlier one of the thread; None for where a thread begins."""

    outcome: Outcome
    link: GoalLink | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedGoal:
    """Goals that take each other up, oldest first. `carried`: how many of them continue or retry an earlier one."""

    steps: tuple[ThreadStep, ...]
    carried: int

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({step.outcome.goal.set_in.year for step in self.steps}))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendFigure:
    """The figure of one year: as stated, else computed from its parts; None where nothing was measured.

    `measured`: what it was read from."""

    metric: Metric
    period: Period
    value: Decimal | None
    qualifier: str
    is_computed: bool
    measured: tuple[Row, ...]

    @property
    def text(self) -> str:
        return qualified(format_value(self.value, self.metric.unit), self.qualifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTrend:
    """One metric: a figure for each year, absent ones too. `trend`: of the latest figure against the first."""

    metric: Metric
    figures: tuple[TrendFigure | None, ...]
    change: Decimal | None
    trend: str
    picture: Spark

    @property
    def measured(self) -> int:
        return sum(1 for figure in self.figures if figure is not None and figure.value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTrend:
    """How many there were in each year; None where none is recorded."""

    label: str
    counts: tuple[int | None, ...]
    picture: Spark


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """`years`: from the first anything is told of to the last, without a gap; every row has one cell for each.

    `goal_years`: those goals were due in. `single`: metrics with a figure of one year only. `is_cut`: there are more
    metrics than are shown.
    """

    years: tuple[int, ...]
    goal_years: tuple[YearRate, ...]
    kinds: tuple[KindRate, ...]
    total: HitRate
    carried: tuple[CarriedGoal, ...]
    metrics: tuple[MetricTrend, ...]
    single: tuple[MetricTrend, ...]
    learned: tuple[CountTrend, ...]
    done: tuple[CountTrend, ...]
    missing: frozenset[int] = field(default_factory=frozenset)
    is_cut: bool = False

    @property
    def figures(self) -> tuple[Row, ...]:
        """The measurements behind the figures of its metrics."""
        shown = (figure for line in (*self.metrics, *self.single) for figure in line.figures)
        return tuple(each for figure in shown if figure is not None for each in figure.measured)

    @property
    def is_empty(self) -> bool:
        return not (self.goal_years or self.metrics or self.single or self.learned or self.done)


def find_trends(*, references: References) -> Trends:
    """Three queries, whatever is recorded: goals, links and what is counted by year; figures of the goals' metrics (one
    more for metrics measured for projects only); figures of years and their parts."""
    documents = {document.year: document for document in references.documents.values()}
    goals, links, activities, stints, works, incidents, *further = read_together(
        Goal.objects.select_related("result", "parent")
        .lean("result", "parent")
        .order_by("set_in", "due", "id"),
        GoalLink.objects.order_by("id").lean(),
        _by_year(Activity, Sum(Coalesce("count", 1)), "kind"),
        _by_year(Engagement, Count("project", distinct=True)),
        _by_year(Achievement, Count("id")),
        _by_year(Incident, Count("id")),
        *(
            rows.values_list("pk")[MOST_FIGURES : MOST_FIGURES + 1]
            for rows in (Measurement.objects.totals(), Measurement.objects.years_of_projects())
        ),
    )
    references.join(goals)
    outcomes = outcomes_of(goals=goals, documents=documents)
    learned: dict[str, dict[int, int]] = defaultdict(dict)
    for year, kind, total in activities:
        learned[kind][int(year)] = total
    done = {
        _("Projects worked on"): {int(year): total for year, total in stints},
        _("Achievements"): {int(year): total for year, total in works},
        _("Incidents"): {int(year): total for year, total in incidents},
    }
    figures = _figures(references)
    told = {year for counts in (*learned.values(), *done.values()) for year in counts}
    told |= {year for years in figures.values() for year in years}
    told |= documents.keys() | {goal.due.year for goal in goals}
    years = tuple(range(min(told), max(told) + 1)) if told else ()
    main = [outcome for outcome in outcomes if outcome.goal.parent_id is None]
    trends = [_metric_trend(by_year, years) for by_year in figures.values()]
    several = sorted(
        (each for each in trends if each.measured > 1),
        key=lambda each: (-each.measured, each.metric.name.casefold(), each.metric.pk),
    )
    return Trends(
        years=years,
        goal_years=_goal_years(main),
        kinds=_kinds(main),
        total=_rate("", main),
        carried=_carried(outcomes, links),
        metrics=tuple(several[:MOST_METRICS]),
        single=tuple(
            sorted(
                (each for each in trends if each.measured == 1),
                key=lambda each: (each.metric.name.casefold(), each.metric.pk),
            )[:MOST_METRICS]
        ),
        learned=tuple(
            _count_trend(str(kind.label), learned[kind], years) for kind in Activity.Kind if kind in learned
        ),
        done=tuple(_count_trend(label, counts, years) for label, counts in done.items() if counts),
        missing=frozenset(
            year for year in years if year not in documents and year < max(documents, default=0)
        ),
        is_cut=any(further) or len(several) > MOST_METRICS,
    )


def _rate(label: str, outcomes: Iterable[Outcome]) -> HitRate:
    return HitRate(label=label, counts=Counter(outcome.verdict for outcome in outcomes))


def _goal_years(outcomes: Sequence[Outcome]) -> tuple[YearRate, ...]:
    by_year: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_year[outcome.goal.due.year].append(outcome)
    most = max(map(len, by_year.values()), default=0)
    found = []
    for year in sorted(by_year):
        rate = _rate(str(year), by_year[year])
        counts = [
            (
                "open" if verdict is None else verdict.value,
                _("yours to decide") if verdict is None else str(verdict.label),
                count,
            )
            for verdict, count in rate.tally
        ]
        found.append(YearRate(year=year, rate=rate, segments=segments(counts, whole=most)))
    return tuple(found)


def _kinds(outcomes: Sequence[Outcome]) -> tuple[KindRate, ...]:
    years = sorted({outcome.goal.due.year for outcome in outcomes})
    found = []
    for kind in Goal.Kind:
        mine = [outcome for outcome in outcomes if outcome.goal.kind == kind]
        if mine:
            by_year = [[each for each in mine if each.goal.due.year == year] for year in years]
            found.append(
                KindRate(
                    years=tuple(_rate(str(kind.label), each) if each else None for each in by_year),
                    total=_rate(str(kind.label), mine),
                )
            )
    return tuple(found)


def _carried(outcomes: Sequence[Outcome], links: Sequence[GoalLink]) -> tuple[CarriedGoal, ...]:
    """Threads of linked goals, those carried most often first."""
    by_goal = {outcome.goal.pk: outcome for outcome in outcomes}
    thread = {pk: pk for pk in by_goal}

    def root(pk: int) -> int:
        while thread[pk] != pk:
            thread[pk] = thread[thread[pk]]
            pk = thread[pk]
        return pk

    for link in links:
        thread[root(link.later_id)] = root(link.earlier_id)
    members: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        members[root(outcome.goal.pk)].append(outcome)
    back = {link.later_id: link for link in reversed(links)}
    again = {GoalLink.Kind.CONTINUES, GoalLink.Kind.RETRIES}
    found = []
    for goals in members.values():
        ids = {outcome.goal.pk for outcome in goals}
        if len(goals) > 1:
            found.append(
                CarriedGoal(
                    steps=tuple(ThreadStep(outcome=each, link=back.get(each.goal.pk)) for each in goals),
                    carried=len(
                        {link.later_id for link in links if link.later_id in ids and link.kind in again}
                    ),
                )
            )
    found.sort(key=lambda each: (-each.carried, each.years, each.steps[0].outcome.goal.pk))
    return tuple(found[:MOST_THREADS])


def _figures(references: References) -> dict[int, dict[int, TrendFigure]]:
    """Of each metric the figure of each year, by its id, read from the first MOST_FIGURES.

    Figures of all projects together come first; else that of a single project for the whole year, if one was measured.
    One query.
    """
    totals, of_projects = (
        Measurement.objects.filter(pk__in=rows.values("pk")[:MOST_FIGURES]).values("pk")
        for rows in (Measurement.objects.totals(), Measurement.objects.years_of_projects())
    )
    # Asked for one or the other, the database would read everything.
    first = totals.union(of_projects, all=True)
    asked = Measurement.objects.filter(pk__in=first).of_years_or_parts()
    by_year: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in references.rows(asked.order_by("metric", "period", "id")):
        by_year[row.metric_id, row.period.year].append(row)
    figures: dict[int, dict[int, TrendFigure]] = defaultdict(dict)
    for (metric_id, year), rows in by_year.items():
        figures[metric_id][year] = _figure(rows[0].metric, Period(year), rows)
    return figures


def _figure(metric: Metric, period: Period, rows: Sequence[Row]) -> TrendFigure:
    """`rows`: the metric's measurements in the year."""
    totals = [row for row in rows if row.project_id is None]
    chosen = totals or (rows if len({row.project_id for row in rows}) == 1 else [])
    for row in chosen:
        if row.period == period:
            return TrendFigure(
                metric=metric,
                period=period,
                value=row.value,
                qualifier=row.qualifier,
                is_computed=False,
                measured=(row,),
            )
    parts = parts_of(period, chosen)
    folded = fold(aggregation=metric.aggregation, parts=parts, is_percentage=metric.unit == Unit.PERCENT)
    used = {part.period for part in parts}
    return TrendFigure(
        metric=metric,
        period=period,
        value=folded.computed,
        qualifier="",
        is_computed=True,
        measured=tuple(row for row in chosen if row.period in used),
    )


def _metric_trend(by_year: Mapping[int, TrendFigure], years: Sequence[int]) -> MetricTrend:
    figures = tuple(by_year.get(year) for year in years)
    metric = next(iter(by_year.values())).metric
    known = [figure.value for figure in figures if figure is not None and figure.value is not None]
    change = known[-1] - known[0] if len(known) > 1 else None
    return MetricTrend(
        metric=metric,
        figures=figures,
        change=change,
        trend="" if change is None else trend_of(change, metric.direction),
        picture=spark(
            title=metric.name,
            unit=metric.unit,
            values=[
                (str(year), None if figure is None else figure.value)
                for year, figure in zip(years, figures, strict=True)
            ],
        ),
    )


def _count_trend(label: str, counts: Mapping[int, int], years: Sequence[int]) -> CountTrend:
    found = tuple(counts.get(year) for year in years)
    values = [
        (str(year), None if count is None else Decimal(count))
        for year, count in zip(years, found, strict=True)
    ]
    return CountTrend(label=label, counts=found, picture=spark(title=label, unit="", values=values))


def _by_year(model: Any, total: Any, *groups: str) -> Any:  # noqa: ANN401
    """Year of the period, the fields named, and the total."""
    rows = model.objects.annotate(year=year_of("period")).order_by().values("year", *groups)
    return rows.annotate(total=total).values_list("year", *groups, "total")
