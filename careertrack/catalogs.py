"""The translation catalogs: what the sources say, merged with what is translated; gettext is not needed.

The Korean catalog is careertrack/locale/ko/LC_MESSAGES/django.po; the compiled .mo beside it is not kept in git.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGES = ("careertrack", "goals", "metrics", "projects", "records")
# Which arguments are message, plural and context, under every name the sources import them by.
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_t": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"(?<!%)%(?:\(\w+\))?[a-z]")
# An entry with this comment translates a library that brings no Korean; no source of ours mentions it.
LIBRARY = "library:"
HEADER = {
    "Project-Id-Version": "careertrack",
    "Language": "ko",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}

Key = tuple[str | None, str]


@dataclass(slots=True)
class Message:
    """`context` None and `plural` empty where the message has none. `files` in the order found."""

    context: str | None
    text: str
    plural: str
    files: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """What gettext tells messages apart by."""
        return self.context, self.text


def catalog_paths() -> list[Path]:
    """Every django.po of the project."""
    return [path for root in settings.LOCALE_PATHS for path in sorted(Path(root).glob("*/LC_MESSAGES/*.po"))]


def compile_catalog(path: Path) -> Path:
    """Write the .mo beside a .po, fuzzy entries left out. The same .po always gives the same bytes."""
    compiled = path.with_suffix(".mo")
    unfinished = path.with_suffix(f".mo.{os.getpid()}")  # somebody else may be at it, too
    polib.pofile(str(path)).save_as_mofile(str(unfinished))
    unfinished.replace(compiled)  # a server that starts meanwhile reads the old one or the new one
    return compiled


def merged(path: Path) -> polib.POFile:
    """The messages of the sources with the translations of `path`, ready to be written.

    A message whose wording changed is a new one, untranslated. No dates and no line numbers: the catalog changes
    only when a message does. Needs Babel.
    """
    known: dict[Key, polib.POEntry] = {}
    if path.exists():
        known = {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path))}
    catalog = polib.POFile(wrapwidth=100)
    catalog.header = "`make messages` rewrites everything here but the translations."
    catalog.metadata = dict(HEADER)
    for message in messages():
        catalog.append(_entry(message, known.pop(message.key, None)))
    for entry in known.values():
        if entry.comment.startswith(LIBRARY) and not entry.obsolete:
            catalog.append(entry)
    return catalog


def _entry(message: Message, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(
        msgctxt=message.context,
        msgid=message.text,
        msgid_plural=message.plural,
        occurrences=[(file, "") for file in message.files],
        flags=["python-format"] if PLACEHOLDER.search(message.text) else [],
    )
    if message.plural:
        entry.msgstr_plural = {0: known.msgstr_plural.get(0, "") if known else ""}
    elif known:
        entry.msgstr = known.msgstr
    if known:
        entry.tcomment = known.tcomment
        entry.flags += [flag for flag in known.flags if flag == "fuzzy"]
    return entry


def messages() -> list[Message]:
    """Every message of our modules and templates, by file and place. Needs Babel."""
    found: dict[Key, Message] = {}
    for path in _sources():
        file = path.relative_to(settings.BASE_DIR).as_posix()
        for message in _messages_of(path):
            first = found.setdefault(message.key, message)
            first.plural = first.plural or message.plural
            if file not in first.files:
                first.files.append(file)
    return list(found.values())


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
    for folder in (*PACKAGES, "templates"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in (".html", ".svg", ".txt", ".md") and "static" not in path.parts:
                yield path


def _messages_of(path: Path) -> Iterator[Message]:
    from babel.messages.extract import extract

    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django's own rewriting of a template into calls of gettext; indented lines would not be Python.
        source = "\n".join(line.strip() for line in templatize(source).splitlines())
    stream = io.BytesIO(source.encode())
    for _line, text, _comments, context in extract("python", stream, keywords=KEYWORDS):
        singular, plural = (text[0], text[1]) if isinstance(text, tuple) else (text, "")
        if singular:
            yield Message(context=context, text=singular, plural=plural)
