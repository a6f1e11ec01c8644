"""Golden vectors of rings and polygons, of objects' boxes and areas, and of packed bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from annotator.core import geometry as core
from annotator.core import packing, raster
from annotator.core import shapes as core_shapes
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
from annotator.core.errors import InvalidInput
from tests.golden.drawing import bitmap, geometry_json, polygons_json, ring, rows_of, square, star

COMB = ring(2, 0, 14, 0, 14, 12, 12, 12, 12, 2, 10, 2, 10, 12, 8, 12, 8, 2, 6, 2, 6, 12, 4, 12, 4, 2, 2, 2)

CLIPS: list[tuple[str, Polygon]] = [
    ("wholly inside: unchanged", (square(1, 1, 5, 5),)),
    ("wholly outside", (square(20, 1, 25, 5),)),
    ("one corner", (square(-3, -2, 5, 5),)),
    ("larger than the image", (square(-10, -10, 50, 50),)),
    ("a comb cut through its teeth becomes several", (COMB + np.array([0, -4], dtype=np.float32),)),
    ("a comb standing on its head", (COMB[:, ::-1] + np.array([-4, 0], dtype=np.float32),)),
    ("a hole cut open", (square(-5, -5, 8, 8), square(-2, 2, 4, 5))),
    ("a hole outside", (square(-8, -8, 8, 8), square(-6, -6, -3, -3))),
    ("a U whose ends are cut apart", (ring(2, -4, 4, -4, 4, 3, 8, 3, 8, -4, 10, -4, 10, 6, 2, 6),)),
    ("touching the border from inside", (ring(0, 4, 6, 0, 12, 4, 6, 10),)),
    ("touching the border from outside", (ring(0, 4, -6, 0, -6, 8),)),
    ("an edge on the border", (ring(0, -3, 6, -3, 6, 6, 0, 6),)),
    ("counter-clockwise", (square(-3, -2, 5, 5)[::-1],)),
]

FAULTS: list[tuple[str, list[list[list[float]]]]] = [
    ("no polygons", []),
    ("a polygon without rings", [[]]),
    ("two points", [[[0, 0, 5, 5]]]),
    (
        "two points in a hole of the second polygon",
        [[[0, 0, 9, 0, 9, 9]], [[0, 0, 9, 0, 9, 9], [1, 1, 2, 2]]],
    ),
    ("three points, two different", [[[0, 0, 5, 5, 0, 0]]]),
    ("three points on a line", [[[0, 0, 4, 4, 8, 8]]]),
    ("a bow tie", [[[0, 0, 8, 8, 8, 0, 0, 6]]]),
    ("two faults at once", [[[0, 0, 8, 8, 8, 0, 0, 6]], [[1, 1, 2, 2]]]),
    ("wholly outside", [[[20, 20, 25, 20, 25, 25]]]),
    ("good: touches itself at a point", [[[0, 0, 4, 4, 8, 0, 8, 8, 4, 4, 0, 8]]]),
    ("good: with a hole", [[[0, 0, 9, 0, 9, 9, 0, 9], [2, 2, 4, 2, 4, 4]]]),
    ("good: partly outside", [[[-5, -5, 5, -5, 5, 5]]]),
]


def geometry() -> dict[str, Any]:
    return {
        "about": "rings: signed area (positive = clockwise on the screen), box, and points inside by the rasteriser's "
        "rule. simplified: Douglas-Peucker anchored at vertex 0 and the vertex furthest from it. clips: cut to "
        "width x height; compare area and rows, the order of rings is free. faults: `where` of every problem that "
        "validation on a 12 x 10 image reports, none when good. crossings: pairs of edges that cross properly.",
        "rings": [_ring_case(name, part) for name, part in _rings()],
        "simplified": [_simplified(seed) for seed in range(8)],
        "clips": [_clip(name, polygon) for name, polygon in CLIPS + _random_clips()],
        "faults": [_fault(name, polygons) for name, polygons in FAULTS],
        "crossings": [_crossings(seed) for seed in range(8)],
    }


def _rings() -> list[tuple[str, Ring]]:
    hand = [("square", square(0, 0, 10, 10)), ("comb", COMB), ("tenths", ring(0.1, 0.2, 7.3, 1.1, 4.7, 8.9))]
    for seed in range(12):
        rng = np.random.default_rng(seed)
        part = star(rng, int(rng.integers(3, 20)), rng.uniform(0, 100, 2), (3, 40))
        hand.append((f"star, {seed}", part if seed % 2 else part[::-1]))
    return hand


def _ring_case(name: str, part: Ring) -> dict[str, Any]:
    x0, y0, x1, y1 = core.ring_bbox(part)
    places = [(x0 + (x1 - x0) * i / 4, y0 + (y1 - y0) * j / 4) for i in range(5) for j in range(5)]
    places += [(x, y) for x, y in part.tolist()]
    return {
        "name": name, "ring": part.ravel().tolist(), "area": core.ring_area(part), "bbox": [x0, y0, x1, y1],
        "points": [[x, y, int(core.point_in_ring(part, x, y))] for x, y in places],
    }  # fmt: skip


def _simplified(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    tolerance = (0.0, 0.5, 1.0, 2.5)[seed % 4]
    part = COMB if seed == 0 else star(rng, 40, (50, 50), (20, 24))
    result = core.simplify(part, tolerance)
    return {
        "name": f"tolerance {tolerance}, {seed}", "ring": part.ravel().tolist(), "tolerance": tolerance,
        "result": result.ravel().tolist(),
    }  # fmt: skip


def _random_clips() -> list[tuple[str, Polygon]]:
    cases: list[tuple[str, Polygon]] = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        centre = rng.uniform(0, 12, 2)
        outer = star(rng, int(rng.integers(5, 20)), centre, (5, 14))
        cases.append((f"star with a hole, {seed}", (outer, star(rng, 5, centre, (1, 4)))))
    return cases


def _clip(name: str, polygon: Polygon) -> dict[str, Any]:
    width, height = 12, 10
    parts = core.clip_polygons([polygon], width, height)
    return {
        "name": name, "width": width, "height": height, "polygon": polygons_json([polygon])[0],
        "parts": len(parts), "holes": sum(len(part) - 1 for part in parts),
        "area": sum(core.polygon_area(part) for part in parts),
        "rows": rows_of(raster.rasterise(PolygonGeometry(parts), height, width)),
    }  # fmt: skip


def _fault(name: str, lists: list[list[list[float]]]) -> dict[str, Any]:
    polygons = [tuple(ring(*flat) for flat in polygon) for polygon in lists]
    problems: list[dict[str, str]] = []
    try:
        core.validate_polygons(polygons, width=12, height=10)
    except InvalidInput as error:
        problems = [{"where": problem.where, "message": problem.message} for problem in error.problems]
    return {"name": name, "polygons": lists, "problems": problems}


def _crossings(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    count = 6 + 4 * seed
    part = (rng.random((count, 2)) * 20).astype(np.float32)
    if seed % 2:
        part = np.round(part)
    pairs = core.self_intersections(part)
    return {"name": f"random ring, {seed}", "ring": part.ravel().tolist(), "pairs": pairs}


def _objects() -> list[tuple[str, Geometry]]:
    mask = raster.mask_from_bitmap(bitmap("..#.", ".##.", "#..#", "...."), 5, 7)
    empty = MaskGeometry(0, 0, 0, 0, np.zeros(0, dtype=np.uint32))
    two_holes = (square(20, 20, 40, 40), square(22, 22, 24, 24), ring(30, 30, 34, 31, 32, 36.5))
    tenths = np.array([0.1, 0.2, 7.3, 8.9], dtype=np.float32).tolist()
    return [
        ("square", PolygonGeometry(((square(0, 0, 10, 10),),))),
        ("square with a hole", PolygonGeometry(((square(1, 1, 9, 7), square(3, 3, 6, 5)),))),
        ("two polygons, one with two holes", PolygonGeometry(((COMB,), two_holes))),
        ("partly outside: only what is inside counts", PolygonGeometry(((square(-4, -4, 6, 6),),))),
        ("tenths", PolygonGeometry(((ring(0.1, 0.2, 7.3, 1.1, 4.7, 8.9),),))),
        ("mask", mask),
        ("empty mask", empty),
        ("box", BoxGeometry(1.0, 2.0, 11.5, 8.25)),
        ("box of tenths", BoxGeometry(*tenths)),
        ("polyline", PolylineGeometry(ring(0, 0, 3.5, 4, 8, 1))),
        ("point", PointGeometry(ring(3.25, 4.5))),
        ("points", PointGeometry(ring(3.25, 4.5, -1, 0.1))),
    ]  # fmt: skip


def shapes() -> dict[str, Any]:
    width, height = 50, 45
    return {
        "about": "bbox(object), xyxy; area(object, height, width) within the image.",
        "cases": [
            {
                "name": name, "width": width, "height": height, **geometry_json(value),
                "bbox": core_shapes.bbox(value), "area": core_shapes.area(value, height, width),
            }
            for name, value in _objects()
        ],
    }  # fmt: skip


BAD_BYTES = [
    ("polygon", "nothing", ""),
    ("polygon", "a header cut short", "0100000001"),
    ("polygon", "a ring of three points with one", "010000000100000003000000" + "00" * 8),
    ("polygon", "more bytes than the header says", "010000000100000001000000" + "00" * 9),
    ("polygon", "a polygon of no rings", "0100000000000000"),
    ("polygon", "four thousand million polygons", "ffffffff"),
    ("polygon", "four thousand million rings", "01000000ffffffff"),
    ("mask", "too short", "00000000"),
    ("mask", "a negative width", "0000000000000000ffffffff01000000" + "31"),
    ("mask", "runs that don't fill the crop", "00000000000000000200000002000000" + "31"),
    ("mask", "rubbish in the run string", "00000000000000000200000002000000" + "7f"),
    ("box", "three numbers", "00" * 12),
    ("polyline", "one point", "00" * 8),
    ("point", "half a point", "00" * 4),
]


def packed() -> dict[str, Any]:
    for kind, name, data in BAD_BYTES:
        try:
            packing.unpack(kind, bytes.fromhex(data))
        except InvalidInput:
            continue
        raise AssertionError(f"{kind}: {name} was read")
    return {
        "about": "bytes: hexadecimal, as stored. bad must be refused.",
        "cases": [
            {"name": name, **geometry_json(value), "bytes": packing.pack(value).hex()}
            for name, value in _objects()
        ],
        "bad": [{"name": name, "kind": kind, "bytes": data} for kind, name, data in BAD_BYTES],
    }
