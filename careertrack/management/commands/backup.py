from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from careertrack.backups import BackupError, make_backup


class Command(BaseCommand):
    help = (
        "Write a backup of the whole database, all accounts, to a new file, while the server runs. It is read back "
        "and checked row by row before it gets its name. Keep it where nobody else can read it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", type=Path, help="a new file, or a folder: then the file is named after the moment"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        try:
            path, manifest = make_backup(options["path"], as_of=timezone.now())
        except BackupError as error:
            raise CommandError(f"No backup was made. {error}") from error
        size = path.stat().st_size / 1024 / 1024
        self.stdout.write(
            f"{path}: {manifest.rows} rows in {len(manifest.tables)} tables, {size:.1f} MB, read back and checked."
        )
