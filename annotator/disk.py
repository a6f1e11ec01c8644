"""Telling a full disk from other failures. Needs neither settings nor a database."""

from __future__ import annotations

import errno

# SQLite says the first; PostgreSQL hands on what the system said.
_DATABASE_WORDS = ("database or disk is full", "No space left on device", "Disk quota exceeded")


def is_disk_full(error: BaseException) -> bool:
    """Whether a file or a database could not be written for want of room."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    from django.db import DatabaseError

    return isinstance(error, DatabaseError) and any(words in str(error) for words in _DATABASE_WORDS)
