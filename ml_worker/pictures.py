"""The pixels that prediction reads: small pictures whole, large ones window by window.

Owns decoding and windows. Does not own scaling or what is done with the pixels. A large image of the product is a
pyramid of tiles in one ZIP (members `t_files/<level>/<column>_<row>.<webp or jpg>`, the last level at full size); a
large plain file is read through pyvips.
"""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core.errors import InvalidInput
from annotator.core.words import _

MOST_DECODED = 64_000_000  # pixels of a plain file that is decoded whole: 192 MB
KEPT_TILES = 96  # decoded tiles of a pyramid kept: 75 MB at 512 x 512, enough for two rows of windows
MEMBER = re.compile(r"(\d+)/(\d+)_(\d+)\.(?:webp|jpg)$")
LOADERS = ("Jpeg", "Png", "Tiff", "Webp")

Pixels = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB, upright."""
Frame = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Item:
    """A picture that a prediction is asked for.

    Attributes:
        image: its id. file: of the upright picture, or None. pyramid: archive of tiles, or None.
        width, height: of the upright picture in pixels.
    """

    image: str
    file: Path | None
    pyramid: Path | None
    width: int
    height: int


class Source(Protocol):
    """Pixels of one picture, to be read window by window."""

    height: int
    width: int

    def window(self, frame: Frame) -> Pixels:
        """The pixels of x0, y0, x1, y1, which lies inside the picture."""
        ...


def read_item(value: Mapping[str, Any], folder: Path) -> Item:
    """Read an item of a request; relative paths are relative to the run folder.

    Raises:
        InvalidInput: a field is missing.
    """
    try:
        paths = {key: folder / value[key] if value.get(key) else None for key in ("file", "pyramid")}
        image, width, height = str(value["image"]), int(value["width"]), int(value["height"])
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidInput(
            _("items: an image needs image, width, height and file or pyramid: %(problem)r")
            % {"problem": problem}
        ) from None
    if not any(paths.values()):
        raise InvalidInput(_("items: image %(image)s has neither file nor pyramid") % {"image": image})
    return Item(image, paths["file"], paths["pyramid"], width, height)


def open_picture(item: Item) -> Source:
    """Open a picture; one that is small enough is decoded.

    Raises:
        InvalidInput: it is missing, damaged, or of another size than the product thinks.
    """
    if item.file is not None and item.width * item.height <= MOST_DECODED:
        return _checked(Decoded(decode(item.file)), item)
    if item.pyramid is not None:
        return Pyramid(item.pyramid, item.width, item.height)
    assert item.file is not None
    return _checked(Regions(item.file), item)


def _checked(source: Source, item: Item) -> Source:
    if (source.width, source.height) != (item.width, item.height):
        found, expected = f"{source.width} x {source.height}", f"{item.width} x {item.height}"
        values = {"found": found, "expected": expected}
        raise InvalidInput(_("the picture is %(found)s; it should be %(expected)s") % values)
    return source


def decode(path: Path) -> Pixels:
    """Decode a file whole.

    Raises:
        InvalidInput: it is missing or damaged.
    """
    # Not cv2.imread: it can't open every path that Python can, and says nothing when it fails.
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as problem:
        text = _("the picture cannot be read: %(problem)s") % {"problem": problem.strerror or problem}
        raise InvalidInput(text) from None
    return decode_bytes(content)


def decode_bytes(content: Pixels) -> Pixels:
    """Decode a file's bytes, (N,) uint8.

    Raises:
        InvalidInput: they are no picture.
    """
    try:
        found = (
            cv2.imdecode(content, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
            if content.size
            else None
        )
    except cv2.error:  # it refuses what claims to be absurdly large
        found = None
    if found is None:
        raise InvalidInput(_("the picture cannot be decoded"))
    return np.asarray(found, np.uint8)


class Decoded:
    """A picture in memory."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]

    def window(self, frame: Frame) -> Pixels:
        x0, y0, x1, y1 = frame
        return self.pixels[y0:y1, x0:x1]


