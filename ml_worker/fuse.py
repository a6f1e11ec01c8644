"""A semantic and an instance model's answers as one panoptic one: each pixel one class, each thing one object.

Owns the heuristic. Does not own the two predictions, nor measuring PQ (`instance_scores.py`).

Things go first, the surest on top; one of which too little is left under the others is dropped. Stuff then fills what
no thing has, from the label map; where that names a thing class, no instance vouches for it, and the pixel stays
unlabelled. Stuff of too few pixels is dropped.

Source: Kirillov et al. 2019, "Panoptic Segmentation", section 7 (combining instance and semantic segmentation).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.errors import InvalidInput
from annotator.core.raster import mask_from_bitmap
from annotator.core.words import _
from ml_worker.calibrate import confidences, scaled_scores
from ml_worker.seen import Detection, Floats, Labels, Seen, SeenObject

LEAST_LEFT = 0.5  # of a thing, under surer ones: the paper's overlap threshold
# Stuff below this share of the picture is dropped. The authors' program drops below 64 x 64 pixels, 1.3 % of a COCO
# picture; here pictures are of any size, and a person would rather delete a small part than draw it.
SMALL_STUFF = 0.005


@dataclass(frozen=True, slots=True)
class Fusing:
    """How two predictions are put together.

    Attributes:
        confidence: calibrated score from which on a thing counts. temperature: of the instance model.
        least_left: share of a thing that must be left under surer ones. smallest: pixels of a thing.
    """

    confidence: float = 0.5
    temperature: float = 1.0
    least_left: float = LEAST_LEFT
    smallest: int = 0


def fuse(semantic: Seen, instance: Seen, *, things: Collection[int], settings: Mapping[str, Any]) -> Seen:
    """Fuse what a semantic and an instance model see in one picture.

    Args:
        semantic: with `labels`, and `logits` for the scores of stuff. instance: with `objects`, their own scores.
        things: class indices that are things. settings: of the instance model: `confidence`, `temperature`, `smallest`.

    Returns:
        `objects` of which no two share a pixel, one for each thing and one for all stuff of a class; their scores are
        the network's own, of stuff the mean probability. `labels` as the objects paint them.

    Raises:
        InvalidInput: one of the two is the wrong kind of model.
    """
    if semantic.labels is None or instance.objects is None:
        raise InvalidInput(
            _("fusing needs a label map of the semantic model and objects of the instance model")
        )
    how = Fusing(
        confidence=float(settings.get("confidence", 0.5)),
        temperature=float(settings.get("temperature") or 1.0),
        smallest=int(settings.get("smallest") or 0),
    )
    shape = semantic.labels.shape
    kept, taken = place_things(instance.objects, shape, how=how)
    certain = confidence_map(semantic.logits, shape)
    stuff = fill_stuff(semantic.labels, certain, taken=taken, things=things)
    objects = [*stuff, *kept]
    return Seen(labels=painted(objects, shape), objects=objects)


def place_things(
    objects: Sequence[SeenObject], shape: tuple[int, ...], *, how: Fusing
) -> tuple[list[Detection], npt.NDArray[np.bool_]]:
    """Put things into the picture, the surest first, each where no surer one is.

    Returns:
        What is left of those that keep enough, and (H, W) bool the pixels that they have.
    """
    taken = np.zeros(shape, bool)
    scores = scaled_scores(np.array([one.score for one in objects], np.float64), how.temperature)
    kept: list[Detection] = []
    for at in np.argsort(-scores, kind="stable"):
        if scores[at] < how.confidence:
            break
        one = objects[at]
        mask = one.mask
        bitmap = rle.decode(mask.counts, mask.height, mask.width)
        window = taken[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width]
        left = bitmap & ~window
        pixels = int(left.sum())
        if pixels < max(1, how.smallest) or pixels <= how.least_left * int(bitmap.sum()):
            continue
        window |= left
        kept.append(Detection(one.class_index, mask_from_bitmap(left, mask.x, mask.y), float(one.score)))
    return kept, taken


def fill_stuff(
    labels: Labels, certain: Floats, *, taken: npt.NDArray[np.bool_], things: Collection[int]
) -> list[Detection]:
    """Give one object for each stuff class, of the pixels that no thing has."""
    least = max(1, round(SMALL_STUFF * labels.size))
    free = np.where(taken, 0, labels)
    found: list[Detection] = []
    for index in np.flatnonzero(np.bincount(free.ravel(), minlength=256)):
        if index in (0, 255) or index in things:
            continue
        bitmap = free == index
        if int(bitmap.sum()) >= least:
            found.append(Detection(int(index), mask_from_bitmap(bitmap, 0, 0), float(certain[bitmap].mean())))
    return found


def confidence_map(logits: Floats | None, shape: tuple[int, ...]) -> Floats:
    """(H, W) the largest probability of each pixel; 1 where there are no logits."""
    if logits is None:
        return np.ones(shape, np.float32)
    flat = logits.reshape(len(logits), -1).T.astype(np.float64)
    return confidences(flat, 1.0).reshape(shape).astype(np.float32)


def painted(objects: Sequence[Detection], shape: tuple[int, ...]) -> Labels:
    """(H, W) uint8 class indices of objects that don't overlap."""
    labels = np.zeros(shape, np.uint8)
    for one in objects:
        mask = one.mask
        window = labels[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width]
        window[rle.decode(mask.counts, mask.height, mask.width)] = one.class_index
    return labels
