"""Every object operation against NumPy, SciPy and shapely on random outlines and masks."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from tests.operations.bridge import Area, Bridge, Mask, Outcome, Polygons
from tests.operations.shapes import (
    SHAPE,
    areas,
    distance_inside,
    outlines,
    parts_of,
    pixels_of,
    placed_masks,
    rasterised,
)

FOUR = ndimage.generate_binary_structure(2, 1)
checked = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def mask_of(outcome: Outcome | None) -> Mask:
    return np.zeros(SHAPE, dtype=bool) if outcome is None else outcome.mask


def assert_sound(outcome: Outcome | None) -> None:
    """What is shown as an outline covers, by an independent rasteriser, the pixels that it says."""
    if outcome is not None and outcome.polygons is not None:
        assert np.array_equal(rasterised(outcome.polygons), outcome.mask)


@checked
@given(first=areas(), second=areas(), third=areas())
def test_boolean_operations_are_those_of_the_pixels(
    bridge: Bridge, first: Area, second: Area, third: Area
) -> None:
    a, b, c = pixels_of(first), pixels_of(second), pixels_of(third)
    expected = {"union": a | b | c, "intersect": a & b & c, "subtract": a & ~(b | c), "join": a | b | c}
    for op, wanted in expected.items():
        outcome = bridge.area(op, SHAPE, first, second, third)
        assert np.array_equal(mask_of(outcome), wanted), op
        assert_sound(outcome)
        assert outcome is None or outcome.kind == ("mask" if isinstance(first, np.ndarray) else "polygon")


@checked
@given(first=outlines(), second=outlines())
def test_outlines_keep_their_vertices_wherever_that_is_exact(
    bridge: Bridge, first: Polygons, second: Polygons
) -> None:
    """The area by vectors is shapely's to the rounding of float32, unless the outline had to follow pixels."""
    assume(solid(first).is_valid and solid(second).is_valid)
    wanted = shapely.union(solid(first), solid(second))
    outcome = bridge.area("union", SHAPE, first, second)
    assert outcome is None or outcome.polygons is not None
    if outcome is None or outcome.polygons is None:
        return
    made = shapely.union_all([solid([rings]) for rings in outcome.polygons])
    follows_pixels = all(np.array_equal(ring, np.round(ring)) for rings in outcome.polygons for ring in rings)
    assert follows_pixels or made.symmetric_difference(wanted).area < 0.01 + slivers(wanted)


def slivers(shape: shapely.Geometry) -> float:
    """The area of parts that are too small for a pixel: they may be left out."""
    return sum(part.area for part in shapely.get_parts(shape) if part.area < 2)


@checked
@given(area=areas(), below=st.sampled_from([2, 5, 20, 10_000]))
def test_holes_and_specks(bridge: Bridge, area: Area, below: int) -> None:
    mask = pixels_of(area)
    gaps = np.asarray(ndimage.binary_fill_holes(mask, FOUR)) & ~mask
    filled = bridge.area("fillHoles", SHAPE, area, number=below)
    assert np.array_equal(mask_of(filled), mask | smaller_parts(gaps, below))
    assert_sound(filled)
    cleaned = bridge.area("removeSpecks", SHAPE, area, number=below)
    assert np.array_equal(mask_of(cleaned), mask & ~smaller_parts(mask, below))
    assert_sound(cleaned)


