from __future__ import annotations

from django.urls import path

from bench.limit import views

urlpatterns = [
    path("goals/", views.goals),
    path("goals/whole/", views.whole),
    path("measurements/", views.measurements),
]
