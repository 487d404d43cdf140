from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from careertrack import checking
from metrics.findings import Finding
from metrics.listings import find_check
from metrics.models import Measurement, Settlement
from records.models import Account
from records.ownership import owner_scope
from tests import factories as make

KEY = "ratio:measurement/rate/2024"
WRONG, EXACT = "Rate, 2024: 50%", "Share, 2023: 25%"


def _rate(
    owner: Account,
    *,
    name: str = "Rate",
    period: str = "2024",
    value: int = 50,
    **fields: Any,  # noqa: ANN401
) -> Measurement:
    """A percentage of 1 of 4, so that only 25 is right."""
    metric = make.create_metric(owner=owner, name=name, unit="percent", aggregation="none", direction="up")
    return make.create_measurement(
        owner=owner, metric=metric, period=period, value=value, numerator=1, denominator=4, **fields
    )


@pytest.fixture
def rate(owner: Account) -> Measurement:
    """Beside a figure that is right."""
    document = make.create_document(owner=owner, year=2024)
    _rate(owner, name="Share", period="2023", value=25)
    return _rate(owner, source=document, source_lines="7-8")


def _check(owner: Account) -> Finding:
    with owner_scope(owner):
        found = find_check(key=KEY, year=2024)
    assert found is not None
    return found


def _deed(owner: Account, **fields: str) -> dict[str, str]:
    """What the form of the check sends."""
    check = _check(owner)
    version = {} if check.settlement is None else {"version": str(check.settlement.version)}
    deed = {
        "check": KEY,
        "year": "2024",
        "seen": check.fingerprint,
        "decision": "accept",
        "reason": "Counted twice.",
    }
    return {**deed, **version, **fields}


