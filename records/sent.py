"""The same form sent twice, by a double click or an impatient network, is saved once.

Every form that a page shows has a CSRF token of its own: Django masks the secret anew for every page. So a POST whose
address, values and token are all as before is not a second wish but the same one again. What was saved is remembered
under a digest of it in the same transaction; the unique constraint makes whoever comes second wait for whoever came
first. A script names its request itself, with `Idempotency-Key`. docs/decisions/0022-sent-once.md has the reasons.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_KEPT = dt.timedelta(days=1)
_DELETED_AT_ONCE = 100


class SentForm(models.Model):
    """A request that made a record. The table tells neither who sent it nor what was in it."""

    key = models.CharField(max_length=64, unique=True)
    record_id = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("form sent")
        verbose_name_plural = _("forms sent")

    def __str__(self) -> str:
        return self.key[:8]


class AlreadySent(Exception):  # noqa: N818
    """This very request made the record of this id; None if it was not told which."""

    def __init__(self, record_id: int | None) -> None:
        super().__init__("This was saved already.")
        self.record_id = record_id


def was_sent(request: Any, *, body: object = None) -> AlreadySent | None:  # noqa: ANN401
    """What came of the same POST before; None if there was none, or if nobody can tell. At most one query."""
    key = _key_of(request, body)
    sent = None if key is None else SentForm.objects.filter(key=key).first()
    return None if sent is None else AlreadySent(sent.record_id)


@contextmanager
def sent_once(request: Any, *, body: object = None) -> Iterator[SentForm]:  # noqa: ANN401
    """One transaction that the same request completes once; raises `AlreadySent` before anything is written again.

    Set `record_id` of what it gives to tell a twin what was made. `body`: what was sent, where it is no form. Two
    statements more than without; none if the request cannot be told from others.
    """
    key = _key_of(request, body)
    if key is None:
        with transaction.atomic():
            yield SentForm()
        return
    with transaction.atomic():
        sent = SentForm(key=key)
        try:
            with transaction.atomic():
                sent.save(force_insert=True)
        except IntegrityError as error:
            raise AlreadySent(SentForm.objects.get(key=key).record_id) from error
        yield sent
        if sent.record_id is not None:
            sent.save(update_fields=["record_id"])
        # Robust: what is saved by then is answered, whatever becomes of this.
        transaction.on_commit(partial(_forget, before=timezone.now() - _KEPT), robust=True)


def _key_of(request: Any, body: object) -> str | None:  # noqa: ANN401
    """None without anything that would tell two wishes apart. Of a file its content counts."""
    files: list[Any] = []
    if body is None:
        named = request.POST.get("csrfmiddlewaretoken", "")
        body = sorted(request.POST.lists())
        files = [[name, each.name, _digest_of(each)] for name, each in sorted(request.FILES.items())]
    else:
        named = request.headers.get("Idempotency-Key", "")
    if not named:
        return None
    parts = [request.user.pk, request.path, named, body, files]
    return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()


def _digest_of(file: Any) -> str:  # noqa: ANN401
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _forget(*, before: dt.datetime) -> None:
    stale = SentForm.objects.filter(sent_at__lt=before).order_by("id").values_list("id", flat=True)
    SentForm.objects.filter(id__in=list(stale[:_DELETED_AT_ONCE])).delete()
