"""The geometry of a project's timeline. The template draws it as SVG; here are only numbers and words, no markup.

A stint is drawn as exactly as it is known. `2021-03` says that work began some time in March: March is drawn pale and
what lies after it solid. An end nobody stated is drawn open, at the end of the period the stint is filed under.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext

from projects.models import Engagement

# In percent of the width: room for an arrow or a question mark beyond the first and last year.
LEFT, RIGHT = 3.0, 96.0
AXIS, ROW = 22, 38
_LONGEST_LABEL = 32  # in letters; a Korean syllable is as wide as two
_MOST_YEAR_NAMES = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The beginning of a year; `label` "" where there is no room for its name."""

    x: float
    middle: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From `x` on, `width` wide; both in percent of the picture's width."""

    x: float
    width: float

    @property
    def end(self) -> float:
        return round(self.x + self.width, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One stint. `possible`: when it may have been under way; `certain`: when it was, or None if no day is.

    `is_open_left`, `is_open_right`: that end is not stated. `is_ongoing`: the document calls it still going on.
    """

    label: str
    text: str
    y: int
    possible: Stretch
    certain: Stretch | None
    is_open_left: bool
    is_open_right: bool
    is_ongoing: bool
    anchor: str
    label_x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Bars in the order given; `height` in pixels."""

    height: int
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]


def timeline_of(engagements: Sequence[Engagement]) -> Timeline | None:
    """One bar per stint on an axis of whole years; None without stints. No query."""
    if not engagements:
        return None
    years = range(
        min(engagement.begins.year for engagement in engagements),
        max(engagement.ends.year for engagement in engagements) + 1,
    )
    zero = dt.date(years[0], 1, 1).toordinal()
    days = dt.date(years[-1], 12, 31).toordinal() + 1 - zero

    def x_of(day: dt.date, *, after: bool = False) -> float:
        """Where a day begins, or ends (`after`)."""
        return round(LEFT + (RIGHT - LEFT) * (day.toordinal() + after - zero) / days, 2)

    edges = [x_of(dt.date(year, 1, 1)) for year in years] + [RIGHT]
    step = -(-len(years) // _MOST_YEAR_NAMES)
    return Timeline(
        height=AXIS + ROW * len(engagements) + 4,
        ticks=tuple(
            Tick(
                x=left,
                middle=round((left + right) / 2, 2),
                label=str(year) if (year - years[0]) % step == 0 else "",
            )
            for year, (left, right) in zip(years, pairwise(edges), strict=True)
        ),
        bars=tuple(
            _bar(engagement, y=AXIS + ROW * place, x_of=x_of) for place, engagement in enumerate(engagements)
        ),
    )


def _bar(engagement: Engagement, *, y: int, x_of: Callable[..., float]) -> Bar:
    begins, ends = engagement.begins, engagement.ends
    left, right = x_of(begins.first_day), x_of(ends.last_day, after=True)
    possible = Stretch(x=left, width=round(max(right - left, 0.8), 2))
    certain = None
    if engagement.starts_on is not None:
        # From the last day it can have begun on to the first it can have ended on.
        since = x_of(begins.last_day)
        if engagement.ends_on is not None:
            until = x_of(ends.first_day, after=True)
        else:
            until = right if engagement.is_ongoing else since
        if until > since:
            certain = Stretch(x=since, width=round(max(until - since, 0.8), 2))
    if left <= 30:
        anchor, label_x = "start", left
    elif right >= 70:
        anchor, label_x = "end", right
    else:
        anchor, label_x = "middle", round((left + right) / 2, 2)
    return Bar(
        label=shortened(engagement.name),
        text=f"{engagement.name}: {when_in_words(engagement)}",
        y=y,
        possible=possible,
        certain=certain,
        is_open_left=engagement.starts_on is None,
        is_open_right=engagement.ends_on is None,
        is_ongoing=engagement.is_ongoing,
        anchor=anchor,
        label_x=label_x,
    )


def when_in_words(engagement: Engagement) -> str:
    """When a stint was under way, with what is not stated: `2022-09 – still going on (2022)`."""
    starts, ends = engagement.starts_on, engagement.ends_on
    period = engagement.period.label
    if starts is None and ends is None:
        if engagement.is_ongoing:
            return gettext("%(period)s, still going on") % {"period": period}
        return gettext("%(period)s, dates not stated") % {"period": period}
    first = gettext("start not stated") if starts is None else starts.label
    if ends is not None:
        last = ends.label
    elif engagement.is_ongoing:
        last = gettext("still going on (%(period)s)") % {"period": period}
    else:
        last = gettext("end not stated")
    return first if first == last else f"{first} – {last}"


def shortened(text: str, *, longest: int = _LONGEST_LABEL) -> str:
    """The beginning of a text that fits, with an ellipsis where something is left out."""
    width = 0
    for place, letter in enumerate(text):
        width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if width > longest:
            return text[: max(place - 1, 1)].rstrip() + "…"
    return text
