"""The audit never passes for what it did not look at; the SBOM holds the whole lock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.careertrack.test_repository import pinned
from tests.environment import ROOT

LOCK = """\
asgiref==3.13.0 \\
    --hash=sha256:00
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:11
"""
NOTHING_KNOWN = [{"name": "asgiref", "version": "3.13.0", "vulns": []}, {"name": "colorama", "vulns": []}]
KNOWN = [{"name": "asgiref", "vulns": [{"id": "CVE-1", "fix_versions": ["3.14"]}]}, NOTHING_KNOWN[1]]
SKIPPED = [NOTHING_KNOWN[0], {"name": "colorama", "skip_reason": "not found"}]


def _audit(tmp_path: Path, answer: Any, *, error: str = "") -> tuple[int, str, str]:  # noqa: ANN401
    """With a program in the place of pip-audit that gives this answer: exit code, text, and what it was asked."""
    lock, program = tmp_path / "lock.txt", tmp_path / "pip-audit"
    lock.write_text(LOCK, encoding="utf-8")
    told = json.dumps({"dependencies": answer}) if answer is not None else ""
    program.write_text(
        f"#!{sys.executable}\nimport shutil, sys\nprint({told!r})\nprint({error!r}, file=sys.stderr)\n"
        f"shutil.copy(sys.argv[-1], {str(tmp_path / 'asked')!r})\n",
        encoding="utf-8",
    )
    program.chmod(0o700)
    done = subprocess.run(  # noqa: S603
        [sys.executable, ".ci/audit", str(lock), str(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, (tmp_path / "asked").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        pytest.param(NOTHING_KNOWN, 0, "2 of 2 packages audited, 0 with", id="nothing known"),
        pytest.param(KNOWN, 1, "known: asgiref 3.13.0: CVE-1, fixed in 3.14", id="known"),
        pytest.param(SKIPPED, 2, "could not be audited: colorama 0.4.6: not found", id="skipped"),
        pytest.param(NOTHING_KNOWN[:1], 2, "could not be audited: colorama 0.4.6: no answer", id="left out"),
        pytest.param(
            None, 2, "could not be audited: all 2 packages of lock.txt: no network", id="unreachable"
        ),
    ],
)
def test_audit_names_what_could_not_be_looked_up(answer: Any, code: int, told: str, tmp_path: Path) -> None:  # noqa: ANN401
    ended, text, asked = _audit(tmp_path, answer, error="no network")
    assert ended == code
    assert told in text
    assert "sys_platform" not in asked  # colorama is looked up although this is no Windows
    assert "colorama==0.4.6" in asked


def test_sbom_holds_every_package_of_the_lock_with_its_hashes(tmp_path: Path) -> None:
    target = tmp_path / "sbom.json"
    command = next(
        line
        for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if "cyclonedx-py" in line
    ).split()
    subprocess.run(  # noqa: S603
        [str(Path(sys.executable).parent / "cyclonedx-py"), *command[1:-1], "--output-file", str(target)],
        cwd=ROOT,
        check=True,
    )
    sbom = json.loads(target.read_text(encoding="utf-8"))
    assert sbom["bomFormat"] == "CycloneDX"
    assert sbom["metadata"]["component"]["name"] == "careertrack"
    assert {part["name"]: part["version"] for part in sbom["components"]} == pinned("requirements.txt")
    assert all(part["externalReferences"][0]["hashes"] for part in sbom["components"])
