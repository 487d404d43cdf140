"""Documents in the API."""

from __future__ import annotations

from records.api.parameters import ByNumberOfYear
from records.api.serializers import OwnedSerializer
from records.api.viewsets import OwnedViewSet
from records.models import Document


class DocumentSerializer(OwnedSerializer):
    class Meta:
        model = Document
        fields = ["year", "title", "language", "body", "sha256", "note"]


class DocumentViewSet(OwnedViewSet):
    """The yearly texts that the figures come from. The body may be absent."""

    serializer_class = DocumentSerializer
    filters = (
        ByNumberOfYear(name="year", path="year", description="Only the document of this year.", example=2024),
    )
    search_in = ("title", "body", "note")
    order_by = ("year",)
