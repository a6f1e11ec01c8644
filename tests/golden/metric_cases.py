"""Golden vectors of the metrics. JSON has no NaN: null stands for it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from annotator.core import metrics as core
from annotator.core.raster import mask_from_bitmap
from tests.golden.drawing import bitmap, blobs, rows_of


def numbers(values: Any) -> list[float | None]:
    return [None if math.isnan(v) else float(v) for v in values]


def metrics() -> dict[str, Any]:
    return {
        "about": "confusion: rows = truth, columns = prediction, void (255) left out. NaN is null. panoptic: segment "
        "numbers with their classes [number, class]; counts and qualities per class. boundary: IoU of the bands, "
        "with the given distance or that of the image. masks: two masks of one image. objects: greedy pairs. "
        "Ratios agree to 1e-12.",
        "confusion": [_confusion(seed) for seed in range(8)],
        "panoptic": [_panoptic(seed) for seed in range(8)],
        "boundary": [_boundary(seed) for seed in range(8)],
        "masks": [_masks(seed) for seed in range(8)],
        "objects": [_objects(seed) for seed in range(8)],
    }


def _confusion(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n = 4
    truth = rng.integers(0, n - (seed % 2), (6, 7)).astype(np.uint8)
    prediction = np.where(rng.random((6, 7)) < 0.6, truth, rng.integers(0, n - (seed % 2), (6, 7))).astype(
        np.uint8
    )
    truth[rng.random((6, 7)) < 0.1] = 255
    if seed == 7:
        truth[:] = 255
    matrix = core.confusion(prediction, truth, n)
    iou, dice = core.iou(matrix), core.dice(matrix)
    return {
        "name": f"label maps, {seed}", "class_count": n, "prediction": prediction.tolist(), "truth": truth.tolist(),
        "matrix": matrix.tolist(), "iou": numbers(iou), "dice": numbers(dice), "mean_iou": numbers([core.mean(iou)])[0],
        "pixel_accuracy": numbers([core.pixel_accuracy(matrix)])[0], "kappa": numbers([core.kappa(matrix)])[0],
    }  # fmt: skip


def _panoptic(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(100 + seed)
    n = 3
    truth = np.kron(rng.integers(0, 6, (3, 4)), np.ones((4, 4), dtype=np.int64))
    prediction = np.where(rng.random(truth.shape) < 0.15, rng.integers(0, 6, truth.shape), truth)
    truth_classes = {k: int(rng.integers(0, n)) for k in range(1, 6)}
    prediction_classes = {
        k: c if rng.random() < 0.7 else int(rng.integers(0, n)) for k, c in truth_classes.items()
    }
    crowd = [1] if seed % 2 else []
    counts = core.panoptic_counts(
        prediction, truth, prediction_classes=prediction_classes, truth_classes=truth_classes,
        class_count=n, crowd=crowd,
    )  # fmt: skip
    quality = core.panoptic_quality(counts)
    return {
        "name": f"segments, {seed}", "class_count": n, "prediction": prediction.tolist(), "truth": truth.tolist(),
        "prediction_classes": list(prediction_classes.items()), "truth_classes": list(truth_classes.items()),
        "crowd": crowd, "iou_sum": counts.iou_sum.tolist(), "matched": counts.matched.tolist(),
        "wrong": counts.wrong.tolist(), "missed": counts.missed.tolist(),
        "pq": numbers(quality.pq), "sq": numbers(quality.sq), "rq": numbers(quality.rq),
    }  # fmt: skip


def _boundary(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(200 + seed)
    truth = blobs(rng, 18, 22, 3) if seed else bitmap("....", "....")
    prediction = np.roll(truth, seed % 3, axis=1) ^ (rng.random(truth.shape) < 0.02 * bool(seed))
    distance = (None, 1, 2, 3)[seed % 4]
    return {
        "name": f"bands, {seed}", "prediction": rows_of(prediction), "truth": rows_of(truth), "distance": distance,
        "used_distance": distance or core.boundary_distance(*truth.shape),
        "iou": numbers([core.boundary_iou(prediction, truth, distance)])[0],
    }  # fmt: skip


def _masks(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(300 + seed)
    a, b = np.zeros((12, 14), dtype=np.bool_), np.zeros((12, 14), dtype=np.bool_)
    if seed:
        for mask in (a, b):
            y, x = (int(v) for v in rng.integers(0, 6, 2))
            mask[y : y + 6, x : x + 7] = rng.random((6, 7)) < 0.8
    agreement = core.mask_agreement(mask_from_bitmap(a), mask_from_bitmap(b))
    return {
        "name": f"masks, {seed}",
        "a": rows_of(a),
        "b": rows_of(b),
        "iou": agreement.iou,
        "dice": agreement.dice,
    }


def _objects(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(400 + seed)
    rows, columns = (0, 0) if seed == 0 else (int(v) for v in rng.integers(0, 5, 2))
    overlaps = np.round(rng.random((rows, columns)), 1)
    result = core.object_agreement(overlaps)
    return {
        "name": f"objects, {seed}", "rows": rows, "columns": columns, "overlaps": overlaps.tolist(),
        "threshold": 0.5, "pairs": result.pairs, "f1": result.f1,
    }  # fmt: skip
