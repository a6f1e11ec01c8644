"""Pictures kept decoded in memory, because an assist reads the same part again with every click.

Owns how much is kept and what is thrown away first. Does not own which pixels are asked for, nor files
(`annotator/selectors/region.py`). One for the whole process; all of it may be used by several threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Frame = tuple[int, int, int, int]
"""x0, y0, x1, y1 in whole image pixels, the far sides exclusive."""
Pixels = npt.NDArray[np.uint8]

BUDGET = 192 << 20  # bytes, over all that is kept
WHOLE = 24_000_000  # pixels: a picture of up to so many is kept whole
BLOCK = 4096  # of a larger one this many pixels a side around what was asked for


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A decoded part of a picture: (H, W, 3) uint8 RGB, read-only, at its place in the picture."""

    frame: Frame
    pixels: Pixels

    def cut(self, frame: Frame) -> Pixels | None:
        """Give a part of the picture as a view; None when the block does not hold all of it."""
        x0, y0, x1, y1 = self.frame
        if frame[0] < x0 or frame[1] < y0 or frame[2] > x1 or frame[3] > y1:
            return None
        return self.pixels[frame[1] - y0 : frame[3] - y0, frame[0] - x0 : frame[2] - x0]


class Decoded:
    """Blocks of pictures, the least recently used thrown away first."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._blocks: OrderedDict[str, Block] = OrderedDict()
        self._lock = threading.Lock()  # of the blocks
        self._decoding = threading.Lock()  # only one large picture at a time fills the memory

    @property
    def size(self) -> int:
        """The bytes that are kept."""
        with self._lock:
            return sum(block.pixels.nbytes for block in self._blocks.values())

    def part(
        self, name: str, frame: Frame, *, size: tuple[int, int], decode: Callable[[Frame], Pixels]
    ) -> Pixels:
        """Give the pixels of a part, decoding what is not here.

        Args:
            name: of the picture's content. size: its width and height.
            decode: reads a part of the picture: (H, W, 3) uint8.
        """
        found = self._look(name, frame)
        if found is not None:
            return found
        if size[0] * size[1] <= WHOLE:
            return self._keep(name, frame, (0, 0, *size), decode)
        with self._decoding:
            found = self._look(name, frame)  # by whoever decoded it meanwhile
            return found if found is not None else self._keep(name, frame, around(frame, size), decode)

    def _look(self, name: str, frame: Frame) -> Pixels | None:
        with self._lock:
            block = self._blocks.get(name)
            found = block.cut(frame) if block else None
            if found is not None:
                self._blocks.move_to_end(name)
            return found

    def _keep(self, name: str, frame: Frame, outer: Frame, decode: Callable[[Frame], Pixels]) -> Pixels:
        pixels = decode(outer)
        pixels.setflags(write=False)
        block = Block(outer, pixels)
        with self._lock:
            self._blocks[name] = block
            self._blocks.move_to_end(name)
            kept = sum(one.pixels.nbytes for one in self._blocks.values())
            while kept > self._budget and self._blocks:
                kept -= self._blocks.popitem(last=False)[1].pixels.nbytes
        found = block.cut(frame)
        assert found is not None
        return found


def around(frame: Frame, size: tuple[int, int]) -> Frame:
    """Give a part of a picture, widened about its middle to `BLOCK` a side, moved to lie within the picture."""
    x0, x1 = _widened(frame[0], frame[2], size[0])
    y0, y1 = _widened(frame[1], frame[3], size[1])
    return x0, y0, x1, y1


def _widened(low: int, high: int, end: int) -> tuple[int, int]:
    length = min(end, max(BLOCK, high - low))
    start = min(max(0, (low + high - length) // 2), end - length)
    return start, start + length
