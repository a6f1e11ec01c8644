"""Golden vectors of tracing and of run lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from annotator.core import raster, rle
from annotator.core.document import MaskGeometry
from tests.golden.drawing import Mask, bitmap, blobs, geometry_json, polygons_json, rows_of

HAND: list[tuple[str, Mask]] = [
    ("one pixel", bitmap("...", ".#.", "...")),
    ("one pixel that is the image", bitmap("#")),
    ("nothing", bitmap("...", "...")),
    ("everything", bitmap("####", "####")),
    ("a line one pixel wide", bitmap("......", ".####.", "......")),
    ("an upright line", bitmap(".#.", ".#.", ".#.")),
    ("a square with a hole", bitmap("#####", "#...#", "#.#.#", "#...#", "#####")),
    ("two pixels that touch diagonally", bitmap("#.", ".#")),
    ("two pixels that touch on the other diagonal", bitmap(".#", "#.")),
    ("a hole that meets the outside at a corner", bitmap("##.", "#.#", "###")),
    ("a hole that meets the outside at the start", bitmap(".##", "#.#", "###")),
    ("two holes that meet at a corner", bitmap("####", "#.##", "##.#", "####")),
    ("two holes that meet on the other diagonal", bitmap("####", "##.#", "#.##", "####")),
    ("a diamond of four pixels around one", bitmap(".#.", "#.#", ".#.")),
    ("a checkerboard", bitmap("#.#.#", ".#.#.", "#.#.#", ".#.#.")),
    ("the other checkerboard", bitmap(".#.#.", "#.#.#", ".#.#.")),
    ("a staircase of holes", bitmap("######", "#.####", "##.###", "###.##", "####.#", "######")),
    ("a spiral", bitmap("#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######")),
    ("rings in rings", bitmap("#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######")),
    ("islands in two holes", bitmap("#########", "#...#...#", "#.#.#.#.#", "#...#...#", "#########")),
    ("an hourglass pinched at a corner", bitmap("###.", ".##.", "..##", "..##")),
    ("touching all borders", bitmap("#..#", "....", "#..#")),
]  # fmt: skip

BAD_STRINGS = [
    ("a character below 0", "1/"),
    ("a character above o", "1p"),
    ("cut short", "1P"),
    ("not ASCII", "1é"),
    ("a run below zero", "O"),
    ("too many characters in one run", "PPPPPPPPP1"),
]


def _masks() -> list[tuple[str, Mask]]:
    masks = list(HAND)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        height, width = (int(n) for n in rng.integers(1, 20, 2))
        masks.append((f"noise, {seed}", rng.random((height, width)) < rng.random()))
    for seed in range(100, 112):
        rng = np.random.default_rng(seed)
        masks.append((f"patches, {seed}", blobs(rng, 24, 30, 1 + seed % 4)))
    return masks


def trace() -> dict[str, Any]:
    return {
        "about": "trace(mask): the polygons with their rings, in order, each ring from its start. "
        "Rasterising them gives the mask back.",
        "cases": [
            {"name": name, "rows": rows_of(mask), "polygons": polygons_json(raster.trace(mask))}
            for name, mask in _masks()
        ],
    }


def runs() -> dict[str, Any]:
    return {
        "about": "counts: column-major runs, zeros first. string: COCO's compressed counts. bbox: xyxy, far sides "
        "exclusive. crop: the mask cropped to its box (width and height 0 when empty). pairs: two masks of one size; "
        "crowd_iou takes b as a crowd. bad_strings must be refused. large: counts only, no pixels.",
        "cases": [_run_case(name, mask) for name, mask in _masks()],
        "pairs": [_pair(seed) for seed in range(20)],
        "bad_strings": [{"name": name, "string": string} for name, string in BAD_STRINGS],
        "large": _large(),
    }


def _run_case(name: str, mask: Mask) -> dict[str, Any]:
    counts = rle.encode(mask)
    crop = rle.crop(counts, *mask.shape)
    return {
        "name": name, "rows": rows_of(mask), "counts": counts.tolist(), "string": rle.counts_to_string(counts),
        "area": rle.area(counts), "bbox": rle.bbox(counts, mask.shape[0]), "crop": geometry_json(crop)["mask"],
    }  # fmt: skip


def _pair(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(500 + seed)
    height, width = (int(n) for n in rng.integers(1, 14, 2))
    a, b = (rng.random((height, width)) < rng.uniform(0.1, 0.9) for _ in range(2))
    one, two = rle.encode(a), rle.encode(b)
    return {
        "name": f"pair {seed}", "a": rows_of(a), "b": rows_of(b),
        "iou": rle.iou(one, two), "crowd_iou": rle.iou(one, two, is_crowd=True),
        "union": rows_of(rle.decode(rle.merge([one, two]), height, width)),
        "intersection": rows_of(rle.decode(rle.merge([one, two], intersect=True), height, width)),
    }  # fmt: skip


def _large() -> list[dict[str, Any]]:
    """Runs on images too large to decode: expanding a crop, and values that need many characters."""
    cases: list[dict[str, Any]] = []
    for x, y, size in ((0, 0, 3), (29_990, 29_990, 10), (12_345, 23_456, 7)):
        crop = raster.mask_from_bitmap(np.ones((size, size), dtype=np.bool_), x, y)
        counts = rle.expand(crop, 30_000, 30_000)
        cases.append(_large_case(f"{size} x {size} pixels at {x}, {y}", crop, counts))
    whole = MaskGeometry(0, 0, 30_000, 30_000, np.array([0, 900_000_000], dtype=np.uint32))
    cases.append(_large_case("all of the image", whole, rle.expand(whole, 30_000, 30_000)))
    return cases


def _large_case(name: str, crop: MaskGeometry, counts: rle.Counts) -> dict[str, Any]:
    return {
        "name": name, "width": 30_000, "height": 30_000, "crop": geometry_json(crop)["mask"],
        "counts": counts.tolist(), "string": rle.counts_to_string(counts), "area": rle.area(counts),
        "bbox": rle.bbox(counts, 30_000),
    }  # fmt: skip
