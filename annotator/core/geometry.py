"""Rings and polygons in continuous image coordinates: area, boxes, containment, validity, clipping, simplifying.

Owns what can be said about a shape without pixels. Does not own which pixels it covers (`raster.py`). A ring is an
(N, 2) float32 array, not closed; every calculation is made in float64 on the float32 values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from annotator.core.document import Polygon, Ring


def ring_area(ring: Ring) -> float:
    """Give the signed area: positive when the ring runs clockwise on the screen (y down)."""
    points = ring.astype(np.float64)
    points -= points[0]  # near the origin the products lose less
    x, y = points[:, 0], points[:, 1]
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2


def polygon_area(polygon: Polygon) -> float:
    """Give the outer ring's area minus its holes' areas."""
    return abs(ring_area(polygon[0])) - sum(abs(ring_area(hole)) for hole in polygon[1:])


def ring_bbox(ring: Ring) -> tuple[float, float, float, float]:
    """Give the ring's box, xyxy."""
    x0, y0 = ring.min(axis=0).tolist()
    x1, y1 = ring.max(axis=0).tolist()
    return (x0, y0, x1, y1)


def polygons_bbox(polygons: Iterable[Polygon]) -> tuple[float, float, float, float]:
    """Give the box around all the polygons, xyxy; (0, 0, 0, 0) when there is none."""
    boxes = [ring_bbox(polygon[0]) for polygon in polygons]
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))


def clip_polygons(polygons: Sequence[Polygon], width: int, height: int) -> tuple[Polygon, ...]:
    raise NotImplementedError


