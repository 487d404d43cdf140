"""The bare project with the tables of the app beside its own, so that start and memory are still those without them."""

from __future__ import annotations

from bench.stock.settings import *  # noqa: F403
from bench.stock.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "bench.stock.api"]
AUTH_USER_MODEL = "api.Account"
ROOT_URLCONF = "bench.stock.api.urls"
# As the app: a new connection for each request costs PostgreSQL more than the request.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 2}}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["OPTIONS"] = {"init_command": "PRAGMA journal_mode=WAL;PRAGMA mmap_size=134217728;"}
