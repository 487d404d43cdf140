"""All settings. Values come from the environment or from `.env` beside manage.py; see the table in README.md.

A missing or malformed value stops the start with the variable's name.
"""

import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import drf_spectacular_sidecar
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from careertrack.logs import logging_of

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.smart_cast = False
environ.Env.read_env(BASE_DIR / ".env")
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / "var")


def _flag(name: str, *, default: bool) -> bool:
    """True or false and nothing else: a typo must not silently switch a protection off."""
    text = env.str(name, default="true" if default else "false").strip().lower()
    if text not in ("true", "false"):
        raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")
    return text == "true"


def _secret_key() -> str:
    key = env.str("SECRET_KEY", default="")
    if len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            "SECRET_KEY must be set to at least 50 random characters. `make setup` writes one to .env; or run: "
            'python -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    return key


def _databases() -> dict[str, dict[str, Any]]:
    pool_size = _positive("DATABASE_POOL_SIZE", default=8)
    url = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'careertrack.sqlite3'}"
    try:
        database: dict[str, Any] = env.db_url_config(url)
    except Exception:
        # Whatever it is about may be a piece of the password: it is neither said nor logged as the cause.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read. Write postgres://user:password@host:5432/name; in a password, write "
            "%40 for @, %3A for :, %2F for / and %23 for #."
        ) from None
    if database.get("ENGINE") == "django.db.backends.sqlite3":
        Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        # Opening the file and reading the schema takes longer than a small page; a file put in its place is noticed
        # within a minute.
        database["CONN_MAX_AGE"] = 60
        # IMMEDIATE takes the write lock at BEGIN; without it concurrent writers fail with "database is locked".
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;"
                "PRAGMA journal_size_limit=27103364;PRAGMA cache_size=2000;"
            ),
        }
    elif database.get("ENGINE") == "django.db.backends.postgresql":
        # The pool replaces persistent connections; Django refuses both together.
        # A request waits for a connection for some seconds, not for the half minute after which nobody looks.
        pool = {"min_size": 1, "max_size": pool_size, "timeout": 5}
        database["OPTIONS"] = {**database.get("OPTIONS", {}), "connect_timeout": 5, "pool": pool}
        database["CONN_MAX_AGE"] = 0
        # After a restart of PostgreSQL the pool finds out which connections are dead before a request does.
        database["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    return {"default": database}


def _positive(name: str, *, default: int) -> int:
    text = env.str(name, default=str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ImproperlyConfigured(f"{name} must be a whole number above 0, not {text!r}.")
    return int(text)


DEBUG = _flag("DEBUG", default=False)
# Off only where nobody else can listen: `make run` switches it off for the loopback address.
HTTPS = _flag("HTTPS", default=True)
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
if not ALLOWED_HOSTS or not all(
    re.fullmatch(r"\.?[\w.-]+|\[[0-9a-fA-F:]+\]", host) for host in ALLOWED_HOSTS
):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts this server answers to, separated by commas: career.example.org"
    )
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if not all(re.fullmatch(r"https?://[^\s/]+", origin) for origin in CSRF_TRUSTED_ORIGINS):
    raise ImproperlyConfigured("CSRF_TRUSTED_ORIGINS must be addresses like https://career.example.org.")
DATABASES = _databases()

INSTALLED_APPS = [
    # Before django.contrib.admin, or our templates would not override its own.
    "careertrack",
    "records",
    "projects",
    "metrics",
    "goals",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "import_export",
    "rest_framework",
    "simple_history",
]

MIDDLEWARE = [
    "careertrack.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A year is a long page; compressed it is a seventh. Random padding hides how well a secret compressed.
    "django.middleware.gzip.GZipMiddleware",
    "careertrack.policy.Policy",
    "careertrack.caching.NoStore",
    "careertrack.health.Probes",
    "records.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "records.sessions.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "records.ownership.OwnerScopeMiddleware",
    "records.sessions.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "records.throttling.TooManyTriesMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "careertrack.urls"
WSGI_APPLICATION = "careertrack.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# An address typed without a scheme is https; Django 6 does so by itself and drops the setting.
FORMS_URLFIELD_ASSUME_HTTPS = True
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Accounts: allauth signs in (two-factor), Django keeps the password, records/throttling.py counts the tries.
AUTH_USER_MODEL = "records.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "careertrack.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
# Whoever has the link is in anyway; an owner whose guesses were used up by somebody else needs it.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_FORMS = {
    "change_password": "careertrack.accounts.ChangePasswordForm",
    "reset_password": "careertrack.accounts.ResetPasswordForm",
}
# Its own limits count in a cache, which is not exact across processes.
ACCOUNT_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "careertrack.accounts.CodeForm",
    "reauthenticate": "careertrack.accounts.RepeatedCodeForm",
}
MFA_TOTP_ISSUER = "CareerTrack"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

