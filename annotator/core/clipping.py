"""Cutting polygons to the image's rectangle, exactly, also concave ones with holes.

Owns the cut: one polygon may become several, and no bridge of zero width joins them. Does not own whether the polygon
is valid (`geometry.validate_polygons`).

The rectangle is four half-planes, cut one after the other. A cut leaves of every ring the chains that lie inside, each
with its two ends on the cutting line. Outer rings run clockwise on the screen and holes the other way, so along the
line every piece of the shape has one chain that leaves there and one that enters: the k-th to leave is joined to the
k-th to enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from annotator.core.document import Polygon, Ring
from annotator.core.rings import point_in_ring, ring_area, ring_bbox

Point: TypeAlias = tuple[float, float]
Path: TypeAlias = list[Point]


def clip_polygons(polygons: Sequence[Polygon], width: int, height: int) -> tuple[Polygon, ...]:
    """Cut polygons to the rectangle from (0, 0) to (width, height).

    Args:
        polygons: valid polygons (`geometry.validate_polygons`).
        width, height: the image's size in pixels.

    Returns:
        The polygons that remain; those wholly inside are returned as they are, those wholly outside left out. Parts
        that come from a cut run clockwise on the screen, their holes counter-clockwise.
    """
    result: list[Polygon] = []
    for polygon in polygons:
        x0, y0, x1, y1 = ring_bbox(polygon[0])
        if x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height:
            result.append(polygon)
        elif x1 > 0 and y1 > 0 and x0 < width and y0 < height:
            result.extend(_clip_polygon(polygon, float(width), float(height)))
    return tuple(result)


def _clip_polygon(polygon: Polygon, width: float, height: float) -> list[Polygon]:
    directed = [_directed(polygon[0], 1), *(_directed(hole, -1) for hole in polygon[1:])]
    rings: list[Path] = [[(x, y) for x, y in ring.tolist()] for ring in directed]
    for axis, limit, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        rings = _cut(rings, axis, limit, sign)
    return _nest([ring for ring in map(_to_ring, rings) if ring is not None])


def _cut(rings: list[Path], axis: int, limit: float, sign: int) -> list[Path]:
    """Keep what lies on the side of `limit` along `axis` (0 for x, 1 for y) where `sign` points."""
    kept: list[Path] = []
    chains: list[Path] = []
    for ring in rings:
        inside = [(point[axis] - limit) * sign > 0 for point in ring]
        if all(inside):
            kept.append(ring)
        elif any(inside):
            chains.extend(_chains(ring, inside, axis, limit))
    return kept + _link(chains, axis)


def _chains(ring: Path, inside: list[bool], axis: int, limit: float) -> list[Path]:
    """Give the ring's parts inside, each with its two ends on the line."""
    count = len(ring)
    first = next(k for k in range(count) if inside[k] and not inside[k - 1])
    chains: list[Path] = []
    for step in range(count):
        k = (first + step) % count
        if not inside[k]:
            continue
        if not inside[k - 1]:
            chains.append([_meeting(ring[k - 1], ring[k], axis, limit)])
        chains[-1].append(ring[k])
        after = (k + 1) % count
        if not inside[after]:
            chains[-1].append(_meeting(ring[k], ring[after], axis, limit))
    return chains


def _meeting(a: Point, b: Point, axis: int, limit: float) -> Point:
    """Give the point where an edge meets the line, the same for both directions of the edge."""
    a, b = min(a, b), max(a, b)
    other = 1 - axis
    if a[axis] == limit:
        along = a[other]
    elif b[axis] == limit:
        along = b[other]
    else:
        along = a[other] + ((limit - a[axis]) * (b[other] - a[other])) / (b[axis] - a[axis])
    return (limit, along) if axis == 0 else (along, limit)


def _link(chains: list[Path], axis: int) -> list[Path]:
    """Join chains along the line into rings."""

    def place(end: Point, neighbour: Point) -> tuple[float, float]:
        """Order ends along the line; at the same place, by where they lie a little inside."""
        depth = abs(neighbour[axis] - end[axis])
        return end[1 - axis], (neighbour[1 - axis] - end[1 - axis]) / depth if depth else 0.0

    leaving = sorted(range(len(chains)), key=lambda c: place(chains[c][-1], chains[c][-2]))
    entering = sorted(range(len(chains)), key=lambda c: place(chains[c][0], chains[c][1]))
    following = dict(zip(leaving, entering, strict=True))
    rings: list[Path] = []
    while following:
        chain, after = following.popitem()
        ring = list(chains[chain])
        while after != chain:
            ring.extend(chains[after])
            after = following.pop(after)
        rings.append(ring)
    return rings


def _to_ring(path: Path) -> Ring | None:
    """Round to float32 and drop repeated points; None when no area is left."""
    points = np.array(path, dtype=np.float32)
    points = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    return points if points.shape[0] >= 3 and ring_area(points) != 0 else None


def _nest(rings: list[Ring]) -> list[Polygon]:
    """Give every hole (a ring of negative area) to the smallest outer ring around it."""
    areas = [ring_area(ring) for ring in rings]
    outer = sorted((k for k in range(len(rings)) if areas[k] > 0), key=lambda k: areas[k])
    polygons = {k: [rings[k]] for k in outer}
    boxes = np.array([ring_bbox(rings[k]) for k in outer]).reshape(-1, 4)
    for k, ring in enumerate(rings):
        if areas[k] < 0:
            x, y = _inner_point(ring)
            near = (boxes[:, 0] <= x) & (boxes[:, 1] <= y) & (x <= boxes[:, 2]) & (y <= boxes[:, 3])
            holders = (outer[at] for at in np.flatnonzero(near).tolist())
            holder = next((o for o in holders if point_in_ring(rings[o], x, y)), None)
            if holder is not None:
                polygons[holder].append(ring)
    return [tuple(polygons[k]) for k in sorted(polygons)]


def _directed(ring: Ring, sign: int) -> Ring:
    return ring if ring_area(ring) * sign > 0 else ring[::-1].copy()


def _inner_point(ring: Ring) -> Point:
    """Give a point strictly inside a ring: in the middle of its widest part halfway between two heights."""
    heights = np.unique(ring[:, 1].astype(np.float64))
    tallest = int(np.diff(heights).argmax())
    y = (heights[tallest] + heights[tallest + 1]) / 2
    points = ring.astype(np.float64)
    ends = np.roll(points, -1, axis=0)
    crossed = (points[:, 1] > y) != (ends[:, 1] > y)
    (xa, ya), (xb, yb) = points[crossed].T, ends[crossed].T
    x = np.sort(xa + ((y - ya) * (xb - xa)) / (yb - ya))
    widest = int((x[1::2] - x[0::2]).argmax())
    return (float(x[2 * widest] + x[2 * widest + 1]) / 2, float(y))
