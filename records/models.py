"""What every record has: an owner, a source, a version; and the documents the sources are lines of."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from records.ownership import (
    OwnedManager,
    OwnedQuerySet,
    SameOwner,
    ScopeError,
    _InScope,
    no_such_record,
    owner_scope,
)
from records.periods import FIRST_YEAR, LAST_YEAR
from records.throttling import Attempts as Attempts  # Django looks for models here

LONGEST_TEXT = 20_000
# They turn text around for the reader and so can make it say what it does not.
_REORDERING = "\u202a-\u202e\u2066-\u2069"
# Controls (Cc), lone surrogates (Cs), and what turns text around. A search over the whole text is sixty times as fast
# as a look at each character, which imports notice.
_MANGLED = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_REORDERING}]")
_MANGLED_IN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_REORDERING}]")


def slug_field() -> models.SlugField:
    return models.SlugField(
        _("slug"),
        max_length=80,
        allow_unicode=True,
        blank=True,
        help_text=_("Short name for addresses and imports; made from the title if left empty."),
    )


def slug_per_owner(model: str) -> models.UniqueConstraint:
    """`model` begins the constraint's name: `projects_project`."""
    return models.UniqueConstraint(
        fields=["owner", "slug"],
        name=f"{model}_slug_per_owner",
        violation_error_message=_("You use this slug already."),
    )


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


class Conflict(Exception):  # noqa: N818
    """Somebody, perhaps the same person in another tab, saved this record in the meantime."""


