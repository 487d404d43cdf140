"""What the tests of checks share: small records, and the checks of them by key."""

from __future__ import annotations

import datetime as dt
from typing import Any

from metrics.aggregation import Aggregation
from metrics.audit import audit
from metrics.checks import Agreement
from metrics.findings import Finding
from metrics.models import Measurement, Metric
from metrics.units import Unit
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

EXACT, ROUNDED, TRUNCATED = Agreement.EXACT, Agreement.ROUNDED, Agreement.TRUNCATED
CONTRADICTS, NOT_CHECKABLE = Agreement.CONTRADICTS, Agreement.NOT_CHECKABLE
QUARTERS = ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4")


def findings(owner: Account, years: list[int] | None = None) -> dict[str, Finding]:
    with owner_scope(owner):
        found = list(audit(years=years))
    by_key = {finding.key: finding for finding in found}
    assert len(by_key) == len(found)  # a key names one check
    return by_key


def verdicts(owner: Account) -> dict[str, Agreement]:
    return {key: finding.check.verdict for key, finding in findings(owner).items()}


def rate(owner: Account, **fields: Any) -> Metric:  # noqa: ANN401
    given = {"name": "Rate", "unit": Unit.PERCENT, "aggregation": Aggregation.MEAN}
    return make.create_metric(owner=owner, **{**given, **fields})


def measure_quarters(owner: Account, metric: Metric, *values: str | None) -> list[Measurement]:
    return [
        make.create_measurement(owner=owner, metric=metric, period=period, value=value)
        for period, value in zip(QUARTERS, values, strict=False)
    ]


def measure_share(owner: Account, metric: Metric, name: str, **fields: Any) -> None:  # noqa: ANN401
    project = make.create_project(owner=owner, name=name)
    make.create_measurement(owner=owner, metric=metric, project=project, **fields)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+09:00")
