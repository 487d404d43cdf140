"""The years at a glance: what each year aimed at, what came of it, and what is recorded of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from goals.comparisons import Outcome, outcomes_of, tally
from goals.evaluation import Verdict
from goals.models import Goal
from metrics.models import Measurement
from projects.models import Engagement
from records.models import Document
from records.periods import year_of


@dataclass(frozen=True, slots=True, kw_only=True)
class YearGlance:
    """One year. `due` are the outcomes of the goals that were due in it, `set_count` those set in it.

    `document` None: there is none; `is_missing` tells a gap before the latest document from a year to come.
    """

    year: int
    document: Document | None
    is_missing: bool
    set_count: int
    due: tuple[Outcome, ...]
    projects: int
    figures: int

    @property
    def verdicts(self) -> tuple[tuple[Verdict | None, int], ...]:
        return tally(self.due)


def years_at_a_glance() -> tuple[YearGlance, ...]:
    """Every year from the first to the last anything is recorded of, latest first; () for an empty account.

    Queries: documents, goals, measurements of their outcomes (one more for metrics measured for projects only),
    projects, figures; 6 at most.
    """
    documents = {document.year: document for document in Document.objects.defer("body")}
    goals = list(Goal.objects.main().with_results().order_by("due", "id"))
    due: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes_of(goals=goals, documents=documents):
        due[outcome.goal.due.year].append(outcome)
    set_in = Counter(goal.set_in.year for goal in goals)
    projects = _by_year(Engagement, count="project")
    figures = _by_year(Measurement, count="id")
    years = documents.keys() | due.keys() | set_in.keys() | projects.keys() | figures.keys()
    if not years:
        return ()
    latest = max(documents, default=0)
    return tuple(
        YearGlance(
            year=year,
            document=documents.get(year),
            is_missing=year not in documents and year < latest,
            set_count=set_in[year],
            due=tuple(due[year]),
            projects=projects.get(year, 0),
            figures=figures.get(year, 0),
        )
        for year in range(max(years), min(years) - 1, -1)
    )


def _by_year(model: type[Engagement] | type[Measurement], *, count: str) -> dict[int, int]:
    records: Any = model.objects
    rows = (
        records.annotate(year=year_of("period"))
        .values("year")
        .annotate(found=Count(count, distinct=count != "id"))
        .values_list("year", "found")
    )
    return {int(str(year)): found for year, found in rows}
