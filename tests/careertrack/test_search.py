from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from careertrack.search import Hit, SearchResults, search, search_kind
from careertrack.words import LONGEST_QUERY, Marked, Problem, Word, marked
from projects.models import Project
from records.models import Account
from records.ownership import ScopeError, owner_scope
from tests import factories as make
from tests.everything import OWNED_MODELS, create_one

# The kinds that are found, each with a field of its own that tells about it.
TELLING_FIELDS = {
    "achievement": ("title", "problem", "action", "result", "note"),
    "activity": ("title", "category", "note"),
    "change": ("subject", "before_text", "after_text", "as_stated", "note"),
    "document": ("title", "body", "note"),
    "engagement": ("name", "role", "team", "status", "summary", "note"),
    "goal": ("statement", "baseline_text", "note"),
    "incident": ("title", "as_stated", "severity", "note"),
    "measurement": ("as_stated", "breakdown_note", "note"),
    "metric": ("name", "aliases", "definition", "definition_change", "note"),
    "milestone": ("label", "note"),
    "project": ("name", "aliases", "client", "note"),
    "reflection": ("title", "text", "note"),
    "skill": ("name", "aliases", "note"),
    "skilluse": ("category", "level", "detail", "note"),
}
# Session and account, and one for each kind: project, engagement, goal, milestone, achievement, change, metric,
# measurement, incident, activity, skill, skill use, reflection, document. For the marks: metrics that count
# incidents; mentions, changes and stints; which figures may contradict; they; the figures of the changes' metrics.
QUERIES = 1 + 14 + 5


def _plain(text: Marked) -> str:
    return "".join(part.text for part in text)


def _marks(text: Marked) -> list[str]:
    return [part.text for part in text if part.is_match]


def _hits(results: SearchResults) -> list[Hit]:
    return [hit for kind in results.kinds for year in kind.years for hit in year.hits]


def _found(account: Account, query: str) -> list[tuple[str, str]]:
    """Kind and title of every hit, in order."""
    with owner_scope(account):
        results = search(query=query, limit=100)
    return [
        (kind.kind, _plain(hit.title)) for kind in results.kinds for year in kind.years for hit in year.hits
    ]


def _page(client: Client, **parameters: str) -> str:
    answer = client.get("/search/", parameters)
    assert answer.status_code == 200
    return answer.content.decode()


def _fill(owner: Account, *, number: int) -> None:
    document = make.create_document(owner=owner, year=2024, title="Lighthouse year")
    for n in range(number):
        common: dict[str, Any] = {"owner": owner, "source": document, "source_lines": f"{n + 1}"}
        project = make.create_project(name=f"Lighthouse {n}", **common)
        engagement = make.create_engagement(name=f"Lighthouse {n}", project=project, **common)
        metric = make.create_metric(name=f"Lighthouse lamps {n}", **common)
        goal = make.create_goal(statement=f"Lighthouse goal {n}", metric=metric, **common)
        make.create_goal_result(owner=owner, goal=goal, reason="It shines.")
        make.create_milestone(goal=goal, label=f"Lighthouse lens {n}", **common)
        make.create_achievement(title=f"Lighthouse {n}", project=project, **common)
        make.create_change(subject=f"Lighthouse height {n}", project=project, metric=metric, **common)
        make.create_measurement(metric=metric, project=project, **common)
        make.create_incident(title=f"Lighthouse dark {n}", project=project, **common)
        make.create_activity(title=f"Lighthouse keeping {n}", project=project, **common)
        skill = make.create_skill(name=f"Lighthouse keeping {n}", **common)
        make.create_skill_use(skill=skill, engagement=engagement, **common)
        make.create_reflection(title=f"Lighthouse thoughts {n}", **common)


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind in TELLING_FIELDS for field in TELLING_FIELDS[kind]]
)
def test_a_word_is_found_in_every_telling_field(owner: Account, kind: str, field: str) -> None:
    model = next(model for model in OWNED_MODELS if model._meta.model_name == kind)
    create_one(model, owner=owner, **{field: "Before it\nthe Zanzibar crossing."})

    with owner_scope(owner):
        results = search(query="zanzibar", limit=20)

    (found,) = [each for each in results.kinds if each.kind == kind]
    ((year,), hit) = found.years, found.years[0].hits[0]
    assert len(year.hits) == found.total == 1
    quoted = [text for text in (hit.title, *(fragment.text for fragment in hit.fragments)) if _marks(text)]
    assert [_marks(text) for text in quoted] == [["Zanzibar"]]


