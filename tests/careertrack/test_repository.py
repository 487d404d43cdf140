"""What holds for the repository as a whole. Every rule is shown to find what it looks for."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.environment import ROOT, settings_variables

# Imports run one way, towards the front of this list.
HOUSE = ("records", "projects", "metrics", "goals", "careertrack")

# What goes round a wall, and how often each file may. A new use belongs here with its reason in the code.
WAYS_ROUND = {
    "_base_manager": {"records/models/owned.py": 2, "records/ownership.py": 1},
    "every_owner(": {"records/ownership.py": 2, "records/prepared.py": 1},
    "scopes_disabled": {"records/ownership.py": 2},
    ".raw(": {},
    # Two that run the SQL of scoped querysets, one that names no rows at all; backups, doctor and merging say why.
    "cursor(": {
        "careertrack/backups_postgresql.py": 1,
        "careertrack/doctor.py": 1,
        "careertrack/management/commands/refresh_statistics.py": 1,
        "records/merging/writing.py": 1,
        "records/prepared.py": 1,
        "records/together.py": 1,
    },
    "mark_safe": {},
    "|safe": {},
    "csrf_exempt": {},
}

API_OR_IMPORT = re.compile(
    r"^\s*(from|import) "
    r"(rest_framework|import_export|records\.(api|tables)|careertrack\.(archives|commands|importing))\b",
    re.MULTILINE,
)

NEVER_TRACKED = {
    "a compiled catalog": re.compile(r"\.mo$"),
    "an environment file": re.compile(r"(^|/)\.env(\.|$)"),
    "a database": re.compile(r"\.(sqlite3?|db)(-wal|-shm)?$"),
}
# Written in pieces, or this file would break its own rule.
NEVER_WRITTEN = {
    "a package registry's host": re.compile(
        "|".join(("pypi" r"\.org", "python" r"hosted\.org", "npm" r"js\.org"))
    ),
    "an index or a wheel folder": re.compile("--(extra-)?index-ur[l]|--find-link[s]"),
    "a path of the machine it was made on": re.compile(r"(?<![\w.])/(" r"work|root|home" r")/\w"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE " r"KEY"),
    "an API token": re.compile(r"\bct_" r"[A-Za-z0-9_-]{43}"),
    "a secret": re.compile(r"SECRET_KEY\s*=\s*[\"']?(?!only-for-tests)[A-Za-z0-9_-]{40,}"),
}


def tracked_files() -> list[str]:
    """Paths of what is, or after `git add --all` would be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def text_of(name: str) -> str:
    """Of a picture, nothing readable."""
    return (ROOT / name).read_bytes().decode("utf-8", "replace")


def modules() -> dict[str, str]:
    """Path and source of every module of the house, migrations left out."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for package in HOUSE
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    }


def wrong_way_imports(package: str, source: str) -> list[str]:
    """Packages of the house that a module of `package` imports although they build on it."""
    allowed = HOUSE[: HOUSE.index(package) + 1]
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.append(node.module or "")
    return [name for name in names if (top := name.split(".")[0]) in HOUSE and top not in allowed]


def filters_in(source: str) -> list[int]:
    """Lines that call `.filter(…)` or `.exclude(…)`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("filter", "exclude")
    ]


