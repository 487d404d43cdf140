"""The years at a glance: what each year aimed at, what came of it, and what is recorded of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, IntegerField, Subquery

from goals.comparisons import Outcome, outcomes_of, tally
from goals.evaluation import Verdict
from goals.models import Goal
from metrics.models import Measurement
from projects.models import Engagement
from records.models import Document
from records.periods import Period, year_of
from records.together import read_together

# Figures of a year are counted up to here: a year of a million must not cost more than one of a thousand.
FIGURES_COUNTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class YearGlance:
    """One year. `due` are the outcomes of the goals that were due in it, `set_count` those set in it.

    `document` None: there is none; `is_missing` tells a gap before the latest document from a year to come.
    `figures` are counted up to FIGURES_COUNTED; `has_more_figures` if there are more.
    """

    year: int
    document: Document | None
    is_missing: bool
    set_count: int
    due: tuple[Outcome, ...]
    projects: int
    figures: int
    has_more_figures: bool

    @property
    def verdicts(self) -> tuple[tuple[Verdict | None, int], ...]:
        return tally(self.due)


def years_at_a_glance() -> tuple[YearGlance, ...]:
    """Every year from the first to the last anything is recorded of, latest first; () for an empty account.

    3 queries at most: documents, goals, projects, and the first and the last figure; measurements of the goals'
    outcomes; figures of each year.
    """
    figures = Measurement.objects.values_list("period", flat=True)
    documents, goals, projects, first, last = read_together(
        Document.objects.defer("body"),
        Goal.objects.main().select_related("metric", "result").order_by("due", "id").lean("metric", "result"),
        Engagement.objects.annotate(year=year_of("period"))
        .values("year")
        .annotate(found=Count("project", distinct=True))
        .values_list("year", "found"),
        figures.order_by("period")[:1],
        figures.order_by("-period")[:1],
    )
    document_of = {document.year: document for document in documents}
    due: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes_of(goals=goals, documents=document_of):
        due[outcome.goal.due.year].append(outcome)
    set_in = Counter(goal.set_in.year for goal in goals)
    projects_in = {int(year): found for year, found in projects}
    figures_in = _figures_by_year(*first, *last)
    years = document_of.keys() | due.keys() | set_in.keys() | projects_in.keys() | figures_in.keys()
    if not years:
        return ()
    latest = max(document_of, default=0)
    return tuple(
        YearGlance(
            year=year,
            document=document_of.get(year),
            is_missing=year not in document_of and year < latest,
            set_count=set_in[year],
            due=tuple(due[year]),
            projects=projects_in.get(year, 0),
            figures=min(figures_in.get(year, 0), FIGURES_COUNTED),
            has_more_figures=figures_in.get(year, 0) > FIGURES_COUNTED,
        )
        for year in range(max(years), min(years) - 1, -1)
    )


class _CountOf(Subquery):
    """How many rows a query has, which may be cut before it is counted."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def _figures_by_year(first: Period | None = None, last: Period | None = None) -> dict[int, int]:
    """From the first period there is a figure of to the last; one more than FIGURES_COUNTED means “more”."""
    if first is None or last is None:
        return {}
    years = range(first.year, last.year + 1)
    counted = [
        _CountOf(Measurement.objects.filter(period__in_year=year).values("pk")[: FIGURES_COUNTED + 1])
        for year in years
    ]
    numbers = Measurement.objects.order_by("period").values_list(*counted)[:1].get()
    return {year: number for year, number in zip(years, numbers, strict=True) if number}
