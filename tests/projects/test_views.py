from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from projects.models import Activity, Project, Skill, SkillUse
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period
from records.years import years_with
from tests import factories as make
from tests.statements import explained

LISTS = ("/projects/", "/activities/", "/skills/")


def _text(client: Client, url: str, **query: str) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def _rows(text: str) -> list[str]:
    """The rows of the tables of a page, heads left out, as words."""
    rows = re.findall(r'<tr role="row">\s*<th scope="row".*?</tr>', text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def _fill(owner: Account, *, number: int) -> None:
    document = make.create_document(owner=owner, year=2023)
    for place in range(number):
        project = make.create_project(owner=owner, name=f"project {place:03}", source=document)
        for period in ("2023", "2024"):
            work = make.create_engagement(
                owner=owner, project=project, period=period, difficulty=3, role=f"role {place}"
            )
            skill = make.create_skill(owner=owner, name=f"skill {place:03} {period}", source=document)
            make.create_skill_use(
                owner=owner, skill=skill, engagement=work, category="Tools", source=document
            )
        make.create_achievement(owner=owner, project=project, title=f"a {place}", period="2022")
        make.create_activity(owner=owner, project=project, title=f"b {place}", period="2021", source=document)


@pytest.mark.parametrize("number", [1, 30], ids=["1-project", "30-projects"])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # session and account; years; count; projects; stints; skills; other years told of
        pytest.param("/projects/", 7, id="projects"),
        # session and account; first and last year; those in between; count; activities
        pytest.param("/activities/", 5, id="activities"),
        # session and account; first and last year; those in between; count; skills; headings; projects
        pytest.param("/skills/", 7, id="skills"),
        # session and account; skill; count; uses; its years; first and last of all; those in between
        pytest.param("/skills/skill-000-2023/", 7, id="skill"),
    ],
)
def test_a_page_asks_as_many_queries_whatever_it_shows(
    owner: Account,
    owner_client: Client,
    path: str,
    queries: int,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    _fill(owner, number=number)

    with django_assert_num_queries(queries):
        assert owner_client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/projects/", "No project is recorded yet"),
        ("/activities/", "No activity is recorded yet"),
        ("/skills/", "No skill is recorded yet"),
    ],
)
def test_an_empty_list_says_what_belongs_there(owner_client: Client, path: str, expected: str) -> None:
    text = _text(owner_client, path)

    assert expected in text
    assert "/add/" in text


@pytest.mark.parametrize("path", LISTS)
def test_a_list_nothing_fits_leads_back_to_all(owner: Account, owner_client: Client, path: str) -> None:
    _fill(owner, number=1)

    text = _text(owner_client, path, text="nowhere to be found")

    assert "fits</h2>" in text
    assert not _rows(text)


def test_project_list_shows_what_is_known_of_each(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2021)
    project = make.create_project(
        owner=owner,
        name="Harbour",
        client="Port authority",
        kind=Project.Kind.RESEARCH,
        source=document,
        source_lines="7",
    )
    work = make.create_engagement(
        owner=owner,
        project=project,
        period="2021",
        starts_on="2021-03",
        ends_on="2022-05",
        role="Engineer",
        difficulty=4,
    )
    make.create_engagement(owner=owner, project=project, period="2024", is_ongoing=True, difficulty=2)
    skill = make.create_skill(owner=owner, name="Sonar")
    for category in ("Stack", "Learned"):
        make.create_skill_use(owner=owner, skill=skill, engagement=work, category=category)

    (row,) = _rows(_text(owner_client, "/projects/"))

    for expected in (
        "Harbour research · for Port authority [ 2021 document, line 7 ]".replace("[ ", "").replace(" ]", ""),
        "2021-03 – still going on in 2024",
        "Engineer",
        "★★★★☆ 4 of 5",
        "2021 2022 2023 2024",
    ):
        assert expected in row
    assert row.count("Sonar") == 1


