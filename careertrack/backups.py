"""A backup: one ZIP with the whole database and a manifest of what must be in it, row for row.

    manifest.json       made at, database, migrations, and of every table: rows, digest
    database.sqlite3    SQLite: made by VACUUM INTO, consistent while others write
    database.dump       PostgreSQL: made by pg_dump, custom format, of the same moment as the manifest

Neither making nor restoring one is done before it was read back and agrees with its manifest. Nothing is ever half
there: what is unfinished lies in a folder of its own and is renamed when it is whole; a database is replaced in one
transaction. docs/operating.md tells an operator what to type.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
# Filled by migrations, not by people: a database with rows in no other table is an empty one.
BY_MIGRATIONS = frozenset({"django_migrations", "django_content_type", "auth_permission", "sqlite_sequence"})
# The second held them in earlier versions, whose backups know no other.
SESSIONS = frozenset({"records_session", "django_session"})
LONGEST_MANIFEST = 10 * CHUNK


class BackupError(Exception):
    """Says what is wrong and what to do; whatever was there before is still there unless it says otherwise."""


@dataclass(frozen=True)
class TableDigest:
    """`digest` is the same for the same rows in any order."""

    rows: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """`migrations`: every one the database had seen, as `goals.0001_initial`. `sha256` is that of the file inside."""

    made_at: dt.datetime
    vendor: str
    file: str
    size: int
    sha256: str
    migrations: list[str]
    tables: dict[str, TableDigest]
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def to_json(self) -> str:
        return (
            json.dumps({**asdict(self), "made_at": self.made_at.isoformat()}, indent=2, sort_keys=True) + "\n"
        )

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Raises BackupError for what is no manifest, or one of a later format."""
        try:
            facts = json.loads(text)
            if facts["format"] != FORMAT:
                raise BackupError(
                    "This backup has a format of a later CareerTrack. Restore it with that version."
                )
            facts["made_at"] = dt.datetime.fromisoformat(facts["made_at"])
            facts["tables"] = {name: TableDigest(**table) for name, table in facts["tables"].items()}
            return cls(**facts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError("Its manifest cannot be read: this is no backup of CareerTrack.") from error


class Engine(Protocol):
    """What a kind of database can do for a backup. Every method raises BackupError with a reason to act upon."""

    vendor: str
    file: str

    def write(self, target: Path) -> tuple[list[str], dict[str, TableDigest]]:
        """The whole database into a new file; what migrations and tables it holds, of the same moment."""
        ...

    def check_file(self, path: Path, manifest: Manifest) -> None:
        """The file can be read to its end, and, if it can be told without a server, holds what is said."""
        ...

    def tables(self) -> dict[str, TableDigest]:
        """Of the configured database as it is now; empty if there is none."""
        ...

    def replace(self, source: Path, manifest: Manifest) -> None:
        """Put the file's contents in the place of the configured database's, whole or not at all."""
        ...

    def empty(self, tables: Iterable[str]) -> None: ...


class RowDigest:
    """Counts rows, and sums their hashes so that their order does not matter."""

    def __init__(self) -> None:
        self.rows = self._sum = 0

    def add(self, row: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(row).digest())

    def done(self) -> TableDigest:
        return TableDigest(self.rows, f"{self._sum % 2**256:064x}")


def engine() -> Engine:
    """For the configured database."""
    if connection.vendor == "sqlite":
        from careertrack.backups_sqlite import SQLite

        return SQLite(str(connection.settings_dict["NAME"]))
    from careertrack.backups_postgresql import PostgreSQL

    return PostgreSQL(connection.settings_dict)


def make_backup(path: Path, *, as_of: dt.datetime) -> tuple[Path, Manifest]:
    """Write a backup to `path`, or under a name with the moment into the folder `path`; nothing is overwritten.

    Returns where it is. Raises BackupError; then there is no file. Mode 600: it holds everybody's records.
    """
    if path.is_dir():
        path /= f"careertrack-{as_of.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}.zip"
    if path.exists():
        raise BackupError(f"{path} exists already and is not overwritten. Name another file, or a folder.")
    with _plainly(path), _workshop(path.parent) as workshop:
        kind = engine()
        database = workshop / kind.file
        migrations, tables = kind.write(database)
        manifest = Manifest(
            made_at=as_of,
            vendor=kind.vendor,
            file=kind.file,
            size=database.stat().st_size,
            sha256=_sha256(database),
            migrations=migrations,
            tables=tables,
        )
        packed = workshop / "backup.zip"
        _pack(packed, database, manifest)
        database.unlink()
        # Read back as `restore` would: what was written is what is checked.
        kind.check_file(_unpack(packed, workshop)[1], manifest)
        packed.replace(path)
        sync(path.parent)
    _remember(path, as_of)
    return path, manifest


def read_backup(path: Path, workshop: Path) -> tuple[Manifest, Path]:
    """Its manifest, and its database as a file in `workshop`, checked. Raises BackupError."""
    with _plainly(path):
        kind = engine()
        manifest = _manifest_of(path)
        if manifest.vendor != kind.vendor:
            raise BackupError(
                f"This is a backup of a {manifest.vendor} database, and DATABASE_URL names a {kind.vendor} one. "
                "Restore it into its own kind; between kinds, records travel by export and import."
            )
        unknown = sorted(set(manifest.migrations) - _known_migrations())
        if unknown:
            raise BackupError(
                f"This backup is of a later CareerTrack ({unknown[-1]} is unknown here). Upgrade first, then restore."
            )
        database = _unpack(path, workshop)[1]
        kind.check_file(database, manifest)
        return manifest, database


def restore_backup(path: Path, *, replace: bool, as_of: dt.datetime) -> tuple[Manifest, Path | None]:
    """Put a backup in the place of the configured database's contents.

    Returns the manifest, and where the backup of what was there before is: None if nothing was. A database with
    rows of people is refused unless `replace`. Raises BackupError.
    """
    kind = engine()
    with _plainly(settings.DATA_DIR), _workshop(_roomy()) as workshop:
        manifest, database = read_backup(path, workshop)
        before = None
        if is_filled(kind.tables()):
            if not replace:
                raise BackupError(
                    "The database is not empty, and nothing was changed. --replace puts the backup in the place of "
                    "everything in it, after a backup of what is there."
                )
            before, _ = make_backup(_safe_place(as_of), as_of=as_of)
        kind.replace(database, manifest)
    restored = kind.tables()
    wrong = difference(manifest.tables, restored)
    if wrong:
        raise BackupError(
            f"The database was restored but differs from the backup in {', '.join(wrong)}. Did the server run "
            "meanwhile? Stop it and restore again."
        )
    # Sessions that were ended since the backup would be alive again.
    kind.empty(SESSIONS & restored.keys())
    return manifest, before


def is_filled(tables: dict[str, TableDigest]) -> bool:
    return any(table.rows for name, table in tables.items() if name not in BY_MIGRATIONS)


def last_backup_at() -> dt.datetime | None:
    """When a backup last succeeded here; None if never."""
    try:
        told = json.loads(_memory().read_text(encoding="utf-8"))
        return dt.datetime.fromisoformat(told["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def sync(path: Path) -> None:
    """To the disk, also the names in a folder: what is reported as done survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _memory() -> Path:
    return Path(settings.DATA_DIR) / "last-backup.json"


def _remember(path: Path, as_of: dt.datetime) -> None:
    """For `manage.py doctor`. A backup is no worse for not being remembered."""
    with contextlib.suppress(OSError):
        memory = _memory()
        unfinished = memory.with_suffix(".new")
        unfinished.write_text(
            json.dumps({"made_at": as_of.isoformat(), "path": str(path.resolve())}), "utf-8"
        )
        unfinished.chmod(stat.S_IRUSR | stat.S_IWUSR)
        unfinished.replace(memory)


def _safe_place(as_of: dt.datetime) -> Path:
    folder = Path(settings.DATA_DIR) / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"before-restore-{as_of.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}.zip"


def _roomy() -> Path:
    folder = Path(settings.DATA_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder nobody else can look into, on the same disk, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".careertrack-", dir=folder) as name:
        yield Path(name)


@contextlib.contextmanager
def _plainly(path: Path) -> Iterator[None]:
    """Errors of the operating system in words."""
    try:
        yield
    except FileNotFoundError as error:
        raise BackupError(f"{error.filename or path}: there is no such file or folder.") from error
    except PermissionError as error:
        raise BackupError(
            f"{error.filename or path}: not allowed. Run this as the account that the server runs as, and let it "
            "write there."
        ) from error
    except zipfile.BadZipFile as error:
        raise BackupError(f"{path} is damaged or no backup ({error}).") from error
    except OSError as error:
        room = shutil.disk_usage(path.parent).free if path.parent.is_dir() else 0
        raise BackupError(
            f"{error.filename or path}: {error.strerror} ({room // CHUNK} MB free there)."
        ) from error


def _pack(target: Path, database: Path, manifest: Manifest) -> None:
    # Dumps are compressed already.
    method = zipfile.ZIP_DEFLATED if manifest.vendor == "sqlite" else zipfile.ZIP_STORED
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "wb") as file:
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr(MANIFEST, manifest.to_json())
            archive.write(database, manifest.file)
        file.flush()
        os.fsync(file.fileno())


def _manifest_of(path: Path) -> Manifest:
    with zipfile.ZipFile(path) as archive:
        try:
            entry = archive.getinfo(MANIFEST)
        except KeyError as error:
            raise BackupError(f"{path} holds no {MANIFEST}: it is no backup of CareerTrack.") from error
        if entry.file_size > LONGEST_MANIFEST:
            raise BackupError(
                f"{path} has a manifest of {entry.file_size} bytes: it is no backup of CareerTrack."
            )
        return Manifest.from_json(archive.read(entry).decode("utf-8", "replace"))


def _unpack(path: Path, workshop: Path) -> tuple[Manifest, Path]:
    """Size and checksum hold, or BackupError. No name inside the archive chooses where something is written."""
    manifest = _manifest_of(path)
    target = workshop / "database"
    digest, size = hashlib.sha256(), 0
    with zipfile.ZipFile(path) as archive:
        try:
            entry = archive.open(manifest.file)
        except KeyError as error:
            raise BackupError(f"{path} holds no {manifest.file}.") from error
        with entry, target.open("wb") as file:
            while piece := entry.read(CHUNK):
                size += len(piece)
                if size > manifest.size:
                    break
                digest.update(piece)
                file.write(piece)
    if (size, digest.hexdigest()) != (manifest.size, manifest.sha256):
        raise BackupError(f"{path} is damaged: its database is not the one that its manifest tells of.")
    return manifest, target


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _known_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def difference(told: dict[str, TableDigest], found: dict[str, TableDigest]) -> list[str]:
    """Tables that are not as told."""
    return sorted(name for name in {*told, *found} if told.get(name) != found.get(name))