def smaller_parts(mask: Mask, below: int) -> Mask:
    labels, count = parts_of(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    chosen = sizes < below
    chosen[0] = False
    return chosen[labels]


@checked
@given(area=areas(), radius=st.sampled_from([1, 2, 2.5, 3, 7]))
def test_growing_and_shrinking_are_euclidean(bridge: Bridge, area: Area, radius: float) -> None:
    mask = pixels_of(area)
    grown, shrunk = (
        bridge.area("grow", SHAPE, area, number=radius),
        bridge.area("shrink", SHAPE, area, number=radius),
    )
    reach = distance_inside(~mask) <= radius if mask.any() else mask
    assert np.array_equal(mask_of(grown), reach)
    kept = distance_inside(mask) > radius if not mask.all() else mask
    assert np.array_equal(mask_of(shrunk), kept)
    assert_sound(grown)
    assert_sound(shrunk)


@checked
@given(mask=placed_masks(), radius=st.sampled_from([1, 2, 3, 5]))
def test_smoothing_a_mask_is_the_vote_of_a_disc(bridge: Bridge, mask: Mask, radius: int) -> None:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = (x * x + y * y <= radius * radius).astype(int)
    votes = ndimage.convolve(mask.astype(int), disc, mode="constant")
    asked = ndimage.convolve(np.ones(SHAPE, dtype=int), disc, mode="constant")
    assert np.array_equal(mask_of(bridge.area("smooth", SHAPE, mask, number=radius)), 2 * votes > asked)


@checked
@given(polygons=outlines(), radius=st.sampled_from([0.5, 2, 8]))
def test_smoothing_an_outline_stays_near_and_valid(bridge: Bridge, polygons: Polygons, radius: float) -> None:
    smoothed = bridge.area("smooth", SHAPE, polygons, number=radius)
    assert smoothed is not None and smoothed.polygons is not None
    was, made = solid(polygons), shapely.Polygon(smoothed.polygons[0][0], smoothed.polygons[0][1:])
    assert made.is_valid or not was.is_valid
    # The first round cuts at most `radius` off each corner, the second half as much.
    assert shapely.hausdorff_distance(was, made, 0.2) <= 1.5 * radius + 1e-3


@checked
@given(mask=placed_masks(), tolerance=st.sampled_from([0.5, 1, 2, 5]))
def test_simplifying_keeps_topology_and_tolerance(bridge: Bridge, mask: Mask, tolerance: float) -> None:
    assume(mask.any())
    traced = bridge.area("toPolygon", SHAPE, mask, number=0)
    assert traced is not None and traced.polygons is not None
    assert np.array_equal(traced.mask, mask)
    simpler = bridge.area("simplify", SHAPE, traced.polygons, number=tolerance)
    assert simpler is not None and simpler.polygons is not None
    assert [len(rings) for rings in simpler.polygons] == [len(rings) for rings in traced.polygons]
    for before, after in zip(traced.polygons, simpler.polygons, strict=True):
        assert shapely.Polygon(after[0], after[1:]).is_valid
        for ring, made in zip(before, after, strict=True):
            assert len(made) <= len(ring)
            distance = shapely.hausdorff_distance(shapely.LinearRing(ring), shapely.LinearRing(made), 0.1)
            assert distance <= tolerance + 1e-5
    parts = [shapely.Polygon(rings[0], rings[1:]) for rings in simpler.polygons]
    for k, part in enumerate(parts):
        for other in parts[k + 1 :]:
            assert part.intersection(other).area == pytest.approx(0, abs=1e-9)


@checked
@given(first=areas(), second=areas())
def test_parts_add_up(bridge: Bridge, first: Area, second: Area) -> None:
    both = bridge.area("join", SHAPE, first, second)
    assume(both is not None)
    area: Area = both.mask if both.polygons is None else both.polygons
    parts = bridge.areas("separate", SHAPE, area)
    assert parts is not None
    assert np.array_equal(sum(part.mask.astype(int) for part in parts), both.mask.astype(int))
    for part in parts:
        assert part.mask.any()
        assert_sound(part)
    if both.kind == "mask":
        assert len(parts) == parts_of(both.mask)[1]


@checked
@given(
    area=areas(),
    points=st.lists(
        st.tuples(st.floats(-5, 60, width=32), st.floats(-5, 55, width=32)), min_size=2, max_size=5
    ),
)
def test_pieces_of_a_split_add_up(bridge: Bridge, area: Area, points: list[tuple[float, float]]) -> None:
    mask = pixels_of(area)
    pieces = bridge.areas("split", SHAPE, area, line=[value for point in points for value in point])
    if pieces is None:
        return
    assert len(pieces) > 1
    assert np.array_equal(sum(piece.mask.astype(int) for piece in pieces), mask.astype(int))
    for piece in pieces:
        assert piece.mask.any()
        assert_sound(piece)


@checked
@given(polygons=outlines(), x=st.floats(2, 54, width=32))
def test_a_straight_line_across_splits_as_shapely_does(bridge: Bridge, polygons: Polygons, x: float) -> None:
    line = shapely.LineString([(x, -10), (x, 60)])
    shape = solid(polygons)
    assume(shape.is_valid)
    wanted = [part for part in shapely.get_parts(shapely.ops.split(shape, line)) if part.area > 3]
    pieces = bridge.areas("split", SHAPE, polygons, line=[x, -10, x, 60])
    found = 1 if pieces is None else len(pieces)
    assert found >= len(wanted)


def solid(polygons: Polygons) -> shapely.Polygon:
    return shapely.Polygon(polygons[0][0], polygons[0][1:])
