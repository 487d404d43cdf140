"""What the database was asked, for tests that pin it."""

from __future__ import annotations

import re

from django.test.utils import CaptureQueriesContext


def tables_asked(queries: CaptureQueriesContext) -> list[str]:
    """The tables of each statement, in order and by name; joined ones are not named."""
    return [
        " ".join(sorted(set(re.findall(r'FROM "(\w+)"', each["sql"])))) for each in queries.captured_queries
    ]
