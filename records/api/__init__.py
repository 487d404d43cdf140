"""The base of the REST API: whose records answer, in which shape, and how a refusal looks.

| module | idea |
|---|---|
| `base` | the view of an account: scope, problems, ETag, which query parameters it knows |
| `viewsets` | the seven operations on one owned model |
| `serializers`, `fields` | one declaration: read from values, checked by `full_clean()`, described in the schema |
| `parameters`, `pages` | filters, search, order; pages that begin after a record |
| `strict_json`, `problems` | JSON in and out; RFC 9457 |
| `answers` | how computed answers are described |
| `openapi`, `completion` | the schema |
"""

from records.api.answers import source_of
from records.api.base import OwnedAPIView

__all__ = ["OwnedAPIView", "source_of"]
