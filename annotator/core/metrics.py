"""How well two labellings of the same pixels agree: a model's and a person's, or two people's.

Owns confusion counts and what is read from them (IoU, Dice, accuracy, kappa), panoptic quality, boundary IoU and the
agreement of objects. Does not own confidence intervals nor curves (`ml_worker/evaluate.py`).

Counts are integers that add up over images; ratios are taken once, over the whole set. A ratio whose denominator is 0
is NaN: the class does not occur, and no mean counts it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.document import VOID, MaskGeometry
from annotator.core.errors import InvalidInput
from annotator.core.words import _

Mask: TypeAlias = npt.NDArray[np.bool_]
Counts: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = npt.NDArray[np.float64]
LabelMap: TypeAlias = npt.NDArray[np.integer[Any]]

BOUNDARY_RATIO = 0.02  # of the image's diagonal: the width of the band that boundary IoU compares


def confusion(prediction: LabelMap, truth: LabelMap, class_count: int) -> Counts:
    """Count the pixels of every pair of classes.

    Args:
        prediction, truth: (H, W) class indices 0..class_count - 1; pixels that are 255 (void) in either are left out.
        class_count: number of classes with the background.

    Returns:
        (class_count, class_count) int64: row = class in `truth`, column = class in `prediction`.

    Raises:
        InvalidInput: the shapes differ, or an index is neither below `class_count` nor void.
    """
    _check_shapes(prediction, truth)
    counted = (prediction != VOID) & (truth != VOID)
    rows, columns = truth[counted].astype(np.int64), prediction[counted].astype(np.int64)
    for indices, text in (
        (rows, _("the truth holds class %(wrong)s; allowed are 0 to %(last)s and 255 (void)")),
        (columns, _("the prediction holds class %(wrong)s; allowed are 0 to %(last)s and 255 (void)")),
    ):
        if indices.size and not 0 <= int(indices.min()) <= int(indices.max()) < class_count:
            wrong = indices[(indices < 0) | (indices >= class_count)][0]
            raise InvalidInput(text % {"wrong": wrong, "last": class_count - 1})
    pairs = np.bincount(rows * class_count + columns, minlength=class_count * class_count)
    return pairs.reshape(class_count, class_count).astype(np.int64)


def _check_shapes(prediction: LabelMap, truth: LabelMap) -> None:
    if prediction.shape != truth.shape:
        raise InvalidInput(
            _("the prediction has shape %(found)s, the truth %(wanted)s")
            % {"found": prediction.shape, "wanted": truth.shape}
        )


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Values:
    """Divide, NaN where the whole is 0."""
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole != 0)
    return result


def iou(matrix: Counts) -> Values:
    """Give each class's intersection over union from confusion counts: (n,), NaN for classes that don't occur."""
    hits = np.diagonal(matrix)
    return _ratio(hits, matrix.sum(axis=0) + matrix.sum(axis=1) - hits)


def dice(matrix: Counts) -> Values:
    """Give each class's Dice coefficient (F1 of pixels) from confusion counts: (n,), NaN as in `iou`."""
    return _ratio(2 * np.diagonal(matrix), matrix.sum(axis=0) + matrix.sum(axis=1))


def pixel_accuracy(matrix: Counts) -> float:
    """Give the share of pixels whose class is right; NaN when no pixel was counted."""
    total = int(matrix.sum())
    return int(np.trace(matrix)) / total if total else float("nan")


def kappa(matrix: Counts) -> float:
    """Give Cohen's kappa: the agreement beyond what the two class frequencies give by chance.

    Returns:
        1.0 for full agreement also when only one class occurs; NaN when no pixel was counted.

    Source: Cohen 1960.
    """
    total = float(matrix.sum())
    if total == 0:
        return float("nan")
    observed = float(np.trace(matrix)) / total
    chance = float(matrix.sum(axis=0) / total @ (matrix.sum(axis=1) / total))
    return 1.0 if observed == 1.0 else (observed - chance) / (1 - chance)


