from __future__ import annotations

from typing import Any

from careertrack.commands import ImportCommand
from careertrack.importing import ARCHIVE


class Command(ImportCommand):
    help = (
        "Import the archive of a whole career (career-….zip) into an account, empty or not: records are merged by "
        "their names, all of them or none. Whose career it was makes no difference; their records stay theirs."
    )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        self.bring_in(options, kind=ARCHIVE)
