"""How Mask R-CNN learns: its losses on a batch, its score on whole pictures, and the strip people look at.

Owns the `Recipe` of instance networks, and a network as a function of a picture. Does not own the loop (`train.py`),
samples (`instance_data.py`), the network (`nets/mask_rcnn.py`) or the final metrics (`evaluate.py`).
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from annotator.core import rle
from annotator.core.document import VOID
from annotator.core.raster import mask_from_bitmap
from ml_worker.data import resize_picture
from ml_worker.evaluate import score_items
from ml_worker.folder import Dataset, Item, Picture
from ml_worker.instance_data import InstanceSamples, target_of
from ml_worker.networks import Detections
from ml_worker.recipe import Plan, Recipe, Sample
from ml_worker.seen import Detection, Predict, Seen

# Samples differ in the number of their objects, not in size: the input size is that of all.
SHOWN = 0.5  # score from which on the strip shows a detection, and F1 counts it before a threshold is chosen
STRIP_SIDE = 320  # longest side of a picture in the strip
MASK = 0.5
SCORE = "ap"
TURN = 0.618034  # of the colour wheel from one object to the next: the golden ratio keeps neighbours apart


def losses(
    net: nn.Module, samples: Sequence[Sample], plan: Plan, device: torch.device
) -> Mapping[str, Tensor]:
    """The detection losses on a batch: objectness, proposals, class, box and mask; see `recipe.Recipe`."""
    images = [one["image"].to(device, non_blocking=True).to(torch.float32).div_(255) for one in samples]
    found = net(images, [target_of(one, device) for one in samples])
    return {name.removeprefix("loss_"): value for name, value in found.items()}


def network_predict(net: Any, plan: Plan, device: torch.device) -> Predict:
    """A network in evaluation mode as a function of one picture, with its own scores."""
    index_of = [one["index"] for one in plan["classes"]]

    def predict(picture: Picture) -> Seen:
        small = resize_picture(picture, plan["scale"])
        image = torch.from_numpy(small).to(device).permute(2, 0, 1).to(torch.float32).div_(255)
        with torch.no_grad():
            found = net.detect([image])[0]
        factors = np.array([picture.shape[1] / small.shape[1], picture.shape[0] / small.shape[0]], np.float32)
        detections = Detections(
            labels=found["labels"].cpu().numpy(),
            scores=found["scores"].float().cpu().numpy(),
            boxes=found["boxes"].float().cpu().numpy() * np.tile(factors, 2),
            masks=found["masks"][:, 0].float().cpu().numpy(),
        )
        return Seen(objects=_objects(detections, index_of, picture.shape[0], picture.shape[1]))

    return predict


def _objects(found: Detections, index_of: Sequence[int], height: int, width: int) -> list[Detection]:
    objects: list[Detection] = []
    for at, label in enumerate(found.labels):
        x, y, mask = found.crop(at, height, width)
        if mask.size and (mask >= MASK).any():
            geometry = mask_from_bitmap(mask >= MASK, x, y)
            objects.append(Detection(index_of[int(label) - 1], geometry, float(found.scores[at])))
    return objects


def evaluate(
    net: nn.Module, dataset: Dataset, items: Sequence[Item], plan: Plan, device: torch.device
) -> dict[str, Any]:
    """Score the network on labelled items at full size by mask AP; see `recipe.Recipe`."""
    settings = {"confidence": SHOWN, "detections": plan["detections"], "temperature": 1.0}
    scored = score_items(
        dataset,
        items,
        network_predict(net, plan, device),
        plan={**plan, "purpose": "instance"},
        settings=settings,
    ).instance
    by_class = scored.class_ap()  # (T, K)
    known = by_class[:, ~np.isnan(by_class).any(axis=0)]
    ap = float(known.mean()) if known.size else None
    return {
        "score": ap,
        "score_name": SCORE,
        "ap": ap,
        "ap50": float(known[0].mean()) if known.size else None,
        "f1_50": scored.f1_at(SHOWN, 1.0) if known.size else None,
        "classes": [
            {"index": index, "ap": None if math.isnan(value) else float(value)}
            for index, value in zip(scored.space.indices, by_class.mean(axis=0), strict=True)
        ],
    }


def strip(
    net: nn.Module, dataset: Dataset, items: Sequence[Item], plan: Plan, device: torch.device
) -> Picture:
    """Paint truth | prediction of a few items below each other, every object in a colour of its own."""
    predict = network_predict(net, plan, device)
    known = {one["index"] for one in plan["classes"]}
    rows = []
    for item in items:
        picture = dataset.picture(item)
        truth = [one for one in dataset.objects(item) if one.class_index in known and one.class_index != VOID]
        seen = [one for one in predict(picture).objects or () if one.score >= SHOWN]
        rows.append(np.concatenate([_small(paint(picture, one)) for one in (truth, seen)], axis=1))
    width = max(one.shape[1] for one in rows)
    padded = [cv2.copyMakeBorder(one, 0, 4, 0, width - one.shape[1], cv2.BORDER_CONSTANT) for one in rows]
    return np.concatenate(padded).astype(np.uint8)


def paint(picture: Picture, objects: Sequence[Any]) -> Picture:
    """Lay objects over a picture, half transparent with a firm outline, each in the next colour of the wheel."""
    painted = picture.copy()
    for at, one in enumerate(objects):
        colour = np.array(colorsys.hsv_to_rgb(at * TURN % 1, 0.75, 1.0)) * 255
        mask = one.mask
        bitmap = rle.decode(mask.counts, mask.height, mask.width).astype(np.uint8)
        inner = cv2.erode(bitmap, np.ones((3, 3), np.uint8), borderValue=0)
        window = painted[mask.y : mask.y + mask.height, mask.x : mask.x + mask.width]
        alpha = (0.45 * bitmap + 0.45 * (bitmap - inner))[..., None]
        window[:] = (window * (1 - alpha) + colour * alpha).astype(np.uint8)
    return painted


def _small(picture: Picture) -> Picture:
    return resize_picture(picture, min(1.0, STRIP_SIDE / max(picture.shape[:2])))


RECIPE = Recipe(samples=InstanceSamples, losses=losses, evaluate=evaluate, strip=strip, score_name=SCORE)