def test_every_kind_is_searched_in_its_telling_fields(owner: Account) -> None:
    _fill(owner, number=1)

    with owner_scope(owner):
        results = search(query="lighthouse", limit=20)

    assert {kind.kind for kind in results.kinds} == TELLING_FIELDS.keys()
    assert results.total == len(TELLING_FIELDS)


def test_a_figure_is_found_by_words_of_its_own_of_its_metric_and_of_its_project(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="수자원 공사 리드 타임")
    project = make.create_project(owner=owner, name="Zanzibar")
    make.create_measurement(
        owner=owner, metric=metric, project=project, period="2024-Q1", as_stated="half a day"
    )
    make.create_measurement(owner=owner, metric=metric, project=project, period="2023-Q1")
    make.create_measurement(owner=owner, metric=metric, period="2024-Q1", as_stated="half a day")

    with owner_scope(owner):
        results = search(query="수자원공사 zanzibar 2024 half", limit=20)

    assert [str(hit.period) for hit in _hits(results)] == ["2024-Q1"]
    assert _plain(_hits(results)[0].project) == "Zanzibar"


@pytest.mark.parametrize("number", [3, 60], ids=["3-of-each-kind", "60-of-each-kind"])
def test_search_asks_twenty_queries_whatever_it_finds(
    owner: Account, owner_client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(owner, number=number)

    with django_assert_num_queries(QUERIES):
        text = _page(owner_client, q="lighthouse")

    assert text.count('<section class="hits"') == len(TELLING_FIELDS)


@pytest.mark.parametrize("number", [3, 60], ids=["3-of-each-kind", "60-of-each-kind"])
def test_one_kind_asks_three_queries_whatever_it_finds(
    owner: Account, owner_client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(owner, number=number)

    with django_assert_num_queries(3):
        # session and account; number of hits; hits of the page
        _page(owner_client, q="lighthouse", kind="skilluse")


def test_a_query_with_a_problem_looks_for_nothing(
    owner: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with owner_scope(owner), django_assert_num_queries(0):
        assert search(query="", limit=20).kinds == ()
        assert search_kind(query="x", kind="goal", page="1", limit=20).kinds == ()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        pytest.param("매출", "분기 매출 보고", id="two-syllables"),
        pytest.param("논문", "논문읽기", id="two-syllables-within-a-word"),
        pytest.param("팀", "팀 빌딩", id="one-syllable"),
        pytest.param("수자원공사", "수자원 공사", id="spaces-in-the-record"),
        pytest.param("수자원 공사", "수자원공사", id="spaces-in-the-query"),
        pytest.param("GPU서버", "새 gpu 서버", id="mixed-script"),
        pytest.param(unicodedata.normalize("NFD", "논문"), "논문", id="decomposed"),
        pytest.param("harbour", "HARBOUR", id="case"),
        pytest.param("  harbour \t\n survey ", "Survey of the harbour", id="any-order-any-spaces"),
        pytest.param("harbour harbour", "harbour", id="repeated"),
        pytest.param("100%", "100% done", id="percent"),
        pytest.param("a_b", "a_b", id="underscore"),
        pytest.param("c:\\temp", "c:\\temp", id="backslash"),
        pytest.param('"it\'s"', 'say "it\'s"', id="quotes"),
        pytest.param("har\x00bour", "har bour", id="control-character"),
        pytest.param("(a|b)*", "(a|b)*", id="regular-expression"),
        pytest.param("'; DROP TABLE", "'; DROP TABLE x; --", id="sql"),
    ],
)
def test_finds(owner: Account, query: str, name: str) -> None:
    make.create_project(owner=owner, name=name)
    assert _found(owner, query) == [("project", name)]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        pytest.param("100%", "1000", id="percent-is-literal"),
        pytest.param("a_b", "axb", id="underscore-is-literal"),
        pytest.param("매출", "구매 출력", id="short-word-across-a-space"),
        pytest.param("heart", "the art", id="latin-word-across-a-space"),
        pytest.param("harbour bridge", "harbour", id="one-word-of-two"),
        pytest.param('"harbour"', "harbour", id="quotes-are-literal"),
    ],
)
def test_does_not_find(owner: Account, query: str, name: str) -> None:
    make.create_project(owner=owner, name=name)
    assert _found(owner, query) == []


