"""Measures of objects over a whole split: mask AP, F1 and panoptic quality.

Owns the sums by unit and by asset and what is read from them. Does not own matching (`matching.py`) nor the curve
(`average_precision.py`).

AP looks at all detections in the order of their scores, F1 and PQ at those that a person would be shown, at the
confidence threshold. All three leave out crowd regions and void. Windows of a large image are images of their own to
AP; sums and scores of an image are those of its asset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core import metrics, rle
from annotator.core.bootstrap import Draws, interval
from annotator.core.document import VOID
from ml_worker.average_precision import AT_50, AT_75, ClassMatches, coco_ap, weighted_ap
from ml_worker.calibrate import scaled_scores
from ml_worker.class_space import ClassSpace
from ml_worker.folder import DataObject, Item
from ml_worker.matching import THRESHOLDS, Pairing, encoded, falling_pairs, pair_class
from ml_worker.seen import SeenObject

Triple = tuple[float, float, float]
MOST_RESAMPLES = (
    300  # of AP, whose every resample walks all detections: 0.4 s for 5,000 of them at 10 thresholds
)


@dataclass(slots=True)
class InstanceScores:
    """Adds up what was matched. `add` every item, then read.

    Attributes:
        confidence: scores from which on an object is shown. most: detections that count in one image.
        temperature: of the calibration that the threshold is meant for.
    """

    space: ClassSpace
    confidence: float
    most: int
    temperature: float = 1.0
    items: list[Item] = field(default_factory=list)
    pairs: dict[int, list[tuple[str, Pairing]]] = field(default_factory=lambda: defaultdict(list))
    truth: list[dict[str, Any]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    f1: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    f1_assets: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    panoptic: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    panoptic_assets: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    def add(self, item: Item, seen: Sequence[SeenObject], truth: Sequence[DataObject]) -> None:
        """Match one item's objects.

        Args:
            seen: all detections, with the network's own scores. truth: in paint order; 255 is void.
        """
        size = item.height, item.width
        self.items.append(item)
        seen = [one for one in seen if one.class_index in self.space.indices]
        truth = [
            one for one in truth if one.class_index in (*self.space.indices, VOID) and one.mask.counts.size
        ]
        seen_runs, truth_runs = encoded(seen, *size), encoded(truth, *size)
        self._keep(seen, seen_runs, truth, truth_runs)
        shown = np.zeros(len(seen), bool)
        counts = np.zeros((3 * THRESHOLDS.size, self.space.rows - 1))
        for at, index in enumerate(self.space.indices):
            pairing = pair_class(
                index, seen=seen, seen_runs=seen_runs, truth=truth, truth_runs=truth_runs, most=self.most
            )
            self.pairs[index].append((item.unit, pairing))
            above = scaled_scores(pairing.scores, self.temperature) >= self.confidence
            shown[pairing.order[above]] = True
            counts[:, at] = _f1_counts(pairing, above).ravel()
        _gather(self.f1, item.unit, counts)
        _gather(self.f1_assets, item.asset, counts)
        panoptic = _panoptic(
            self.space, size, [one for one, kept in zip(seen, shown, strict=True) if kept], truth
        )
        _gather(self.panoptic, item.unit, panoptic)
        _gather(self.panoptic_assets, item.asset, panoptic)

    def _keep(
        self,
        seen: Sequence[SeenObject],
        seen_runs: Sequence[dict[str, Any]],
        truth: Sequence[DataObject],
        truth_runs: Sequence[dict[str, Any]],
    ) -> None:
        """Keep what AP is taken from in the end; void is a crowd region of every class."""
        image = len(self.items)
        for one, runs in zip(seen, seen_runs, strict=True):
            self.seen.append(
                {
                    "image_id": image,
                    "category_id": one.class_index,
                    "segmentation": runs,
                    "score": float(one.score),
                }
            )
        for one, runs in zip(truth, truth_runs, strict=True):
            void = one.class_index == VOID
            entry = {
                "image_id": image,
                "segmentation": runs,
                "area": rle.area(one.mask.counts),
                "iscrowd": int(void or one.is_crowd),
                "bbox": [one.mask.x, one.mask.y, one.mask.width, one.mask.height],
            }
            classes = self.space.indices if void else (one.class_index,)
            self.truth += [{**entry, "category_id": index} for index in classes]

    def values(self, draws: Callable[[int], Draws]) -> dict[str, Triple]:
        """AP, AP50, AP75, F1 at IoU 0.5 and PQ, SQ, RQ, each with low and high."""
        if not self.space.indices:
            return {}
        names = sorted(self.f1)
        weights = draws(len(names))
        found = self._precision(names, weights)
        sums = np.stack([self.f1[name] for name in names])
        drawn = np.tensordot(weights.astype(np.float64), sums, axes=1)
        found["f1_50"] = (float(_f1_50(sums.sum(axis=0)[None])[0]), *interval(_f1_50(drawn)))
        sums = np.stack([self.panoptic[name] for name in names])
        drawn = np.tensordot(weights.astype(np.float64), sums, axes=1)
        for at, name in enumerate(("pq", "sq", "rq")):
            found[name] = (
                float(_quality(sums.sum(axis=0)[None])[at][0]),
                *interval(_quality(drawn)[at]),
            )
        return found

    def _precision(self, names: Sequence[str], weights: Draws) -> dict[str, Triple]:
        whole = _mean_classes(self.class_ap())  # (T,)
        matches = [self._matches(index, names) for index in self.space.indices]
        drawn = np.array(
            [
                _mean_classes(np.stack([weighted_ap(one, row) for one in matches], axis=1))
                for row in weights[:MOST_RESAMPLES]
            ]
        )  # (R, T)
        return {
            "ap": (float(whole.mean()), *interval(drawn.mean(axis=1))),
            "ap50": (float(whole[AT_50]), *interval(drawn[:, AT_50])),
            "ap75": (float(whole[AT_75]), *interval(drawn[:, AT_75])),
        }

    def _matches(self, index: int, names: Sequence[str]) -> ClassMatches:
        number = {name: at for at, name in enumerate(names)}
        pairs = self.pairs[index]
        objects = np.zeros(len(names), np.int64)
        for unit, pairing in pairs:
            objects[number[unit]] += pairing.objects
        return ClassMatches(
            scores=np.concatenate([one.scores for _, one in pairs]),
            units=np.concatenate([np.full(one.scores.size, number[unit], np.int64) for unit, one in pairs]),
            right=np.concatenate([one.right for _, one in pairs], axis=1),
            left_out=np.concatenate([one.left_out for _, one in pairs], axis=1),
            objects=objects,
        ).sorted()

    def class_ap(self) -> npt.NDArray[np.float64]:
        """(T, K) AP at each threshold, of each class; NaN for a class without an object."""
        return coco_ap(
            sizes=[(item.height, item.width) for item in self.items],
            truth=self.truth,
            seen=self.seen,
            categories=self.space.indices,
            most=self.most,
        )

    def of_class(self, ap: npt.NDArray[np.float64], at: int) -> dict[str, float | int]:
        """Measures of the class at `at` of the space; `ap` from `class_ap`."""
        counts, f1 = sum(self.panoptic.values()), sum(self.f1.values())
        pairs = self.pairs[self.space.indices[at]]
        return {
            "ap": float(ap[:, at].mean()),
            "ap50": float(ap[AT_50, at]),
            "f1_50": float(_f1_50(np.asarray(f1)[None, :, at : at + 1])[0]),
            "pq": float(_quality(np.asarray(counts)[None, :, at : at + 1])[0][0]),
            "objects": sum(one.objects for _, one in pairs),
        }

    def per_image(self) -> dict[str, float]:
        """Each asset's F1, the mean over the IoU thresholds 0.5 to 0.95; 1 where rightly nothing was found."""
        return {name: _mean_f1(counts) for name, counts in self.f1_assets.items()}

    def per_image_pq(self) -> dict[str, float]:
        """Each asset's PQ over the classes that are there or were predicted; 1 where rightly nothing is."""
        found = {name: float(_quality(counts[None])[0][0]) for name, counts in self.panoptic_assets.items()}
        return {name: 1.0 if np.isnan(value) else value for name, value in found.items()}

    def f1_at(self, confidence: float, temperature: float) -> float:
        """F1 at IoU 0.5 over all classes together, were this the confidence threshold; 0 where there is nothing."""
        right = shown = objects = 0
        for pairs in self.pairs.values():
            for _, one in pairs:
                above = scaled_scores(one.scores, temperature) >= confidence
                right += int(one.right[AT_50][above].sum())
                shown += int((~one.left_out[AT_50][above]).sum())
                objects += one.objects
        return 2 * right / (shown + objects) if shown + objects else 0.0

    def judged(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Scores of all detections, and whether each overlaps an object of its class by at least half: calibration."""
        scores, right = [np.zeros(0)], [np.zeros(0, bool)]
        for pairs in self.pairs.values():
            for _, one in pairs:
                counted = ~one.left_out[AT_50]
                scores.append(one.scores[counted])
                right.append(one.right[AT_50][counted])
        return np.concatenate(scores), np.concatenate(right)


def _gather(sums: dict[str, npt.NDArray[np.float64]], key: str, values: npt.NDArray[np.float64]) -> None:
    sums[key] = sums[key] + values if key in sums else values.copy()


def _f1_counts(pairing: Pairing, above: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(T, 3): right, wrong and missed among the detections that are shown."""
    pairs = falling_pairs(pairing.overlaps[above])
    aside = pairing.aside[above]
    found = np.zeros((THRESHOLDS.size, 3))
    for at, threshold in enumerate(np.minimum(THRESHOLDS, 1 - 1e-10)):
        used = {row for row, _, value in pairs if value >= threshold}
        wrong = sum(1 for row in range(aside.size) if row not in used and not aside[row])
        found[at] = len(used), wrong, pairing.objects - len(used)
    return found


def _f1(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(..., 3) right, wrong, missed -> (...) F1; NaN where there is nothing."""
    whole = 2 * counts[..., 0] + counts[..., 1] + counts[..., 2]
    return np.divide(2 * counts[..., 0], whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _f1_50(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, 3 T, K) -> (N,) F1 at IoU 0.5, the mean over the classes that occur."""
    return _mean_classes(_f1(sums[:, :3].transpose(0, 2, 1)))


def _mean_f1(counts: npt.NDArray[np.float64]) -> float:
    """(3 T, K) of one image -> F1 over all classes, the mean over thresholds."""
    values = _f1(counts.sum(axis=1).reshape(-1, 3))
    return 1.0 if np.isnan(values).any() else float(values.mean())


def _mean_classes(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, K) -> (N,) mean over classes that are not NaN."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _quality(sums: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    """(N, 4, K) iou sum, matched, wrong, missed -> PQ, SQ, RQ (N,), each the mean over the classes that occur."""
    found = [
        metrics.panoptic_quality(
            metrics.PanopticCounts(one[0], *(one[at].astype(np.int64) for at in (1, 2, 3)))
        )
        for one in sums
    ]
    return tuple(
        _mean_classes(np.stack([getattr(one, name) for one in found])) for name in ("pq", "sq", "rq")
    )


def _panoptic(
    space: ClassSpace,
    size: tuple[int, int],
    shown: Sequence[SeenObject],
    truth: Sequence[DataObject],
) -> npt.NDArray[np.float64]:
    """(4, K) counts of one image. The surest lies on top; stuff of one class is one segment."""
    numbers, classes = paint_segments(space, size, sorted(shown, key=lambda one: one.score))
    real, real_classes = paint_segments(space, size, truth)
    crowd = {
        number
        for number, one in _numbered(space, truth)
        if getattr(one, "is_crowd", False) and one.class_index != VOID
    }
    if space.background:  # an unlabelled pixel is background, and an object that was seen there is wrong
        void = np.zeros(size, bool)
        for one in truth:
            x0, y0, x1, y1 = one.box_xyxy
            void[y0:y1, x0:x1][one.bitmap()] = one.class_index == VOID
        number = max(real_classes, default=0) + 1
        real = np.where((real == 0) & ~void, number, real)
        real_classes = {**real_classes, number: 0}
    counts = metrics.panoptic_counts(
        numbers,
        real,
        prediction_classes=classes,
        truth_classes=real_classes,
        class_count=space.rows,
        crowd=crowd,
    )
    return np.stack([counts.iou_sum, counts.matched, counts.wrong, counts.missed]).astype(np.float64)[:, 1:]


def _numbered(space: ClassSpace, objects: Sequence[Any]) -> list[tuple[int, Any]]:
    """The segment number of each object: its own for a thing, one for all stuff of a class; 0 for void."""
    found: list[tuple[int, Any]] = []
    for at, one in enumerate(objects):
        if one.class_index == VOID:
            found.append((0, one))
        elif space.things[space.indices.index(one.class_index)]:
            found.append((space.rows + at, one))
        else:
            found.append((space.row_of(one.class_index), one))
    return found


def paint_segments(
    space: ClassSpace, size: tuple[int, int], objects: Sequence[Any]
) -> tuple[npt.NDArray[np.int32], Mapping[int, int]]:
    """Paint objects in their order, the last on top: (H, W) segment numbers, and the row of each number."""
    painted = np.zeros(size, np.int32)
    classes: dict[int, int] = {}
    for number, one in _numbered(space, objects):
        mask = one.mask
        window = painted[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width]
        window[rle.decode(mask.counts, mask.height, mask.width)] = number
        if number:
            classes[number] = space.row_of(one.class_index)
    return painted, classes
