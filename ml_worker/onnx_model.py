"""Models that people bring: an ONNX file as the same kind of function as our networks (`networks.py`).

Owns running it, and what an arriving model becomes in a model folder. Does not own saying what is wrong with a file
(`onnx_inspect.py`), label maps (`annotator/core/label_maps.py`), nor what becomes of the result (`predictors.py`).
onnxruntime alone.

Settings of a brought model, beside the usual ones: `normalisation`, a name of `NORMALISATIONS` or `{"mean", "std"}` of
pixels 0..255, and `channels`, RGB or BGR.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from annotator.core.errors import InvalidInput, Problem
from annotator.core.label_maps import match_classes, own_export, read_label_map
from annotator.core.words import _
from ml_worker.model_folder import ONNX, ModelFolder
from ml_worker.nets.build import STRIDE
from ml_worker.networks import Detections, Floats, Pixels
from ml_worker.onnx_inspect import (
    TENSORFLOW,
    TORCHVISION,
    TYPES,
    Inspected,
    check_file,
    inspect,
    laid_out,
    open_session,
    output_named,
)

if TYPE_CHECKING:
    from torch import Tensor

SURE = 20.0  # a logit for a model that gives class numbers and says nothing of how sure it is
ABSENT = -1e4  # a logit for a class that the model doesn't know
# What pixels of 0..255 are made into: subtracted, divided by.
NORMALISATIONS: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "none": ([0, 0, 0], [1, 1, 1]),
    "unit": ([0, 0, 0], [255, 255, 255]),
    "symmetric": ([127.5, 127.5, 127.5], [127.5, 127.5, 127.5]),
    "imagenet": ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
}


class Runner:
    """Pictures in, arrays by name out."""

    def __init__(self, session: Any, found: Inspected, settings: Mapping[str, Any]) -> None:
        self._session = session
        self.found = found
        scale = settings.get("normalisation") or ("none" if "uint8" in found.dtype else "unit")
        if isinstance(scale, Mapping):
            mean, std = scale.get("mean", [0] * 3), scale.get("std", [1] * 3)
        elif scale in NORMALISATIONS:
            mean, std = NORMALISATIONS[scale]
        else:
            raise InvalidInput(
                _("normalisation: %(name)r is none of %(names)s, nor mean and std")
                % {"name": scale, "names": ", ".join(NORMALISATIONS)}
            )
        self._mean, self._std = np.array(mean, np.float32), np.array(std, np.float32)
        self._bgr = settings.get("channels") == "BGR"
        self._outputs = [one.name for one in session.get_outputs()]

    def run(self, pictures: Pixels) -> dict[str, Any]:
        """Run pictures of one size, (N, H, W, 3) uint8; of a model without a batch dimension, one."""
        shown = pictures[..., ::-1] if self._bgr else pictures
        values = (shown.astype(np.float32) - self._mean) / self._std
        given = laid_out(values.astype(TYPES[self.found.dtype]), self.found.layout)
        answer = self._session.run(None, {self.found.input: given})
        if self.found.kind == "semantic":
            return {"out": answer[0]}
        wanted = TENSORFLOW if self.found.form == "tensorflow" else TORCHVISION
        by_name = dict(zip(self._outputs, answer, strict=True))
        result = {key: by_name[output_named(self._outputs, name) or name] for key, name in wanted.items()}
        count = output_named(self._outputs, "num_detections")
        if count is not None:
            result["count"] = by_name[count]
        return result

    def fitted(self, picture: Pixels) -> Pixels:
        """A picture at the size that the model asks for, where it asks for one."""
        height, width = picture.shape[:2]
        size = self.found.size[1] or width, self.found.size[0] or height
        if size == (width, height):
            return picture
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


class OnnxSemantic:
    """A brought semantic model as a `SemanticNetwork`: its channels put into the order of the model's classes.

    Args:
        rows: for output 0 (nothing) and each class, the model's numbers that mean it; the likeliest one counts.
        channels: how many of the model's channels are classes; None: all.
        stride: pictures are grown to multiples of it by repeating their last row and column, as one of our own exports
            had them in training; 1: they are not.
    """

    def __init__(
        self, runner: Runner, rows: Sequence[Sequence[int]], channels: int | None = None, stride: int = 1
    ) -> None:
        self._runner, self._rows, self._channels, self._stride = runner, rows, channels, stride
        self.outputs = len(rows)

    def __call__(self, pictures: Sequence[Pixels]) -> tuple[Tensor, Floats | None]:
        import torch

        height, width = pictures[0].shape[:2]
        logits = torch.from_numpy(np.concatenate([self._logits(one) for one in pictures]))
        if logits.shape[2:] != (height, width):
            logits = torch.nn.functional.interpolate(
                logits, size=(height, width), mode="bilinear", align_corners=False
            )
        return logits, None

    def _logits(self, picture: Pixels) -> Floats:
        """(1, C, h, w) of our outputs."""
        height, width = picture.shape[:2]
        down, across = -height % self._stride, -width % self._stride
        if down or across:
            grown = np.pad(picture, ((0, down), (0, across), (0, 0)), mode="edge")
            return self._seen(grown)[:, :, :height, :width]
        return self._seen(picture)

    def _seen(self, picture: Pixels) -> Floats:
        value = self._runner.run(self._runner.fitted(picture)[None])["out"]
        form = self._runner.found.form
        if form == "numbers":
            numbers = value.reshape(value.shape[-2:] if value.shape[-1] != 1 else value.shape[1:3])
            planes = [SURE * np.isin(numbers, row) for row in self._rows]
            return np.stack(planes)[None].astype(np.float32)
        given = value.transpose(0, 3, 1, 2) if form == "logits_last" else value
        given = _as_logits(given[:, : self._channels].astype(np.float32))
        lowest = np.full(given[:, 0].shape, ABSENT, np.float32)
        rows = [
            np.max([given[:, at] for at in row if at < given.shape[1]], axis=0, initial=ABSENT)
            if row
            else lowest
            for row in self._rows
        ]
        return np.stack(rows, axis=1).astype(np.float32)


def _as_logits(values: Floats) -> Floats:
    """(1, C, H, W) logits of what may be probabilities already; of one channel, with a second one against it."""
    least, most = float(values.min()), float(values.max())
    if values.shape[1] == 1:
        if least >= 0 and most <= 1:  # a sigmoid's: logits of a whole picture don't all lie there
            kept = np.clip(values, 1e-6, 1 - 1e-6)
            values = np.log(kept) - np.log1p(-kept)
        return np.concatenate([np.zeros_like(values), values], axis=1)
    if least >= 0 and np.abs(values.sum(axis=1) - 1).max() < 1e-2:  # a softmax's
        return np.log(np.maximum(values, 1e-12))
    return values


class OnnxInstances:
    """A brought detector as an `InstanceNetwork`.

    Args:
        label_of: our label (class k is label k + 1) by the model's number; other numbers are left out.
    """

    def __init__(self, runner: Runner, label_of: Mapping[int, int]) -> None:
        self._runner, self._label_of = runner, label_of

    def __call__(self, pictures: Sequence[Pixels]) -> tuple[list[Detections], Floats | None]:
        return [self._one(one) for one in pictures], None

    def _one(self, picture: Pixels) -> Detections:
        fitted = self._runner.fitted(picture)
        answer = self._runner.run(fitted[None])
        batched = self._runner.found.form == "tensorflow"
        boxes, labels, scores, masks = (
            np.asarray(answer[key][0] if batched else answer[key])
            for key in ("boxes", "labels", "scores", "masks")
        )
        count = int(np.ravel(answer["count"])[0]) if "count" in answer else len(scores)
        masks = masks[:, 0] if masks.ndim == 4 else masks
        height, width = picture.shape[:2]
        if batched:
            boxes = boxes[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
        else:
            scale = np.array([width / fitted.shape[1], height / fitted.shape[0]] * 2, np.float32)
            boxes = boxes * scale
        kept = [
            at
            for at in np.argsort(-scores[:count], kind="stable").tolist()
            if int(labels[at]) in self._label_of and np.isfinite(boxes[at]).all()
        ]
        within = "picture" if masks.shape[1:] == fitted.shape[:2] and not batched else "box"
        chosen = masks[kept].astype(np.float32)
        if within == "picture" and fitted.shape != picture.shape and len(chosen):
            chosen = np.stack([cv2.resize(one, (width, height)) for one in chosen])
        return Detections(
            labels=np.array([self._label_of[int(labels[at])] for at in kept], np.int64),
            scores=scores[kept].astype(np.float32),
            boxes=boxes[kept].astype(np.float32).reshape(-1, 4),
            masks=chosen.reshape(len(kept), *chosen.shape[1:]) if kept else np.zeros((0, 1, 1), np.float32),
            within=within,
        )


def network_of(model: ModelFolder) -> OnnxSemantic | OnnxInstances:
    """Open a brought model's folder as a network.

    Its plan holds `inspected` (what `inspect` said) and `numbers` (the model's numbers by class index, as text).

    Raises:
        InvalidInput: it can't be loaded.
    """
    path = model.path / ONNX
    check_file(path)
    inspected = model.plan.get("inspected") or {}
    try:
        found = Inspected(**{**inspected, "size": tuple(inspected["size"])})
        numbers = {int(number): int(index) for number, index in model.plan["numbers"].items()}
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidInput(
            _("model.json: plan: not that of a brought model: %(problem)r") % {"problem": problem}
        ) from None
    place = {one.index: at for at, one in enumerate(model.classes, 1)}
    unknown = sorted(set(numbers.values()) - place.keys())
    if unknown:
        problem = Problem(
            "plan.numbers", _("the classes %(indices)s are not in the class map") % {"indices": unknown}
        )
        raise InvalidInput(problem.message, [problem])
    runner = Runner(open_session(path), found, model.settings)
    if found.kind == "instances":
        return OnnxInstances(runner, {number: place[index] for number, index in numbers.items()})
    channels = model.plan.get("channels")
    count = max(channels or found.outputs or 0, 2, *(number + 1 for number in numbers))
    rows: list[list[int]] = [[number for number in range(count) if number not in numbers]]
    rows += [[number for number, index in numbers.items() if index == one.index] for one in model.classes]
    return OnnxSemantic(runner, rows, channels, STRIDE if channels and found.size == (None, None) else 1)


def bring(
    model: Path, label_map: bytes, label_name: str, classes: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Look at an arriving model and its label map.

    Args:
        classes: the project's: `{"index", "name", "colour", "is_thing"}`.

    Returns:
        `{"purpose", "plan", "class_map", "unknown"}`: what `model.json` needs, and names the project doesn't know.

    Raises:
        InvalidInput: it can't be used; the message says why, and its place, `model` or `label_map`, which of the two.
    """
    with _placed("label_map"):
        labels = read_label_map(label_map, label_name)
        numbers, unknown = match_classes(labels, classes)
    with _placed("model"):
        found = inspect(model)
    scale, channels = own_export(label_map)
    outputs = channels if channels and found.outputs else found.outputs
    if outputs == 1 and len(numbers) == 1:
        numbers = {1: next(iter(numbers.values()))}  # the only channel, against nothing
    elif found.outputs and max(labels) >= found.outputs:  # also of a name that the project doesn't know
        with _placed("label_map"):
            raise InvalidInput(
                _("the label map has the number %(number)s; the model's outputs are 0 to %(last)s")
                % {"number": max(labels), "last": found.outputs - 1}
            )
    used = set(numbers.values())
    return {
        "purpose": "instance" if found.kind == "instances" else "semantic",
        "plan": {
            "architecture": "onnx",
            "background": "class",
            "scale": scale,
            "channels": channels if found.outputs else None,
            "inspected": found.as_dict(),
            "numbers": {str(number): index for number, index in numbers.items()},
        },
        "class_map": [dict(one) for one in classes if int(one["index"]) in used],
        "unknown": unknown,
    }


@contextmanager
def _placed(where: str) -> Generator[None]:
    """Say of a refusal where it belongs."""
    try:
        yield
    except InvalidInput as problem:
        raise InvalidInput(problem.detail, [Problem(where, problem.detail)]) from None


def bring_task(request: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Carry out the task `bring` of a run folder: what `bring` says of the file and label map that it names."""
    label_map = (folder / request["label_map"]).read_bytes()
    return bring(folder / request["model"], label_map, request["label_name"], request["classes"])
