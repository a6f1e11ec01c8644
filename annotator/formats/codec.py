"""What a codec is: the values that go in and come out of `write` and `read`, and the options that a codec has.

Owns the shared types and the checking of options. Does not own any format, nor where files lie (`tree.py`, `zip.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, BinaryIO, Protocol, TypeAlias
from uuid import UUID

from annotator.core.document import DatasetView, ImageDocument, LabelClass
from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _

CHUNK = 1 << 18


class FileTree(Protocol):
    """The files of a dataset to read, wherever they lie."""

    def names(self) -> Sequence[str]:
        """Give every file's path, `/`-separated, sorted."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open one file for reading.

        Raises:
            InvalidInput: it cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file to write. `chunks` is iterated once, before the next member is asked for."""

    path: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class ReadDataset:
    """What a reader found. Iterating `images` goes on adding to the list of problems that `read` was given.

    Attributes:
        classes: index unique within this dataset; a project maps them to its own by name.
        images: `key` of each is its file's name in the tree, or empty where the tree has no such file.
        image_count: how many images `images` yields at most, for a progress bar.
    """

    classes: tuple[LabelClass, ...]
    images: Iterator[ImageDocument]
    image_count: int


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a writer: a choice among words, or a boolean."""

    name: str
    default: str | bool
    help: str
    choices: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": "choice" if self.choices else "boolean",
            "choices": list(self.choices),
            "default": self.default,
            "help": self.help,
        }


Options: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, what people call it, and its codec's functions."""

    name: str
    title: str
    task_types: tuple[str, ...]
    options: tuple[Option, ...]
    write: Callable[[DatasetView, Options], Iterator[Member]]
    read: Callable[[FileTree, list[Problem]], ReadDataset]
    detect: Callable[[FileTree], bool]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "reads": True,
            "writes": True,
            "task_types": list(self.task_types),
            "options": [option.as_json() for option in self.options],
        }


def checked_options(fmt: Format, options: object) -> dict[str, Any]:
    """Give the options complete with defaults.

    Raises:
        InvalidInput: an unknown option or a value that is not allowed, all of them named.
    """
    if not isinstance(options, Mapping):
        raise InvalidInput(
            _("options must be an object, not %(type)s") % {"type": type(options).__name__},
            [Problem("options", _("must be an object"))],
        )
    known = {option.name: option for option in fmt.options}
    problems = [
        Problem(
            f"options.{name}",
            _("%(name)s has no such option; it has %(names)s")
            % {"name": fmt.name, "names": ", ".join(sorted(known)) or _("none")},
        )
        for name in options
        if name not in known
    ]
    values = {name: options.get(name, option.default) for name, option in known.items()}
    for name, option in known.items():
        if option.choices and values[name] not in option.choices:
            allowed = ", ".join(option.choices)
            problems.append(
                Problem(
                    f"options.{name}",
                    _("%(value)r is not one of %(allowed)s") % {"value": values[name], "allowed": allowed},
                )
            )
        elif not option.choices and not isinstance(values[name], bool):
            problems.append(
                Problem(f"options.{name}", _("%(value)r is not true or false") % {"value": values[name]})
            )
    if problems:
        raise InvalidInput(_("%(count)s of the options are wrong") % {"count": len(problems)}, problems)
    return values


def object_id(source: str, position: int) -> UUID:
    """Give an object an id whose order as text is its position, and which is the same when a file is read again.

    Objects that come in together have the same z and revision, so the id alone settles which lies on top.

    Args:
        source: tells images (and imports) apart.
        position: place of the object in its image, 0..2**32 - 1.

    Returns:
        A version 8 (free form) UUID.
    """
    digest = blake2b(source.encode(), digest_size=12).digest()
    value = position << 96 | int.from_bytes(digest, "big")
    value = value & ~(0xF << 76) | (8 << 76)
    return UUID(int=value & ~(0x3 << 62) | (0x2 << 62))


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Give a file's bytes in chunks and close it."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
