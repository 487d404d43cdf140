"""The decision to correct a record: promised on the page of checks, fulfilled in admin, kept in sight."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from metrics.findings import Finding
from metrics.listings import find_check
from metrics.models import Measurement, Settlement
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

KEY = "ratio:measurement/rate/2024"


@pytest.fixture
def rate(owner: Account) -> Measurement:
    """50 % of 1/4, which is 25 %."""
    metric = make.create_metric(owner=owner, name="Rate", unit="percent", aggregation="none", direction="up")
    return make.create_measurement(owner=owner, metric=metric, value=50, numerator=1, denominator=4)


def _check(owner: Account) -> Finding:
    with owner_scope(owner):
        found = find_check(key=KEY, year=2024)
    assert found is not None
    return found


def _deed(owner: Account, **fields: str) -> dict[str, str]:
    check = _check(owner)
    deed = {
        "check": KEY,
        "year": "2024",
        "seen": check.fingerprint,
        "decision": "correct",
        "reason": "A slip.",
    }
    version = {} if check.settlement is None else {"version": str(check.settlement.version)}
    return {**deed, **version, **fields}


def _set(owner: Account, rate: Measurement, **fields: Any) -> None:  # noqa: ANN401
    with owner_scope(owner):
        stored = Measurement.objects.get(pk=rate.pk)
        for name, value in fields.items():
            setattr(stored, name, value)
        stored.save()


def _text(client: Client, path: str = "/checks/") -> str:
    return client.get(path).content.decode()


def test_correcting_leads_to_the_record_and_saving_it_leads_back(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    answer = owner_client.post("/checks/?verdict=contradicts", _deed(owner))

    assert answer.status_code == 302
    edit = answer.headers["Location"]
    assert edit.startswith(f"/admin/metrics/measurement/{rate.pk}/change/?back=%2Fchecks%2F%3Fyear%3D2024")
    page = _text(owner_client, edit)
    assert "To be corrected: Rate, 2024: 50%. Change the figure and save" in page
    assert re.search(r'<a href="/checks/[^"]+">Back to the check</a>', page)
    fields = {"metric": rate.metric_id, "period": "2024", "value": "25", "qualifier": "exactly"}
    saved = owner_client.post(
        edit, {**fields, "numerator": "1", "denominator": "4", "version": "1", **_no_rows(page)}
    )

    assert saved.status_code == 302
    anchor = _check(owner).anchor
    assert saved.headers["Location"] == f"/checks/?year=2024&at={anchor}#{anchor}"
    text = _text(owner_client, saved.headers["Location"])
    assert f'id="{anchor}"' in text
    assert "A slip." in text
    assert _check(owner).is_corrected


def _no_rows(page: str) -> dict[str, str]:
    """What the inline rows of a page of admin want to be sent."""
    return dict(re.findall(r'name="(\w+-(?:TOTAL|INITIAL)_FORMS)" value="(\d+)"', page))


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_saving_a_record_leads_to_no_other_server(
    owner: Account, owner_client: Client, rate: Measurement, back: str
) -> None:
    edit = f"/admin/metrics/measurement/{rate.pk}/change/"
    fields = {
        "metric": rate.metric_id,
        "period": "2024",
        "value": "25",
        "qualifier": "exactly",
        "version": "1",
    }
    page = _text(owner_client, edit)
    saved = owner_client.post(f"{edit}?back={back}", {**fields, **_no_rows(page)})

    assert saved.status_code == 302
    assert saved.headers["Location"].startswith("/admin/metrics/measurement/")


def test_what_is_to_be_corrected_is_open_until_then(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    owner_client.post("/checks/", _deed(owner))

    check, text = _check(owner), _text(owner_client)

    assert check.is_to_be_corrected
    assert check.is_open_contradiction
    assert not check.is_settled
    for expected in (
        "To be corrected",
        "A slip.",
        "owner</span>",
        "Contradictions, open",
        "Withdraw the decision",
    ):
        assert expected in text
    assert "<strong>1 figure contradicts</strong> and is open." in text
    assert "is settled" not in text
    assert f"/admin/metrics/measurement/{rate.pk}/change/?back=" in text
    assert "Rate, 2024" in _text(owner_client, "/checks/?state=open")
    with pytest.raises(CommandError):
        call_command("check_figures", "--owner", "owner", "--fail-on", "contradicts", stdout=io.StringIO())


def test_what_was_corrected_stays_in_sight_with_reason_and_person(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    owner_client.post("/checks/", _deed(owner))
    _set(owner, rate, value=25)

    text = _text(owner_client)
    out = io.StringIO()
    call_command("check_figures", "--owner", "owner", "--fail-on", "exact", stdout=out)

    for expected in ('<h2 id="corrected">Corrected</h2>', "A slip.", "owner</span>", "1 is settled."):
        assert expected in text
    assert "Nothing that contradicts is open." in text
    assert "exact (corrected)" in out.getvalue()
    assert "Rate, 2024: 25%" in _text(owner_client, "/checks/?state=settled")


def test_a_correction_that_still_contradicts_is_open_again(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    owner_client.post("/checks/", _deed(owner))
    _set(owner, rate, value=51)

    text = _text(owner_client)

    assert _check(owner).is_reopened
    assert "Open again: its figures have changed and still contradict." in text
    assert "Contradictions, open" in text


def test_what_was_corrected_is_open_again_when_it_contradicts_again(
    owner: Account, rate: Measurement
) -> None:
    make.create_settlement(
        owner=owner, check_key=KEY, fingerprint=_check(owner).fingerprint, decision="correct"
    )
    for value, expected in ((25, "corrected"), (24, "reopened"), (25, "corrected"), (50, "to_be_corrected")):
        _set(owner, rate, value=value)
        assert _check(owner).state.value == expected


@pytest.mark.parametrize("value", [50, 25], ids=["before", "after"])
def test_the_decision_to_correct_can_be_withdrawn(
    owner: Account, owner_client: Client, rate: Measurement, value: int
) -> None:
    owner_client.post("/checks/", _deed(owner))
    _set(owner, rate, value=value)

    answer = owner_client.post("/checks/", _deed(owner, reopen="1"))

    assert answer.status_code == 302
    with owner_scope(owner):
        assert not Settlement.objects.exists()


def test_who_may_not_edit_records_cannot_promise_to(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    owner.is_staff = False
    owner.save()

    answer = owner_client.post("/checks/", _deed(owner))

    assert answer.status_code == 422
    assert "Select a valid choice." in answer.content.decode()
    assert 'value="correct"' not in _text(owner_client)
