"""Edits of the project's own text, each tried in a copy: do the tests notice?"""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import queue
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
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


# The tests that should notice an edit of a function, quick ones first.
Files = Sequence[str]
# The commands of which one should fail, for a file that was edited in another place.
Commands = Callable[[str], Iterable[Sequence[str]]]


def tests(*files: str) -> list[str]:
    options = [
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        "-m",
        "not trust and not browser",
    ]
    return [sys.executable, "-m", "pytest", *options, *files]


def _copy(folder: Path) -> None:
    """With bytecode that names the text it was made of: two edits within a second and of one length differ."""
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    if (ROOT.parent / "shared").exists():
        (folder.parent / "shared").symlink_to((ROOT.parent / "shared").resolve())
    compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)


def _noticed_by(folder: Path, commands: Iterable[Sequence[str]]) -> str:
    """The last word of the command that failed; "" for none."""
    variables = {**os.environ, **_SOUND, "PYTHONPATH": str(folder)}
    for command in commands:
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=folder, env=variables, capture_output=True, check=False, timeout=900
            )
        except subprocess.TimeoutExpired:
            return command[-1]
        if done.returncode:
            return command[-1]
    return ""


def _try_in_forks(edits: Sequence[Edit], files: Files) -> tuple[list[Edit], list[Edit]]:
    """Those that nobody noticed, and those that a new process has to try. See tests/trust/forks.py."""
    with tempfile.TemporaryDirectory(prefix="careertrack-edits-") as name:
        listed = Path(name) / "edits.json"
        listed.write_text(json.dumps([(edit.file, edit.start, edit.end, edit.left) for edit in edits]))
        command = [*tests(*files), "--capture=sys", "-p", "tests.trust.forks"]
        variables = {**os.environ, **_SOUND, "EDITS": str(listed), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
        # Nothing of pytest is counted: it ends as if there had been no tests.
        assert done.returncode in (0, 5), done.stdout + done.stderr
        survived, cold = (
            [edits[int(line)] for line in listed.with_suffix(suffix).read_text().split()]
            for suffix in (".survived", ".cold")
        )
    return survived, cold


def survivors(edits: Sequence[Edit], files: Callable[[str], Files], commands: Commands) -> list[Edit]:
    """Those that nobody noticed; prints them. As many are tried at once as there are processors.

    Raises AssertionError if something fails without any edit.
    """
    processors = os.cpu_count() or 1
    together: dict[Files, list[Edit]] = {}
    for edit in edits:
        together.setdefault(files(edit.file), []).append(edit)
    survived: list[Edit] = []
    cold: list[Edit] = []
    with ThreadPoolExecutor(processors) as workers:
        shares = [
            workers.submit(_try_in_forks, share, tests)
            for tests, group in together.items()
            for share in (group[first::processors] for first in range(processors))
            if share
        ]
        for each in shares:
            unnoticed, others = each.result()
            survived += unnoticed
            cold += others
            for edit in unnoticed:
                print(f"survived: {edit.name}", flush=True)  # noqa: T201
    return survived + _try_in_new_processes(cold, commands, processors)


def _try_in_new_processes(edits: Sequence[Edit], commands: Commands, processors: int) -> list[Edit]:
    waiting: queue.SimpleQueue[Edit] = queue.SimpleQueue()
    for edit in edits:
        waiting.put(edit)
    survived: list[Edit] = []

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="careertrack-edits-") as name:
            folder = Path(name) / "project"
            _copy(folder)
            while True:
                try:
                    edit = waiting.get_nowait()
                except queue.Empty:
                    return
                path = folder / edit.file
                text = path.read_text(encoding="utf-8")
                path.write_text(text[: edit.start] + edit.left + text[edit.end :], encoding="utf-8")
                by = _noticed_by(folder, commands(edit.file))
                print(f"noticed by {by}: {edit.name}" if by else f"survived: {edit.name}", flush=True)  # noqa: T201
                if not by:
                    survived.append(edit)
                path.write_text(text, encoding="utf-8")

    asked = {tuple(tuple(command) for command in commands(edit.file)) for edit in edits}
    with tempfile.TemporaryDirectory(prefix="careertrack-edits-") as name:
        folder = Path(name) / "project"
        _copy(folder)
        for each in asked:
            assert not _noticed_by(folder, each), f"This fails as it is: {each}"
    with ThreadPoolExecutor(processors) as workers:
        for done in [workers.submit(work) for _each in range(processors)]:
            done.result()
    return survived


def report(edits: Sequence[Edit], survived: Sequence[Edit], *, enough: int) -> int:
    """Exit code: 0 if at least `enough` of 100 were noticed."""
    noticed = len(edits) - len(survived)
    print(f"{noticed} of {len(edits)} were noticed ({noticed * 100 / max(len(edits), 1):.1f} %).")  # noqa: T201
    return 0 if noticed * 100 >= len(edits) * enough else 1
