"""What came of a goal, and what speaks for it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from goals.evaluation import Verdict
from goals.models.goals import Goal
from metrics.models import Change, Measurement
from projects.models import Achievement, Activity, Engagement
from records.constraints import Rule
from records.models import Owned, Record
from records.ownership import SameOwner
from records.periods import Period


class GoalResult(Record):
    """The recorded outcome of a goal. It stands beside the proposal and wins; earlier outcomes are its history."""

    natural_fields = ("goal__slug",)

    class Basis(models.TextChoices):
        STATED = "stated", _("stated in a document")
        COMPUTED = "computed", _("computed from figures")
        JUDGED = "judged", _("judged by a person")

    goal = models.OneToOneField(
        Goal,
        on_delete=models.CASCADE,
        related_name="result",
        verbose_name=_("goal"),
        help_text=_("The goal it is the outcome of."),
    )
    verdict = models.CharField(
        _("verdict"), max_length=20, choices=Verdict, help_text=_("What came of the goal.")
    )
    basis = models.CharField(
        _("basis"),
        max_length=10,
        choices=Basis,
        default=Basis.JUDGED,
        help_text=_("What the verdict rests on."),
    )
    reason = models.TextField(
        _("reason"), blank=True, help_text=_("Why, in a sentence or two; needed for a judgement.")
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True, help_text=_("The day you decided."))

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("goal result")
        verbose_name_plural = _("goal results")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("goal"),
            Rule(
                condition=~Q(basis="judged") | ~Q(reason=""),
                name="goals_goalresult_judgement_has_reason",
                at="reason",
                message=_("A judgement needs its reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal}: {self.get_verdict_display()}"

    @classmethod
    def versions_of(cls, goal: Goal) -> models.QuerySet[Any]:
        """Every version of the recorded result, latest first, with who saved it. One query when read."""
        rows: models.QuerySet[Any] = cls.history.filter(goal_id=goal.pk)
        return rows.select_related("history_user").order_by("-history_date", "-history_id")


EVIDENCE_TARGETS = ("achievement", "engagement", "activity", "measurement", "change")


def _exactly_one_target() -> Q:
    """One of the references, or an address, and nothing beside it."""
    condition = Q()
    for chosen in (*EVIDENCE_TARGETS, "url"):
        alone = Q()
        for name in EVIDENCE_TARGETS:
            alone &= Q(**{f"{name}__isnull": name != chosen})
        alone &= ~Q(url="") if chosen == "url" else Q(url="")
        condition |= alone
    return condition


class Evidence(Record):
    """What speaks for or against a goal's outcome: exactly one record, or an address."""

    natural_fields = ("goal__slug", "position")

    goal = models.ForeignKey(
        Goal,
        on_delete=models.CASCADE,
        related_name="evidence",
        verbose_name=_("goal"),
        help_text=_("The goal it is evidence for."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("Order on the page, from 1.")
    )
    achievement = models.ForeignKey(
        Achievement,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("achievement"),
        help_text=_("Choose exactly one."),
    )
    engagement = models.ForeignKey(
        Engagement,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("engagement"),
        help_text=_("Choose exactly one."),
    )
    activity = models.ForeignKey(
        Activity,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("activity"),
        help_text=_("Choose exactly one."),
    )
    measurement = models.ForeignKey(
        Measurement,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("measurement"),
        help_text=_("Choose exactly one."),
    )
    change = models.ForeignKey(
        Change,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("change"),
        help_text=_("Choose exactly one."),
    )
    url = models.URLField(_("address"), max_length=500, blank=True, help_text=_("Or an address (https://…)."))

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("goal"),
            *(SameOwner(name) for name in EVIDENCE_TARGETS),
            models.UniqueConstraint(
                fields=["owner", "goal", "position"],
                name="goals_evidence_position_once",
                violation_error_message=_("Another piece of evidence has this position."),
            ),
            Rule(
                condition=_exactly_one_target(),
                name="goals_evidence_exactly_one_target",
                at="url",
                message=_("Choose exactly one record, or give an address."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.target)

    @property
    def target(self) -> Owned | str:
        """The record cited, or the address. A query unless it is joined, as by `join_targets`."""
        for name in EVIDENCE_TARGETS:
            if getattr(self, f"{name}_id") is not None:
                record: Owned = getattr(self, name)
                return record
        return self.url

    @property
    def period(self) -> Period | None:
        """When what is cited happened; None for an address. As `target`."""
        match self.target:
            case Change() as change:
                period: Period = change.to_period
                return period
            case str():
                return None
            case record:
                return getattr(record, "period", None)
