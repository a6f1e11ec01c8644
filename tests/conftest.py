"""Fixtures for all tests. The settings (tests/settings.py) give each process its own data folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATABASE_FIXTURES = {"db", "transactional_db"}


def required(name: str) -> bool:
    """Whether the run must have this service: then its absence fails tests instead of skipping them."""
    return name in os.environ.get("CONTORNO_REQUIRE", "").split(",")


def absent(name: str, reason: str) -> NoReturn:
    """Skip because a service is not there, or fail where the run requires it."""
    if required(name):
        pytest.fail(f"{reason} (CONTORNO_REQUIRE names {name})", pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what must also run on PostgreSQL: all that touches the database."""
    for item in items:
        fixtures = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        used = fixtures or item.get_closest_marker("django_db")
        if used and not item.get_closest_marker("one_database"):
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real datasets; tests that ask for it skip where it is absent."""
    path = Path(os.environ.get("CONTORNO_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not path.is_dir():
        absent("shared-data", f"no real datasets at {path} (set CONTORNO_SHARED_DATA)")
    return path
