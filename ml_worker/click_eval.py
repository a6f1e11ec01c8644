"""How many clicks the objects of held-out images take, and which of two click models needs fewer.

Owns RITM's protocol and the verdict on it. The models run as they do when the editor is served, through
`annotator.clicks`: the project's exported graph and the packaged MobileSAM, both by onnxruntime, so that what is
counted is what people get. Does not own which images are held out, nor training. Needs no torch.

Source: Sofiiuk, Petrov, Konushin 2022 (RITM): each next click lies in the middle of the largest error; NoC@q is the
mean number of clicks until the IoU is q or better, at most 20, and an object that never gets there counts 20.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.clicks.interface import Embedding, Logits, Prompt, Segmenter, pixels_of, without_specks
from annotator.clicks.registry import PACKAGED, Registry, click_net_of
from annotator.core.bootstrap import LEAST_UNITS, mean_interval
from annotator.core.errors import InvalidInput
from annotator.core.words import _
from ml_worker.click_samples import Mask, Pictures, Target, ignored_mask, targets_of, visible_mask
from ml_worker.click_simulate import Click, next_click
from ml_worker.folder import Dataset, Item

MOST = 20
LEVELS = (0.85, 0.90)
FIRST = 5  # clicks after which the IoU is known of every object
LEAST_AREA = 64  # pixels: of smaller objects an IoU of 0.9 is a question of single pixels
PROJECT, OTHER, UNCLEAR = "project", "mobile-sam", "unclear"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is looked at. objects: at most, evenly over the images. seconds: after which no further one begins."""

    objects: int = 150
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of one object.

    Attributes:
        target: which one. unit: what the bootstrap resamples.
        scores: by the model's name the IoU after each click, at least the first five.
    """

    target: Target
    unit: str
    scores: Mapping[str, Sequence[float]]


Answer = Callable[[Sequence[Click]], Mask]
"""Gives a mask for all clicks so far."""


def trace(truth: Mask, ignore: Mask, answer: Answer) -> list[float]:
    """Click at an object until it is found well enough.

    Returns:
        The IoU after each click, until the highest level is reached and the first five are known.
    """
    found = np.zeros_like(truth)
    clicks: list[Click] = []
    scores: list[float] = []
    while len(scores) < MOST and not (len(scores) >= FIRST and max(scores) >= LEVELS[-1]):
        click = next_click(truth, found, ignore)
        if click is not None:
            clicks.append(click)
            found = answer(clicks)
        scores.append(_iou(found, truth, ignore))
    return scores


def answers_of(segmenter: Segmenter, embedding: Embedding, shape: tuple[int, int]) -> Answer:
    """Give a model's answers on a picture, each with the logits of the one before, as the editor asks."""
    last: Logits | None = None

    def answer(clicks: Sequence[Click]) -> Mask:
        nonlocal last
        sides = [
            np.array([(one.x, one.y) for one in clicks if one.positive is on], np.float64).reshape(-1, 2)
            for on in (True, False)
        ]
        proposal = segmenter.predict(embedding, Prompt(sides[0], sides[1], previous=last))
        last = proposal.logits
        whole = np.zeros(shape, np.bool_)
        x, y, pixels = pixels_of(without_specks(proposal), shape[1], shape[0])
        whole[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
        return whole

    return answer


def project_segmenter(onnx: Path, settings: Mapping[str, Any]) -> Segmenter:
    """Open a project's graph as the web process does.

    Args:
        settings: `settings.click` of the model.

    Raises:
        InvalidInput: file or settings are not right.
    """
    segmenter = click_net_of(onnx, "0" * 64, settings)
    segmenter.check()
    return segmenter


def packaged_segmenter(folder: Path | None) -> Segmenter | None:
    """Open the packaged MobileSAM; None where it is not there, as on a machine that only trains."""
    if folder is None:
        return None
    [entry, *_] = Registry(packaged=folder, folder=folder / "none").entries()
    return entry.segmenter


def counted(
    dataset: Dataset,
    items: Sequence[Item],
    models: Mapping[str, Segmenter],
    *,
    limits: Limits,
    rng: np.random.Generator,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> list[Trace]:
    """Click at objects of these images with each model.

    Images come in a random order, so that what is left out when the time is over is left out evenly. All models get
    the same objects.
    """
    pictures = Pictures(dataset, items)
    by_item = _chosen(targets_of(dataset, items), limits.objects)
    began, traces = clock(), list[Trace]()
    for index in rng.permutation(sorted(by_item)).tolist():
        if traces and (clock() - began > limits.seconds or stop()):
            break
        picture, objects = pictures[index]
        shape = picture.shape[0], picture.shape[1]
        seen = {name: one.embed(picture) for name, one in models.items()}
        ignore = ignored_mask(objects, shape)
        for target in by_item[index]:
            if traces and (clock() - began > limits.seconds or stop()):
                break
            truth = visible_mask(dataset, objects, target, shape)
            scores = {
                name: trace(truth, ignore & ~truth, answers_of(one, seen[name], shape))
                for name, one in models.items()
            }
            traces.append(Trace(target, items[index].unit, scores))
    return traces


def metrics_of(
    traces: Sequence[Trace],
    dataset: Dataset,
    items: Sequence[Item],
    *,
    split: str,
    seed: int = 0,
) -> dict[str, Any]:
    """Put traces into the form of `docs/learning_formats.md`, intervals by unit included."""
    units = [one.unit for one in traces]
    names = [name for name in (PROJECT, OTHER) if traces and name in traces[0].scores]
    clicks = {
        name: {
            f"{level:.2f}": _interval([_needed(one.scores[name], level) for one in traces], units, seed)
            for level in LEVELS
        }
        for name in names
    }
    values: dict[str, Any] = {}
    for name in names:
        prefix = "" if name == PROJECT else "mobile_sam_"
        for level in LEVELS:
            values[f"{prefix}clicks_{level * 100:.0f}"] = clicks[name][f"{level:.2f}"]
        for count in range(1, FIRST + 1):
            after = [one.scores[name][count - 1] for one in traces]
            values[f"{prefix}iou_{count}_clicks"] = _interval(after, units, seed)
    few = len(set(units)) < LEAST_UNITS
    return {
        "split": split,
        "images": len({one.target.item for one in traces}),
        "units": len(set(units)),
        "objects": len(traces),
        "enough": not few,
        "note": "few_test_images" if few else "",
        "primary": "clicks_85",
        "values": values,
        "classes": _by_class(traces, dataset) if PROJECT in names else [],
        "paired": "image_iou_3_clicks",
        "per_image": _by_image(traces, items) if PROJECT in names else [],
        "clicks": clicks,
        "better": verdict(traces, seed=seed),
    }


def verdict(traces: Sequence[Trace], *, seed: int = 0) -> str:
    """Say which model needs fewer clicks to an IoU of 0.85 on the same objects.

    Returns:
        `project` or `mobile-sam` where the interval of the mean difference lies on one side of 0, else `unclear`; with
        few units, and where MobileSAM could not be run, always `unclear`.
    """
    if not traces or PROJECT not in traces[0].scores or OTHER not in traces[0].scores:
        return UNCLEAR
    units = [one.unit for one in traces]
    if len(set(units)) < LEAST_UNITS:
        return UNCLEAR
    more = [_needed(one.scores[PROJECT], LEVELS[0]) - _needed(one.scores[OTHER], LEVELS[0]) for one in traces]
    found = _interval(more, units, seed)
    if found["high"] < 0:
        return PROJECT
    return OTHER if found["low"] > 0 else UNCLEAR


def _interval(values: Sequence[float], units: Sequence[str], seed: int) -> dict[str, float]:
    value, low, high = mean_interval(np.array(values, np.float64), units, seed=seed)
    return {"value": value, "low": low, "high": high}


def evaluate_clicks(
    dataset: Dataset,
    *,
    split: str,
    onnx: Path,
    settings: Mapping[str, Any],
    packaged: Path | None,
    limits: Limits,
    seed: int,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Count the clicks that a project's model and MobileSAM need on a split's images.

    Args:
        split: test or val; the images of train are never looked at.
        onnx, settings: the exported graph and `settings.click`. packaged: MobileSAM's folder, None where it is not.
        stop: whether to end early, with what there is.

    Returns:
        Metrics, see `docs/learning_formats.md`; without figures where the split holds no object that can be clicked.

    Raises:
        InvalidInput: the split is train, or the graph cannot be opened.
    """
    if split == "train":
        raise InvalidInput(
            _("split: clicks are counted on test or val images, never on those that were learned from")
        )
    items = dataset.of_split(split)
    models: dict[str, Segmenter] = {PROJECT: project_segmenter(onnx, settings)}
    other = packaged_segmenter(packaged)
    if other is not None:
        models[str(PACKAGED["name"])] = other
    rng = np.random.default_rng(seed)
    traces = counted(dataset, items, models, limits=limits, rng=rng, stop=stop)
    return metrics_of(traces, dataset, items, split=split, seed=seed)


def held_out(dataset: Dataset) -> str:
    """The split that clicks are counted on: test, or val where no labelled image is a test image."""
    return "test" if dataset.of_split("test") else "val"


def _chosen(targets: Sequence[Target], most: int) -> dict[int, list[Target]]:
    """Take every n-th object that is large enough, by image."""
    large = [one for one in targets if one.area >= LEAST_AREA]
    places = np.unique(np.linspace(0, len(large) - 1, min(most, len(large))).round().astype(int))
    found: dict[int, list[Target]] = {}
    for place in places.tolist() if large else []:
        found.setdefault(large[place].item, []).append(large[place])
    return found


def _iou(found: Mask, truth: Mask, ignore: Mask) -> float:
    found = found & ~ignore
    return float((found & truth).sum() / max(1, (found | truth).sum()))


def _needed(scores: Sequence[float], level: float) -> int:
    return next((k + 1 for k, score in enumerate(scores) if score >= level), MOST)


def _by_class(traces: Sequence[Trace], dataset: Dataset) -> list[dict[str, Any]]:
    found = []
    for one in dataset.classes:
        own = [each for each in traces if each.target.class_index == one.index]
        if own:
            needed = [_needed(each.scores[PROJECT], LEVELS[0]) for each in own]
            third = [each.scores[PROJECT][2] for each in own]
            figures = {"iou": float(np.mean(third)), "clicks_85": float(np.mean(needed))}
            images = len({each.target.item for each in own})
            found.append(
                {"index": one.index, "name": one.name, "images": images, "objects": len(own), **figures}
            )
    return found


def _by_image(traces: Sequence[Trace], items: Sequence[Item]) -> list[dict[str, Any]]:
    """The mean IoU after three clicks of each image's objects, the worst first; higher is better."""
    scores: dict[tuple[str, str], list[float]] = {}
    for one in traces:
        scores.setdefault((items[one.target.item].asset, one.unit), []).append(one.scores[PROJECT][2])
    means = sorted((float(np.mean(values)), image, unit) for (image, unit), values in scores.items())
    return [{"image": image, "score": score, "unit": unit} for score, image, unit in means]


Curve = npt.NDArray[np.float64]


def mean_curve(traces: Sequence[Sequence[float]]) -> Curve:
    """Mean best IoU after 1 to 20 clicks; an object that was found keeps its last IoU."""
    padded = [list(one) + [one[-1]] * (MOST - len(one)) for one in traces]
    return np.maximum.accumulate(np.array(padded, np.float64), axis=1).mean(axis=0)
