"""An archive that was damaged, tampered with or made to do harm is refused with the name of the file in it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client

from careertrack.archives import FORMAT, MANIFEST, read_archive
from records.models import Account
from records.ownership import owner_scope
from records.tables import TableError
from tests.careertrack.test_archives import archive_of, send
from tests.factories import create_goal
from tests.records.malformed import repacked
from tests.trust.estate import digest_of


def _signed(change: Callable[[dict[str, bytes]], object]) -> Callable[[dict[str, bytes]], None]:
    """Changes files and tells the manifest of it, as somebody would who means harm."""

    def apply_and_sign(parts: dict[str, bytes]) -> None:
        change(parts)
        manifest = json.loads(parts[MANIFEST])
        for name in manifest["files"]:
            body = parts[name]
            manifest["files"][name] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        parts[MANIFEST] = json.dumps(manifest).encode()

    return apply_and_sign


def _manifest(**more: object) -> Callable[[dict[str, bytes]], object]:
    return lambda parts: parts.update(
        {MANIFEST: json.dumps({**json.loads(parts[MANIFEST]), **more}).encode()}
    )


def _put(name: str, body: bytes) -> Callable[[dict[str, bytes]], object]:
    return lambda parts: parts.update({name: body})


def _named(name: str, body: bytes) -> Callable[[dict[str, bytes]], object]:
    """A file that the manifest names."""

    def apply(parts: dict[str, bytes]) -> None:
        manifest = json.loads(parts[MANIFEST])
        manifest["files"][name] = {}
        parts.update({name: body, MANIFEST: json.dumps(manifest).encode()})

    return apply


GOAL = "json/goal.json"
REFUSED: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "changed byte": (
        lambda parts: parts.update({GOAL: parts[GOAL].replace(b"Second", b"Secand")}),
        "json/goal.json: this file was changed",
    ),
    "changed table": (lambda p: p.update({"csv/goal.csv": p["csv/goal.csv"] + b"\n"}), "csv/goal.csv: this"),
    "missing file": (lambda parts: parts.pop(GOAL), "json/goal.json: this file is missing"),
    "no manifest": (lambda parts: parts.pop(MANIFEST), "manifest.json: this file is missing"),
    "manifest that is no JSON": (_put(MANIFEST, b"{"), "manifest.json: this file cannot be read"),
    "manifest of a list": (_put(MANIFEST, b"[]"), "manifest.json: this is not the manifest"),
    "manifest without end": (_put(MANIFEST, b"[" * 100_000), "manifest.json: this file cannot be read"),
    "unknown version": (_manifest(version=2), "manifest.json: this archive is of version 2"),
    "another format": (_manifest(format="backup"), "manifest.json: this is not the manifest"),
    "files that are none": (_manifest(files=[1]), "manifest.json: this file does not name the files"),
    "files without digests": (_manifest(files={GOAL: 1}), "manifest.json: this file does not name"),
    "counts that are none": (_manifest(records={"goal": -1}), "manifest.json: this file does not name"),
    "another count": (_manifest(records={"goal": 7}), "json/goal.json: there are 2 records, not 7"),
    "file nobody named": (_put("json/x.json", b"[]"), "json/x.json: the manifest does not name"),
    "file nobody knows": (
        _signed(_named("json/x.json", b"[]")),
        "json/x.json: this server knows no such file",
    ),
    "path that leads out": (_put("../../etc/x", b"x"), "../../etc/x: such a path does not belong"),
    "path from the root": (_put("/etc/x", b"x"), "/etc/x: such a path does not belong"),
    "path of Windows": (_put("C:\\x", b"x"), "C:\\x: such a path does not belong"),
    "zip bomb": (
        _put("README.md", b" " * 201_000_000),
        "README.md: unpacked, this archive has more than 200",
    ),
    "owner in a record": (
        _signed(lambda parts: parts.update({GOAL: parts[GOAL].replace(b'"note"', b'"owner"')})),
        "json/goal.json: The column “owner” cannot be imported",
    ),
    "id in a record": (
        _signed(lambda parts: parts.update({GOAL: parts[GOAL].replace(b'"note"', b'"id"')})),
        "json/goal.json: The column “id” cannot be imported",
    ),
    "records that are no JSON": (_signed(_put(GOAL, b"[{")), "json/goal.json: This JSON cannot be read"),
    "records that are no text": (_signed(_put(GOAL, b"\xff[]")), "json/goal.json: this file cannot be read"),
    "objects without end": (
        _signed(_put(GOAL, b"[" + b"{}," * 20 * 20_100 + b"{}]")),
        "json/goal.json: there are more records than the manifest says",
    ),
    "fewer records": (_signed(_put(GOAL, b"[]")), "json/goal.json: The file holds no record"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_archive_that_was_tampered_with_is_refused_by_file(
    name: str, owner: Account, owner_client: Client
) -> None:
    parent = create_goal(owner=owner)
    create_goal(owner=owner, parent=parent, statement="Second")
    change, says = REFUSED[name]
    body, before = repacked(archive_of(owner), change), digest_of(owner)
    form = send(owner_client, body).context["form"]
    assert says in form.errors["file"][0]
    assert digest_of(owner) == before


def test_file_twice_in_an_archive_is_refused(owner: Account) -> None:
    out = io.BytesIO(archive_of(owner))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(GOAL, b"[]")
    with (
        owner_scope(owner),
        pytest.raises(TableError, match=r"json/goal.json: this file is in the archive twice"),
    ):
        read_archive(out.getvalue(), most_rows=None)


def test_no_changed_byte_changes_what_is_imported(owner: Account) -> None:
    """Of the whole file, also of what ZIP says about its files: refused in words, or it made no difference."""
    create_goal(owner=owner)
    body = archive_of(owner)
    wanted = read_archive(body, most_rows=None)
    refused = 0
    ends = [*range(200), *range(len(body) - 3000, len(body)), *range(200, len(body) - 3000, 7)]
    for place in ends:
        changed = bytearray(body)
        changed[place] ^= 0x55
        try:
            found = read_archive(bytes(changed), most_rows=None)
        except TableError:
            refused += 1
        else:
            assert found == wanted, place
    assert refused > len(ends) // 2


@pytest.mark.parametrize("length", [0.1, 0.5, 0.9, 0.999])
def test_archive_that_was_cut_off_is_refused(length: float, owner: Account) -> None:
    body = archive_of(owner)
    with pytest.raises(TableError, match="damaged or cut off"):
        read_archive(body[: int(len(body) * length)], most_rows=None)


def test_backup_of_the_server_is_no_archive(owner: Account) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(MANIFEST, json.dumps({"tables": {}, "format": f"not {FORMAT}"}))
    with pytest.raises(TableError, match=r"manifest.json: this is not the manifest of an archive"):
        read_archive(out.getvalue(), most_rows=None)
