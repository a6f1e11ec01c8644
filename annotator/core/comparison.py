"""Whether one model is better than another, told from what both scored on the same images.

Owns the verdict. Does not own the scores (`ml_worker/evaluate.py` makes them, `docs/learning_formats.md` says what
they look like) nor what follows from a verdict (the services).

The same images are hard for both models, so what counts is the difference on each, not two intervals side by side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from annotator.core.bootstrap import LEAST_UNITS, mean_interval, unit_numbers

# Less is no difference that anybody would see. A judgement, about what another seed changes; not measured.
ALIKE = 0.01


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference candidate - champion on the images that both were scored on.

    Attributes:
        metric: what was compared, a mean over images ("image_iou", "image_f1", "image_pq", …; "" when nothing was).
        difference, low, high: its mean and 95 % interval, resampled by unit; None when there is none.
        images, units: how many images both have, and the groups they come from.
        verdict: "better", "worse", "same" (both ends of the interval within 0.01) or "unknown".
        reason: "above", "below" (the interval holds no 0), "alike", "unclear" (it holds 0 and is wide),
            "few_test_images", "no_common_images", "other_metric", "other_split".
    """

    metric: str
    difference: float | None
    low: float | None
    high: float | None
    images: int
    units: int
    verdict: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """The comparison as it travels."""
        return asdict(self)


def compare(candidate: Mapping[str, Any], champion: Mapping[str, Any], *, seed: int = 0) -> Comparison:
    """Compare two models' metrics as `docs/learning_formats.md` has them, paired by image.

    With fewer than `LEAST_UNITS` units in common the verdict is "unknown" however large the difference looks: an
    interval of so few promises too much. The difference is given all the same.

    Returns:
        The comparison; a candidate whose verdict is "worse" must not become champion by itself.
    """
    metric = str(candidate.get("paired") or "")
    if metric != str(champion.get("paired") or ""):
        return _nothing("", "other_metric")
    if candidate.get("split") != champion.get("split"):
        return _nothing(metric, "other_split")
    pairs = _pairs(candidate, champion)
    if not pairs:
        return _nothing(metric, "no_common_images")
    differences = np.array([difference for difference, _ in pairs], dtype=np.float64)
    units = [unit for _, unit in pairs]
    difference, low, high = mean_interval(differences, units, seed=seed)
    count = unit_numbers(units)[1]
    verdict, reason = _verdict(low, high, count)
    return Comparison(metric, difference, low, high, len(pairs), count, verdict, reason)


def _pairs(candidate: Mapping[str, Any], champion: Mapping[str, Any]) -> list[tuple[float, str]]:
    """The difference on each image that both have a score of, and its unit, ordered by image."""
    theirs = {str(one["image"]): one["score"] for one in champion.get("per_image") or ()}
    found: list[tuple[str, float, str]] = []
    for one in candidate.get("per_image") or ():
        image, score = str(one["image"]), one["score"]
        other = theirs.get(image)
        if score is None or other is None or not math.isfinite(score - other):
            continue
        found.append((image, score - other, str(one.get("unit") or image)))
    return [(difference, unit) for _, difference, unit in sorted(found)]


def _verdict(low: float, high: float, units: int) -> tuple[str, str]:
    if units < LEAST_UNITS:
        return "unknown", "few_test_images"
    if low >= -ALIKE and high <= ALIKE:
        return "same", "alike"
    if low > 0:
        return "better", "above"
    if high < 0:
        return "worse", "below"
    return "unknown", "unclear"


def _nothing(metric: str, reason: str) -> Comparison:
    return Comparison(metric, None, None, None, 0, 0, "unknown", reason)
