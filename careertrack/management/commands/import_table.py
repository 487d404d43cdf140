from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from careertrack.importing import plan_file
from records.merging import apply
from records.models import Account, Conflict
from records.ownership import owner_scope
from records.resources import model_named, registered
from records.tables import TableError

# The bar is for those who wait; short files are done before it could be read.
_BAR, _LONG = 40, 2_000


class Command(BaseCommand):
    help = (
        "Import a table (CSV, XLSX or JSON) into an account: all of it, or nothing if a row is bad. Bad rows are "
        "printed, and the exit status is 1. A KPI sheet (columns Q1 to Q4) is imported with --model measurement."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = sorted(str(model._meta.model_name) for model in registered())
        parser.add_argument("file", type=Path, help="the table")
        parser.add_argument("--owner", required=True, metavar="NAME", help="whose records they become")
        parser.add_argument(
            "--model",
            required=True,
            choices=names,
            metavar="MODEL",
            help="what it holds: " + ", ".join(names),
        )
        parser.add_argument("--year", type=int, help="of a KPI sheet that does not say it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        try:
            owner = Account.objects.get(username=options["owner"])
        except Account.DoesNotExist as error:
            raise CommandError(f"There is no account “{options['owner']}”.") from error
        path: Path = options["file"]
        try:
            body = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        model = model_named(options["model"])
        assert model is not None  # noqa: S101  # one of the choices
        with owner_scope(owner):
            try:
                plan = plan_file(
                    body, model=model, year=options["year"], filename=path.name, progress=self._progress
                )
            except TableError as error:
                raise CommandError(f"{path.name}: {error}") from error
            for problem in plan.problems:
                field = f", {problem.field}" if problem.field else ""
                self.stderr.write(f"{problem.place}{field}: {problem.message}")
            if plan.problems:
                raise CommandError(f"Nothing was imported: {len(plan.problems)} problems.")
            told = f"{len(plan.created)} new, {len(plan.changed)} changed, {len(plan.unchanged)} unchanged"
            if options["dry_run"]:
                self.stdout.write(f"Would import: {told}. Nothing was written.")
                return
            try:
                apply(plan, by=owner, reason=f"Imported from {path.name}")
            except Conflict as error:
                raise CommandError(str(error)) from error
        self.stdout.write(f"Imported: {told}.")

    def _progress(self, done: int, total: int) -> None:
        if total < _LONG or not self.stderr.isatty():
            return
        filled = _BAR * done // total
        self.stderr.write(f"\r[{'#' * filled}{' ' * (_BAR - filled)}] {done}/{total}", ending="")
        if done + 500 > total:
            self.stderr.write("")
