"""Saving a grid: what was typed becomes measurements, all of it or nothing.

Only cells whose text is another one than the page showed are looked at. Each is written over the version the page
showed; if another one is stored by now, the cell says so, shows what is stored, and sending it once more replaces that
knowingly. An emptied cell removes its figure, but only where that is asked for. A whole entry can be taken back, for as
long as nothing else has touched its figures.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _t

from metrics.grid import PREFIX, Seen, is_slug, place_of
from metrics.models import Measurement, Metric
from metrics.typed import Typed, read_figure, text_of
from metrics.units import plain
from projects.models import Project
from records.merging import Receipt, Row, apply, plan_rows, remove, undo
from records.models import Account, Conflict
from records.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What came of a grid. With `errors` (by name of cell; "" for the grid as a whole) nothing was written.

    `touched`: what was typed, by name of cell; all other cells show what is stored now. `receipt`: what was written,
    for `take_back`. `cleared`: how many cells were
    emptied without asking for the removal of their figures.
    """

    touched: Mapping[str, str]
    errors: Mapping[str, tuple[str, ...]]
    receipt: Receipt = field(default_factory=lambda: Receipt(()))
    cleared: int = 0

    @property
    def written(self) -> int:
        return len(self.receipt.touched)


def typed_in(posted: Mapping[str, str]) -> dict[str, str]:
    """The cells of a form, by name."""
    return {name: text for name, text in posted.items() if name.startswith(f"{PREFIX}:")}


def enter(*, period: Period, typed: Mapping[str, str], seen: str, may_remove: bool, by: Account) -> Entry:
    """Write what was typed into cells that showed something else. `seen` is what `Grid.seen` was then.

    Queries, whatever the number of cells: metrics, projects, stored figures; those of `plan_rows` and `apply` if there
    is something to write (10), those of `remove` if something is to be removed (7).
    """
    shown = _seen(seen)
    texts = {name: text.strip() for name, text in typed.items()}
    touched = {name: text for name, text in texts.items() if text != shown.get(name, (0, ""))[1]}
    if not touched:
        return Entry(touched={}, errors={})
    with transaction.atomic():
        drafts = _Drafts(period, touched, shown)
        rows = drafts.rows(may_remove=may_remove)
        if not drafts.errors:
            plan = plan_rows(Measurement, rows)
            for problem in plan.problems:
                drafts.errors[str(problem.place)].append(problem.message)
        if drafts.errors:
            errors = {name: tuple(messages) for name, messages in drafts.errors.items()}
            return Entry(touched=touched, errors=errors, cleared=drafts.cleared)
        reason = _t("Entered for %(period)s") % {"period": period}
        try:
            with transaction.atomic():
                touched_records = apply(plan, by=by, reason=reason).touched
                if drafts.removals:
                    touched_records += remove(Measurement, drafts.removals, by=by, reason=reason)
        except Conflict as conflict:
            return Entry(touched=touched, errors={"": (str(conflict),)})
    return Entry(touched=touched, errors={}, receipt=Receipt(touched_records))


def take_back(receipt: Receipt, *, period: Period, by: Account) -> None:
    """All figures of an entry are again what they were before it. Raises `Conflict`, and writes nothing, once anything
    else has touched one of them. Queries: those of `undo` (11 at most)."""
    undo(receipt, by=by, reason=_t("Entry for %(period)s taken back") % {"period": period})


def _seen(text: str) -> Seen:
    """What the page says it showed; what cannot be understood counts as nothing shown."""
    try:
        found: Any = json.loads(text)
        return {str(name): (int(version), str(shown)) for name, (version, shown) in found.items()}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}


class _Drafts:
    """Cells on their way to rows."""

    def __init__(self, period: Period, touched: Mapping[str, str], shown: Seen) -> None:
        self.period = period
        self.touched = touched
        self.shown = shown
        self.errors: dict[str, list[str]] = defaultdict(list)
        self.removals: dict[int, tuple[int, str]] = {}
        self.cleared = 0
        names = {name: place_of(name) for name in touched}
        self.metrics = _by_slug(Metric, {metric for metric, _project in names.values()})
        self.projects = _by_slug(Project, {project for _metric, project in names.values()} - {""})
        self.places = names
        stored = Measurement.objects.filter(period=period, metric__in=self.metrics.values())
        self.stored = {(row.metric_id, row.project_id): row for row in stored.select_for_update()}

    def rows(self, *, may_remove: bool) -> list[Row]:
        rows = []
        for name, text in self.touched.items():
            metric_slug, project_slug = self.places[name]
            metric, project = self.metrics.get(metric_slug), self.projects.get(project_slug)
            if metric is None or (project_slug and project is None):
                self.errors[""].append(
                    _t("“%(name)s” names no metric or no project of yours. Nothing was saved.")
                    % {"name": f"{metric_slug} {project_slug}".strip()[:100]}
                )
                continue
            stored = self.stored.get((metric.pk, None if project is None else project.pk))
            if stored is not None:
                stored.metric = metric
            if self._was_changed(name, stored):
                continue
            if not text:
                self._clear(name, stored, may_remove=may_remove)
                continue
            try:
                figure = read_figure(text, metric)
            except ValueError as error:
                self.errors[name].append(str(error))
                continue
            rows.append(Row(name, self._values(metric_slug, project_slug, text, figure, stored)))
        return rows

    def _was_changed(self, name: str, stored: Measurement | None) -> bool:
        version, _text = self.shown.get(name, (0, ""))
        now = 0 if stored is None else stored.version
        if now == version:
            return False
        if stored is None:
            message = _t("Removed in the meantime. Save again to enter it anew.")
        else:
            message = _t("Changed in the meantime. Stored now: %(value)s. Save again to replace it.") % {
                "value": text_of(stored)
            }
        self.errors[name].append(message)
        return True

    def _clear(self, name: str, stored: Measurement | None, *, may_remove: bool) -> None:
        if stored is None:
            return
        if may_remove:
            place = self.places[name]
            key = ":".join(filter(None, (place[0], str(self.period), place[1])))
            self.removals[stored.pk] = (stored.version, key)
            return
        self.cleared += 1
        self.errors[name].append(
            _t(
                "Emptied; stored is %(value)s. Write – if there was nothing to measure, or confirm below that the "
                "figure is to be removed."
            )
            % {"value": text_of(stored)}
        )

    def _values(
        self, metric: str, project: str, text: str, figure: Typed, stored: Measurement | None
    ) -> dict[str, Any]:
        values: dict[str, Any] = {
            "metric": metric,
            "period": str(self.period),
            "project": project or None,
            "value": figure.value,
            "qualifier": figure.qualifier,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "as_stated": _as_stated(text, figure, stored),
        }
        if stored is not None:
            values["version"] = stored.version
        return values


def _as_stated(text: str, figure: Typed, stored: Measurement | None) -> str:
    """The document's own writing stays where it tells the new figure: then the mistake was in copying it."""
    value = "" if figure.value is None else plain(figure.value)
    if stored is not None and any(_stands_in(stored.as_stated, part) for part in (text, value)):
        return stored.as_stated
    return "" if text == value or figure.value is None else text


def _stands_in(text: str, part: str) -> bool:
    """Whether the part is there as a figure of its own: 5 is not in 25, nor in 5.5."""
    return bool(part) and re.search(rf"(?<![\d.,/]){re.escape(part)}(?![.,/]?\d)", text) is not None


def _by_slug(model: Any, slugs: set[str]) -> dict[str, Any]:  # noqa: ANN401
    return {
        each.slug: each for each in model.objects.filter(slug__in=[slug for slug in slugs if is_slug(slug)])
    }
