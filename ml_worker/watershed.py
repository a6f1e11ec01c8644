"""Touching objects apart: the distance to the border as a network's target, and instances from what it predicts.

Owns both directions and the choice of the thresholds. Does not own the network (`nets/unet.py`) nor its losses.

The target falls from 1 in the middle of each object to about 0 at its border, whatever its size, so that one
threshold finds the middle of small and large ones; where two touch, there is a valley between them. From the
prediction, what lies above `seed` are the markers, and a watershed floods from them to where a thing is likelier than
`foreground`.

Source: the marker watershed, Beucher and Meyer 1993; the normalised distance as a target, Bai and Urtasun 2017 ("Deep
Watershed Transform"), in its simplest form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core.document import VOID
from annotator.core.raster import mask_from_bitmap
from ml_worker.folder import DataObject
from ml_worker.seen import Detection, Floats

Numbers = npt.NDArray[np.int32]
Counted = tuple[int, int, int]

SEEDS = (0.3, 0.4, 0.5, 0.6, 0.7)
FOREGROUNDS = (0.4, 0.5, 0.6)
FULL = 254  # a distance of 1 in a uint8 target; 255 is void
BLUR = 1.0  # sigma in pixels: a predicted distance has small bumps, each of which would be a marker


@dataclass(frozen=True, slots=True)
class Watershed:
    """Thresholds, as `settings.watershed` holds them.

    Attributes:
        seed: of the predicted distance, 0..1; what lies above is a marker. foreground: of the probability of things.
    """

    seed: float = 0.5
    foreground: float = 0.5

    def as_dict(self) -> dict[str, float]:
        """For the settings."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """An instance map.

    Attributes:
        numbers: (H, W) int32, 0 background, k for object k from 1. class_of, scores: of object k at k - 1.
    """

    numbers: Numbers
    class_of: tuple[int, ...]
    scores: tuple[float, ...]


Case = tuple[Callable[[Watershed], Instances], Any]


def instance_numbers(objects: Sequence[DataObject], height: int, width: int) -> Numbers:
    """Paint objects in their order: (H, W) int32, k for the object at k - 1; 0 where there is none, a crowd or void."""
    painted = np.zeros((height, width), np.int32)
    for number, one in enumerate(objects, 1):
        x0, y0, x1, y1 = one.box_xyxy
        painted[y0:y1, x0:x1][one.bitmap()] = 0 if one.is_crowd or one.class_index == VOID else number
    return painted


def distance_target(objects: Sequence[DataObject], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Give the target of the distance channel, as samples hold it.

    Args:
        objects: of an item, in paint order.

    Returns:
        (H, W) uint8: 254 times the distance, so 0 outside, 254 in the middle of each object; 255 in crowds and void,
        which nothing is learned from.
    """
    target = np.round(normalised_distance(instance_numbers(objects, height, width)) * FULL).astype(np.uint8)
    painted = np.zeros((height, width), bool)
    for one in objects:
        x0, y0, x1, y1 = one.box_xyxy
        painted[y0:y1, x0:x1][one.bitmap()] = one.is_crowd or one.class_index == VOID
    target[painted] = VOID
    return target


def normalised_distance(numbers: Numbers) -> Floats:
    """Give each pixel's distance to its object's border, divided by the largest in that object.

    One distance transform for all objects: pixels that touch another object or the background are the border. Where a
    picture ends an object goes on, so that its edge is no border.

    Args:
        numbers: (H, W) int32, 0 background.

    Returns:
        (H, W) float32: 0 outside, over 0 to 1 in objects.
    """
    inside = numbers > 0
    if not inside.any():
        return np.zeros(numbers.shape, np.float32)
    border = np.zeros(numbers.shape, bool)
    down, across = numbers[1:] != numbers[:-1], numbers[:, 1:] != numbers[:, :-1]
    border[1:] |= down
    border[:-1] |= down
    border[:, 1:] |= across
    border[:, :-1] |= across
    free = (inside & ~border).astype(np.uint8)
    if free.all():  # one object fills the picture: no border to be far from
        return np.ones(numbers.shape, np.float32)
    distance = np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32) + 1
    distance[~inside] = 0
    largest = np.zeros(int(numbers.max()) + 1, np.float32)
    np.maximum.at(largest, numbers.ravel(), distance.ravel())
    largest[0] = 1
    return distance / largest[numbers]


