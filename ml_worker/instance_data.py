"""Training samples of instance networks: what is cut, augmented and left of each object, and torchvision's targets.

Owns how the objects of an item become masks that can be augmented together, and what of them is a target afterwards.
Does not own what chance does (`augment.py`), where a sample is cut (`data.py`) nor the network's losses
(`instance_learning.py`).

Three hundred nuclei would be three hundred masks to turn and to send to the device. They travel as **layers**: maps of
numbers in which no two objects share a pixel, at most 254 objects each. Objects that don't overlap fit into one or two.
Boxes are taken from the masks after the geometry, so that a turned object has a tight box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from annotator.core.document import VOID
from ml_worker.augment import generator
from ml_worker.data import Decoded, decode_within, draw_sample, places_of, resize_picture
from ml_worker.folder import DataObject, Dataset, Item
from ml_worker.recipe import Plan, Sample

Bytes = npt.NDArray[np.uint8]

MOST_OF_LAYER = 254  # numbers 1..254; 255 is what came from outside the picture
LEAST_PIXELS = 8  # an object of fewer has no shape that a 28 x 28 mask could learn
LEAST_SHARE = 0.1  # of an object that a crop must leave: a smaller rim says nothing of what it is


@dataclass(frozen=True, slots=True, eq=False)
class DecodedObjects:
    """An item at the plan's scale, with its objects.

    Attributes:
        decoded: masks[0] is 0 background, k for class k - 1 of the plan, 255 where nothing is learned; masks[1:] are
            the layers.
        labels: (L, 255) int64, the output of each number of each layer. areas: (L, 255) int64, its pixels.
    """

    decoded: Decoded
    labels: npt.NDArray[np.int64]
    areas: npt.NDArray[np.int64]


def decode_objects(dataset: Dataset, item: Item, plan: Plan) -> DecodedObjects:
    """Read an item with its objects as training needs it.

    Raises:
        InvalidInput: its picture is missing or cannot be decoded.
    """
    picture = resize_picture(dataset.picture(item), plan["scale"])
    size = picture.shape[1], picture.shape[0]
    outputs = {one["index"]: at for at, one in enumerate(plan["classes"], 1)}
    objects = dataset.objects(item)
    layers, labels = layers_of(
        [one for one in objects if one.class_index in outputs and not one.is_crowd],
        outputs={**outputs},
        height=item.height,
        width=item.width,
    )
    shown = semantic_map(objects, outputs, height=item.height, width=item.width)
    masks = np.stack(
        [cv2.resize(one, size, interpolation=cv2.INTER_NEAREST_EXACT) for one in (shown, *layers)]
    ).astype(np.uint8)
    areas = np.stack([np.bincount(one.ravel(), minlength=256)[:255] for one in masks[1:]])
    return DecodedObjects(Decoded(picture, masks, places_of(masks[0], first=1)), labels, areas)


def semantic_map(objects: Sequence[DataObject], outputs: dict[int, int], *, height: int, width: int) -> Bytes:
    """Paint outputs: 0 background and classes that are not learned, 255 crowds and void."""
    painted = np.zeros((height, width), np.uint8)
    for one in objects:
        x0, y0, x1, y1 = one.box_xyxy
        ignored = one.class_index == VOID or (one.is_crowd and one.class_index in outputs)
        painted[y0:y1, x0:x1][one.bitmap()] = VOID if ignored else outputs.get(one.class_index, 0)
    return painted


def layers_of(
    objects: Sequence[DataObject], *, outputs: dict[int, int], height: int, width: int
) -> tuple[list[Bytes], npt.NDArray[np.int64]]:
    """Put objects into as few layers as they need, each into the first where its pixels are free.

    Returns:
        At least one layer, (height, width) uint8 numbers from 1, and (L, 255) int64 the output of each number.
    """
    layers: list[Bytes] = [np.zeros((height, width), np.uint8)]
    numbers = [0]
    labels = [np.zeros(255, np.int64)]
    for one in objects:
        x0, y0, x1, y1 = one.box_xyxy
        bitmap = one.bitmap()
        if not bitmap.any():
            continue
        at = 0
        while numbers[at] == MOST_OF_LAYER or layers[at][y0:y1, x0:x1][bitmap].any():
            at += 1
            if at == len(layers):
                layers.append(np.zeros((height, width), np.uint8))
                numbers.append(0)
                labels.append(np.zeros(255, np.int64))
        numbers[at] += 1
        layers[at][y0:y1, x0:x1][bitmap] = numbers[at]
        labels[at][numbers[at]] = outputs[one.class_index]
    return layers, np.stack(labels)


class InstanceSamples:
    """Samples of instance networks.

    `image` (3, h, w) uint8, `layers` (L, h, w) uint8, and of the n objects `place` (n, 2) int64 (layer, number),
    `boxes` (n, 4) float32 xyxy, `labels` (n,) int64; `ignore` (h, w) uint8.
    """

    def __init__(
        self, dataset: Dataset, items: Sequence[Item], plan: Plan, *, memory_bytes: int | None = None
    ) -> None:
        """Decode as many items as the memory budget holds.

        Args:
            memory_bytes: the budget; None: a share of what is free now.

        Raises:
            InvalidInput: a picture cannot be decoded.
        """
        self._dataset, self._items, self._plan = dataset, tuple(items), plan
        self._kept = decode_within(
            self._items,
            plan,
            lambda item: decode_objects(dataset, item, plan),
            layers=6,  # the picture, the map, and mostly one or two layers
            memory_bytes=memory_bytes,
        )

    def __len__(self) -> int:
        return len(self._items)

    def sample(self, epoch: int, index: int) -> Sample:
        """Cut and augment a sample of a picture; the same for the same epoch and index."""
        chance = generator(self._plan["seed"], epoch, index)
        whole = self._kept.get(index) or decode_objects(self._dataset, self._items[index], self._plan)
        image, turned, geometry = draw_sample(whole.decoded, self._plan, chance)
        return {
            "image": image,
            **targets_of(turned.numpy(), whole.labels, whole.areas * geometry.zoom**2),
        }


def targets_of(
    masks: Bytes, labels: npt.NDArray[np.int64], areas: npt.NDArray[np.floating]
) -> dict[str, Tensor]:
    """Give what is left of the objects after the geometry.

    An object of fewer than `LEAST_PIXELS`, or of less than `LEAST_SHARE` of what it would have whole, is no target; its
    pixels are ignored, since they are no background either.

    Args:
        masks: (1 + L, h, w) as in `DecodedObjects`, turned and cut.
        labels, areas: (L, 255); areas as the objects would have them whole.
    """
    layers = masks[1:].copy()
    layers[layers == VOID] = 0
    ignore = masks[0] == VOID
    places: list[tuple[int, int]] = []
    boxes: list[tuple[int, int, int, int]] = []
    for at, layer in enumerate(layers):
        counts = np.bincount(layer.ravel(), minlength=255)
        enough = (counts >= LEAST_PIXELS) & (counts >= LEAST_SHARE * areas[at])
        enough[0] = True
        ignore |= ~enough[layer]
        kept = np.flatnonzero((counts > 0) & enough)[1 if counts[0] else 0 :]
        places += [(at, int(number)) for number in kept]
        boxes += boxes_of(layer, kept)
    found = np.array(places, np.int64).reshape(-1, 2)
    return {
        "layers": torch.from_numpy(layers),
        "place": torch.from_numpy(found),
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.from_numpy(labels[found[:, 0], found[:, 1]]),
        "ignore": torch.from_numpy(ignore.astype(np.uint8)),
    }


def boxes_of(layer: Bytes, numbers: npt.NDArray[np.int64]) -> list[tuple[int, int, int, int]]:
    """The boxes of some numbers of a layer, xyxy with the far sides exclusive, at one pass over its pixels."""
    rows, columns = np.nonzero(layer)
    of = layer[rows, columns]
    low, high = np.full((2, 255), layer.size), np.full((2, 255), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], of, places)
        np.maximum.at(high[axis], of, places)
    return [(int(low[0, k]), int(low[1, k]), int(high[0, k]) + 1, int(high[1, k]) + 1) for k in numbers]


def target_of(sample: Sample, device: torch.device) -> dict[str, Tensor]:
    """Give a sample's target in torchvision's protocol, on the device, each object with a mask of its own.

    Returns:
        `boxes` (n, 4) float32 xyxy, `labels` (n,) int64, `masks` (n, h, w) uint8, `ignore` (h, w) uint8.
    """
    layers, place = (sample[name].to(device, non_blocking=True) for name in ("layers", "place"))
    masks = layers[place[:, 0]] == place[:, 1, None, None].to(torch.uint8)
    return {
        "masks": masks.to(torch.uint8),
        **{name: sample[name].to(device, non_blocking=True) for name in ("boxes", "labels", "ignore")},
    }
