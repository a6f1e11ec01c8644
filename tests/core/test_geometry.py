"""Rings and polygons: area, box, containment, simplifying, the rules for valid shapes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from annotator.core import geometry, raster
from annotator.core.document import Ring
from annotator.core.errors import InvalidInput
from tests.core.strategies import rings
from tests.core.timing import least_seconds
from tests.golden.drawing import ring, square, star

seeds = st.integers(0, 2**32)


def problems(*polygons: tuple[Ring, ...], where: str = "polygons") -> list[tuple[str, str]]:
    """Validate on an image of 20 x 10 and list what is wrong."""
    try:
        geometry.validate_polygons(polygons, width=20, height=10, where=where)
    except InvalidInput as error:
        return [(problem.where, problem.message) for problem in error.problems]
    return []


def test_area_is_positive_clockwise_on_the_screen_and_negative_the_other_way() -> None:
    assert geometry.ring_area(square(0, 0, 10, 10)) == 100
    assert geometry.ring_area(square(0, 0, 10, 10)[::-1]) == -100


def test_holes_are_taken_off_the_area_whatever_their_direction() -> None:
    hole = square(2, 2, 4, 5)
    assert geometry.polygon_area((square(0, 0, 10, 10), hole)) == 94
    assert geometry.polygon_area((square(0, 0, 10, 10)[::-1], hole[::-1])) == 94


@given(seeds)
def test_polygon_area_and_box_equal_shapelys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-1000, 5000, 2)
    outer, hole = star(rng, int(rng.integers(3, 60)), centre, (50, 90)), star(rng, 9, centre, (2, 20))
    theirs = shapely.Polygon(outer, [hole])
    assert geometry.polygon_area((outer, hole)) == pytest.approx(theirs.area, rel=1e-9)
    assert geometry.polygons_bbox([(outer, hole)]) == theirs.bounds


def test_area_of_a_small_shape_far_from_the_origin_keeps_its_digits() -> None:
    assert geometry.ring_area(square(1_000_000, 2_000_000, 1_000_000.5, 2_000_000.5)) == 0.25


@given(rings, st.integers(0, 19), st.integers(0, 19))
def test_point_in_ring_agrees_with_the_rasteriser_at_every_pixel_centre(part: Ring, i: int, j: int) -> None:
    mask = raster.rasterise_polygon((part,), 20, 20)
    assert geometry.point_in_ring(part, i + 0.5, j + 0.5) == mask[j, i]


def test_simplifying_keeps_corners_and_drops_what_lies_on_edges() -> None:
    dense = ring(0, 0, 5, 0, 10, 0, 10, 5, 10, 10, 5, 10, 0, 10, 0, 5)
    assert geometry.simplify(dense, 0.0).tolist() == square(0, 0, 10, 10).tolist()


@given(seeds, st.sampled_from([0.0, 0.3, 1.0, 4.0]))
def test_simplified_outline_stays_within_the_tolerance(seed: int, tolerance: float) -> None:
    part = star(np.random.default_rng(seed), 50, (0, 0), (20, 24))
    result = geometry.simplify(part, tolerance)
    kept = [tuple(point) for point in result.tolist()]
    assert [tuple(point) for point in part.tolist() if tuple(point) in set(kept)] == kept
    outline = shapely.LinearRing(result)
    assert shapely.distance(outline, shapely.points(part)).max() <= tolerance + 1e-9


def test_simplifying_never_leaves_fewer_than_three_points() -> None:
    assert geometry.simplify(ring(0, 0, 10, 0, 5, 0.1), 5.0).shape == (3, 2)


def test_good_polygons_pass_also_those_that_touch_themselves_or_reach_outside() -> None:
    assert problems((square(0, 0, 9, 9), square(2, 2, 4, 4)), (square(12, 2, 15, 5),)) == []
    assert problems((ring(0, 0, 4, 4, 8, 0, 8, 8, 4, 4, 0, 8),)) == []
    assert problems((square(-5, -5, 3, 3),)) == []


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (ring(0, 0, 5, 5), "has 2 points; a ring needs at least 3"),
        (ring(3, 3), "has 1 point; a ring needs at least 3"),
        (ring(0, 0, 5, 5, 0, 0, 5, 5), "has 2 different points; a ring needs at least 3"),
        (ring(1, 1, 1, 1, 1, 1), "has 1 different point; a ring needs at least 3"),
        (ring(0, 0, 4, 4, 8, 8), "has no area"),
        (ring(0, 0, float("nan"), 4, 8, 0), "has the coordinates (nan, 4.0) at point 1; they must be finite numbers"),
        (ring(0, 0, 4, 4, 8, float("inf")), "has the coordinates (8.0, inf) at point 2; they must be finite numbers"),
        (ring(0, 0, 8, 8, 8, 0, 0, 6), "crosses itself: edge 0 from (0, 0) and edge 2 from (8, 0)"),
        (np.zeros((4, 3), dtype=np.float32), "is an array of shape (4, 3); it needs x, y pairs"),
    ],
)  # fmt: skip
def test_what_is_no_ring_is_refused_with_its_number(part: Ring, message: str) -> None:
    polygons = ((square(0, 0, 9, 9),), (square(0, 0, 9, 9), square(1, 1, 2, 2), part))
    assert problems(*polygons, where="put[3].polygons") == [("put[3].polygons[1][2]", f"ring 2 {message}")]


def test_every_fault_is_reported_not_only_the_first() -> None:
    found = problems((ring(0, 0, 1, 1),), (), (square(0, 0, 9, 9), ring(2, 2, 3, 3, 4, 4)))
    assert found == [
        ("polygons[0][0]", "ring 0 has 2 points; a ring needs at least 3"),
        ("polygons[1]", "polygon 1 has no rings; it needs at least 1"),
        ("polygons[2][1]", "ring 1 has no area"),
    ]


def test_object_without_polygons_is_refused() -> None:
    assert problems() == [("polygons", "the object has no polygons; it needs at least 1")]


@pytest.mark.parametrize(
    "part", [square(20, 0, 25, 5), square(-5, 0, 0, 5), square(0, 10, 5, 15), square(0, -5, 5, 0)]
)
def test_object_wholly_outside_the_image_is_refused(part: Ring) -> None:
    [(where, message)] = problems((part,))
    assert where == "polygons"
    assert message.endswith("lies wholly outside the image of 20 x 10 pixels")


def test_forty_thousand_small_rings_are_checked_in_seconds() -> None:
    part = star(np.random.default_rng(0), 24, (50, 50), (20, 40))
    polygons = [(part,)] * 2000
    # 500 us each; about 45 us on an idle machine
    assert least_seconds(lambda: geometry.validate_polygons(polygons, width=100, height=100), limit=1.0) < 1.0
