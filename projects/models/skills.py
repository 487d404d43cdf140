"""Technologies, techniques and abilities, under one name through the years."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models.activities import PlaceIn
from projects.models.projects import Engagement
from records.models import Record, slug_field, slug_per_owner
from records.ownership import OwnedManager, OwnedQuerySet, SameOwner
from records.periods import PeriodField, year_of


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
        return self.with_source().order_by(PlaceIn("kind", words=",".join(Skill.Kind.values)), "name", "id")


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
        return self.with_source("engagement__project").order_by(year_of("period").desc(), "period", "id")


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
