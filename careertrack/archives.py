"""The whole career of one account as one file, and back: `career-<date>.zip`.

| in it               | what it is for                                                                        |
|---------------------|---------------------------------------------------------------------------------------|
| `manifest.json`     | format and version, how many records of each kind, size and SHA-256 of every file     |
| `README.md`         | says to a person, in Korean and English, what this is and how to read it without us   |
| `json/<model>.json` | the records by natural key: what is imported                                          |
| `csv/<model>.csv`   | the same for spreadsheets                                                             |

Equal records give equal bytes, whoever has them and on whichever database: records stand in the order of their keys,
moments in UTC, headers in English, and nothing says when it was made. Earlier versions, tokens, the password and files
that wait are not in it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from records.merging import Row, in_dependency_order
from records.models import Owned
from records.resources import model_named, registered, resource_of
from records.sheets import write_table
from records.spreadsheets import DAMAGED
from records.tables import BRACKETS_PER_ROW, TableError, megabytes, read_json
from records.together import read_together

FORMAT, VERSION = "careertrack-archive", 1
MANIFEST, README = "manifest.json", "README.md"
KINDS = ("json", "csv")
_PIECE = 1 << 20
_MOST_MANIFEST = 1 << 20
# What a day in a ZIP cannot be before.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def archive_name(day: dt.date) -> str:
    return f"career-{day.isoformat()}.zip"


def write_archive() -> bytes:
    """Everything of the owner in scope. One query, so that all of it is of one moment."""
    models = in_dependency_order(registered())
    files: dict[str, bytes] = {README: Path(__file__).with_name("archive_readme.md").read_bytes()}
    counts = {}
    with override("en"), timezone.override(dt.UTC):
        queries = (resource_of(model)().get_queryset() for model in models)
        for model, records in zip(models, read_together(*queries), strict=True):
            records.sort(key=lambda record: [(part is not None, str(part)) for part in record.key])
            counts[str(model._meta.model_name)] = len(records)
            for kind in KINDS:
                files[_path(model, kind)] = write_table(resource_of(model), records, kind=kind)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "records": counts,
        "files": {
            name: {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in files.items()
        },
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in {MANIFEST: json.dumps(manifest, indent=1).encode(), **files}.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            archive.writestr(entry, body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _path(model: type[Owned], kind: str) -> str:
    return f"{kind}/{model._meta.model_name}.{kind}"


def is_archive(body: bytes) -> bool:
    """Whether a file means to be one. A damaged one does not say."""
    if not body.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
    except DAMAGED:
        return False
    return MANIFEST in names and "xl/workbook.xml" not in names


def read_archive(body: bytes, *, most_rows: int | None) -> dict[type[Owned], tuple[Row, ...]]:
    """What the archive says, for `records.merging.plan_merge`. Raises TableError with a sentence that names the file.

    Everything is compared with the manifest before anything is read. `most_rows` None: as many as there are. A model
    this archive does not know yet is left out. No query.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = _entries(archive)
            manifest = _manifest(archive, entries, most_rows=most_rows)
            _compare(archive, entries, manifest["files"])
            return {
                model: _rows(archive.read(entries[path]), path, model, count)
                for model, path, count in _tables(manifest)
            }
    except DAMAGED as error:
        raise TableError(_("This archive is damaged or cut off. Fetch it anew.")) from error


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Every file by its name, which leads nowhere else; nothing is unpacked yet."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        name = entry.orig_filename
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            raise _at(name, _("such a path does not belong in an archive."))
        if name in found:
            raise _at(name, _("this file is in the archive twice."))
        if entry.flag_bits & 1:
            raise _at(name, _("this file is encrypted. Remove the password and send it again."))
        found[name] = entry
    limit = settings.IMPORT_MAX_UNPACKED_BYTES
    largest = max(found.values(), key=lambda entry: entry.file_size, default=None)
    if largest is not None and sum(entry.file_size for entry in found.values()) > limit:
        message = _("unpacked, this archive has more than %(limit)s MB, the most that can be imported.")
        raise _at(largest.filename, message % {"limit": megabytes(limit)})
    return found


