"""The five documents recomputed by hand, figure by figure (domain/consistency.md), against what `audit` finds.

Every row of that page is here under its id: with the checks that reproduce it, or with the reason why no rule can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import pytest

from metrics.audit import audit
from metrics.checks import Agreement
from metrics.findings import Finding
from records.ownership import owner_scope
from tests.career import load_career

# Alone, the module-wide fixture would not make pytest-django set the database up.
pytestmark = pytest.mark.django_db


class Page(Enum):
    """How the page judges a row."""

    AGREES = "agrees"
    ROUNDING = "agrees by rounding"
    TRUNCATION = "agrees by truncation"
    CONTRADICTS = "contradicts"
    OTHER = "not checkable, a definition or a tension"


@dataclass(frozen=True)
class Row:
    page: Page
    found: Agreement | None = None
    keys: tuple[str, ...] = ()
    reason: str = ""


def agrees(*keys: str) -> Row:
    return Row(Page.AGREES, Agreement.EXACT, keys)


def about(page: Page, *keys: str) -> Row:
    """`~20` and `14+` promise a neighbourhood or a bound, and the figure lies in it."""
    return Row(page, Agreement.ABOUT, keys)


def rounds(*keys: str) -> Row:
    return Row(Page.ROUNDING, Agreement.ROUNDED, keys)


def truncates(*keys: str) -> Row:
    return Row(Page.TRUNCATION, Agreement.TRUNCATED, keys)


def contradicts(*keys: str) -> Row:
    return Row(Page.CONTRADICTS, Agreement.CONTRADICTS, keys)


def not_checkable(*keys: str) -> Row:
    return Row(Page.OTHER, Agreement.NOT_CHECKABLE, keys)


def no_rule(reason: str, page: Page = Page.OTHER) -> Row:
    return Row(page, reason=reason)


COMPLETION = "measurement/project-completion-rate/2024"
ADHERENCE = "measurement/deployment-schedule-adherence/2024"
LEAD_TIME = "measurement/lead-time/2024"
MTTR = "measurement/mttr/2024"
TESTS = "measurement/test-iterations/2024"
COMMITS = "measurement/commits/2024"
TRIPS = "measurement/business-trips/2024"
DEPLOYMENTS = "measurement/field-deployments/2024"
ARTICLES = "measurement/articles-written"

WORDS_ONLY = "words without a figure on either side"
OTHER_READING = "the other reading of the row before"
NAMES = "names repeated in another list; nothing is counted"

ROWS = {
    # 2019
    "19-1": agrees("span:engagement/ai-api-2019"),
    "19-2": agrees("restated:measurement/clients-served/2019"),
    "19-3": agrees("ratio:engagement/ai-api-2019"),
    "19-4": no_rule("implausible, but both claims state the same months"),
    "19-5": no_rule("a stint may end after the year it is told in; it is not called complete"),
    "19-6": no_rule(WORDS_ONLY),
    "19-7": no_rule(WORDS_ONLY),
    # 2021
    "21-1": agrees("change:change/projects-2021", "change:change/projects-2021#from"),
    "21-2": agrees("change:change/apis-developed-2021", "change:change/apis-developed-2021#from"),
    "21-3": rounds("ratio:measurement/apis-per-month/2021"),
    "21-3b": no_rule(OTHER_READING),
    "21-4": contradicts("list:measurement/projects/2021"),
    "21-5": agrees(f"year:{ARTICLES}/2021"),
    "21-6": agrees(f"list:{ARTICLES}/2021-H1"),
    "21-7": contradicts(f"list:{ARTICLES}/2021-H2"),
    "21-8": contradicts(f"list:{ARTICLES}/2021"),
    "21-9": contradicts("list:measurement/paper-reviews/2021"),
    "21-9b": no_rule("one title in two lists may be two pieces of work"),
    "21-10": agrees("list:measurement/books-read/2021"),
    "21-11": no_rule("protocols are skills, and no metric counts skills", Page.AGREES),
    "21-12": agrees("restated:measurement/conference-sessions/2021"),
    "21-13": agrees("restated:measurement/cctv-cameras/2021/kwater"),
    "21-14": agrees("restated:measurement/storage-capacity/2021/nas"),
    "21-15": rounds("change:change/server-setup-time-2021"),
    "21-15b": no_rule(OTHER_READING),
    "21-16": no_rule("the sign follows from the wording and is stored; nothing to compute"),
    "21-17": agrees("span:engagement/kwater-2021"),
    "21-18": agrees("span:engagement/nas-2021"),
    "21-19": no_rule("“the hardest” is a word of the text; no field claims it", Page.AGREES),
    "21-20": contradicts("open_work:engagement/kwater-2021"),
    "21-21": contradicts("open_work:engagement/dna-plus-2021"),
    "21-22": no_rule("stints may overlap"),
    "21-23": no_rule("a label, not a figure"),
    "21-24": agrees(
        "restated:measurement/projects/2021",
        "restated:measurement/apis-developed/2021",
        f"restated:{ARTICLES}/2021",
        "restated:measurement/paper-reviews/2021",
        "restated:measurement/conference-sessions/2021",
        "restated:measurement/books-read/2021",
        "restated:measurement/server-setup-time/2021/ai-hub",
    ),
    "21-25": no_rule(NAMES, Page.AGREES),
    "21-26": not_checkable("list:measurement/projects/2020"),
    "21-27": no_rule("one acronym for two things"),
    # 2022
    "22-1": agrees(f"list:{ARTICLES}/2022-Q1"),
    "22-2": agrees(f"list:{ARTICLES}/2022-Q2"),
    "22-3": agrees(f"year:{ARTICLES}/2022"),
    "22-4": agrees("list:measurement/meetups/2022-Q2"),
    "22-5": contradicts("list:measurement/meetups/2022"),
    "22-5b": no_rule(OTHER_READING, Page.AGREES),
    "22-6": agrees("ratio:activity/talk-2022-monitoring"),
    "22-7": no_rule("a range over some teams of the year; which ones is not said", Page.AGREES),
    "22-8": contradicts("span:engagement/cctv-search-2022#begin"),
    "22-9": agrees("span:engagement/demo-site-2022#begin"),
    "22-10": agrees("span:engagement/kwater-expansion-2022#begin"),
    "22-11": no_rule("weekdays make an inferred year plausible; no document states them"),
    "22-12": no_rule("whether a talk was given is not a figure"),
    "22-13": no_rule(NAMES, Page.AGREES),
    "22-14": not_checkable("change:change/interface-complexity-2022"),
    "22-15": no_rule("the single demonstrations are no kind of record a metric counts"),
    "22-16": no_rule(NAMES, Page.AGREES),
    "22-17": not_checkable("open_work:engagement/cctv-search-2022", "open_work:engagement/mosaic-2022"),
    "22-18": no_rule("counted from the list, so the list cannot confirm it"),
    # 2023
    "23-1": agrees("restated:measurement/delayed-projects/2023#derived"),
    "23-2": truncates("ratio:measurement/on-time-project-rate/2023"),
    "23-3": agrees("list:measurement/projects/2023"),
    "23-4": no_rule("which projects were late is not said; status and punctuality are two things"),
    "23-5a": agrees("span:engagement/naver-2023"),
    "23-5b": agrees("span:engagement/kwater-2023"),
    "23-5c": agrees("span:engagement/dna-plus-2023"),
    "23-5d": agrees("span:engagement/naver-sdk-2023"),
    "23-5e": agrees("span:engagement/deployment-2023"),
    "23-5f": agrees("span:engagement/gabia-idc-2023"),
    "23-5g": agrees("span:engagement/aloha-2023"),
    "23-6": agrees("list:measurement/project-duration/2023#largest"),
    "23-7": about(Page.OTHER, "list:measurement/project-duration/2023"),
    "23-8": no_rule("a definition that changed: the metric says so, and goals warn of it"),
    "23-9": contradicts("open_work:engagement/kwater-2023", "open_work:engagement/dna-plus-2023"),
    "23-10": no_rule(WORDS_ONLY),
    "23-11": agrees("restated:measurement/new-stack-time/2023/dna-plus"),
    "23-12": no_rule("a gap in the calendar breaks no claim"),
    "23-13": no_rule("a team and a project's engineers are two counts"),
    "23-14": no_rule("no status is stated"),
    # 2024, the dashboard
    "24-CQ1": truncates(f"ratio:{COMPLETION}-Q1"),
    "24-CQ1s": agrees(f"breakdown:{COMPLETION}-Q1"),
    "24-CQ1-K-water": truncates(f"ratio:{COMPLETION}-Q1/kwater"),
    "24-CQ1-Aloha": agrees(f"ratio:{COMPLETION}-Q1/aloha"),
    "24-CQ1-MiniPC": agrees(f"ratio:{COMPLETION}-Q1/minipc"),
    "24-CQ1-MyBox": agrees(f"ratio:{COMPLETION}-Q1/mybox"),
    "24-CQ2": rounds(f"ratio:{COMPLETION}-Q2"),
    "24-CQ2s": agrees(f"breakdown:{COMPLETION}-Q2"),
    "24-CQ2-K-water": rounds(f"ratio:{COMPLETION}-Q2/kwater"),
    "24-CQ2-Aloha": agrees(f"ratio:{COMPLETION}-Q2/aloha"),
    "24-CQ2-MiniPC": agrees(f"ratio:{COMPLETION}-Q2/minipc"),
    "24-CQ2-MyBox": agrees(f"ratio:{COMPLETION}-Q2/mybox"),
    "24-CQ3": truncates(f"ratio:{COMPLETION}-Q3"),
    "24-CQ3s": agrees(f"breakdown:{COMPLETION}-Q3"),
    "24-CQ3-K-water": agrees(f"ratio:{COMPLETION}-Q3/kwater"),
    "24-CQ3-DNA+": rounds(f"ratio:{COMPLETION}-Q3/dna-plus"),
    "24-CQ3-Police Lab 2.0": agrees(f"ratio:{COMPLETION}-Q3/police-lab"),
    "24-CQ3-MiniPC": agrees(f"ratio:{COMPLETION}-Q3/minipc"),
    "24-CQ3-SR Model": agrees(f"ratio:{COMPLETION}-Q3/sr-model"),
    "24-CQ4": truncates(f"ratio:{COMPLETION}-Q4"),
    "24-CQ4s": agrees(f"breakdown:{COMPLETION}-Q4"),
    "24-CQ4-K-water": rounds(f"ratio:{COMPLETION}-Q4/kwater"),
    "24-CQ4-DNA+": agrees(f"ratio:{COMPLETION}-Q4/dna-plus"),
    "24-CQ4-Police Lab 2.0": agrees(f"ratio:{COMPLETION}-Q4/police-lab"),
    "24-CQ4-Media Cultural Enjoyment": agrees(f"ratio:{COMPLETION}-Q4/media"),
    "24-DQ2": agrees(f"step:{COMPLETION}-Q2"),
    "24-DQ3": agrees(f"step:{COMPLETION}-Q3"),
    "24-DQ4": contradicts(f"step:{COMPLETION}-Q4"),
    "24-Cavg": agrees(f"year:{COMPLETION}"),
    "24-AQ2d": agrees(f"step:{ADHERENCE}-Q2"),
    "24-AQ3d": agrees(f"step:{ADHERENCE}-Q3"),
    "24-AQ4d": agrees(f"step:{ADHERENCE}-Q4"),
    "24-AQ1": not_checkable(f"breakdown:{ADHERENCE}-Q1"),
    "24-AQ2": agrees(f"ratio:{ADHERENCE}-Q2"),
    "24-AQ3": agrees(f"breakdown:{ADHERENCE}-Q3"),
    "24-AQ4": rounds(f"ratio:{ADHERENCE}-Q4"),
    "24-AQ4s": agrees(f"breakdown:{ADHERENCE}-Q4"),
    "24-Aavg": agrees(f"year:{ADHERENCE}"),
    "24-Adef": no_rule("a definition that drifts: on time, successful, retried"),
    "24-TQ2": agrees(f"step:{TESTS}-Q2"),
    "24-TQ3": agrees(f"step:{TESTS}-Q3"),
    "24-TQ4": agrees(f"step:{TESTS}-Q4"),
    "24-Tsum": agrees(f"year:{TESTS}"),
    "24-Tqc": no_rule("a tension: verification work is not counted as tests"),
    "24-LQ2d": agrees(f"step:{LEAD_TIME}-Q2"),
    "24-LQ3d": agrees(f"step:{LEAD_TIME}-Q3"),
    "24-LQ4d": agrees(f"step:{LEAD_TIME}-Q4"),
    "24-LQ2": rounds(f"ratio:{LEAD_TIME}-Q2"),
    "24-LQ3": agrees(f"ratio:{LEAD_TIME}-Q3"),
    "24-LQ4": agrees(f"ratio:{LEAD_TIME}-Q4"),
    "24-Lavg": agrees(f"year:{LEAD_TIME}"),
    "24-Lrng": agrees(*(f"ratio:{LEAD_TIME}-Q{quarter}#range" for quarter in (1, 2, 3, 4))),
    "24-Lsub": no_rule("two populations: which tasks enter the lead time is not said"),
    "24-M1": agrees(f"incident:{MTTR}-Q1"),
    "24-M2a": agrees("incident:incident/mybox-2024-07-08"),
    "24-M2b": rounds("incident:incident/mybox-2024-07-12"),
    "24-M2": truncates(f"incident:{MTTR}-Q2"),
    "24-M2q": contradicts(
        "incident:incident/mybox-2024-07-08#filed", "incident:incident/mybox-2024-07-12#filed"
    ),
    "24-M3": agrees(f"incident:{MTTR}-Q3", "incident:incident/aloha-2024-08-29"),
    "24-M4": not_checkable(f"incident:{MTTR}-Q4"),
    "24-Mavg": agrees(f"year:{MTTR}"),
    "24-Mtrend": no_rule("a tension: both ends are as stated, and the end is the absence of incidents"),
    "24-Mfmt": no_rule("a format"),
    # 2024, the rest
    "24-c1": rounds("change:change/commits-q1-2024"),
    "24-c2": agrees(f"breakdown:{COMMITS}-Q3"),
    "24-c3": agrees(f"breakdown:{COMMITS}-Q4"),
    "24-c4": agrees(f"year:{COMMITS}", "restated:mention/commits-2024-summary"),
    "24-c5": contradicts("change:change/commits-2024"),
    "24-i1": contradicts("restated:measurement/issues-remaining/2024-Q1#derived"),
    "24-i2": contradicts("restated:measurement/issues-remaining/2024-Q2#derived"),
    "24-i3": contradicts("change:change/issue-closure-rate-2024#to"),
    "24-i4": no_rule("scopes that differ; not comparable"),
    "24-p1": rounds("change:change/cpu-usage-2024"),
    "24-p2": no_rule("no change is stated"),
    "24-p3": agrees("change:change/package-size-2024"),
    "24-p4": contradicts("ratio:measurement/transfer-time-former/2024/kwater"),
    "24-p5": contradicts("ratio:measurement/transfer-time/2024/kwater"),
    "24-p6": agrees("goal:goal/t24-dna-30fps#result"),
    "24-t1": agrees(f"year:{TRIPS}", "restated:mention/business-trips-2024-summary"),
    "24-t2": agrees(f"step:{TRIPS}-Q2"),
    "24-t3": truncates(f"step:{TRIPS}-Q3"),
    "24-t4": agrees(f"breakdown:{TRIPS}-Q3"),
    "24-t5": agrees(f"breakdown:{TRIPS}-Q4"),
    "24-t6": not_checkable(f"breakdown:{TRIPS}-Q2"),
    "24-t7": contradicts(f"restated:{DEPLOYMENTS}#derived"),
    "24-t8": contradicts(f"restated:{DEPLOYMENTS}-Q4/dna-plus#derived"),
    "24-t9": agrees(f"restated:{DEPLOYMENTS}-Q2/kwater#derived"),
    "24-t10": no_rule("deployments need not be trips"),
    "24-t11": about(Page.AGREES, "restated:mention/managed-facilities-2024-sites"),
    "24-o1": contradicts("change:change/schedule-adherence-2024"),
    "24-o2": agrees("ratio:measurement/technical-meetings-per-quarter/2024"),
    "24-o3": no_rule("no rate is stated"),
    "24-o4": agrees("restated:measurement/uninterrupted-operation/2024-09/taebaek"),
    "24-o5": agrees("goal:goal/g25-knowledge-sharing#rhythm"),
    "24-o6": agrees("change:change/completion-rate-2024#from", "change:change/completion-rate-2024#to"),
    "24-o7": agrees(f"restated:{ADHERENCE}-Q2", f"restated:{ADHERENCE}-Q3"),
    "24-o8": contradicts(
        "change:change/schedule-adherence-trend-2024#steady", "change:change/issue-closure-trend-2024#steady"
    ),
    "24-o9": no_rule("a tension: names of phases, no figures"),
    "24-N1": not_checkable(f"open_work:{COMPLETION}#running"),
    "24-N1b": no_rule("a tension between two metrics"),
    "24-N2": not_checkable(f"open_work:{COMPLETION}-Q3", f"open_work:{COMPLETION}-Q4"),
    "24-N3": no_rule("a coincidence: two metrics, one number"),
    "24-N4": no_rule("aggregation is each metric's own; the yearly checks follow it"),
}

COMPUTED = [id_ for id_, row in ROWS.items() if row.keys]


@pytest.fixture(scope="module")
def findings(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[dict[str, Finding]]:
    """Every check of the fixture, by key; loaded once, rolled back at the end."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        with owner_scope(load_career()):
            yield {finding.key: finding for finding in audit()}
        transaction.set_rollback(True)


