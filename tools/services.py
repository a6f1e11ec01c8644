"""Finds the services that some tests need: PostgreSQL, Redis, Chromium. Starts and installs nothing."""

from __future__ import annotations

import getpass
import os
import shutil
from pathlib import Path

REDIS_DEFAULT = "redis://127.0.0.1:6379/15"


def find_postgres() -> str | None:
    """The URL of a PostgreSQL server on which we may create databases, or None."""
    import psycopg2

    named = [os.environ.get(name, "") for name in ("CONTORNO_TEST_POSTGRES_URL", "DATABASE_URL")]
    usual = [f"postgres://{user}@127.0.0.1:5432/postgres" for user in (getpass.getuser(), "postgres")]
    for url in [*(url for url in named if url.startswith("postgres")), *usual]:
        try:
            connection = psycopg2.connect(url, connect_timeout=3)
        except psycopg2.Error:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            row = cursor.fetchone()
        connection.close()
        if row and row[0]:
            return url
    return None


def find_redis() -> str | None:
    """The URL of a Redis that answers, or None. Tests use a database number and key prefixes of their own."""
    import redis

    for url in (os.environ.get("CONTORNO_TEST_REDIS_URL", ""), REDIS_DEFAULT):
        if not url:
            continue
        try:
            redis.Redis.from_url(url, socket_connect_timeout=2).ping()
        except redis.RedisError:
            continue
        return url
    return None


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome, or None."""
    named = os.environ.get("CONTORNO_CHROMIUM", "")
    if named and Path(named).exists():
        return named
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next((path for name in names if (path := shutil.which(name))), None)