def separate(
    probabilities: Floats, distance: Floats, *, class_of: Sequence[int], settings: Watershed
) -> Instances:
    """Cut what is likely a thing into instances.

    Args:
        probabilities: (K, H, W) of the thing classes. distance: (H, W) predicted, 0..1.
        class_of: the class index of each of the K.

    Returns:
        Instances; the class of each is the likeliest over its pixels, its score that class's mean probability. A part
        without any marker, such as a small object of which the network is not sure, is an instance of its own.
    """
    from skimage.segmentation import watershed

    likely = probabilities.sum(axis=0) > settings.foreground
    smooth = np.asarray(cv2.GaussianBlur(distance.astype(np.float32), (0, 0), BLUR), np.float32)
    count, markers = cv2.connectedComponents(
        (likely & (smooth > settings.seed)).astype(np.uint8), connectivity=8
    )
    numbers = np.asarray(watershed(-smooth, markers=np.asarray(markers), mask=likely), np.int32)
    left = likely & (numbers == 0)
    if left.any():
        more, rest = cv2.connectedComponents(left.astype(np.uint8), connectivity=8)
        numbers[left] = np.asarray(rest)[left] + count - 1
        count += more - 1
    flat = numbers.ravel()
    sums = np.stack([np.bincount(flat, one.ravel(), minlength=count)[1:] for one in probabilities])  # (K, n)
    areas = np.maximum(np.bincount(flat, minlength=count)[1:], 1)
    best: list[int] = sums.argmax(axis=0).tolist() if count > 1 else []
    scores = np.minimum(sums.max(axis=0, initial=0) / areas, 1.0)
    return Instances(numbers, tuple(class_of[k] for k in best), tuple(float(one) for one in scores))


def seen_instances(
    logits: Floats, distance: Floats, *, classes: Sequence[Mapping[str, Any]], settings: Watershed
) -> Instances:
    """Cut what a U-Net sees into instances.

    Args:
        logits: (C, H, W) of the classes, the background first where it is one. distance: (H, W) 0..1.
        classes: `plan.classes`, of which things are cut; the first is the output 0 or, behind a background, 1.
    """
    first = len(logits) - len(classes)
    things = [at for at, one in enumerate(classes) if one.get("is_thing", True)]
    shares = np.exp(logits - logits.max(axis=0))
    shares /= shares.sum(axis=0)
    return separate(
        shares[[at + first for at in things]],
        distance,
        class_of=[int(classes[at]["index"]) for at in things],
        settings=settings,
    )


def watershed_of(settings: Mapping[str, Any]) -> Watershed:
    """Read the thresholds out of a model's settings; the defaults where it has none."""
    return Watershed(**(settings.get("watershed") or {}))


def detections_of(found: Instances) -> list[Detection]:
    """Instances as detections, each mask cropped to its box."""
    return list(_detections(found))


def _detections(found: Instances) -> Iterator[Detection]:
    from scipy.ndimage import find_objects

    for at, place in enumerate(find_objects(found.numbers)):
        if place is not None:
            rows, columns = place
            mask = mask_from_bitmap(found.numbers[place] == at + 1, columns.start, rows.start)
            yield Detection(found.class_of[at], mask, found.scores[at])


def choose_watershed(seen: Iterable[Case], count: Callable[[list[Detection], Any], Counted]) -> Watershed:
    """Choose the thresholds with the best F1 over validation pictures; the test split must not come here.

    Args:
        seen: of each picture a function from thresholds to instances, and its truth.
        count: right, wrong and missed of detections against a truth.

    Returns:
        The best of `SEEDS` x `FOREGROUNDS`; of equal ones the one nearest to 0.5 and 0.5.
    """
    grid = [Watershed(seed, foreground) for seed, foreground in product(SEEDS, FOREGROUNDS)]
    totals = np.zeros((len(grid), 3))
    for cut, truth in seen:
        for at, settings in enumerate(grid):
            totals[at] += count(detections_of(cut(settings)), truth)
    whole = 2 * totals[:, 0] + totals[:, 1] + totals[:, 2]
    f1 = np.divide(2 * totals[:, 0], whole, out=np.zeros(len(grid)), where=whole > 0)
    best = max(
        range(len(grid)),
        key=lambda at: (round(f1[at], 6), -abs(grid[at].seed - 0.5) - abs(grid[at].foreground - 0.5)),
    )
    return grid[best]
