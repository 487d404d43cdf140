from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path
from rest_framework import routers, serializers, viewsets


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ["id", "name"]


class GroupViewSet(viewsets.ModelViewSet[Group]):
    queryset = Group.objects.order_by("id")
    serializer_class = GroupSerializer


router = routers.DefaultRouter()
router.register("groups", GroupViewSet)
urlpatterns = [path("admin/", admin.site.urls), path("api/", include(router.urls))]