def test_words_may_stand_in_different_fields_and_names_of_the_project_count(owner: Account) -> None:
    project = make.create_project(owner=owner, name="K-water", aliases="수자원공사\nWater Resources")
    make.create_achievement(owner=owner, title="Better use", action="Batches on the GPU", project=project)
    make.create_achievement(owner=owner, title="GPU elsewhere")

    with owner_scope(owner):
        (hit,) = _hits(search(query="gpu 수자원공사", limit=20))

    assert _plain(hit.title) == "Better use"
    assert _plain(hit.project) == "K-water (수자원공사)"
    assert [(fragment.label, _marks(fragment.text)) for fragment in hit.fragments] == [("Action", ["GPU"])]


def test_an_alias_finds_the_project_and_is_shown(owner: Account, owner_client: Client) -> None:
    make.create_project(owner=owner, name="K-water", aliases="수자원 공사\nWater Resources")

    text = _page(owner_client, q="수자원공사")

    assert "K-water" in text
    assert "<mark>수자원 공사</mark>" in text
    assert "Water Resources" not in text


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("report 2023", ["report c"]),
        ("report 2024년", ["report b", "report a"]),
        ("report 2024-q2", ["report a"]),
        ("2023", ["report c"]),
        ("report 20", []),
    ],
)
def test_a_year_finds_what_is_filed_under_it(owner: Account, query: str, titles: list[str]) -> None:
    for title, period in (("report a", "2024-Q2"), ("report b", "2024-Q1"), ("report c", "2023")):
        make.create_achievement(owner=owner, title=title, period=period)
    assert _found(owner, query) == [("achievement", title) for title in titles]


def test_hits_stand_by_kind_and_year_the_latest_first(owner: Account) -> None:
    for year in ("2021", "2024", "2023-Q2"):
        make.create_activity(owner=owner, title=f"Harbour talk {year}", period=year)
    make.create_goal(owner=owner, statement="Harbour talk")

    with owner_scope(owner):
        results = search(query="harbour", limit=2)

    assert [(kind.kind, kind.total, kind.more) for kind in results.kinds] == [
        ("goal", 1, 0),
        ("activity", 3, 1),
    ]
    assert [year.year for year in results.kinds[1].years] == [2024, 2023]


def test_a_kind_on_its_own_shows_all_by_page(owner: Account, owner_client: Client) -> None:
    for number in range(101):
        make.create_achievement(owner=owner, title=f"Harbour {number:03}")

    first = _page(owner_client, q="harbour")
    assert "Achievements: 81 more" in first
    assert "?q=harbour&amp;kind=achievement" in first
    pages = [
        _page(owner_client, q="harbour", kind="achievement", page=page) for page in ("1", "2", "3", "9", "x")
    ]

    assert [text.count('<p class="found">') for text in pages] == [50, 50, 1, 1, 50]
    assert "Page 3 of 3" in pages[2]
    assert "Page 3 of 3" in pages[3]
    assert len(set(re.findall(r"</mark> (\d{3})<", "".join(pages[:3])))) == 101


def test_an_unknown_kind_does_not_exist(owner_client: Client) -> None:
    for kind in ("nothing", "apitoken", "\x00"):
        assert owner_client.get("/search/", {"q": "harbour", "kind": kind}).status_code == 404


