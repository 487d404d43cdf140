"""What a worker loads before anybody asks for it: every module is time at each start and memory in each worker."""

from __future__ import annotations

import subprocess
import sys

from tests.environment import ROOT
from tests.trust.server import environment

HEAVY = ("openpyxl", "drf_spectacular", "jsonschema", "qrcode", "import_export.admin", "fido2")
_STARTS = """
import sys
from django.urls import get_resolver
import careertrack.wsgi
assert get_resolver().url_patterns
print(*(name for name in {heavy!r} if name in sys.modules))
"""


def test_a_worker_starts_without_what_few_requests_need() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _STARTS.format(heavy=HEAVY)],
        cwd=ROOT,
        env={
            **environment("sqlite://:memory:"),
            "DJANGO_SETTINGS_MODULE": "careertrack.settings",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
