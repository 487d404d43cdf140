"""Who records belong to, and the browsers they are signed in with."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from records.ownership import owner_scope


class Account(AbstractUser):
    """The account records belong to.

    "Staff" means no more than "may edit their own records in admin"; nobody edits anybody else's.
    """

    is_staff = models.BooleanField(
        _("may use admin"), default=True, help_text=_("May edit their own records in admin.")
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("account")  # type: ignore[assignment]
        verbose_name_plural = _("accounts")  # type: ignore[assignment]
        constraints = [
            # Sign-in does not tell them apart, and would let neither of them in.
            models.UniqueConstraint(
                Lower("username"),
                name="records_account_username_in_any_case",
                violation_error_message=_("There is an account of this name already."),
            ),
        ]

    def check_password(self, raw_password: str | None) -> bool:
        """Also stores the password anew if hashing has become slower since; tokens outlive that."""
        from records.models.tokens import ApiToken  # which belong to an account

        seal = self.password_seal
        is_right = super().check_password(raw_password)
        if self.pk is not None and self.password_seal != seal:
            with owner_scope(self):
                ApiToken.objects.filter(password_seal=seal).update(password_seal=self.password_seal)
        return is_right

    @property
    def password_seal(self) -> str:
        """Differs after every change of the password, and tells nothing about it."""
        return hashlib.sha256(self.password.encode()).hexdigest()[:32]

    def _save_table(self, raw: bool = False, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        """A fixture creates an account that is missing and leaves one that exists, and its password, alone.

        Fixtures are saved by `Model.save_base(raw=True)`, past `save` and `save_base` of the model.
        """
        if raw and self.pk is not None and Account.objects.filter(pk=self.pk).exists():
            return True
        table: Any = super()._save_table  # type: ignore[misc]
        return bool(table(raw, *args, **kwargs))


class _SessionManager(BaseSessionManager["Session"]):
    def get_queryset(self) -> Any:  # noqa: ANN401
        return super().get_queryset().select_related("account")


class Session(AbstractBaseSession):
    """A browser that may be signed in; `account` is absent until somebody signs in."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("account"),
    )

    objects: ClassVar[Any] = _SessionManager()

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from records.sessions import SessionStore

        return SessionStore
