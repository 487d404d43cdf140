"""What computed answers cost: as many statements for much as for little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.models import Measurement, Metric
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make
from tests.statements import tables_asked


def _measured_goals(owner: Account, number: int) -> None:
    for _each in range(number):
        metric = make.create_metric(owner=owner, aggregation="mean", unit="count")
        goal = make.create_goal(owner=owner, metric=metric, set_in="2023", due="2024")
        row = make.create_measurement(owner=owner, metric=metric, period="2024", value=7)
        make.create_evidence(owner=owner, goal=goal, measurement=row)
        make.create_measurement(owner=owner, metric=metric, period="2024-Q1", value=3)
        make.create_change(owner=owner, metric=metric)


def _measured_metric(owner: Account, number: int) -> None:
    with owner_scope(owner):
        metric = Metric.objects.filter(slug="articles").first()
        first = 2000 + Measurement.objects.filter(project=None).count()
    metric = metric or make.create_metric(owner=owner, slug="articles")
    for year in range(first, first + number):
        project = make.create_project(owner=owner)
        make.create_measurement(owner=owner, metric=metric, project=project, period=f"{year}-Q1")
        row = make.create_measurement(owner=owner, metric=metric, period=f"{year}-Q1")
        make.create_mention(owner=owner, measurement=row)


COMPUTED: dict[str, Callable[[Account, int], None]] = {
    "/api/v1/comparisons/2023/": _measured_goals,
    "/api/v1/checks/": _measured_goals,
    "/api/v1/search/?q=articles": _measured_goals,
    "/api/v1/metrics/articles/series/": _measured_metric,
}


@pytest.mark.parametrize("address", COMPUTED)
def test_statements_are_the_same_whatever_the_rows(
    address: str, owner: Account, owner_client: Client
) -> None:
    asked: list[list[str]] = []
    sizes: list[int] = []
    for number in (2, 11):
        COMPUTED[address](owner, number)
        with CaptureQueriesContext(connection) as statements:
            answer = owner_client.get(address)
        assert answer.status_code == 200
        asked.append(tables_asked(statements))
        sizes.append(len(answer.content))
    assert sizes[1] > 2 * sizes[0]
    assert asked[0] == asked[1]
    assert len(asked[0]) < 20
