"""Golden vectors of the rasteriser: polygons with holes, borders, ties and odd numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from annotator.core import raster as core
from annotator.core.document import Polygon, PolygonGeometry
from tests.golden.drawing import polygons_json, ring, rows_of, square, star

TINY = float(np.float32(1e-30))
BELOW_HALF = float(np.nextafter(np.float32(0.5), np.float32(0)))
ABOVE_HALF = float(np.nextafter(np.float32(0.5), np.float32(1)))

HAND: list[tuple[str, int, int, list[Polygon]]] = [
    ("pixels 0..9 by 0..9 have corners 0 and 10", 12, 12, [(square(0, 0, 10, 10),)]),
    ("the same, counter-clockwise", 12, 12, [(square(0, 0, 10, 10)[::-1],)]),
    ("a hole", 10, 8, [(square(1, 1, 9, 7), square(3, 3, 6, 5))]),
    ("a hole that touches the outer ring at a point", 10, 8, [(square(1, 1, 9, 7), ring(1, 4, 4, 2, 4, 6))]),
    ("an island in a hole", 12, 12, [(square(0, 0, 12, 12), square(2, 2, 10, 10), square(4, 4, 8, 8))]),
    ("two polygons that overlap are joined, not cancelled", 10, 8, [(square(0, 0, 6, 5),), (square(3, 2, 9, 7),)]),
    ("two rings of one polygon that overlap cancel", 10, 8, [(square(0, 0, 6, 5), square(3, 2, 9, 7))]),
    ("two squares that touch diagonally", 8, 8, [(square(1, 1, 4, 4),), (square(4, 4, 7, 7),)]),
    ("centres on the left and top edge are inside, on the right and bottom not", 6, 6, [(square(1.5, 1.5, 4.5, 4.5),)]),
    ("a triangle whose corners are pixel centres", 8, 8, [(ring(0.5, 0.5, 6.5, 0.5, 0.5, 6.5),)]),
    ("the other half of that square", 8, 8, [(ring(6.5, 0.5, 6.5, 6.5, 0.5, 6.5),)]),
    ("a bow tie, even-odd", 8, 8, [(ring(0, 0, 8, 8, 8, 0, 0, 8),)]),
    ("a five-pointed star is hollow", 16, 16, [(ring(8, 0, 13, 15, 0, 6, 16, 6, 3, 15),)]),
    ("thinner than a pixel, between centres: nothing", 8, 4, [(square(0.6, 0, 1.4, 4),)]),
    ("thinner than a pixel, over centres", 8, 4, [(square(2.4, 0, 2.6, 4),)]),
    ("no height", 6, 4, [(ring(0, 1.5, 5, 1.5, 3, 1.5),)]),
    ("no area, slanted", 6, 6, [(ring(0, 0, 6, 6, 3, 3),)]),
    ("larger than the image", 7, 5, [(square(-10, -10, 50, 50),)]),
    ("over the left border", 7, 5, [(ring(-5, 0, 3, 2.5, -5, 5),)]),
    ("over the right border", 7, 5, [(ring(12, 0, 4, 2.5, 12, 5),)]),
    ("over the top and the bottom", 7, 5, [(ring(1, -4, 6, 2, 3, 11),)]),
    ("left of the image", 7, 5, [(square(-9, 0, -2, 5),)]),
    ("below the image", 7, 5, [(square(0, 6, 5, 9),)]),
    ("a hole over the border", 7, 5, [(square(-3, -3, 10, 10), square(-1, 1, 3, 3))]),
    ("far outside on both sides", 7, 5, [(ring(-1e6, -1e6, 1e6, -1e6, 1e6, 2.5, -1e6, 2.5),)]),
    ("huge numbers", 7, 5, [(ring(-3e38, -3e38, 3e38, -3e38, 3e38, 3e38, -3e38, 3e38),)]),
    ("huge and slanted", 9, 9, [(ring(-1e30, -1e30, 5, 2, 1e20, 1e25, 0, 9),)]),
    ("tiny numbers", 4, 4, [(square(-TINY, -TINY, 3 + TINY, 3),)]),
    ("just below and above a centre", 4, 4, [(square(BELOW_HALF, ABOVE_HALF, 2.5, 3),)]),
    ("tenths that float32 rounds", 6, 6, [(square(0.1, 0.2, 3.3, 4.7), ring(1.1, 1.3, 2.9, 1.7, 1.9, 3.1))]),
    ("thirds: the crossing is rounded", 9, 9, [(ring(1 / 3, 1 / 3, 26 / 3, 4 / 3, 5 / 3, 25 / 3),)]),
    ("negative zero", 4, 4, [(ring(-0.0, -0.0, 3, -0.0, 3, 3, -0.0, 3),)]),
    ("repeated points", 6, 6, [(ring(1, 1, 1, 1, 5, 1, 5, 5, 5, 5, 1, 5, 1, 5),)]),
    ("an image one pixel wide", 1, 6, [(square(-1, 1, 2, 4),)]),
    ("an image one pixel high", 6, 1, [(square(1, -1, 4, 2),)]),
    ("a comb", 11, 6, [(ring(0, 0, 11, 0, 11, 6, 9, 6, 9, 2, 7, 2, 7, 6, 5, 6, 5, 2, 3, 2, 3, 6, 1, 6, 1, 2, 0, 2),)]),
    ("no polygons", 3, 2, []),
]  # fmt: skip


def raster() -> dict[str, Any]:
    cases = [_case(*case) for case in HAND]
    cases += [_case(*case) for case in _random()]
    return {
        "about": "rasterise(polygons, height, width): the pixels of one object, the union of its polygons, "
        "each even-odd over its rings.",
        "cases": cases,
        "partitions": [_partition(seed) for seed in range(12)],
    }


def _case(name: str, width: int, height: int, polygons: list[Polygon]) -> dict[str, Any]:
    mask = core.rasterise(PolygonGeometry(tuple(polygons)), height, width)
    return {
        "name": name,
        "width": width,
        "height": height,
        "polygons": polygons_json(polygons),
        "rows": rows_of(mask),
    }


def _random() -> Iterator[tuple[str, int, int, list[Polygon]]]:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        width, height = (int(n) for n in rng.integers(3, 28, 2))
        count = int(rng.integers(3, 14))
        wild = (rng.random((count, 2)) * [width * 1.6, height * 1.6] - [width * 0.3, height * 0.3]).astype(
            np.float32
        )
        snapped = seed % 4
        if snapped:  # halves, quarters and whole numbers meet pixel centres
            wild = (np.round(wild * snapped) / snapped).astype(np.float32)
        yield f"random ring that crosses itself, {seed}", width, height, [(wild,)]
    for seed in range(100, 130):
        rng = np.random.default_rng(seed)
        centre = rng.uniform(2, 22, 2)
        outer = star(rng, int(rng.integers(4, 24)), centre, (6, 14))
        hole = star(rng, int(rng.integers(3, 9)), centre, (1, 5))
        other = star(rng, 6, rng.uniform(0, 24, 2), (2, 7))
        yield f"star with a hole and a second polygon, {seed}", 24, 24, [(outer, hole), (other,)]


def _partition(seed: int) -> dict[str, Any]:
    """Cut a rectangle into triangles around shared float32 points: every pixel belongs to exactly one."""
    rng = np.random.default_rng(1000 + seed)
    columns, rows, size = 4, 4, 20
    points = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)), axis=-1) * (size / columns)
    shift = rng.uniform(-2, 2, points.shape)
    shift[[0, -1], :, 1] = 0
    shift[:, [0, -1], 0] = 0
    points = points + shift
    if seed % 3 == 0:
        points = np.round(points * 2) / 2
    p = points.astype(np.float32)
    pieces: list[list[float]] = []
    owner = np.full((size, size), -1)
    for j in range(rows):
        for i in range(columns):
            corners = [p[j, i], p[j, i + 1], p[j + 1, i + 1], p[j + 1, i]]
            for triple in ((0, 1, 2), (0, 2, 3)):
                piece = np.array([corners[k] for k in triple])
                owner[core.rasterise_polygon((piece,), size, size)] = len(pieces)
                pieces.append(piece.ravel().tolist())
    return {
        "name": f"triangles that share borders, {seed}",
        "size": size,
        "pieces": pieces,
        "owner": owner.tolist(),
    }
