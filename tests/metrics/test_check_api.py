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
    contradiction, agreement = owner_client.get(ADDRESS).json()["results"]

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
        "state": "open",
        "settlement": None,
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

    (step,) = owner_client.get(ADDRESS, {"kind": "step"}).json()["results"]

    assert step["inputs"] == [
        {
            "kind": "measurement",
            "key": f"articles~{before.period}~",
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
    before = owner_client.get(ADDRESS).json()["results"][0]
    with owner_scope(owner):
        rate = Measurement.objects.get()
        rate.numerator = Decimal(2)
        rate.save()

    after = owner_client.get(ADDRESS).json()["results"][0]
    assert (before["state"], after["state"]) == ("settled", "reopened")
    assert before["settlement"] == after["settlement"] == {"decision": "accept", "reason": "A slip."}


@pytest.mark.usefixtures("_filled")
def test_checks_say_what_is_to_be_corrected_and_what_was(owner: Account, owner_client: Client) -> None:
    with owner_scope(owner):
        check = find_check(key=KEY, year=2024)
    assert check is not None
    make.create_settlement(
        owner=owner, check_key=KEY, fingerprint=check.fingerprint, decision="correct", reason="A slip."
    )
    before = owner_client.get(ADDRESS).json()["results"][0]
    with owner_scope(owner):
        rate = Measurement.objects.get()
        rate.value = Decimal(33)
        rate.save()
    after = next(each for each in owner_client.get(ADDRESS).json()["results"] if each["key"] == KEY)

    assert (before["verdict"], before["state"]) == ("contradicts", "to_be_corrected")
    assert (after["verdict"], after["state"]) == ("rounded", "corrected")
    assert after["settlement"] == {"decision": "correct", "reason": "A slip."}


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
    assert [check["year"] for check in owner_client.get(ADDRESS, query).json()["results"]] == years


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ({"year": "20x4"}, "year", "“20x4” is no year; write one from 1900 to 2199."),
        ({"year": "1899"}, "year", "“1899” is no year"),
        ({"year": "٢٠٢٤"}, "year", "is no year"),
        ({"verdict": "great"}, "verdict", "“great” is none of the choices: exact, rounded"),
        ({"kind": "RATIO"}, "kind", "“RATIO” is none of the choices: ratio"),
        ({"kind": "\x00"}, "kind", "is none of the choices"),
        ({"page": "0"}, "page", "“0” is no whole number from 1 to 999999."),
        ({"page": "٢"}, "page", "is no whole number"),
        ({"page_size": "501"}, "page_size", "“501” is no whole number from 1 to 500."),
        ({"page_size": "1e2"}, "page_size", "is no whole number"),
    ],
)
def test_checks_refuse_a_filter_they_do_not_understand(
    owner_client: Client, query: dict[str, str], name: str, sentence: str
) -> None:
    answer = owner_client.get(ADDRESS, query)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_parameter"
    assert [error["field"] for error in answer.json()["errors"]] == [name]
    assert sentence in answer.json()["errors"][0]["message"]


@pytest.mark.usefixtures("_filled")
def test_checks_of_a_year_are_those_of_the_whole(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, name="Articles")
    make.create_measurement(owner=owner, metric=metric, period="2023-Q4", value=4)
    make.create_measurement(
        owner=owner, metric=metric, period="2024-Q1", value=6, stated_change=3, stated_change_unit="count"
    )

    whole = owner_client.get(ADDRESS).json()["results"]
    of_year = owner_client.get(ADDRESS, {"year": "2024"}).json()["results"]

    assert of_year == [check for check in whole if check["year"] == 2024]
    assert [check["formula"] for check in of_year] == ["1 / 3 = 33.3%", "6 − 4 = 2"]


@pytest.mark.usefixtures("_filled")
def test_checks_are_the_owners_alone(owner: Account, client: Client, stranger_client: Client) -> None:
    _token, text = ApiToken.issue(owner=owner, name="script")

    assert stranger_client.get(ADDRESS).json() == {"count": {}, "next": None, "results": [], "gone": []}
    assert client.get(ADDRESS).status_code == 401
    assert len(client.get(ADDRESS, headers={"Authorization": f"Bearer {text}"}).json()["results"]) == 2
    assert stranger_client.post(ADDRESS).status_code in (403, 405)


def test_checks_come_page_by_page_and_are_counted_as_a_whole(owner: Account, owner_client: Client) -> None:
    metric = make.create_metric(owner=owner, name="Rate", unit="percent", aggregation="none")
    for year in range(2001, 2008):
        make.create_measurement(
            owner=owner,
            metric=metric,
            period=str(year),
            value=25 if year % 2 else 50,
            numerator=1,
            denominator=4,
        )
    seen, address = [], f"{ADDRESS}?page_size=3"
    while address:
        answer = owner_client.get(address).json()
        assert answer["count"] == {"contradicts": 3, "exact": 4}
        assert len(answer["results"]) <= 3
        seen += [(check["verdict"], check["year"]) for check in answer["results"]]
        address = answer["next"]

    assert seen == [
        *(("contradicts", year) for year in (2006, 2004, 2002)),
        *(("exact", year) for year in (2007, 2005, 2003, 2001)),
    ]
    assert owner_client.get(ADDRESS, {"page": "9"}).json()["results"] == []
