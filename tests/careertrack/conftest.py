from __future__ import annotations

import os
from collections import Counter

import pytest


def _asked(config: pytest.Config) -> Counter[str]:
    """How often the API answered with each status what `make fuzz-api` asked, in all processes together."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    asked: Counter[str] = Counter()
    for reports in [] if reporter is None else reporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                for name, cases in report.user_properties:
                    if name == "api_cases":
                        asked.update(cases)
    return asked


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Less cases than wanted are a failure."""
    asked, wanted = _asked(session.config), int(os.environ.get("FUZZ_API_CASES", "0"))
    if asked and asked.total() < wanted and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    asked, wanted = _asked(terminalreporter.config), int(os.environ.get("FUZZ_API_CASES", "0"))
    if asked and wanted:
        statuses = ", ".join(f"{number} × {status}" for status, number in sorted(asked.items()))
        seed = os.environ.get("FUZZ_API_SEED", "0")
        few = "" if asked.total() >= wanted else f", which is less than the {wanted} wanted"
        terminalreporter.write_line(f"{asked.total()} cases of FUZZ_API_SEED={seed}{few}: {statuses}")
