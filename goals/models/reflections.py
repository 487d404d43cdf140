"""What a document says about the year itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import Record, slug_field, slug_per_owner
from records.periods import PeriodField


class Reflection(Record):
    """What a document says about the year itself: a strength, a weakness, a lesson, a focus, a verdict."""

    slug_source = "title"

    class Kind(models.TextChoices):
        STRENGTH = "strength", _("strength")
        WEAKNESS = "weakness", _("weakness")
        WORKED_WELL = "worked_well", _("lesson: worked well")
        COULD_BE_BETTER = "could_be_better", _("lesson: could be better")
        FOCUS = "focus", _("focus")
        FOCUS_ADDED = "focus_added", _("focus added")
        FOCUS_DROPPED = "focus_dropped", _("focus dropped")
        VERDICT = "verdict", _("verdict on the year")

    kind = models.CharField(
        _("kind"), max_length=20, choices=Kind, help_text=_("What sort of reflection it is.")
    )
    title = models.CharField(_("title"), max_length=200, help_text=_("One line that names it."))
    slug = slug_field()
    period = PeriodField(_("period"), help_text=_("The period it is about."))
    text = models.TextField(_("text"), blank=True, help_text=_("In your own words."))
    hindsight = models.BooleanField(
        _("hindsight"), default=False, help_text=_("Recognised later than the period it is about.")
    )

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("reflection")
        verbose_name_plural = _("reflections")
        constraints = [*Record.Meta.constraints, slug_per_owner("goals_reflection")]

    def __str__(self) -> str:
        return self.title
