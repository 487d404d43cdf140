from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from records.models import Account, ApiToken
from records.ownership import owner_scope


class Command(BaseCommand):
    help = "Create an API token for an account and print it once. Scripts send it as: Authorization: Bearer TOKEN"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", help="what uses the token; must be new (default: token 1, token 2 …)")
        parser.add_argument(
            "--scope",
            choices=ApiToken.Scope.values,
            default=ApiToken.Scope.READ_WRITE,
            help="what it may do (default: %(default)s)",
        )
        parser.add_argument(
            "--expires-on", metavar="YYYY-MM-DD", help="the last day it is valid (default: it never expires)"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        try:
            owner = Account.objects.get(username=options["username"], is_active=True)
        except Account.DoesNotExist as error:
            raise CommandError(f"There is no active account “{options['username']}”.") from error
        expires_on = _day(options["expires_on"])
        with owner_scope(owner):
            taken = set(ApiToken.objects.values_list("name", flat=True))
        name = options["name"] or next(name for n in count(1) if (name := f"token {n}") not in taken)
        try:
            _token, text = ApiToken.issue(
                owner=owner, name=name, scope=options["scope"], expires_on=expires_on
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages) + " Choose another --name.") from error
        self.stdout.write(text)


def _day(text: str | None) -> dt.date | None:
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--expires-on must be a day like 2027-12-31, not “{text}”.") from error
    if day < timezone.localdate():
        raise CommandError(f"--expires-on must not be over: {text}.")
    return day
