"""The seeded databases, made once and kept: SQLite files in var/bench, or databases of a PostgreSQL server."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.rows import Size

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
SECRET_KEY = "only-for-tests-benchmark-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105


def environment(url: str) -> dict[str, str]:
    """The app's real settings, on the loopback address. The API counts requests, but nobody is refused for asking."""
    settings = {"SECRET_KEY": SECRET_KEY, "HTTPS": "false", "DEBUG": "false", "DATABASE_URL": url}
    settings["API_REQUESTS_PER_MINUTE"] = "1000000"
    settings["BENCH_STATEMENTS"] = str(FOLDER / "statements.json")
    # pip has compiled the packages; without this our own modules were compiled anew at every start.
    settings["PYTHONDONTWRITEBYTECODE"] = ""
    return {**os.environ, **settings}


def migrated(name: str, *, server: str) -> str:
    """The address of a database of that name, made if it is missing. `server` "": SQLite."""
    return _made(name, server=server)[0]


def _made(name: str, *, server: str) -> tuple[str, bool]:
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    if server:
        url, is_new = _on_server(server, f"bench_{name.replace('-', '_')}")
    else:
        path = FOLDER / f"{name}.sqlite3"
        url, is_new = f"sqlite:///{path}", not path.exists()
    _manage(url, "migrate", "--verbosity", "0")
    return url, is_new


def seeded(size: Size, *, server: str) -> str:
    """The address of a database of that size, made if it is missing. `server` "": SQLite."""
    seeding = (ROOT / "careertrack" / "seeding.py").read_bytes()
    url, is_new = _made(f"{size}-{hashlib.sha256(seeding).hexdigest()[:6]}", server=server)
    if is_new:
        sys.stderr.write(f"Seeding {size} …\n")
        _manage(url, "seed_demo", "--owners", str(size.owners), "--measurements", str(size.measurements))
        if server:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")  # what the server does by itself a little later
    return url


def _on_server(server: str, name: str) -> tuple[str, bool]:
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}")), found is None


def _manage(url: str, *command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment(url), check=True)