def _text(client: Client, query: str = "") -> str:
    answer = client.get(f"/checks/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def _claims(text: str) -> list[str]:
    return re.findall(r"<h4[^>]*>([^<]*)</h4>", text)


def test_check_list_shows_claim_source_formula_and_difference(
    rate: Measurement, owner_client: Client
) -> None:
    text = _text(owner_client)

    for expected in (
        "2024 document, line 7-8",
        "1 / 4 = 25%",
        "<dd>50%</dd>",
        "<dd>25%</dd>",
        "<dd>−25 pp</dd>",
        "verdict check-contradicts",
        "Ratio of its parts",
    ):
        assert expected in text
    assert _claims(text) == [WRONG]
    assert "1 that agrees exactly" in text


def test_check_list_puts_open_contradictions_first_and_the_latest_year_first(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    _rate(owner, name="Early", period="2021")
    _rate(owner, name="Late", period="2025")
    _rate(owner, name="Unsure", period="2025", value=26)

    owner_client.post("/checks/", _deed(owner))

    assert _claims(_text(owner_client)) == [
        "Late, 2025: 50%",
        "Unsure, 2025: 26%",
        "Early, 2021: 50%",
        WRONG,
    ]


@pytest.mark.parametrize(
    ("query", "claims"),
    [
        pytest.param("?verdict=all", [WRONG, EXACT], id="all-verdicts"),
        pytest.param("?verdict=exact", [EXACT], id="one-verdict"),
        pytest.param("?verdict=all&year=2023", [EXACT], id="year"),
        pytest.param("?verdict=all&kind=ratio", [WRONG, EXACT], id="kind"),
        pytest.param("?kind=span", [], id="other-kind"),
        pytest.param("?state=open", [WRONG], id="open"),
        pytest.param("?state=settled", [], id="settled"),
        pytest.param("?project=harbour-survey", ["Rate, Harbour survey, 2024: 50%"], id="project"),
        pytest.param("?page=99", [WRONG, "Rate, Harbour survey, 2024: 50%"], id="page-too-far"),
    ],
)
def test_check_list_filters(
    owner: Account, owner_client: Client, rate: Measurement, query: str, claims: list[str]
) -> None:
    if "project" in query or "page" in query:
        make.create_measurement(
            owner=owner,
            metric=rate.metric,
            project=make.create_project(owner=owner),
            value=50,
            numerator=1,
            denominator=4,
        )
        shown = [claim for claim in _claims(_text(owner_client, query)) if ": 50%" in claim]
        assert sorted(set(shown)) == sorted(claims)
    else:
        assert _claims(_text(owner_client, query)) == claims


@pytest.mark.parametrize(
    "query",
    [
        "?verdict=great",
        "?kind=0",
        "?year=20x4",
        "?year=%D9%A2%D9%A0%D9%A2%D9%A4",
        "?project=nobodys",
        "?state=%00",
    ],
)
def test_check_list_says_which_filter_it_does_not_understand_and_narrows_nothing(
    rate: Measurement, owner_client: Client, query: str
) -> None:
    text = _text(owner_client, query)

    assert 'class="errorlist"' in text
    assert "Select a valid choice." in text
    assert _claims(text) == [WRONG]


def test_check_list_opens_the_page_on_which_the_check_stands(
    owner: Account, owner_client: Client, rate: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "CHECKS_PER_PAGE", 1)
    _rate(owner, name="Late", period="2025")

    assert _claims(_text(owner_client)) == ["Late, 2025: 50%"]
    assert _claims(_text(owner_client, f"?at={_check(owner).anchor}")) == [WRONG]


def test_check_list_without_figures_says_what_is_missing(owner_client: Client) -> None:
    assert "There is nothing to check yet" in _text(owner_client)


def test_check_list_without_contradictions_says_that_everything_adds_up(
    owner: Account, owner_client: Client
) -> None:
    _rate(owner, value=25)

    text = _text(owner_client)

    assert "Everything else adds up" in text
    assert "Nothing that contradicts is open." in text


def test_check_list_names_the_goals_that_rest_on_the_figure_and_links_them(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    make.create_goal(owner=owner, statement="A better rate", metric=rate.metric, aim="improve", baseline=1)
    cited = make.create_goal(owner=owner, statement="Told as proof")
    make.create_evidence(owner=owner, goal=cited, measurement=rate)
    make.create_goal(owner=owner, statement="Of another year", metric=rate.metric, set_in="2020", due="2021")

    text = _text(owner_client)

    assert f'<a href="{cited.get_absolute_url()}">Told as proof</a> (2023)' in text
    assert "A better rate" in text
    assert "Of another year" not in text


@pytest.mark.parametrize("count", [1, 20], ids=["1-check", "20-checks"])
def test_check_list_asks_sixteen_queries_whatever_it_shows(
    owner: Account, owner_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        row = _rate(owner, name=f"rate {number}")
        goal = make.create_goal(owner=owner, metric=row.metric, aim="improve")
        make.create_evidence(owner=owner, goal=goal, measurement=row)
        make.create_settlement(owner=owner, check_key=f"ratio:measurement/rate-{number}/2024")
        project = make.create_project(owner=owner)
        make.create_measurement(
            owner=owner, metric=row.metric, project=project, value=25, numerator=1, denominator=4
        )
        make.create_change(owner=owner, metric=row.metric, unit="percent", before=50, after=50)

    with django_assert_num_queries(16):
        # session and account; years; projects; the audit's six; settlements without a check; goals,
        # documents, measurements and evidence of the goals touched; who settled
        text = owner_client.get("/checks/").content.decode()

    assert len([claim for claim in _claims(text) if claim.startswith("rate ")]) == count


@pytest.mark.parametrize(("decision", "word"), [("accept", "Accepted"), ("annotate", "Annotated")])
def test_settling_keeps_the_check_in_sight_and_says_who_decided_what(
    owner: Account, owner_client: Client, rate: Measurement, decision: str, word: str
) -> None:
    answer = owner_client.post("/checks/?kind=ratio&page=3", _deed(owner, decision=decision))
    check = _check(owner)

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/checks/?kind=ratio&at={check.anchor}#{check.anchor}"
    text = _text(owner_client)
    for expected in (
        word,
        "Counted twice.",
        "owner</span>",
        "Contradictions, settled",
        "Open it again",
        "1 is settled.",
    ):
        assert expected in text
    assert "Nothing that contradicts is open." in text
    assert check.is_settled
    with owner_scope(owner):
        assert Settlement.history.latest().history_user == owner


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"reason": ""}, "This field is required.", id="no-reason"),
        pytest.param({"reason": " \n "}, "This field is required.", id="blank-reason"),
        pytest.param({"reason": "a\x00b"}, "Null characters are not allowed.", id="nul"),
        pytest.param({"reason": "a\x07b"}, "is a control character", id="bell"),
        pytest.param({"decision": "deny"}, "Select a valid choice.", id="not-offered"),
        pytest.param({"decision": ""}, "This field is required.", id="no-decision"),
    ],
)
def test_settling_badly_says_what_to_do_and_saves_nothing(
    owner: Account, owner_client: Client, rate: Measurement, fields: dict[str, str], message: str
) -> None:
    answer = owner_client.post("/checks/", _deed(owner, **fields))

    assert answer.status_code == 422
    assert message in answer.content.decode()
    with owner_scope(owner):
        assert not Settlement.objects.exists()


