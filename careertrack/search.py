"""One box that finds whatever its owner once wrote, in Korean and English, and says where it stands.

A query is words; a record is a hit if each word stands in one of its texts (AND, never a phrase; quotes, `%` and
`_` are characters like any other). Comparison ignores case as far as the database does (SQLite: ASCII only). In a
Korean word of three characters or more spaces do not count, because people write 수자원공사 and 수자원 공사; in a
shorter one they do, or 매출 would stand in 구매 출력. A year (`2024`, `2024-Q1`, `2024년`) also finds what is filed
under it.

Plain look-ups on the base tables: a trigram index knows no words of two syllables, which Korean is made of.
Everything works inside the owner's scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet, Window
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

from careertrack.words import Marked, Problem, Word, in_texts, marked, quotes, understood, with_squeezed
from goals.evaluation import Aim
from goals.models import Goal, Milestone, Reflection
from metrics.marks import Marks, find_marks
from metrics.models import IN_WORDS, Change, Incident, Measurement, Metric
from metrics.units import ABSENT, Qualifier, Unit, format_value, qualified
from projects.models import Achievement, Activity, Engagement, Project, Skill, SkillUse
from records.models import Document, Owned, Record
from records.periods import Period, year_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A line of one of the record's texts, under the name of its field."""

    label: str
    text: Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record that holds every word: in title, project, fragments or the period it is filed under.

    `sort` says what sort of its kind it is, `figure` what it states; "" for nothing. `project` () for none, with the
    other name that was looked for in brackets. `period` None for what lasts. `page` "": no page tells about it;
    `edit` is its place in admin. `source` None: no document states it; `source_lines` as in records.
    """

    record: Owned
    title: Marked
    sort: str
    project: Marked
    figure: str
    fragments: tuple[Fragment, ...]
    period: Period | None
    page: str
    edit: str
    source: Document | None
    source_lines: str

    @property
    def year(self) -> int | None:
        return None if self.period is None else self.period.year


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOfHits:
    """`year` None: of no one year, as projects, skills and metrics are."""

    year: int | None
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfHits:
    """The hits of one kind shown, by year, the latest first; `total` counts those not shown as well."""

    kind: str
    label: str
    total: int
    years: tuple[YearOfHits, ...]

    @property
    def shown(self) -> int:
        return sum(len(year.hits) for year in self.years)

    @property
    def more(self) -> int:
        return self.total - self.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """`query` as it was understood. With a `problem` nothing was looked for. Kinds without a hit are left out.

    `page` None: the first hits of every kind, else one page of a single kind.
    """

    query: str
    words: tuple[Word, ...]
    problem: Problem | None
    kinds: tuple[KindOfHits, ...]
    page: Page[Any] | None = None

    @property
    def total(self) -> int:
        return sum(kind.total for kind in self.kinds)

    @property
    def marks(self) -> Marks:
        """The contradictions that the hits take part in (queries: see `find_marks`)."""
        hits = [hit.record for kind in self.kinds for year in kind.years for hit in year.hits]
        return find_marks(shown=[record for record in hits if isinstance(record, Record)])


def search(*, query: str, limit: int) -> SearchResults:
    """The first `limit` hits of every kind, kinds in a fixed order, each by year, the latest first.

    Any text is a query. One query for each of the 14 kinds; none if there is a problem with the words.
    """
    text, words, problem = understood(query)
    found = []
    for kind in _KINDS.values() if problem is None else ():
        records = list(kind.records(words).annotate(found_in_all=Window(Count("pk")))[:limit])
        if records:
            found.append(kind.hits(records, words=words, total=records[0].found_in_all))
    return SearchResults(query=text, words=words, problem=problem, kinds=tuple(found))


def search_kind(*, query: str, kind: str, page: str, limit: int) -> SearchResults:
    """A page of `limit` hits of one kind, in the order of `search`. Raises KeyError for an unknown kind.

    `page` is what an address says; one that does not exist leads to the nearest. Two queries: count and hits; none
    if there is a problem with the words.
    """
    chosen = _KINDS[kind]
    text, words, problem = understood(query)
    if problem is not None:
        return SearchResults(query=text, words=words, problem=problem, kinds=())
    paged = Paginator(chosen.records(words), limit).get_page(page)
    hits = chosen.hits(list(paged), words=words, total=paged.paginator.count)
    return SearchResults(
        query=text, words=words, problem=None, kinds=(hits,) if hits.total else (), page=paged
    )


def suggested_words(*, limit: int) -> tuple[str, ...]:
    """Names worth looking for: projects with a document, the latest first. One query; () for an empty account."""
    projects = Project.objects.order_by(F("source__year").desc(nulls_last=True), "name", "pk")
    return tuple(projects.values_list("name", flat=True)[:limit])


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """How records of one model are found and shown. Fields are look-up paths from the model.

    `title` names the hit, `texts` are searched as well and quoted where a word stands in them. `period` is what it
    is filed under; "" for what lasts. `figure` says in a few words what the record states. `in_words`: a condition of
    those with a text of their own, where they are few among many, and so found by what they refer to.
    """

    model: type[Owned]
    title: str
    texts: tuple[str, ...] = ()
    period: str = ""
    figure: Callable[[Any], str] = lambda record: ""
    joins: tuple[str, ...] = ()
    in_words: Q | None = None

    @cached_property
    def name(self) -> str:
        return str(self.model._meta.model_name)

    @cached_property
    def has_project(self) -> bool:
        return any(field.name == "project" for field in self.model._meta.fields)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every text searched."""
        of_project = ("project__name", "project__aliases") if self.has_project else ()
        return (self.title, *self.texts, "note", *of_project)

    def records(self, words: Sequence[Word]) -> QuerySet[Any]:
        """Those that hold every word, joined with all that a hit shows; the latest year first."""
        records: Any = self.model.objects.all()
        if self.in_words is not None:
            chosen = records
            for word in words:
                chosen = chosen.filter(self._refers_to(word, in_words=self.in_words))
            records = records.filter(pk__in=chosen.values("pk"))
        else:
            for word in words:
                records = with_squeezed(records, self.paths, word).filter(self._holds(word))
        if self.model is Document:
            return records.order_by("-year")
        by_year: list[Any] = [year_of(self.period).desc(), self.period] if self.period else []
        joins = (*self.joins, *(["project"] if self.has_project else []))
        return records.with_source(*joins).order_by(*by_year, self.title, "pk")

    def _refers_to(self, word: Word, *, in_words: Q) -> Q:
        """As `_holds`, but asked of the few with a text of their own, and of each of the records they refer to: for
        one question about all of these the database would read every record there is."""
        of_record: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            of_record[path.rpartition("__")[0]].append(path)
        found = self._filed_under(word)
        for reference, paths in of_record.items():
            rows: QuerySet[Any] = (
                self.model.objects.all() if reference else self.model.objects.filter(in_words)
            )
            rows = with_squeezed(rows, paths, word).filter(in_texts(paths, word))
            found |= Q(pk__in=rows.values("pk"))
        return found

    def _holds(self, word: Word) -> Q:
        return in_texts(self.paths, word) | self._filed_under(word)

    def _filed_under(self, word: Word) -> Q:
        found = Q()
        if word.period and self.model is Document:
            found |= Q(year__startswith=word.period)
        elif word.period and self.period:
            found |= Q(**{f"{self.period}__startswith": word.period})
        return found

    def hits(self, records: Iterable[Any], *, words: Sequence[Word], total: int) -> KindOfHits:
        hits = [self._hit(record, words=words) for record in records]
        return KindOfHits(
            kind=self.name,
            label=capfirst(str(self.model._meta.verbose_name_plural)),
            total=total,
            years=tuple(
                YearOfHits(year=year, hits=tuple(of_year))
                for year, of_year in groupby(hits, key=lambda hit: hit.year)
            ),
        )

    def _hit(self, record: Any, *, words: Sequence[Word]) -> Hit:  # noqa: ANN401
        title, project = _text(record, self.title), _text(record, "project__name") if self.has_project else ""
        period: Period | None = _value(record, self.period) if self.period else None
        if isinstance(record, Document):
            period = Period(record.year)
        missing = [
            word
            for word in words
            if not (word.period and str(period or "").startswith(word.period))
            and not word.pattern.search(title)
            and not word.pattern.search(project)
        ]
        quoted = {path: found for path in self.paths if (found := quotes(_text(record, path), missing))}
        aliases = quoted.pop("project__aliases", [])
        if aliases:
            project = f"{project} ({', '.join(aliases)})"
        source, lines = self._source(record, words=words)
        return Hit(
            record=record,
            title=marked(title, words),
            sort=record.get_kind_display() if hasattr(record, "get_kind_display") else "",
            project=marked(project, words) if project != title else (),
            figure=self.figure(record),
            fragments=tuple(
                Fragment(label=_label(self.model, path), text=marked(quote, words))
                for path, found in quoted.items()
                for quote in found
            ),
            period=period,
            page=_page(record),
            edit=reverse(f"admin:{self.model._meta.app_label}_{self.name}_change", args=[record.pk]),
            source=source,
            source_lines=lines,
        )

    def _source(self, record: Any, *, words: Sequence[Word]) -> tuple[Document | None, str]:  # noqa: ANN401
        """Where it stands; a document stands in itself, at the first line of its body that holds a word."""
        if not isinstance(record, Document):
            return record.source, record.source_lines
        for number, line in enumerate(record.body.split("\n"), start=1):
            if any(word.pattern.search(line) for word in words):
                return record, str(number)
        return record, ""


