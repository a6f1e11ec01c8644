"""Tiles of a large image's pyramid, out of its one archive.

Owns finding a tile in the archive and putting a part of the picture together from tiles. Does not own making the
pyramid (`services/pyramid.py`).

A pyramid is a ZIP without compression, each tile a member `t_files/<level>/<column>_<row>.<webp or jpg>`, as Deep Zoom
names them. Level 0 fits into one tile; each next one has twice the sides; the last is the image itself. A tile is
read with one ranged read; the directory of an archive is read once a process, and an archive never changes under its
name.
"""

from __future__ import annotations

import functools
import io
import math
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from annotator.models import ImageAsset
from annotator.storage import RangedFile, read_range

KEPT_DIRECTORIES = 32  # of archives; that of a 30,000 x 30,000 image takes about a megabyte
DIRECTORY_BUFFER = 1 << 20
MEMBER = re.compile(r"(\d+)/(\d+)_(\d+)\.(webp|jpg)$")
LOCAL_HEADER = 30  # bytes, and then the name and the extra field
ROOM = 512  # read beyond the tile's own bytes, for name and extra field

Frame = tuple[int, int, int, int]


class TileMissing(Exception):
    """The pyramid has no such tile: outside the image, or a level that there is not."""


class PyramidMissing(Exception):
    """The archive is gone from the storage, or damaged: the pyramid must be made anew."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile's file. extension: `webp` or `jpg`."""

    data: bytes
    extension: str


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    size: int
    extension: str


def tile_at(image: ImageAsset, level: int, column: int, row: int) -> Tile:
    """Read one tile.

    Args:
        image: whose pyramid is ready.

    Raises:
        TileMissing: there is none at this place. PyramidMissing: the archive is gone or damaged.
    """
    try:
        place = _directory(image.pyramid).get((level, column, row))
        if place is None:
            raise TileMissing
        return Tile(_member(image.pyramid, place), place.extension)
    except (FileNotFoundError, zipfile.BadZipFile, struct.error) as error:
        raise PyramidMissing(str(error)) from error


def tile_count(pyramid: str) -> int:
    """How many tiles an archive holds.

    Raises:
        FileNotFoundError: there is no archive. BadZipFile: it is none.
    """
    return len(_directory(pyramid))


def expected_tiles(width: int, height: int, tile_size: int) -> int:
    """How many tiles the pyramid of an image has."""
    levels = levels_of(width, height, tile_size)
    sizes = (level_size(width, height, levels, level) for level in range(levels))
    return sum(math.ceil(wide / tile_size) * math.ceil(high / tile_size) for wide, high in sizes)


def levels_of(width: int, height: int, tile_size: int) -> int:
    """How many levels a pyramid has: halved until it fits into one tile."""
    levels = 1
    while max(width, height) > tile_size:
        width, height, levels = (width + 1) // 2, (height + 1) // 2, levels + 1
    return levels


def level_size(width: int, height: int, levels: int, level: int) -> tuple[int, int]:
    """Width and height of a level, in its own pixels."""
    for _ in range(levels - 1 - level):
        width, height = (width + 1) // 2, (height + 1) // 2
    return width, height


def pyramid_region(image: ImageAsset, frame: Frame, most_pixels: int) -> npt.NDArray[np.uint8]:
    """Put a part of the picture together from the tiles of the coarsest level that is fine enough.

    Args:
        frame: x0, y0, x1, y1 in whole image pixels, inside the image.
        most_pixels: a larger part is scaled down to about this.

    Returns:
        (h, w, 3) uint8 RGB; exactly the image's pixels where nothing is scaled and its tiles are lossless.

    Raises:
        PyramidMissing: the archive is gone or damaged.
    """
    x0, y0, x1, y1 = frame
    scale = min(1.0, math.sqrt(most_pixels / ((x1 - x0) * (y1 - y0))))
    back = max(0, min(image.levels - 1, math.floor(-math.log2(scale))))  # levels below the full one
    level, step = image.levels - 1 - back, 2**back
    wide, high = level_size(image.width, image.height, image.levels, level)
    part = (x0 / step, y0 / step, min(wide, x1 / step), min(high, y1 / step))
    outer = (math.floor(part[0]), math.floor(part[1]), math.ceil(part[2]), math.ceil(part[3]))
    pixels = _assemble(image, level, outer)
    if scale == 1.0:
        return pixels
    target = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    inner = (part[0] - outer[0], part[1] - outer[1], part[2] - outer[0], part[3] - outer[1])
    return np.asarray(Image.fromarray(pixels).resize(target, Image.Resampling.BOX, box=inner))


def _assemble(image: ImageAsset, level: int, frame: Frame) -> npt.NDArray[np.uint8]:
    """The pixels of a part of a level, (h, w, 3)."""
    x0, y0, x1, y1 = frame
    pixels = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
    for column, row in _touched(frame, image.tile_size):
        try:
            tile = tile_at(image, level, column, row)
        except TileMissing as error:
            raise PyramidMissing(f"no tile {level}/{column}_{row}") from error
        with Image.open(io.BytesIO(tile.data)) as picture:
            piece = np.asarray(picture.convert("RGB"))
        left, top = column * image.tile_size - x0, row * image.tile_size - y0
        right, bottom = min(left + piece.shape[1], x1 - x0), min(top + piece.shape[0], y1 - y0)
        into = pixels[max(top, 0) : bottom, max(left, 0) : right]
        into[:] = piece[max(-top, 0) :, max(-left, 0) :][: into.shape[0], : into.shape[1]]
    return pixels


def _touched(frame: Frame, tile_size: int) -> Iterator[tuple[int, int]]:
    x0, y0, x1, y1 = frame
    for row in range(y0 // tile_size, (y1 - 1) // tile_size + 1):
        for column in range(x0 // tile_size, (x1 - 1) // tile_size + 1):
            yield column, row


@functools.lru_cache(maxsize=KEPT_DIRECTORIES)
def _directory(pyramid: str) -> dict[tuple[int, int, int], _Place]:
    """Where each tile lies: by level, column and row."""
    places: dict[tuple[int, int, int], _Place] = {}
    with zipfile.ZipFile(io.BufferedReader(RangedFile(pyramid), DIRECTORY_BUFFER)) as archive:
        for info in archive.infolist():
            found = MEMBER.search(info.filename)
            if found and info.compress_type == zipfile.ZIP_STORED:
                key = int(found[1]), int(found[2]), int(found[3])
                places[key] = _Place(info.header_offset, info.file_size, found[4])
    return places


def _member(pyramid: str, place: _Place) -> bytes:
    """A member's bytes. Its local header may be longer than the directory tells, so that is asked for."""
    data = read_range(pyramid, place.offset, LOCAL_HEADER + ROOM + place.size)
    magic, name, extra = struct.unpack_from("<4s22xHH", data)
    start = LOCAL_HEADER + name + extra
    if magic != b"PK\x03\x04":
        raise zipfile.BadZipFile("a tile's header is damaged")
    if start > LOCAL_HEADER + ROOM:
        return read_range(pyramid, place.offset + start, place.size)
    tile = data[start : start + place.size]
    if len(tile) < place.size:
        raise zipfile.BadZipFile("a tile is cut off")
    return tile
