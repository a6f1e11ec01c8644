"""Files of a dataset to read, in a folder or in a ZIP, with names that are safe.

Owns which names exist and how they are opened, and the limits on archives. Does not own what the files mean.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, TypeVar

from annotator.core.errors import InvalidInput, Problem, TooLarge
from annotator.core.words import _
from annotator.formats.codec import FileTree

MAX_FILES = 200_000
MAX_BYTES = 50 * 1024**3
MAX_RATIO = (
    1000  # a member that unpacks to more than this many times its size is a bomb (deflate ends at 1032)
)
RATIO_MATTERS_ABOVE = 10 * 1024**2
READ_LIMIT = 2 * 1024**3  # of one annotation file
JUNK_FOLDERS = frozenset({"__MACOSX", "@eaDir"})
JUNK_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
T = TypeVar("T")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def safe_name(name: str) -> str | None:
    """Give a file's path inside a dataset, `/`-separated; None when it would leave the dataset or names nothing."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0] or "\0" in name:
        return None
    return "/".join(parts)


def is_junk(name: str) -> bool:
    """Say whether a file is an operating system's litter and no part of a dataset."""
    parts = name.split("/")
    return parts[-1] in JUNK_FILES or parts[-1].startswith("._") or not JUNK_FOLDERS.isdisjoint(parts)


class FolderTree:
    """The files below a folder. Links that lead out of the folder are left out."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._names: tuple[str, ...] | None = None

    def names(self) -> Sequence[str]:
        if self._names is None:
            found: list[str] = []
            for folder, _folders, files in os.walk(self._root):
                for file in files:
                    path = Path(folder, file)
                    if path.is_symlink() and not path.resolve().is_relative_to(self._root):
                        continue
                    name = path.relative_to(self._root).as_posix()
                    if not is_junk(name):
                        found.append(name)
            self._names = tuple(sorted(found))
        return self._names

    def open(self, name: str) -> BinaryIO:
        try:
            return (self._root / name).open("rb")
        except OSError as problem:
            raise InvalidInput(
                _("%(name)s cannot be read: %(problem)s") % {"name": name, "problem": problem.strerror}
            ) from problem


class ZipTree:
    """The files of a ZIP, checked once: safe names, no bombs, not too many.

    Raises:
        InvalidInput: no ZIP, or damaged, or with unsafe names (all of them named).
        TooLarge: more files or bytes than allowed.
    """

    def __init__(self, file: BinaryIO, *, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
            entries = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        except DAMAGED as problem:
            raise InvalidInput(
                _("not a ZIP file, or damaged: %(problem)s") % {"problem": problem}
            ) from problem
        if len(entries) > max_files:
            raise TooLarge(
                _("the ZIP holds %(count)s files; the limit is %(limit)s")
                % {"count": len(entries), "limit": max_files}
            )
        total = sum(entry.file_size for entry in entries)
        if total > max_bytes:
            raise TooLarge(
                _("the ZIP unpacks to %(total)s bytes; the limit is %(limit)s")
                % {"total": total, "limit": max_bytes}
            )
        self._entries = _checked_entries(entries)

    def names(self) -> Sequence[str]:
        return tuple(self._entries)

    def open(self, name: str) -> BinaryIO:
        if name not in self._entries:
            raise InvalidInput(_("the ZIP has no file %(name)s") % {"name": name})
        entry = self._entries[name]
        try:
            return io.BufferedReader(_Guarded(self._archive.open(entry), name))
        except DAMAGED as problem:
            raise InvalidInput(
                _("%(name)s in the ZIP cannot be read: %(problem)s") % {"name": name, "problem": problem}
            ) from problem


def _checked_entries(entries: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Give the entries by safe name, sorted."""
    problems: list[Problem] = []
    safe: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = safe_name(entry.filename)
        if name is None:
            problems.append(Problem(entry.filename, _("this path leaves the archive")))
        elif is_junk(name):
            continue
        elif entry.flag_bits & 1:
            problems.append(Problem(name, _("this file is encrypted")))
        elif entry.file_size > RATIO_MATTERS_ABOVE and entry.file_size > MAX_RATIO * max(
            entry.compress_size, 1
        ):
            problems.append(
                Problem(
                    name,
                    _("unpacks to %(size)s bytes from %(packed)s: a ZIP bomb")
                    % {"size": entry.file_size, "packed": entry.compress_size},
                )
            )
        elif name in safe:
            problems.append(Problem(name, _("two files of the ZIP have this path")))
        else:
            safe[name] = entry
    if problems:
        raise InvalidInput(
            _("the ZIP holds %(count)s files that are refused") % {"count": len(problems)}, problems
        )
    return dict(sorted(safe.items()))


class _Guarded(io.RawIOBase):
    """A ZIP member that tells damage as InvalidInput. `zipfile` itself never gives more than the member announced."""

    def __init__(self, source: IO[bytes], name: str) -> None:
        super().__init__()
        self._source = source
        self._name = name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._source.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._guarded(lambda: self._source.seek(offset, whence))

    def tell(self) -> int:
        return self._source.tell()

    def readinto(self, buffer: Any) -> int:
        data = self._guarded(lambda: self._source.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def _guarded(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except DAMAGED as problem:
            raise InvalidInput(
                _("%(name)s in the ZIP is damaged: %(problem)s") % {"name": self._name, "problem": problem}
            ) from problem

    def close(self) -> None:
        self._source.close()
        super().close()


class MemoryTree:
    """Files given as bytes: a reader's view of what a writer made, and of small uploads."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(sorted(files.items()))

    def names(self) -> Sequence[str]:
        return tuple(self._files)

    def open(self, name: str) -> BinaryIO:
        if name not in self._files:
            raise InvalidInput(_("there is no file %(name)s") % {"name": name})
        return io.BytesIO(self._files[name])


def read_all(tree: FileTree, name: str, *, limit: int = READ_LIMIT) -> bytes:
    """Read a whole annotation file.

    Raises:
        InvalidInput: it cannot be read. TooLarge: it is larger than the limit.
    """
    with tree.open(name) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(
            _("%(name)s has more than %(limit)s bytes") % {"name": name, "limit": limit},
            [Problem(name, _("too large"))],
        )
    return data


def suffix(name: str) -> str:
    """Give the file extension with its dot, lower case."""
    return PurePosixPath(name).suffix.lower()


def stem(name: str) -> str:
    """Give the path without the file extension."""
    return str(PurePosixPath(name).with_suffix(""))
