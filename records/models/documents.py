"""The documents, and what every record that one of them states has."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.owned import Owned
from records.ownership import SameOwner
from records.periods import FIRST_YEAR, LAST_YEAR


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
