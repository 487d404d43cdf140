from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics.audit import audit
from metrics.checks import SEVERITY, Agreement
from metrics.findings import Finding
from metrics.listings import Terms, list_checks, settled_and_gone
from metrics.units import format_value
from records.models import Account
from records.ownership import owner_scope
from records.periods import FIRST_YEAR, LAST_YEAR

# A claim is a sentence; what is longer is cut, so that a row stays a row.
WIDEST = 60
COLUMNS = ("verdict", "year", "claim", "recomputed", "stated", "computed", "source")


class Command(BaseCommand):
    help = (
        "Recompute every stated figure of an account and list those that do not agree exactly, contradictions "
        "first. Nothing is changed. With --fail-on the exit status is 1 if an open check has that verdict."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", required=True, metavar="NAME", help="whose figures")
        parser.add_argument("--year", type=int, help="only the checks of this year")
        parser.add_argument("--all", action="store_true", help="list those that agree exactly as well")
        parser.add_argument(
            "--fail-on", choices=Agreement.values, metavar="VERDICT", help="one of %(choices)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        year = options["year"]
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            raise CommandError(f"--year must be from {FIRST_YEAR} to {LAST_YEAR}, not {year}.")
        try:
            owner = Account.objects.get(username=options["owner"])
        except Account.DoesNotExist as error:
            raise CommandError(f"There is no account “{options['owner']}”.") from error
        with owner_scope(owner):
            terms = Terms(year=year, with_exact=True)
            listing = list_checks(audit(years=None if year is None else [year]), terms=terms)
            findings = listing.findings[:]
            # Only all years together tell.
            gone = settled_and_gone(listing) if year is None else ()
        listed = [
            each
            for each in findings
            if options["all"] or each.check.verdict != Agreement.EXACT or each.settlement is not None
        ]
        if listed:
            self._table([_row(each) for each in listed])
        for settlement in gone:
            self.stdout.write(
                f"{settlement.get_decision_display()}, and the figure is gone: {settlement.check_key}"
            )
        self.stdout.write(_summary(findings))
        failing = [
            each for each in findings if each.check.verdict == options["fail_on"] and not each.is_settled
        ]
        if failing:
            # Not the plural of the word: a verdict has none.
            raise CommandError(f"Open checks with the verdict “{options['fail_on']}”: {len(failing)}.")

    def _table(self, rows: Sequence[Sequence[str]]) -> None:
        widths = [max(map(_width, column)) for column in zip(COLUMNS, *rows, strict=True)]
        for row in (COLUMNS, tuple("-" * width for width in widths), *rows):
            self.stdout.write("  ".join(map(_filled, row, widths)).rstrip())
        self.stdout.write("")


def _row(finding: Finding) -> tuple[str, ...]:
    check = finding.check
    verdict = str(check.verdict.label)
    if finding.settlement is not None:
        verdict += f" ({finding.state.value.replace('_', ' ')})"
    source, lines = finding.record.source, finding.record.source_lines
    return (
        verdict,
        str(finding.year),
        _cut(check.claim),
        _cut(check.formula),
        format_value(check.stated, check.unit),
        format_value(check.computed, check.unit),
        "–" if source is None else f"{source.year} L{lines}" if lines else str(source.year),
    )


def _summary(findings: Sequence[Finding]) -> str:
    counted = Counter(each.check.verdict for each in findings)
    parts = [f"{counted[verdict]} {verdict.label}" for verdict in SEVERITY if counted[verdict]]
    settled = sum(each.is_settled for each in findings)
    return f"Checks: {len(findings)}" + "".join(f", {part}" for part in parts) + f"; settled: {settled}."


def _width(text: str) -> int:
    """Columns of a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    while _width(text) > WIDEST:
        text = text[:-2] + "…"
    return text


def _filled(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
