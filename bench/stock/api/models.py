"""The tables that a list of figures is made of; their fields are those the app shows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models


class Account(AbstractUser):
    class Meta:
        managed = False
        db_table = "records_account"


class Token(models.Model):
    owner = models.ForeignKey(Account, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        managed = False
        db_table = "records_apitoken"

    def __str__(self) -> str:
        return str(self.pk)


class Document(models.Model):
    year = models.PositiveIntegerField()

    class Meta:
        managed = False
        db_table = "records_document"

    def __str__(self) -> str:
        return str(self.year)


class _Named(models.Model):
    slug = models.SlugField(max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.slug


class Metric(_Named):
    class Meta:
        managed = False
        db_table = "metrics_metric"


class Project(_Named):
    class Meta:
        managed = False
        db_table = "projects_project"


def _number() -> Any:  # noqa: ANN401
    return models.DecimalField(max_digits=20, decimal_places=6, null=True)


class Measurement(models.Model):
    owner = models.ForeignKey(Account, on_delete=models.CASCADE)
    metric = models.ForeignKey(Metric, on_delete=models.CASCADE)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True)
    source = models.ForeignKey(Document, on_delete=models.CASCADE, null=True)
    source_lines = models.CharField(max_length=200)
    period = models.CharField(max_length=10)
    value = _number()
    qualifier = models.CharField(max_length=10)
    as_stated = models.CharField(max_length=200)
    numerator = _number()
    denominator = _number()
    sample_size = models.PositiveIntegerField(null=True)
    minimum = _number()
    maximum = _number()
    stated_change = _number()
    stated_change_unit = models.CharField(max_length=20)
    breakdown_note = models.CharField(max_length=200)
    note = models.TextField()
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "metrics_measurement"

    def __str__(self) -> str:
        return str(self.pk)
