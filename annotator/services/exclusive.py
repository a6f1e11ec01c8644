"""Projects where no two objects share a pixel: the check of changed objects against each other and their neighbours.

Owns that rule. Compares pixels only where boxes overlap; finds neighbours by their boxes in one statement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from annotator.core import rle
from annotator.core.document import Geometry, MaskGeometry
from annotator.core.errors import Problem
from annotator.core.packing import unpack
from annotator.core.raster import STRIP_PIXELS, Crop, rasterise_crop, rasterise_window
from annotator.core.shapes import bbox
from annotator.models import Document
from annotator.selectors.document import SHAPES, AnnotationRow, select_rows, sql_key
from annotator.services.objects import CheckedObject

BATCH = 200  # boxes a statement


def overlap_problems(
    document: Document,
    checked: Sequence[CheckedObject],
    leaving: Sequence[UUID] | None,
    wheres: Sequence[str],
) -> list[Problem]:
    """Every pair of objects that would share a pixel.

    Args:
        document: with its image, whose size counts.
        checked: the objects to be put.
        leaving: ids of objects that this change deletes; None when all that are there go.
        wheres: how each of `checked` is called in the request.
    """
    image = document.image
    gone = {str(key) for key in leaving or ()} | {str(one.annotation.id) for one in checked}
    neighbours = [
        row for row in (_neighbours(document, checked) if leaving is not None else ()) if row.id not in gone
    ]
    pixels = _Pixels(image.height, image.width)
    boxes = np.array([one.bbox for one in checked]).reshape(-1, 4)
    around = np.array([(row.x0, row.y0, row.x1, row.y1) for row in neighbours]).reshape(-1, 4)
    problems: list[Problem] = []
    for number, one in enumerate(checked):
        key = str(one.annotation.id)
        for at in _meeting(boxes[number], around):
            row = neighbours[at]
            other = (row.id, unpack(row.kind, row.geometry))
            problems += _shared(wheres[number], row.id, pixels.shared((key, one.geometry), other))
        for at in _meeting(boxes[number], boxes[:number]):
            name = str(checked[at].annotation.id)
            other = (name, checked[at].geometry)
            problems += _shared(wheres[number], name, pixels.shared((key, one.geometry), other))
    return problems


def _meeting(box: npt.NDArray[np.float64], boxes: npt.NDArray[np.float64]) -> list[int]:
    """Which of (N, 4) xyxy boxes overlap a box."""
    meets = (boxes[:, 0] < box[2]) & (boxes[:, 2] > box[0]) & (boxes[:, 1] < box[3]) & (boxes[:, 3] > box[1])
    return np.flatnonzero(meets).tolist()


def _neighbours(document: Document, checked: Sequence[CheckedObject]) -> list[AnnotationRow]:
    """The current objects whose box meets that of any checked object."""
    found: dict[str, AnnotationRow] = {}
    for first in range(0, len(checked), BATCH):
        boxes = [one.bbox for one in checked[first : first + BATCH]]
        meets = " OR ".join(["(x0 < %s AND y0 < %s AND x1 > %s AND y1 > %s)"] * len(boxes))
        values = [value for x0, y0, x1, y1 in boxes for value in (x1, y1, x0, y0)]
        condition = f"document_id = %s AND valid_to IS NULL AND ({meets})"
        rows = select_rows(condition, [sql_key(document.pk), *values], index=SHAPES)
        found |= {row.id: row for row in rows}
    return list(found.values())


class _Pixels:
    """Pixels of the objects that are compared: small ones painted once, large ones only where they meet, by strips."""

    def __init__(self, height: int, width: int) -> None:
        self._height = height
        self._width = width
        self._crops: dict[str, Crop] = {}

    def shared(self, a: tuple[str, Geometry], b: tuple[str, Geometry]) -> int:
        """How many pixels two objects have in common; each is given with its name."""
        if all(_box_pixels(geometry) <= STRIP_PIXELS for _, geometry in (a, b)):
            return shared_pixels(self._crop(*a), self._crop(*b))
        return self._shared_by_strips(a[1], b[1])

    def _crop(self, key: str, geometry: Geometry) -> Crop:
        if key not in self._crops:
            self._crops[key] = rasterise_crop(geometry, self._height, self._width)
        return self._crops[key]

    def _shared_by_strips(self, a: Geometry, b: Geometry) -> int:
        size = self._height, self._width
        if isinstance(a, MaskGeometry) and isinstance(b, MaskGeometry):
            return rle.intersection(rle.expand(a, *size), rle.expand(b, *size))
        (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = bbox(a), bbox(b)
        x0, y0 = max(0, math.floor(max(ax0, bx0))), max(0, math.floor(max(ay0, by0)))
        x1 = min(self._width, math.ceil(min(ax1, bx1)))
        y1 = min(self._height, math.ceil(min(ay1, by1)))
        step = max(1, STRIP_PIXELS // max(1, x1 - x0))
        count = 0
        for top in range(y0, y1, step) if x1 > x0 else ():
            frame = (x0, top, x1, min(y1, top + step))
            count += int(
                np.count_nonzero(rasterise_window(a, *size, frame) & rasterise_window(b, *size, frame))
            )
        return count


def _box_pixels(geometry: Geometry) -> float:
    x0, y0, x1, y1 = bbox(geometry)
    return (x1 - x0) * (y1 - y0)


def _shared(where: str, name: str, count: int) -> list[Problem]:
    if not count:
        return []
    text = _("shares %(count)s pixels with object %(name)s; in this project no two objects may share a pixel")
    return [Problem(where, text % {"count": count, "name": name})]


def shared_pixels(a: Crop, b: Crop) -> int:
    """How many pixels two crops of one image have in common."""
    (ax, ay, one), (bx, by, other) = a, b
    x0, y0 = max(ax, bx), max(ay, by)
    x1 = min(ax + one.shape[1], bx + other.shape[1])
    y1 = min(ay + one.shape[0], by + other.shape[0])
    if x1 <= x0 or y1 <= y0:
        return 0
    part = one[y0 - ay : y1 - ay, x0 - ax : x1 - ax] & other[y0 - by : y1 - by, x0 - bx : x1 - bx]
    return int(np.count_nonzero(part))
