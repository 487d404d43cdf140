"""What the database was asked, for tests that pin it."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def tables_asked(queries: CaptureQueriesContext) -> list[str]:
    """The tables of each statement, in order and by name; joined ones are not named."""
    return [
        " ".join(sorted(set(re.findall(r'FROM "(\w+)"', each["sql"])))) for each in queries.captured_queries
    ]


def explained(rows: Any) -> str:  # noqa: ANN401
    """How the database goes about a query. PostgreSQL is kept from reading a small table whole and sorting it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    return str(rows.explain())
