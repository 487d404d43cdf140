from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class Account(AbstractUser):
    """The table of the app's accounts."""

    class Meta:
        managed = False
        db_table = "records_account"