def _manifest(
    archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], *, most_rows: int | None
) -> dict[str, Any]:
    if MANIFEST not in entries:
        raise _at(MANIFEST, _("this file is missing. Is it an archive of a career?"))
    try:
        with archive.open(entries[MANIFEST]) as part:
            found = json.loads(part.read(_MOST_MANIFEST))
    except (ValueError, RecursionError) as error:
        raise _at(MANIFEST, _("this file cannot be read.")) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _at(MANIFEST, _("this is not the manifest of an archive of a career."))
    if found.get("version") != VERSION:
        message = _("this archive is of version %(found)s; this server reads version %(known)s.")
        raise _at(MANIFEST, message % {"found": str(found.get("version"))[:20], "known": VERSION})
    files: Any = found.get("files")
    counts: Any = found.get("records")
    if not _is_complete(files, counts):
        raise _at(MANIFEST, _("this file does not name the files of the archive as it should."))
    if most_rows is not None and sum(counts.values()) > most_rows:
        message = _(
            "the archive has %(count)s records; at most %(limit)s can be imported here. "
            "“manage.py import_archive” takes more."
        )
        raise _at(MANIFEST, message % {"count": sum(counts.values()), "limit": most_rows})
    return found


def _is_complete(files: Any, counts: Any) -> bool:  # noqa: ANN401
    """Whether the manifest names sizes and digests of files, and the number of records of every JSON file."""
    if not isinstance(files, dict) or not isinstance(counts, dict):
        return False
    whole = all(
        isinstance(each, dict) and isinstance(each.get("bytes"), int) and isinstance(each.get("sha256"), str)
        for each in files.values()
    )
    counted = all(type(count) is int and count >= 0 for count in counts.values())
    return whole and counted and all(f"json/{name}.json" in files for name in counts)


def _compare(
    archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], files: Mapping[str, Mapping[str, Any]]
) -> None:
    """Every file is one we write, and is what the manifest says; read in pieces, whatever its size."""
    known = {README, *(_path(model, kind) for model in registered() for kind in KINDS)}
    for name in files:
        if name not in entries:
            raise _at(name, _("this file is missing from the archive."))
        if name not in known:
            raise _at(name, _("this server knows no such file."))
    for name in entries.keys() - files.keys() - {MANIFEST}:
        raise _at(name, _("the manifest does not name this file."))
    for name, said in files.items():
        digest = hashlib.sha256()
        try:
            with archive.open(entries[name]) as part:
                while piece := part.read(_PIECE):
                    digest.update(piece)
        except DAMAGED as error:
            raise _at(name, _("this file is damaged.")) from error
        if digest.hexdigest() != said["sha256"] or entries[name].file_size != said["bytes"]:
            raise _at(
                name, _("this file was changed: it is not what the manifest says. Fetch the archive anew.")
            )


def _tables(manifest: Mapping[str, Any]) -> list[tuple[type[Owned], str, int]]:
    found = []
    for name, count in manifest["records"].items():
        model = model_named(name)
        assert model is not None  # noqa: S101  # its file is known
        found.append((model, f"json/{name}.json", count))
    return found


def _rows(body: bytes, path: str, model: type[Owned], count: int) -> tuple[Row, ...]:
    if not count and body.strip() == b"[]":
        return ()
    # What a manifest of somebody else's making does not tell: objects without end.
    if (body.count(b"{") + body.count(b"[")) // BRACKETS_PER_ROW > count + settings.IMPORT_MAX_ROWS:
        raise _at(path, _("there are more records than the manifest says."))
    try:
        table = read_json(body.decode())
        rows = resource_of(model).rows(table)
    except UnicodeDecodeError as error:
        raise _at(path, _("this file cannot be read.")) from error
    except TableError as error:
        raise _at(path, str(error)) from error
    if len(rows) != count:
        message = _("there are %(found)s records, not %(count)s as the manifest says.")
        raise _at(path, message % {"found": len(rows), "count": count})
    return tuple(Row(f"{path}, {row.place}", row.values) for row in rows)


def _at(name: str, reason: str) -> TableError:
    return TableError(f"{name[:80]}: {reason}")
