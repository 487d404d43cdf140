"""What a plan is told when the database refuses it, as somebody else wrote meanwhile."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from goals.models import Goal
from metrics.models import Measurement
from projects.models import Project
from records.merging import Row, apply, applying, in_dependency_order, plan_merge, plan_rows, planning
from records.models import Account, Conflict
from records.ownership import owner_scope
from tests.factories import create_measurement, create_metric

FIGURE = {"metric": "articles", "period": "2024-Q1", "value": "12"}


@pytest.mark.django_db(transaction=True)
def test_reference_removed_between_plan_and_apply_stops_all_of_it(owner: Account) -> None:
    metric = create_metric(owner=owner, slug="articles")
    with owner_scope(owner):
        plan = plan_rows(Measurement, [Row("row 2", FIGURE)])
        metric.delete()
        with pytest.raises(Conflict, match=r"^A record these rows refer to was removed in the meantime"):
            apply(plan, by=owner, reason="Imported")
        assert not Measurement.objects.exists()


def test_row_of_a_record_that_is_not_stored_yet_is_not_taken_for_the_one_without_it(
    owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise IntegrityError

    metric = create_metric(owner=owner, slug="articles")
    with owner_scope(owner):
        plan = plan_merge(
            {
                Project: [Row("row 2", {"name": "Harbour", "slug": "harbour"})],
                Measurement: [Row("row 3", {**FIGURE, "project": "harbour"})],
            }
        )
        # The figure of all projects together is another one than that of the new project.
        create_measurement(owner=owner, metric=metric, period="2024-Q1")
        monkeypatch.setattr(applying, "insert", refuse)
        with pytest.raises(Conflict) as caught:
            apply(plan, by=owner, reason="Imported")
    assert "row 3" not in str(caught.value)


def test_models_that_refer_to_each_other_in_a_circle_have_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_dependency_order([Measurement, Project]) == [Project, Measurement]
    monkeypatch.setattr(planning, "_referred_models", {Goal: {Project}, Project: {Goal}}.__getitem__)
    with pytest.raises(ValueError, match="in a circle"):
        in_dependency_order([Goal, Project])
