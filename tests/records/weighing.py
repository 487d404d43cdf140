"""How much memory a file takes beyond what Python and Django take anyway, and how long.

`python -m tests.records.weighing` reads lines `MODEL PATH` and sends each file through the form of the page, in a
process of its own that is forked from one that is ready: starting Django takes longer than most files. Answers with
lines of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.environment import ROOT


@dataclass(frozen=True, slots=True)
class Weight:
    megabytes: float
    seconds: float
    said: str


@contextlib.contextmanager
def scales() -> Iterator[Callable[[str, Path], Weight]]:
    variables = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "HTTPS": "false",
        "DATABASE_URL": "sqlite://:memory:",
        "DJANGO_SETTINGS_MODULE": "careertrack.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.records.weighing"],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None

        def weigh(model: str, path: Path) -> Weight:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(f"{model} {path}\n")
            running.stdin.flush()
            return Weight(**json.loads(running.stdout.readline()))

        yield weigh
        running.stdin.close()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _weighed(owner: Any, model: str, path: Path) -> dict[str, Any]:  # noqa: ANN401
    from django.core.files.uploadedfile import TemporaryUploadedFile
    from django.utils.datastructures import MultiValueDict

    from careertrack.forms import ImportForm
    from records.ownership import owner_scope

    # As Django hands a large file over: on disk.
    sent: Any = TemporaryUploadedFile(path.name, "text/csv", path.stat().st_size, "utf-8")
    with path.open("rb") as file:
        while piece := file.read(65_536):
            sent.file.write(piece)
    sent.seek(0)
    before, computed = _peak(), time.process_time()
    with owner_scope(owner):
        form = ImportForm({"model": model}, MultiValueDict({"file": [sent]}))
        form.is_valid()
    said = " ".join(str(error) for errors in form.errors.values() for error in errors)
    if form.plan is not None:
        said = f"{len(form.plan.created)} new, {len(form.plan.problems)} problems"
    return {"megabytes": _peak() - before, "seconds": time.process_time() - computed, "said": said}


def main() -> None:
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    import careertrack.forms
    from records.models import Account

    # The tables as the models have them, without their story.
    settings.MIGRATION_MODULES = {each.label: None for each in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    owner = Account.objects.create_user(username="owner")
    assert careertrack.forms
    for line in sys.stdin:
        model, path = line.split()
        child = os.fork()
        if not child:
            sys.stdout.write(json.dumps(_weighed(owner, model, Path(path))) + "\n")
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.stdout.write(json.dumps({"megabytes": -1, "seconds": -1, "said": "the process ended"}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
