"""What is wrong with a deployment, in words an operator can act upon. `manage.py doctor` prints it.

Every examination yields findings: wrong (something breaks, or somebody could see what is not theirs), doubtful (fine
in some places, so a person decides) or fine. Nothing is changed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core import checks, mail
from django.db import Error, connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from careertrack.backups import last_backup_at
from careertrack.catalogs import catalog_paths
from careertrack.health import missing_migrations
from records.models import Owned

LONGEST_WITHOUT_BACKUP = dt.timedelta(days=7)
LEAST_FREE = 500 * 1024 * 1024  # bytes
LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}


class State(Enum):
    FINE = "fine"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """`remedy` is empty where everything is fine."""

    state: State
    told: str
    remedy: str = ""


def examine(*, as_of: dt.datetime) -> Iterator[Finding]:
    """Everything, settings first; without a database that answers, what needs one is left out."""
    yield from _settings()
    yield from _secrets()
    if (yield from _database()):
        yield from _constraints()
    yield from _backups(as_of)
    yield from _files()
    yield from _disk()
    yield from _static()
    yield from _catalogs()
    yield from _clock(as_of)
    yield from _mail()
    yield from _checks()


def _fine(told: str) -> Finding:
    return Finding(State.FINE, told)


def _wrong(told: str, remedy: str) -> Finding:
    return Finding(State.WRONG, told, remedy)


def _doubtful(told: str, remedy: str) -> Finding:
    return Finding(State.DOUBTFUL, told, remedy)


def _settings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield _wrong(
            _("DEBUG is on: error pages show code, settings and records to whoever causes an error."),
            _("Set DEBUG=false in .env, run make setup and restart the server."),
        )
    else:
        yield _fine(_("DEBUG is off."))
    strangers = [host for host in settings.ALLOWED_HOSTS if host not in LOOPBACK]
    if settings.HTTPS and not strangers:
        yield _wrong(
            _("ALLOWED_HOSTS names this machine only: under any other name the server answers 400."),
            _("Set ALLOWED_HOSTS in .env to the name people type, like career.example.org."),
        )
    else:
        yield _fine(_("The server answers to %(hosts)s.") % {"hosts": ", ".join(settings.ALLOWED_HOSTS)})
    if not settings.HTTPS and strangers:
        yield _wrong(
            _(
                "HTTPS is off although others can reach this server: passwords and records travel in the clear."
            ),
            _("Set HTTPS=true in .env and put a proxy that speaks HTTPS in front."),
        )
    elif not settings.HTTPS:
        yield _wrong(
            _("HTTPS is off. That is right for trying it out on one's own machine, and nowhere else."),
            _("For real use set HTTPS=true in .env and put a proxy that speaks HTTPS in front."),
        )
    else:
        yield _fine(_("HTTPS is demanded; cookies never travel without it."))
        yield from _proxy()
    plain = [origin for origin in settings.CSRF_TRUSTED_ORIGINS if origin.startswith("http://")]
    if settings.HTTPS and plain:
        yield _wrong(
            _("CSRF_TRUSTED_ORIGINS trusts pages that came without HTTPS: %(origins)s.")
            % {"origins": ", ".join(plain)},
            _("Write https:// there, or remove them."),
        )


def _proxy() -> Iterator[Finding]:
    if settings.BEHIND_PROXY:
        yield _fine(_("X-Forwarded-Proto is believed: the proxy must set or remove it on every request."))
    else:
        yield _doubtful(
            _("BEHIND_PROXY is off: behind a proxy every page would redirect to itself for ever."),
            _(
                "If a proxy sets or removes X-Forwarded-Proto on every request, set BEHIND_PROXY=true in .env."
            ),
        )


def _secrets() -> Iterator[Finding]:
    # The settings refuse a short or default key: a server that has one does not start.
    yield _fine(_("SECRET_KEY is long enough and no default."))
    env = settings.BASE_DIR / ".env"
    if env.exists():
        yield from _private(env, _("the settings with the secret key"))


def _private(path: Path, what: str) -> Iterator[Finding]:
    if _open_to_others(path):
        yield _wrong(
            _("Everybody on this machine can read %(path)s: %(what)s.") % {"path": path, "what": what},
            _("Run: chmod go-rwx %(path)s") % {"path": path},
        )
    else:
        yield _fine(_("%(path)s is closed to other accounts of this machine.") % {"path": path})


def _open_to_others(path: Path) -> bool:
    """Whether other accounts can read it: every folder above lets them through, and it lets them read."""
    path = path.resolve()
    if not path.stat().st_mode & stat.S_IROTH:
        return bool(path.stat().st_mode & stat.S_IWOTH) and _reachable(path)
    return _reachable(path)


def _reachable(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)


def _database() -> Generator[Finding, None, bool]:
    """Returns whether it answers and is complete."""
    try:
        missing = missing_migrations()
    except Error:
        yield _wrong(
            _("The database does not answer."),
            _("Start it, and compare DATABASE_URL in .env with its address, account and password."),
        )
        return False
    if missing:
        names = ", ".join(f"{app}.{name}" for app, name in missing[:3])
        yield _wrong(
            ngettext(
                "%(count)s migration is missing: %(names)s.",
                "%(count)s migrations are missing: %(names)s …",
                len(missing),
            )
            % {"count": len(missing), "names": names},
            _("Make a backup, then run make setup and restart the server."),
        )
        return False
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    yield _fine(_("The database (%(kind)s) answers and has every migration.") % {"kind": kind})
    return True


def _constraints() -> Iterator[Finding]:
    """Every rule that the models declare is in force: a restored or repaired database may have lost one."""
    wanted = {
        constraint.name
        for model in apps.get_models()
        if issubclass(model, Owned)
        for constraint in model._meta.constraints
    }
    missing = sorted(wanted - _constraints_in_force(wanted))
    if missing:
        yield _wrong(
            ngettext(
                "%(count)s rule of the database is missing: %(names)s.",
                "%(count)s rules of the database are missing: %(names)s …",
                len(missing),
            )
            % {"count": len(missing), "names": ", ".join(missing[:3])},
            _("Restore a backup into an empty database; without them accounts are not kept apart."),
        )
    else:
        yield _fine(
            ngettext(
                "The database holds the %(count)s rule of the models.",
                "The database holds all %(count)s rules of the models.",
                len(wanted),
            )
            % {"count": len(wanted)}
        )


def _constraints_in_force(wanted: set[str]) -> set[str]:
    # The catalogs of the database, which hold nobody's rows.
    with connection.cursor() as rows:
        if connection.vendor == "sqlite":
            rows.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            found = list(rows.fetchall())
            texts = " ".join(sql for _name, sql in found)
            return {name for name in wanted if f'CONSTRAINT "{name}"' in texts} | {
                name for name, _sql in found
            }
        rows.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        return {name for (name,) in rows.fetchall()}


def _backups(as_of: dt.datetime) -> Iterator[Finding]:
    made_at = last_backup_at()
    remedy = _("Let manage.py backup run every night; docs/operating.md shows how.")
    if made_at is None:
        yield _wrong(_("No backup was ever made."), remedy)
        return
    age = as_of - made_at
    facts = {"when": date_format(timezone.localtime(made_at), "DATETIME_FORMAT"), "days": age.days}
    if age > LONGEST_WITHOUT_BACKUP:
        yield _wrong(_("The last backup is %(days)s days old, of %(when)s.") % facts, remedy)
    else:
        yield _fine(_("The last backup was made at %(when)s.") % facts)


def _files() -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    if not folder.is_dir():
        yield _wrong(_("There is no folder %(path)s.") % {"path": folder}, _("Run make setup."))
        return
    if not os.access(folder, os.W_OK):
        yield _wrong(
            _("This account may not write in %(path)s.") % {"path": folder},
            _("Run this as the account that the server runs as, or give the folder to it."),
        )
    database = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and database.is_file():
        yield from _private(database, _("the database with everybody's records"))


def _disk() -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    database = Path(str(connection.settings_dict["NAME"]))
    size = database.stat().st_size if connection.vendor == "sqlite" and database.is_file() else 0
    facts = {"free": free // 1024 // 1024, "path": folder}
    # A backup is put together beside the database and read back: three times its size, for a moment.
    if free < max(LEAST_FREE, 3 * size):
        yield _wrong(
            _("Only %(free)s MB are free at %(path)s.") % facts,
            _("Make room: on a full disk nothing can be saved."),
        )
    else:
        yield _fine(_("%(free)s MB are free at %(path)s.") % facts)


def _static() -> Iterator[Finding]:
    """Without them pages have no style, or answer 500."""
    root = Path(settings.STATIC_ROOT)
    remedy = _("Run make setup and restart the server.")
    try:
        names = json.loads((root / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    except (OSError, ValueError, KeyError):
        yield _wrong(_("The static files were not collected: pages answer 500."), remedy)
        return
    ours = settings.BASE_DIR / "careertrack" / "static"
    for source in sorted(path for path in ours.rglob("*") if path.is_file()):
        collected = root / names.get(source.relative_to(ours).as_posix(), "-")
        if not collected.is_file() or collected.stat().st_mtime < source.stat().st_mtime:
            yield _wrong(
                _("The static file %(name)s is missing or out of date.") % {"name": source.name}, remedy
            )
            return
    yield _fine(_("The static files are collected."))


def _catalogs() -> Iterator[Finding]:
    for source in catalog_paths():
        compiled = source.with_suffix(".mo")
        if not compiled.is_file() or compiled.stat().st_mtime < source.stat().st_mtime:
            yield _wrong(
                _("The Korean catalog is not compiled, or out of date: pages are in English, or half so."),
                _("Run make setup and restart the server."),
            )
            return
    yield _fine(_("The Korean catalog is compiled."))


def _clock(as_of: dt.datetime) -> Iterator[Finding]:
    now = date_format(timezone.localtime(as_of), "DATETIME_FORMAT")
    facts = {"zone": settings.TIME_ZONE, "now": now}
    if as_of.year < 2026:
        yield _wrong(
            _("The clock of this machine says %(now)s.") % facts,
            _("Set it: sign-in codes and backups depend on it."),
        )
    else:
        yield _fine(_("It is %(now)s in %(zone)s. If that is not your time, set TIME_ZONE in .env.") % facts)


def _mail() -> Iterator[Finding]:
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend == "console" and settings.HTTPS:
        yield _wrong(
            _(
                "Mail is printed into the log, with links that reset passwords: whoever reads the log can use them."
            ),
            _("Set EMAIL_URL in .env to a mail server, or to dummymail:// to send none."),
        )
    elif backend in ("console", "dummy"):
        yield _fine(_("No mail leaves this server; a forgotten password is set by manage.py changepassword."))
    else:
        yield from _mail_server()


def _mail_server() -> Iterator[Finding]:
    facts = {"host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT}
    try:
        server = mail.get_connection(timeout=5)
        server.open()
        server.close()
    except (OSError, ValueError) as error:  # SMTPException is an OSError
        yield _wrong(
            _("The mail server %(host)s:%(port)s does not take mail: %(reason)s.")
            % {**facts, "reason": type(error).__name__},
            _("Correct EMAIL_URL in .env: host, port, user, password, and smtp+tls:// or smtp+ssl://."),
        )
    else:
        yield _fine(_("The mail server %(host)s:%(port)s takes mail.") % facts)


def _checks() -> Iterator[Finding]:
    """Django's own, those for deployments included, and ours in records/guards.py."""
    told = [
        message
        for message in checks.run_checks(include_deployment_checks=settings.HTTPS)
        if message.level >= checks.WARNING and not message.is_silenced()
    ]
    for message in told:
        yield _wrong(
            f"{message.id}: {message.msg}", message.hint or _("See Django's documentation of this check.")
        )
    if not told:
        yield _fine(_("Django's own checks find nothing."))
