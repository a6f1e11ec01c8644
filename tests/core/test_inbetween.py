"""Shapes between two moments: worked out by hand, by properties, and against pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.core.document import (
    BoxGeometry,
    Geometry,
    MaskGeometry,
    PointGeometry,
    PolygonGeometry,
    PolylineGeometry,
)
from annotator.core.inbetween import between, between_rings
from annotator.core.raster import bitmap_of, mask_from_bitmap, rasterise
from annotator.core.rings import polygon_area

H, W = 90, 120


def ring(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float32)


def polygon(*points: tuple[float, float]) -> PolygonGeometry:
    return PolygonGeometry(((ring(*points),),))


def disc(x: float, y: float, radius: float) -> MaskGeometry:
    rows, columns = np.mgrid[0:H, 0:W] + 0.5
    return mask_from_bitmap((columns - x) ** 2 + (rows - y) ** 2 <= radius**2)


def at(a: Geometry, b: Geometry, t: float) -> Geometry | None:
    return between(a, b, t, height=H, width=W)


def pixels(geometry: Geometry | None) -> np.ndarray:
    assert geometry is not None
    return rasterise(geometry, H, W)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_box_moves_and_grows_by_its_corners() -> None:
    found = at(BoxGeometry(0, 10, 20, 30), BoxGeometry(8, 10, 36, 50), 0.25)
    assert found == BoxGeometry(2, 10, 24, 35)


def test_polygon_moves_by_its_vertices_wherever_its_twin_begins_and_however_it_runs() -> None:
    a = ring((0, 0), (20, 0), (20, 10), (0, 10))
    moved = a + np.float32([8, 4])
    for turned in (moved, np.roll(moved, 1, axis=0), np.roll(moved, 2, axis=0), moved[::-1]):
        assert np.array_equal(between_rings(a, np.ascontiguousarray(turned), 0.5), a + np.float32([4, 2]))


def test_ring_with_fewer_vertices_gets_them_on_its_longest_edges_and_keeps_its_corners() -> None:
    square = ring((0, 0), (40, 0), (40, 40), (0, 40))
    house = ring((0, 0), (20, -10), (40, 0), (40, 40), (0, 40))
    half = between_rings(square, house, 0.5)
    assert np.array_equal(half, ring((0, 0), (20, -5), (40, 0), (40, 40), (0, 40)))


def test_holes_follow_their_ring() -> None:
    outer, hole = ring((0, 0), (40, 0), (40, 40), (0, 40)), ring((10, 10), (20, 10), (20, 20), (10, 20))
    a = PolygonGeometry(((outer, hole),))
    b = PolygonGeometry(((outer + np.float32([10, 0]), hole + np.float32([20, 0])),))
    half = at(a, b, 0.5)
    assert isinstance(half, PolygonGeometry)
    [(one, other)] = half.polygons
    assert np.array_equal(one, outer + np.float32([5, 0]))
    assert np.array_equal(other, hole + np.float32([10, 0]))


def test_box_and_polygon_meet_as_polygons() -> None:
    half = at(BoxGeometry(0, 0, 10, 10), polygon((10, 0), (20, 0), (20, 10), (10, 10)), 0.5)
    assert isinstance(half, PolygonGeometry)
    assert np.array_equal(pixels(half), pixels(polygon((5, 0), (15, 0), (15, 10), (5, 10))))


def test_polygons_of_other_builds_meet_as_masks() -> None:
    one = polygon((10, 10), (50, 10), (50, 50), (10, 50))
    two = PolygonGeometry((one.polygons[0], (ring((60, 10), (70, 10), (70, 20), (60, 20)),)))
    assert isinstance(at(one, two, 0.5), MaskGeometry)


def test_lines_and_points_move_and_points_of_another_number_do_not() -> None:
    line = at(
        PolylineGeometry(ring((0, 0), (10, 0))), PolylineGeometry(ring((0, 10), (10, 10), (20, 10))), 0.5
    )
    assert isinstance(line, PolylineGeometry)
    assert np.array_equal(line.points, ring((0, 5), (7.5, 5), (15, 5)))
    points = at(PointGeometry(ring((2, 2))), PointGeometry(ring((4, 6))), 0.5)
    assert isinstance(points, PointGeometry)
    assert np.array_equal(points.points, ring((3, 4)))
    assert at(PointGeometry(ring((2, 2))), PointGeometry(ring((4, 6), (1, 1))), 0.5) is None
    assert at(PointGeometry(ring((2, 2))), BoxGeometry(0, 0, 1, 1), 0.5) is None


def test_mask_that_moves_farther_than_its_size_keeps_its_size() -> None:
    half = pixels(at(disc(20, 20, 8), disc(80, 60, 8), 0.5))
    assert iou(half, pixels(disc(50, 40, 8))) > 0.93


def test_mask_that_grows_has_the_size_between() -> None:
    half = pixels(at(disc(50, 40, 10), disc(50, 40, 30), 0.5))
    assert iou(half, pixels(disc(50, 40, 20))) > 0.97


def test_mask_keeps_its_hole() -> None:
    def annulus(x: float) -> MaskGeometry:
        return mask_from_bitmap(pixels(disc(x, 40, 20)) & ~pixels(disc(x, 40, 8)))

    half = pixels(at(annulus(30), annulus(70), 0.5))
    assert iou(half, pixels(annulus(50))) > 0.95


def test_mask_that_leaves_the_image_is_cut_at_its_border() -> None:
    half = at(disc(14, 40, 15), disc(2, 40, 15), 0.5)
    assert isinstance(half, MaskGeometry)
    assert (half.x, half.x + half.width <= W, bitmap_of(half).any()) == (0, True, True)


@pytest.mark.parametrize("angle", [20, 45, 70])
def test_turning_star_stays_a_star(angle: float) -> None:
    def star(turn: float) -> np.ndarray:
        steps = np.arange(10) * np.pi / 5 + np.radians(turn)
        radii = np.where(np.arange(10) % 2, 10, 30)
        return np.stack([60 + radii * np.cos(steps), 45 + radii * np.sin(steps)], axis=1).astype(np.float32)

    half = PolygonGeometry(((between_rings(star(0), star(angle), 0.5),),))
    turned = angle if angle <= 36 else angle - 72  # a star looks the same after 72 degrees
    expected = PolygonGeometry(((star(turned / 2),),))
    assert iou(pixels(half), pixels(expected)) > 0.75


coordinates = st.floats(0, 60, width=32)
rings = st.integers(3, 9).flatmap(
    lambda count: st.lists(st.tuples(coordinates, coordinates), min_size=count, max_size=count)
)
moments = st.floats(0.01, 0.99)


@given(rings, rings, moments)
def test_ring_between_has_the_larger_number_of_vertices_and_stays_within_both(
    a: list[tuple[float, float]], b: list[tuple[float, float]], t: float
) -> None:
    one, other = ring(*a), ring(*b)
    found = between_rings(one, other, t)
    assert found.shape == (max(len(a), len(b)), 2)
    low = np.minimum(one.min(axis=0), other.min(axis=0)) - 1e-3
    high = np.maximum(one.max(axis=0), other.max(axis=0)) + 1e-3
    assert ((found >= low) & (found <= high)).all()


@given(rings, st.tuples(coordinates, coordinates), moments)
def test_ring_that_only_moves_only_moves(
    a: list[tuple[float, float]], way: tuple[float, float], t: float
) -> None:
    one = ring(*a)
    other = one + np.float32(way)
    found = between_rings(one, other, t)
    area = polygon_area((one,))
    assert abs(polygon_area((found,)) - area) <= 1e-2 * max(1, area)
    assert np.allclose(found.mean(axis=0), one.mean(axis=0) + np.float32(way) * t, atol=0.01)


@given(st.integers(4, 20), st.integers(4, 20), moments)
def test_disc_between_two_discs_is_no_smaller_and_no_larger(a: int, b: int, t: float) -> None:
    count = int(pixels(at(disc(40, 40, a), disc(70, 45, b), t)).sum())
    small, large = sorted((np.pi * a**2, np.pi * b**2))
    assert small * 0.85 - 8 <= count <= large * 1.1 + 8


def test_ends_come_back_as_they_are() -> None:
    a, b = disc(30, 30, 5), polygon((0, 0), (10, 0), (10, 10))
    assert at(a, b, 0) is a
    assert at(a, b, 1) is b