def mean(values: Values) -> float:
    """Give the mean over the classes that occur; NaN when none does."""
    occurring = values[~np.isnan(values)]
    return float(occurring.sum()) / occurring.size if occurring.size else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class PanopticCounts:
    """Matched and unmatched segments of every class; counts of several images add up.

    Attributes:
        iou_sum: (n,) float64, the matched segments' IoU added up.
        matched, wrong, missed: (n,) int64 true positives, false positives, false negatives.
    """

    iou_sum: Values
    matched: Counts
    wrong: Counts
    missed: Counts

    def __add__(self, other: PanopticCounts) -> PanopticCounts:
        return PanopticCounts(
            self.iou_sum + other.iou_sum,
            self.matched + other.matched,
            self.wrong + other.wrong,
            self.missed + other.missed,
        )


@dataclass(frozen=True, slots=True, eq=False)
class PanopticQuality:
    """Per class, (n,) float64, NaN where the class occurs in neither labelling: pq = sq x rq."""

    pq: Values
    sq: Values
    rq: Values


def panoptic_counts(
    prediction: LabelMap,
    truth: LabelMap,
    *,
    prediction_classes: Mapping[int, int],
    truth_classes: Mapping[int, int],
    class_count: int,
    crowd: Collection[int] = (),
) -> PanopticCounts:
    """Match the segments of one image.

    Segments of the same class match when their IoU is over 0.5, which at most one pair can be. Pixels without a
    segment in the truth count for no one, and a wrong segment that lies mostly there, or on a crowd region of its
    class, is not counted.

    Args:
        prediction, truth: (H, W) segment numbers, 0 = no segment.
        prediction_classes, truth_classes: the class index, below `class_count`, of every segment number.
        crowd: numbers of truth segments that are crowd regions.

    Raises:
        InvalidInput: the shapes differ, or a segment has no class.

    Source: Kirillov et al. 2019, "Panoptic Segmentation", section 4, and its reference code for void and crowd.
    """
    _check_shapes(prediction, truth)
    predicted, prediction_area = _segments(prediction, prediction_classes)
    real, truth_area = _segments(truth, truth_classes)
    overlap = _overlaps(prediction, truth)
    iou_sum = np.zeros(class_count, dtype=np.float64)
    matched, wrong, missed = (np.zeros(class_count, dtype=np.int64) for _ in range(3))
    used: set[int] = set()
    found: set[int] = set()
    for (p, t), both in overlap.items():
        if p == 0 or t == 0 or t in crowd or prediction_classes[p] != truth_classes[t]:
            continue
        union = prediction_area[p] + truth_area[t] - both - overlap.get((p, 0), 0)
        if 2 * both > union:
            iou_sum[truth_classes[t]] += both / union
            matched[truth_classes[t]] += 1
            used.add(p)
            found.add(t)
    for t in real:
        if t not in found and t not in crowd:
            missed[truth_classes[t]] += 1
    for p in predicted:
        same_crowd = sum(overlap.get((p, t), 0) for t in crowd if truth_classes[t] == prediction_classes[p])
        if p not in used and 2 * (overlap.get((p, 0), 0) + same_crowd) <= prediction_area[p]:
            wrong[prediction_classes[p]] += 1
    return PanopticCounts(iou_sum, matched, wrong, missed)


def _segments(numbers: LabelMap, classes: Mapping[int, int]) -> tuple[list[int], dict[int, int]]:
    """Give the segment numbers that occur, in order, and their areas."""
    found, areas = np.unique(numbers, return_counts=True)
    area = {int(n): int(a) for n, a in zip(found, areas, strict=True) if n != 0}
    without = sorted(set(area) - set(classes))
    if without:
        raise InvalidInput(
            _("segment %(number)s has no class (%(count)s such segments)")
            % {"number": without[0], "count": len(without)}
        )
    return sorted(area), area


