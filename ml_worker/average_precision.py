"""COCO's average precision from matched detections, whole and for resamples of the test set.

Owns the curve from matches to AP with weights. Does not own matching (`matching.py`). The value that is reported comes
from faster-coco-eval (`coco_ap`); the weighted one, which gives the interval, equals it where every unit counts once.

Source: the COCO evaluation (cocoeval.accumulate), Lin et al. 2014.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml_worker.matching import THRESHOLDS

RECALLS = np.linspace(0.0, 1.0, 101)
AT_50, AT_75 = 0, 5  # places in THRESHOLDS


@dataclass(frozen=True, slots=True, eq=False)
class ClassMatches:
    """All detections of a class in a split.

    Attributes:
        scores, units: (D,) and the unit of each. right, left_out: (T, D).
        objects: (U,) real objects of each unit.
    """

    scores: npt.NDArray[np.float64]
    units: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]
    left_out: npt.NDArray[np.bool_]
    objects: npt.NDArray[np.int64]

    def sorted(self) -> ClassMatches:
        """The surest first; of equal ones the order in which they came."""
        order = np.argsort(-self.scores, kind="stable")
        return ClassMatches(
            self.scores[order],
            self.units[order],
            self.right[:, order],
            self.left_out[:, order],
            self.objects,
        )


def weighted_ap(matches: ClassMatches, weights: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """AP at each threshold when each unit counts as often as it was drawn.

    Args:
        matches: sorted. weights: (U,).

    Returns:
        (T,); NaN when no drawn unit has an object.
    """
    objects = int(weights @ matches.objects)
    if objects == 0:
        return np.full(THRESHOLDS.size, np.nan)
    drawn = weights[matches.units]  # (D,)
    right = np.cumsum(drawn * matches.right, axis=1, dtype=np.float64)
    wrong = np.cumsum(drawn * ~(matches.right | matches.left_out), axis=1, dtype=np.float64)
    precision = right / (right + wrong + np.spacing(1))
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = right / objects
    found = np.zeros(THRESHOLDS.size)
    for at in range(THRESHOLDS.size):
        places = np.searchsorted(recall[at], RECALLS, side="left")
        places = places[places < recall.shape[1]]
        found[at] = precision[at][places].sum() / RECALLS.size
    return found


def coco_ap(
    *,
    sizes: Sequence[tuple[int, int]],
    truth: Sequence[Mapping[str, Any]],
    seen: Sequence[Mapping[str, Any]],
    categories: Sequence[int],
    most: int,
) -> npt.NDArray[np.float64]:
    """(T, K) mask AP by faster-coco-eval at each threshold, of each category; NaN where the truth has no object.

    Args:
        sizes: height and width of image 1, 2, …
        truth, seen: COCO annotations (`image_id`, `category_id`, `segmentation`, `area`, `iscrowd` or `score`).
        most: detections that count in one image.
    """
    from faster_coco_eval import COCO, COCOeval_faster

    images = [{"id": at, "height": height, "width": width} for at, (height, width) in enumerate(sizes, 1)]
    real = COCO()
    real.dataset = {
        "images": images,
        "categories": [{"id": one, "name": str(one)} for one in categories],
        "annotations": [{"id": at, **one} for at, one in enumerate(truth, 1)],
    }
    real.createIndex()
    if not seen:  # loadRes takes no empty list; nothing found is precision 0 wherever there is something
        has = {one["category_id"] for one in truth if not one["iscrowd"]}
        empty = np.array([0.0 if one in has else np.nan for one in categories])
        return np.repeat(empty[None], THRESHOLDS.size, axis=0)
    evaluation = COCOeval_faster(real, real.loadRes([dict(one) for one in seen]), "segm")
    evaluation.params.maxDets = [most]
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.params.imgIds = [one["id"] for one in images]
    evaluation.params.catIds = list(categories)
    evaluation.evaluate()
    evaluation.accumulate()
    precision = np.asarray(evaluation.eval["precision"])[:, :, :, 0, 0]  # (T, R, K)
    found = precision.mean(axis=1)
    found[:, (precision == -1).all(axis=(0, 1))] = np.nan
    by_category = dict(zip(sorted(categories), found.T, strict=True))  # it evaluates them in ascending order
    return np.stack([by_category[one] for one in categories], axis=1)
