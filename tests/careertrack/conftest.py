from __future__ import annotations

from collections import Counter
from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What `make fuzz-api` asked for, in all processes together."""
    reports: list[Any] = [report for found in terminalreporter.stats.values() for report in found]
    asked: Counter[str] = Counter()
    for report in reports:
        if getattr(report, "when", "") == "teardown":
            for name, cases in report.user_properties:
                if name == "api_cases":
                    asked.update({str(status): number for status, number in cases.items()})
    if asked:
        terminalreporter.write_line(f"{asked.total()} cases, by status: {dict(sorted(asked.items()))}")
