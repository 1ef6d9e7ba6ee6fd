"""All settings, read from the environment and from `.env`; `.env.example` explains every name."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from integrations.core.logging import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

# --- Secrets: production refuses to start without them (integrations.core.checks says what is wrong) ---------------
SECRET_KEY = env.str("SECRET_KEY", "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# "k2:<base64 of 32 bytes>,k1:<…>": the first key writes, all of them read.
CREDENTIALS_KEYS = env.str("CREDENTIALS_KEYS", "")
# The parent class of our secret fields reads this name at import; our cipher never uses it.
SALT_KEY = "unused"
if not SECRET_KEY or not CREDENTIALS_KEYS:
    raise ImproperlyConfigured(
        "SECRET_KEY and CREDENTIALS_KEYS are not set. `make run` writes a .env with fresh ones; "
        "in production set them in the environment (see .env.example)."
    )

# --- Addresses --------------------------------------------------------------------------------------------------
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
SIMULATOR_URL = env.str("SIMULATOR_URL", "http://localhost:8001").rstrip("/")
CONNECTOR_HOSTS = env.json("CONNECTOR_HOSTS", default={})
# Our applications at the providers; those that are not here are set on the page « Applications ».
PROVIDER_APPS = env.json("PROVIDER_APPS", default={})

# --- Applications -----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "template_partials",
    "django_q",
    "integrations.core",
    "integrations.records",
    "integrations",
    "webhooks",
]
AUTH_USER_MODEL = "core.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "lacoste_integrations.urls"
WSGI_APPLICATION = "lacoste_integrations.wsgi.application"

MIDDLEWARE = [
    "lacoste_integrations.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "lacoste_integrations.middleware.ProviderCallMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database, cache, queue -------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A host that does not answer at all is noticed soon; providers that call us meanwhile are asked to come back.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL and immediate transactions: without both, web and worker lock each other out.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
ALLOW_SQLITE = env.bool("ALLOW_SQLITE", False)

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Sign-in throttling counts here: with Django's 300, attempts on many addresses would push the counters out.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LEASE_SECONDS = env.float("LEASE_SECONDS", 20.0)
# Of the changes of one sort that a run would make to one object, more than both wait for an approval. What comes by
# webhook is no run: it counts together over so many minutes.
GUARD_MINIMUM = env.int("GUARD_MINIMUM", 25)
GUARD_SHARE = env.float("GUARD_SHARE", 0.1)
GUARD_WINDOW_MINUTES = env.float("GUARD_WINDOW_MINUTES", 60.0)
# Records of each object that a new integration takes until a person releases it.
TRIAL_RECORDS = env.int("TRIAL_RECORDS", 25)
SLICE_SECONDS = env.float("SLICE_SECONDS", LEASE_SECONDS)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 2.0)
BEAT_SECONDS = env.float("BEAT_SECONDS", 3.0)
BEAT_TIMEOUT_SECONDS = env.float("BEAT_TIMEOUT_SECONDS", 15.0)
STOP_GRACE_SECONDS = env.float("STOP_GRACE_SECONDS", 10.0)
WORKER_PROCESSES = env.int("WORKER_PROCESSES", 2)
EXCHANGE_RETENTION_DAYS = env.int("EXCHANGE_RETENTION_DAYS", 30)

# --- Webhooks sent ----------------------------------------------------------------------------------------------
# Private networks that deliveries may go to, each with its port: "127.0.0.1/32:8001".
WEBHOOK_ALLOWED_NETWORKS = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
WEBHOOK_THREADS = env.int("WEBHOOK_THREADS", 96)
# Integrations whose incoming events one worker follows at the same time.
WEBHOOK_FOLLOW_THREADS = env.int("WEBHOOK_FOLLOW_THREADS", 4)
WEBHOOK_RETENTION_DAYS = env.int("WEBHOOK_RETENTION_DAYS", 90)

# --- Webhooks received ------------------------------------------------------------------------------------------
# Networks that a provider calls from: {"stripe": ["3.18.12.63/32"]}; one that is not here may call from anywhere.
WEBHOOK_SOURCES = env.json("WEBHOOK_SOURCES", default={})
# How long calls and their unique keys are remembered; a repetition that comes later is taken for new.
WEBHOOK_INBOUND_RETENTION_DAYS = env.int("WEBHOOK_INBOUND_RETENTION_DAYS", 30)

# A bell only: our own rows are the queue (docs/architecture.md). One attempt, nothing kept, everything can be lost.
Q_CLUSTER = {
    "name": "lacoste",
    "orm": "default",
    "broker_class": "integrations.queue.Bells",
    "workers": WORKER_PROCESSES,
    "timeout": 120,
    "retry": 420,
    "max_attempts": 1,
    "ack_failures": True,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.2,
    "catch_up": False,
    "save_limit": 20,
    "recycle": 500,
    "scheduler": False,
    "label": "File d’attente",
}

# --- Sign-in ----------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/integrations"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "integrations.core.accounts.ClosedSignupAdapter"
ACCOUNT_FORMS = {
    "login": "integrations.core.accounts.SignInForm",
    "reset_password": "integrations.core.accounts.AskForResetForm",
    "change_password": "integrations.core.accounts.NewPasswordForm",
}
ACCOUNT_SESSION_REMEMBER = None
# Nobody is written to at an address without account: the page answers alike, and strangers receive nothing.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Lacoste Intégrations : "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SITE_URL.startswith("https://") else "http"
PASSWORD_RESET_TIMEOUT = 3600
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- E-mail -----------------------------------------------------------------------------------------------------
vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Lacoste Intégrations <integrations@localhost>")

# --- Language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr-ca"
TIME_ZONE = "America/Toronto"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
# Django 5.2's own fr-ca TIME_FORMAT has an unescaped "h" and shows 15 h 04 as "15 03 04".
FORMAT_MODULE_PATH = ["lacoste_integrations.formats"]

# --- Static files -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Security ---------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DEFAULT_EXCEPTION_REPORTER_FILTER = "integrations.core.debug.MaskingReporterFilter"

LOGGING = logging_config(json_lines=not DEBUG and not DEMO)