def uses(needle: str, sources: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How often each source has it outside of comments; sources without it left out."""
    found: Counter[str] = Counter()
    for name, source in sources:
        for line in source.splitlines():
            if not line.lstrip().startswith("#"):
                found[name] += line.count(needle)
    return {name: count for name, count in found.items() if count}


def sources_and_templates() -> Iterator[tuple[str, str]]:
    yield from modules().items()
    for name in tracked_files():
        if name.endswith((".html", ".svg", ".txt")) and not name.startswith(("tests/", "requirements")):
            yield name, text_of(name)


def requirement_names(lines: Iterable[str]) -> set[str]:
    """`django-import-export[xlsx]~=4.4` → `django-import-export`."""
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines)
    return {match[0].lower().replace("_", "-") for match in names if match}


def pinned(name: str) -> dict[str, str]:
    """Package → version of a lock file."""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text_of(name), flags=re.MULTILINE))


@pytest.mark.parametrize("kind", NEVER_TRACKED)
def test_no_file_is_tracked_that_must_not_be(kind: str) -> None:
    assert [name for name in tracked_files() if NEVER_TRACKED[kind].search(name)] == []


@pytest.mark.parametrize("kind", NEVER_WRITTEN)
def test_no_file_says_what_must_not_be_said(kind: str) -> None:
    found = [
        f"{name}: {match[0]}"
        for name in tracked_files()
        if (match := NEVER_WRITTEN[kind].search(text_of(name)))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "planted"),
    [
        pytest.param("a package registry's host", "https://files.python" + "hosted.org/x.whl", id="host"),
        pytest.param("an index or a wheel folder", "--find-" + "links wheels", id="wheel folder"),
        pytest.param("a path of the machine it was made on", 'open("/' + 'root/notes")', id="path"),
        pytest.param("a private key", "-----BEGIN RSA PRIVATE " + "KEY-----", id="key"),
        pytest.param("an API token", "ct_" + "a" * 43, id="token"),
        pytest.param("a secret", "SECRET_KEY=" + "x7" * 25, id="secret"),
    ],
)
def test_what_must_not_be_said_would_be_found(kind: str, planted: str) -> None:
    assert NEVER_WRITTEN[kind].search(planted)


@pytest.mark.parametrize(
    ("kind", "planted"),
    [
        ("a compiled catalog", "careertrack/locale/ko/LC_MESSAGES/django.mo"),
        ("an environment file", ".env"),
        ("a database", "var/careertrack.sqlite3-wal"),
    ],
)
def test_what_must_not_be_tracked_would_be_found(kind: str, planted: str) -> None:
    assert NEVER_TRACKED[kind].search(planted)


@pytest.mark.parametrize("name", modules())
def test_imports_run_one_way(name: str) -> None:
    assert wrong_way_imports(name.split("/")[0], modules()[name]) == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from goals.models import Goal", ["goals.models"]),
        ("def late():\n    import careertrack.urls", ["careertrack.urls"]),
        ("from records.models import Record", []),
        ("import metrics_of_others", []),
    ],
)
def test_wrong_way_imports_are_found(source: str, wrong: list[str]) -> None:
    assert wrong_way_imports("metrics", source) == wrong


@pytest.mark.parametrize("name", [name for name in modules() if name.endswith("/views.py")])
def test_views_ask_querysets_in_words(name: str) -> None:
    assert filters_in(modules()[name]) == []


def test_filters_in_a_view_are_found() -> None:
    assert filters_in("def view(request):\n    return Goal.objects.filter(kind='kpi')") == [2]


def test_coverage_of_every_module_of_api_and_import_is_asked_for() -> None:
    wholly = re.search(r"^WHOLLY := (.*?)^\w", text_of("Makefile"), flags=re.MULTILINE | re.DOTALL)
    assert wholly is not None
    patterns = re.sub(r"\$\\\s+", "", wholly[1]).strip().split(",")
    of_api_or_import = [name for name, source in modules().items() if API_OR_IMPORT.search(source)]
    assert len(of_api_or_import) > 30
    assert [name for name in of_api_or_import if not any(fnmatch(name, each) for each in patterns)] == []
    assert [each for each in patterns if not any(fnmatch(name, each) for name in modules())] == []


@pytest.mark.parametrize("needle", WAYS_ROUND)
def test_ways_round_the_walls_are_counted(needle: str) -> None:
    assert uses(needle, sources_and_templates()) == WAYS_ROUND[needle]


@pytest.mark.parametrize("needle", WAYS_ROUND)
def test_a_new_way_round_is_found(needle: str) -> None:
    assert uses(needle, [("goals/views.py", f"x = a{needle}b")]) == {"goals/views.py": 1}


def test_lock_files_hold_every_dependency_of_pyproject() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    runtime, development = pinned("requirements.txt"), pinned("requirements-dev.txt")
    wanted = requirement_names(project["project"]["dependencies"])
    assert wanted - set(runtime) == set(), "run `make lock`"
    assert requirement_names(project["dependency-groups"]["dev"]) - set(development) == set(), (
        "run `make lock`"
    )
    assert {name: development.get(name) for name in runtime} == runtime, "run `make lock`"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_files_hold_hashes_for_every_package_and_no_address(name: str) -> None:
    text = text_of(name)
    assert "://" not in text
    blocks = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_readme_explains_every_variable_that_settings_read() -> None:
    explained = set(re.findall(r"^\| `([A-Z_]+)`", text_of("README.md"), flags=re.MULTILINE))
    assert set(settings_variables()) - explained == set()
    assert explained - set(settings_variables()) == {"DEMO_PASSWORD", "PORT"}


def test_readme_names_only_commands_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)\b", text_of("README.md")))
    assert {"run", "test"} <= named <= targets


def test_every_decision_and_picture_that_is_linked_exists() -> None:
    missing = [
        f"{name}: {target}"
        for name in tracked_files()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(name))
        if not (Path(ROOT / name).parent / target).exists()
    ]
    assert missing == []


def test_every_block_of_a_style_sheet_is_closed() -> None:
    """A browser forgives a missing brace and shows half of the design."""
    for sheet in ROOT.glob("careertrack/static/careertrack/*.css"):
        text = re.sub(r'/\*.*?\*/|"[^"\n]*"', "", sheet.read_text(encoding="utf-8"), flags=re.S)
        assert text.count("{") == text.count("}"), sheet.name
