"""The forms of one goal's page: its result, and evidence for it."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

from django import forms
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from goals.models import Evidence, Goal, GoalResult
from metrics.models import Change, Measurement
from projects.models import Achievement, Activity, Engagement
from records.forms import OwnedModelForm
from records.models import Record

# A list longer than this is no help; admin finds everything else by typing.
CHOICE_LIMIT = 150


class ResultForm(OwnedModelForm):
    """The outcome of a goal: a new one, or a change of the recorded one."""

    class Meta:
        model = GoalResult
        fields = ["verdict", "basis", "reason", "decided_on"]
        widgets = {
            "decided_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "reason": forms.Textarea(attrs={"rows": 4}),
        }

    @classmethod
    def for_goal(cls, goal: Goal, data: Any = None) -> ResultForm:  # noqa: ANN401
        """Works on a copy: what was typed, right or wrong, must not change the goal the page shows."""
        result = getattr(goal, "result", None)
        return cls(data, instance=GoalResult(goal_id=goal.pk) if result is None else copy(result))


class EvidenceForm(OwnedModelForm):
    """One record of the due year (or an address) that speaks for or against the outcome."""

    cited = forms.ChoiceField(
        label=_("Record"),
        required=False,
        help_text=_("Records of the due year. Others can be cited under “Edit records”."),
    )

    class Meta:
        model = Evidence
        fields = ["cited", "url", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    _records: dict[str, tuple[str, Record]]

    @classmethod
    def for_goal(cls, goal: Goal, data: Any = None) -> EvidenceForm:  # noqa: ANN401
        form = cls(data, instance=Evidence(goal=goal))
        form._offer(goal)
        return form

    def _offer(self, goal: Goal) -> None:
        """Fill the list (5 queries). Keys are natural keys: ids stay on the server."""
        self._records = {}
        groups: list[tuple[Any, list[tuple[str, str]]]] = []
        for field, heading, records in _citable(goal):
            options = []
            for record in records:
                key = f"{field}/{'/'.join(str(part or '') for part in record.key)}"
                self._records[key] = (field, record)
                options.append((key, str(record)))
            if options:
                groups.append((heading, options))
        cited = self.fields["cited"]
        assert isinstance(cited, forms.ChoiceField)  # noqa: S101
        cited.choices = [("", "–"), *groups]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if chosen := self._records.get(cleaned.get("cited", "")):
            field, record = chosen
            setattr(self.instance, field, record)
        last = Evidence.objects.filter(goal=self.instance.goal).aggregate(last=Max("position"))["last"]
        self.instance.position = (last or 0) + 1
        return cleaned


def _citable(goal: Goal) -> Iterable[tuple[str, Any, Iterable[Record]]]:
    year = goal.due.year
    figures = Measurement.objects.filter(metric=goal.metric_id, project__isnull=True)
    yield (
        "measurement",
        _("Figures of its metric"),
        figures.in_years(year).with_source("metric", "project")[:CHOICE_LIMIT],
    )
    changes = Change.objects.filter(to_period__in_year=year).order_by("subject")
    yield "change", _("Before and after"), changes[:CHOICE_LIMIT]
    for field, heading, model, order in (
        ("achievement", _("Achievements"), Achievement, "title"),
        ("activity", _("Activities"), Activity, "title"),
        ("engagement", _("Engagements"), Engagement, "name"),
    ):
        yield field, heading, model.objects.filter(period__in_year=year).order_by(order)[:CHOICE_LIMIT]
