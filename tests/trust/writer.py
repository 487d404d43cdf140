"""Processes that write until they are killed, and say what was saved once it is.

`python -m tests.trust.writer NAME` prints it. `… --for FOLDER` reads names and forks a writer for each, which
appends to FOLDER/NAME.told: starting Python for every one of them would take longer than
they live. Each transaction is a project with three engagements: what is in the database must be whole, and what was
told must be in it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from itertools import count

ENGAGEMENTS = 3


def set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careertrack.settings")
    django.setup()


def write(name: str, told: int) -> None:
    from django.db import transaction

    from projects.models import Engagement, Project
    from records.models import Account
    from records.ownership import owner_scope
    from records.periods import Period

    owner = Account.objects.get(username="demo")
    with owner_scope(owner):
        for number in count():
            slug = f"{name}-{number}"
            with transaction.atomic():
                project = Project(owner=owner, name=slug, slug=slug, note="x" * 500)
                project.save()
                for part in range(ENGAGEMENTS):
                    period = Period.parse("2024")
                    Engagement(owner=owner, project=project, name=f"{slug}-{part}", period=period).save()
            os.write(told, f"{slug}\n".encode())  # at once, or a kill would lose it in a buffer
            # SQLite lets whoever asks first write; without a pause the others would wait for ever.
            time.sleep(0.02)


def raise_children(folder: str, work: Callable[[str, int], None]) -> None:
    """Answers each name it reads with the id of a process that does the work of that name."""
    import signal

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to collect the dead
    import projects.models  # noqa: F401

    for line in sys.stdin:
        name = line.strip()
        pid = os.fork()
        if pid == 0:
            work(name, os.open(f"{folder}/{name}.told", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        os.write(sys.stdout.fileno(), f"{pid}\n".encode())


if __name__ == "__main__":
    set_up()
    if sys.argv[1] == "--for":
        raise_children(sys.argv[2], write)
    else:
        write(sys.argv[1], sys.stdout.fileno())
