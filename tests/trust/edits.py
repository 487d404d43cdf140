"""Edits of the project's own text, each tried in a copy: do the tests notice?"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("records", "projects", "metrics", "goals", "careertrack")
COPIED = (*PACKAGES, "tests", "templates", "fixtures", "manage.py", "pyproject.toml")
_SOUND = {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": "sqlite://:memory:",
}


@dataclass(frozen=True)
class Edit:
    """`left` is what is left of the characters from `start` to `end` of a file."""

    file: str
    start: int
    end: int
    left: str

    @property
    def name(self) -> str:
        text = (ROOT / self.file).read_text(encoding="utf-8")
        line = text.count("\n", 0, self.start) + 1
        was, left = (" ".join(part.split())[:60] for part in (text[self.start : self.end], self.left))
        return f"{self.file}:{line} {was} → {left or 'nothing'}"


# The commands that should fail, for a file that was edited.
Commands = Callable[[str], Iterable[Sequence[str]]]


def tests(*files: str) -> list[str]:
    options = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not trust and not browser"]
    return [sys.executable, "-m", "pytest", *options, *files]


def _copy(folder: Path) -> None:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    if (ROOT.parent / "shared").exists():
        (folder.parent / "shared").symlink_to((ROOT.parent / "shared").resolve())


def _is_noticed(folder: Path, commands: Iterable[Sequence[str]]) -> bool:
    """Without bytecode: two edits within a second and of one length would look like the same file."""
    variables = {**os.environ, **_SOUND, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    for command in commands:
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=folder, env=variables, capture_output=True, check=False, timeout=900
            )
        except subprocess.TimeoutExpired:
            return True
        if done.returncode:
            return True
    return False


def survivors(edits: Sequence[Edit], commands: Commands) -> list[Edit]:
    """Those that nobody noticed; prints them. As many are tried at once as there are processors.

    Raises AssertionError if something fails without any edit.
    """
    waiting: queue.SimpleQueue[Edit] = queue.SimpleQueue()
    for edit in edits:
        waiting.put(edit)
    survived: list[Edit] = []

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="careertrack-edits-") as name:
            folder = Path(name) / "project"
            folder.mkdir()
            _copy(folder)
            while True:
                try:
                    edit = waiting.get_nowait()
                except queue.Empty:
                    return
                path = folder / edit.file
                text = path.read_text(encoding="utf-8")
                path.write_text(text[: edit.start] + edit.left + text[edit.end :], encoding="utf-8")
                if not _is_noticed(folder, commands(edit.file)):
                    survived.append(edit)
                    print(f"survived: {edit.name}", flush=True)  # noqa: T201
                path.write_text(text, encoding="utf-8")

    with tempfile.TemporaryDirectory(prefix="careertrack-edits-") as name:
        folder = Path(name) / "project"
        folder.mkdir()
        _copy(folder)
        for file in sorted({edit.file for edit in edits}):
            assert not _is_noticed(folder, commands(file)), f"The tests of {file} fail as it is."
    workers = [threading.Thread(target=work) for _each in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return survived


def report(edits: Sequence[Edit], survived: Sequence[Edit], *, enough: int) -> int:
    """Exit code: 0 if at least `enough` of 100 were noticed."""
    noticed = len(edits) - len(survived)
    print(f"{noticed} of {len(edits)} were noticed ({noticed * 100 / max(len(edits), 1):.1f} %).")  # noqa: T201
    return 0 if noticed * 100 >= len(edits) * enough else 1
