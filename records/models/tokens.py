"""The tokens by which scripts act as their owner."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from contextlib import suppress
from functools import cache
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from records.models.accounts import Account
from records.models.owned import Conflict, Owned
from records.ownership import OwnedManager, OwnedQuerySet, owner_scope
from records.prepared import Given, Prepared


class TokenQuerySet(OwnedQuerySet):
    """What tokens can be asked."""

    def latest_first(self) -> TokenQuerySet:
        return self.select_related("owner").order_by("-created_at", "-id")


_TokenManager = OwnedManager.from_queryset(TokenQuerySet)


class ApiToken(Owned):
    """Lets a script act as its owner. Only a digest is stored; the token itself is shown once.

    It ends when it is revoked, after the day in `expires_on`, with its owner's account, and with the password that
    was in force when it was made. Signing out ends no token: scripts have no session.
    """

    natural_fields = ("name",)

    class Scope(models.TextChoices):
        READ = "read", _("read")
        READ_WRITE = "read-write", _("read and write")

    class State(models.TextChoices):
        VALID = "valid", _("valid")
        REVOKED = "revoked", _("revoked")
        EXPIRED = "expired", _("expired")
        PASSWORD_CHANGED = "password-changed", _("ended: the password was changed")

    name = models.CharField(
        _("name"), max_length=100, help_text=_("What uses it, e.g. “quarterly KPI script”.")
    )
    scope = models.CharField(
        _("scope"),
        max_length=10,
        choices=Scope,
        default=Scope.READ_WRITE,
        help_text=_("A script that only reads needs no more than that."),
    )
    expires_on = models.DateField(
        _("expires on"), null=True, blank=True, help_text=_("The last day it is valid; empty: never expires.")
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    password_seal = models.CharField(_("password seal"), max_length=32, blank=True, editable=False)

    objects = _TokenManager()  # type: ignore[misc]

    # The token itself, where it was just made.
    text: str = ""

    class Meta(Owned.Meta):
        abstract = False
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="records_apitoken_name_per_owner",
                violation_error_message=_("A token of this name exists already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        if self._state.adding and not self.password_seal:
            self.password_seal = self.owner.password_seal
        super().save(*args, **kwargs)

    @property
    def may_write(self) -> bool:
        return self.scope == self.Scope.READ_WRITE

    def state(self, *, as_of: dt.date) -> State:
        """Whether it is valid on that day, or why not; the owner must be joined. A closed account is not told of."""
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.password_seal != self.owner.password_seal:
            return self.State.PASSWORD_CHANGED
        if self.expires_on is not None and self.expires_on < as_of:
            return self.State.EXPIRED
        return self.State.VALID

    def revoke(self, *, at: dt.datetime) -> None:
        """From the next request on it opens nothing. Keeps the first moment if it was revoked before."""
        if self.revoked_at is None:
            self.revoked_at = at
            with (
                suppress(Conflict),
                transaction.atomic(),
            ):  # nothing but revoking changes a token: somebody was faster
                self.save(update_fields=["revoked_at"])

    def note_use(self, *, at: dt.datetime) -> None:
        """Remembers the moment, to the minute: reading must not become writing. No new version, no history."""
        if self.last_used_at is not None and at - self.last_used_at < dt.timedelta(minutes=1):
            return
        with owner_scope(self.owner):
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=at)
        self.last_used_at = at

    @classmethod
    def presented(cls, text: str, *, as_of: dt.date) -> ApiToken | None:
        """The token of this text with its owner, if it is valid on that day. One query, whatever is wrong with it.

        Whose it is is the question, so it is asked of all accounts; the digest is unique across them.
        """
        found = _presented()
        rows = found.rows(cls.digest_of(text))
        if not rows:
            return None
        token = cls.from_db(found.database, _TOKEN, rows[0][: len(_TOKEN)])
        token.owner = Account.from_db(found.database, _ACCOUNT, rows[0][len(_TOKEN) :])
        is_open = token.owner.is_active and token.state(as_of=as_of) == cls.State.VALID
        return token if is_open else None

    @staticmethod
    def digest_of(token: str) -> str:
        """Tokens are random, so a fast digest is as good as a slow one and costs a request nothing."""
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

    def draw(self) -> None:
        """A new random text for a token that is about to be made."""
        self.text = f"ct_{secrets.token_urlsafe(32)}"
        self.digest, self.prefix = self.digest_of(self.text), self.text[:8]

    @classmethod
    def issue(
        cls, *, owner: Account, name: str, scope: str = Scope.READ_WRITE, expires_on: dt.date | None = None
    ) -> tuple[ApiToken, str]:
        """A new token and its text, which cannot be had again. Raises ValidationError for a name in use."""
        token = cls(owner=owner, name=name, scope=scope, expires_on=expires_on)
        token.draw()
        with owner_scope(owner):
            token.full_clean()
            token.save()
        return token, token.text


_TOKEN, _ACCOUNT = ([field.attname for field in model._meta.concrete_fields] for model in (ApiToken, Account))


@cache
def _presented() -> Prepared:
    digest = Given("digest")
    found = ApiToken.objects.order_by().values_list(*_TOKEN, *(f"owner__{name}" for name in _ACCOUNT))
    return Prepared(found.filter(digest=digest), digest, of_everybody=True)
