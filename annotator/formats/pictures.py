"""The picture files of a dataset: their names in an export, their bytes, and their upright size when reading.

Owns how an image of a dataset becomes a file beside its annotations. Does not own annotations.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

import orjson
from PIL import Image, UnidentifiedImageError

from annotator.core.document import DatasetView, ImageDocument, Split
from annotator.core.errors import InvalidInput
from annotator.core.words import _
from annotator.formats.codec import FileTree, Member, read_chunks
from annotator.formats.tree import stem, suffix

PICTURES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".jpe", ".jfif", ".gif", ".ppm"}
)
SAME = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg"}
ORIENTATION = 0x0112
TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
SPOOL_IN_MEMORY = 1 << 20


def file_name(document: ImageDocument, extension: str) -> str:
    """Give the image's name with the extension of the bytes that are written: `a.tif` as PNG is `a.tif.png`."""
    own = suffix(document.name)
    return (
        document.name if SAME.get(own, own) == SAME.get(extension, extension) else document.name + extension
    )


def unique_stem(name: str, used: set[str]) -> str:
    """Give the name without extension, or with it where another image (`a.jpg`, `a.png`) has the stem already."""
    short = stem(name)
    chosen = name if short.casefold() in used else short
    used.add(chosen.casefold())
    return chosen


class PictureList:
    """The pictures met while the annotations were written, kept on disk, to be written after them."""

    def __init__(self, view: DatasetView) -> None:
        self._view = view
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOL_IN_MEMORY)  # noqa: SIM115  # closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, document: ImageDocument, path: str) -> None:
        row = [document.name, document.width, document.height, document.split, document.key, path]
        self._file.write(orjson.dumps(row) + b"\n")

    def members(self) -> Iterator[Member]:
        self._file.seek(0)
        for line in self._file:
            name, width, height, split, key, path = orjson.loads(line)
            document = ImageDocument(name, width, height, split=Split(split) if split else None, key=key)
            yield Member(path, _picture_chunks(self._view, document))


def _picture_chunks(view: DatasetView, document: ImageDocument) -> Iterator[bytes]:
    yield from read_chunks(view.open_image(document))


def upright_size(tree: FileTree, name: str) -> tuple[int, int]:
    """Give a picture's width and height as it is seen, EXIF orientation applied.

    Raises:
        InvalidInput: the file is no picture that can be read.
    """
    with tree.open(name) as file:
        image = open_picture(file, name)
        width, height = image.size
        if image.getexif().get(ORIENTATION) in TURNED:
            return height, width
        return width, height


def open_picture(file: BinaryIO, name: str) -> Image.Image:
    """Open a picture, its pixels not yet decoded.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return Image.open(file)
    except UnidentifiedImageError:  # its own words name our file object
        raise InvalidInput(_("%(name)s is not a picture that can be read") % {"name": name}) from None
    except (
        Image.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
    ) as problem:
        raise InvalidInput(
            _("%(name)s is not a picture that can be read: %(problem)s") % {"name": name, "problem": problem}
        ) from problem
