"""What was worked on: projects, stints of work on them, achievements."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CharField, Exists, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from records.constraints import Rule
from records.models import Record, slug_field, slug_per_owner
from records.ownership import OwnedManager, OwnedQuerySet, SameOwner
from records.periods import Period, PeriodField, Precision, year_of


class ProjectQuerySet(OwnedQuerySet):
    def matching(self, *, text: str = "", kind: str = "", year: int | None = None) -> ProjectQuerySet:
        """Projects with the text in a name (today's, another, or one a document uses) or in the client, of the
        kind, told of in the year; what is empty or None does not narrow."""
        found = self
        if text:
            stated = Engagement.objects.filter(project=OuterRef("pk"), name__icontains=text)
            found = found.filter(
                Q(name__icontains=text)
                | Q(aliases__icontains=text)
                | Q(client__icontains=text)
                | Q(Exists(stated))
            )
        if kind:
            found = found.filter(kind=kind)
        if year is not None:
            found = found.told_of_in(year)
        return found

    def told_of_in(self, year: int) -> ProjectQuerySet:
        """Projects worked on in the year, with an achievement or activity of it, or named by its document."""
        this = OuterRef("pk")
        return self.filter(
            Q(Exists(Engagement.objects.filter(project=this).touching(year)))
            | Q(Exists(Achievement.objects.filter(project=this, period__in_year=year)))
            | Q(Exists(Project.objects.filter(pk=this, activities__period__in_year=year)))
            | Q(source__year=year)
        )

    def latest_first(self) -> ProjectQuerySet:
        """By the last year worked on (that of the document where no stint is known), then by name."""
        last = (
            Engagement.objects.filter(project=OuterRef("pk"))
            .values("project")
            .annotate(last=Max(year_of("ends_on", "period")))
            .values("last")
        )
        year = Coalesce(
            Subquery(last, output_field=CharField()),
            Cast("source__year", CharField()),
            Value(""),
            output_field=CharField(),
        )
        return self.with_source().order_by(year.desc(), "name", "id")


class Project(Record):
    """A lasting name that work is told under, whatever the year calls it."""

    slug_source = "name"

    class Kind(models.TextChoices):
        CLIENT = "client", _("client")
        INTERNAL = "internal", _("internal")
        RESEARCH = "research", _("research")
        INFRASTRUCTURE = "infrastructure", _("infrastructure")
        COMMUNITY = "community", _("community")
        SITE = "site", _("site")

    name = models.CharField(_("name"), max_length=200, help_text=_("The name you would use today."))
    slug = slug_field()
    aliases = models.TextField(
        _("other names"),
        blank=True,
        help_text=_("Names the documents use for the same project, one per line."),
    )
    client = models.CharField(
        _("client"), max_length=200, blank=True, help_text=_("Whom it was for; say in the note if inferred.")
    )
    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=Kind,
        default=Kind.CLIENT,
        help_text=_("What sort of project it is."),
    )

    objects = OwnedManager.from_queryset(ProjectQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [*Record.Meta.constraints, slug_per_owner("projects_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("project_detail", args=[self.slug])

    @property
    def other_names(self) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, self.aliases.splitlines())))


class EngagementQuerySet(OwnedQuerySet):
    def touching(self, year: int) -> EngagementQuerySet:
        """Stints filed under the year or, by their dates, reaching into it."""
        return self.alias(
            first_year=year_of("starts_on", "period"), last_year=year_of("ends_on", "period")
        ).filter(
            Q(period__in_year=year)
            | Q(starts_on__in_year=year)
            | Q(ends_on__in_year=year)
            | Q(first_year__lte=f"{year:04}", last_year__gte=f"{year:04}")
        )


class Engagement(Record):
    """One stint of work on a project, as one document tells it. Status belongs to the stint."""

    slug_source = "name"

    class DurationUnit(models.TextChoices):
        DAY = "day", _("days")
        WEEK = "week", _("weeks")
        MONTH = "month", _("months")
        YEAR = "year", _("years")

    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="engagements",
        verbose_name=_("project"),
        help_text=_("The project this was work on."),
    )
    name = models.CharField(_("name as stated"), max_length=200, help_text=_("The name this document uses."))
    slug = slug_field()
    period = PeriodField(
        _("filed under"), help_text=_("The year (or half, quarter) it is told under, e.g. 2024.")
    )
    starts_on = PeriodField(
        _("starts on"),
        finest=Precision.DAY,
        null=True,
        blank=True,
        help_text=_("As exactly as known: 2023-04-03, 2021-03, 2024-Q1 or 2024."),
    )
    ends_on = PeriodField(
        _("ends on"),
        finest=Precision.DAY,
        null=True,
        blank=True,
        help_text=_("As exactly as known; empty if unknown or still going on."),
    )
    is_ongoing = models.BooleanField(
        _("ongoing"), default=False, help_text=_("The document calls it still going on; it has no end then.")
    )
    stated_duration = models.DecimalField(
        _("stated duration"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("As the document states it, in the unit beside it."),
    )
    stated_duration_unit = models.CharField(
        _("unit of duration"),
        max_length=10,
        choices=DurationUnit,
        blank=True,
        help_text=_("Unit of the duration."),
    )
    team_size = models.PositiveSmallIntegerField(
        _("team size"), null=True, blank=True, help_text=_("People, yourself included.")
    )
    team = models.CharField(_("team"), max_length=200, blank=True, help_text=_("Who was in it, in words."))
    role = models.CharField(_("role"), max_length=200, blank=True, help_text=_("Your role."))
    contribution = models.DecimalField(
        _("contribution"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Your share of the work in percent, 0–100."),
    )
    difficulty = models.PositiveSmallIntegerField(
        _("difficulty"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("1 (easy) to 5 (hardest); empty if not rated."),
    )
    status = models.CharField(
        _("status as stated"),
        max_length=100,
        blank=True,
        help_text=_("The document's own word, e.g. Completed."),
    )
    on_time = models.BooleanField(
        _("on time"), null=True, blank=True, help_text=_("Unknown unless a document says so.")
    )
    summary = models.TextField(_("summary"), blank=True, help_text=_("What was done, in your own words."))

    objects = OwnedManager.from_queryset(EngagementQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("project"),
            slug_per_owner("projects_engagement"),
            Rule(
                condition=Q(is_ongoing=False) | Q(ends_on__isnull=True),
                name="projects_engagement_ongoing_has_no_end",
                at="ends_on",
                message=_("It is marked as ongoing; remove the end or the mark."),
            ),
            Rule(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__ends__gte=F("starts_on__starts")),
                name="projects_engagement_ends_after_it_starts",
                at="ends_on",
                message=_("It cannot end before it starts."),
            ),
            Rule(
                condition=Q(stated_duration__isnull=True) | ~Q(stated_duration_unit=""),
                name="projects_engagement_duration_has_unit",
                at="stated_duration_unit",
                message=_("A duration needs its unit."),
            ),
        ]
        indexes = [models.Index(fields=["owner", "period"], name="engagement_owner_period")]

    def __str__(self) -> str:
        return f"{self.name} ({self.period})"

    @property
    def begins(self) -> Period:
        """When it began, as exactly as known: the stated start, else the period it is filed under."""
        if self.starts_on is not None:
            return self.starts_on
        return self.ends_on if self.ends_on is not None and self.ends_on < self.period else self.period

    @property
    def ends(self) -> Period:
        """When it was last under way, as exactly as known: the stated end, else the period it is filed under."""
        if self.ends_on is not None:
            return self.ends_on
        begins = self.begins
        return begins if begins.last_day > self.period.last_day else self.period

    @property
    def years(self) -> tuple[int, ...]:
        """Every year it reaches into, and the one it is filed under; in order."""
        return tuple(sorted({self.period.year, *range(self.begins.year, self.ends.year + 1)}))


class Achievement(Record):
    """A problem, what was done about it, and what came of it."""

    slug_source = "title"

    class Category(models.TextChoices):
        TECHNICAL = "technical", _("technical")
        BUSINESS = "business", _("business")
        OPERATIONAL = "operational", _("operational")
        ORGANIZATIONAL = "organizational", _("organizational")
        INFRASTRUCTURE = "infrastructure", _("infrastructure")
        RELIABILITY = "reliability", _("reliability")
        COLLABORATION = "collaboration", _("collaboration")
        CLIENT = "client", _("client work")
        OTHER = "other", _("other")

    title = models.CharField(_("title"), max_length=200, help_text=_("One line that names it."))
    slug = slug_field()
    category = models.CharField(
        _("category"), max_length=20, choices=Category, help_text=_("Where its effect was felt.")
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="achievements",
        verbose_name=_("project"),
        help_text=_("Empty if it was for the whole team."),
    )
    engagement = models.ForeignKey(
        Engagement,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="achievements",
        verbose_name=_("engagement"),
        help_text=_("The stint it belongs to, if known."),
    )
    period = PeriodField(_("period"), help_text=_("When, as exactly as known: 2024 or 2024-Q2."))
    problem = models.TextField(_("problem"), blank=True, help_text=_("What was wrong or wanted."))
    action = models.TextField(_("action"), blank=True, help_text=_("What you did."))
    result = models.TextField(_("result"), blank=True, help_text=_("What came of it."))

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("achievement")
        verbose_name_plural = _("achievements")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("project"),
            SameOwner("engagement"),
            slug_per_owner("projects_achievement"),
        ]
        indexes = [models.Index(fields=["owner", "period"], name="achievement_owner_period")]

    def __str__(self) -> str:
        return self.title
