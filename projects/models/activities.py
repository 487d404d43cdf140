"""What was learned and shared."""

from __future__ import annotations

from typing import Any, TypeAlias

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.models.projects import Project
from records.constraints import Rule
from records.models import Record, slug_field, slug_per_owner
from records.ownership import OwnedManager, OwnedQuerySet, SameOwner
from records.periods import PeriodField, Precision, year_of


class PlaceIn(models.Func):
    """Where a word stands in a text that lists all of them. Without parameters, so that an index can have it."""

    template = "INSTR('%(words)s', %(expressions)s)"
    output_field = models.IntegerField()

    def __init__(self, expression: str, *, words: str) -> None:
        super().__init__(expression, words=words)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # noqa: ANN401
        return self.as_sql(compiler, connection, template="STRPOS('%(words)s', %(expressions)s)", **context)


class ActivityKind(models.TextChoices):
    ARTICLE = "article", _("article")
    PAPER_REVIEW = "paper_review", _("paper review")
    BOOK = "book", _("book")
    CONFERENCE = "conference", _("conference")
    MEETUP = "meetup", _("meetup")
    TALK = "talk", _("talk")
    COURSE = "course", _("course")
    CERTIFICATE = "certificate", _("certificate")
    COMMUNITY = "community", _("community")
    DOCUMENTATION = "documentation", _("documentation")
    MEETING = "meeting", _("meeting")
    SITE_VISIT = "site_visit", _("site visit")
    TRAINING = "training", _("training given")
    SERVICE = "service", _("military service")
    EVENT = "event", _("event")
    OTHER = "other", _("other")


# Sorts as the kinds are listed, whatever they are stored as.
_PLACE_OF_KIND = PlaceIn("kind", words=",".join(ActivityKind.values))


class ActivityQuerySet(OwnedQuerySet):
    def matching(self, *, text: str = "", kind: str = "", year: int | None = None) -> ActivityQuerySet:
        """Activities with the text in the title or its group; what is empty or None does not narrow."""
        found = self
        if text:
            found = found.filter(Q(title__icontains=text) | Q(category__icontains=text))
        if kind:
            found = found.filter(kind=kind)
        if year is not None:
            found = found.in_year(year)
        return found

    def in_year(self, year: int) -> ActivityQuerySet:
        """As `by_year_and_kind` has it, so that one index serves both."""
        # Two ends: SQLite sorts anew by an expression that is equal to a value.
        return self.alias(year=year_of("period")).filter(year__gte=f"{year:04}", year__lte=f"{year:04}")

    def by_year_and_kind(self) -> ActivityQuerySet:
        """Latest year first, in it by kind as the kinds are listed; with projects and documents."""
        return self.with_source("project").order_by(
            year_of("period").desc(), _PLACE_OF_KIND, "period", "category", "id"
        )


class Activity(Record):
    """Something learned or shared."""

    slug_source = "title"

    Kind: TypeAlias = ActivityKind

    kind = models.CharField(
        _("kind"), max_length=20, choices=Kind, help_text=_("What sort of activity it was.")
    )
    title = models.CharField(_("title"), max_length=200, help_text=_("The title, as written or announced."))
    slug = slug_field()
    category = models.CharField(
        _("category"),
        max_length=100,
        blank=True,
        help_text=_("The group it is listed under, e.g. architecture."),
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("project"),
        help_text=_("The project it was part of, if any."),
    )
    period = PeriodField(_("period"), help_text=_("When, as exactly as known: 2021-H1 or 2022-Q2."))
    starts_on = PeriodField(
        _("starts on"),
        finest=Precision.DAY,
        null=True,
        blank=True,
        help_text=_("First day, as exactly as known."),
    )
    ends_on = PeriodField(
        _("ends on"),
        finest=Precision.DAY,
        null=True,
        blank=True,
        help_text=_("Last day, as exactly as known."),
    )
    count = models.PositiveIntegerField(
        _("count"), null=True, blank=True, help_text=_("How often, e.g. 21 visits; empty for once.")
    )
    hours = models.DecimalField(
        _("hours"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Hours in all."),
    )
    hours_each = models.DecimalField(
        _("hours each"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Hours each time."),
    )
    url = models.URLField(
        _("address"), max_length=500, blank=True, help_text=_("Where it can be seen (https://…).")
    )

    objects = OwnedManager.from_queryset(ActivityQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("project"),
            slug_per_owner("projects_activity"),
            Rule(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__ends__gte=F("starts_on__starts")),
                name="projects_activity_ends_after_it_starts",
                at="ends_on",
                message=_("It cannot end before it starts."),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "period", "id"], name="activity_owner_period_id"),
            # Most activities are of no project, and a list of projects asks in which years there are some.
            models.Index(
                fields=["owner", "project", "period", "id"],
                name="activity_project_period_id",
                condition=Q(project__isnull=False),
            ),
            # The order of `by_year_and_kind`, and what is summed up of each kind.
            models.Index(
                "owner",
                year_of("period").desc(),
                _PLACE_OF_KIND,
                "period",
                "category",
                "id",
                "kind",
                "count",
                name="activity_by_year_and_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.title
