"""Confidence that means what it says: of what is seen with 0.8, eight in ten are right.

Owns the temperature that divides logits, for the pixels of a label map and for the scores of objects, and how far
confidence is from being right (the expected calibration error and its bins). Does not own where it is used: the
temperature goes into `settings`, and prediction applies it.

One number is fitted, on validation images, so that it cannot bend itself to them; it never changes which class wins.
Source: Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml_worker.seen import Floats, Labels

Values = npt.NDArray[np.float64]
Right = npt.NDArray[np.bool_]

BINS = 10
LEAST, MOST = (
    0.1,
    10.0,
)  # temperatures; what lies outside is a network that learned nothing, and would divide to 0
LEAST_SAMPLES = 50  # fewer detections tell nothing of how sure to be: temperature stays 1
PIXELS = 500  # sampled of each image: neighbours say the same, so more would only look like more
SURE = 1e-6  # a score of exactly 0 or 1 has no logit


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """How confidence and being right go together.

    Attributes:
        error: expected calibration error, 0..1; NaN without samples.
        bins: of equal width from 0 to 1, those with samples: mean confidence, share that is right, count.
    """

    error: float
    bins: tuple[tuple[float, float, int], ...]


def reliability(confidence: Values, right: Right) -> Reliability:
    """Compare confidence with the share that is right, in `BINS` bins.

    Args:
        confidence: (N,) 0..1. right: (N,) bool.
    """
    if confidence.size == 0:
        return Reliability(float("nan"), ())
    at = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(at, minlength=BINS)
    sure = np.bincount(at, weights=confidence, minlength=BINS)
    good = np.bincount(at, weights=right.astype(np.float64), minlength=BINS)
    bins = tuple(
        (float(sure[k] / counts[k]), float(good[k] / counts[k]), int(counts[k]))
        for k in np.flatnonzero(counts)
    )
    return Reliability(float(np.abs(sure - good).sum() / confidence.size), bins)


def scaled_scores(scores: Values, temperature: float) -> Values:
    """Give calibrated scores of objects: the sigmoid of their logit divided by the temperature."""
    kept = np.clip(scores, SURE, 1 - SURE)
    return 1 / (1 + np.exp(-(np.log(kept) - np.log1p(-kept)) / temperature))


def confidences(logits: Values, temperature: float) -> Values:
    """(N, C) logits -> (N,) the largest probability of each, at a temperature."""
    scaled = logits / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return 1 / np.exp(scaled).sum(axis=1)


def fit_pixels(logits: Values, target: npt.NDArray[np.int64]) -> float:
    """Find the temperature at which the logits of pixels are likeliest.

    Args:
        logits: (N, C). target: (N,) the right output of each.
    """
    if len(logits) < LEAST_SAMPLES:
        return 1.0
    own = np.take_along_axis(logits, target[:, None], axis=1)[:, 0]
    top = logits.max(axis=1)

    def loss(temperature: float) -> float:
        spread = np.log(np.exp((logits - top[:, None]) / temperature).sum(axis=1))
        return float((spread + (top - own) / temperature).mean())

    return _least(loss)


def fit_scores(scores: Values, right: Right) -> float:
    """Find the temperature at which the scores of objects are likeliest; right: each has an object of its class."""
    if scores.size < LEAST_SAMPLES or right.all() or not right.any():
        return 1.0

    def loss(temperature: float) -> float:
        scaled = np.clip(scaled_scores(scores, temperature), SURE, 1 - SURE)
        return float(-np.log(np.where(right, scaled, 1 - scaled)).mean())

    return _least(loss)


def _least(loss: Callable[[float], float]) -> float:
    """The temperature within the limits where the loss is least: it has one minimum in 1 / T (it is convex there)."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda x: loss(float(np.exp(x))), bounds=(np.log(LEAST), np.log(MOST)), method="bounded"
    )
    return round(float(np.exp(found.x)), 4)


def sample_pixels(
    logits: Floats, labels: Labels, rng: np.random.Generator
) -> tuple[Values, npt.NDArray[np.int64]]:
    """Take some pixels of one image at random.

    Args:
        logits: (C, H, W). labels: (H, W) the right output of each pixel; 255 is not taken.

    Returns:
        (n, C) logits and (n,) outputs, n at most `PIXELS`.
    """
    places = np.flatnonzero(labels.ravel() < len(logits))
    if places.size > PIXELS:
        places = rng.choice(places, PIXELS, replace=False)
    return (
        logits.reshape(len(logits), -1)[:, places].T.astype(np.float64),
        labels.ravel()[places].astype(np.int64),
    )


def as_json(before: Reliability, after: Reliability, temperature: float) -> dict[str, Any] | None:
    """Write `metrics.calibration`; None without samples."""
    if not after.bins:
        return None
    return {
        "before": round(before.error, 5),
        "after": round(after.error, 5),
        "temperature": temperature,
        "bins": [
            {"confidence": round(sure, 4), "accuracy": round(good, 4), "count": count}
            for sure, good, count in after.bins
        ],
    }
