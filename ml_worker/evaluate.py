"""How good a model is: one pass over a split, every measure, intervals that respect the groups.

Owns the pass and the `metrics` of `docs/learning_formats.md`. Does not own the measures (`semantic_scores.py`,
`instance_scores.py`, `calibrate.py`), how a picture is predicted (the caller's function) nor how two models compare
(`annotator/core/comparison.py`, which needs only what is written here). Knows no torch.

Never tune on what is reported: thresholds and the temperature come in by `settings`, chosen on the validation split by
`choose_settings`.

What is measured follows from what the model gives: label maps (mean IoU, Dice, pixel accuracy, boundary IoU), objects
(mask AP, F1, PQ), or both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.bootstrap import LEAST_UNITS, Draws, draw_units
from ml_worker import calibrate
from ml_worker.class_space import ClassSpace, class_space
from ml_worker.folder import DataObject, Dataset, Item, Picture
from ml_worker.instance_scores import InstanceScores
from ml_worker.matching import right_wrong_missed
from ml_worker.seen import Detection, Predict, Seen
from ml_worker.semantic_scores import SemanticScores
from ml_worker.watershed import Case, Counted, Watershed, choose_watershed, detections_of, seen_instances

PRIMARY = {"semantic": "mean_iou", "instance": "ap", "panoptic": "pq"}
PAIRED = {
    "mean_iou": "image_iou",
    "ap": "image_f1",
    "pq": "image_pq",
}  # AP means little on one image, F1 over the same IoU thresholds does
# Confidence thresholds to choose from. F1 is flat around its best, so that a finer grid would follow chance.
MOST_PIXELS = (
    4_000_000  # that the watershed's thresholds are chosen on: 15 pairs of them take a minute for so many
)
CONFIDENCES = tuple(round(0.05 * step, 2) for step in range(2, 19))


def _no_progress(_: float) -> None:
    return


@dataclass(slots=True)
class Scored:
    """What one pass over a split counted; read by `metrics_of` and `choose_settings`."""

    space: ClassSpace
    semantic: SemanticScores
    instance: InstanceScores
    logits: list[npt.NDArray[np.float64]] = field(default_factory=list)
    targets: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def pixels(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """The sampled pixels: (N, C) logits and (N,) right outputs."""
        if not self.logits:
            return np.zeros((0, 1)), np.zeros(0, np.int64)
        return np.concatenate(self.logits), np.concatenate(self.targets)


def evaluate_split(
    dataset: Dataset,
    split: str,
    predict: Predict,
    *,
    plan: Mapping[str, Any],
    settings: Mapping[str, Any],
    seed: int = 0,
    progress: Callable[[float], None] = _no_progress,
) -> dict[str, Any]:
    """Measure a model on the labelled items of a split.

    Args:
        predict: what the model sees in a picture; objects with the network's own scores, down to about 0.05.
        plan: of the model: its purpose, classes and background. settings: `confidence`, `detections`, `temperature`.
        seed: of the resampling. progress: told the share that is done, 0..1.

    Returns:
        `metrics` as `docs/learning_formats.md` has them; without images `values` is empty.
    """
    items = dataset.of_split(split)
    scored = score_items(dataset, items, predict, plan=plan, settings=settings, seed=seed, progress=progress)
    return metrics_of(scored, split=split, items=items, plan=plan, settings=settings, seed=seed)


def score_items(
    dataset: Dataset,
    items: Sequence[Item],
    predict: Predict,
    *,
    plan: Mapping[str, Any],
    settings: Mapping[str, Any],
    seed: int = 0,
    progress: Callable[[float], None] = _no_progress,
) -> Scored:
    """Go over items once and count everything that is read later."""
    space = class_space(dataset, plan)
    scored = Scored(
        space,
        SemanticScores(space),
        InstanceScores(
            space,
            confidence=float(settings.get("confidence", 0.5)),
            most=int(settings.get("detections") or plan.get("detections") or 100),
            temperature=float(settings.get("temperature") or 1.0),
        ),
    )
    rng = np.random.default_rng(seed)
    for at, item in enumerate(items):
        _score_item(scored, dataset, item, predict(dataset.picture(item)), rng)
        progress((at + 1) / len(items))
    return scored


def _score_item(scored: Scored, dataset: Dataset, item: Item, seen: Seen, rng: np.random.Generator) -> None:
    if seen.labels is not None:
        truth = dataset.label_map(item)
        scored.semantic.add(item, seen.labels, truth)
        if seen.logits is not None:
            rows = scored.space.truth_rows(truth)
            outputs = rows if scored.space.background else np.where(rows == 255, rows, rows - 1)
            logits, targets = calibrate.sample_pixels(seen.logits, outputs.astype(np.uint8), rng)
            scored.logits.append(logits)
            scored.targets.append(targets)
    if seen.objects is not None:
        scored.instance.add(item, seen.objects, dataset.objects(item))


def metrics_of(
    scored: Scored,
    *,
    split: str,
    items: Sequence[Item],
    plan: Mapping[str, Any],
    settings: Mapping[str, Any],
    seed: int = 0,
) -> dict[str, Any]:
    """Write what a pass counted as `metrics`."""
    primary = PRIMARY[plan["purpose"]]
    units = {item.asset: item.unit for item in items}
    draws = lru_cache(maxsize=2)(lambda count: draw_units(count, seed=seed))
    per_image = _per_image(scored, primary)
    enough = len(set(units.values())) >= LEAST_UNITS
    return plain(
        {
            "split": split,
            "images": len(units),
            "units": len(set(units.values())),
            "enough": enough,
            "note": "" if enough else "few_test_images",
            "primary": primary,
            "values": _values(scored, draws) if items else {},
            "classes": _classes(scored) if items else [],
            "confusion": _confusion(scored) if scored.semantic.units else None,
            "labels": _labels(scored),
            "paired": PAIRED[primary],
            "per_image": [
                {"image": name, "score": per_image[name], "unit": units[name]}
                for name in sorted(per_image, key=lambda name: (per_image[name], name))
            ],
            "calibration": _calibration(scored, float(settings.get("temperature") or 1.0)),
        }
    )


def _values(scored: Scored, draws: Callable[[int], Draws]) -> dict[str, dict[str, float]]:
    found: dict[str, tuple[float, float, float]] = {}
    if scored.semantic.units:
        found |= scored.semantic.values(draws)
    if scored.instance.items:
        found |= scored.instance.values(draws)
    return {name: {"value": value, "low": low, "high": high} for name, (value, low, high) in found.items()}


def _classes(scored: Scored) -> list[dict[str, Any]]:
    space = scored.space
    ap = scored.instance.class_ap() if scored.instance.items and space.indices else None
    found: list[dict[str, Any]] = []
    for at, (index, name) in enumerate(zip(space.indices, space.names, strict=True)):
        one: dict[str, Any] = {"index": index, "name": name}
        if scored.semantic.units:
            one |= scored.semantic.of_class(at + 1)
        if ap is not None:
            one |= scored.instance.of_class(ap, at)
        found.append(one)
    return found


def _confusion(scored: Scored) -> list[list[int]]:
    matrix = scored.semantic.matrix
    return (matrix if _with_background(scored) else matrix[1:, 1:]).tolist()


def _with_background(scored: Scored) -> bool:
    """Whether the background has a row: where it is learned, or where it was predicted all the same."""
    return scored.space.background or bool(scored.semantic.units and scored.semantic.matrix[:, 0].any())


def _labels(scored: Scored) -> list[str]:
    names = list(scored.space.names)
    return ["background", *names] if _with_background(scored) else names


def _per_image(scored: Scored, primary: str) -> dict[str, float]:
    if primary == "mean_iou":
        return scored.semantic.per_image() if scored.semantic.units else {}
    if not scored.instance.items:
        return {}
    return scored.instance.per_image() if primary == "ap" else scored.instance.per_image_pq()


def _calibration(scored: Scored, temperature: float) -> dict[str, Any] | None:
    """Of objects where there are some, else of pixels: with temperature 1 and with the one that was chosen."""
    if scored.instance.items:
        scores, right = scored.instance.judged()
        before = calibrate.reliability(scores, right)
        after = calibrate.reliability(calibrate.scaled_scores(scores, temperature), right)
        return calibrate.as_json(before, after, temperature)
    logits, targets = scored.pixels()
    right = logits.argmax(axis=1) == targets
    before = calibrate.reliability(calibrate.confidences(logits, 1.0), right)
    after = calibrate.reliability(calibrate.confidences(logits, temperature), right)
    return calibrate.as_json(before, after, temperature)


def choose_settings(
    dataset: Dataset,
    predict: Predict,
    *,
    plan: Mapping[str, Any],
    settings: Mapping[str, Any],
    split: str = "val",
    seed: int = 0,
) -> dict[str, Any]:
    """Choose the temperature and the confidence threshold on the validation split.

    The threshold is the one of the best F1 at IoU 0.5 among `CONFIDENCES`, of calibrated scores. Of a U-Net that
    separates touching objects, `watershed` is chosen before, also by F1.

    Returns:
        The settings with `temperature` and, of a model that gives objects, `confidence`; unchanged where the split has
        nothing to choose by.
    """
    items = dataset.of_split(split)
    if not items:
        return dict(settings)
    chosen = dict(settings)
    if plan.get("instances") == "watershed":
        watershed = _chosen_watershed(dataset, items, predict, plan)
        chosen["watershed"] = watershed.as_dict()
        predict = _cut_with(predict, plan, watershed)
    open_settings = {**settings, "temperature": 1.0, "confidence": 0.0}
    scored = score_items(dataset, items, predict, plan=plan, settings=open_settings, seed=seed)
    if scored.instance.items:
        scores, right = scored.instance.judged()
        chosen["temperature"] = calibrate.fit_scores(scores, right)
        best = best_confidence(scored.instance, chosen["temperature"])
        return chosen if best is None else {**chosen, "confidence": best}
    logits, targets = scored.pixels()
    chosen["temperature"] = calibrate.fit_pixels(logits, targets)
    return chosen


def _chosen_watershed(
    dataset: Dataset, items: Sequence[Item], predict: Predict, plan: Mapping[str, Any]
) -> Watershed:
    """The thresholds of the watershed by F1 on these items, as many of them as `MOST_PIXELS` allows."""
    indices = [one["index"] for one in plan["classes"]]

    def cases() -> Iterator[Case]:
        left = MOST_PIXELS
        for item in items:
            if left < 0:
                return
            left -= item.height * item.width
            seen = predict(dataset.picture(item))
            if seen.logits is not None and seen.distance is not None:
                logits, distance = seen.logits, seen.distance
                yield (
                    lambda settings, logits=logits, distance=distance: seen_instances(
                        logits, distance, classes=plan["classes"], settings=settings
                    ),
                    (item, dataset.objects(item)),
                )

    def count(found: Sequence[Detection], truth: tuple[Item, list[DataObject]]) -> Counted:
        item, objects = truth
        return right_wrong_missed(found, objects, indices=indices, size=(item.height, item.width))

    return choose_watershed(cases(), count)


def _cut_with(predict: Predict, plan: Mapping[str, Any], watershed: Watershed) -> Predict:
    """A predict function whose objects are cut with these thresholds, whatever it cut them with itself."""

    def cut(picture: Picture) -> Seen:
        seen = predict(picture)
        if seen.logits is None or seen.distance is None:
            return seen
        found = seen_instances(seen.logits, seen.distance, classes=plan["classes"], settings=watershed)
        return replace(seen, objects=detections_of(found))

    return cut


def best_confidence(scores: InstanceScores, temperature: float) -> float | None:
    """The threshold among `CONFIDENCES` with the best F1 at IoU 0.5; None where nothing was found at all.

    Of equal ones the middle: it lies farthest from what would be worse.
    """
    values = np.array([scores.f1_at(one, temperature) for one in CONFIDENCES])
    if not (values > 0).any():
        return None
    best = np.flatnonzero(values >= values.max() - 1e-9)
    return CONFIDENCES[int(best[len(best) // 2])]


def plain(value: Any) -> Any:
    """Make JSON of numbers and containers: NaN and infinity become null, numpy's numbers Python's."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
