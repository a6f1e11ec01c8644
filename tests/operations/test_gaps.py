"""Borders that are followed leave no gap and no overlap; unlabelled pixels are counted and found."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.operations.bridge import Area, Bridge, pixels
from tests.operations.shapes import SHAPE, areas, crossed, parts_of, pixels_of, star

checked = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
place = st.tuples(st.floats(0, 56, width=32), st.floats(0, 48, width=32))
X = np.arange(SHAPE[1])[None, :] + 0.5
Y = np.arange(SHAPE[0])[:, None] + 0.5


@checked
@given(ring=star(), a=place, b=place, free=st.lists(place, min_size=1, max_size=4))
def test_two_ways_along_a_border_enclose_exactly_the_neighbour(
    bridge: Bridge,
    ring: np.ndarray,
    a: tuple[float, float],
    b: tuple[float, float],
    free: list[tuple[float, float]],
) -> None:
    """Two outlines that share all but their ways along a border differ by exactly the object between these.

    So neither leaves a gap at the border, and neither takes a pixel of the neighbour, wherever else they go.
    """
    neighbour = ring.astype(np.float32)
    both = bridge.ask("ways", SHAPE, [[[neighbour]]], points=[a, b])
    assume(both is not None)
    outlines = [
        np.concatenate([np.array(way, dtype=np.float32).reshape(-1, 2), np.array(free, dtype=np.float32)])
        for way in both
    ]
    covered = [crossed(outline, X, Y) for outline in outlines]
    assert np.array_equal(covered[0] ^ covered[1], crossed(neighbour, X, Y))


@checked
@given(objects=st.lists(areas(), min_size=1, max_size=5), removed=st.integers(0, 2))
def test_unlabelled_pixels_are_counted_and_told_apart(
    bridge: Bridge, objects: list[Area], removed: int
) -> None:
    removed = min(removed, len(objects))
    masks = [pixels_of(area) for area in objects]
    answer = bridge.ask("unlabelled", SHAPE, objects, number=removed)
    for k, count in enumerate(answer["counts"]):
        assert count == int((~np.any(masks[: k + 1], axis=0)).sum())
    left = ~np.any([*masks[removed:], np.zeros(SHAPE, dtype=bool)], axis=0)
    assert answer["last"] == int(left.sum())
    assert np.array_equal(pixels(answer["rest"], SHAPE), left)
    labels, count = parts_of(left)
    sizes = [region["area"] for region in answer["regions"]]
    assert sizes == sorted(np.bincount(labels.ravel())[1:].tolist(), reverse=True)
    assert len(sizes) == count
    for region in answer["regions"]:
        own = pixels(region["counts"], SHAPE)
        assert np.array_equal(own, labels == labels[region["y"], region["x"]])
        rows, columns = np.nonzero(own)
        box = {"x0": columns.min(), "y0": rows.min(), "x1": columns.max() + 1, "y1": rows.max() + 1}
        assert region["box"] == box
