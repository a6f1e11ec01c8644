"""Area, box and containment of single rings and polygons.

Owns the arithmetic that the rest of the geometry stands on. Does not own validity, clipping or simplifying: callers
outside the core import all of it from `geometry.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from annotator.core.document import Polygon, Ring


def ring_area(ring: Ring) -> float:
    """Give the signed area: positive when the ring runs clockwise on the screen (y down)."""
    points = ring.astype(np.float64)
    x, y = (points - points[0]).T  # near the origin the products lose less
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2


def polygon_area(polygon: Polygon) -> float:
    """Give the outer ring's area minus its holes' areas."""
    return abs(ring_area(polygon[0])) - sum(abs(ring_area(hole)) for hole in polygon[1:])


def ring_bbox(ring: Ring) -> tuple[float, float, float, float]:
    """Give the ring's box, xyxy."""
    x0, y0 = ring.min(axis=0).tolist()
    x1, y1 = ring.max(axis=0).tolist()
    return (x0, y0, x1, y1)


def polygons_bbox(polygons: Iterable[Polygon]) -> tuple[float, float, float, float]:
    """Give the box around all the polygons' outer rings, xyxy; (0, 0, 0, 0) when there is none."""
    boxes = [ring_bbox(polygon[0]) for polygon in polygons]
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))


def point_in_ring(ring: Ring, x: float, y: float) -> bool:
    """Say whether a point lies in the ring, by the rasteriser's rule: on an edge, top and left count as inside."""
    points = ring.astype(np.float64)
    ends = np.roll(points, -1, axis=0)
    upwards = points[:, 1] > ends[:, 1]
    low = np.where(upwards[:, None], ends, points)
    high = np.where(upwards[:, None], points, ends)
    crossed = (low[:, 1] <= y) & (y < high[:, 1])
    (xa, ya), (xb, yb) = low[crossed].T, high[crossed].T
    crossings = xa + ((y - ya) * (xb - xa)) / (yb - ya)
    return bool(np.count_nonzero(crossings <= x) % 2)
