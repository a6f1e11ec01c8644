"""How U-Net and FCN learn: their losses on a batch, their score on whole pictures, and the strip people look at.

Owns the semantic `Recipe`. Does not own the loop (`train.py`), samples (`data.py`) or the final metrics with their
intervals (`evaluate.py`): the score here chooses the best checkpoint and draws the curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from ml_worker.data import SemanticSamples, output_table, resize_picture
from ml_worker.folder import Dataset, Item, Picture
from ml_worker.losses import VOID, total
from ml_worker.nets.build import STRIDE, class_outputs
from ml_worker.recipe import Plan, Recipe, Sample

MOST_PIXELS = (
    1 << 20
)  # of a picture that goes through the network whole; a larger one goes in windows of that many
DISTANCE_WEIGHT = (
    2.0  # of the distance channel's error beside the other losses: on its 0..1 scale it is small
)
SCORE = "mean_iou"
STRIP_SIDE = 320  # longest side of a picture in the strip


def to_device(images: Sequence[Tensor], device: torch.device) -> Tensor:
    """Stack uint8 pictures on the device as float32 0..1, channels last."""
    stacked = torch.stack([one.to(device, non_blocking=True) for one in images])
    return stacked.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)


def losses(
    net: nn.Module, samples: Sequence[Sample], plan: Plan, device: torch.device
) -> Mapping[str, Tensor]:
    """The plan's losses on a batch; see `recipe.Recipe`."""
    logits = net(to_device([one["image"] for one in samples], device))
    masks = torch.stack([one["masks"].to(device, non_blocking=True) for one in samples])
    outputs = class_outputs(plan)
    weights = plan["class_weights"]
    found = total(
        logits[:, :outputs],
        masks[:, 0].long(),
        losses=plan["losses"],
        weights=None if weights is None else torch.tensor(weights, dtype=torch.float32, device=device),
    )
    if plan["instances"] == "watershed":
        found["distance"] = DISTANCE_WEIGHT * distance_loss(logits[:, outputs], masks)
    return found