class _OwnedHistoryManager(HistoryManager):
    """Earlier versions are as private as the record itself."""

    def get_queryset(self) -> Any:  # noqa: ANN401
        return super().get_queryset().filter(_InScope())

    def raw(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        raise ScopeError("Raw SQL knows no owner.")


class _OwnedHistory(models.Model):
    """The same for whoever asks the model of the earlier versions itself."""

    objects = OwnedManager()

    class Meta:
        abstract = True


class Owned(models.Model):
    """What belongs to an account and can be edited: owner, version, moments, history.

    Saving writes only if the stored version is the one that was read, and raises `Conflict` otherwise.
    `natural_fields` are the look-ups that, together with the owner's name, name one record: the key used by
    fixtures, import, export and the API.
    """

    natural_fields: ClassVar[tuple[str, ...]] = ("slug",)
    slug_source: ClassVar[str] = ""
    _version_read: int | None = None  # what a running save() expects to find stored

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        editable=False,
        related_name="+",
        verbose_name=_("owner"),
    )
    note = models.TextField(
        _("note"),
        blank=True,
        help_text=_("Anything a reader should know: what was inferred, what is uncertain."),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = OwnedManager()
    history = HistoricalRecords(inherit=True, bases=[_OwnedHistory], history_manager=_OwnedHistoryManager)

    class Meta:
        abstract = True
        constraints = [
            # The parent's side of SameOwner.
            models.UniqueConstraint(fields=["owner", "id"], name="%(app_label)s_%(class)s_owner_id"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        if self.slug_source and not getattr(self, "slug", ""):
            self.slug = self._free_slug()
        read, self._version_read = self.version, None if self._state.adding else self.version
        if not self._state.adding:
            self.version += 1
            self.updated_at = timezone.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "version", "updated_at"}
        try:
            super().save(*args, **kwargs)
        except BaseException:
            self.version = read
            raise
        finally:
            self._version_read = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What names this record among its owner's, in the order of `natural_fields`; references must be joined."""
        values: list[Any] = []
        for path in self.natural_fields:
            value: Any = self
            for name in path.split("__"):
                value = getattr(value, name) if value is not None else None
            values.append(value if value is None or isinstance(value, int) else str(value))
        return tuple(values)

    def natural_key(self) -> tuple[Any, ...]:
        """Owner's name and key; for a record a fixture is about to load, the ids they stand for.

        Django asks for it to look the record up. Its references are ids already; fetching their names only to
        search by them would double the queries of loading.
        """
        if self._state.adding and self.pk is None:
            heads = [path.partition("__")[0] for path in self.natural_fields]
            return (self.owner_id, *(self.serializable_value(name) for name in heads))
        return (self.owner.username, *self.key)

    @classmethod
    def problems_together(cls, records: Sequence[Any]) -> Iterator[tuple[Any, str, str]]:
        """What `clean` finds, for many records at once: record, field, sentence. At most two queries.

        The records are valid by themselves; some are not stored yet, and so may be what they refer to. A model with
        a `clean` of its own has one of these, too (a test holds it).
        """
        return iter(())

    def _get_FIELD_display(self, field: Any) -> str:  # noqa: ANN401, N802
        """As Django's, which builds the dictionary of choices anew for every record it shows."""
        value = getattr(self, field.attname)
        return str(_labels(field).get(value, value))

    def clean_fields(self, exclude: Any = None) -> None:  # noqa: ANN401
        """Refuses what one of the databases would refuse or mangle, at the field, whatever the door."""
        errors: dict[str, Any] = {}
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name, problems in errors.items():
            if isinstance(self._meta.get_field(name), models.ForeignKey):
                # Django names the model and the key here; SameOwner cannot, and both must sound the same.
                errors[name] = [no_such_record() if p.code == "invalid" else p for p in problems]
        for field in self._meta.concrete_fields:
            if field.name in (exclude or ()):
                continue
            if problem := _range_problem(field, getattr(self, field.attname)):
                errors.setdefault(field.name, []).append(ValidationError(problem, code="out_of_range"))
            if not isinstance(field, models.CharField | models.TextField):
                continue
            problem = _text_problem(
                getattr(self, field.attname), one_line=isinstance(field, models.CharField)
            )
            if problem:
                errors.setdefault(field.name, []).append(ValidationError(problem, code="control_characters"))
        if errors:
            raise ValidationError(errors)

    def _save_table(self, raw: bool = False, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401
        """Loading a fixture again restores the facts and leaves version and moments as they are.

        Fixtures are saved by `Model.save_base(raw=True)`, past `save` and `save_base` of the model.
        """
        if raw and self.pk is not None:
            stored = type(self)._base_manager.filter(pk=self.pk).values("version", "created_at", "updated_at")
            for name, value in (stored.first() or {}).items():
                setattr(self, name, value)
        table: Any = super()._save_table  # type: ignore[misc]
        return bool(table(raw, *args, **kwargs))

    def _do_update(self, base_qs: Any, *args: Any) -> bool:  # type: ignore[override]  # noqa: ANN401
        """UPDATE … WHERE id AND version: the write itself finds out whether somebody else was faster."""
        update: Any = super()._do_update  # the stubs describe a later Django
        if self._version_read is None:
            return bool(update(base_qs, *args))
        if not update(base_qs.filter(version=self._version_read), *args):
            raise Conflict(_t("This record was changed in the meantime. Reload it and repeat your change."))
        return True

    def _free_slug(self) -> str:
        """A readable slug that this owner does not use yet."""
        base = slugify(str(getattr(self, self.slug_source)), allow_unicode=True)[:70].strip("-") or "record"
        everything: Any = type(self)._base_manager
        taken = set(
            everything.filter(owner_id=self.owner_id, slug__startswith=base).values_list("slug", flat=True)
        )
        if base not in taken:
            return base
        return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)


@cache
def _labels(field: Any) -> dict[Any, Any]:  # noqa: ANN401
    return dict(field.flatchoices)


def _range_problem(field: Any, value: object) -> str:  # noqa: ANN401
    """What SQLite would take and PostgreSQL refuse, and days outside of the years there can be documents of."""
    if isinstance(value, dt.date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        return _t("Years from %(first)s to %(last)s only.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
    largest = {models.PositiveSmallIntegerField: 32_767, models.PositiveIntegerField: 2_147_483_647}.get(
        type(field)
    )
    if largest is not None and isinstance(value, int) and value > largest:
        return _t("At most %(limit)s.") % {"limit": largest}
    return ""


def _text_problem(value: object, *, one_line: bool) -> str:
    if not isinstance(value, str):
        return ""
    if len(value) > LONGEST_TEXT:
        return _t("At most %(limit)s characters.") % {"limit": LONGEST_TEXT}
    found = (_MANGLED if one_line else _MANGLED_IN_LINES).search(value)
    if found is None:
        return ""
    return _t("Character %(place)s (U+%(code)s) is a control character; remove it.") % {
        "place": found.start() + 1,
        "code": f"{ord(found[0]):04X}",
    }


class Document(Owned):
    """A yearly text the figures come from. The body may be absent until its owner uploads it."""

    natural_fields = ("year",)

    year = models.PositiveSmallIntegerField(
        _("year"),
        validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)],
        help_text=_("The year the document tells about, e.g. 2024."),
    )
    title = models.CharField(
        _("title"), max_length=200, help_text=_("As it stands at the head of the document.")
    )
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=[("ko", _("Korean")), ("en", _("English")), ("ko-en", _("Korean and English"))],
        help_text=_("The language it is mostly written in."),
    )
    body = models.TextField(
        _("body"), blank=True, help_text=_("The text itself, line for line; may stay empty.")
    )
    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        blank=True,
        validators=[RegexValidator(r"^[0-9a-f]{64}$")],
        help_text=_("64 hexadecimal digits that identify the file; may stay empty."),
    )

    class Meta(Owned.Meta):
        abstract = False
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(
                fields=["owner", "year"],
                name="records_document_one_per_year",
                violation_error_message=_("There is a document of this year already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.year})"


class Record(Owned):
    """Something a document states: where it stands is a document and its lines."""

    source = models.ForeignKey(
        Document,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("source"),
        help_text=_("The document that states this; empty if you know it from elsewhere."),
    )
    source_lines = models.CharField(
        _("source lines"),
        max_length=120,
        blank=True,
        validators=[
            RegexValidator(
                r"\A[0-9]{1,5}(-[0-9]{1,5})?(, ?[0-9]{1,5}(-[0-9]{1,5})?)*\Z",
                _("Write lines like 7 or 44-46 or 7, 16-20."),
            )
        ],
        help_text=_("Line numbers in the document: 7, or 44-46, or 7, 16-20."),
    )

    class Meta(Owned.Meta):
        abstract = True
        constraints = [*Owned.Meta.constraints, SameOwner("source")]

    @property
    def cited_lines(self) -> tuple[int, ...]:
        """Every line number named by `source_lines`, in the order written."""
        lines: list[int] = []
        for part in filter(None, self.source_lines.replace(" ", "").split(",")):
            first, _dash, last = part.partition("-")
            lines.extend(range(int(first), int(last or first) + 1))
        return tuple(lines)


class TokenQuerySet(OwnedQuerySet):
    """What tokens can be asked."""

    def latest_first(self) -> TokenQuerySet:
        return self.select_related("owner").order_by("-created_at", "-id")

    def presented(self, text: str, *, as_of: dt.date) -> ApiToken | None:
        """The token of this text with its owner, if it is valid on that day. One query, whatever is wrong with it."""
        not_over = models.Q(expires_on=None) | models.Q(expires_on__gte=as_of)
        found = self.filter(not_over, digest=ApiToken.digest_of(text), revoked_at=None, owner__is_active=True)
        token: ApiToken | None = found.select_related("owner").first()
        return token if token is not None and token.state(as_of=as_of) == ApiToken.State.VALID else None


_TokenManager = OwnedManager.from_queryset(TokenQuerySet)


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
        cls.objects.bulk_create([upload])
        return upload

    @property
    def is_waiting(self) -> bool:
        return self.applied_at is None
