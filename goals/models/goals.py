"""What was aimed at, and how goals hang together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from goals.evaluation import Aim
from metrics.models import Metric, decimal_field
from metrics.units import Direction, format_value
from records.constraints import Rule
from records.models import Record, slug_field, slug_per_owner
from records.ownership import OwnedManager, OwnedQuerySet, SameOwner
from records.periods import PeriodField, Precision
from records.references import identity, referred


class GoalQuerySet(OwnedQuerySet):
    def set_in(self, year: int) -> GoalQuerySet:
        """Goals set in the year or a part of it, by due period and slug."""
        return self.filter(set_in__in_year=year).order_by("due", "id")

    def main(self) -> GoalQuerySet:
        """Goals that are not a part of another one."""
        return self.filter(parent__isnull=True)

    def latest_year_set(self) -> int | None:
        """The latest year a goal was set in; None without goals. One query."""
        latest = self.order_by("-set_in").values_list("set_in", flat=True).first()
        return None if latest is None else int(latest.year)

    def with_results(self) -> GoalQuerySet:
        """Joins metric, source without its text, and recorded result. No further query; `goal.result` may be absent."""
        return self.with_source("metric__supersedes", "result", "parent")


class Goal(Record):
    """An intent set in one period for another."""

    slug_source = "statement"

    class Kind(models.TextChoices):
        PROFESSIONAL = "professional", _("professional")
        CONTINUOUS = "continuous", _("continuous activity")
        KPI = "kpi", _("KPI")
        QUALITY = "quality", _("quality")
        STRATEGIC = "strategic", _("strategic")
        TECHNICAL = "technical", _("technical")
        CERTIFICATION = "certification", _("certification")
        PERSONAL = "personal", _("personal")

    class Cadence(models.TextChoices):
        WEEK = "week", _("a week")
        TWO_WEEKS = "two_weeks", _("every two weeks")
        MONTH = "month", _("a month")
        QUARTER = "quarter", _("a quarter")

    statement = models.CharField(
        _("statement"), max_length=300, help_text=_("What you set out to do, in one line.")
    )
    slug = slug_field()
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, help_text=_("What sort of goal it is."))
    set_in = PeriodField(_("set in"), help_text=_("When it was set: 2023, or 2022-Q2."))
    due = PeriodField(_("due"), help_text=_("The period it was set for: 2024, or 2022-H2."))
    aim = models.CharField(
        _("aim"),
        max_length=10,
        choices=Aim,
        help_text=_("What it asks of the figure; “do” if it is words only."),
    )
    metric = models.ForeignKey(
        Metric,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="goals",
        verbose_name=_("metric"),
        help_text=_("What it is measured by; empty if by nothing."),
    )
    baseline = decimal_field(
        _("baseline"), help_text=_("Where it started, in the metric's unit; empty if unknown.")
    )
    baseline_text = models.CharField(
        _("baseline, in words"), max_length=300, blank=True, help_text=_("If it is known in words only.")
    )
    target = decimal_field(
        _("target"), help_text=_("What was wanted, in the metric's unit; the lower bound of “between”.")
    )
    upper_target = decimal_field(
        _("upper target"), help_text=_("The upper bound of “between”, in the metric's unit.")
    )
    cadence_count = models.PositiveSmallIntegerField(
        _("times"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How many each time, e.g. 2 a month."),
    )
    cadence_every = models.CharField(
        _("cadence"),
        max_length=10,
        choices=Cadence,
        blank=True,
        help_text=_("How often, if it has a rhythm."),
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="sub_goals",
        verbose_name=_("part of"),
        help_text=_("The larger goal it is a part of."),
    )

    objects = OwnedManager.from_queryset(GoalQuerySet)()  # type: ignore[misc]

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("metric"),
            SameOwner("parent"),
            slug_per_owner("goals_goal"),
            Rule(
                condition=Q(due__ends__gte=F("set_in__starts")),
                name="goals_goal_due_after_set",
                at="due",
                message=_("A goal cannot be due before it was set."),
            ),
            Rule(
                condition=~Q(aim=Aim.DO) | Q(target__isnull=True),
                name="goals_goal_do_has_no_target",
                at="target",
                message=_("The aim “do” has no number to reach: remove the target or choose another aim."),
            ),
            Rule(
                condition=~Q(aim__in=[Aim.AT_LEAST, Aim.AT_MOST, Aim.BETWEEN]) | Q(target__isnull=False),
                name="goals_goal_aim_has_target",
                at="target",
                message=_("This aim needs a target."),
            ),
            Rule(
                condition=~Q(aim=Aim.BETWEEN) | Q(upper_target__isnull=False),
                name="goals_goal_between_has_upper_target",
                at="upper_target",
                message=_("“Between” needs an upper target."),
            ),
            Rule(
                condition=Q(aim=Aim.BETWEEN) | Q(upper_target__isnull=True),
                name="goals_goal_upper_target_only_between",
                at="upper_target",
                message=_("Only “between” has an upper target."),
            ),
            Rule(
                condition=Q(upper_target__isnull=True)
                | Q(target__isnull=True)
                | Q(upper_target__gte=F("target")),
                name="goals_goal_bounds_in_order",
                at="upper_target",
                message=_("The upper target cannot be below the target."),
            ),
            Rule(
                condition=Q(metric__isnull=False) | Q(target__isnull=True, baseline__isnull=True),
                name="goals_goal_number_has_metric",
                at="metric",
                message=_("A baseline or target needs the metric it is a figure of."),
            ),
            Rule(
                condition=Q(cadence_count__isnull=True, cadence_every="")
                | (Q(cadence_count__isnull=False) & ~Q(cadence_every="")),
                name="goals_goal_cadence_complete",
                at="cadence_every",
                message=_("A cadence needs both: how many and how often."),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "set_in"], name="goal_owner_set_in"),
            models.Index(fields=["owner", "due"], name="goal_owner_due"),
        ]

    def __str__(self) -> str:
        return self.statement

    def get_absolute_url(self) -> str:
        return reverse("goal_detail", args=[self.set_in.year, self.slug])

    @property
    def unit(self) -> str:
        return "" if self.metric is None else str(self.metric.unit)

    @property
    def aim_in_words(self) -> str:
        """What the goal asks, as a phrase: `at least 26 (1 every two weeks)`. The metric must be joined."""
        target = format_value(self.target, self.unit)
        upper = format_value(self.upper_target, self.unit)
        match self.aim:
            case Aim.AT_LEAST:
                phrase = _t("at least %(target)s") % {"target": target}
            case Aim.AT_MOST:
                phrase = _t("at most %(target)s") % {"target": target}
            case Aim.BETWEEN:
                phrase = _t("between %(target)s and %(upper)s") % {"target": target, "upper": upper}
            case Aim.IMPROVE if self.metric is not None and self.metric.direction == Direction.DOWN:
                phrase = _t("improve: lower than before")
            case Aim.IMPROVE:
                phrase = _t("improve: higher than before")
            case Aim.KEEP:
                phrase = _t("keep up what was")
            case _:
                phrase = _t("do it (no number)")
        if self.cadence_count:
            rhythm = {"count": self.cadence_count, "every": self.get_cadence_every_display()}
            phrase += " " + _t("(%(count)s %(every)s)") % rhythm
        return phrase

    def clean(self) -> None:
        super().clean()
        if (
            self.parent_id is not None
            and self.pk is not None
            and _reaches(self.parent_id, self.pk, follow=_parents)
        ):
            raise ValidationError({"parent": _t("This would make the goal a part of itself.")})

    @classmethod
    def problems_together(cls, records: Sequence[Any]) -> Iterator[tuple[Any, str, str]]:
        """No goal is a part of itself. One query if a goal has a parent."""
        parents = {identity(goal): referred(goal, "parent") for goal in records}
        if not any(parents.values()):
            return
        stored = cls.objects.filter(parent__isnull=False).values_list("pk", "parent_id")
        above = {**dict(stored), **parents}
        for goal in records:
            me, at, seen = identity(goal), parents[identity(goal)], set()
            while at is not None and at != me and at not in seen:
                seen.add(at)
                at = above.get(at)
            if at == me:
                yield goal, "parent", _t("This would make the goal a part of itself.")


def _reaches(start: int, wanted: int, *, follow: Any) -> bool:  # noqa: ANN401
    """Whether `wanted` lies on any path from `start`. One query per step of the longest path."""
    frontier, seen = {start}, set()
    while frontier:
        if wanted in frontier:
            return True
        seen |= frontier
        frontier = set(follow(frontier)) - seen
    return False


def _parents(ids: set[int]) -> Any:  # noqa: ANN401
    return Goal.objects.filter(pk__in=ids, parent__isnull=False).values_list("parent_id", flat=True)


def _earlier(ids: set[int]) -> Any:  # noqa: ANN401
    return GoalLink.objects.filter(later__in=ids).values_list("earlier_id", flat=True)


class GoalLink(Record):
    """Lineage: a later goal continues, retries, replaces or drops an earlier one."""

    natural_fields = ("later__slug", "earlier__slug", "kind")

    class Kind(models.TextChoices):
        CONTINUES = "continues", _("continues")
        RETRIES = "retries", _("retries")
        REPLACES = "replaces", _("replaces")
        DROPS = "drops", _("drops")

    later = models.ForeignKey(
        Goal,
        on_delete=models.CASCADE,
        related_name="links_back",
        verbose_name=_("later goal"),
        help_text=_("The goal that takes up the other."),
    )
    kind = models.CharField(
        _("kind"), max_length=10, choices=Kind, help_text=_("What the later goal does to the earlier one.")
    )
    earlier = models.ForeignKey(
        Goal,
        on_delete=models.CASCADE,
        related_name="links_forward",
        verbose_name=_("earlier goal"),
        help_text=_("The goal that came before."),
    )

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("goal link")
        verbose_name_plural = _("goal links")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("later"),
            SameOwner("earlier"),
            models.UniqueConstraint(
                fields=["owner", "later", "earlier", "kind"],
                name="goals_goallink_once",
                violation_error_message=_("These goals are linked in this way already."),
            ),
            Rule(
                condition=~Q(later=F("earlier")),
                name="goals_goallink_not_to_itself",
                at="earlier",
                message=_("A goal cannot be its own predecessor."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.later} {self.get_kind_display()} {self.earlier}"

    def clean(self) -> None:
        super().clean()
        if self.later_id is None or self.earlier_id is None or self.later_id == self.earlier_id:
            return
        try:
            earlier, later = self.earlier, self.later
        except Goal.DoesNotExist:
            return  # refused at its field
        if {earlier.owner_id, later.owner_id} != {self.owner_id}:
            return  # so is a goal of somebody else, and nothing is told about it
        if earlier.set_in > later.set_in:
            raise ValidationError({"earlier": _t("The earlier goal was set after the later one.")})
        if _reaches(self.earlier_id, self.later_id, follow=_earlier):
            raise ValidationError(
                {"earlier": _t("This would close a circle: the goal already leads back here.")}
            )

    @classmethod
    def problems_together(cls, records: Sequence[Any]) -> Iterator[tuple[Any, str, str]]:
        """Links run back in time and never in a circle. Two queries."""
        ends = [(link, referred(link, "earlier"), referred(link, "later")) for link in records]
        ids = {end for _link, *both in ends for end in both if isinstance(end, int)}
        set_in: dict[Any, Any] = dict(Goal.objects.filter(pk__in=ids).values_list("pk", "set_in"))
        for link, earlier, later in ends:
            for end, name in ((earlier, "earlier"), (later, "later")):
                if end not in set_in:
                    set_in[end] = getattr(link, name).set_in
        back: dict[Any, set[Any]] = {}
        for later, earlier in cls.objects.values_list("later_id", "earlier_id"):
            back.setdefault(later, set()).add(earlier)
        for _link, earlier, later in ends:
            back.setdefault(later, set()).add(earlier)
        for link, earlier, later in ends:
            if set_in[earlier] > set_in[later]:
                yield link, "earlier", _t("The earlier goal was set after the later one.")
                continue
            frontier, seen = {earlier}, set()
            while frontier and later not in frontier:
                seen |= frontier
                frontier = set().union(*(back.get(goal, ()) for goal in frontier)) - seen
            if frontier:
                yield (
                    link,
                    "earlier",
                    _t("This would close a circle: the goal already leads back here."),
                )


class Milestone(Record):
    """A dated step on the way. Whether it was done may be unknown."""

    natural_fields = ("goal__slug", "position")

    class Done(models.TextChoices):
        YES = "yes", _("done")
        NO = "no", _("not done")
        UNKNOWN = "unknown", _("unknown")

    goal = models.ForeignKey(
        Goal,
        on_delete=models.CASCADE,
        related_name="milestones",
        verbose_name=_("goal"),
        help_text=_("The goal it leads to."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("Order on the page, from 1.")
    )
    label = models.CharField(_("label"), max_length=200, help_text=_("What happens then."))
    due_on = PeriodField(
        _("due on"),
        finest=Precision.DAY,
        null=True,
        blank=True,
        help_text=_("As exactly as known, e.g. 2022-09-03."),
    )
    done = models.CharField(
        _("done"),
        max_length=10,
        choices=Done,
        default=Done.UNKNOWN,
        help_text=_("Unknown unless somebody knows."),
    )

    class Meta(Record.Meta):
        abstract = False
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        constraints = [
            *Record.Meta.constraints,
            SameOwner("goal"),
            models.UniqueConstraint(
                fields=["owner", "goal", "position"],
                name="goals_milestone_position_once",
                violation_error_message=_("Another milestone of the goal has this position."),
            ),
        ]

    def __str__(self) -> str:
        return self.label
