"""A ModelViewSet with page numbers, one join for what it names, and the token looked up as the framework does."""

from __future__ import annotations

import hashlib
from typing import Any

from django.urls import include, path
from rest_framework import authentication, exceptions, pagination, permissions, routers, serializers, viewsets

from bench.stock.api.models import Measurement, Token


class DigestAuthentication(authentication.TokenAuthentication):
    """That of the framework, on the app's table of tokens, which holds digests."""

    keyword = "Bearer"

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        digest = hashlib.sha256(key.encode()).hexdigest()
        try:
            token = Token._default_manager.select_related("owner").get(digest=digest)
        except Token.DoesNotExist:
            raise exceptions.AuthenticationFailed from None
        if not token.owner.is_active:
            raise exceptions.AuthenticationFailed
        return token.owner, token


class MeasurementSerializer(serializers.ModelSerializer[Measurement]):
    metric = serializers.SlugRelatedField(slug_field="slug", read_only=True)  # type: ignore[var-annotated]
    project = serializers.SlugRelatedField(slug_field="slug", read_only=True)  # type: ignore[var-annotated]
    source = serializers.SlugRelatedField(slug_field="year", read_only=True)  # type: ignore[assignment, var-annotated]

    class Meta:
        model = Measurement
        exclude = ["owner"]


class Pages(pagination.PageNumberPagination):
    page_size_query_param = "page_size"


class MeasurementViewSet(viewsets.ModelViewSet[Measurement]):
    authentication_classes = [DigestAuthentication]
    permission_classes = [permissions.IsAuthenticated]
    pagination_class = Pages
    serializer_class = MeasurementSerializer

    def get_queryset(self) -> Any:  # noqa: ANN401
        found = Measurement._default_manager.filter(owner=self.request.user)
        return found.select_related("metric", "project", "source").order_by("id")


router = routers.DefaultRouter()
router.register("measurements", MeasurementViewSet, basename="measurement")
urlpatterns = [path("api/v1/", include(router.urls))]
