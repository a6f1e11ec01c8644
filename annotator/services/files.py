"""Content-addressed files in the default storage: written whole or not at all, never twice.

Owns names and writing. Does not own what is in the files (`ingest.py`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage

CHUNK = 1024 * 1024


def sha256_of(file: BinaryIO) -> tuple[str, int]:
    """The SHA-256 and the size of a file, which is read from its beginning and left there."""
    digest = hashlib.sha256()
    size = 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return digest.hexdigest(), size


def content_name(folder: str, sha256: str, extension: str) -> str:
    """Where content lies in the storage: `originals/ab/ab12….jpg`."""
    return f"{folder}/{sha256[:2]}/{sha256}{extension}"


def file_store(name: str, file: BinaryIO) -> str:
    """Write a file under a content-addressed name, unless it is there.

    On a disk the bytes go to a temporary file beside it, which is renamed when they have reached the disk: a crash
    leaves no half file under a name that promises the content. Object stores write atomically by themselves.

    Returns:
        The name under which it lies.
    """
    file.seek(0)
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:  # not on a disk
        return name if default_storage.exists(name) else default_storage.save(name, File(file))
    if path.exists():
        return name
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as target:
            shutil.copyfileobj(file, target, CHUNK)
            target.flush()
            os.fsync(target.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return name


def file_keep(path: Path, name: str) -> str:
    """Move a finished temporary file into the storage under a name, unless that is there.

    On a disk it is synced and renamed, and must lie on the storage's own disk.

    Returns:
        The name under which it lies.
    """
    if default_storage.exists(name):
        return name
    try:
        target = Path(default_storage.path(name))
    except NotImplementedError:  # not on a disk
        with path.open("rb") as file:
            return default_storage.save(name, File(file))
    target.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(0o644)
    path.replace(target)
    return name
