"""What an import reads: the files that were uploaded, or fetched from addresses, as one tree of files.

Owns where uploads wait until their job runs, and limits on archives. Does not own what the files mean (`formats/`).
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from annotator.core.errors import DomainError, InvalidInput, Problem
from annotator.formats.codec import FileTree
from annotator.formats.tree import FolderTree, ZipTree, is_junk, safe_name, suffix
from annotator.job_context import JobContext
from annotator.services.fetch import fetch

FOLDER = "imports"
ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06")


class UnionTree:
    """Several trees as one. A path that two of them have belongs to the first."""

    def __init__(self, trees: Sequence[FileTree]) -> None:
        self._owner: dict[str, FileTree] = {}
        for tree in trees:
            for name in tree.names():
                self._owner.setdefault(name, tree)
        self._names = tuple(sorted(self._owner))

    def names(self) -> Sequence[str]:
        return self._names

    def open(self, name: str) -> BinaryIO:
        if name not in self._owner:
            raise InvalidInput(_("there is no file %(name)s") % {"name": name})
        return self._owner[name].open(name)


class PartTree:
    """Some of a tree's files."""

    def __init__(self, tree: FileTree, names: Collection[str]) -> None:
        self._tree = tree
        self._names = tuple(sorted(names))

    def names(self) -> Sequence[str]:
        return self._names

    def open(self, name: str) -> BinaryIO:
        return self._tree.open(name)


class StoredTree:
    """Single uploaded files. files: path in the dataset -> name in the storage."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = dict(sorted(files.items()))

    def names(self) -> Sequence[str]:
        return tuple(self._files)

    def open(self, name: str) -> BinaryIO:
        try:
            return cast("BinaryIO", default_storage.open(self._files[name]))
        except (KeyError, OSError) as problem:
            raise InvalidInput(
                _("%(name)s cannot be read: %(problem)s") % {"name": name, "problem": problem}
            ) from problem


def stage_files(files: Iterable[tuple[str, BinaryIO]]) -> list[dict[str, str]]:
    """Keep uploaded files until the job has read them.

    Args:
        files: path inside the dataset and content of each.

    Returns:
        For the job's parameters: [{"name": path in the dataset, "file": name in the storage}].

    Raises:
        InvalidInput: a path would leave the dataset; all of them are named, and nothing is kept.
    """
    named = [(file, safe_name(name), name) for name, file in files]
    problems = [Problem(f"files[{k}]", _("%(name)r is no file name") % {"name": given})
                for k, (_file, name, given) in enumerate(named) if name is None]  # fmt: skip
    if problems:
        raise InvalidInput(problems[0].message, problems)
    batch = uuid.uuid4().hex
    staged: list[dict[str, str]] = []
    for k, (file, name, _given) in enumerate(named):
        file.seek(0)
        staged.append({"name": name or "", "file": default_storage.save(f"{FOLDER}/{batch}/{k}", File(file))})
    return staged


def unstage(parameters: Mapping[str, Any]) -> None:
    """Delete the files that were kept for a job."""
    for one in parameters.get("files", []):
        default_storage.delete(one["file"])


@contextmanager
def staged_tree(context: JobContext, problems: list[Problem]) -> Iterator[FileTree]:
    """Give the job's files as one tree: ZIPs are looked into, addresses are fetched.

    Raises:
        InvalidInput, TooLarge: nothing can be read.
    """
    with ExitStack() as stack:
        parameters = context.job.parameters
        trees: list[FileTree] = []
        plain: dict[str, str] = {}
        for one in parameters.get("files", []):
            if is_junk(one["name"]):
                continue
            file = cast("BinaryIO", stack.enter_context(default_storage.open(one["file"])))
            if _is_zip(file):
                trees.append(_zip_tree(file))
            elif suffix(one["name"]) == ".zip":
                text = _("this is no ZIP archive, or one that is damaged or cut short")
                problems.append(Problem(one["name"], text))
            else:
                file.close()
                plain[one["name"]] = one["file"]
        if plain:
            trees.append(StoredTree(plain))
        if urls := parameters.get("urls", []):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="contorno-import-")))
            trees += _fetched(stack, context, urls, folder, problems)
        if path := parameters.get("path"):
            trees.append(_local(stack, Path(path)))
        if not trees:
            raise InvalidInput(_("nothing could be read"), problems)
        tree = trees[0] if len(trees) == 1 else UnionTree(trees)
        if not tree.names():
            raise InvalidInput(_("nothing to import: there are no files in it"), problems)
        yield tree


def _is_zip(file: BinaryIO) -> bool:
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in ZIP_HEADS


def _zip_tree(file: BinaryIO) -> ZipTree:
    return ZipTree(file, max_files=settings.MAX_ARCHIVE_FILES, max_bytes=settings.MAX_ARCHIVE_BYTES)


def _local(stack: ExitStack, path: Path) -> FileTree:
    """Give a folder or a ZIP of this machine; only the command line names such."""
    if path.is_dir():
        return FolderTree(path)
    try:
        return _zip_tree(stack.enter_context(path.open("rb")))
    except OSError as problem:
        raise InvalidInput(
            _("%(path)s cannot be read: %(problem)s") % {"path": path, "problem": problem.strerror}
        ) from problem


def _fetched(
    stack: ExitStack, context: JobContext, urls: Sequence[str], folder: Path, problems: list[Problem]
) -> list[FileTree]:
    """Fetch addresses into a folder; those that fail are told."""
    plain, trees = folder / "files", list[FileTree]()
    plain.mkdir()
    for k, url in enumerate(urls):
        context.check_cancelled()
        values = {"n": k + 1, "total": len(urls)}
        context.progress(0.3 * k / len(urls), _("fetching %(n)s of %(total)s") % values)
        part = folder / f"{k}.part"
        try:
            with part.open("wb") as target:
                name = fetch(url, target)
        except DomainError as problem:
            problems.append(Problem(url, problem.detail))
            continue
        with part.open("rb") as file:
            archive = _is_zip(file)
        if archive:
            trees.append(_zip_tree(stack.enter_context(part.open("rb"))))
        else:
            part.rename(_free(plain, name))
    return [*trees, FolderTree(plain)] if any(plain.iterdir()) else trees


def _free(folder: Path, name: str) -> Path:
    """Give a path for a file called so, numbered where the name is taken."""
    path, number = folder / name, 2
    while path.exists():
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
        number += 1
    return path
