"""Values and random shapes that the golden vectors and the core's tests are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from annotator.core.rle import counts_from_string, counts_to_string

Mask = npt.NDArray[np.bool_]


def ring(*flat: float) -> Ring:
    """Make a ring of x0, y0, x1, y1, ..."""
    return np.array(flat, dtype=np.float32).reshape(-1, 2)


def square(x0: float, y0: float, x1: float, y1: float) -> Ring:
    return ring(x0, y0, x1, y0, x1, y1, x0, y1)


def bitmap(*rows: str) -> Mask:
    """Make a mask of rows of text: `#` set, anything else not."""
    width = len(rows[0]) if rows else 0
    return np.array([[c == "#" for c in row] for row in rows], dtype=np.bool_).reshape(len(rows), width)


def rows_of(mask: Mask) -> list[str]:
    return ["".join(".#"[int(v)] for v in row) for row in mask]


def polygons_json(polygons: Sequence[Polygon]) -> list[list[list[float]]]:
    return [[part.ravel().tolist() for part in polygon] for polygon in polygons]


def polygons_from(lists: Sequence[Sequence[Sequence[float]]]) -> tuple[Polygon, ...]:
    return tuple(tuple(ring(*flat) for flat in polygon) for polygon in lists)


def geometry_json(geometry: Geometry) -> dict[str, Any]:
    """Write any geometry: `kind` and the field that goes with it; a mask's counts are those of its crop."""
    if isinstance(geometry, PolygonGeometry):
        return {"kind": "polygon", "polygons": polygons_json(geometry.polygons)}
    if isinstance(geometry, MaskGeometry):
        place = {"x": geometry.x, "y": geometry.y, "width": geometry.width, "height": geometry.height}
        return {"kind": "mask", "mask": {**place, "counts": counts_to_string(geometry.counts)}}
    if isinstance(geometry, BoxGeometry):
        return {"kind": "box", "box": [geometry.x0, geometry.y0, geometry.x1, geometry.y1]}
    kind = "polyline" if isinstance(geometry, PolylineGeometry) else "point"
    return {"kind": kind, "points": geometry.points.ravel().tolist()}


def geometry_from(value: dict[str, Any]) -> Geometry:
    kind = value["kind"]
    if kind == "polygon":
        return PolygonGeometry(polygons_from(value["polygons"]))
    if kind == "mask":
        m = value["mask"]
        return MaskGeometry(m["x"], m["y"], m["width"], m["height"], counts_from_string(m["counts"]))
    if kind == "box":
        return BoxGeometry(*value["box"])
    return (PolylineGeometry if kind == "polyline" else PointGeometry)(ring(*value["points"]))


def star(rng: np.random.Generator, points: int, centre: npt.ArrayLike, radii: tuple[float, float]) -> Ring:
    """Make a ring that is star-shaped around its centre, so that it doesn't cross itself."""
    x, y = np.asarray(centre, dtype=np.float64).tolist()
    angle = (np.arange(points) + rng.uniform(0.05, 0.95, points)) * (2 * np.pi / points)
    radius = rng.uniform(radii[0], radii[1], points)
    return np.stack([x + np.cos(angle) * radius, y + np.sin(angle) * radius], axis=1).astype(np.float32)


def blobs(rng: np.random.Generator, height: int, width: int, passes: int) -> Mask:
    """Make a random mask with patches that grow with the number of smoothing passes."""
    noise = rng.random((height, width))
    for _ in range(passes):
        noise = (
            noise
            + np.roll(noise, 1, 0)
            + np.roll(noise, -1, 0)
            + np.roll(noise, 1, 1)
            + np.roll(noise, -1, 1)
        )
    return noise > np.median(noise)
