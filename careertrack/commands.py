"""What the commands that bring records in have in common: whose they become, what is wrong, how far they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from careertrack.importing import plan_file
from careertrack.outages import Outage, outage_of
from records.merging import apply
from records.models import Account, Conflict
from records.ownership import owner_scope
from records.tables import TableError

# The bar is for those who wait; short files are done before it could be read.
_BAR, _LONG = 40, 2_000
_WHY = {
    Outage.DATABASE: "the database does not answer or lost the connection",
    Outage.FULL: "the disk is full",
    Outage.READ_ONLY: "the database can only be read",
    Outage.BUSY: "another process keeps the database busy",
}


def account_named(name: str) -> Account:
    try:
        return Account.objects.get(username=name)
    except Account.DoesNotExist as error:
        raise CommandError(f"There is no account “{name}”.") from error


class ImportCommand(BaseCommand):
    """All of a file becomes records, or nothing: every bad row is printed, and the exit status is 1."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what is imported")
        parser.add_argument("--owner", required=True, metavar="NAME", help="whose records they become")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def bring_in(self, options: dict[str, Any], *, kind: str, year: int | None = None) -> None:
        owner, path = account_named(options["owner"]), options["file"]
        try:
            body = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            with owner_scope(owner):
                told = self._import(
                    body, path, owner, kind=kind, year=year, is_rehearsal=bool(options["dry_run"])
                )
        except (TableError, Conflict) as error:
            raise CommandError(f"{path.name}: {error}") from error
        except Exception as error:
            outage = outage_of(error)
            if outage is None:
                raise
            raise CommandError(f"Nothing was imported: {_WHY[outage]}.") from error
        self.stdout.write(told)

    def _import(
        self, body: bytes, path: Path, owner: Account, *, kind: str, year: int | None, is_rehearsal: bool
    ) -> str:
        plan = plan_file(body, kind=kind, year=year, filename=path.name, progress=self._progress)
        for problem in plan.problems:
            field = f", {problem.field}" if problem.field else ""
            self.stderr.write(f"{problem.place}{field}: {problem.message}")
        if plan.problems:
            raise CommandError(f"Nothing was imported: {len(plan.problems)} problems.")
        told = f"{len(plan.created)} new, {len(plan.changed)} changed, {len(plan.unchanged)} unchanged"
        if is_rehearsal:
            return f"Would import: {told}. Nothing was written."
        apply(plan, by=owner, reason=f"Imported from {path.name}")
        return f"Imported: {told}."

    def _progress(self, done: int, total: int) -> None:
        if total < _LONG or not self.stderr.isatty():
            return
        filled = _BAR * done // total
        self.stderr.write(f"\r[{'#' * filled}{' ' * (_BAR - filled)}] {done}/{total}", ending="")
        if done + 500 > total:
            self.stderr.write("")
