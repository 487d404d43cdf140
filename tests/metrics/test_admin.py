from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from metrics.admin import MOST_ROWS
from metrics.models import Change, Incident, Measurement
from records.models import Account
from records.ownership import every_owner, owner_scope
from tests import factories
from tests.records.test_admin import form_data, messages_of, page

A_CHANGE = {"subject": "Package size", "before": "10", "after": "4", "unit": "gigabyte", "to_period": "2024"}


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        pytest.param({"value": "NaN"}, "value", "Enter a number", id="NaN"),
        pytest.param({"value": "Infinity"}, "value", "Enter a number", id="infinity"),
        pytest.param({"value": "1e400"}, "value", "no more than", id="too large"),
        pytest.param({"value": "0.00001"}, "value", "no more than", id="too fine"),
        pytest.param(
            {"denominator": "0", "numerator": "1"}, "denominator", "above 0", id="nothing to divide by"
        ),
        pytest.param({"denominator": "3"}, "numerator", "needs its numerator", id="half a fraction"),
        pytest.param(
            {"minimum": "5", "maximum": "3"}, "maximum", "below the smallest", id="extremes crossed"
        ),
        pytest.param(
            {"stated_change": "3"}, "stated_change_unit", "needs its unit", id="change without unit"
        ),
        pytest.param({"period": "2024-Q5"}, "period", "is not a period", id="fifth quarter"),
        pytest.param({"as_stated": "3\x1f5"}, "as_stated", "control character", id="control character"),
        pytest.param({"sample_size": "9" * 30}, "sample_size", "less than or equal", id="more than fits"),
    ],
)
def test_add_measurement_refuses_at_the_field(
    data: dict[str, str], field: str, message: str, owner: Account, owner_client: Client
) -> None:
    metric = factories.create_metric(owner=owner)
    address = reverse("admin:metrics_measurement_add")
    given = (
        form_data(owner_client.get(address))
        | {"metric": str(metric.pk), "period": "2024", "value": "3"}
        | data
    )
    response = owner_client.post(address, given)
    assert response.status_code == 200
    assert message in " ".join(messages_of(response, field))
    with every_owner():
        assert not Measurement.objects.exists()


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        pytest.param({"before": "", "after": "", "unit": ""}, "after", "Fill in", id="nothing said"),
        pytest.param({"unit": ""}, "unit", "need their unit", id="numbers without unit"),
        pytest.param({"from_period": "2025"}, "to_period", "before it was otherwise", id="backwards"),
        pytest.param({"to_period": "1899"}, "to_period", "Years from", id="before 1900"),
    ],
)
def test_add_change_refuses_at_the_field(
    data: dict[str, str], field: str, message: str, owner_client: Client
) -> None:
    address = reverse("admin:metrics_change_add")
    response = owner_client.post(address, form_data(owner_client.get(address)) | A_CHANGE | data)
    assert response.status_code == 200
    assert message in " ".join(messages_of(response, field))
    with every_owner():
        assert not Change.objects.exists()


def test_add_incident_refuses_an_end_before_its_start(owner_client: Client) -> None:
    address = reverse("admin:metrics_incident_add")
    data = form_data(owner_client.get(address)) | {"title": "Disk full", "period": "2024"}
    data |= {"started_at_0": "2024-03-02", "started_at_1": "10:00"}
    data |= {"resolved_at_0": "2024-03-01", "resolved_at_1": "10:00"}
    response = owner_client.post(address, data)
    assert messages_of(response, "resolved_at") == ["It cannot be resolved before it started."]
    with every_owner():
        assert not Incident.objects.exists()


def test_metric_cannot_supersede_itself(owner: Account, owner_client: Client) -> None:
    metric = factories.create_metric(owner=owner)
    data = form_data(owner_client.get(page(metric))) | {"supersedes": str(metric.pk)}
    response = owner_client.post(page(metric), data)
    assert messages_of(response, "supersedes") == ["A metric cannot supersede itself."]


def test_same_period_twice_is_refused_with_its_message(owner: Account, owner_client: Client) -> None:
    measurement = factories.create_measurement(owner=owner, period="2024")
    address = reverse("admin:metrics_measurement_add")
    data = form_data(owner_client.get(address)) | {"metric": str(measurement.metric_id), "period": "2024"}
    assert messages_of(owner_client.post(address, data)) == [
        "This metric has a figure for this period already."
    ]


def test_same_period_twice_in_the_rows_of_a_metric_is_refused(owner: Account, owner_client: Client) -> None:
    metric = factories.create_metric(owner=owner)
    data = form_data(owner_client.get(page(metric))) | {"measurements-TOTAL_FORMS": "2"}
    for number in (0, 1):
        row = {"period": "2024", "value": str(number), "qualifier": "exactly"}
        data |= {f"measurements-{number}-{name}": value for name, value in row.items()}
    response = owner_client.post(page(metric), data)
    assert response.status_code == 200
    assert "Two rows are the same" in response.content.decode()
    with every_owner():
        assert not Measurement.objects.exists()


def test_metric_with_many_measurements_links_to_their_list(owner: Account, owner_client: Client) -> None:
    metric = factories.create_metric(owner=owner)
    for number in range(MOST_ROWS + 1):
        factories.create_measurement(owner=owner, metric=metric, period=f"{1950 + number}")
    response = owner_client.get(page(metric))
    assert response.context["inline_admin_formsets"] == []
    address = reverse("admin:metrics_measurement_changelist")
    assert f'href="{address}?metric__id__exact={metric.pk}">Measurements (51)' in response.content.decode()


def test_measurement_of_nothing_is_listed_as_a_dash(owner: Account, owner_client: Client) -> None:
    factories.create_measurement(owner=owner, value=None)
    text = owner_client.get(reverse("admin:metrics_measurement_changelist")).content.decode()
    assert '<td class="field-figure">–</td>' in text


def test_achievement_takes_changes_in_its_page(owner: Account, owner_client: Client) -> None:
    achievement = factories.create_achievement(owner=owner)
    data = form_data(owner_client.get(page(achievement))) | {"changes-TOTAL_FORMS": "1"}
    row = A_CHANGE | {"direction": "down", "qualifier": "exactly"}
    data |= {f"changes-0-{name}": value for name, value in row.items()}
    assert owner_client.post(page(achievement), data).status_code == 302
    with owner_scope(owner):
        change = Change.objects.get()
    assert (change.achievement_id, change.slug) == (achievement.pk, "package-size")
