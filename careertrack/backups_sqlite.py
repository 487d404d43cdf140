"""Backups of SQLite."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from careertrack.backups import BackupError, Manifest, RowDigest, TableDigest, difference, sync

# How long to wait for others who write.
PATIENCE = 60.0


class SQLite:
    vendor = "sqlite"
    file = "database.sqlite3"

    def __init__(self, name: str) -> None:
        if ":memory:" in name or "mode=memory" in name:
            raise BackupError("The database is in memory only; there is nothing to back up or restore.")
        self.path = Path(name)

    def write(self, target: Path) -> tuple[list[str], dict[str, TableDigest]]:
        if not self.path.exists():
            raise BackupError(
                f"There is no database at {self.path}. Is DATABASE_URL the one the server uses?"
            )
        with _opened(self.path) as database:
            database.execute("VACUUM INTO ?", [str(target)])
        target.chmod(stat.S_IRUSR | stat.S_IWUSR)
        sync(target)
        _check(target)
        # Of the copy: the database itself has moved on by now.
        with _opened(target) as copy:
            return _migrations(copy), _tables(copy)

    def check_file(self, path: Path, manifest: Manifest) -> None:
        _check(path)
        with _opened(path) as database:
            wrong = difference(manifest.tables, _tables(database))
        if wrong:
            raise BackupError(f"The backup is damaged: it differs from its manifest in {', '.join(wrong)}.")

    def tables(self) -> dict[str, TableDigest]:
        if not self.path.exists():
            return {}
        with _opened(self.path) as database:
            return _tables(database)

    def replace(self, source: Path, manifest: Manifest) -> None:
        """By SQLite's own copying, one transaction: whoever has the database open sees the old one or the new."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            # Left over from a database that is gone, they would be taken for parts of the new one.
            for rest in ("-wal", "-shm", "-journal"):
                self.path.with_name(self.path.name + rest).unlink(missing_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR))
        with _opened(source) as filled, _opened(self.path) as database:
            filled.backup(database)
        sync(self.path)
        sync(self.path.parent)
        _check(self.path)

    def empty(self, tables: Iterable[str]) -> None:
        with _opened(self.path) as database, database:
            for table in tables:
                database.execute(f'DELETE FROM "{table}"')  # noqa: S608


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """An existing file, for reading and writing; errors in words."""
    database = None
    try:
        database = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=PATIENCE)
        yield database
    except sqlite3.Error as error:
        raise BackupError(f"{path}: {_in_words(error)}") from error
    finally:
        if database is not None:
            database.close()


def _in_words(error: sqlite3.Error) -> str:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    return {
        sqlite3.SQLITE_FULL: "there is no room left on this disk.",
        sqlite3.SQLITE_READONLY: "it cannot be written to. Run this as the account that the server runs as.",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Run this as the account that the server runs as.",
        sqlite3.SQLITE_BUSY: f"others have been writing for {PATIENCE:.0f} s. Stop the server and repeat.",
        sqlite3.SQLITE_NOTADB: "this is no SQLite database.",
    }.get(code, f"{error}.")


def _check(path: Path) -> None:
    """Raises BackupError unless every page, index and reference is whole."""
    with _opened(path) as database:
        told = [row[0] for row in database.execute("PRAGMA integrity_check")]
        lost = database.execute("PRAGMA foreign_key_check").fetchall()
    if told != ["ok"]:
        raise BackupError(f"{path}: the database is damaged: {told[0]} ({len(told)} complaints).")
    if lost:
        raise BackupError(
            f"{path}: {len(lost)} rows refer to rows that are not there, first in {lost[0][0]}."
        )


def _tables(database: sqlite3.Connection) -> dict[str, TableDigest]:
    """In one read transaction: all of the same moment."""
    database.execute("BEGIN")
    names = [
        name
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if name == "sqlite_sequence" or not name.startswith("sqlite_")
    ]
    digests = {}
    for name in names:
        digest = RowDigest()
        for row in database.execute(f'SELECT * FROM "{name}"'):  # noqa: S608
            digest.add(repr(row).encode("utf-8", "surrogatepass"))
        digests[name] = digest.done()
    database.rollback()
    return digests


def _migrations(database: sqlite3.Connection) -> list[str]:
    return sorted(
        f"{app}.{name}" for app, name in database.execute("SELECT app, name FROM django_migrations")
    )
