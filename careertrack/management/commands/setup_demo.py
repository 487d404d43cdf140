from __future__ import annotations

import os
import secrets
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.models import Account, Document
from records.ownership import owner_scope

USERNAME = "demo"


class Command(BaseCommand):
    help = (
        "Load fixtures/career.json for the account demo, unless it has documents already, and say how to sign in. "
        "DEMO_PASSWORD sets the password; without it a new account gets a random one, printed this once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="", help="where the server will answer, for the last line")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        account = Account.objects.filter(username=USERNAME).first()
        if account is None or not _has_documents(account):
            call_command("loaddata", "career", verbosity=0)
            account = Account.objects.filter(username=USERNAME).first()
            if account is None:
                raise CommandError(f"fixtures/career.json holds no account “{USERNAME}”.")
        if options["address"]:
            self.stdout.write(f"CareerTrack: {options['address']}")
        self.stdout.write(f"Sign in as:  {USERNAME}")
        self.stdout.write(f"Password:    {_settle_password(account)}")


def _has_documents(account: Account) -> bool:
    with owner_scope(account):
        return Document.objects.exists()


def _settle_password(account: Account) -> str:
    """Give the account its password if it needs one, and say which it is without printing one that was chosen."""
    chosen = os.environ.get("DEMO_PASSWORD", "")
    if chosen:
        if not account.check_password(chosen):
            account.set_password(chosen)
            account.save(update_fields=["password"])
        return "the one in DEMO_PASSWORD"
    if account.has_usable_password():
        return "unchanged (forgotten? DEMO_PASSWORD=… sets a new one)"
    generated = secrets.token_urlsafe(12)
    account.set_password(generated)
    account.save(update_fields=["password"])
    return f"{generated}  (shown only now; DEMO_PASSWORD=… sets another)"