REST_FRAMEWORK = {
    # Nobody gets in through a view that forgot records.api.OwnedAPIView, which names its authentication itself.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["records.tokens.PerToken", "records.tokens.PerAddress"],
    # `?format=` is a parameter nobody knows, and is refused like any other.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Of one token and of one address, in each server process.
API_REQUESTS_PER_MINUTE = _positive("API_REQUESTS_PER_MINUTE", default=1200)

SPECTACULAR_SETTINGS = {
    "TITLE": "CareerTrack",
    "VERSION": "1",
    "DESCRIPTION": (
        "Your records and what is computed from them. Numbers come as text, so that none is rounded on the way; what "
        "is absent is null, which is not zero. Records are named by natural keys, in addresses and in references; a "
        "record of somebody else answers exactly as one that does not exist. Refusals are problem documents "
        "(RFC 9457) with a stable `code`. Sentences are in the language of `Accept-Language` (en, ko)."
    ),
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["records.api.completion.completed"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
}

# Mail is sent only where a server is named. On one's own machine it is printed; where others are, it is dropped, as
# a log is no place for links that reset passwords.
try:
    vars().update(env.email_url("EMAIL_URL", default="dummymail://" if HTTPS else "consolemail://"))
except Exception:  # as with DATABASE_URL, a password may be part of what is wrong
    raise ImproperlyConfigured(
        "EMAIL_URL cannot be read. Write smtp+tls://user:password@host:587; in a password, write %40 for @, "
        "%3A for :, %2F for / and %23 for #."
    ) from None
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="careertrack@localhost")

# Language and time. The browser's language comes first; the switch in the footer sets a cookie.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "careertrack" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Seoul")
try:
    ZoneInfo(TIME_ZONE)
except (OSError, ValueError, ZoneInfoNotFoundError) as error:
    raise ImproperlyConfigured(f"TIME_ZONE must be a name like Asia/Seoul, not {TIME_ZONE!r}.") from error
USE_THOUSAND_SEPARATOR = True

# Static files: hashed names, served by the application.
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
# Swagger UI out of its package, and not the second viewer beside it, which loads fonts from elsewhere.
STATICFILES_DIRS = [
    (
        "swagger-ui",
        Path(drf_spectacular_sidecar.__file__).parent / "static/drf_spectacular_sidecar/swagger-ui-dist",
    )
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Nothing asks for a file by its plain name, and each file is looked at when a worker starts.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
MEDIA_ROOT = DATA_DIR / "media"

# What browsers may do with our pages: nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the QR code of two-factor set-up
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Monitors call over plain HTTP; these two answer one word.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# Only where a proxy always sets or removes X-Forwarded-Proto, or anybody could claim HTTPS; and where it appends
# to X-Forwarded-For, or anybody could claim to be somebody else.
BEHIND_PROXY = _flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# With the account in one query.
SESSION_ENGINE = "records.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# What a file to be imported may hold. A file of the most rows takes a worker some seconds.
IMPORT_MAX_BYTES = _positive("IMPORT_MAX_BYTES", default=10_000_000)
IMPORT_MAX_ROWS = _positive("IMPORT_MAX_ROWS", default=20_000)
IMPORT_MAX_COLUMNS = _positive("IMPORT_MAX_COLUMNS", default=100)
IMPORT_MAX_UNPACKED_BYTES = _positive("IMPORT_MAX_UNPACKED_BYTES", default=200_000_000)

LOG_LEVEL = env.str("LOG_LEVEL", default="info").strip().lower()
if LOG_LEVEL not in ("debug", "info", "warning", "error"):
    raise ImproperlyConfigured(f"LOG_LEVEL must be debug, info, warning or error, not {LOG_LEVEL!r}.")
LOGGING = logging_of(LOG_LEVEL.upper())
