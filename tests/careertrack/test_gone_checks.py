"""A settlement stays in sight when the figure it was about is gone, until it is withdrawn."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from metrics.findings import State
from metrics.listings import find_check, settled_and_gone
from metrics.models import Measurement, Settlement
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

KEY = "ratio:measurement/rate/2024"
GONE = "Corrected: the figure is gone"


@pytest.fixture
def rate(owner: Account) -> Measurement:
    """50 % of 1/4, which is 25 %, promised to be corrected."""
    metric = make.create_metric(owner=owner, name="Rate", unit="percent", aggregation="none", direction="up")
    row = make.create_measurement(owner=owner, metric=metric, value=50, numerator=1, denominator=4)
    with owner_scope(owner):
        finding = find_check(key=KEY, year=2024)
        assert finding is not None
        fingerprint = finding.fingerprint
    make.create_settlement(
        owner=owner, check_key=KEY, decision="correct", reason="A slip.", fingerprint=fingerprint
    )
    return row


def _change(owner: Account, row: Measurement, how: str) -> str:
    """Makes the check vanish; where it stood."""
    with owner_scope(owner):
        finding = find_check(key=KEY, year=2024)
        assert finding is not None
        assert finding.state is State.TO_BE_CORRECTED
        stored = Measurement.objects.get(pk=row.pk)
        if how == "deleted":
            stored.delete()
            return finding.anchor
        if how == "no parts":
            stored.numerator = stored.denominator = None
        else:
            stored.period = "2023"
        stored.save()
    return finding.anchor


@pytest.mark.parametrize("how", ["deleted", "no parts", "another period"])
def test_a_settlement_whose_check_vanished_stays_in_sight(
    owner: Account, owner_client: Client, rate: Measurement, how: str
) -> None:
    assert GONE not in owner_client.get("/checks/").content.decode()
    anchor = _change(owner, rate, how)

    for query in ("", "?kind=span", f"?year=2024&at={anchor}"):
        text = owner_client.get(f"/checks/{query}").content.decode()
        assert GONE in text, query
        assert "rate · 2024" in text
        assert "A slip." in text


def test_api_and_command_tell_of_it_as_well(
    owner: Account, owner_client: Client, rate: Measurement, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> tuple[list[dict[str, str]], str]:
        call_command("check_figures", "--owner", owner.username)
        return owner_client.get("/api/v1/checks/").json()["gone"], capsys.readouterr().out

    gone, printed = told()
    assert (gone, "is gone" in printed) == ([], False)
    _change(owner, rate, "deleted")

    gone, printed = told()
    assert gone == [{"key": KEY, "decision": "correct", "reason": "A slip."}]
    assert f"corrected, and the figure is gone: {KEY}\n" in printed
    assert owner_client.get("/api/v1/checks/?year=2024").json()["gone"] is None


def test_a_settlement_whose_check_is_in_another_year_is_not_gone(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    make.create_measurement(
        owner=owner, metric=rate.metric, period="2023", value=25, numerator=1, denominator=4
    )

    assert GONE not in owner_client.get("/checks/?year=2023&at=check-0").content.decode()


def test_a_settlement_of_what_is_gone_can_be_withdrawn(
    owner: Account, owner_client: Client, stranger_client: Client, rate: Measurement
) -> None:
    deed = {"check": KEY, "withdraw": "1", "version": "1"}
    assert owner_client.post("/checks/", deed).status_code == 404  # it is still made
    _change(owner, rate, "deleted")
    assert stranger_client.post("/checks/", deed).status_code == 404
    refused = owner_client.post("/checks/", {**deed, "version": "7"}, follow=True)
    assert GONE in refused.content.decode()

    answer = owner_client.post("/checks/", deed, follow=True)

    assert "Withdrawn: rate · 2024" in answer.content.decode()
    assert GONE not in answer.content.decode()
    with owner_scope(owner):
        assert not Settlement.objects.exists()
        assert settled_and_gone() == ()
