"""Finding where a ring crosses itself: small and large rings, against exact arithmetic and shapely."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from annotator.core import crossings, raster
from annotator.core.document import Ring
from tests.core.strategies import masks
from tests.core.timing import least_seconds
from tests.golden.drawing import Mask, ring, star

grid_points = st.tuples(st.integers(0, 6), st.integers(0, 6))
wide_points = st.tuples(st.integers(-20, 20), st.integers(-20, 20))
wide_rings = st.lists(wide_points, min_size=12, max_size=30).map(lambda p: np.array(p, dtype=np.float32))
grid_rings = st.lists(grid_points, min_size=3, max_size=12).map(lambda p: np.array(p, dtype=np.float32))


def brute_force(part: Ring) -> list[tuple[int, int]]:
    """Compare every pair of edges in exact arithmetic."""
    points = [(Fraction(float(x)), Fraction(float(y))) for x, y in part]
    edges = list(zip(points, points[1:] + points[:1], strict=True))

    def separates(edge: tuple, other: tuple) -> bool:
        (ax, ay), (bx, by) = edge
        sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in other]
        return sides[0] * sides[1] < 0

    return [
        (i, j)
        for i in range(len(edges))
        for j in range(i + 1, len(edges))
        if separates(edges[i], edges[j]) and separates(edges[j], edges[i])
    ]


def test_bow_tie_crosses_once_and_a_square_never() -> None:
    assert crossings.self_intersections(ring(0, 0, 8, 8, 8, 0, 0, 8)) == [(0, 2)]
    assert crossings.is_simple(ring(0, 0, 8, 0, 8, 8, 0, 8))


def test_touching_at_a_vertex_or_along_an_edge_is_no_crossing() -> None:
    assert crossings.is_simple(ring(0, 0, 4, 4, 8, 0, 8, 8, 4, 4, 0, 8))
    assert crossings.is_simple(ring(0, 0, 4, 0, 8, 0, 6, 0, 6, 5))


@given(grid_rings)
def test_small_rings_cross_where_exact_arithmetic_says(part: Ring) -> None:
    assert crossings.self_intersections(part) == brute_force(part)


@given(wide_rings)
def test_large_ring_search_finds_what_exact_arithmetic_says(part: Ring) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crossings, "ALL_PAIRS", 3)
        patch.setattr(crossings, "LEAF", 4)
        assert crossings.self_intersections(part) == brute_force(part)


def test_level_edge_on_the_line_between_two_cells_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    part = ring(-15, 0, -16, -0.0, -20, 0.5, -20, -8, -15, -1, -16, 1, -10, 8)
    monkeypatch.setattr(crossings, "ALL_PAIRS", 3)
    monkeypatch.setattr(crossings, "LEAF", 2)
    assert (0, 4) in crossings.self_intersections(part)


@pytest.mark.parametrize("seed", range(12))
def test_both_searches_agree_on_wild_rings(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(size=(600, 2)), axis=0) if seed % 2 else rng.random((300, 2)) * 1000
    part = (np.round(walk) if seed % 3 == 0 else walk).astype(np.float32)
    found = crossings.self_intersections(part)
    monkeypatch.setattr(crossings, "ALL_PAIRS", 10_000)
    assert len(found) > 20
    assert crossings.self_intersections(part) == found


@given(masks)
def test_traced_rings_never_cross_themselves(mask: Mask) -> None:
    assert all(crossings.is_simple(part) for polygon in raster.trace(mask) for part in polygon)


@given(st.integers(0, 2**32), st.integers(4, 40))
def test_rings_that_shapely_calls_simple_do_not_cross(seed: int, points: int) -> None:
    part = (np.random.default_rng(seed).random((points, 2)) * 10).astype(np.float32)
    if shapely.LinearRing(part).is_simple:
        assert crossings.is_simple(part)


@pytest.mark.parametrize("crossing", [False, True])
def test_ring_of_20_000_vertices_is_searched_within_a_second(crossing: bool) -> None:
    angle = np.arange(20_000) * (2 * np.pi / 20_000)
    radius = 2000 + 300 * np.sin(7 * angle) + np.random.default_rng(0).uniform(-0.3, 0.3, angle.size)
    part = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
    if crossing:
        part[[5000, 5001]] = part[[5001, 5000]]
    assert bool(crossings.self_intersections(part)) == crossing
    assert least_seconds(lambda: crossings.self_intersections(part), limit=1.0) < 1.0


def test_many_edges_that_lie_on_each_other_are_searched_in_bounded_memory() -> None:
    there_and_back = ring(*[0, 0, 1000, 700] * 200, 0, 500)
    assert crossings.is_simple(there_and_back)
    assert least_seconds(lambda: crossings.is_simple(there_and_back), limit=1.0) < 1.0


def test_ring_too_tangled_to_search_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossings, "MAX_PAIRS", 100)
    with pytest.raises(crossings.TooTangled):
        crossings.self_intersections(star(np.random.default_rng(0), 400, (0, 0), (1, 100)))
