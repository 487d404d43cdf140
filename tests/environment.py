"""Pytest plugin: the environment of a test run, fixed before Django reads its settings.

Loaded by `-p tests.environment`. Neither `.env` nor a variable exported in the shell reaches the tests;
`TEST_DATABASE_URL` alone chooses the database (default: SQLite in memory).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent


def settings_variables() -> list[str]:
    """The names of all environment variables that settings.py reads, in alphabetical order."""
    text = (ROOT / "careertrack" / "settings.py").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"\b(?:env\.\w+|_flag|_positive)\(\s*\"([A-Z_]+)\"", text)))


def _leave_env_file_alone(*_args: object, **_kwargs: object) -> None:
    """Stands in for `Env.read_env`."""


for _name in settings_variables():
    os.environ.pop(_name, None)
os.environ["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
# With HTTPS every request of the test client would be redirected.
os.environ["HTTPS"] = "false"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or "sqlite://:memory:"
environ.Env.read_env = _leave_env_file_alone
