from __future__ import annotations

import os
import sys
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from careertrack.seeding import seed
from records.models import Account

_WIDTH = 40


class Command(BaseCommand):
    help = (
        "Fill an empty database with made-up careers of the accounts seed-1, seed-2, …: the same ones every time, "
        "for the benchmark. They can sign in with the password in DEMO_PASSWORD; without it nobody can."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owners", type=int, default=1, help="how many accounts (default: 1)")
        parser.add_argument(
            "--measurements", type=int, default=1000, help="how many measurements each has (default: 1000)"
        )
        parser.add_argument(
            "--beside-others", action="store_true", help="also where there are accounts of people already"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        owners, measurements = options["owners"], options["measurements"]
        if owners < 1 or measurements < 1:
            raise CommandError("--owners and --measurements must be at least 1.")
        if Account.objects.filter(username__startswith="seed-").exists():
            raise CommandError("This database is seeded already; take an empty one for other numbers.")
        if not options["beside_others"] and Account.objects.exists():
            raise CommandError(
                "This database holds accounts of people. Made-up careers belong into one of their own "
                "(DATABASE_URL); --beside-others adds them here all the same."
            )
        chosen = os.environ.get("DEMO_PASSWORD", "")
        made = seed(
            owners=owners,
            measurements=measurements,
            password=make_password(chosen or None),
            progress=self._progress,
        )
        call_command("refresh_statistics")
        if self._is_watched:
            self.stderr.write("")
        for name, number in sorted(made.items()):
            self.stdout.write(f"{number:>12,}  {name}")
        self.stdout.write(f"{sum(made.values()):>12,}  records in all")

    @property
    def _is_watched(self) -> bool:
        return sys.stderr.isatty()

    def _progress(self, done: int, wanted: int) -> None:
        if self._is_watched:
            bar = "█" * (_WIDTH * done // wanted)
            self.stderr.write(f"\r{bar:·<{_WIDTH}} {done:,} of {wanted:,} measurements", ending="")
            self.stderr.flush()
