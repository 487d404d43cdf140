"""Quantities followed over time, and their values."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from metrics.aggregation import Aggregation
from metrics.models.conditions import IN_WORDS, MAY_CLAIM, IsYear
from metrics.units import Direction, Qualifier, Unit
from projects.models import Activity, Project
from records.constraints import Rule
from records.models import Record, slug_field, slug_per_owner
from records.ownership import OwnedManager, OwnedQuerySet, SameOwner
from records.periods import PeriodField, YearOf


def decimal_field(label: Any, **kwargs: Any) -> models.DecimalField[Any, Any]:  # noqa: ANN401
    """Fifteen digits survive SQLite's REAL unharmed; absent means not measured, never zero."""
    return models.DecimalField(label, max_digits=15, decimal_places=4, null=True, blank=True, **kwargs)


class Derivation(models.TextChoices):
    NUMERATOR = "numerator", _("its numerators")
    DENOMINATOR = "denominator", _("its denominators")
    REST = "rest", _("what is left: denominators less numerators")


class MetricQuerySet(OwnedQuerySet):
    def matching(self, *, text: str = "", unit: str = "", year: int | None = None) -> MetricQuerySet:
        """Metrics with the text in a name, another name or the definition, of the unit, measured in the year; what is
        empty or None does not narrow."""
        found = self
        if text:
            found = found.filter(
                Q(name__icontains=text) | Q(aliases__icontains=text) | Q(definition__icontains=text)
            )
        if unit:
            found = found.filter(unit=unit)
        if year is not None:
            measured = Measurement.objects.filter(metric=OuterRef("pk"), period__in_year=year)
            found = found.filter(Exists(measured))
        return found

    def by_rhythm(self) -> MetricQuerySet:
        """Those measured within years first, then those of whole years only, then those never measured; by name.

        Annotates `rhythm` (0, 1 or 2) and `last_period`, None where nothing was measured. No further query.
        """
        of_metric = Measurement.objects.filter(metric=OuterRef("pk"))
        within = of_metric.annotate(length=Length("period")).filter(length__gt=len("2024"))
        last = of_metric.order_by("-period").values("period")[:1]
        rhythm = Case(When(Exists(within), then=0), When(Exists(of_metric), then=1), default=2)
        return (
            self.annotate(rhythm=rhythm, last_period=Subquery(last, output_field=CharField()))
            .select_related("supersedes")
            .order_by("rhythm", "name", "id")
        )