def _overlaps(prediction: LabelMap, truth: LabelMap) -> dict[tuple[int, int], int]:
    """Count the pixels of every pair (prediction, truth) of numbers, in ascending order."""
    base = int(truth.max(initial=0)) + 1
    pairs, counts = np.unique(prediction.astype(np.int64) * base + truth, return_counts=True)
    return {(int(pair) // base, int(pair) % base): int(n) for pair, n in zip(pairs, counts, strict=True)}


def panoptic_quality(counts: PanopticCounts) -> PanopticQuality:
    """Give quality (pq), segmentation quality (sq) and recognition quality (rq) of every class."""
    weighed = 2 * counts.matched + counts.wrong + counts.missed
    pq = _ratio(2 * counts.iou_sum, weighed)
    return PanopticQuality(pq, _ratio(counts.iou_sum, counts.matched), _ratio(2 * counts.matched, weighed))


def boundary(mask: Mask, distance: int) -> Mask:
    """Give the pixels of a mask that lie within `distance` pixels (8-neighbour steps) of a pixel outside it.

    Beyond the image's border everything is outside.
    """
    import cv2  # it takes long to load, and most processes need no boundary

    kernel = np.ones((2 * distance + 1, 2 * distance + 1), dtype=np.uint8)
    inner = cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask & (np.asarray(inner) == 0)


def boundary_distance(height: int, width: int) -> int:
    """Give the width of the compared band: 2 % of the image's diagonal, rounded, at least 1 pixel."""
    return max(1, int(np.floor(BOUNDARY_RATIO * np.sqrt(float(height * height + width * width)) + 0.5)))


def boundary_iou(prediction: Mask, truth: Mask, distance: int | None = None) -> float:
    """Give the IoU of two masks' boundary bands, which a large object's interior can't hide; NaN when both are empty.

    Args:
        prediction, truth: (H, W) bool.
        distance: width of the band in pixels; `boundary_distance` of the image when not given.

    Source: Cheng et al. 2021, "Boundary IoU".
    """
    if distance is None:
        distance = boundary_distance(*prediction.shape)
    one, two = boundary(prediction, distance), boundary(truth, distance)
    union = int(np.count_nonzero(one | two))
    return int(np.count_nonzero(one & two)) / union if union else float("nan")


@dataclass(frozen=True, slots=True)
class MaskAgreement:
    """How two masks of the same object agree; both 1.0 when both are empty."""

    iou: float
    dice: float


def mask_agreement(a: MaskGeometry, b: MaskGeometry) -> MaskAgreement:
    """Compare two masks of one image by their runs, without decoding them."""
    areas = rle.area(a.counts) + rle.area(b.counts)
    if areas == 0:
        return MaskAgreement(1.0, 1.0)
    x0, y0 = max(a.x, b.x), max(a.y, b.y)
    x1, y1 = min(a.x + a.width, b.x + b.width), min(a.y + a.height, b.y + b.height)
    both = 0
    if x1 > x0 and y1 > y0:
        seen = [rle.window(mask.counts, mask.height, _frame(mask, x0, y0, x1, y1)) for mask in (a, b)]
        both = rle.intersection(*seen)
    return MaskAgreement(both / (areas - both), 2 * both / areas)


def _frame(mask: MaskGeometry, x0: int, y0: int, x1: int, y1: int) -> tuple[int, int, int, int]:
    return (x0 - mask.x, y0 - mask.y, x1 - mask.x, y1 - mask.y)


@dataclass(frozen=True, slots=True)
class ObjectAgreement:
    """Which objects of two annotators belong together: pairs (index in a, index in b), best first, and their F1."""

    pairs: tuple[tuple[int, int], ...]
    f1: float


def object_agreement(overlaps: Values, threshold: float = 0.5) -> ObjectAgreement:
    """Pair objects greedily by falling IoU; at equal IoU the smaller indices first.

    Args:
        overlaps: (A, B) IoU of each object of one annotator with each of the other.
        threshold: smallest IoU of a pair.

    Returns:
        The pairs; F1 is 1.0 when neither has an object.
    """
    rows, columns = overlaps.shape
    if rows + columns == 0:
        return ObjectAgreement((), 1.0)
    pairs: list[tuple[int, int]] = []
    free_rows, free_columns = set(range(rows)), set(range(columns))
    for place in np.argsort(-overlaps, axis=None, kind="stable").tolist():
        i, j = divmod(place, columns)
        if overlaps[i, j] < threshold:
            break
        if i in free_rows and j in free_columns:
            pairs.append((i, j))
            free_rows.remove(i)
            free_columns.remove(j)
    return ObjectAgreement(tuple(pairs), 2 * len(pairs) / (rows + columns))
