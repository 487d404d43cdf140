from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from careertrack.catalogs import merged


class Command(BaseCommand):
    help = "Bring the Korean catalog up to date with the sources; translations are kept. For developers."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        path = settings.LOCALE_PATHS[0] / "ko" / "LC_MESSAGES" / "django.po"
        try:
            catalog = merged(path)
        except ModuleNotFoundError as error:
            raise CommandError("This needs Babel: `make messages` installs it.") from error
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog.save(str(path), newline="\n")
        todo = len(catalog.untranslated_entries()) + len(catalog.fuzzy_entries())
        self.stdout.write(
            f"{len(catalog)} messages, {todo} to translate: {path.relative_to(settings.BASE_DIR)}"
        )
