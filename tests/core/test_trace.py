"""Tracing a mask: exact, simple, valid and in a fixed order."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from annotator.core import geometry, raster
from annotator.core.document import PolygonGeometry
from tests.core.strategies import masks
from tests.golden.drawing import Mask, bitmap, blobs, polygons_json


def components(mask: Mask) -> list[Mask]:
    """Find 4-connected components by flood fill, in order of their first pixel."""
    left = {(int(j), int(i)) for j, i in np.argwhere(mask)}
    found: list[Mask] = []
    for start in sorted(left):
        if start not in left:
            continue
        left.remove(start)
        part, queue = np.zeros_like(mask), [start]
        while queue:
            j, i = queue.pop()
            part[j, i] = True
            for near in ((j - 1, i), (j + 1, i), (j, i - 1), (j, i + 1)):
                if near in left:
                    left.remove(near)
                    queue.append(near)
        found.append(part)
    return found


@given(masks)
def test_tracing_then_rasterising_gives_the_same_mask_back(mask: Mask) -> None:
    traced = raster.trace(mask)
    assert (raster.rasterise(PolygonGeometry(traced), *mask.shape) == mask).all()


@given(st.lists(masks, max_size=6))
def test_many_masks_traced_at_once_give_what_each_alone_gives(many: list[Mask]) -> None:
    for together, mask in zip(raster.trace_each(many), many, strict=True):
        assert polygons_json(together) == polygons_json(raster.trace(mask))


@given(masks)
def test_every_4_connected_component_is_one_polygon_in_row_major_order(mask: Mask) -> None:
    traced = raster.trace(mask)
    expected = components(mask)
    assert len(traced) == len(expected)
    for polygon, part in zip(traced, expected, strict=True):
        assert (raster.rasterise_polygon(polygon, *mask.shape) == part).all()


@given(masks)
def test_every_traced_polygon_is_valid_for_shapely_and_for_us_and_has_the_pixels_area(mask: Mask) -> None:
    total = 0.0
    for polygon in raster.trace(mask):
        shape = shapely.Polygon(polygon[0], polygon[1:])
        assert shape.is_valid, shapely.is_valid_reason(shape)
        assert geometry.polygon_area(polygon) == shape.area
        total += shape.area
    assert total == mask.sum()


@given(masks)
def test_rings_are_simple_directed_and_start_at_their_top_left_vertex(mask: Mask) -> None:
    for polygon in raster.trace(mask):
        starts: list[tuple[float, float]] = []
        for number, part in enumerate(polygon):
            assert part.dtype == np.float32
            points = [(float(y), float(x)) for x, y in part]
            assert len(set(points)) == len(points)
            assert points[0] == min(points)
            assert (geometry.ring_area(part) > 0) == (number == 0)
            steps = np.roll(part, -1, axis=0) - part
            assert ((steps == 0).sum(axis=1) == 1).all()  # along one axis
            assert ((steps[:, 0] == 0) != (np.roll(steps, 1, axis=0)[:, 0] == 0)).all()  # every vertex turns
            starts.append(points[0])
        assert starts[1:] == sorted(starts[1:])


def test_one_pixel_is_a_unit_square_from_its_top_left_clockwise() -> None:
    assert polygons_json(raster.trace(bitmap("...", "..#"))) == [[[2, 1, 3, 1, 3, 2, 2, 2]]]


def test_hole_runs_counter_clockwise_from_its_top_left() -> None:
    traced = raster.trace(bitmap("###", "#.#", "###"))
    assert polygons_json(traced) == [[[0, 0, 3, 0, 3, 3, 0, 3], [1, 1, 1, 2, 2, 2, 2, 1]]]


def test_pixels_that_touch_diagonally_are_two_polygons() -> None:
    assert polygons_json(raster.trace(bitmap("#.", ".#"))) == [
        [[0, 0, 1, 0, 1, 1, 0, 1]],
        [[1, 1, 2, 1, 2, 2, 1, 2]],
    ]


def test_hole_that_meets_the_outside_at_a_corner_is_still_a_hole() -> None:
    assert polygons_json(raster.trace(bitmap("##.", "#.#", "###"))) == [
        [[0, 0, 2, 0, 2, 1, 3, 1, 3, 3, 0, 3], [1, 1, 1, 2, 2, 2, 2, 1]],
    ]


def test_island_in_a_hole_is_a_polygon_of_its_own() -> None:
    traced = raster.trace(bitmap("#####", "#...#", "#.#.#", "#...#", "#####"))
    assert [len(polygon) for polygon in traced] == [2, 1]


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (4, 4)])
def test_empty_mask_has_no_polygons(shape: tuple[int, int]) -> None:
    assert raster.trace(np.zeros(shape, dtype=np.bool_)) == ()


def test_large_patchy_mask_comes_back_exactly() -> None:
    mask = blobs(np.random.default_rng(1), 700, 900, 4)
    traced = raster.trace(mask)
    assert len(traced) > 500
    assert (raster.rasterise(PolygonGeometry(traced), 700, 900) == mask).all()