def test_project_list_begins_with_the_latest_and_shows_those_without_a_stint(
    owner: Account, owner_client: Client
) -> None:
    old = make.create_project(owner=owner, name="Old")
    make.create_engagement(owner=owner, project=old, period="2019")
    long = make.create_project(owner=owner, name="Long")
    make.create_engagement(owner=owner, project=long, period="2019", ends_on="2024-02")
    make.create_project(owner=owner, name="Named only", source=make.create_document(owner=owner, year=2022))
    make.create_project(owner=owner, name="Bare")

    rows = _rows(_text(owner_client, "/projects/"))

    assert [row.split(" client ")[0] for row in rows] == ["Long", "Named only", "Old", "Bare"]
    assert "no stint recorded" in rows[1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({"text": "harb"}, {"Harbour"}, id="name"),
        pytest.param({"text": "항만"}, {"Harbour"}, id="alias"),
        pytest.param({"text": "phase two"}, {"Harbour"}, id="name-as-stated"),
        pytest.param({"text": "city"}, {"Tunnel"}, id="client"),
        pytest.param({"kind": "site"}, {"Tunnel"}, id="kind"),
        pytest.param({"year": "2021"}, {"Harbour"}, id="filed-under"),
        pytest.param({"year": "2022"}, {"Harbour", "Tunnel"}, id="reached-into-or-told-of"),
        pytest.param({"year": "2020"}, {"Tunnel"}, id="named-by-its-document"),
        pytest.param({"year": "2022", "kind": "site"}, {"Tunnel"}, id="year-and-kind"),
        pytest.param({"text": "%"}, set(), id="no-wildcard"),
    ],
)
def test_project_list_finds_by_name_kind_and_year(
    owner: Account, owner_client: Client, query: dict[str, str], found: set[str]
) -> None:
    harbour = make.create_project(owner=owner, name="Harbour", aliases="항만 조사\nPort")
    make.create_engagement(
        owner=owner, project=harbour, name="Survey, phase two", period="2021", ends_on="2023-02"
    )
    document = make.create_document(owner=owner, year=2020)
    tunnel = make.create_project(owner=owner, name="Tunnel", client="City", kind="site", source=document)
    make.create_achievement(owner=owner, project=tunnel, period="2022-Q2")

    text = _text(owner_client, "/projects/", **query)

    assert {name for name in ("Harbour", "Tunnel") if f">{name}</a>" in text} == found


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"year": "x"}, id="not-a-year"),
        pytest.param({"year": "9" * 5000}, id="long-year"),
        pytest.param({"kind": "nonsense"}, id="unknown-kind"),
        pytest.param({"text": "a\x00b"}, id="nul"),
        pytest.param({"text": "a" * 1000}, id="long-text"),
    ],
)
def test_a_filter_that_means_nothing_is_said_and_narrows_nothing(
    owner: Account, owner_client: Client, path: str, query: dict[str, str]
) -> None:
    _fill(owner, number=1)

    text = _text(owner_client, path, **query)

    assert 'class="errorlist"' in text
    assert _rows(text)


@pytest.mark.parametrize("page", ["0", "x", "99", "9" * 5000, ""])
@pytest.mark.parametrize("path", [*LISTS, "/skills/skill-000-2023/"])
def test_any_page_number_leads_to_a_page(owner: Account, owner_client: Client, path: str, page: str) -> None:
    _fill(owner, number=1)

    assert _rows(_text(owner_client, path, page=page))


def test_project_list_has_pages_of_fifty_that_keep_the_filter(owner: Account, owner_client: Client) -> None:
    with owner_scope(owner):
        Project.objects.bulk_create(
            Project(owner=owner, name=f"p {place:03}", slug=f"p-{place}", kind="site") for place in range(101)
        )

    first = _text(owner_client, "/projects/", kind="site")
    last = _text(owner_client, "/projects/", kind="site", page="3")

    assert len(_rows(first)) == 50
    assert "101 projects" in first
    assert 'href="?kind=site&amp;page=2"' in first
    assert len(_rows(last)) == 1
    assert "Page 3 of 3" in last


def test_activity_list_shows_how_much_and_where_it_stands(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2022)
    project = make.create_project(owner=owner, name="Harbour")
    make.create_activity(
        owner=owner,
        title="Talk on logs",
        kind=Activity.Kind.TALK,
        period="2022-Q2",
        starts_on="2022-01-22",
        ends_on="2022-05-29",
        count=21,
        hours=63,
        hours_each=3,
        url="https://example.org/talk",
        category="Sharing",
        project=project,
        source=document,
        source_lines="44-46",
        note="Times three.",
    )

    text = _text(owner_client, "/activities/")

    (row,) = _rows(text)
    for expected in (
        "Talk on logs",
        "Sharing · Harbour",
        "2022-01-22 – 2022-05-29",
        "21 times 3 h each 63 h in all",
        "2022 document, line 44-46",
        "Times three.",
    ):
        assert expected in row
    assert 'href="https://example.org/talk" rel="noopener noreferrer nofollow"' in text


