"""Backups of PostgreSQL, by its own pg_dump and psql.

Passwords reach these programs through their environment, never through the command line, which everybody on the
machine can read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from careertrack.backups import BackupError, Manifest, RowDigest, TableDigest

# libpq's names of what Django calls HOST and so on.
_VARIABLES = {
    "HOST": "PGHOST",
    "PORT": "PGPORT",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "NAME": "PGDATABASE",
}
_OPTIONS = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
}
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"


class PostgreSQL:
    vendor = "postgresql"
    file = "database.dump"

    def __init__(self, database: dict[str, Any]) -> None:
        options = database.get("OPTIONS", {})
        given = {name: str(database.get(key) or "") for key, name in _VARIABLES.items()}
        given |= {name: str(options.get(key) or "") for key, name in _OPTIONS.items()}
        self.variables = {name: value for name, value in given.items() if value}
        self.variables["PGCONNECT_TIMEOUT"] = "10"

    def write(self, target: Path) -> tuple[list[str], dict[str, TableDigest]]:
        """The dump and the digests are of one snapshot, whatever others write meanwhile."""
        with self._connected() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            snapshot = str(row[0]) if row else ""
            self._run(
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--file={target}",
            )
            migrations = sorted(
                f"{app}.{name}" for app, name in connection.execute("SELECT app, name FROM django_migrations")
            )
            return migrations, _tables(connection)

    def check_file(self, path: Path, manifest: Manifest) -> None:
        """Read to its end: a dump that is cut short, or changed, fails."""
        self._run("pg_restore", f"--file={os.devnull}", str(path))

    def tables(self) -> dict[str, TableDigest]:
        with self._connected() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return _tables(connection)

    def replace(self, source: Path, manifest: Manifest) -> None:
        """In one transaction: what is there goes, the backup comes, or neither."""
        script, clearing = source.with_suffix(".sql"), source.with_name("clear.sql")
        self._run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
        with self._connected() as connection:
            names = [str(name) for (name,) in connection.execute(_TABLES)]
            drops = [sql.SQL("DROP TABLE {} CASCADE;\n").format(sql.Identifier(name)) for name in names]
            text = "SET lock_timeout = '60s';\n" + sql.Composed(drops).as_string(connection)
        clearing.write_text(text, encoding="utf-8")
        self._run(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
            f"--file={clearing}",
            f"--file={script}",
        )

    def empty(self, tables: Iterable[str]) -> None:
        with self._connected() as connection, connection.transaction():
            for table in tables:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """With settings that make rows read the same every time; errors in words."""
        names = {
            "PGHOST": "host",
            "PGPORT": "port",
            "PGUSER": "user",
            "PGPASSWORD": "password",
            "PGDATABASE": "dbname",
            "PGCONNECT_TIMEOUT": "connect_timeout",
            **{name: key for key, name in _OPTIONS.items()},
        }
        given: dict[str, Any] = {names[name]: value for name, value in self.variables.items()}
        try:
            with psycopg.connect(autocommit=True, **given) as connection:
                for setting, value in (
                    ("timezone", "UTC"),
                    ("datestyle", "ISO, YMD"),
                    ("intervalstyle", "postgres"),
                    ("extra_float_digits", "1"),
                    ("bytea_output", "hex"),
                ):
                    connection.execute(
                        sql.SQL("SET {} = {}").format(sql.Identifier(setting), sql.Literal(value))
                    )
                yield connection
        except psycopg.OperationalError as error:
            raise BackupError(f"The database does not answer: {str(error).strip()}") from error
        except psycopg.Error as error:
            raise BackupError(f"The database refuses: {str(error).strip()}") from error

    def _run(self, program: str, *arguments: str) -> None:
        found = shutil.which(program)
        if found is None:
            raise BackupError(
                f"{program} was not found. It comes with PostgreSQL's client programs (Debian: apt-get install "
                "postgresql-client) and must not be older than the server."
            )
        done = subprocess.run(  # noqa: S603
            [found, *arguments],
            env={**_plain_environment(), **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            raise BackupError(f"{program} failed: {' '.join(lines[:4]) or f'exit code {done.returncode}'}")


def _plain_environment() -> dict[str, str]:
    """Without libpq's variables: one in the shell would send a backup's command to another database."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _tables(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, TableDigest]:
    """Inside a transaction of the caller: all of the same moment. Rows are fetched in portions."""
    digests = {}
    for (name,) in connection.execute(_TABLES).fetchall():
        digest = RowDigest()
        # Not the default one, which would hold the whole table in memory. Every owner's rows: it is a backup.
        with connection.cursor(name="rows") as rows:
            rows.itersize = 2000
            rows.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(str(name))))
            for (row,) in rows:
                digest.add(str(row).encode())
        digests[str(name)] = digest.done()
    return digests
