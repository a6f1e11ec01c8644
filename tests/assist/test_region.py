"""Wand, growing and watershed: by hand, against scikit-image and OpenCV, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import rgb2lab
from skimage.segmentation import flood

from annotator.assist.inputs import lab_of
from annotator.assist.region import grow, wand, watershed
from annotator.core.errors import InvalidInput
from tests.assist.pictures import disc, iou, noisy, painted, points, two_tone

COLOURS = {"a": (250, 250, 250), "b": (240, 250, 250), "r": (200, 0, 0)}
ROWS = ["aarb", "abra", "rrrr", "aaaa"]


def as_mask(*rows: str) -> np.ndarray:
    return np.array([[letter == "#" for letter in row] for row in rows])


def test_the_wand_takes_what_is_similar_and_hangs_together_by_hand() -> None:
    picture = painted(ROWS, COLOURS)
    expected = as_mask("##..", "##..", "....", "....")
    assert (wand(picture, positive=points((0.5, 0.5)), tolerance=10) == expected).all()
    assert (
        wand(picture, positive=points((0.5, 0.5)), tolerance=1) == as_mask("##..", "#...", "....", "....")
    ).all()
    everywhere = wand(picture, positive=points((0.5, 0.5)), tolerance=10, reach="anywhere")
    assert (everywhere == as_mask("##.#", "##.#", "....", "####")).all()


def test_the_wand_keeps_off_what_is_nearer_to_a_negative_seed() -> None:
    picture = painted(ROWS, COLOURS)
    found = wand(picture, positive=points((0.5, 0.5)), negative=points((3.5, 0.5)), tolerance=10)
    assert (found == as_mask("##..", "#...", "....", "....")).all()


def test_the_far_border_of_the_region_belongs_to_its_last_pixel() -> None:
    found = wand(painted(ROWS, COLOURS), positive=points((4, 4)), tolerance=0)
    assert (found == as_mask("....", "....", "....", "####")).all()


@given(st.integers(0, 2**32 - 1), st.integers(0, 63), st.integers(0, 47), st.floats(0, 60))
def test_the_wand_floods_as_scikit_image_does(seed: int, x: int, y: int, tolerance: float) -> None:
    picture = noisy(seed)
    lab = lab_of(picture)
    distance = np.sqrt(((lab - lab[y, x]) ** 2).sum(axis=2))
    clear = np.abs(distance - tolerance) > 1e-3  # where rounding does not decide
    picture_of_it = (distance <= tolerance).astype(np.uint8)
    expected = flood(picture_of_it, (y, x), connectivity=1)
    found = wand(picture, positive=points((x + 0.5, y + 0.5)), tolerance=tolerance)
    assert found[y, x]
    if clear.all():
        assert (found == expected).all()


@given(st.integers(0, 2**32 - 1), st.floats(0, 40), st.floats(0, 40))
def test_more_tolerance_takes_no_pixel_away(seed: int, one: float, other: float) -> None:
    small, large = sorted((one, other))
    picture, at = noisy(seed), points((20, 20))
    assert not (
        wand(picture, positive=at, tolerance=small) & ~wand(picture, positive=at, tolerance=large)
    ).any()


def test_colours_are_compared_in_lab_as_scikit_image_computes_it() -> None:
    picture = noisy(3)
    assert np.abs(lab_of(picture) - rgb2lab(picture)).max() < 0.6


def test_growing_takes_a_textured_object_whole_and_stops_at_its_border() -> None:
    truth = disc()
    picture = two_tone(truth, noise=25)
    grown = grow(picture, positive=points((40, 40)), spread=4)
    assert iou(grown, truth) > 0.95
    assert iou(wand(picture, positive=points((40, 40)), tolerance=12), truth) < iou(grown, truth)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 6), st.integers(1, 10))
def test_a_grown_region_is_one_piece_that_holds_its_seed(seed: int, spread: float, rounds: int) -> None:
    found = grow(noisy(seed), positive=points((10, 30)), spread=spread, rounds=rounds)
    assert found[30, 10]
    assert cv2.connectedComponents(found.astype(np.uint8), connectivity=4)[0] == 2


def marks(shape: tuple[int, int], *at: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    for x, y in at:
        mask[y, x] = True
    return mask


def test_the_watershed_parts_two_objects_that_touch_by_hand() -> None:
    row = "aaabbb"
    picture = painted([row] * 5, {"a": (20, 20, 20), "b": (200, 200, 200)})
    found = watershed(picture, add=marks((5, 6), (0, 2)), remove=marks((5, 6), (5, 2)), smoothing=0)
    assert (found == as_mask(*["###..."] * 5)).all()


def test_the_watershed_agrees_with_opencv_but_for_the_shore() -> None:
    truth = disc()
    picture = two_tone(truth, noise=10)
    add, remove = marks(truth.shape, (40, 40), (45, 40)), marks(truth.shape, (3, 3), (77, 70))
    markers = (add * 1 + remove * 2).astype(np.int32)
    theirs = cv2.watershed(cv2.GaussianBlur(picture, (0, 0), 1), markers) == 1
    ours = watershed(picture, add=add, remove=remove)
    shore = cv2.dilate(truth.astype(np.uint8), np.ones((5, 5))) != cv2.erode(
        truth.astype(np.uint8), np.ones((5, 5))
    )
    assert (ours == truth)[~shore].all()
    assert iou(ours, theirs) > 0.9


@given(st.integers(0, 2**32 - 1), st.floats(0, 5))
def test_the_watershed_keeps_every_mark(seed: int, smoothing: float) -> None:
    rng = np.random.default_rng(seed)
    picture = noisy(seed)
    add, remove = rng.random((2, 48, 64)) < 0.02
    add[0, 0], remove[0, 0], remove[-1, -1] = True, False, True
    found = watershed(picture, add=add, remove=remove, smoothing=smoothing)
    assert found[add & ~remove].all()
    assert not found[remove].any()


def test_what_cannot_be_done_is_refused_with_a_reason() -> None:
    picture, plain = painted(ROWS, COLOURS), painted(["aa", "aa"], COLOURS)
    none = np.zeros((4, 4), dtype=bool)
    with pytest.raises(InvalidInput, match="positive: at least one point"):
        wand(picture, positive=points())
    with pytest.raises(InvalidInput) as outside:
        wand(picture, positive=points((1, 1), (4.1, 0), (0, -0.5), (float("nan"), 0)))
    assert [problem.where for problem in outside.value.problems] == [
        "positive[1]",
        "positive[2]",
        "positive[3]",
    ]
    with pytest.raises(InvalidInput, match="tolerance: 101 is not allowed; it goes from 0 to 100"):
        wand(picture, positive=points((1, 1)), tolerance=101)
    with pytest.raises(InvalidInput, match="one colour only"):
        grow(plain, positive=points((1, 1)))
    with pytest.raises(InvalidInput, match="no mark of the background"):
        watershed(picture, add=marks((4, 4), (1, 1)), remove=none)
    with pytest.raises(InvalidInput, match="no mark of the object"):
        watershed(picture, add=none, remove=marks((4, 4), (1, 1)))
    with pytest.raises(InvalidInput, match="the region is empty"):
        wand(picture[:0], positive=points((1, 1)))
    assert wand(plain, positive=points((1, 1))).all()
