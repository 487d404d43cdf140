from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from careertrack.doctor import State, examine


class Command(BaseCommand):
    help = (
        "Say what is wrong with this deployment and what to do about it; exit code 1 if something is. Nothing is "
        "changed. Run it as the account that the server runs as, after every change to .env and from time to time."
    )
    # They are findings like the others, and must not keep it from telling those.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            help="instead of the terminal's",
        )
        parser.add_argument("--wrong-only", action="store_true", help="leave out what is fine")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        with translation.override(options["language"] or _terminal_language()):
            self._tell(wrong_only=options["wrong_only"])

    def _tell(self, *, wrong_only: bool) -> None:
        signs = {
            State.FINE: self.style.SUCCESS(_("fine")),
            State.DOUBTFUL: self.style.WARNING(_("doubtful")),
            State.WRONG: self.style.ERROR(_("WRONG")),
        }
        wrong = 0
        for finding in examine(as_of=timezone.now()):
            wrong += finding.state is State.WRONG
            if finding.state is State.FINE and wrong_only:
                continue
            self.stdout.write(f"{signs[finding.state]}: {finding.told}")
            if finding.remedy:
                self.stdout.write(f"    → {finding.remedy}")
        if wrong:
            said = ngettext("%(count)s thing is wrong.", "%(count)s things are wrong.", wrong) % {
                "count": wrong
            }
            self.stderr.write(said)
            sys.exit(1)
        self.stdout.write(_("Nothing is wrong."))


def _terminal_language() -> str:
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ko" if named.lower().startswith("ko") else settings.LANGUAGE_CODE
