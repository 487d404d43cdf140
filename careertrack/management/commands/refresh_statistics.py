from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = (
        "Let the database count what it holds, so that it finds the short way to it. PostgreSQL does so by itself "
        "after a while; SQLite never does, and reads a hundred thousand rows for fifty without it."
    )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