def test_activity_list_goes_by_year_and_by_kind(owner: Account, owner_client: Client) -> None:
    for title, kind, period in (
        ("early talk", "talk", "2021-H1"),
        ("late talk", "talk", "2022"),
        ("late book", "book", "2022-Q4"),
        ("late article", "article", "2022-09"),
    ):
        make.create_activity(owner=owner, title=title, kind=kind, period=period)

    def titles(**query: str) -> list[str]:
        return re.findall(
            r"(?:early|late) \w+", " ".join(_rows(_text(owner_client, "/activities/", **query)))
        )

    assert titles() == ["late article", "late book", "late talk", "early talk"]
    assert titles(kind="talk") == ["late talk", "early talk"]
    assert titles(year="2022", kind="book") == ["late book"]
    assert titles(text="EARLY") == ["early talk"]


def test_activity_list_has_pages_of_a_hundred(owner: Account, owner_client: Client) -> None:
    with owner_scope(owner):
        sample = make.create_activity(owner=owner)
        Activity.objects.bulk_create(
            Activity(owner=owner, title=f"t {place}", slug=f"t-{place}", kind="book", period=sample.period)
            for place in range(100)
        )

    assert len(_rows(_text(owner_client, "/activities/"))) == 100
    assert len(_rows(_text(owner_client, "/activities/", page="2"))) == 1


def test_activity_list_counts_no_further_than_its_page_numbers(
    owner: Account, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.paging.BoundedPaginator.pages_ahead", 1)
    with owner_scope(owner):
        Activity.objects.bulk_create(
            Activity(owner=owner, title=f"t {place:03}", slug=f"t-{place}", kind="book", period=Period(2024))
            for place in range(301)
        )

    first, last = (_text(owner_client, "/activities/", page=page) for page in ("1", "4"))

    assert "More than 200 activities" in first
    assert "Page 1 of more than 2" in first
    assert "301 activities" in last
    assert "Page 4 of 4" in last
    assert _rows(last)[0].startswith("t 300")
    assert "Page 4 of 4" in _text(owner_client, "/activities/", page="9")


def test_activities_are_sorted_as_their_kinds_are_listed(owner: Account) -> None:
    with owner_scope(owner):
        Activity.objects.bulk_create(
            Activity(owner=owner, title=kind, slug=kind, kind=kind, period=Period(2024))
            for kind in sorted(Activity.Kind.values, reverse=True)
        )
        assert [each.kind for each in Activity.objects.by_year_and_kind()] == Activity.Kind.values


def test_skills_are_sorted_as_their_kinds_are_listed(owner: Account) -> None:
    for kind in sorted(Skill.Kind.values, reverse=True):
        make.create_skill(owner=owner, name=kind, kind=kind)
    with owner_scope(owner):
        assert [each.kind for each in Skill.objects.by_kind()] == Skill.Kind.values


def test_a_page_far_down_the_activities_is_found_by_an_index(owner: Account) -> None:
    with owner_scope(owner):
        in_order = Activity.objects.in_year(2024).by_year_and_kind()
        page = in_order.values("pk")[100:200]
        told = explained(page)
    assert "activity_by_year_and_kind" in told
    assert "TEMP B-TREE" not in told  # SQLite's word for sorting
    assert "Sort" not in told  # PostgreSQL's


def test_years_with_records_leave_out_those_between_and_those_of_others(
    owner: Account, stranger: Account
) -> None:
    for account, periods in ((owner, ("2019-Q3", "2022", "2022-05")), (stranger, ("2018", "2020", "2024"))):
        for period in periods:
            make.create_activity(owner=account, title=period, period=period)
    with owner_scope(owner):
        assert years_with((Activity.objects.all(), "period")) == (2022, 2019)
        assert years_with((SkillUse.objects.all(), "period")) == ()


def test_skill_list_shows_years_headings_and_projects(owner: Account, owner_client: Client) -> None:
    project = make.create_project(owner=owner, name="Harbour")
    work = make.create_engagement(owner=owner, project=project, period="2024")
    skill = make.create_skill(owner=owner, name="Sonar", kind=Skill.Kind.TOOL)
    make.create_skill_use(owner=owner, skill=skill, period="2022", category="Learned")
    make.create_skill_use(owner=owner, skill=skill, period="2024", category="Stack")
    make.create_skill_use(owner=owner, skill=skill, period="2024", category="Stack", engagement=work)
    make.create_skill(owner=owner, name="Listening", kind=Skill.Kind.SOFT)

    text = _text(owner_client, "/skills/")

    sonar, listening = _rows(text)
    assert "2022 Learned 2024 Stack Harbour" in sonar
    assert "no use recorded" in listening
    strip = text[text.index("<ol") : text.index("</ol>")]
    assert re.findall(r'<li class="on">(\d+)', strip) == ["2022", "2024"]
    assert re.findall(r'<li aria-hidden="true">(\d+)', strip) == ["2023"]
    assert text.index(">Tool<") < text.index(">Soft skill<")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"text": "echo"}, {"Sonar"}),
        ({"kind": "soft"}, {"Listening"}),
        ({"year": "2022"}, {"Sonar"}),
    ],
    ids=["alias", "kind", "year"],
)
def test_skill_list_finds_by_name_kind_and_year(
    owner: Account, owner_client: Client, query: dict[str, str], found: set[str]
) -> None:
    sonar = make.create_skill(owner=owner, name="Sonar", aliases="Echo sounding")
    make.create_skill_use(owner=owner, skill=sonar, period="2022")
    make.create_skill(owner=owner, name="Listening", kind="soft")

    text = _text(owner_client, "/skills/", **query)

    assert {name for name in ("Sonar", "Listening") if f">{name}</a>" in text} == found


