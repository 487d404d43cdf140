"""What every record has: an owner, a source, a version; the documents that are sources; accounts and their tokens."""

from records.models.accounts import Account, Session
from records.models.documents import Document, Record
from records.models.owned import LONGEST_TEXT, Conflict, Owned, slug_field, slug_per_owner
from records.models.tokens import ApiToken, TokenQuerySet
from records.models.uploads import Upload, UploadQuerySet
from records.sent import SentForm
from records.throttling import Attempts

__all__ = [
    "LONGEST_TEXT",
    "Account",
    "ApiToken",
    "Attempts",
    "Conflict",
    "Document",
    "Owned",
    "Record",
    "SentForm",
    "Session",
    "TokenQuerySet",
    "Upload",
    "UploadQuerySet",
    "slug_field",
    "slug_per_owner",
]