def test_hits_show_document_and_line_and_lead_to_their_page(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2023)
    goal = make.create_goal(owner=owner, statement="Map the harbour", source=document, source_lines="12-14")
    project = make.create_project(owner=owner, name="Harbour")
    make.create_achievement(owner=owner, title="Deeper harbour", project=project)
    reflection = make.create_reflection(owner=owner, title="Harbour fog")

    text = _page(owner_client, q="harbour")

    assert f'<a href="{project.get_absolute_url()}">Deeper <mark>harbour</mark></a>' in text
    assert f'<a href="{goal.get_absolute_url()}">Map the <mark>harbour</mark></a>' in text
    assert "2023 document, line 12-14" in text
    assert f'<a href="/admin/goals/reflection/{reflection.pk}/change/"><mark>Harbour</mark> fog</a>' in text


def test_metrics_and_their_figures_lead_to_the_page_of_the_metric(owner: Account) -> None:
    metric = make.create_metric(owner=owner, name="Lead time")
    make.create_measurement(
        owner=owner, metric=metric, project=make.create_project(owner=owner), as_stated="twelve days"
    )

    with owner_scope(owner):
        pages = {hit.record._meta.model_name: hit.page for hit in _hits(search(query="lead", limit=20))}

    assert pages == {"metric": "/metrics/lead-time/", "measurement": "/metrics/lead-time/"}


def test_who_may_not_use_admin_gets_no_link_to_it(owner: Account, owner_client: Client) -> None:
    owner.is_staff = False
    owner.save()
    make.create_reflection(owner=owner, title="Harbour fog")

    text = _page(owner_client, q="harbour")

    assert "<mark>Harbour</mark> fog" in text
    assert "/admin/" not in text


def test_the_body_of_a_document_is_quoted_with_its_line(owner: Account, owner_client: Client) -> None:
    make.create_document(owner=owner, year=2024, title="Review", body="One\nTwo\nThe harbour froze.\nFour")

    text = _page(owner_client, q="harbour")

    assert "The <mark>harbour</mark> froze." in text
    assert "2024 document, line 3" in text
    assert "Four" not in text


def test_a_long_text_is_cut_around_the_word(owner: Account) -> None:
    make.create_achievement(owner=owner, title="Title", result="before " * 60 + "harbour" + " after" * 60)

    with owner_scope(owner):
        (hit,) = _hits(search(query="harbour", limit=20))

    quote = _plain(hit.fragments[0].text)
    assert len(quote) < 200
    assert re.fullmatch(r"… (before )+harbour( after)+ …", quote)


def test_text_of_records_and_of_the_query_is_escaped(owner: Account, owner_client: Client) -> None:
    make.create_project(
        owner=owner, name="<b>harbour</b> & <script>alert(1)</script>", aliases="<i>harbour</i>"
    )

    text = _page(owner_client, q="<script>alert(1)</script>")

    assert "<script>" not in text
    assert "&lt;b&gt;harbour&lt;/b&gt; &amp; <mark>&lt;script&gt;alert(1)&lt;/script&gt;</mark>" in text
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", Problem.EMPTY, id="empty"),
        pytest.param(" \t\x00\x1f", Problem.EMPTY, id="nothing-but-space"),
        pytest.param("a", Problem.TOO_SHORT, id="one-letter"),
        pytest.param("a b %", Problem.TOO_SHORT, id="letters-apart"),
        pytest.param("x" * (LONGEST_QUERY + 1), Problem.TOO_LONG, id="too-long"),
    ],
)
def test_a_query_that_cannot_be_answered_says_what_to_do(
    owner_client: Client, query: str, expected: Problem
) -> None:
    assert str(expected.label) in unescape(_page(owner_client, q=query))


def test_without_a_hit_each_word_and_own_projects_are_suggested(owner: Account, owner_client: Client) -> None:
    make.create_project(owner=owner, name="Tidal gauge")

    text = _page(owner_client, q="harbour bridge")

    assert "Nothing holds “harbour bridge”" in text
    for suggestion in ("?q=harbour", "?q=bridge", "?q=Tidal+gauge"):
        assert f'href="{suggestion}"' in text