def _value(record: Any, path: str) -> Any:  # noqa: ANN401
    """What a look-up path leads to; None where a record on the way is absent."""
    for name in path.split("__"):
        record = getattr(record, name, None)
    return record


def _text(record: Any, path: str) -> str:  # noqa: ANN401
    return str(_value(record, path) or "")


def _label(model: Any, path: str) -> str:  # noqa: ANN401
    """The name of the field for people: that of the record it belongs to where it is another one's."""
    *through, name = path.split("__")
    label = ""
    for step in through:
        relation = model._meta.get_field(step)
        model = relation.related_model
        label = str(model._meta.verbose_name)
    return capfirst(
        label if through and name in ("name", "title") else str(model._meta.get_field(name).verbose_name)
    )


def _page(record: Any) -> str:  # noqa: ANN401
    """The page that tells about it; "" if none does."""
    match record:
        case Goal() | Project() | Skill() | Metric():
            subject: Any = record
        case Measurement():
            subject = record.metric
        case Milestone():
            subject = record.goal
        case SkillUse():
            subject = record.skill
        case _:
            subject = getattr(record, "project", None)
    try:
        return "" if subject is None else str(subject.get_absolute_url())
    except NoReverseMatch:
        return ""  # a slug that no address can hold came past the forms


def _aim(record: Goal) -> str:
    return "" if record.aim == Aim.DO else record.aim_in_words


