"""Parts of stored files, on a disk or in a bucket, without reading the rest.

Owns ranged reads, which Django's storage interface lacks: its files from a bucket are fetched whole at the first read.
Does not own names nor writing (`services/files.py`).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput

COPY = 4 * 1024 * 1024  # bytes at once from a bucket


def read_range(name: str, start: int, size: int) -> bytes:
    """Read `size` bytes from `start` of a stored file; fewer at its end.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if size <= 0:
        return b""
    path = _path(name)
    if path is not None:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)
    return _from_bucket(name, Range=f"bytes={start}-{start + size - 1}")["Body"].read()


def stored_size(name: str) -> int:
    """The size of a stored file in bytes.

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = _path(name)
    if path is not None:
        return path.stat().st_size
    answer = _from_bucket(name, Range="bytes=0-0")
    answer["Body"].close()
    return int(answer["ContentRange"].rpartition("/")[2])


def stored_path(name: str) -> Path | None:
    """Where the file lies on this machine's disk; None where files are in a bucket."""
    return _path(name)


def local_copy(name: str, folder: Path) -> Path:
    """A stored file on this machine's disk: where it lies, or a copy from the bucket in `folder`.

    Raises:
        InvalidInput: it is gone.
    """
    path = _path(name)
    if path is not None and path.is_file():
        return path
    if path is None:
        path = folder / Path(name).name
        if path.exists():
            return path
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.part")
        try:
            with default_storage.open(name, "rb") as source, draft.open("wb") as target:
                for chunk in source.chunks(COPY):
                    target.write(chunk)
            return draft.replace(path)
        except FileNotFoundError:
            draft.unlink(missing_ok=True)
    raise InvalidInput(_("the file %(name)s is missing from the storage") % {"name": name})


def _path(name: str) -> Path | None:
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def _from_bucket(name: str, **options: Any) -> Any:
    from botocore.exceptions import ClientError

    storage: Any = default_storage
    try:
        return storage.bucket.Object(storage._normalize_name(name)).get(**options)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            raise FileNotFoundError(name) from error
        raise


class RangedFile(io.RawIOBase):
    """A stored file as a seekable one; wrap it into a `BufferedReader`, for each read is a request."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._size = stored_size(name)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = read_range(self._name, self._at, min(len(buffer), self._size - self._at))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
