"""Which figures of a page take part in a contradiction, open or settled, and where the check of it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from django.urls import reverse
from django.utils.http import urlencode

from metrics.audit import contradictions
from metrics.claims import Claim
from metrics.findings import Finding
from metrics.models import Change, Incident, Measurement, Metric
from metrics.record_claims import claims_of_activity, claims_of_incident
from metrics.references import References
from metrics.rows import Row, Subject, model_of
from metrics.within import Within
from projects.models import Activity, Engagement


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Contradictions by the records that take part in them."""

    by_record: dict[tuple[str, int], list[Finding]] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Each once, by kind and name."""
        found = {each.key: each for findings in self.by_record.values() for each in findings}
        return tuple(sorted(found.values(), key=lambda each: (each.check.kind, each.key)))

    def of(self, *records: Subject) -> tuple[Finding, ...]:
        """Those any of the records takes part in, each once, open ones first. No query."""
        found = {each.key: each for record in records for each in self.by_record.get(_record(record), ())}
        return tuple(sorted(found.values(), key=lambda each: each.is_settled))


def _record(subject: Subject) -> tuple[str, int]:
    """Of which model, and which of them."""
    return model_of(subject)._meta.label, subject.pk


def find_marks(
    *, shown: Iterable[Subject], claims: Iterable[Claim] = (), references: References | None = None
) -> Marks:
    """The marks of what a page shows; the metrics of measurements must be joined.

    `claims`: those of records this app does not know. Pages that may show hundreds of measurements give `references`.
    Queries: none without records but one for settlements if anything contradicts, else those of `contradictions` (2 to
    5), and one without references for the metrics that count incidents or engagements, if there are any.
    """
    shown = list(shown)
    figures = [each for each in shown if isinstance(each, Measurement | Row)]
    metrics = {figure.metric.pk: figure.metric for figure in figures}
    # A figure also takes part in the first step of the year after it.
    years = {year for figure in figures for year in (figure.period.year, figure.period.year + 1)}
    for metric, counted in _counting(shown, references):
        metrics[metric.pk] = metric
        years |= {record.period.year for record in counted}
    within = Within(
        metrics=tuple(metrics.values()),
        changes=frozenset(each.pk for each in shown if isinstance(each, Change)),
        engagements=frozenset(each.pk for each in shown if isinstance(each, Engagement)),
        projects=frozenset(figure.project_id for figure in figures if figure.project_id is not None),
        periods=frozenset(figure.period for figure in figures),
        references=references,
    )
    in_hand = list(chain(claims, chain.from_iterable(_own_claims(each) for each in shown)))
    found = contradictions(years=years, within=within, in_hand=in_hand)
    own, records = {each.key for each in in_hand}, {_record(each) for each in shown}
    return marks_of(each for each in found if each.key in own or _takes_part(each, records))


def _own_claims(subject: Subject) -> Iterable[Claim]:
    """Of records that can be checked by themselves."""
    match subject:
        case Incident():
            return claims_of_incident(subject)
        case Activity():
            return claims_of_activity(subject)
        case _:
            return ()


def _counting(
    shown: Iterable[Subject], references: References | None
) -> Iterator[tuple[Metric, list[Incident | Engagement]]]:
    """The metrics that average some of the records, each with those."""
    averaged: dict[str, list[Incident | Engagement]] = defaultdict(list)
    for each in shown:
        if isinstance(each, Incident):
            averaged["incident"].append(each)
        elif isinstance(each, Engagement) and each.stated_duration is not None:
            averaged["project"].append(each)
    if averaged:
        metrics = (
            Metric.objects.filter(counts__in=averaged) if references is None else references.metrics.values()
        )
        for metric in metrics:
            if metric.counts in averaged:
                yield metric, averaged[metric.counts]


def _takes_part(finding: Finding, records: Container[tuple[str, int]]) -> bool:
    return any(_record(each) in records for each in finding.subjects)


def marks_of(findings: Iterable[Finding]) -> Marks:
    """Findings by the records that take part in them. No query."""
    by_record: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in findings:
        for record in {_record(each) for each in finding.subjects}:
            by_record[record].append(finding)
    return Marks(by_record=dict(by_record))


def address_of(finding: Finding) -> str:
    """Leads to the check on its page, on whichever page of the list it stands."""
    query: dict[str, str | int] = {
        "verdict": finding.check.verdict.value,
        "year": finding.year,
        "at": finding.anchor,
    }
    return f"{reverse('check_list')}?{urlencode(query)}#{finding.anchor}"


def address_to_correct(finding: Finding) -> str:
    """Where the record that makes the claim is edited; saving it leads back to the check, whatever its verdict then."""
    query: dict[str, str | int] = {"year": finding.year, "at": finding.anchor}
    back = f"{reverse('check_list')}?{urlencode(query)}#{finding.anchor}"
    meta = finding.record._meta
    page = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[finding.record.pk])
    return f"{page}?{urlencode({'back': back})}"