def test_skill_detail_shows_every_use_with_its_source(owner: Account, owner_client: Client) -> None:
    document = make.create_document(owner=owner, year=2024)
    project = make.create_project(owner=owner, name="Harbour")
    work = make.create_engagement(owner=owner, project=project, name="Phase two", period="2024")
    skill = make.create_skill(
        owner=owner, name="Sonar", slug="sonar", aliases="Echo sounding", note="Guessed."
    )
    make.create_skill_use(owner=owner, skill=skill, period="2022", category="Learned", level="advanced")
    make.create_skill_use(
        owner=owner,
        skill=skill,
        period="2024",
        category="Stack",
        engagement=work,
        detail="Finds the bottom",
        source=document,
        source_lines="9",
    )

    text = _text(owner_client, "/skills/sonar/")

    assert "Echo sounding" in text
    assert "Guessed." in text
    assert _rows(text) == [
        "Stack Phase two Finds the bottom 2024 document, line 9",
        "Learned the year as a whole advanced –",
    ]
    assert 'href="/projects/harbour/"' in text


def test_skill_detail_without_a_use_says_so(owner: Account, owner_client: Client) -> None:
    make.create_skill(owner=owner, slug="sonar")

    assert "No use of it is recorded" in _text(owner_client, "/skills/sonar/")


@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_a_stranger_nothing(owner: Account, stranger_client: Client, path: str) -> None:
    _fill(owner, number=1)

    text = _text(stranger_client, path)

    assert not _rows(text)
    assert "recorded yet" in text
    assert '<option value="2023">' not in text


@pytest.mark.parametrize("folder", ["skills", "projects"])
def test_a_foreign_slug_answers_like_a_missing_one(
    owner: Account, stranger_client: Client, folder: str
) -> None:
    make.create_skill(owner=owner, slug="secret")
    make.create_project(owner=owner, slug="secret")

    foreign, missing, impossible = (
        stranger_client.get(f"/{folder}/{slug}/") for slug in ("secret", "absent", "a%00b")
    )

    assert foreign.status_code == missing.status_code == impossible.status_code == 404
    token = re.compile(rb'(name="csrfmiddlewaretoken" value=)"[^"]+"')
    assert token.sub(b"", foreign.content).replace(b"secret", b"absent") == token.sub(b"", missing.content)


def test_pages_ask_nobody_in_who_is_not_signed_in(client: Client) -> None:
    for path in (*LISTS, "/projects/any/", "/skills/any/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=")


def test_pages_only_show(owner_client: Client) -> None:
    for path in LISTS:
        assert owner_client.post(path).status_code == 405
