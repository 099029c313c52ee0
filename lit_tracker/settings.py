"""The one settings file. Everything that differs between machines comes from the environment.

A missing or wrong value stops the process at once, with the variable's name. `docs/` and `.env` files are
never read: what is not in the environment does not count.
"""

import zoneinfo
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from lit_tracker import beat, contracts, look, outgoing, worker

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def switch(name: str, *, default: bool) -> bool:
    """A yes or no of the environment; anything else is refused, for DEBUG=perhaps must not mean no."""
    word = env.str(name, default=str(default)).lower()
    if word not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {word!r}")
    return word in {"1", "true", "yes", "on"}


def number(name: str, *, default: float, least: float, most: float) -> float:
    """A number of the environment between two bounds."""
    word = env.str(name, default=str(default))
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must be a number from {least:g} to {most:g}, not {word!r}")
    return value


# Operating systems ship older zone rules than PostgreSQL does (British Columbia stopped changing its clocks
# in 2026), so Python takes its rules from the pinned tzdata package and from nowhere else.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()

# --- Where we are ---------------------------------------------------------------------------------------

DEBUG = switch("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="debug-only-key-that-guards-nothing" if DEBUG else "")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY must be set to at least 32 random characters (only DEBUG=1 goes without)"
    )
# Keys of before, so that a new one neither signs everybody out nor loses what was sealed with them.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

PORT = int(number("PORT", default=8000, least=1, most=65535))

# Where people and programs reach us; links in mails and token addresses are built from it.
BASE_URL = env.str("BASE_URL", default=f"http://127.0.0.1:{PORT}" if DEBUG else "").rstrip("/")
_base = urlsplit(BASE_URL)
if _base.scheme not in ("http", "https") or not _base.hostname or _base.path:
    raise ImproperlyConfigured("BASE_URL must look like https://clinic.example.org, without a path")

# One HTTPS switch: redirect, HSTS and secure cookies go together or not at all.
HTTPS = switch("HTTPS", default=not DEBUG)
if HTTPS and _base.scheme != "https":
    raise ImproperlyConfigured("BASE_URL must begin with https:// unless DEBUG=1 or HTTPS=0")

# Probes come by loopback names; every link we write is built from BASE_URL, never from a request's host.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[_base.hostname]), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# The right-hand side of calendar UIDs. Changed while a feed lives, it would show every event twice.
FEED_UID_DOMAIN = env.str("FEED_UID_DOMAIN", default="lit-tracker.invalid" if DEBUG else _base.hostname)

# From more networks than this in one day, staff are told that more than one person may hold the link.
FEED_NETWORKS_ALERT = int(number("FEED_NETWORKS_ALERT", default=10, least=1, most=65535))
# Beyond this one calendar is answered from the machine's own copy, and so are programs that try unknown ones.
FEED_POLLS_PER_MINUTE = int(number("FEED_POLLS_PER_MINUTE", default=120, least=1, most=1_000_000_000))

# The last good copy of each calendar on this machine, for minutes without a database. Made with mode 0700.
FEED_CACHE_DIR = env.str("FEED_CACHE_DIR", default=str(BASE_DIR / "var" / "feeds"))
# A machine that could not ask the database for so long shows no copies: others may have learnt of a loss meanwhile.
FEED_COPY_HOURS = number("FEED_COPY_HOURS", default=2, least=0, most=168)

ROOT_URLCONF = "lit_tracker.urls"
WSGI_APPLICATION = "lit_tracker.wsgi.application"
LANGUAGE_CODE = "en"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- Parts ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "lit_tracker.apps.WiringConfig",
    "unfold.apps.BasicAppConfig",
    "apps.desk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "oauth2_provider",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.clinic",
    "apps.couples",
    "apps.treatments",
    "apps.booking",
    "apps.reminders",
    "apps.desk.apps.DeskConfig",
    "apps.api",
    "apps.feeds",
    "apps.portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Above the conditional one: the ETag is then made of what the client really gets (`;gzip` marked weak).
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # After authentication: the history of a row then knows who changed it.
    "lit_tracker.history.MaskedHistoryMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

# --- PostgreSQL, the one database -----------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database: postgres://user:password@host:port/name"
    )