@pytest.mark.parametrize("id_", COMPUTED)
def test_a_row_is_judged_as_by_hand(id_: str, findings: dict[str, Finding]) -> None:
    row = ROWS[id_]

    assert {key: findings[key].check.verdict for key in row.keys} == dict.fromkeys(row.keys, row.found)


def test_nothing_else_contradicts(findings: dict[str, Finding]) -> None:
    expected = {key for row in ROWS.values() if row.page is Page.CONTRADICTS for key in row.keys}

    assert {
        key for key, finding in findings.items() if finding.check.verdict == Agreement.CONTRADICTS
    } == expected


def test_the_table_has_every_row_of_the_page() -> None:
    assert Counter(row.page for row in ROWS.values()) == {
        Page.AGREES: 97,
        Page.ROUNDING: 11,
        Page.TRUNCATION: 7,
        Page.CONTRADICTS: 21,
        Page.OTHER: 43,
    }


def test_what_no_rule_can_compute_is_little_and_none_of_it_contradicts() -> None:
    without = [row for row in ROWS.values() if not row.keys]

    assert len(without) == 41
    assert all(row.reason for row in without)
    assert not any(row.page in (Page.CONTRADICTS, Page.ROUNDING, Page.TRUNCATION) for row in without)


def test_completion_alone_improved_steadily(findings: dict[str, Finding]) -> None:
    """The third metric of 24-o8: the same sentence, and true of it."""
    check = findings["change:change/completion-rate-trend-2024#steady"].check

    assert check.verdict == Agreement.EXACT


