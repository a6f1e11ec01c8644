"""Which part of a picture a click model looks at: first all of it, then closer around what it found there.

Owns regions alone: how they are chosen, cut out and put back. Does not own a model.

All coordinates are pixels of the picture as it is kept for the model, origin at its top-left corner.

Source: Sofiiuk, Petrov, Konushin 2022 (RITM) look again around the last mask, enlarged by 1.4; that a first click is
followed up at once, step by step, is ours: a click on a nucleus says nothing of its size.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from annotator.clicks.interface import Mask, Points

Region: TypeAlias = tuple[int, int, int, int]
"""x0, y0, x1, y1."""

AROUND = 1.4  # of what was found: what a look shows beside it, as RITM has it
CLOSER_AT_MOST = 4.0  # in one step: what a coarse look finds may be a part of the object
NOT_FOUND = 3.0  # how much closer the next look is where nothing was found
ALIKE = 0.7  # of the last region's side; a region that is hardly closer is not looked at again


def region_around(found: Mask, positive: Points, *, size: tuple[int, int], least: int) -> Region | None:
    """Give the square around what was found and the positive points, enlarged; it is cut at the picture's border.

    Args:
        found: (h, w) bool of the picture.
        size: width and height of the picture. least: side of the smallest square.

    Returns:
        None where there is nothing to look at.
    """
    places = [positive]
    if found.any():
        columns, rows = np.flatnonzero(found.any(axis=0)), np.flatnonzero(found.any(axis=1))
        places.append(np.array([[columns[0], rows[0]], [columns[-1] + 1, rows[-1] + 1]], np.float64))
    corners = np.concatenate(places)
    if len(corners) == 0:
        return None
    low, high = corners.min(axis=0), corners.max(axis=0)
    side = max(float((high - low).max()) * AROUND, least)
    return _square((low + high) / 2, side, size)


def next_region(
    found: Mask, positive: Points, last: Region, *, size: tuple[int, int], least: int
) -> Region | None:
    """Give what to look at after `last`; None: what was seen there is good enough.

    Args: see `region_around`; `found` is what the last look gave.
    """
    side = max(last[2] - last[0], last[3] - last[1])
    inside = positive[_within(positive, last)]
    if not found.any():
        if len(inside) == 0 or side / NOT_FOUND < least:
            return None
        return _square(inside.mean(axis=0), side / NOT_FOUND, size)
    wanted = region_around(found, positive, size=size, least=max(least, math.ceil(side / CLOSER_AT_MOST)))
    assert wanted is not None
    wider = any(a < b for a, b in zip(wanted[:2], last[:2], strict=True)) or any(
        a > b for a, b in zip(wanted[2:], last[2:], strict=True)
    )
    closer = max(wanted[2] - wanted[0], wanted[3] - wanted[1]) < ALIKE * side
    cut = wider and _touches(found, last, size)
    return wanted if closer or cut else None


def resized(values: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[np.float32]:
    """Give (h, w) float32 values at another size: averaged where they shrink, linear where they grow."""
    if values.shape == (height, width):
        return values.astype(np.float32)
    way = cv2.INTER_AREA if width < values.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values.astype(np.float32), (width, height), interpolation=way), np.float32)


def _square(middle: npt.NDArray[np.float64], side: float, size: tuple[int, int]) -> Region:
    """Give whole pixels: moved into the picture as far as it goes, so that a square at the border stays one."""
    low, high = [], []
    for centre, most in zip(middle.tolist(), size, strict=True):
        length = min(most, math.ceil(side))
        begin = min(max(0, round(centre - length / 2)), most - length)
        low.append(begin)
        high.append(begin + length)
    return low[0], low[1], high[0], high[1]


def _within(points: Points, region: Region) -> npt.NDArray[np.bool_]:
    low, high = np.array(region[:2]), np.array(region[2:])
    return np.all((points >= low) & (points < high), axis=1)


def _touches(found: Mask, region: Region, size: tuple[int, int]) -> bool:
    """Whether what was found goes on beyond the region: it reaches a side that is not the picture's."""
    x0, y0, x1, y1 = region
    part = found[y0:y1, x0:x1]
    sides = (
        (x0 > 0, part[:, 0]),
        (y0 > 0, part[0]),
        (x1 < size[0], part[:, -1]),
        (y1 < size[1], part[-1]),
    )
    return any(inner and bool(line.any()) for inner, line in sides)
