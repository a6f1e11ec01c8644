"""The shape of an object between two moments at which it is known.

Owns how shapes are interpolated: corners of boxes, vertices of polygons and lines, distances to the border of masks.
Does not own which moments are known (`services/tracking.py`).

At t = 0 and t = 1 the given shapes come back as they are.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core.document import (
    BoxGeometry,
    Geometry,
    MaskGeometry,
    PointGeometry,
    Polygon,
    PolygonGeometry,
    PolylineGeometry,
    Ring,
)
from annotator.core.raster import Mask, box_ring, mask_from_bitmap, rasterise_crop

Points = npt.NDArray[np.float64]


def between(a: Geometry, b: Geometry, t: float, *, height: int, width: int) -> Geometry | None:
    """Give the shape at a moment between two.

    Boxes move by their corners, polygons of one build by their vertices, masks by their signed distance. A box and a
    polygon are taken as polygons; polygons of different builds, and a mask with anything, as masks.

    Args:
        a, b: at t = 0 and t = 1.
        t: 0..1.
        height, width: of the image.

    Returns:
        None where there is no such shape: for kinds that have nothing in common, for points of different number, and
        where nothing is left.
    """
    if t <= 0:
        return a
    if t >= 1:
        return b
    if isinstance(a, BoxGeometry) and isinstance(b, BoxGeometry):
        sides = [
            np.float32(p + (q - p) * t)
            for p, q in zip((a.x0, a.y0, a.x1, a.y1), (b.x0, b.y0, b.x1, b.y1), strict=True)
        ]
        return BoxGeometry(*map(float, sides))
    if isinstance(a, PointGeometry) and isinstance(b, PointGeometry):
        return PointGeometry(_mixed(a.points, b.points, t)) if len(a.points) == len(b.points) else None
    if isinstance(a, PolylineGeometry) and isinstance(b, PolylineGeometry):
        return PolylineGeometry(_mixed(*_same_count(a.points, b.points, closed=False), t))
    if not isinstance(a, PolygonGeometry | MaskGeometry | BoxGeometry):
        return None
    if not isinstance(b, PolygonGeometry | MaskGeometry | BoxGeometry):
        return None
    polygons = _between_polygons(_as_polygons(a), _as_polygons(b), t)
    return polygons if polygons is not None else between_masks(a, b, t, height=height, width=width)


def _as_polygons(geometry: Geometry) -> Geometry:
    return PolygonGeometry(((box_ring(geometry),),)) if isinstance(geometry, BoxGeometry) else geometry


def _between_polygons(a: Geometry, b: Geometry, t: float) -> PolygonGeometry | None:
    """Vertex by vertex, where both have as many polygons and each as many rings."""
    if not isinstance(a, PolygonGeometry) or not isinstance(b, PolygonGeometry):
        return None
    if [len(one) for one in a.polygons] != [len(one) for one in b.polygons]:
        return None
    polygons: list[Polygon] = [
        tuple(between_rings(p, q, t) for p, q in zip(one, other, strict=True))
        for one, other in zip(a.polygons, b.polygons, strict=True)
    ]
    return PolygonGeometry(tuple(polygons))


def between_rings(a: Ring, b: Ring, t: float) -> Ring:
    """Give the ring at a moment between two.

    Where the numbers of vertices differ, the ring with fewer gets more on its longest edges, so that every corner
    stays. Where the rings begin and which way they run is settled by the least sum of squared distances once their
    centres lie on each other. O(n^2).

    Args:
        a, b: (N, 2) and (M, 2) float32. t: 0..1.

    Returns:
        (max(N, M), 2) float32, beginning and running as `a`.
    """
    one, other = _same_count(a, b, closed=True)
    if _signed_area(one) * _signed_area(other) < 0:
        other = other[::-1]
    return _mixed(one, np.roll(other, -_best_start(one, other), axis=0), t)


def _signed_area(points: Points) -> float:
    x, y = (points - points.mean(axis=0)).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def _best_start(a: Points, b: Points) -> int:
    """Which vertex of `b` belongs to the first of `a`."""
    p, q = a - a.mean(axis=0), b - b.mean(axis=0)
    # The sum of squared distances is least where the correlation is greatest.
    scores = [float(np.sum(p * np.roll(q, -start, axis=0))) for start in range(len(p))]
    return int(np.argmax(np.round(np.array(scores), 9)))


def _same_count(
    a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], *, closed: bool
) -> tuple[Points, Points]:
    one, other = a.astype(np.float64), b.astype(np.float64)
    count = max(len(one), len(other))
    return _with_vertices(one, count, closed=closed), _with_vertices(other, count, closed=closed)


def _with_vertices(points: Points, count: int, *, closed: bool) -> Points:
    """Cut the edges that are longest for the pieces they have so far, each into equal pieces, to have enough."""
    following = np.roll(points, -1, axis=0)
    edges = len(points) if closed else len(points) - 1
    lengths = np.hypot(*(following - points)[:edges].T)
    pieces = np.ones(edges, dtype=np.int64)
    for _ in range(count - len(points)):
        pieces[int(np.argmax(lengths / pieces))] += 1
    parts: list[Points] = [
        points[k] + (following[k] - points[k]) * np.arange(pieces[k])[:, None] / pieces[k]
        for k in range(edges)
    ]
    return np.concatenate(parts if closed else [*parts, points[-1:]])


def _mixed(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating], t: float) -> npt.NDArray[np.float32]:
    one, other = a.astype(np.float64), b.astype(np.float64)
    return (one + (other - one) * t).astype(np.float32)


def between_masks(a: Geometry, b: Geometry, t: float, *, height: int, width: int) -> MaskGeometry | None:
    """Give the mask at a moment between two objects by their signed distances to the border.

    The distances are compared after the objects' centres have been laid on each other, at the place between them, so
    that what moves keeps its size. O(pixels of the box around both).

    Returns:
        None where nothing is left.

    Source: Raya and Udupa, Shape-based interpolation of multidimensional objects, IEEE TMI 9(1), 1990; the centres
    are aligned as Herman, Zheng and Bucholtz, Shape-based interpolation, IEEE CG&A 12(3), 1992, propose.
    """
    (ax, ay, one), (bx, by, other) = rasterise_crop(a, height, width), rasterise_crop(b, height, width)
    if not one.any() or not other.any():
        return None
    centre_a, centre_b = _centre(one) + np.array([ax, ay]), _centre(other) + np.array([bx, by])
    centre = centre_a + (centre_b - centre_a) * t
    reach = np.ceil(np.maximum(_reach(one), _reach(other))).astype(int) + 2
    corner = np.floor(centre).astype(int) - reach
    size = (int(2 * reach[1] + 2), int(2 * reach[0] + 2))
    fields = [
        _field(mask, np.array(place) + (centre - own) - corner, size)
        for mask, place, own in ((one, (ax, ay), centre_a), (other, (bx, by), centre_b))
    ]
    inside = (1 - t) * fields[0] + t * fields[1] > 0
    x0, y0 = max(0, -int(corner[0])), max(0, -int(corner[1]))
    visible = inside[y0 : max(y0, height - int(corner[1])), x0 : max(x0, width - int(corner[0]))]
    found = mask_from_bitmap(np.ascontiguousarray(visible), int(corner[0]) + x0, int(corner[1]) + y0)
    return found if found.width else None


def _centre(mask: Mask) -> Points:
    """x, y of the mean of the pixels' centres."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def _reach(mask: Mask) -> Points:
    """How far the crop's sides lie from its centre at most: x, y."""
    centre, size = _centre(mask), np.array(mask.shape[::-1])
    return np.maximum(centre, size - centre)


def _field(mask: Mask, at: Points, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """The signed distance to the border, positive inside: (H, W) float32, the crop's corner at `at`, not whole.

    Distances are measured in whole pixels and then shifted by the rest, by interpolation: they change smoothly.
    """
    whole = np.floor(at).astype(int)
    canvas = np.zeros(size, dtype=np.uint8)
    canvas[whole[1] : whole[1] + mask.shape[0], whole[0] : whole[0] + mask.shape[1]] = mask
    inner = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outer = cv2.distanceTransform(1 - canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    signed = np.where(canvas > 0, inner - 0.5, 0.5 - outer).astype(np.float32)
    dx, dy = at - whole
    if dx == 0 and dy == 0:
        return signed
    shift = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float64)
    moved = cv2.warpAffine(signed, shift, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)
