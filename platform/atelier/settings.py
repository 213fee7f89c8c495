"""Settings from the environment, loud when one is missing. `atelier.devstack` and docker-compose.yml set the same names."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
ROOT = Path(__file__).resolve().parents[2]

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
PUBLIC_URL = env.str("PUBLIC_URL").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "atelier.kit",
    "atelier.audit",
    "atelier.accounts",
    "atelier.ledger",
    "atelier.catalog",
    "atelier.licences",
    "atelier.checkout",
    "atelier.material",
    "atelier.library",
    "atelier.trainings",
    "atelier.takedown",
    "atelier.studio",
    "atelier.api",
]
MIDDLEWARE = [
    "atelier.kit.traces.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "atelier.kit.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "atelier.kit.faults.RefusedMiddleware",
]
ROOT_URLCONF = "atelier.urls"
ASGI_APPLICATION = "atelier.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "atelier.kit.surroundings.surroundings",
                "atelier.accounts.surroundings.surroundings",
            ]
        },
    }
]

# One SQL dialect. Under ASGI a connection that is kept would be kept by its thread; what requests share is a pool.
DATABASES = {"default": {**env.db("DATABASE_URL"), "CONN_MAX_AGE": 0}}
if "postgresql" not in DATABASES["default"]["ENGINE"]:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: Atelier has one SQL dialect.")
# At most so many connections of one web process; whoever comes when all are in use waits. A process that forks must have no pool: 0.
DATABASE_POOL = env.int("DATABASE_POOL", default=0)
if DATABASE_POOL:
    # Seconds to wait. A database that is back by the pool's third try, after three, was away without anybody noticing.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 5}
# Migrations run while people write: none holds them up for longer than it waits for a table, which must be well below PostgreSQL's
# deadlock_timeout (1 s), or it might be the writer who is broken off. One that has waited in vain lets the others through and tries again
# (kit/database); one that was broken off is said again from where it was.
DATABASES["default"]["ENGINE"] = "atelier.kit.database"
ZERO_DOWNTIME_MIGRATIONS_LOCK_TIMEOUT = "50ms"
ZERO_DOWNTIME_MIGRATIONS_STATEMENT_TIMEOUT = "1s"
ZERO_DOWNTIME_MIGRATIONS_FLEXIBLE_STATEMENT_TIMEOUT = True
ZERO_DOWNTIME_MIGRATIONS_IDEMPOTENT_SQL = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

VALKEY_URL = env.str("VALKEY_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": VALKEY_URL, "KEY_PREFIX": "atelier"}}

S3 = {
    "endpoint_url": env.str("S3_ENDPOINT_URL"),
    "public_url": env.str("S3_PUBLIC_URL", default=env.str("S3_ENDPOINT_URL")),
    "region": env.str("S3_REGION", default="us-east-1"),
    "access_key": env.str("S3_ACCESS_KEY"),
    "secret_key": env.str("S3_SECRET_KEY"),
    "bucket_prefix": env.str("S3_BUCKET_PREFIX", default="atelier"),
}

STRIPE_API_KEY = env.str("STRIPE_API_KEY")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="")
if not STRIPE_WEBHOOK_SECRET:
    raise ImproperlyConfigured("STRIPE_WEBHOOK_SECRET is empty: an empty secret can be forged.")
if STRIPE_API_BASE and STRIPE_API_KEY.startswith("sk_live"):
    raise ImproperlyConfigured("STRIPE_API_BASE points away from Stripe while a live key is configured.")

# E-mail addresses are unique whatever their case, by the constraint user_email_once rather than by a unique field.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
# Accounts: e-mail only, verified by a code; enumeration-safe; MFA available to everybody.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "atelier.accounts.adapters.AccountAdapter"
ACCOUNT_USER_DISPLAY = "atelier.accounts.adapters.display"
MFA_ADAPTER = "atelier.accounts.adapters.MfaAdapter"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
HEADLESS_ONLY = False
HEADLESS_CLIENTS = ("app", "browser")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
USERSESSIONS_TRACK_ACTIVITY = True

EMAIL_CONFIG = env.email_url("EMAIL_URL")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM")

# API tokens are stored as HMAC-SHA256 under this key, so a stolen table signs nobody in.
TOKEN_PEPPER = env.str("TOKEN_PEPPER")

# What certificates and revocation lists are signed with, the root-signed list that names this key, and the root that customers keep, each
# as text or as its base64 on one line. `python -m licensing keys begin FOLDER` makes all three. They are never in the database, and
# atelier.licences refuses to start while they do not belong together.
CERTIFICATE_KEY = env.str("CERTIFICATE_KEY")
CERTIFICATE_KEYS = env.str("CERTIFICATE_KEYS")
TRUST_ROOT = env.str("TRUST_ROOT")
# What the secret marks of copies follow from. It is never replaced: copies that are out could no longer be traced.
FINGERPRINT_KEY = env.str("FINGERPRINT_KEY")
# What previews are signed with and what says when, each a key with its certificates, and the anchors under which readers look for them;
# as text or in base64. The same command makes them. Workers that train need no more than the anchors: the other two may be empty there.
PREVIEW_KEY = env.str("PREVIEW_KEY")
PREVIEW_CLOCK = env.str("PREVIEW_CLOCK")
PREVIEW_ANCHORS = env.str("PREVIEW_ANCHORS")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "atelier.api.authentication.TokenAuthentication",
        "allauth.headless.contrib.rest_framework.authentication.XSessionTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["atelier.api.authentication.ScopedPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "atelier.api.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "atelier.api.description.Described",
    "EXCEPTION_HANDLER": "atelier.api.problems.answer",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Atelier API",
    "DESCRIPTION": "Licences, material, trainings and custom models. Errors are problem+json with a code; POST takes Idempotency-Key.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "VersionState": "atelier.catalog.states.VersionState",
        "LicenceState": "atelier.licences.states.LicenceState",
        "OrderState": "atelier.checkout.states.OrderState",
        "RefundState": "atelier.checkout.states.RefundState",
        "DatasetState": "atelier.material.states.DatasetState",
        "AssetState": "atelier.material.states.AssetState",
        "AssetKind": "atelier.material.models.Kind",
        "ModelState": "atelier.library.states.ModelState",
        "ArtifactKind": "atelier.library.models.ArtifactKind",
        "HandoverState": "atelier.library.states.HandoverState",
        "TrainingState": "atelier.trainings.states.TrainingState",
        "ClearanceState": "atelier.catalog.states.ClearanceState",
        "SampleState": "atelier.catalog.states.SampleState",
        "QuestionState": "atelier.material.states.QuestionState",
        "TakedownState": "atelier.takedown.states.TakedownState",
    },
}

CELERY_BROKER_URL = VALKEY_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900, "unacked_restore_interval": 2, "unacked_restore_throttle": 1}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {"task": "kit.outbox.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "sweep-trainings": {"task": "trainings.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "sweep-uploads": {"task": "material.sweep_abandoned", "schedule": 600.0, "options": {"expires": 300}},
    "sequence-audit": {"task": "audit.sequence", "schedule": 1.0, "options": {"expires": 5}},
    "sign-checkpoints": {"task": "studio.sign_checkpoints", "schedule": 3600.0, "options": {"expires": 1800}},
    "renew-revocations": {"task": "licences.renew_revocations", "schedule": 3600.0, "options": {"expires": 1800}},
    "reconcile-payments": {"task": "checkout.reconcile", "schedule": 3600.0, "options": {"expires": 1800}},
    "forget-messages": {"task": "kit.outbox.forget", "schedule": 3600.0, "options": {"expires": 1800}},
    "forget-answers": {"task": "api.forget_answers", "schedule": 3600.0, "options": {"expires": 1800}},
    "forget-sessions": {"task": "accounts.forget_sessions", "schedule": 3600.0, "options": {"expires": 1800}},
}

# The engine: scratch space of the train worker and the interpreter that has torch.
ENGINE_DIR = Path(env.str("ENGINE_DIR", default=str(ROOT / "var" / "engine")))
ENGINE_PYTHON = env.str("ENGINE_PYTHON", default="python3")
# host:port of receivers in our own network that webhooks may reach without https, for tests and development.
HOOKS_MAY_REACH = env.list("HOOKS_MAY_REACH", default=[])
if HOOKS_MAY_REACH and SECURE:
    raise ImproperlyConfigured("HOOKS_MAY_REACH opens our own network to whoever registers a webhook; production has none.")
TRAINING_LEASE_SECONDS = env.float("TRAINING_LEASE_SECONDS", default=30.0)
# How many trainings of one creator are at work at once; 0: any number.
TRAININGS_PER_CREATOR = env.int("TRAININGS_PER_CREATOR", default=0)
# How many trainings a worker may have in one pass of its engine, which has a rule of its own besides; 1: each goes alone.
TRAININGS_PER_PASS = env.int("TRAININGS_PER_PASS", default=8)
# What this worker may take: families of bases (none: all that the engine knows), and the bytes of memory that a training may need
# (0: what the engine says is there).
TRAINING_FAMILIES = env.list("TRAINING_FAMILIES", default=[])
TRAINING_MEMORY_BYTES = env.int("TRAINING_MEMORY_BYTES", default=0)

# The pages are French at / and English at /en/; the API speaks the language that is asked for, English unless told (kit/language.py).
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [ROOT / "frontend" / "locale"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
# `make setup` builds frontend/dist and collects everything under hashed names here.
STATIC_ROOT = ROOT / "frontend" / "dist" / "served"
STATICFILES_DIRS = [ROOT / "frontend" / "dist" / "built", ROOT / "frontend" / "images"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "atelier.kit.static.HashedStorage"},
}

# Nothing inline and nothing from elsewhere. Pictures and samples come from the object store; paying leads to the payment page.
OBJECTS = "/".join(S3["public_url"].split("/")[:3])
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", OBJECTS],
        "media-src": [SELF, OBJECTS],
        "connect-src": [SELF, OBJECTS],
        "form-action": [SELF, STRIPE_API_BASE or "https://checkout.stripe.com"],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
# How many proxies of ours stand before the web processes. Only what they added to X-Forwarded-* is believed; with none, nothing is.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "atelier.kit.faults.csrf_failure"

# What a Prometheus sends as its bearer token to /metrics; without one there are no metrics.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# With less free disk, /ready says no.
READY_FREE_BYTES: int = env.int("READY_FREE_BYTES", default=500_000_000)

# Where traces go; the exporter reads this name, and the other OTEL_* names, by itself.
TRACES = bool(env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default=""))

# LOG_FORMAT=json writes one object a line, with the training that it is about, for whoever collects logs; line is for reading.
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
CELERY_WORKER_HIJACK_ROOT_LOGGER = LOG_FORMAT != "json"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "atelier.kit.logs.LineFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "atelier.kit.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # It tells whole addresses, and a signed one is a key.
    "loggers": {"httpx": {"level": "WARNING"}},
}
