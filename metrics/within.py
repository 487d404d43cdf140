"""What a page shows, and which figures can be a part of a claim about it: of a hundred thousand, a few hundred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, Sum
from django.db.models.functions import Abs

from metrics.claims import adds_up
from metrics.models import Measurement, Metric
from metrics.references import References
from metrics.unread import LARGE, with_shares
from records.periods import Period
from records.together import read_together


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The figures a page shows: metrics, their projects and periods; changes and engagements by id.

    Asks only for claims of which one of these is a part. Other claims may come with them, made of a part of their
    figures: whoever asks leaves them out. `references`: if the page has read them; else they are joined to every row.
    """

    metrics: tuple[Metric, ...] = ()
    changes: frozenset[int] = frozenset()
    engagements: frozenset[int] = frozenset()
    projects: frozenset[int] = frozenset()
    periods: frozenset[Period] = frozenset()
    references: References | None = None

    @property
    def counted(self) -> set[str]:
        """The kinds of records its metrics count."""
        return {metric.counts for metric in self.metrics} - {""}

    def figures(self, measurements: Any) -> tuple[Any, set[tuple[int, Period]]]:  # noqa: ANN401
        """Of these those of its metrics, of what they are derived from, and of what is derived from them. And of which
        metrics and periods not all shares are among them, as they make up their whole exactly.

        A metric may have thousands of figures of single projects that the page does not show. Of these only shares of
        a period shown are a part of something that is, where shares add up; of figures with parts (what became of open
        work) and of those others are derived from, all are. One query tells which these are.
        """
        ids = {metric.pk for metric in self.metrics}
        has_parts = Measurement.objects.filter(
            metric=OuterRef("pk"), project__isnull=False, denominator__isnull=False
        )
        derived, with_parts, sums = read_together(
            Metric.objects.filter(derived_from__isnull=False).values_list("pk", "derived_from"),
            Metric.objects.filter(Exists(has_parts), pk__in=ids).values_list("pk", flat=True),
            self._sums,
        )
        related = ids | {pk for pk, origin in derived if origin in ids}
        related |= {metric.derived_from_id for metric in self.metrics if metric.derived_from_id is not None}
        whole = {pk for each in derived for pk in each}.union(with_parts) & related
        even: set[tuple[int, Period]] = set()
        uneven: set[tuple[int, Period]] = set()
        for metric_id, period, total, shares, size in sums:
            # A database may sum up in floating point.
            is_even = total == shares and size <= LARGE
            (even if is_even and metric_id not in whole else uneven).add((metric_id, period))
        shares_of = Q(metric__in={pk for pk, _period in uneven}, period__in={each for _pk, each in uneven})
        single = Q(project__in=self.projects) | Q(metric__in=whole) | shares_of
        return with_shares(measurements.filter(metric__in=related), single), even

    @property
    def _sums(self) -> Any:  # noqa: ANN401
        """Metric, period, the whole, its shares together, and how large all of them are, of the periods shown.

        Most shares make up their whole exactly, and may be thousands: whether they do, the database sums up faster
        than they are read.
        """
        adding = [metric.pk for metric in self.metrics if adds_up(metric)]
        return (
            Measurement.objects.filter(metric__in=adding, period__in=self.periods)
            .order_by()
            .values_list("metric", "period")
            .annotate(
                whole=Max("value", filter=Q(project__isnull=True)),
                shares=Sum("value", filter=Q(project__isnull=False)),
                size=Sum(Abs("value")),
            )
            .filter(whole__isnull=False, shares__isnull=False)
        )