class Metric(Record):
    """A quantity followed over time."""

    slug_source = "name"

    name = models.CharField(_("name"), max_length=200, help_text=_("What is counted or measured."))
    slug = slug_field()
    aliases = models.TextField(_("other names"), blank=True, help_text=_("Other names, one per line."))
    unit = models.CharField(
        _("unit"), max_length=20, choices=Unit, help_text=_("Clock durations are kept in minutes.")
    )
    direction = models.CharField(
        _("direction of good"), max_length=10, choices=Direction, help_text=_("Which way is better.")
    )
    aggregation = models.CharField(
        _("aggregation"),
        max_length=10,
        choices=Aggregation,
        help_text=_("How shorter periods make up a year."),
    )
    definition = models.TextField(
        _("definition"), blank=True, help_text=_("Exactly what is counted, and how.")
    )
    counts = models.CharField(
        _("counts"),
        max_length=20,
        choices=[*Activity.Kind.choices, ("project", _("project")), ("incident", _("incident"))],
        blank=True,
        help_text=_(
            "The records it counts (incidents: is the mean duration of), so that its figures can be checked."
        ),
    )
    numerator_unit = models.CharField(
        _("unit of the numerator"),
        max_length=20,
        choices=Unit,
        blank=True,
        help_text=_(
            "If its figures are one quantity divided by another, e.g. gigabytes by kilobytes per second."
        ),
    )
    denominator_unit = models.CharField(
        _("unit of the denominator"),
        max_length=20,
        choices=Unit,
        blank=True,
        help_text=_("See the numerator."),
    )
    derived_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="derived",
        verbose_name=_("derived from"),
        help_text=_("The metric whose parts it repeats, e.g. issues remaining from issues resolved."),
    )
    derivation = models.CharField(
        _("derivation"),
        max_length=20,
        choices=Derivation,
        blank=True,
        help_text=_("Which part of that metric it repeats."),
    )
    supersedes = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("supersedes"),
        help_text=_("The metric that measured this before its definition changed."),
    )
    definition_change = models.TextField(
        _("definition change"), blank=True, help_text=_("What changed against the superseded metric.")
    )

    objects = OwnedManager.from_queryset(MetricQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("supersedes"),
            SameOwner("derived_from"),
            slug_per_owner("metrics_metric"),
            Rule(
                # The other way round a derivation may stay behind when the metric it names is deleted.
                condition=Q(derived_from__isnull=True) | ~Q(derivation=""),
                name="metrics_metric_derivation_complete",
                at="derivation",
                message=_("Say both: which metric, and which part of it."),
            ),
            Rule(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("id")),
                name="metrics_metric_does_not_supersede_itself",
                at="supersedes",
                message=_("A metric cannot supersede itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("metric_detail", args=[self.slug])


class MeasurementQuerySet(OwnedQuerySet):
    def in_years(self, *years: int) -> MeasurementQuerySet:
        """Measurements whose period lies in one of the years, oldest first, the whole before its parts."""
        wanted = Q()
        for year in years:
            wanted |= Q(period__in_year=year)
        return self.filter(wanted).order_by("period", "id")

    def totals(self) -> MeasurementQuerySet:
        """Figures of all projects together, by metric and period, as an index has them."""
        return self.filter(project__isnull=True).order_by("metric", "period")

    def years_of_projects(self) -> MeasurementQuerySet:
        """Figures of single projects for a whole year, by metric and period, as an index has them."""
        return self.filter(IsYear("period"), project__isnull=False).order_by("metric", "period", "id")

    def of_years_or_parts(self) -> MeasurementQuerySet:
        """Without parts of a year whose figure is stated: of these there are many, and it is not made of them."""
        stated = Measurement.objects.filter(
            metric=OuterRef("metric"), project__isnull=True, period=YearOf(OuterRef("period"))
        )
        return self.filter(Q(IsYear("period")) | ~Q(Exists(stated)))


class Measurement(Record):
    """The value of a metric for one period, and maybe one project, as stated, with its parts."""

    natural_fields = ("metric__slug", "period", "project__slug")

    metric = models.ForeignKey(
        Metric,
        on_delete=models.CASCADE,
        related_name="measurements",
        verbose_name=_("metric"),
        help_text=_("Which metric."),
    )
    period = PeriodField(_("period"), help_text=_("2024, 2024-H2, 2024-Q1 or 2024-09."))
    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="measurements",
        verbose_name=_("project"),
        help_text=_("Empty for the figure of all projects together."),
    )
    value = decimal_field(
        _("value"),
        help_text=_("In the metric's unit, as stated. Empty means nothing to measure, which is not zero."),
    )
    qualifier = models.CharField(
        _("qualifier"),
        max_length=10,
        choices=Qualifier,
        default=Qualifier.EXACTLY,
        help_text=_("exact, at least (3+), at most, or about (~20)."),
    )
    as_stated = models.CharField(
        _("as stated"),
        max_length=200,
        blank=True,
        help_text=_("The document's own writing, e.g. 18h 55m; empty if counted from a list."),
    )
    numerator = decimal_field(
        _("numerator"), help_text=_("The part, e.g. 25 of 40 tasks, or a total, e.g. 447 days.")
    )
    denominator = decimal_field(
        _("denominator"), help_text=_("The whole, e.g. 40 tasks, or the number of cases, e.g. 12.")
    )
    sample_size = models.PositiveIntegerField(
        _("sample size"), null=True, blank=True, help_text=_("How many cases the value is the mean of.")
    )
    minimum = decimal_field(_("smallest"), help_text=_("Smallest single case, in the metric's unit."))
    maximum = decimal_field(_("largest"), help_text=_("Largest single case, in the metric's unit."))
    stated_change = decimal_field(
        _("stated change"),
        help_text=_("The change the document states, e.g. +13 or -59, in the unit beside it."),
    )
    stated_change_unit = models.CharField(
        _("unit of change"),
        max_length=20,
        choices=Unit,
        blank=True,
        help_text=_("Unit of the stated change: percentage points for +13, percent for +370 %."),
    )
    breakdown_note = models.CharField(
        _("in words"), max_length=200, blank=True, help_text=_("What is stated in words only, e.g. delayed.")
    )

    objects = OwnedManager.from_queryset(MeasurementQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("metric"),
            SameOwner("project"),
            models.UniqueConstraint(
                fields=["owner", "metric", "period"],
                condition=Q(project__isnull=True),
                name="metrics_measurement_once_per_period",
                violation_error_message=_("This metric has a figure for this period already."),
            ),
            models.UniqueConstraint(
                fields=["owner", "metric", "period", "project"],
                condition=Q(project__isnull=False),
                name="metrics_measurement_once_per_project",
                violation_error_message=_("This metric has a figure for this period and project already."),
            ),
            Rule(
                condition=Q(denominator__isnull=True) | Q(denominator__gt=0),
                name="metrics_measurement_denominator_positive",
                at="denominator",
                message=_("The denominator must be above 0."),
            ),
            Rule(
                condition=Q(denominator__isnull=True) | Q(numerator__isnull=False),
                name="metrics_measurement_denominator_has_numerator",
                at="numerator",
                message=_("A denominator needs its numerator."),
            ),
            Rule(
                condition=Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(minimum__lte=F("maximum")),
                name="metrics_measurement_smallest_before_largest",
                at="maximum",
                message=_("The largest case cannot be below the smallest."),
            ),
            Rule(
                condition=Q(stated_change__isnull=True) | ~Q(stated_change_unit=""),
                name="metrics_measurement_change_has_unit",
                at="stated_change_unit",
                message=_("A stated change needs its unit."),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "period", "id"], name="measurement_owner_period_id"),
            # A project's page shows the latest, and a grid asks which projects were measured lately.
            models.Index(
                fields=["owner", "project", "period", "id"],
                name="measurement_project_period_id",
                condition=Q(project__isnull=False),
            ),
            # The search reads words, and not a million figures.
            models.Index(fields=["owner", "id"], name="measurement_in_words", condition=IN_WORDS),
            # Few figures of single projects are of a whole year; trends ask for these.
            models.Index(
                fields=["owner", "metric", "period"],
                name="measurement_years_of_projects",
                condition=Q(IsYear("period")) & Q(project__isnull=False),
            ),
            # For the script that asks what is new. Of other models nobody has enough for it to show.
            models.Index(fields=["owner", "updated_at"], name="measurement_owner_updated"),
            # Few figures of single projects have parts; whether a metric has such is asked on every page.
            models.Index(
                fields=["owner", "metric"],
                name="measurement_shares_with_parts",
                condition=Q(project__isnull=False, denominator__isnull=False),
            ),
            # Nor do many claim more than their value; which metrics have such is asked before all checks.
            models.Index(
                fields=["owner", "metric"],
                name="measurement_claiming_shares",
                condition=MAY_CLAIM & Q(project__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        where = f", {self.project}" if self.project_id else ""
        return f"{self.metric} {self.period}{where}"


class Mention(Record):
    """Another place where a figure is stated, maybe in other words: `87+` on one line, `87` on another."""

    slug_source = "as_stated"

    measurement = models.ForeignKey(
        Measurement,
        on_delete=models.CASCADE,
        related_name="mentions",
        verbose_name=_("measurement"),
        help_text=_("The figure that is stated again."),
    )
    slug = slug_field()
    value = decimal_field(_("value"), help_text=_("As stated there, in the metric's unit."))
    qualifier = models.CharField(
        _("qualifier"),
        max_length=10,
        choices=Qualifier,
        default=Qualifier.EXACTLY,
        help_text=_("exact, at least (3+), at most, or about (~20)."),
    )
    as_stated = models.CharField(_("as stated"), max_length=200, help_text=_("The document's own writing."))

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [*Record.Meta.constraints, SameOwner("measurement"), slug_per_owner("metrics_mention")]

    def __str__(self) -> str:
        return self.as_stated
