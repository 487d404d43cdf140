from __future__ import annotations

from typing import Any

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from records.models import Account


class Command(BaseCommand):
    help = (
        "Create an account and print a link by which its owner sets the password. The link works once and expires. "
        "With --again, print a new link for an account that exists: whoever has it can set a new password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="", help="where a forgotten password can be reset by mail")
        parser.add_argument("--again", action="store_true", help="for an account that exists")
        parser.add_argument(
            "--address",
            default="",
            help="of this server, e.g. https://career.example.org (default: from settings)",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        if options["again"]:
            account = Account.objects.filter(username=options["username"], is_active=True).first()
            if account is None:
                raise CommandError(f"There is no active account “{options['username']}”.")
        else:
            account = _new_account(username=options["username"], email=options["email"])
        key = {
            "uidb36": user_pk_to_url_str(account),
            "key": PASSWORD_RESET_TOKEN_GENERATOR().make_token(account),
        }
        path = reverse("account_reset_password_from_key", kwargs=key)
        self.stdout.write((options["address"] or _address()).rstrip("/") + path)
        days = settings.PASSWORD_RESET_TIMEOUT // 86_400
        self.stderr.write(
            f"Sets the password of “{account.username}”, once, within {days} days. Send it privately."
        )


def _new_account(*, username: str, email: str) -> Account:
    account = Account(username=username, email=email)
    account.set_unusable_password()
    try:
        account.full_clean()
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    account.save()
    return account


def _address() -> str:
    if settings.CSRF_TRUSTED_ORIGINS:
        return str(settings.CSRF_TRUSTED_ORIGINS[0])
    return f"{'https' if settings.SECURE_SSL_REDIRECT else 'http'}://{settings.ALLOWED_HOSTS[0].lstrip('.')}"
