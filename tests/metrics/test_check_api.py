from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from metrics.listings import find_check
from metrics.models import Measurement
from records.models import Account, ApiToken
from records.ownership import owner_scope
from tests import factories as make

ADDRESS = "/api/v1/checks/"
KEY = "ratio:measurement/rate/2024"


@pytest.fixture
def _filled(owner: Account) -> None:
    document = make.create_document(owner=owner, year=2024)
    metric = make.create_metric(owner=owner, name="Rate", unit="percent", aggregation="none")
    make.create_measurement(
        owner=owner,
        metric=metric,
        value=50,
        numerator=1,
        denominator=3,
        source=document,
        source_lines="7",
        as_stated="half",
    )
    make.create_change(
        owner=owner,
        subject="Size",
        before=10,
        after=4,
        stated_change=-60,
        stated_change_unit="percent",
        to_period="2023",
    )


@pytest.mark.usefixtures("_filled")
def test_checks_answer_claim_numbers_and_sources(owner_client: Client) -> None:
    contradiction, agreement = owner_client.get(ADDRESS).json()

    assert contradiction == {
        "key": KEY,
        "kind": "ratio",
        "year": 2024,
        "claim": "Rate, 2024: half",
        "stated": "50",
        "computed": "33.333333333333",
        "difference": "-16.666666666667",
        "unit": "percent",
        "verdict": "contradicts",
        "formula": "1 / 3 = 33.3%",
        "note": None,
        "settled": None,
        "source": {"document": 2024, "lines": "7"},
        "inputs": [],
    }
    assert (agreement["verdict"], agreement["year"], agreement["source"]) == ("exact", 2023, None)


def test_checks_name_the_records_they_were_computed_from(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, name="Articles")
    document = make.create_document(owner=owner, year=2024)
    before = make.create_measurement(
        owner=owner, metric=metric, period="2024-Q1", value=4, source=document, source_lines="3"
    )
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q2", value=6, stated_change=2, stated_change_unit="count"
    )

    (step,) = owner_client.get(ADDRESS, {"kind": "step"}).json()

    assert step["inputs"] == [
        {
            "kind": "measurement",
            "key": f"articles/{before.period}",
            "source": {"document": 2024, "lines": "3"},
        }
    ]


@pytest.mark.usefixtures("_filled")
def test_checks_say_how_they_were_settled_until_their_figures_change(
    owner: Account, owner_client: Client
) -> None:
    with owner_scope(owner):
        check = find_check(key=KEY, year=2024)
    assert check is not None
    make.create_settlement(owner=owner, check_key=KEY, fingerprint=check.fingerprint, reason="A slip.")
    before = owner_client.get(ADDRESS).json()[0]["settled"]
    with owner_scope(owner):
        rate = Measurement.objects.get()
        rate.numerator = Decimal(2)
        rate.save()

    assert before == {"decision": "accept", "reason": "A slip."}
    assert owner_client.get(ADDRESS).json()[0]["settled"] is None


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize(
    ("query", "years"),
    [
        ({}, [2024, 2023]),
        ({"year": "2023"}, [2023]),
        ({"year": "2010"}, []),
        ({"verdict": "contradicts"}, [2024]),
        ({"kind": "change"}, [2023]),
        ({"kind": "change", "verdict": "contradicts"}, []),
        ({"year": "", "verdict": "", "kind": ""}, [2024, 2023]),
    ],
)
def test_checks_are_filtered(owner_client: Client, query: dict[str, str], years: list[int]) -> None:
    assert [check["year"] for check in owner_client.get(ADDRESS, query).json()] == years


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ({"year": "20x4"}, "year", "“20x4” is no year; write one from 1900 to 2199."),
        ({"year": "1899"}, "year", "“1899” is no year"),
        ({"year": "٢٠٢٤"}, "year", "is no year"),
        ({"verdict": "great"}, "verdict", "“great” is none of the choices: exact, rounded"),
        ({"kind": "RATIO"}, "kind", "“RATIO” is none of the choices: ratio"),
        ({"kind": "\x00"}, "kind", "is none of the choices"),
    ],
)
def test_checks_refuse_a_filter_they_do_not_understand(
    owner_client: Client, query: dict[str, str], name: str, sentence: str
) -> None:
    answer = owner_client.get(ADDRESS, query)

    assert answer.status_code == 400
    assert list(answer.json()) == [name]
    assert sentence in answer.json()[name][0]


@pytest.mark.usefixtures("_filled")
def test_checks_of_a_year_are_those_of_the_whole(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, name="Articles")
    make.create_measurement(owner=owner, metric=metric, period="2023-Q4", value=4)
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q1", value=6, stated_change=3, stated_change_unit="count"
    )

    whole = owner_client.get(ADDRESS).json()
    of_year = owner_client.get(ADDRESS, {"year": "2024"}).json()

    assert of_year == [check for check in whole if check["year"] == 2024]
    assert [check["formula"] for check in of_year] == ["1 / 3 = 33.3%", "6 − 4 = 2"]


@pytest.mark.usefixtures("_filled")
def test_checks_are_the_owners_alone(owner: Account, client: Client, stranger_client: Client) -> None:
    _token, text = ApiToken.issue(owner=owner, name="script")

    assert stranger_client.get(ADDRESS).json() == []
    assert client.get(ADDRESS).status_code == 401
    assert len(client.get(ADDRESS, headers={"Authorization": f"Bearer {text}"}).json()) == 2
    assert stranger_client.post(ADDRESS).status_code in (403, 405)
