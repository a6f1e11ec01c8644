"""Touching objects apart: the target by hand, and round trips from truth to instances."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from annotator.core.raster import mask_from_bitmap
from ml_worker.folder import DataObject
from ml_worker.matching import encoded, falling_pairs, mask_overlaps
from ml_worker.watershed import (
    FOREGROUNDS,
    SEEDS,
    Instances,
    Watershed,
    choose_watershed,
    detections_of,
    distance_target,
    instance_numbers,
    normalised_distance,
    seen_instances,
    separate,
    watershed_of,
)
from tests.ml_worker.scenes import box_object


def _discs(seed: int, count: int, side: int) -> list[DataObject]:
    """Discs that overlap a little, each a whole disc in paint order."""
    rng = np.random.default_rng(seed)
    objects: list[DataObject] = []
    for at in range(count):
        canvas = np.zeros((side, side), np.uint8)
        centre = rng.integers(8, side - 8, 2)
        cv2.circle(canvas, (int(centre[0]), int(centre[1])), int(rng.integers(4, 9)), 1, -1)
        rows, columns = np.nonzero(canvas)
        crop = canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] > 0
        objects.append(DataObject(f"{at}", 3, mask_from_bitmap(crop, int(columns.min()), int(rows.min()))))
    return objects


def test_distance_grows_from_each_border_and_is_one_in_every_middle() -> None:
    # Two boxes that touch, of 5 x 5 and 3 x 3.
    numbers = np.zeros((7, 10), np.int32)
    numbers[1:6, 1:6] = 1
    numbers[2:5, 6:9] = 2
    found = normalised_distance(numbers)
    third = 1 / 3
    assert found[3, 1:6].tolist() == pytest.approx([third, 2 * third, 1, 2 * third, third])
    assert found[3, 6:9].tolist() == pytest.approx([0.5, 1, 0.5])
    assert found[1, 1:6].tolist() == pytest.approx([third] * 5)
    assert (found[numbers == 0] == 0).all()


def test_picture_edge_is_no_border_and_an_object_that_fills_it_is_all_middle() -> None:
    numbers = np.zeros((3, 6), np.int32)
    numbers[:, :4] = 1  # cut off at the left, the top and the bottom
    assert normalised_distance(numbers)[1].tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0])
    assert (normalised_distance(np.ones((3, 3), np.int32)) == 1).all()
    assert (normalised_distance(np.zeros((3, 3), np.int32)) == 0).all()


def test_target_has_void_where_nothing_is_learned() -> None:
    objects = [
        box_object("a", 3, (0, 2, 6, 8)),
        box_object("c", 3, (10, 2, 14, 8), crowd=True),
        box_object("v", 255, (20, 0, 24, 4)),
    ]
    target = distance_target(objects, 24, 32)
    assert (target[2:8, 10:14] == 255).all() and (target[:4, 20:24] == 255).all()
    assert target[5, 0] == 254
    assert set(instance_numbers(objects, 24, 32).ravel().tolist()) == {0, 1}


def test_one_transform_for_all_equals_one_for_each_object() -> None:
    numbers = instance_numbers(_discs(0, 60, 160), 160, 160)
    found = normalised_distance(numbers)
    for number in np.unique(numbers)[1:]:
        # The edge of the picture is no border: what lies beyond it is taken to be the object.
        whole = np.pad((numbers == number).astype(np.uint8), 1, mode="edge")
        border = whole - cv2.erode(whole, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
        padded = np.pad(numbers == number, 40, mode="edge")
        padded[40:-40, 40:-40] &= border[1:-1, 1:-1] == 0
        single = cv2.distanceTransform(padded.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        single = (single[40:-40, 40:-40] + 1) * (numbers == number)
        touches = (numbers == number)[[0, -1]].any() or (numbers == number)[:, [0, -1]].any()
        if not touches:  # there the distance around the corner of the frame differs
            assert np.allclose(
                found[numbers == number], (single / single.max())[numbers == number], atol=1e-5
            )


@pytest.mark.parametrize("seed", range(3))
def test_instances_come_back_from_their_own_target(seed: int) -> None:
    objects = _discs(seed, 25, 128)
    numbers = instance_numbers(objects, 128, 128)
    visible = np.bincount(numbers.ravel(), minlength=26)[1:]
    probabilities = (numbers > 0).astype(np.float32)[None]
    found = separate(probabilities, normalised_distance(numbers), class_of=[3], settings=Watershed(0.5, 0.5))
    truth = [
        DataObject("", 3, mask_from_bitmap(numbers == at, 0, 0))
        for at in range(1, 26)
        if visible[at - 1] >= 30
    ]
    seen = detections_of(found)
    pairs = falling_pairs(mask_overlaps(encoded(seen, 128, 128), encoded(truth, 128, 128), [0] * len(truth)))
    assert len(pairs) >= 0.85 * len(truth)  # what is left of a covered disc may be two parts
    connected = cv2.connectedComponents((numbers > 0).astype(np.uint8))[0] - 1
    assert len(pairs) > 1.3 * connected  # that they touch made them fewer
    assert sum(np.prod(one.mask.counts.size > 0) for one in seen) == len(seen)


def test_object_without_a_marker_is_kept_and_classes_are_voted() -> None:
    probabilities = np.zeros((2, 20, 40), np.float32)
    distance = np.zeros((20, 40), np.float32)
    probabilities[0, 4:16, 4:16], distance[4:16, 4:16] = 0.9, 0.9
    probabilities[1, 4:16, 12:16], probabilities[0, 4:16, 12:16] = (
        0.6,
        0.3,
    )  # the smaller part votes otherwise
    probabilities[1, 8:11, 30:33], distance[8:11, 30:33] = 0.8, 0.1  # small, no marker
    found = separate(probabilities, distance, class_of=[3, 7], settings=Watershed(0.5, 0.5))
    assert found.class_of == (3, 7)
    assert found.scores == pytest.approx(((0.9 * 8 + 0.3 * 4) / 12, 0.8), abs=1e-6)
    assert [one.mask.width for one in detections_of(found)] == [12, 3]


def test_nothing_likely_gives_no_instances() -> None:
    empty = np.zeros((1, 8, 8), np.float32)
    found = separate(empty, empty[0], class_of=[3], settings=Watershed())
    assert (found.class_of, found.scores, detections_of(found)) == ((), (), [])


def test_thresholds_are_chosen_where_most_objects_are_right() -> None:
    numbers = instance_numbers(
        [box_object("a", 3, (2, 4, 14, 20)), box_object("b", 3, (14, 4, 28, 20))], 24, 32
    )
    valley = np.clip(normalised_distance(numbers) * 0.4 + 0.28, 0, 1) * (numbers > 0)  # never below 0.28
    likely = (numbers > 0).astype(np.float32)[None] * 0.55

    def cut(settings: Watershed) -> Instances:
        return separate(likely, valley.astype(np.float32), class_of=[3], settings=settings)

    chosen = choose_watershed(
        [(cut, 2)], lambda seen, truth: (min(len(seen), truth), abs(len(seen) - truth), 0)
    )
    assert chosen.seed in SEEDS and chosen.foreground in FOREGROUNDS
    assert chosen.foreground <= 0.5 and 0.3 < chosen.seed < 0.68
    assert watershed_of({"watershed": chosen.as_dict()}) == chosen
    assert watershed_of({"watershed": None}) == Watershed(0.5, 0.5)


@pytest.mark.parametrize("background", [True, False])
def test_logits_of_a_network_are_cut_by_its_thing_classes(background: bool) -> None:
    numbers = instance_numbers(
        [box_object("a", 3, (2, 4, 14, 20)), box_object("b", 3, (14, 4, 28, 20))], 24, 32
    )
    cells, ground = np.where(numbers > 0, 4.0, -4.0), np.where(numbers > 0, -4.0, 4.0)
    classes: list[dict] = [{"index": 3, "is_thing": True}]
    layers = [ground, cells]
    if not background:
        classes, layers = [{"index": 9, "is_thing": False}, *classes], [ground, cells]
    found = seen_instances(
        np.stack(layers).astype(np.float32),
        normalised_distance(numbers),
        classes=classes,
        settings=Watershed(),
    )
    assert found.class_of == (3, 3)
    assert sorted(one.mask.width for one in detections_of(found)) == [12, 14]
