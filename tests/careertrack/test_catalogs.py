from __future__ import annotations

import gettext
from pathlib import Path

import polib
import pytest
from pytest_django import Settings

from careertrack.catalogs import PLACEHOLDER, compile_catalog, merged, messages

KOREAN = Path("careertrack/locale/ko/LC_MESSAGES/django.po")


@pytest.fixture
def korean(settings: Settings) -> polib.POFile:
    return polib.pofile(str(settings.BASE_DIR / KOREAN))


@pytest.fixture
def house(tmp_path: Path, settings: Settings) -> Path:
    """A project of two files, to extract from."""
    (tmp_path / "goals").mkdir()
    (tmp_path / "goals" / "models.py").write_text(
        "from django.utils.translation import gettext as _t, gettext_lazy as _, ngettext, pgettext\n"
        "plain = _('goal')\n"
        "longer = _t('one ' 'sentence %(n)s')\n"
        "def many(n): return ngettext('%(n)s day', '%(n)s days', n)\n"
        "half = pgettext('period', 'H1')\n",
        encoding="utf-8",
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '<p>\n    {% translate \'goal\' %}{% translate "May" context "month" %}</p>\n'
        "{% blocktranslate count n=rows|length trimmed %}\n  {{ n }} row\n{% plural %}\n  {{ n }} rows\n"
        "{% endblocktranslate %}\n",
        encoding="utf-8",
    )
    settings.BASE_DIR = tmp_path
    return tmp_path


@pytest.mark.usefixtures("house")
def test_messages_are_found_in_modules_and_templates() -> None:
    assert [(message.context, message.text, message.plural, message.files) for message in messages()] == [
        (None, "goal", "", ["goals/models.py", "templates/page.html"]),
        (None, "one sentence %(n)s", "", ["goals/models.py"]),
        (None, "%(n)s day", "%(n)s days", ["goals/models.py"]),
        ("period", "H1", "", ["goals/models.py"]),
        ("month", "May", "", ["templates/page.html"]),
        (None, "%(n)s row", "%(n)s rows", ["templates/page.html"]),
    ]


def test_extracting_again_keeps_translations_and_changes_nothing(house: Path) -> None:
    path = house / "django.po"
    first = merged(path)
    goal = next(entry for entry in first if entry.msgid == "goal")
    days = next(entry for entry in first if entry.msgid_plural == "%(n)s days")
    goal.msgstr, days.msgstr_plural[0] = "목표", "%(n)s일"
    first.append(polib.POEntry(msgid="History", msgstr="이력", comment="library: django-simple-history"))
    first.append(polib.POEntry(msgid="gone from the sources", msgstr="없음"))
    first.save(str(path))
    second = merged(path)
    second.save(str(path))
    written = path.read_bytes()
    merged(path).save(str(path))
    assert path.read_bytes() == written
    assert {entry.msgid: entry.msgstr or entry.msgstr_plural for entry in second.translated_entries()} == {
        "goal": "목표",
        "%(n)s day": {0: "%(n)s일"},
        "History": "이력",
    }
    assert b"POT-Creation-Date" not in written


def test_compiled_catalog_answers_and_leaves_fuzzy_entries_out(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    catalog = polib.POFile()
    catalog.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    catalog.append(polib.POEntry(msgid="goal", msgstr="목표"))
    catalog.append(polib.POEntry(msgid="period", msgstr="시대", flags=["fuzzy"]))
    catalog.save(str(path))
    compiled = compile_catalog(path)
    with compiled.open("rb") as file:
        translations = gettext.GNUTranslations(file)
    assert translations.gettext("goal") == "목표"
    assert translations.gettext("period") == "period"
    assert compile_catalog(path).read_bytes() == compiled.read_bytes()


def test_korean_catalog_is_what_the_sources_say(settings: Settings) -> None:
    path = settings.BASE_DIR / KOREAN
    fresh = merged(path)
    assert str(fresh) == path.read_text(encoding="utf-8"), "run `make messages` and translate what is new"


def test_korean_catalog_is_complete(korean: polib.POFile) -> None:
    assert [entry.msgid for entry in korean.untranslated_entries()] == []
    assert [entry.msgid for entry in korean.fuzzy_entries()] == []
    assert [entry.msgid for entry in korean.obsolete_entries()] == []


def test_korean_catalog_keeps_every_placeholder(korean: polib.POFile) -> None:
    assert [entry.msgid for entry in korean.translated_entries() if _placeholders_differ(entry)] == []


@pytest.mark.parametrize(
    ("entry", "differs"),
    [
        pytest.param(polib.POEntry(msgid="%(a)s of %(b)s", msgstr="%(b)s 중 %(a)s"), False, id="other order"),
        pytest.param(polib.POEntry(msgid="%(a)s days", msgstr="%(b)s일"), True, id="other name"),
        pytest.param(polib.POEntry(msgid="%(a)s days", msgstr="일"), True, id="lost"),
        pytest.param(
            polib.POEntry(msgid="a day", msgid_plural="%(n)s days", msgstr_plural={0: "%(n)s일"}),
            False,
            id="plural",
        ),
    ],
)
def test_placeholders_are_compared_by_name(entry: polib.POEntry, differs: bool) -> None:
    assert _placeholders_differ(entry) is differs


def _placeholders_differ(entry: polib.POEntry) -> bool:
    # Korean has one form for all numbers: it must be able to say what the English plural says.
    said = entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr
    wanted = entry.msgid_plural or entry.msgid
    return sorted(PLACEHOLDER.findall(said)) != sorted(PLACEHOLDER.findall(wanted))
