"""Processes that import tables until they are killed, and say which import was done once it is.

`python -m tests.trust.importer FOLDER` reads names and forks a process for each, which appends to FOLDER/NAME.told:
starting Python for every one of them would take longer than they live. A table is forty projects; what is in the
database must be whole tables with their history, and what was told must be among them.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import count

from tests.trust.writer import raise_children, set_up

ROWS = 40


def bring_in(name: str, told: int) -> None:
    from django.utils import timezone

    from careertrack.importing import apply_upload, plan_upload
    from records.models import Account, Upload
    from records.ownership import owner_scope

    owner = Account.objects.get(username="demo")
    with owner_scope(owner):
        for number in count():
            table = f"{name}-{number}"
            lines = "".join(f"{table},{table}-{row},{'x' * 300}\n" for row in range(ROWS))
            upload = Upload.keep(
                owner=owner,
                filename=f"{table}.csv",
                model_name="project",
                year=None,
                body=f"name,slug,note\n{lines}".encode(),
                now=timezone.now(),
            )
            apply_upload(upload, by=owner, digest=plan_upload(upload).digest, now=timezone.now())
            os.write(told, f"{table}\n".encode())  # at once, or a kill would lose it in a buffer
            # SQLite lets whoever asks first write; without a pause the others would wait for ever.
            time.sleep(0.01)


if __name__ == "__main__":
    set_up()
    import careertrack.importing  # noqa: F401  # once, for all of them

    raise_children(sys.argv[1], bring_in)
