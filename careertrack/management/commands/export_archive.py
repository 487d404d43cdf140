from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from careertrack.archives import archive_name, write_archive
from careertrack.commands import account_named
from records.ownership import owner_scope


class Command(BaseCommand):
    help = (
        "Write everything an account has recorded to one new file that can be read without this program and imported "
        "again, here or on another server. Keep it where nobody else can read it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", type=Path, help="a new file, or a folder: then the file is career-<date>.zip"
        )
        parser.add_argument("--owner", required=True, metavar="NAME", help="whose career")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        path: Path = options["path"]
        if path.is_dir():
            path /= archive_name(timezone.localdate())
        with owner_scope(account_named(options["owner"])):
            body = write_archive()
        try:
            # Never over another file, and nobody else reads it while it is written.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                try:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    path.unlink()  # half of it is none
                    raise
        except OSError as error:
            raise CommandError(f"{path} was not written: {error.strerror}.") from error
        self.stdout.write(f"{path}: {len(body) / 1024 / 1024:.1f} MB.")