def _measured(record: Measurement) -> str:
    if record.value is None:
        return record.as_stated or ABSENT
    return qualified(format_value(record.value, record.metric.unit), record.qualifier)


def _duration(record: Incident) -> str:
    if record.stated_duration is None:
        return record.as_stated
    return format_value(record.stated_duration, Unit.MINUTE)


def _before_and_after(record: Change) -> str:
    before = format_value(record.before, record.unit) if record.before is not None else record.before_text
    after = format_value(record.after, record.unit) if record.after is not None else record.after_text
    if before or after:
        return f"{before or ABSENT} → {after or ABSENT}"
    is_signed = record.stated_change_unit != Unit.TIMES
    change = format_value(record.stated_change, record.stated_change_unit, signed=is_signed)
    return qualified(change, Qualifier(record.qualifier))


_KINDS: dict[str, _Kind] = {
    kind.name: kind
    for kind in (
        _Kind(model=Project, title="name", texts=("aliases", "client")),
        _Kind(
            model=Engagement,
            title="name",
            texts=("role", "team", "status", "summary"),
            period="period",
        ),
        _Kind(
            model=Goal,
            title="statement",
            texts=("baseline_text", "metric__name", "metric__aliases", "result__reason"),
            period="set_in",
            figure=_aim,
            joins=("metric", "result"),
        ),
        _Kind(
            model=Milestone, title="label", texts=("goal__statement",), period="goal__set_in", joins=("goal",)
        ),
        _Kind(model=Achievement, title="title", texts=("problem", "action", "result"), period="period"),
        _Kind(
            model=Change,
            title="subject",
            texts=("before_text", "after_text", "as_stated", "metric__name", "metric__aliases"),
            period="to_period",
            figure=_before_and_after,
            joins=("metric",),
        ),
        _Kind(model=Metric, title="name", texts=("aliases", "definition", "definition_change")),
        _Kind(
            model=Measurement,
            title="metric__name",
            texts=("as_stated", "breakdown_note", "metric__aliases"),
            period="period",
            figure=_measured,
            joins=("metric",),
            in_words=IN_WORDS,
        ),
        _Kind(
            model=Incident, title="title", texts=("as_stated", "severity"), period="period", figure=_duration
        ),
        _Kind(model=Activity, title="title", texts=("category", "url"), period="period"),
        _Kind(model=Skill, title="name", texts=("aliases",)),
        _Kind(
            model=SkillUse,
            title="skill__name",
            texts=("category", "level", "detail", "skill__aliases"),
            period="period",
            joins=("skill", "engagement"),
        ),
        _Kind(model=Reflection, title="title", texts=("text",), period="period"),
        _Kind(model=Document, title="title", texts=("body",)),
    )
}

KINDS = tuple(_KINDS)