def distance_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Mean absolute error of the distance channel, outside void.

    Args:
        logits: (N, H, W), through a sigmoid the distance 0..1. masks: (N, 2, H, W) uint8, the distance times 254.
    """
    valid = (masks[:, 0] != VOID) & (masks[:, 1] != VOID)
    error = (logits.float().sigmoid() - masks[:, 1].float() / 254).abs()
    return (error * valid).sum() / valid.sum().clamp_min(1)


def predict_outputs(net: nn.Module, picture: Picture, plan: Plan, device: torch.device) -> Tensor:
    """All outputs for a whole picture at its own size.

    Args:
        picture: (H, W, 3) uint8 at full size.

    Returns:
        (C, H, W) float32 on the device: logits of the classes, then of the distance where there is one.
    """
    small = torch.from_numpy(resize_picture(picture, plan["scale"])).permute(2, 0, 1)
    height, width = small.shape[-2:]
    rows = max(1, min(height, MOST_PIXELS // max(width, 1) // STRIDE * STRIDE))
    found: list[Tensor] = []
    for top in range(
        0, height, rows
    ):  # bands with a margin on both sides: what the network sees of its surroundings
        margin = 0 if rows >= height else 4 * STRIDE
        low, high = max(0, top - margin), min(height, top + rows + margin)
        images = to_device([small[:, low:high]], device)
        pad = (-(-width // STRIDE) * STRIDE - width, -(-(high - low) // STRIDE) * STRIDE - (high - low))
        logits = net(functional.pad(images, (0, pad[0], 0, pad[1]), mode="replicate"))
        found.append(logits[0, :, top - low : min(top + rows, height) - low, :width].float())
    logits = torch.cat(found, 1)
    if logits.shape[-2:] == picture.shape[:2]:
        return logits
    return functional.interpolate(logits[None], size=picture.shape[:2], mode="bilinear", align_corners=False)[
        0
    ]


def evaluate(
    net: nn.Module, dataset: Dataset, items: Sequence[Item], plan: Plan, device: torch.device
) -> dict[str, Any]:
    """Score the network on labelled items at full size; see `recipe.Recipe`."""
    outputs = class_outputs(plan)
    table = output_table(plan)
    confusion = np.zeros((outputs, outputs), np.int64)
    surprise, pixels = 0.0, 0
    for item in items:
        logits = predict_outputs(net, dataset.picture(item), plan, device)[:outputs]
        truth = table[dataset.label_map(item)]
        target = torch.from_numpy(truth).to(device).long()
        valid = int((truth != VOID).sum())
        surprise += float(
            functional.cross_entropy(logits[None], target[None], ignore_index=VOID, reduction="sum")
        )
        pixels += valid
        confusion += confusion_of(truth, logits.argmax(0).to(torch.uint8).cpu().numpy(), outputs)
    return {**point_of(confusion, plan), "validation_loss": surprise / pixels if pixels else None}


def confusion_of(
    truth: npt.NDArray[np.uint8], predicted: npt.NDArray[np.uint8], outputs: int
) -> npt.NDArray[np.int64]:
    """(outputs, outputs): pixels by truth (rows) and prediction (columns), void left out."""
    valid = truth != VOID
    pairs = truth[valid].astype(np.int64) * outputs + predicted[valid]
    return np.bincount(pairs, minlength=outputs * outputs).reshape(outputs, outputs)


def point_of(confusion: npt.NDArray[np.int64], plan: Plan) -> dict[str, Any]:
    """An evaluate point from a confusion matrix.

    The score is the mean IoU over the classes that occur in the truth, without the background: it is large and easy,
    and would hide the classes that people care for.
    """
    hits = np.diag(confusion).astype(np.float64)
    true, predicted = confusion.sum(1), confusion.sum(0)
    first = int(plan["background"] == "class")
    iou = [float(h / (t + p - h)) if t else None for h, t, p in zip(hits, true, predicted, strict=True)]
    dice = [
        float(2 * h / (t + p))
        for h, t, p in zip(hits[first:], true[first:], predicted[first:], strict=True)
        if t
    ]
    known = [one for one in iou[first:] if one is not None]
    mean = float(np.mean(known)) if known else None
    indices = [one["index"] for one in plan["classes"]]
    return {
        "score": mean,
        "score_name": SCORE,
        "mean_iou": mean,
        "dice": float(np.mean(dice)) if dice else None,
        "pixel_accuracy": float(hits.sum() / true.sum()) if true.sum() else None,
        "classes": [{"index": index, "iou": one} for index, one in zip(indices, iou[first:], strict=True)],
        "confusion": confusion.tolist(),
    }


def strip(
    net: nn.Module, dataset: Dataset, items: Sequence[Item], plan: Plan, device: torch.device
) -> Picture:
    """Paint truth | prediction of a few items below each other; see `recipe.Recipe`."""
    rows = []
    for item in items:
        picture = dataset.picture(item)
        logits = predict_outputs(net, picture, plan, device)[: class_outputs(plan)]
        outputs = logits.argmax(0).to(torch.uint8).cpu().numpy()
        truth = output_table(plan)[dataset.label_map(item)]
        rows.append(np.concatenate([_small(paint(picture, one, plan)) for one in (truth, outputs)], axis=1))
    width = max(one.shape[1] for one in rows)
    padded = [cv2.copyMakeBorder(one, 0, 4, 0, width - one.shape[1], cv2.BORDER_CONSTANT) for one in rows]
    return np.concatenate(padded).astype(np.uint8)


def paint(picture: Picture, outputs: npt.NDArray[np.uint8], plan: Plan) -> Picture:
    """Lay the classes' colours over a picture, half transparent. The background and void stay as they are."""
    colours = np.zeros((256, 3), np.float32)
    shown = np.zeros(256, bool)
    for at, one in enumerate(plan["classes"], start=int(plan["background"] == "class")):
        text = str(one.get("colour") or "#808080").lstrip("#")
        colours[at] = [int(text[place : place + 2], 16) for place in (0, 2, 4)]
        shown[at] = True
    alpha = 0.55 * shown[outputs][..., None]
    return (picture * (1 - alpha) + colours[outputs] * alpha).astype(np.uint8)


def _small(picture: Picture) -> Picture:
    factor = min(1.0, STRIP_SIDE / max(picture.shape[:2]))
    return resize_picture(picture, factor)


RECIPE = Recipe(samples=SemanticSamples, losses=losses, evaluate=evaluate, strip=strip, score_name=SCORE)
