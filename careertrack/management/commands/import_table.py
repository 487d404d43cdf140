from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from careertrack.commands import ImportCommand
from records.resources import registered


class Command(ImportCommand):
    help = (
        "Import a table (CSV, XLSX or JSON) into an account: all of it, or nothing if a row is bad. Bad rows are "
        "printed, and the exit status is 1. A KPI sheet (columns Q1 to Q4) is imported with --model measurement."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        names = sorted(str(model._meta.model_name) for model in registered())
        parser.add_argument(
            "--model",
            required=True,
            choices=names,
            metavar="MODEL",
            help="what it holds: " + ", ".join(names),
        )
        parser.add_argument("--year", type=int, help="of a KPI sheet that does not say it")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        self.bring_in(options, kind=options["model"], year=options["year"])
