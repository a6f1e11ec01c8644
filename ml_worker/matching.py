"""Which detections of an image belong to which of its objects, by COCO's rule and by falling IoU.

Owns the overlaps, both matchings and what is left out: a detection that lies mostly in a crowd region of its class, or
in pixels that are void, is neither right nor wrong. Does not own what is counted from it (`instance_scores.py`).

Source: the COCO evaluation (cocoeval.evaluateImg), Lin et al. 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.document import VOID, MaskGeometry
from ml_worker.folder import DataObject
from ml_worker.seen import SeenObject

THRESHOLDS = np.linspace(0.5, 0.95, 10)
HALF = 0.5

Overlaps = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """The detections of one class in one image, the surest first, and the objects that they were held against.

    Attributes:
        scores: (D,). objects: how many real ones there are.
        right, left_out: (T, D) bool by COCO's rule: matches an object; counts neither way.
        overlaps: (D, G) IoU with the real objects. aside: (D,) bool, lies mostly in a crowd or in void.
        order: (D,) which of the given detections each is.
    """

    scores: npt.NDArray[np.float64]
    objects: int
    right: npt.NDArray[np.bool_]
    left_out: npt.NDArray[np.bool_]
    overlaps: Overlaps
    aside: npt.NDArray[np.bool_]
    order: npt.NDArray[np.int64]


def run_lengths(mask: MaskGeometry, height: int, width: int) -> dict[str, Any]:
    """A mask as COCO's compressed run lengths of the whole image."""
    counts = rle.counts_to_string(rle.expand(mask, height, width))
    return {"size": [height, width], "counts": counts.encode("ascii")}


def encoded(objects: Sequence[Any], height: int, width: int) -> list[dict[str, Any]]:
    """The masks of objects, detections or truth, as COCO's run lengths."""
    return [run_lengths(one.mask, height, width) for one in objects]


def mask_overlaps(
    one: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]], crowd: Sequence[int]
) -> Overlaps:
    """(D, G) IoU; where `crowd` says 1, the share of the detection that lies in that region."""
    from faster_coco_eval.core import mask as coco_mask

    if not one or not other:
        return np.zeros((len(one), len(other)))
    return np.asarray(coco_mask.iou(list(one), list(other), list(crowd)), np.float64).reshape(
        len(one), len(other)
    )


def pair_class(
    index: int,
    *,
    seen: Sequence[SeenObject],
    seen_runs: Sequence[dict[str, Any]],
    truth: Sequence[DataObject],
    truth_runs: Sequence[dict[str, Any]],
    most: int,
) -> Pairing:
    """Match the detections of one class in one image.

    Args:
        index: the class. seen, truth: all detections and objects of the image, with their run lengths beside them.
        most: detections that count, the surest ones.
    """
    of_class = np.array([at for at, one in enumerate(seen) if one.class_index == index], np.int64)
    scores = np.array([seen[at].score for at in of_class], np.float64)
    order = of_class[np.argsort(-scores, kind="stable")[:most]]
    real = [at for at, one in enumerate(truth) if one.class_index == index and not one.is_crowd]
    asides = [
        at
        for at, one in enumerate(truth)
        if one.class_index == VOID or (one.class_index == index and one.is_crowd)
    ]
    runs = [seen_runs[at] for at in order]
    overlaps = mask_overlaps(runs, [truth_runs[at] for at in real], [0] * len(real))
    shares = mask_overlaps(runs, [truth_runs[at] for at in asides], [1] * len(asides))
    right, left_out = _coco_matches(overlaps, shares)
    return Pairing(
        scores=np.array([seen[at].score for at in order], np.float64),
        objects=len(real),
        right=right,
        left_out=left_out,
        overlaps=overlaps,
        aside=shares.max(axis=1, initial=0) > HALF,
        order=order,
    )


def _coco_matches(
    overlaps: Overlaps, shares: Overlaps
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """At every threshold: the surest detection first takes the free object that it overlaps most."""
    detections, objects = overlaps.shape
    limits = np.minimum(THRESHOLDS, 1 - 1e-10)
    right = np.zeros((THRESHOLDS.size, detections), bool)
    left_out = np.zeros_like(right)
    taken = np.zeros((THRESHOLDS.size, objects), bool)
    rows = np.arange(THRESHOLDS.size)
    for at in range(detections):
        if objects and overlaps[at].max() >= limits[0]:
            free = np.where(taken, -1.0, overlaps[at])  # (T, G)
            best = objects - 1 - free[:, ::-1].argmax(axis=1)  # of equal ones the last, as COCO has it
            right[:, at] = free[rows, best] >= limits
            taken[rows[right[:, at]], best[right[:, at]]] = True
        if shares.shape[1]:
            left_out[:, at] = ~right[:, at] & (shares[at].max() >= limits)
    return right, left_out


def falling_pairs(overlaps: Overlaps) -> list[tuple[int, int, float]]:
    """Pair by falling IoU, from 0.5 on: (detection, object, IoU). Those above a threshold are the pairs of it.

    Objects that don't overlap have at most one partner above 0.5, so that no other assignment finds more.
    """
    found: list[tuple[int, int, float]] = []
    rows, columns = np.nonzero(overlaps >= HALF)
    values = overlaps[rows, columns]
    used_rows, used_columns = set[int](), set[int]()
    for at in np.argsort(-values, kind="stable"):
        row, column = int(rows[at]), int(columns[at])
        if row not in used_rows and column not in used_columns:
            used_rows.add(row)
            used_columns.add(column)
            found.append((row, column, float(values[at])))
    return found


def right_wrong_missed(
    seen: Sequence[SeenObject],
    truth: Sequence[DataObject],
    *,
    indices: Sequence[int],
    size: tuple[int, int],
) -> tuple[int, int, int]:
    """Count one image's detections at IoU 0.5: right, wrong (not in a crowd or void) and objects that are missed."""
    kept = [one for one in truth if one.mask.counts.size]
    runs = encoded(seen, *size), encoded(kept, *size)
    right = wrong = objects = 0
    for index in indices:
        one = pair_class(index, seen=seen, seen_runs=runs[0], truth=kept, truth_runs=runs[1], most=len(seen))
        used = {row for row, _, _ in falling_pairs(one.overlaps)}
        right += len(used)
        wrong += sum(1 for row in range(one.aside.size) if row not in used and not one.aside[row])
        objects += one.objects
    return right, wrong, objects - right
