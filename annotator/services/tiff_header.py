"""What a TIFF says about itself, read from its directories alone: sizes, samples, orientation, pages.

Owns the walk through classic and BigTIFF directories, so that files whose samples Pillow has no mode for (16-bit
colour, signed samples, more than four bands) can be judged before anything is decoded. Does not own decoding.

Source: TIFF 6.0; BigTIFF as libtiff writes it (https://www.awaresystems.be/imaging/tiff/bigtiff.html).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

CLASSIC, BIG = 42, 43
MOST_DIRECTORIES = 200
MOST_ENTRIES = 4096
MOST_VALUES = 4_000_000  # strips or tiles of a page
# Bytes of the types that hold whole numbers: BYTE, SHORT, LONG, LONG8.
_WHOLE = {1: "B", 3: "H", 4: "I", 16: "Q"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SUBFILE = 256, 257, 258, 259, 254
_ORIENTATION, _SAMPLES, _EXTRA, _FORMAT = 274, 277, 338, 339
_OFFSETS, _BYTE_COUNTS = (273, 324), (279, 325)  # of strips, of tiles
_REDUCED_OR_MASK = 0b101
_LISTS = frozenset({_BITS, _EXTRA, _FORMAT, *_OFFSETS, *_BYTE_COUNTS})
JPEG_COMPRESSIONS = frozenset({6, 7})


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """The first full-size page of a TIFF.

    Attributes:
        width, height: as stored, before the orientation is applied.
        bits: of one sample. format: 1 whole, 2 signed, 3 float.
        samples: bands of a pixel. has_alpha: one of the extra samples is an alpha channel.
        orientation: as EXIF's, 1..8.
        pages: full-size pages; reduced copies and masks don't count.
        end: the first byte after the last strip or tile of the first page, as its directory says.
    """

    width: int
    height: int
    bits: int
    format: int
    samples: int
    has_alpha: bool
    compression: int
    orientation: int
    pages: int
    end: int


def is_tiff(head: bytes) -> bool:
    """Whether the first bytes are those of a TIFF or a BigTIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_tiff_header(file: BinaryIO) -> TiffHeader:
    """Read the directories.

    Raises:
        ValueError: they are damaged, or there is none with a picture.
    """
    pages = [tags for tags in _directories(file) if not tags.get(_SUBFILE, (0,))[0] & _REDUCED_OR_MASK]
    if not pages:
        raise ValueError("the TIFF has no page")
    first = pages[0]
    if _WIDTH not in first or _HEIGHT not in first:
        raise ValueError("the TIFF does not say how large it is")
    orientation = first.get(_ORIENTATION, (1,))[0]
    return TiffHeader(
        width=first[_WIDTH][0],
        height=first[_HEIGHT][0],
        bits=max(first.get(_BITS, (1,))),
        format=first.get(_FORMAT, (1,))[0],
        samples=first.get(_SAMPLES, (1,))[0],
        has_alpha=any(kind in (1, 2) for kind in first.get(_EXTRA, ())),
        compression=first.get(_COMPRESSION, (1,))[0],
        orientation=orientation if 1 <= orientation <= 8 else 1,
        pages=len(pages),
        end=_end(first),
    )


def _end(tags: dict[int, tuple[int, ...]]) -> int:
    """Where the page's pixels end in the file; 0 where the directory does not say."""
    ends = [0]
    for offsets, counts in zip(_OFFSETS, _BYTE_COUNTS, strict=True):
        ends += map(sum, zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False))
    return max(ends)


def _directories(file: BinaryIO) -> list[dict[int, tuple[int, ...]]]:
    """The whole-number tags of each directory, in order; at most the first two hundred."""
    file.seek(0)
    head = file.read(16)
    if not is_tiff(head):
        raise ValueError("this is no TIFF")
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack(order + "H", head[2:4])[0] == BIG
    offset = _unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])
    found: list[dict[int, tuple[int, ...]]] = []
    seen: set[int] = set()
    while offset and offset not in seen and len(found) < MOST_DIRECTORIES:
        seen.add(offset)
        tags, offset = _directory(file, offset, order, big=big)
        found.append(tags)
    return found


def _directory(
    file: BinaryIO, offset: int, order: str, *, big: bool
) -> tuple[dict[int, tuple[int, ...]], int]:
    """One directory, and where the next begins (0: there is none)."""
    file.seek(offset)
    count = _unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))
    if count > MOST_ENTRIES:
        raise ValueError(f"a directory of {count} entries")
    entry, value = (20, 8) if big else (12, 4)
    data = file.read(count * entry)
    following = _unpack(order + ("Q" if big else "I"), file.read(value))
    if len(data) < count * entry:
        raise ValueError("a directory is cut short")
    tags: dict[int, tuple[int, ...]] = {}
    for start in range(0, count * entry, entry):
        tag, kind = struct.unpack_from(order + "HH", data, start)
        number = _unpack(order + ("Q" if big else "I"), data[start + 4 : start + 4 + value])
        if kind not in _WHOLE or not 0 < number <= MOST_VALUES:
            continue  # not one of those we ask for
        size = number * struct.calcsize(order + _WHOLE[kind])
        inline = data[start + 4 + value : start + 4 + 2 * value]
        if size > value:
            if tag not in _LISTS:
                continue
            file.seek(_unpack(order + ("Q" if big else "I"), inline))
            inline = file.read(size)
        if len(inline) < size:
            raise ValueError("the values of a tag are cut off")
        tags[tag] = struct.unpack_from(f"{order}{number}{_WHOLE[kind]}", inline)
    return tags, following


def _unpack(form: str, data: bytes) -> int:
    if len(data) < struct.calcsize(form):
        raise ValueError("the file is cut short")
    return int(struct.unpack(form, data)[0])
