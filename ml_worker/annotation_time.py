"""How long an image should take to annotate, from how long others took.

Owns the regression. Does not own measuring the time. Numpy and scipy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

LEAST_TIMED = 8  # timed images below which nothing is said: two coefficients, and some of the images are odd
ROUNDS = 20
TUNING = 1.345  # Huber's constant: 95 % efficient where the noise is normal
LEAST_SECONDS = 1.0

Floats = npt.NDArray[np.float64]


def minutes_to_annotate(
    labelled: Sequence[Mapping[str, Any]], unlabelled: Sequence[Mapping[str, Any]]
) -> list[float | None]:
    """Predict the minutes for each unlabelled image.

    A line, seconds = constant + seconds per object x objects, neither below zero, fitted so that few images that took
    absurdly long (somebody had lunch) don't bend it. The objects of an unlabelled image are those that a model sees.

    Args:
        labelled: with `objects` (their number) and `seconds`; those without either are left out.
        unlabelled: with `objects`, or null where no model has looked: then the middle of the times is the answer.

    Returns:
        Minutes, one decimal; None for all where fewer than `LEAST_TIMED` images were timed.

    Source: Huber 1964, M-estimation by iteratively reweighted (here: non-negative) least squares.
    """
    timed = [
        (float(one["objects"]), float(one["seconds"]))
        for one in labelled
        if one.get("objects") is not None and (one.get("seconds") or 0) >= LEAST_SECONDS
    ]
    if len(timed) < LEAST_TIMED:
        return [None] * len(unlabelled)
    objects, seconds = np.array(timed, np.float64).T
    constant, each = _robust_line(objects, seconds)
    middle = float(np.median(seconds))
    return [
        round((middle if one.get("objects") is None else constant + each * float(one["objects"])) / 60, 1)
        for one in unlabelled
    ]


def _robust_line(x: Floats, y: Floats) -> tuple[float, float]:
    from scipy.optimize import nnls

    columns = np.stack([np.ones_like(x), x], axis=1)
    weights = np.ones_like(x)
    found = np.zeros(2)
    for turn in range(ROUNDS):
        root = np.sqrt(weights)
        before, found = found, nnls(columns * root[:, None], y * root)[0]
        residual = np.abs(y - columns @ found)
        spread = 1.4826 * float(np.median(residual))
        if spread <= 1e-9 or (turn and np.allclose(before, found, rtol=1e-6)):
            break
        weights = np.minimum(1.0, TUNING * spread / np.maximum(residual, 1e-9))
    return float(found[0]), float(found[1])
