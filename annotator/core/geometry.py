"""Rings and polygons in continuous image coordinates: area, boxes, containment, simplifying, the rules they obey.

Owns what can be said about a shape without pixels, and refusing what is no shape. Does not own which pixels a shape
covers (`raster.py`). A ring is an (N, 2) float32 array, not closed; every calculation is made in float64 on the
float32 values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from annotator.core.clipping import clip_polygons
from annotator.core.crossings import TooTangled, is_simple, self_intersections
from annotator.core.document import Polygon, Ring
from annotator.core.errors import InvalidInput, Problem
from annotator.core.rings import point_in_ring, polygon_area, polygons_bbox, ring_area, ring_bbox
from annotator.core.words import _, ngettext

__all__ = [
    "clip_polygons",
    "is_simple",
    "point_in_ring",
    "polygon_area",
    "polygons_bbox",
    "ring_area",
    "ring_bbox",
    "self_intersections",
    "simplify",
    "valid_polygons",
    "validate_polygons",
]

Floats = npt.NDArray[np.float64]


def simplify(ring: Ring, tolerance: float) -> Ring:
    """Leave out vertices so that no left-out vertex lies further than `tolerance` from the new outline.

    Args:
        ring: (N, 2) float32.
        tolerance: pixels, >= 0.

    Returns:
        A ring of some of the same vertices in the same order; the ring itself when fewer than 3 would remain.

    Source: Douglas and Peucker 1973, anchored at vertex 0 and the vertex furthest from it.
    """
    count = ring.shape[0]
    points = np.empty((count + 1, 2), dtype=np.float64)
    points[:-1], points[-1] = ring, ring[0]
    from_first = points - points[0]
    furthest = int((from_first[:, 0] * from_first[:, 0] + from_first[:, 1] * from_first[:, 1]).argmax())
    kept = np.zeros(count + 1, dtype=np.bool_)
    kept[[0, furthest]] = True
    open_parts = [(0, furthest), (furthest, count)]
    while open_parts:
        first, last = open_parts.pop()
        if last - first < 2:
            continue
        squared = _squared_distances(points[first + 1 : last], points[first], points[last])
        worst = int(squared.argmax())
        if squared[worst] > tolerance * tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            open_parts += [(first, middle), (middle, last)]
    return ring if int(kept[:count].sum()) < 3 else ring[kept[:count]]


def _squared_distances(points: Floats, a: Floats, b: Floats) -> Floats:
    """Give the squared distance of each point to the segment from a to b."""
    run, rise = b[0] - a[0], b[1] - a[1]
    dx, dy = points[:, 0] - a[0], points[:, 1] - a[1]
    length = run * run + rise * rise
    if length == 0:
        return dx * dx + dy * dy
    part = np.clip((dx * run + dy * rise) / length, 0.0, 1.0)
    ex, ey = dx - part * run, dy - part * rise
    return ex * ex + ey * ey


def validate_polygons(
    polygons: Sequence[Polygon], *, width: int, height: int, where: str = "polygons"
) -> None:
    """Refuse what is no polygon, naming every fault.

    A ring needs at least 3 different points, finite coordinates, an area, and no two edges that cross properly (an
    outline may touch itself); the object must reach into the image.

    Args:
        polygons: one object's polygons.
        width, height: the image's size in pixels.
        where: how the polygons are called in the request, `put[3].polygons`; ring 2 of polygon 0 is `where`[0][2].

    Raises:
        InvalidInput: with a problem for every ring that breaks a rule.
    """
    problems: list[Problem] = []
    if not polygons:
        problems.append(Problem(where, _("the object has no polygons; it needs at least 1")))
    for p, polygon in enumerate(polygons):
        if not polygon:
            problems.append(
                Problem(
                    f"{where}[{p}]", _("polygon %(number)s has no rings; it needs at least 1") % {"number": p}
                )
            )
        for r, ring in enumerate(polygon):
            message = _ring_fault(ring)
            if message:
                problems.append(
                    Problem(
                        f"{where}[{p}][{r}]",
                        _("ring %(number)s %(problem)s") % {"number": r, "problem": message},
                    )
                )
    if not problems:
        x0, y0, x1, y1 = polygons_bbox(polygons)
        if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
            box = _("x %(x0)g to %(x1)g, y %(y0)g to %(y1)g") % {"x0": x0, "x1": x1, "y0": y0, "y1": y1}
            problems.append(
                Problem(
                    where,
                    _("the object (%(box)s) lies wholly outside the image of %(width)s x %(height)s pixels")
                    % {"box": box, "width": width, "height": height},
                )
            )
    if problems:
        raise InvalidInput(f"{problems[0].where}: {problems[0].message}", problems)


def _ring_fault(ring: Ring) -> str:
    """Say what is wrong with a ring, or ""."""
    if ring.ndim != 2 or ring.shape[1] != 2:
        return _("is an array of shape %(shape)s; it needs x, y pairs") % {"shape": ring.shape}
    count = ring.shape[0]
    if count < 3:
        return ngettext(
            "has %(count)s point; a ring needs at least 3",
            "has %(count)s points; a ring needs at least 3",
            count,
        ) % {"count": count}
    finite = np.isfinite(ring)
    if not finite.all():
        at = int(np.flatnonzero(~finite.all(axis=1))[0])
        return _("has the coordinates (%(x)s, %(y)s) at point %(at)s; they must be finite numbers") % {
            "x": ring[at, 0],
            "y": ring[at, 1],
            "at": at,
        }
    if ring_area(ring) == 0:
        different = np.unique(ring, axis=0).shape[0]
        if different < 3:
            return ngettext(
                "has %(count)s different point; a ring needs at least 3",
                "has %(count)s different points; a ring needs at least 3",
                different,
            ) % {"count": different}
    try:
        crossings = self_intersections(ring)
    except TooTangled:
        return _("meets itself in too many places to be checked (%(count)s points)") % {"count": count}
    if crossings:
        i, j = crossings[0]
        more = _(", and %(count)s more") % {"count": len(crossings) - 1} if len(crossings) > 1 else ""
        values = {"i": i, "from_i": _at(ring, i), "j": j, "from_j": _at(ring, j)}
        return _("crosses itself: edge %(i)s from %(from_i)s and edge %(j)s from %(from_j)s") % values + more
    return _("has no area") if ring_area(ring) == 0 else ""


def _at(ring: Ring, index: int) -> str:
    return f"({ring[index, 0]:g}, {ring[index, 1]:g})"


def valid_polygons(polygons: Iterable[Polygon]) -> bool:
    """Say whether every ring obeys the rules of `validate_polygons`, wherever it lies."""
    return not any(_ring_fault(ring) for polygon in polygons for ring in polygon)
