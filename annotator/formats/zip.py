"""A ZIP written to a file object, the same bytes every time: fixed time stamps, fixed order, no member in memory.

Owns the container only. Pictures are stored (they are compressed already), everything else is deflated.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import BinaryIO

from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from annotator.formats.codec import Member

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the first moment that ZIP can tell
STORED = frozenset({".jpg", ".jpeg", ".png", ".webp", ".zip"})
# On 13 MB of coordinates level 1 takes 0.16 s and level 6 1.1 s, for 16 % fewer bytes (benchmarks/export.py).
LEVEL = 1
REGULAR_FILE = 0o100644 << 16
UNIX = 3


def write_zip(
    file: BinaryIO, members: Iterable[Member], *, after_chunk: Callable[[int], None] | None = None
) -> int:
    """Write the members in the order given.

    Args:
        file: open for writing, seekable.
        after_chunk: called with the bytes taken in so far after every chunk; may raise to stop.

    Returns:
        How many members were written.

    Raises:
        InvalidInput: two members have one path, or a path is not safe to unpack.
    """
    seen: set[str] = set()
    taken = 0
    with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        for member in members:
            _check_path(member.path, seen)
            with archive.open(_entry(member.path), "w", force_zip64=True) as target:
                for chunk in member.chunks:
                    target.write(chunk)
                    taken += len(chunk)
                    if after_chunk is not None:
                        after_chunk(taken)
    return len(seen)


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, FIXED_TIME)
    stored = PurePosixPath(path).suffix.lower() in STORED
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    entry._compresslevel = None if stored else LEVEL  # type: ignore[attr-defined]  # public only from Python 3.13
    entry.external_attr = REGULAR_FILE
    entry.create_system = UNIX
    return entry


def _check_path(path: str, seen: set[str]) -> None:
    parts = path.split("/")
    if not path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise InvalidInput(
            _("%(path)r is no path for a file inside a ZIP") % {"path": path},
            [Problem(path, _("unsafe path"))],
        )
    if path in seen:
        raise InvalidInput(
            _("two images of the dataset would both be written to %(path)r; rename one of them")
            % {"path": path},
            [Problem(path, _("written twice"))],
        )
    seen.add(path)
