"""Cutting polygons to the image: exact in area and in pixels, no bridges."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from annotator.core import clipping, geometry, raster
from annotator.core.document import Polygon, PolygonGeometry
from tests.core.strategies import masks
from tests.golden.drawing import Mask, polygons_json, ring, square, star

WIDTH, HEIGHT = 30, 20
FRAME = shapely.box(0, 0, WIDTH, HEIGHT)


def clip(*polygons: Polygon) -> tuple[Polygon, ...]:
    return geometry.clip_polygons(polygons, WIDTH, HEIGHT)


def near_an_edge(polygon: Polygon) -> Mask:
    """Find pixels whose centre lies so close to an edge that rounding the cut to float32 may decide."""
    jj, ii = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return shapely.distance(shapely.Polygon(polygon[0], polygon[1:]).boundary, shapely.points(ii, jj)) < 1e-4


def assert_exact(polygon: Polygon) -> None:
    theirs = shapely.Polygon(polygon[0], polygon[1:])
    parts = clip(polygon)
    assert sum(map(geometry.polygon_area, parts)) == pytest.approx(theirs.intersection(FRAME).area, abs=2e-3)
    before = raster.rasterise_polygon(polygon, HEIGHT, WIDTH)
    after = raster.rasterise(PolygonGeometry(parts), HEIGHT, WIDTH)
    assert ((before == after) | near_an_edge(polygon)).all()
    for part in parts:
        x0, y0, x1, y1 = geometry.polygons_bbox([part])
        assert 0 <= x0 < x1 <= WIDTH
        assert 0 <= y0 < y1 <= HEIGHT
        assert geometry.ring_area(part[0]) > 0 or part is polygon
    assert geometry.valid_polygons(parts)


@given(st.integers(0, 2**32), st.booleans())
def test_star_with_a_hole_is_cut_exactly(seed: int, snapped: bool) -> None:
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-8, 38, 2)
    outer, hole = star(rng, int(rng.integers(5, 40)), centre, (9, 40)), star(rng, 9, centre, (2, 8))
    if snapped:
        outer, hole = np.round(outer), np.round(hole)
    assume(shapely.Polygon(outer, [hole]).is_valid)
    assert_exact((outer, hole))


@given(masks, st.integers(-6, 25), st.integers(-6, 15))
def test_traced_masks_with_all_their_holes_and_touches_are_cut_exactly(mask: Mask, x: int, y: int) -> None:
    moved = [
        tuple(part + np.array([x, y], dtype=np.float32) for part in polygon) for polygon in raster.trace(mask)
    ]
    parts = clip(*moved)
    expected = raster.rasterise(PolygonGeometry(tuple(moved)), HEIGHT, WIDTH)
    assert (raster.rasterise(PolygonGeometry(parts), HEIGHT, WIDTH) == expected).all()
    assert sum(map(geometry.polygon_area, parts)) == expected.sum()


@given(masks, st.integers(-12, 29), st.integers(-12, 19), st.integers(0, 3))
def test_traced_masks_turned_by_a_skew_are_cut_exactly(mask: Mask, x: int, y: int, kind: int) -> None:
    skew = np.array([[1, 0.5], [-0.25, 1]], dtype=np.float32) * np.float32(1 + kind)
    for polygon in raster.trace(mask):
        assert_exact(
            tuple((part @ skew + np.array([x, y], dtype=np.float32)).astype(np.float32) for part in polygon)
        )


@given(*[st.floats(-50, 50, width=32)] * 4)
def test_edge_meets_the_border_at_the_same_point_from_both_sides(
    xa: float, ya: float, xb: float, yb: float
) -> None:
    assume((xa > 0) != (xb > 0))
    a, b = (xa, ya), (xb, yb)
    assert clipping._meeting(a, b, 0, 0.0) == clipping._meeting(b, a, 0, 0.0)


def test_polygon_inside_is_returned_as_it_is_and_one_outside_is_left_out() -> None:
    inside, outside = (square(0, 0, 30, 20)[::-1],), (square(31, 0, 40, 9),)
    [part] = clip(inside, outside)
    assert part is inside


def test_polygon_that_only_touches_the_border_from_outside_leaves_nothing() -> None:
    assert clip((ring(0, 4, -6, 0, -6, 8),)) == ()
    assert clip((square(-5, 0, 0, 10),)) == ()


def test_comb_cut_through_its_teeth_becomes_one_polygon_a_tooth() -> None:
    comb = ring(2, -4, 14, -4, 14, 8, 12, 8, 12, -2, 9, -2, 9, 8, 7, 8, 7, -2, 4, -2, 4, 8, 2, 8)
    parts = clip((comb,))
    assert sorted(geometry.polygons_bbox([part]) for part in parts) == [
        (2, 0, 4, 8),
        (7, 0, 9, 8),
        (12, 0, 14, 8),
    ]
    assert all(len(part) == 1 and part[0].shape == (4, 2) for part in parts)


def test_corners_that_meet_in_one_point_of_the_border_stay_polygons_of_their_own() -> None:
    both = ring(-5, 0, -5, 10, 0, 5, 6, 10, 6, 6, 0, 5, 6, 4, 6, 0, 0, 5)
    parts = clip((both,))
    assert sorted(geometry.polygons_bbox([part]) for part in parts) == [(0, 0, 6, 5), (0, 5, 6, 10)]


def test_hole_that_reaches_over_the_border_becomes_part_of_the_outline() -> None:
    [part] = clip((square(-5, -5, 10, 10), square(-2, 2, 4, 5)))
    assert len(part) == 1
    assert geometry.polygon_area(part) == 100 - 12


def test_hole_inside_stays_a_hole() -> None:
    [part] = clip((square(-5, -5, 10, 10), square(2, 2, 4, 5)[::-1]))
    assert polygons_json([part])[0][1] == [2, 5, 4, 5, 4, 2, 2, 2]
    assert geometry.polygon_area(part) == 100 - 6


def test_abutting_polygons_still_share_their_border_after_the_cut() -> None:
    rng = np.random.default_rng(7)
    points = np.concatenate([rng.uniform(-20, 50, (40, 2)), [[-60, -60], [90, -60], [90, 90], [-60, 90]]])
    cover = np.zeros((HEIGHT, WIDTH), dtype=np.int64)
    for triangle in shapely.get_parts(
        shapely.delaunay_triangles(shapely.MultiPoint(points.astype(np.float32)))
    ):
        for part in clip((np.array(triangle.exterior.coords)[:-1].astype(np.float32),)):
            cover += raster.rasterise_polygon(part, HEIGHT, WIDTH)
    assert (cover == 1).all()