@pytest.mark.parametrize(
    ("id_", "formula"),
    [
        ("21-3", "11 / 12 = 0.917 per month"),
        ("24-c5", "(303 − 38) / 38 = 697.4%"),
        ("24-DQ4", "95 − 88 = 7 pp"),
        ("24-t7", "Deployment Schedule Adherence: 3 + 14 + 16 + 19 = 52"),
        ("24-i1", "Issue Resolution: 10 − 5 = 5"),
        ("24-i3", "2024-Q1 50%; 2024-Q2 44.4%; 2024-Q3 63.6%; 2024-Q4 50%"),
        ("24-p4", "30 GB / 400 KB/s = 20.8 hours"),
        ("24-M2", "(2577 + 11008.8 + 45) / 3 = 4543.6"),
        ("24-Mavg", "(18 h 55 min + 75 h 43 min + 30 min + 0 min) / 4 = 23 h 47 min"),
        ("22-6", "21 × 3 = 63"),
        ("24-o5", "2 × 12 = 24"),
        ("24-p6", "30 FPS = 30 FPS"),
    ],
)
def test_the_formula_holds_the_numbers(id_: str, formula: str, findings: dict[str, Finding]) -> None:
    assert findings[ROWS[id_].keys[0]].check.formula == formula


def test_every_contradiction_can_be_followed_to_its_lines(findings: dict[str, Finding]) -> None:
    for finding in findings.values():
        if finding.check.verdict == Agreement.CONTRADICTS:
            assert finding.record.source is not None
            assert finding.record.source_lines
            assert finding.check.formula
