"""Pages of a list that begin after a record, so that page 1,000 costs what page 1 costs, and nothing is counted.

The cursor says in which order the list runs and after which record the page begins. It is encrypted for the account:
it holds a database id, and one that was made for somebody else is as good as noise.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from records.api.parameters import Parameter, Whole

DEFAULT_SIZE, LARGEST_SIZE = 100, 500
PAGE_SIZE = Whole(
    name="page_size",
    description=f"How many records a page holds; {DEFAULT_SIZE} if not said.",
    least=1,
    most=LARGEST_SIZE,
    example=DEFAULT_SIZE,
)
CURSOR = Parameter(
    name="cursor",
    description="Where the page begins: part of the address in `next`. Leave the other parameters as they were.",
)
# The order of entry: the column that every table is kept in.
ENTERED = "entered"


@dataclass(frozen=True)
class Cursor:
    """The last record of the page before: its value in the order, and its id."""

    ordering: str
    value: Any
    id: int

    @property
    def path(self) -> str:
        return self.ordering.removeprefix("-")

    def after(self) -> Q:
        sign = "lt" if self.ordering.startswith("-") else "gt"
        later = Q(**{f"pk__{sign}": self.id})
        if self.path == ENTERED:
            return later
        # The first condition says the same as the second, in a way that an index understands.
        return Q(**{f"{self.path}__{sign}e": self.value}) & (
            Q(**{f"{self.path}__{sign}": self.value}) | later
        )

    def written(self, *, place: str) -> str:
        text = orjson.dumps([self.ordering, self.value, self.id], default=str)
        return base64.urlsafe_b64encode(_cipher().encrypt(text, [place.encode()])).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, *, place: str) -> Cursor:
        """`place` says whose list it is of. Raises ValueError for what `written` did not write for it."""
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            return cls(*orjson.loads(_cipher().decrypt(sealed, [place.encode()])))
        except (ValueError, InvalidTag) as error:
            raise ValueError(_("This cursor is of another list; begin without one.")) from error


@cache
def _cipher() -> AESSIV:
    """The same page has the same cursor, so that its ETag is the same."""
    return AESSIV(hashlib.sha512(b"records.api.pages\0" + settings.SECRET_KEY.encode()).digest())


def ordered_by(ordering: str) -> tuple[str, ...]:
    """For `order_by`; the id decides between equals."""
    sign, path = ("-" if ordering.startswith("-") else ""), ordering.removeprefix("-")
    return (f"{sign}pk",) if path == ENTERED else (ordering, f"{sign}pk")
