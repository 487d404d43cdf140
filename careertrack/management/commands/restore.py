from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from careertrack.backups import BackupError, restore_backup
from careertrack.health import missing_migrations


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the database that DATABASE_URL names. Stop the server first. A database with "
        "anybody's rows is left alone unless --replace is given, which makes a backup of it first."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a file written by `manage.py backup`")
        parser.add_argument("--replace", action="store_true", help="also if the database is not empty")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        connections.close_all()
        try:
            manifest, before = restore_backup(
                options["path"], replace=options["replace"], as_of=timezone.now()
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        if before is not None:
            self.stdout.write(f"What was there before is in {before}.")
        self.stdout.write(
            f"Restored the backup of {manifest.made_at:%Y-%m-%d %H:%M %Z}: {manifest.rows} rows in "
            f"{len(manifest.tables)} tables, every one as in the backup. Everybody has to sign in again; tokens that "
            "were revoked since that moment are valid again."
        )
        if missing_migrations():
            self.stdout.write("The backup is of an earlier version: run `make setup` to bring it up to date.")
