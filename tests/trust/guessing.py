"""Guesses a password in many processes at once, against a database of its own, and says what happened.

    TEST_DATABASE_URL=… python -m tests.trust.guessing 32 owner nobody

prints, for each name, how many guesses reached the hasher and how often each status was answered, as JSON. Each
process comes from another address and forges another one besides. Runs outside of pytest, whose transactions
processes cannot share.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import django

RIGHT, WRONG = "owner's password", "wrong"


def main(processes: int, names: list[str]) -> None:
    import tests.environment  # noqa: F401  # as pytest would

    os.environ["DJANGO_SETTINGS_MODULE"] = "careertrack.settings"
    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # As in tests/conftest.py: nobody has run collectstatic.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            settings.DATABASES["default"]["TEST"]["NAME"] = str(Path(folder) / "guessing.sqlite3")
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "guessing.sqlite3")
        else:
            connection.settings_dict["TEST"]["NAME"] = f"test_guessing_{os.getpid()}"
        before = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            from records.models import Account

            Account.objects.create_user(username="owner", password=RIGHT)
            _client(0).get("/accounts/login/")  # compiles the templates once for all
            print(json.dumps({name: _guess(processes, name, Path(folder)) for name in names}))  # noqa: T201
        finally:
            _let_go()
            connection.creation.destroy_test_db(before, verbosity=0)
            _let_go()


def _let_go() -> None:
    """No process may use the connections of another one."""
    from django.db import connection

    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()


def _guess(processes: int, name: str, folder: Path) -> dict[str, object]:
    _let_go()
    hashed, answers, gate = (folder / f"{name}-{what}" for what in ("hashed", "answers", "gate"))
    children = []
    for number in range(processes):
        child = os.fork()
        if child == 0:
            try:
                _one_guess(number, name, hashed, answers, gate)
            finally:
                os._exit(0)
        children.append(child)
    time.sleep(1)  # all of them wait at the gate by now
    gate.touch()
    for child in children:
        os.waitpid(child, 0)
    statuses = Counter(answers.read_text().split())
    return {"hashed": len(hashed.read_text().split()), "statuses": dict(sorted(statuses.items()))}


def _one_guess(number: int, name: str, hashed: Path, answers: Path, gate: Path) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    encode = MD5PasswordHasher.encode

    def _encode(self: Any, password: str, salt: str) -> str:  # noqa: ANN401
        _note(hashed, "hashed")
        return encode(self, password, salt)

    MD5PasswordHasher.encode = _encode  # type: ignore[method-assign]
    client = _client(number)
    while not gate.exists():
        time.sleep(0.001)
    answer = client.post("/accounts/login/", {"login": name, "password": WRONG})
    _note(answers, str(answer.status_code))


def _client(number: int) -> Any:  # noqa: ANN401
    from django.test import Client

    forged: dict[str, Any] = {"HTTP_HOST": "localhost", "HTTP_X_FORWARDED_FOR": f"203.0.113.{number}"}
    return Client(raise_request_exception=False, REMOTE_ADDR=f"192.0.2.{number}", **forged)


def _note(file: Path, word: str) -> None:
    """One short write to a file opened for appending: nothing is lost between processes."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{word}\n".encode())
    os.close(handle)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
