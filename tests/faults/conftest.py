"""Fixtures of the fault tests: sites of worker processes on both brokers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import absent
from tests.faults.workers import Site
from tools.services import REDIS_DEFAULT, find_redis

# `make test` names one broker for each database, as they are installed: files with SQLite, Redis with PostgreSQL.
BROKERS = os.environ.get("CONTORNO_TEST_BROKERS", "files,redis").split(",")


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.redis] * (name == "redis")) for name in BROKERS]
)
def site(request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path) -> Iterator[Site]:
    """A site without workers yet, on the embedded broker and again on Redis."""
    redis_url = ""
    if request.param == "redis":
        redis_url = find_redis() or ""
        if not redis_url:
            absent("redis", f"no Redis answers at {REDIS_DEFAULT} (set CONTORNO_TEST_REDIS_URL)")
    built = Site(tmp_path, redis_url=redis_url)
    yield built
    built.end()
