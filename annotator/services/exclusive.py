"""Projects where no two objects share a pixel: the check of changed objects against each other and their neighbours.

Owns that rule. Compares pixels only where boxes overlap; finds neighbours by their boxes in one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from annotator.core.document import Geometry
from annotator.core.errors import Problem
from annotator.core.packing import unpack
from annotator.core.raster import Crop, rasterise_crop
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
    crops: dict[str, Crop] = {}

    def pixels(key: str, geometry: Geometry) -> Crop:
        if key not in crops:
            crops[key] = rasterise_crop(geometry, image.height, image.width)
        return crops[key]

    boxes = np.array([one.bbox for one in checked]).reshape(-1, 4)
    around = np.array([(row.x0, row.y0, row.x1, row.y1) for row in neighbours]).reshape(-1, 4)
    problems: list[Problem] = []
    for number, one in enumerate(checked):
        key = str(one.annotation.id)
        for at in _meeting(boxes[number], around):
            row = neighbours[at]
            other = pixels(row.id, unpack(row.kind, row.geometry))
            problems += _shared(wheres[number], pixels(key, one.geometry), row.id, other)
        for at in _meeting(boxes[number], boxes[:number]):
            name = str(checked[at].annotation.id)
            other = pixels(name, checked[at].geometry)
            problems += _shared(wheres[number], pixels(key, one.geometry), name, other)
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


def _shared(where: str, mine: Crop, name: str, theirs: Crop) -> list[Problem]:
    count = shared_pixels(mine, theirs)
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