@pytest.mark.parametrize("seen", ["", "0" * 64, "\x00"], ids=["none", "another", "nul"])
def test_settling_figures_that_changed_since_saves_nothing_until_they_were_seen(
    owner: Account, owner_client: Client, rate: Measurement, seen: str
) -> None:
    answer = owner_client.post("/checks/", _deed(owner, seen=seen))
    text = answer.content.decode()

    assert answer.status_code == 422
    assert "Counted twice." in text
    with owner_scope(owner):
        assert not Settlement.objects.exists()
    if seen != "\x00":
        assert "have changed since you opened the page" in text
        assert f'name="seen" value="{_check(owner).fingerprint}"' in text


def test_settled_check_is_open_again_when_a_figure_changes(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    owner_client.post("/checks/", _deed(owner))
    with owner_scope(owner):
        stored = Measurement.objects.get(pk=rate.pk)
        stored.note = "Says nothing about the figure."
        stored.save()
        assert _check(owner).is_settled
        stored.numerator = 3
        stored.save()

    text = _text(owner_client)
    again = owner_client.post("/checks/", _deed(owner, reason="Still counted twice."))

    assert "Open again: its figures have changed since." in text
    assert "Counted twice." in text
    assert "Contradictions, open" in text
    assert again.status_code == 302
    assert _check(owner).is_settled


def test_settlement_counts_in_every_language_of_the_page(
    owner: Account, owner_client: Client, rate: Measurement
) -> None:
    owner_client.post("/checks/", _deed(owner), headers={"Accept-Language": "ko"})

    text = owner_client.get("/checks/", headers={"Accept-Language": "ko"}).content.decode()

    assert 'class="settled settled"' in text
    assert 'class="settled settled"' in _text(owner_client)


def test_settling_can_be_taken_back(owner: Account, owner_client: Client, rate: Measurement) -> None:
    owner_client.post("/checks/", _deed(owner))

    deed = _deed(owner, reopen="1")
    first = owner_client.post("/checks/", deed)
    second = owner_client.post("/checks/", deed)

    assert (first.status_code, second.status_code) == (302, 302)
    assert "Contradictions, open" in _text(owner_client)
    with owner_scope(owner):
        assert not Settlement.objects.exists()
        assert Settlement.history.count() == 2


@pytest.mark.parametrize("deed", [{}, {"reopen": "1"}], ids=["change", "reopen"])
def test_settling_from_a_stale_tab_loses_nothing(
    owner: Account, owner_client: Client, rate: Measurement, deed: dict[str, str]
) -> None:
    stale = _deed(owner, reason="this tab", **deed)
    owner_client.post("/checks/", _deed(owner, reason="other tab"))

    answer = owner_client.post("/checks/?state=open", stale)

    assert answer.status_code == 422
    assert "in the meantime" in answer.content.decode()
    assert "other tab" in answer.content.decode()
    with owner_scope(owner):
        assert Settlement.objects.get().reason == "other tab"


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param({"check": "ratio:measurement/absent/2024"}, id="unknown-key"),
        pytest.param({"check": ""}, id="no-key"),
        pytest.param({"check": "\x00"}, id="nul"),
        pytest.param({"year": "2023"}, id="other-year"),
        pytest.param({"year": "99999"}, id="no-year"),
        pytest.param({"year": ""}, id="absent-year"),
    ],
)
def test_settling_an_unknown_check_is_not_found(
    owner: Account, owner_client: Client, rate: Measurement, deed: dict[str, str]
) -> None:
    assert owner_client.post("/checks/", _deed(owner, **deed)).status_code == 404


def _without_token(answer: Any) -> str:  # noqa: ANN401
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]+"', r"\1", answer.content.decode())


def test_stranger_sees_no_check_and_settles_none(
    owner: Account, stranger_client: Client, rate: Measurement
) -> None:
    foreign = stranger_client.post("/checks/", _deed(owner))
    missing = stranger_client.post("/checks/", {**_deed(owner), "check": "ratio:measurement/absent/2024"})

    assert "There is nothing to check yet" in _text(stranger_client)
    assert foreign.status_code == missing.status_code == 404
    assert _without_token(foreign) == _without_token(missing)
    with owner_scope(owner):
        assert not Settlement.objects.exists()


def test_settlement_of_the_same_name_is_the_strangers_own(
    owner: Account, owner_client: Client, stranger: Account, rate: Measurement
) -> None:
    make.create_settlement(
        owner=stranger, check_key=KEY, fingerprint=_check(owner).fingerprint, reason="Not yours."
    )

    assert "Not yours." not in _text(owner_client)
    assert not _check(owner).is_settled


def test_check_list_asks_nobody_to_sign_in_twice(client: Client) -> None:
    for answer in (client.get("/checks/"), client.post("/checks/")):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=")
