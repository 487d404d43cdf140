"""Files that are about to be imported, or were."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.accounts import Account
from records.models.owned import Owned, slug_per_owner
from records.ownership import OwnedManager, OwnedQuerySet


class UploadQuerySet(OwnedQuerySet):
    def forgotten(self, now: dt.datetime) -> UploadQuerySet:
        """Files that were never imported, a day after they were sent."""
        return self.filter(applied_at__isnull=True, created_at__lt=now - dt.timedelta(days=1))

    def waiting(self) -> UploadQuerySet:
        return self.filter(applied_at__isnull=True)

    def with_slug(self, slug: str) -> UploadQuerySet:
        return self.filter(slug=slug)

    def imported(self) -> UploadQuerySet:
        """What was imported, latest first, without the files themselves."""
        return self.filter(applied_at__isnull=False).defer("body", "receipt").order_by("-applied_at")

    def remove(self) -> None:
        """Nothing refers to a file, and its history would be another copy of it. One query."""
        self._raw_delete(self.db)


class Upload(Owned):
    """A file its owner is about to import, and after that what the import has written, so that it can be undone.

    Waiting files are removed after a day, the body as soon as it is imported. Kept by `bulk_create` and `update`,
    past history, which would hold the body of every file for ever.
    """

    natural_fields = ("slug",)

    slug = models.SlugField(_("address"), max_length=80, editable=False)
    filename = models.CharField(_("file"), max_length=200, editable=False)
    model_name = models.CharField(_("kind of record"), max_length=50, editable=False)
    year = models.PositiveSmallIntegerField(_("year"), null=True, editable=False)
    body = models.BinaryField(_("body"), editable=False)
    digest = models.CharField(_("SHA-256"), max_length=64, editable=False)
    receipt = models.TextField(_("receipt"), blank=True, editable=False)
    applied_at = models.DateTimeField(_("imported at"), null=True, editable=False)
    undone_at = models.DateTimeField(_("undone at"), null=True, editable=False)

    objects = OwnedManager.from_queryset(UploadQuerySet)()  # type: ignore[misc]

    class Meta(Owned.Meta):
        abstract = False
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [*Owned.Meta.constraints, slug_per_owner("records_upload")]

    def __str__(self) -> str:
        return self.filename

    @classmethod
    def keep(
        cls,
        *,
        owner: Account,
        filename: str,
        model_name: str,
        year: int | None,
        body: bytes,
        now: dt.datetime,
    ) -> Upload:
        """A new one; removes what has been waiting for longer than a day. Two queries."""
        cls.objects.forgotten(now).remove()
        upload = cls(
            owner=owner,
            slug=secrets.token_hex(16),
            filename=filename[-200:],
            model_name=model_name,
            year=year,
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
        )
        uploads: Any = cls.objects
        uploads.bulk_create([upload])
        return upload

    @property
    def is_waiting(self) -> bool:
        return self.applied_at is None
