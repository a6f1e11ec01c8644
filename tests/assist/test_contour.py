"""The active contour and the scissors' costs: by hand, against scikit-image, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.graph import route_through_array
from skimage.segmentation import morphological_geodesic_active_contour
from skimage.segmentation import morphsnakes as theirs

from annotator.assist.contour import cost_map, evolve, inverse_gradient, refine, zero_crossings
from annotator.core.errors import InvalidInput
from tests.assist.pictures import disc, iou, noisy, two_tone


def test_a_rough_outline_moves_to_the_edge_of_the_object() -> None:
    truth = disc()
    picture = two_tone(truth, noise=10)
    rough = disc(radius=27)
    assert iou(rough, truth) < 0.7
    assert iou(refine(picture, initial=rough, balloon="inwards"), truth) > 0.93
    assert iou(refine(picture, initial=disc(radius=14), balloon="outwards"), truth) > 0.93


@pytest.mark.parametrize(
    ("iterations", "smoothing", "balloon"),
    [(1, 1, 0), (7, 1, 0.7), (40, 2, -1), (61, 3, 0.3), (200, 1, 0), (25, 0, 1)],
)
def test_the_contour_moves_as_scikit_images_does_to_the_pixel(
    iterations: int, smoothing: int, balloon: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = noisy(11)
    stopping = inverse_gradient(picture, 1.5)
    initial = np.zeros((48, 64), dtype=bool)
    initial[10:40, 15:50] = True
    # Which of its two forms scikit-image's operator takes first depends on the calls before: begin anew.
    fresh: Any = theirs._fcycle(
        [lambda u: theirs.sup_inf(theirs.inf_sup(u)), lambda u: theirs.inf_sup(theirs.sup_inf(u))]
    )
    monkeypatch.setattr(theirs, "_curvop", fresh)
    expected = morphological_geodesic_active_contour(
        stopping.astype(np.float64),
        iterations,
        initial,
        smoothing=smoothing,
        threshold="auto",
        balloon=balloon,
    )
    ours = evolve(initial, stopping, iterations=iterations, smoothing=smoothing, balloon=balloon)
    assert (ours == expected.astype(bool)).all()


def test_a_contour_on_ground_without_slope_stays() -> None:
    initial = np.zeros((20, 20), dtype=bool)
    initial[5:15, 5:15] = True
    stopping = np.ones((20, 20), dtype=np.float32)
    assert (evolve(initial, stopping, iterations=9, smoothing=0, balloon=0) == initial).all()


def test_a_contour_needs_an_inside_and_an_outside() -> None:
    picture = two_tone(disc(20, 6))
    with pytest.raises(InvalidInput, match="the mask is empty here"):
        refine(picture, initial=np.zeros((20, 20), dtype=bool))
    with pytest.raises(InvalidInput, match="the mask covers the whole region"):
        refine(picture, initial=np.ones((20, 20), dtype=bool))
    with pytest.raises(InvalidInput, match=r"mask: it is bool \(9, 9\)"):
        refine(picture, initial=np.ones((9, 9), dtype=bool))
    with pytest.raises(InvalidInput, match="one colour only"):
        refine(np.full((20, 20, 3), 9, np.uint8), initial=disc(20, 6))
    with pytest.raises(InvalidInput, match="iterations: 201 is not allowed"):
        refine(picture, initial=disc(20, 6), iterations=201)


def test_zero_crossings_are_the_pixels_nearer_to_zero_by_hand() -> None:
    laplacian = np.array([[5, 3, -1, -4], [5, 0, 0, 2], [1, 1, 1, 1], [2, 0, -2, 0]], dtype=np.float32)
    assert zero_crossings(laplacian).tolist() == [
        [False, False, True, False],
        [False, False, True, True],  # a 0 between -1 and 1; 2 below -4
        [False, False, True, False],
        [False, True, False, False],  # a 0 between 2 and -2; the last 0 has no other side
    ]


def test_the_scissors_walk_along_the_edge_of_an_object_and_not_across_it() -> None:
    truth = disc(radius=25)
    cost = cost_map(two_tone(truth, noise=6)).astype(np.float64) + 1
    start, goal = (40, 15), (40, 64)  # left and right on the outline
    path, _total = route_through_array(cost, start, goal, fully_connected=True, geometric=True)
    distance = [abs(np.hypot(x + 0.5 - 40, y + 0.5 - 40) - 25) for y, x in path]
    assert len(path) > 60
    assert np.mean(distance) < 1.2


@given(st.integers(0, 2**32 - 1))
def test_edges_cost_less_than_flat_ground(seed: int) -> None:
    column = 8 + seed % 40
    picture = np.full((40, 64, 3), 60, dtype=np.uint8)
    picture[:, column:] = 180
    cost = cost_map(picture)
    assert cost.dtype == np.uint8
    assert cost.shape == (40, 64)
    edge = cost[5:-5, column - 1 : column + 1].min(axis=1)
    flat = np.concatenate([cost[5:-5, : column - 7], cost[5:-5, column + 7 :]], axis=1)
    assert edge.max() < 30
    assert flat.min() > 200


def test_the_costs_of_a_turned_picture_are_the_turned_costs() -> None:
    picture = noisy(5, (40, 40))
    for turns, flip in itertools.product(range(4), (False, True)):
        turned = np.rot90(picture[::-1] if flip else picture, turns)
        cost = cost_map(picture)
        expected = np.rot90(cost[::-1] if flip else cost, turns)
        assert np.mean(np.abs(cost_map(turned).astype(int) - expected) <= 1) > 0.97  # ties of zero crossings


def test_a_region_of_one_colour_has_no_costs() -> None:
    with pytest.raises(InvalidInput, match="one colour only"):
        cost_map(np.full((9, 9, 3), 40, np.uint8))
    with pytest.raises(InvalidInput, match="sigma: 9 is not allowed"):
        cost_map(noisy(1), sigma=9)
