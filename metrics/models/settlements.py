"""What the owner decided about a check."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import Owned


class Settlement(Owned):
    """What the owner decided about a check. It counts for the figures it was decided on; if one of them changes,
    the check is open again. `CORRECT` is a promise: the check is open until its figures no longer contradict."""

    natural_fields = ("check_key",)

    class Decision(models.TextChoices):
        ACCEPT = "accept", _("accepted")
        ANNOTATE = "annotate", _("annotated")
        CORRECT = "correct", _("corrected")

    check_key = models.CharField(_("check"), max_length=300, editable=False)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, editable=False)
    decision = models.CharField(
        _("decision"),
        max_length=10,
        choices=Decision,
        help_text=_("Accept it as it is, annotate it, or promise to correct the record."),
    )
    reason = models.TextField(_("reason"), help_text=_("Why it may stand, or what a reader should know."))

    class Meta(Owned.Meta):
        abstract = False
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["owner", "check_key"], name="metrics_settlement_once_per_check"),
        ]

    @property
    def named(self) -> str:
        """What it was about, readable without the check: `commits · 2024-Q3 · kwater`."""
        name = self.check_key.partition(":")[2].partition("#")[0]
        return " · ".join(name.split("/")[1:])

    def __str__(self) -> str:
        return f"{self.get_decision_display()}: {self.check_key}"
