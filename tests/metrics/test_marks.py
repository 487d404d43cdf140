"""A page asks only for what can be a part of its figures; it must not miss a contradiction because of that."""

from __future__ import annotations

import random

import pytest
from django.test import Client

from metrics.audit import audit
from metrics.checks import Agreement, CheckKind
from metrics.marks import find_marks, marks_of
from metrics.models import Measurement
from metrics.references import read_references
from metrics.rows import Row
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make


@pytest.mark.parametrize("way", ["joined", "looked up", "at hand"])
def test_some_figures_have_the_marks_they_have_among_all(
    career: Account, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a page shows, one figure, those of a project, of a year, or a handful of any; and however it finds what
    they refer to."""
    monkeypatch.setattr("metrics.audit._FEW_METRICS", 0 if way == "looked up" else 1000)
    with owner_scope(career):
        everything = marks_of(
            each
            for each in audit()
            if each.check.verdict == Agreement.CONTRADICTS and each.check.kind != CheckKind.GOAL
        )
        rows = list(Measurement.objects.select_related("metric").order_by("id"))
        marked = [row for row in rows if everything.of(row)]
        assert len(marked) > 20
        pages = [[row] for row in marked]
        pages += [[row for row in rows if row.period.year == year] for year in (2021, 2024)]
        pages += [random.Random(seed).sample(rows, 12) for seed in range(12)]  # noqa: S311
        for page in pages:
            found = find_marks(shown=page, references=read_references() if way == "at hand" else None)
            for row in page:
                assert _keys(found, row) == _keys(everything, row), row


def _keys(marks: object, row: Measurement) -> set[str]:
    assert hasattr(marks, "of")
    return {each.key for each in marks.of(row)}


def test_a_light_figure_is_marked_like_its_record(career: Account) -> None:
    with owner_scope(career):
        row = Measurement.objects.select_related("metric", "project", "source").get(
            metric__slug="transfer-time", period="2024", project__slug="kwater"
        )
        light = Row.of(row)
        assert _keys(find_marks(shown=[light]), row) == {"ratio:measurement/transfer-time/2024/kwater"}
        assert find_marks(shown=[light]).of(light)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("/trends/", "list:measurement/articles-written/2021"),
        ("/projects/mybox/", "incident:incident/mybox-2024-07-08#filed"),
        ("/metrics/mttr/", "incident:incident/mybox-2024-07-08#filed"),
        ("/years/2022/", "open_work:engagement/dna-plus-2021"),
        ("/years/2024/", "incident:incident/mybox-2024-07-08#filed"),
        ("/metrics/?text=Completion", "step:measurement/project-completion-rate/2024-Q4"),
        (
            "/metrics/enter/2024-Q4/?metric=project-completion-rate",
            "step:measurement/project-completion-rate/2024-Q4",
        ),
    ],
)
def test_figures_of_every_kind_of_page_lead_to_their_check(
    career: Account, client: Client, address: str, key: str
) -> None:
    client.force_login(career)
    with owner_scope(career):
        anchor = next(each.anchor for each in audit() if each.key == key)

    assert f"#{anchor}" in client.get(address).content.decode()


@pytest.mark.parametrize(("whole", "is_marked"), [("99999999999.9999", False), ("99999999999.9998", True)])
def test_shares_are_summed_up_to_the_last_digit(owner: Account, whole: str, is_marked: bool) -> None:
    """The database adds them up, maybe in floating point, and what it finds even is not read."""
    metric = make.create_metric(owner=owner, unit="count", aggregation="sum")
    row = make.create_measurement(owner=owner, metric=metric, value=whole)
    for share in ("99999999999.9998", "0.0001"):
        make.create_measurement(
            owner=owner, metric=metric, value=share, project=make.create_project(owner=owner)
        )
    with owner_scope(owner):
        assert bool(find_marks(shown=[row]).of(row)) == is_marked


def test_the_last_figure_of_a_year_is_a_part_of_the_first_step_of_the_next(owner: Account) -> None:
    metric = make.create_metric(owner=owner, unit="count")
    last = make.create_measurement(owner=owner, metric=metric, period="2023-Q4", value=10)
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q1", value=20, stated_change=5, stated_change_unit="count"
    )
    with owner_scope(owner):
        assert _keys(find_marks(shown=[last]), last) == {f"step:measurement/{metric.slug}/2024-Q1"}
