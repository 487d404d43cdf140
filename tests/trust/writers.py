"""Starting and killing writers, and looking at what they left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.environment import ROOT
from tests.trust.server import environment, manage
from tests.trust.writer import ENGAGEMENTS


@dataclass
class Writer:
    process: subprocess.Popen[bytes]
    told: Path

    def acknowledged(self) -> list[str]:
        """A last line without its end was not printed whole."""
        return self.told.read_text(encoding="ascii").split("\n")[:-1]

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_writer(database_url: str, name: str, folder: Path) -> Writer:
    told = folder / f"{name}.told"
    with told.open("wb") as out, (folder / f"{name}.errors").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tests.trust.writer", name],
            cwd=ROOT,
            env=environment(database_url),
            stdout=out,
            stderr=errors,
        )
    return Writer(process, told)


@contextlib.contextmanager
def writing(database_url: str, names: list[str], folder: Path) -> Iterator[list[Writer]]:
    writers = [start_writer(database_url, name, folder) for name in names]
    try:
        yield writers
    finally:
        for writer in writers:
            writer.kill()


_LOOK = """
from django.db.models import Count
from projects.models import Engagement, Project
from records.models import Account
from records.ownership import owner_scope
with owner_scope(Account.objects.get(username="demo")):
    parts = dict(Engagement.objects.values_list("project__slug").annotate(n=Count("pk")))
    first = dict(Project.history.values_list("slug").annotate(n=Count("pk")))
    for slug in Project.objects.values_list("slug", flat=True):
        print("FOUND", slug, parts.get(slug, 0), first.get(slug, 0))
"""


def saved(database_url: str) -> dict[str, tuple[int, int]]:
    """Slug of every project a writer made → engagements and versions it has."""
    told = manage(database_url, "shell", "--no-imports", "-c", _LOOK).stdout
    rows = (line.split()[1:] for line in told.splitlines() if line.startswith("FOUND"))
    return {slug: (int(parts), int(versions)) for slug, parts, versions in rows if slug.startswith("writer")}


_LOOK_AT_TABLES = """
from collections import Counter
from projects.models import Project
from records.models import Account, Upload
from records.ownership import owner_scope
with owner_scope(Account.objects.get(username="demo")):
    rows, history = Counter(Project.objects.values_list("name", flat=True)), Counter()
    for name in Project.history.values_list("name", flat=True):
        history[name] += 1
    done = Counter(name.removesuffix(".csv") for name in Upload.objects.imported().values_list("filename", flat=True))
    for name in {*rows, *history, *done}:
        print("FOUND", name.replace(" ", "_"), rows[name], history[name], done[name])
"""


def imported(database_url: str) -> dict[str, tuple[int, ...]]:
    """Name of every table an importer sent → its records, their versions, and receipts."""
    told = manage(database_url, "shell", "--no-imports", "-c", _LOOK_AT_TABLES).stdout
    rows = (line.split()[1:] for line in told.splitlines() if line.startswith("FOUND"))
    return {name: tuple(map(int, counts)) for name, *counts in rows if name.startswith("writer")}


WHOLE = (ENGAGEMENTS, 1)
