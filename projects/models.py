"""What was worked on and learned: projects, stints of work on them, achievements, activities, skills."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, CharField, Exists, F, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Substr
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from records.constraints import Rule
from records.models import Record
from records.ownership import OwnedManager, OwnedQuerySet, SameOwner
from records.periods import Period, PeriodField, Precision

SLUG_HELP = _("Short name for addresses and imports; made from the title if left empty.")


def slug_field() -> models.SlugField:
    return models.SlugField(_("slug"), max_length=80, allow_unicode=True, blank=True, help_text=SLUG_HELP)


def slug_per_owner(model: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["owner", "slug"],
        name=f"{model}_slug_per_owner",
        violation_error_message=_("You use this slug already."),
    )


def _year_of(*periods: str) -> Substr:
    """The year, as text, of the first of these periods that is there."""
    first = Coalesce(*periods, output_field=CharField()) if len(periods) > 1 else F(periods[0])
    return Substr(first, 1, 4)


def _by_choice(field: str, choices: type[models.TextChoices]) -> Case:
    """Sorts as the choices are listed, whatever they are stored as."""
    whens = [When(**{field: value}, then=Value(place)) for place, value in enumerate(choices.values)]
    return Case(*whens, default=Value(len(whens)), output_field=IntegerField())


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
            | Q(Exists(Activity.objects.filter(project=this, period__in_year=year)))
            | Q(source__year=year)
        )

    def latest_first(self) -> ProjectQuerySet:
        """By the last year worked on (that of the document where no stint is known), then by name."""
        last = (
            Engagement.objects.filter(project=OuterRef("pk"))
            .values("project")
            .annotate(last=Max(_year_of("ends_on", "period")))
            .values("last")
        )
        year = Coalesce(
            Subquery(last, output_field=CharField()),
            Cast("source__year", CharField()),
            Value(""),
            output_field=CharField(),
        )
        return self.select_related("source").order_by(year.desc(), "name", "id")


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
            first_year=_year_of("starts_on", "period"), last_year=_year_of("ends_on", "period")
        ).filter(
            Q(period__in_year=year)
            | Q(starts_on__in_year=year)
            | Q(ends_on__in_year=year)
            | Q(first_year__lte=f"{year:04}", last_year__gte=f"{year:04}")
        )

    def in_order(self) -> EngagementQuerySet:
        """By the period they are filed under, as entered; with their documents."""
        return self.select_related("source").order_by("period", "id")


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


class ActivityQuerySet(OwnedQuerySet):
    def matching(self, *, text: str = "", kind: str = "", year: int | None = None) -> ActivityQuerySet:
        """Activities with the text in the title or its group; what is empty or None does not narrow."""
        found = self
        if text:
            found = found.filter(Q(title__icontains=text) | Q(category__icontains=text))
        if kind:
            found = found.filter(kind=kind)
        if year is not None:
            found = found.filter(period__in_year=year)
        return found

    def by_year_and_kind(self) -> ActivityQuerySet:
        """Latest year first, in it by kind as the kinds are listed; with projects and documents."""
        return self.select_related("project", "source").order_by(
            _year_of("period").desc(), _by_choice("kind", Activity.Kind), "period", "category", "id"
        )


class Activity(Record):
    """Something learned or shared."""

    slug_source = "title"

    class Kind(models.TextChoices):
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
        indexes = [models.Index(fields=["owner", "period"], name="activity_owner_period")]

    def __str__(self) -> str:
        return self.title


class SkillQuerySet(OwnedQuerySet):
    def matching(self, *, text: str = "", kind: str = "", year: int | None = None) -> SkillQuerySet:
        """Skills with the text in a name, of the kind, used in the year; what is empty or None does not narrow."""
        found = self
        if text:
            found = found.filter(Q(name__icontains=text) | Q(aliases__icontains=text))
        if kind:
            found = found.filter(kind=kind)
        if year is not None:
            found = found.filter(Exists(SkillUse.objects.filter(skill=OuterRef("pk"), period__in_year=year)))
        return found

    def by_kind(self) -> SkillQuerySet:
        """By kind as the kinds are listed, then by name; with documents."""
        return self.select_related("source").order_by(_by_choice("kind", Skill.Kind), "name", "id")


class Skill(Record):
    """A technology, technique or ability, under one name through the years."""

    slug_source = "name"

    class Kind(models.TextChoices):
        LANGUAGE = "language", _("language")
        FRAMEWORK = "framework", _("framework")
        TOOL = "tool", _("tool")
        PROTOCOL = "protocol", _("protocol")
        TECHNIQUE = "technique", _("technique")
        PATTERN = "pattern", _("architecture pattern")
        SOFT = "soft", _("soft skill")
        OTHER = "other", _("other")

    name = models.CharField(_("name"), max_length=200, help_text=_("The name you would use today."))
    slug = slug_field()
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, help_text=_("What sort of skill it is."))
    aliases = models.TextField(_("other names"), blank=True, help_text=_("Other spellings, one per line."))

    objects = OwnedManager.from_queryset(SkillQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        constraints = [*Record.Meta.constraints, slug_per_owner("projects_skill")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("skill_detail", args=[self.slug])

    @property
    def other_names(self) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, self.aliases.splitlines())))


class SkillUseQuerySet(OwnedQuerySet):
    def latest_first(self) -> SkillUseQuerySet:
        """Latest year first, in it as entered; with stint, project and document."""
        return self.select_related("engagement__project", "source").order_by(
            _year_of("period").desc(), "period", "id"
        )


class SkillUse(Record):
    """A skill learned or used in a period, under the heading that year's document gave it."""

    natural_fields = ("skill__slug", "period", "category", "engagement__slug")

    skill = models.ForeignKey(
        Skill,
        on_delete=models.CASCADE,
        related_name="uses",
        verbose_name=_("skill"),
        help_text=_("Which skill."),
    )
    period = PeriodField(_("period"), help_text=_("When, e.g. 2021."))
    category = models.CharField(
        _("category"), max_length=100, blank=True, help_text=_("The heading it stands under in that year.")
    )
    level = models.CharField(
        _("level"), max_length=100, blank=True, help_text=_("As stated, e.g. advanced usage.")
    )
    engagement = models.ForeignKey(
        Engagement,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="skill_uses",
        verbose_name=_("engagement"),
        help_text=_("The stint it was used in; empty for the year as a whole."),
    )
    detail = models.TextField(_("detail"), blank=True, help_text=_("What it was used for."))

    objects = OwnedManager.from_queryset(SkillUseQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("skill use")
        verbose_name_plural = _("skill uses")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("skill"),
            SameOwner("engagement"),
            models.UniqueConstraint(
                fields=["owner", "skill", "period", "category"],
                condition=Q(engagement__isnull=True),
                name="projects_skilluse_once_per_year",
                violation_error_message=_("This skill stands under this heading of the period already."),
            ),
            models.UniqueConstraint(
                fields=["owner", "skill", "period", "category", "engagement"],
                condition=Q(engagement__isnull=False),
                name="projects_skilluse_once_per_engagement",
                violation_error_message=_("This skill stands under this engagement already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.skill} ({self.period})"
