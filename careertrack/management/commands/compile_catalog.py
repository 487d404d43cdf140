from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from careertrack.catalogs import catalog_paths, compile_catalog


class Command(BaseCommand):
    help = "Compile the translation catalogs (.po → .mo). Unlike compilemessages it needs no gettext."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        for path in catalog_paths():
            compiled = compile_catalog(path)
            if options["verbosity"]:
                self.stdout.write(str(compiled.relative_to(settings.BASE_DIR)))
