"""The words of a query, and the texts they stand in: what is looked for, and how a find is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Replace
from django.utils.translation import gettext_lazy as _

LONGEST_QUERY = 200
# A fragment shows one line of a text, or this much of it.
FRAGMENT, BEFORE_MATCH = 180, 60

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_IDEOGRAPH = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_YEAR = re.compile(r"([12]\d{3}(?:-[0-9QH]{0,2})?)년?", re.IGNORECASE | re.ASCII)


class Problem(models.TextChoices):
    """Why nothing was looked for; the label says what to do."""

    EMPTY = "empty", _("Type a word, a name or a year.")
    TOO_SHORT = (
        "too_short",
        _("One letter is in nearly everything: type at least two, or one Korean syllable."),
    )
    TOO_LONG = "too_long", _("That is too long to look for: use at most 200 characters.")


@dataclass(frozen=True)
class Word:
    """One word of a query, NFC, without spaces."""

    text: str

    @property
    def ignores_spaces(self) -> bool:
        return len(self.text) >= 3 and _HANGUL.search(self.text) is not None

    @property
    def is_telling(self) -> bool:
        """Whether it narrows anything down: a single letter does not, a syllable or ideograph does."""
        return len(self.text) > 1 or bool(_HANGUL.match(self.text) or _IDEOGRAPH.match(self.text))

    @property
    def period(self) -> str:
        """What the text of a period begins with if the word names one; "" otherwise."""
        match = _YEAR.fullmatch(self.text)
        return match[1].upper() if match else ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds it in a text at least wherever the database does."""
        gap = " *" if self.ignores_spaces else ""
        return re.compile(gap.join(map(re.escape, self.text)), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text that is, or is not, what was looked for. Plain text: a template escapes it."""

    text: str
    is_match: bool


Marked = tuple[Part, ...]


def understood(query: str) -> tuple[str, tuple[Word, ...], Problem | None]:
    """The query with control characters and needless spaces removed, its words (each once), and what is wrong."""
    cleaned = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in query)
    text = " ".join(unicodedata.normalize("NFC", cleaned).split())
    if not text:
        return "", (), Problem.EMPTY
    if len(text) > LONGEST_QUERY:
        return text[:LONGEST_QUERY], (), Problem.TOO_LONG
    words = tuple(Word(word) for word in {word.casefold(): word for word in text.split()}.values())
    if not any(word.is_telling for word in words):
        return text, words, Problem.TOO_SHORT
    return text, words, None


def quotes(text: str, missing: list[Word]) -> list[str]:
    """For each word still missing an excerpt that holds it, unless an earlier one does; found ones are removed."""
    quotes: list[str] = []
    for word in tuple(missing):
        match = word.pattern.search(text) if word in missing else None
        if match is not None:
            quotes.append(_excerpt(text, match))
            missing[:] = [other for other in missing if not other.pattern.search(quotes[-1])]
    return quotes


def marked(text: str, words: Sequence[Word]) -> Marked:
    """The text in parts, those that are one of the words told from the rest; joined they are the text again."""
    longest_first = sorted(words, key=lambda word: -len(word.text))
    pattern = re.compile("|".join(word.pattern.pattern for word in longest_first), re.IGNORECASE)
    parts, done = [], 0
    for match in pattern.finditer(text):
        parts += [Part(text[done : match.start()], False), Part(match[0], True)]
        done = match.end()
    parts.append(Part(text[done:], False))
    return tuple(part for part in parts if part.text)


def _excerpt(text: str, match: re.Match[str]) -> str:
    """The line the match stands in, cut at spaces around the match where it is long."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    end = len(text) if end == -1 else end
    before = after = ""
    if end - start > FRAGMENT and match.start() - start > BEFORE_MATCH:
        cut = match.start() - BEFORE_MATCH
        space = text.find(" ", cut, match.start())
        start, before = (cut if space == -1 else space + 1), "… "
    if end - start > FRAGMENT:
        cut = max(start + FRAGMENT, match.end())
        space = text.rfind(" ", match.end(), cut)
        end, after = (cut if space == -1 else space), " …"
    return before + text[start:end].strip() + after


def with_squeezed(rows: QuerySet[Any], paths: Iterable[str], word: Word) -> QuerySet[Any]:
    """With the texts as a word that ignores spaces is compared with them."""
    if not word.ignores_spaces:
        return rows
    squeezed = {
        _squeezed(path): Replace(F(path), Value(" "), Value(""), output_field=models.TextField())
        for path in paths
    }
    return rows.alias(**squeezed)


def in_texts(paths: Iterable[str], word: Word) -> Q:
    found = Q()
    for path in paths:
        place = _squeezed(path) if word.ignores_spaces else path
        found |= Q(**{f"{place}__icontains": word.text})
    return found


def _squeezed(path: str) -> str:
    """The name of the text without its spaces; look-up paths are no names of annotations."""
    return f"squeezed_{path.replace('__', '_of_')}"
