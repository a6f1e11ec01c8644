"""Measures of label maps over a whole split: one confusion matrix, and the boundary bands beside it.

Owns the sums by unit and by asset, and what is read from them. Counts add up over all pixels of all images and ratios
are taken once: the mean of per-image ratios would weigh a class by the number of images it happens to be in.

The background is no class of the project: it takes part in the matrix and in pixel accuracy, but not in the means,
where its high value would hide a bad class.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core import metrics
from annotator.core.bootstrap import Draws, interval
from annotator.core.document import VOID
from ml_worker.class_space import ClassSpace
from ml_worker.folder import Item

Values = npt.NDArray[np.float64]


@dataclass(slots=True)
class SemanticScores:
    """Adds up what was counted. `add` every item, then read."""

    space: ClassSpace
    units: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    assets: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    bands: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    pixels: npt.NDArray[np.int64] | None = None
    images: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(
        self, item: Item, labels: npt.NDArray[np.uint8], truth: npt.NDArray[np.uint8], *, bands: bool = True
    ) -> None:
        """Count one item.

        Args:
            labels, truth: (H, W) uint8 class indices of the project; 255 in the truth is not counted.
            bands: whether boundaries are compared too (half of the time this takes).
        """
        rows, real = self.space.prediction_rows(labels), self.space.truth_rows(truth)
        matrix = metrics.confusion(rows, real, self.space.rows)
        for sums, key in ((self.units, item.unit), (self.assets, item.asset)):
            sums[key] = sums.get(key, 0) + matrix
        for row in np.flatnonzero(matrix.sum(axis=1)):
            self.images[int(row)].add(item.asset)
        if bands:
            counts = _band_counts(rows, real, self.space.rows)
            self.bands[item.unit] = self.bands.get(item.unit, 0) + counts

    @property
    def matrix(self) -> npt.NDArray[np.int64]:
        """(R, R) of all that was added: rows the truth, columns the prediction, the background first."""
        empty = np.zeros((self.space.rows, self.space.rows), np.int64)
        return sum(self.units.values(), empty)

    def values(self, draws: Callable[[int], Draws]) -> dict[str, tuple[float, float, float]]:
        """Mean IoU, mean Dice, pixel accuracy and boundary IoU, each with low and high.

        Args:
            draws: gives the resamples for a number of units, in the order of their names.
        """
        units = np.stack([self.units[name] for name in sorted(self.units)]).astype(np.float64)
        drawn = np.tensordot(draws(len(units)).astype(np.float64), units, axes=1)  # (R, K, K)
        found = {
            name: (measure(self.matrix[None].astype(np.float64))[0], *interval(measure(drawn)))
            for name, measure in (("mean_iou", mean_iou), ("dice", mean_dice), ("pixel_accuracy", accuracy))
        }
        if self.bands:
            bands = np.stack([self.bands[name] for name in sorted(self.bands)]).astype(np.float64)
            drawn = np.tensordot(draws(len(bands)).astype(np.float64), bands, axes=1)
            found["boundary_iou"] = (
                mean_band_iou(bands.sum(axis=0)[None])[0],
                *interval(mean_band_iou(drawn)),
            )
        return {name: (float(value), low, high) for name, (value, low, high) in found.items()}

    def of_class(self, row: int) -> dict[str, float | int]:
        """Measures of one class."""
        matrix = self.matrix
        band = sum(self.bands.values(), np.zeros((2, self.space.rows), np.int64))
        return {
            "iou": float(metrics.iou(matrix)[row]),
            "dice": float(metrics.dice(matrix)[row]),
            "boundary_iou": float(_ratio(band[0], band[1])[row]),
            "images": len(self.images[row]),
            "pixels": int(matrix[row].sum()),
        }

    def per_image(self) -> dict[str, float]:
        """Each asset's mean IoU over the classes that are there or were predicted; 1 where rightly nothing is."""
        found = {
            name: float(mean_iou(matrix[None].astype(np.float64))[0]) for name, matrix in self.assets.items()
        }
        return {
            name: 1.0 if np.isnan(value) else value
            for name, value in found.items()
            if self.assets[name].any()
        }


def semantic_values(matrix: npt.NDArray[np.int64]) -> Mapping[str, Any]:
    """What an `evaluate` point of the curves says of one matrix (the background first), by the rules of this file.

    Args:
        matrix: (R, R) confusion, rows the truth, row and column 0 the background.

    Returns:
        `mean_iou`, `dice`, `pixel_accuracy` and `iou`, (R - 1,) of the classes; NaN where nothing can be said.
    """
    whole = matrix[None].astype(np.float64)
    return {
        "mean_iou": float(mean_iou(whole)[0]),
        "dice": float(mean_dice(whole)[0]),
        "pixel_accuracy": float(accuracy(whole)[0]),
        "iou": metrics.iou(matrix)[1:],
    }


def mean_iou(matrices: Values) -> Values:
    """(N, R, R) confusions -> (N,) mean IoU over the classes that occur, without the background."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    return _mean(_ratio(hits, matrices.sum(axis=1) + matrices.sum(axis=2) - hits)[:, 1:])


def mean_dice(matrices: Values) -> Values:
    """(N, R, R) confusions -> (N,) mean Dice over the classes that occur, without the background."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    return _mean(_ratio(2 * hits, matrices.sum(axis=1) + matrices.sum(axis=2))[:, 1:])


def accuracy(matrices: Values) -> Values:
    """(N, R, R) confusions -> (N,) share of pixels that are right, the background's included."""
    return _ratio(np.trace(matrices, axis1=1, axis2=2), matrices.sum(axis=(1, 2)))


def mean_band_iou(counts: Values) -> Values:
    """(N, 2, R) intersections and unions of boundary bands -> (N,) mean over the classes that occur."""
    return _mean(_ratio(counts[:, 0], counts[:, 1])[:, 1:])


def _band_counts(
    rows: npt.NDArray[np.uint8], truth: npt.NDArray[np.uint8], count: int
) -> npt.NDArray[np.int64]:
    """(2, R): how many pixels both bands of a class share, and how many either has. Void pixels count for none."""
    counted = truth != VOID
    distance = metrics.boundary_distance(*truth.shape)
    found = np.zeros((2, count), np.int64)
    for row in range(1, count):
        one, other = rows == row, truth == row
        if one.any() or other.any():
            one, other = (
                metrics.boundary(one, distance) & counted,
                metrics.boundary(other, distance) & counted,
            )
            found[:, row] = np.count_nonzero(one & other), np.count_nonzero(one | other)
    return found


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Values:
    result = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=result, where=whole != 0)
    return result


def _mean(values: Values) -> Values:
    """(N, K) -> (N,) mean of what is not NaN; NaN where nothing is left."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0).sum(axis=1), known.sum(axis=1))