class Pyramid:
    """The full level of a large image's archive of tiles."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self.width, self.height = width, height
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as problem:
            text = _("the image's tiles cannot be read: %(problem)s") % {"problem": problem}
            raise InvalidInput(text) from None
        found = [(MEMBER.search(name), name) for name in self._archive.namelist()]
        places = {tuple(int(one) for one in match.groups()): name for match, name in found if match}
        level = max((place[0] for place in places), default=-1)
        self._names = {place[1:]: name for place, name in places.items() if place[0] == level}
        self._tile = functools.lru_cache(maxsize=KEPT_TILES)(self._decode)
        first = self._tile(0, 0)
        self._side = max(first.shape[:2])  # a picture narrower than a tile has only one column of them
        columns, rows = -(-width // self._side), -(-height // self._side)
        if len(self._names) != columns * rows:
            values = {"count": len(self._names), "needed": columns * rows}
            raise InvalidInput(_("the image has %(count)s tiles; %(needed)s are needed") % values)

    def _decode(self, column: int, row: int) -> Pixels:
        name = self._names.get((column, row))
        if name is None:
            tile = f"{column}_{row}"
            raise InvalidInput(_("the image's tile %(tile)s is missing") % {"tile": tile})
        try:
            return decode_bytes(np.frombuffer(self._archive.read(name), np.uint8))
        except (zipfile.BadZipFile, OSError) as problem:
            values = {"tile": f"{column}_{row}", "problem": problem}
            raise InvalidInput(_("the image's tile %(tile)s is damaged: %(problem)s") % values) from None

    def window(self, frame: Frame) -> Pixels:
        x0, y0, x1, y1 = frame
        side = self._side
        pixels = np.empty((y1 - y0, x1 - x0, 3), np.uint8)
        for row in range(y0 // side, (y1 - 1) // side + 1):
            for column in range(x0 // side, (x1 - 1) // side + 1):
                tile, left, top = self._tile(column, row), column * side, row * side
                a, b = max(x0, left), max(y0, top)
                c, d = min(x1, left + tile.shape[1]), min(y1, top + tile.shape[0])
                pixels[b - y0 : d - y0, a - x0 : c - x0] = tile[b - top : d - top, a - left : c - left]
        return pixels


class Regions:
    """A large plain file; libvips keeps what it has decoded on disk or reads the file's own tiles."""

    def __init__(self, path: Path) -> None:
        self._library = _picture_library()
        try:
            image = self._library.Image.new_from_file(str(path), access="random", fail_on="error")
            if image.interpretation not in ("srgb", "b-w", "rgb"):
                image = image.colourspace("srgb")
            if image.hasalpha():
                image = image.extract_band(0, n=image.bands - 1)
            image = image.cast("uchar")
            self._image = (
                image if image.bands == 3 else image.extract_band(0).bandjoin([image.extract_band(0)] * 2)
            )
        except self._library.Error as problem:
            raise InvalidInput(
                _("the picture cannot be opened: %(problem)s")
                % {"problem": " ".join(str(problem).split())[:200]}
            ) from None
        self.width, self.height = int(self._image.width), int(self._image.height)

    def window(self, frame: Frame) -> Pixels:
        x0, y0, x1, y1 = frame
        try:
            part = self._image.crop(x0, y0, x1 - x0, y1 - y0).write_to_memory()
        except self._library.Error as problem:
            text = _("the picture is damaged: %(problem)s")
            raise InvalidInput(text % {"problem": " ".join(str(problem).split())[:200]}) from None
        return np.frombuffer(part, np.uint8).reshape(y1 - y0, x1 - x0, 3)


@functools.cache
def _picture_library() -> Any:
    """The module pyvips with all loaders blocked, for the whole process, but those of formats that we read."""
    import pyvips

    pyvips.operation_block_set("VipsForeignLoad", True)
    for kind in LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{kind}", False)
    return pyvips