DATABASES["default"] |= {
    "CONN_MAX_AGE": int(number("CONN_MAX_AGE", default=60, least=0, most=3600)),
    "CONN_HEALTH_CHECKS": True,
    # Only what asks for it is prepared (the poll of a calendar). 0 for a pooler that hands out a connection for
    # each transaction and knows no prepared statements.
    "OPTIONS": DATABASES["default"].get("OPTIONS", {})
    | {"prepare_threshold": 5 if switch("PREPARED_STATEMENTS", default=True) else None},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# History rows are written by triggers and can be neither changed nor deleted.
PGHISTORY_APPEND_ONLY = True
# Reading changes nothing; to ask who is signed in would read the session and, for a calendar, name its address.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# --- Redis or Valkey: broker and cache ------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL")
if urlsplit(REDIS_URL).scheme not in ("redis", "rediss", "unix"):
    raise ImproperlyConfigured("REDIS_URL must look like redis://:password@host:port/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # A cache that hangs must not hold up a booking.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_WORKER_CONCURRENCY = int(number("WORKER_CONCURRENCY", default=2, least=1, most=256))
vars().update(worker.CELERY)

SWEEP_SECONDS = number("SWEEP_SECONDS", default=60, least=0.2, most=60)
CELERY_BEAT_SCHEDULER = "lit_tracker.beat:EagerScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = env.str("BEAT_FILE", default=str(BASE_DIR / "var" / "beat"))
CELERY_BEAT_MAX_LOOP_INTERVAL = SWEEP_SECONDS
CELERY_BEAT_SCHEDULE = beat.table(SWEEP_SECONDS)

# --- People: log-in, sessions, headers ------------------------------------------------------------------

AUTH_USER_MODEL = "clinic.User"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# The load balancer and the container's own probe speak plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = switch("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

# --- Pages and static files -----------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_FROM_SOURCE = switch("STATIC_FROM_SOURCE", default=DEBUG)
STATIC_ROOT = None if STATIC_FROM_SOURCE else env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = STATIC_FROM_SOURCE
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

UNFOLD = look.UNFOLD

# What the desk uses of other edges; edges do not know each other, so the names are wired here.
DESK_LINKS = "apps.feeds.services"
DESK_LINKS_READ = "apps.feeds.queries"
DESK_CLIENTS = "apps.api.services"
DESK_PAGES = "apps.portal.services"
DESK_PAGES_READ = "apps.portal.queries"
# The patient's page makes her a calendar address of her own.
PORTAL_CALENDARS = "apps.feeds.services"
PORTAL_CALENDARS_READ = "apps.feeds.queries"

# --- Mail -----------------------------------------------------------------------------------------------

vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"clinic@{_base.hostname}")

# Providers of e-mail, SMS and WhatsApp: where they are, how long they may take.
_outgoing = outgoing.of(env)
vars().update({name: _outgoing[name] for name in _outgoing.keys() & {"EMAIL_BACKEND"}})
# The demo keeps a copy of its mails for /demo/outbox/, which is there with DEBUG alone.
DEMO_OUTBOX = str(BASE_DIR / "var" / "outbox") if DEBUG else ""
if DEBUG and vars()["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend":
    EMAIL_BACKEND = "lit_tracker.local.demo_mail.DemoMail"
EMAIL_HOOK: str = _outgoing["EMAIL_HOOK"]
ANYMAIL = _outgoing["ANYMAIL"]
MESSAGE_PROVIDERS: dict[str, str] = _outgoing["MESSAGE_PROVIDERS"]
MESSAGE_TIMEOUTS: tuple[float, float] = _outgoing["MESSAGE_TIMEOUTS"]

# --- API ------------------------------------------------------------------------------------------------

OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"  # named, so that migrations can refer to it
OAUTH2_PROVIDER = contracts.OAUTH2_PROVIDER | {
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"] if DEBUG else ["https"],
}
REST_FRAMEWORK = contracts.REST_FRAMEWORK | {
    "DEFAULT_THROTTLE_RATES": {"client": env.str("API_RATE", default="600/min")},
}
SPECTACULAR_SETTINGS = contracts.SPECTACULAR_SETTINGS

# --- Logs: ids only, and no feed token ------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask tokens": {"()": "lit_tracker.logs.MaskTokens"}},
    "formatters": {
        "line": {
            "()": "lit_tracker.logs.ClassAlone",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["mask tokens"], "formatter": "line"},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Django's own set-up mails admins and prints a second copy; ours goes through the root alone.
    "loggers": {"django": {"handlers": [], "propagate": True}},
}
