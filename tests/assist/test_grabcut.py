"""GrabCut: objects in boxes, strokes, sizes, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.assist.grabcut import grabcut
from annotator.core.errors import InvalidInput
from tests.assist.pictures import disc, iou, noisy, two_tone

BOX = (12.0, 12.0, 68.0, 68.0)


@pytest.mark.parametrize("size", [40, 80, 256, 500, 901])
def test_an_object_is_cut_out_of_its_box_at_every_size(size: int) -> None:
    truth = disc(size, size * 0.28)
    picture = two_tone(truth, noise=15)
    margin = size * 0.15
    found = grabcut(picture, box=(margin, margin, size - margin, size - margin))
    assert found.shape == (size, size)
    assert iou(found, truth) > 0.94


def test_the_cut_is_that_of_opencv_where_nothing_is_scaled() -> None:
    truth = disc(256, 70)
    picture = two_tone(truth, noise=30)
    trimap = np.full((256, 256), cv2.GC_BGD, dtype=np.uint8)
    trimap[40:216, 40:216] = cv2.GC_PR_FGD
    cv2.setRNGSeed(1)
    cv2.grabCut(picture, trimap, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_MASK)
    ours = grabcut(picture, box=(40, 40, 216, 216), iterations=2, core=0)
    assert iou(ours, (trimap & 1) == 1) > 0.99


def test_strokes_take_a_second_object_away_and_bring_it_back() -> None:
    one, other = disc(centre=(28, 40), radius=11), disc(centre=(55, 40), radius=9)
    picture = two_tone(one | other, noise=8)
    assert iou(grabcut(picture, box=BOX, core=0), one | other) > 0.9
    without = grabcut(picture, box=BOX, core=0, remove=disc(centre=(55, 40), radius=7))
    assert not without[disc(centre=(55, 40), radius=7)].any()
    assert iou(without, one) > 0.8
    outside = np.zeros((80, 80), dtype=bool)
    outside[2:4, 2:4] = True
    assert grabcut(picture, box=BOX, add=outside)[outside].all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([(48, 64), (300, 40), (20, 333)]))
def test_marks_are_kept_and_nothing_lies_outside_the_box(seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    picture = noisy(seed, shape)
    add, remove = rng.random((2, *shape)) < 0.01
    height, width = shape
    box = (width * 0.2, height * 0.2, width * 0.8, height * 0.8)
    inside = np.zeros(shape, dtype=bool)
    inside[int(box[1]) : int(np.ceil(box[3])), int(box[0]) : int(np.ceil(box[2]))] = True
    found = grabcut(picture, box=box, add=add, remove=remove)
    assert found[add & ~remove].all()
    assert not found[remove].any()
    assert not found[~inside & ~add].any()


def test_the_same_box_gives_the_same_object_whatever_was_computed_before() -> None:
    picture = noisy(5, (300, 400))
    first = grabcut(picture, box=(80, 60, 330, 250))
    cv2.setRNGSeed(77)
    assert (grabcut(picture, box=(80, 60, 330, 250)) == first).all()


def test_boxes_that_leave_nothing_to_cut_are_refused_with_a_reason() -> None:
    picture = two_tone(disc())
    with pytest.raises(InvalidInput, match="leave a margin around it"):
        grabcut(picture, box=(-5, -5, 90, 90))
    with pytest.raises(InvalidInput, match="covers no pixel of the region, which is 80 x 80"):
        grabcut(picture, box=(85, 10, 99, 20))
    with pytest.raises(InvalidInput, match="four finite numbers"):
        grabcut(picture, box=(0, 0, float("inf"), 9))
    with pytest.raises(InvalidInput, match="fewer than 5 pixels"):
        grabcut(picture, box=BOX, remove=np.ones((80, 80), dtype=bool))
    with pytest.raises(InvalidInput, match="one colour only"):
        grabcut(np.zeros((80, 80, 3), np.uint8), box=BOX)
    with pytest.raises(InvalidInput, match="iterations: 9 is not allowed"):
        grabcut(picture, box=BOX, iterations=9)
