"""What happened to figures: outages, and changes from before to after."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from metrics.models.metrics import Metric, decimal_field
from metrics.units import Direction, Qualifier, Unit, minutes_between
from projects.models import Achievement, Project
from records.constraints import Rule
from records.models import Record, slug_field, slug_per_owner
from records.ownership import SameOwner
from records.periods import PeriodField


class Incident(Record):
    """An outage: its start and end, or its stated duration, and the period it was filed under."""

    slug_source = "title"

    title = models.CharField(_("title"), max_length=200, help_text=_("What broke, in a few words."))
    slug = slug_field()
    project = models.ForeignKey(
        Project,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="incidents",
        verbose_name=_("project"),
        help_text=_("What it happened to."),
    )
    period = PeriodField(
        _("filed under"), help_text=_("The period the document files it under, whatever its dates say.")
    )
    started_at = models.DateTimeField(
        _("started at"), null=True, blank=True, help_text=_("Local time; empty if unknown.")
    )
    resolved_at = models.DateTimeField(
        _("resolved at"), null=True, blank=True, help_text=_("Local time; empty if unknown.")
    )
    stated_duration = decimal_field(
        _("stated duration"),
        validators=[MinValueValidator(0)],
        help_text=_("In minutes, as stated: 42.95 h is 2577."),
    )
    as_stated = models.CharField(
        _("as stated"), max_length=200, blank=True, help_text=_("The document's own writing, e.g. 42.95h.")
    )
    severity = models.CharField(
        _("severity"), max_length=100, blank=True, help_text=_("As stated, e.g. quick fix.")
    )

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("project"),
            slug_per_owner("metrics_incident"),
            Rule(
                condition=Q(started_at__isnull=True)
                | Q(resolved_at__isnull=True)
                | Q(resolved_at__gte=F("started_at")),
                name="metrics_incident_resolved_after_start",
                at="resolved_at",
                message=_("It cannot be resolved before it started."),
            ),
        ]

    @property
    def started_at_local(self) -> dt.datetime | None:
        """In the server's time zone, the one documents are written in."""
        return None if self.started_at is None else timezone.localtime(self.started_at)

    @property
    def resolved_at_local(self) -> dt.datetime | None:
        return None if self.resolved_at is None else timezone.localtime(self.resolved_at)

    @property
    def elapsed(self) -> Decimal | None:
        """Full minutes from start to end; None if either is unknown. What is stated is another figure."""
        if self.started_at is None or self.resolved_at is None:
            return None
        return minutes_between(self.started_at, self.resolved_at)

    def __str__(self) -> str:
        return self.title


class Change(Record):
    """A before/after pair, with the change the document states."""

    slug_source = "subject"

    subject = models.CharField(
        _("subject"), max_length=200, help_text=_("What changed, e.g. Docker package size.")
    )
    slug = slug_field()
    achievement = models.ForeignKey(
        Achievement,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
        verbose_name=_("achievement"),
        help_text=_("The achievement that brought it about."),
    )
    metric = models.ForeignKey(
        Metric,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
        verbose_name=_("metric"),
        help_text=_("If both ends are figures of a metric."),
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
        verbose_name=_("project"),
        help_text=_("Empty if it concerns all of them."),
    )
    before = decimal_field(_("before"), help_text=_("In the unit below; empty if stated in words only."))
    before_text = models.CharField(
        _("before, in words"), max_length=300, blank=True, help_text=_("As it was, in words.")
    )
    after = decimal_field(_("after"), help_text=_("In the unit below; empty if stated in words only."))
    after_text = models.CharField(
        _("after, in words"), max_length=300, blank=True, help_text=_("As it became, in words.")
    )
    unit = models.CharField(
        _("unit"), max_length=20, choices=Unit, blank=True, help_text=_("Unit of both ends.")
    )
    direction = models.CharField(
        _("direction of good"),
        max_length=10,
        choices=Direction,
        default=Direction.NEUTRAL,
        help_text=_("Which way is better."),
    )
    from_period = PeriodField(
        _("from"), null=True, blank=True, help_text=_("When it was as before, if stated.")
    )
    to_period = PeriodField(_("to"), help_text=_("When it had become as after; the year it is told under."))
    stated_change = decimal_field(
        _("stated change"), help_text=_("As stated and signed, e.g. -60, in the unit beside it.")
    )
    stated_change_unit = models.CharField(
        _("unit of change"),
        max_length=20,
        choices=Unit,
        blank=True,
        help_text=_("percent, percentage points or times."),
    )
    qualifier = models.CharField(
        _("qualifier of the change"),
        max_length=10,
        choices=Qualifier,
        default=Qualifier.EXACTLY,
        help_text=_("e.g. at least for 700%+."),
    )
    as_stated = models.CharField(
        _("as stated"), max_length=200, blank=True, help_text=_("The document's own writing.")
    )
    is_steady = models.BooleanField(
        _("steady"),
        default=False,
        help_text=_("The document says it got better from period to period, without a setback."),
    )

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("achievement"),
            SameOwner("metric"),
            SameOwner("project"),
            slug_per_owner("metrics_change"),
            Rule(
                condition=Q(before__isnull=False)
                | Q(after__isnull=False)
                | ~Q(before_text="")
                | ~Q(after_text="")
                | Q(stated_change__isnull=False),
                name="metrics_change_says_something",
                at="after",
                message=_("Fill in what it was, what it became, or the stated change."),
            ),
            Rule(
                condition=Q(before__isnull=True, after__isnull=True) | ~Q(unit=""),
                name="metrics_change_has_unit",
                at="unit",
                message=_("Numbers need their unit."),
            ),
            Rule(
                condition=Q(stated_change__isnull=True) | ~Q(stated_change_unit=""),
                name="metrics_change_stated_change_has_unit",
                at="stated_change_unit",
                message=_("A stated change needs its unit."),
            ),
            Rule(
                condition=Q(from_period__isnull=True) | Q(to_period__ends__gte=F("from_period__starts")),
                name="metrics_change_runs_forward",
                at="to_period",
                message=_("It cannot have become so before it was otherwise."),
            ),
        ]
        indexes = [models.Index(fields=["owner", "to_period"], name="change_owner_period")]

    def __str__(self) -> str:
        return self.subject