def test_a_stranger_finds_nothing_of_it(owner: Account, stranger: Account, stranger_client: Client) -> None:
    _fill(owner, number=2)

    for kind in ("", *TELLING_FIELDS):
        text = _page(stranger_client, q="lighthouse", **({"kind": kind} if kind else {}))
        assert "Nothing holds" in text
        assert "Lighthouse" not in text
    assert _found(stranger, "lighthouse") == []


def test_hits_are_the_same_for_an_account_with_strangers_records(owner: Account, stranger: Account) -> None:
    make.create_project(owner=stranger, name="Harbour of somebody else")
    make.create_project(owner=owner, name="Harbour of mine")

    with owner_scope(owner):
        results = search(query="harbour", limit=20)

    assert results.total == 1
    assert [_plain(hit.title) for hit in _hits(results)] == ["Harbour of mine"]


def test_nothing_is_searched_without_an_owner(db: None) -> None:
    with pytest.raises(ScopeError):
        search(query="harbour", limit=20)


def test_search_is_on_every_page_and_asks_for_sign_in(client: Client, owner_client: Client) -> None:
    assert '<form class="search" role="search" action="/search/">' in owner_client.get("/").content.decode()
    assert _page(owner_client, q="x").count('role="search"') == 1
    assert client.get("/search/", {"q": "harbour"}).status_code == 302
    assert owner_client.post("/search/", {"q": "harbour"}).status_code == 405


TEXTS = (
    "논문 리뷰 계속",
    "수자원 공사 GPU 서버",
    "100% of a_b \\ 'quoted' \"text\"",
    "ÉTÉ été straße İstanbul ſ K",
)


@pytest.fixture
def written(owner: Account) -> Account:
    """An account with records of all the texts."""
    project = make.create_project(owner=owner, name="K-water", aliases="\n".join(TEXTS))
    for text in TEXTS:
        make.create_achievement(owner=owner, title=text[:5], action=text, result=text[::-1], project=project)
        make.create_reflection(owner=owner, title=text, period="2024-Q1")
    return owner


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    query=st.one_of(
        st.text(),
        st.lists(st.sampled_from(" ".join(TEXTS).split()), min_size=1, max_size=3).map(" ".join),
        st.sampled_from(TEXTS).flatmap(
            lambda text: st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(
                lambda ends: text[min(ends) : max(ends)]
            )
        ),
    )
)
@example(query="\ud800 논문")
@example(query="\x00")
@example(query="수자원공사gpu서버")
@example(query="%%")
@example(query="2024-q 논문")
@example(query="été")
def test_any_text_is_a_query_and_every_hit_holds_every_word(written: Account, query: str) -> None:
    with owner_scope(written):
        results = search(query=query, limit=20)

    assert (results.problem is None) == any(word.is_telling for word in results.words)
    for hit in _hits(results):
        shown = "\n".join(
            [_plain(hit.title), _plain(hit.project), *(_plain(fragment.text) for fragment in hit.fragments)]
        )
        for word in results.words:
            assert _holds(shown, word) or (word.period and str(hit.period).startswith(word.period))


def _holds(text: str, word: Word) -> bool:
    """The same question asked more plainly than the search does."""
    if word.ignores_spaces:
        text = text.replace(" ", "")
    return any(change(word.text) in change(text) for change in (str.lower, str.upper, str.casefold))


@given(
    text=st.text(),
    words=st.lists(st.text(min_size=1), min_size=1).map(lambda texts: [Word(t) for t in texts]),
)
def test_marking_loses_no_character(text: str, words: list[Word]) -> None:
    assert _plain(marked(text, words)) == text


@pytest.mark.usefixtures("db")
def test_an_alias_of_a_foreign_project_is_no_way_in(owner: Account, stranger: Account) -> None:
    make.create_project(owner=owner, name="Harbour", aliases="Secret name")
    assert _found(stranger, "secret") == []
    with owner_scope(stranger):
        assert not Project.objects.exists()
