"""Small datasets and plans to train on: coloured discs and squares that a network learns in a few steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from annotator.core.raster import mask_from_bitmap
from ml_worker.folder import DataClass, DataObject, Dataset, FolderWriter

CLASSES = (DataClass(2, "disc", "#ff0000"), DataClass(7, "square", "#00ff00"))


def picture_of(number: int, size: tuple[int, int]) -> tuple[np.ndarray, list[DataObject]]:
    """A picture with a red disc and a green square on grey noise, and its objects."""
    height, width = size
    chance = np.random.default_rng(number)
    picture = chance.integers(90, 150, (height, width, 3), dtype=np.uint8)
    objects = []
    for at, (index, colour) in enumerate(((2, (220, 40, 40)), (7, (40, 220, 40)))):
        mask = np.zeros((height, width), np.uint8)
        row, col = (int(chance.integers(8, side - 8)) for side in (height, width))
        if index == 2:
            cv2.circle(mask, (col, row), 7, 1, -1)
        else:
            mask[max(0, row - 6) : row + 6, max(0, col - 6) : col + 6] = 1
        picture[mask > 0] = colour
        top, left = (int(one.min()) for one in np.nonzero(mask))
        bottom, right = (int(one.max()) + 1 for one in np.nonzero(mask))
        crop = mask[top:bottom, left:right] > 0
        objects.append(DataObject(f"{number}-{at}", index, mask_from_bitmap(crop, left, top)))
    return picture, objects


def write_dataset(
    folder: Path,
    splits: Mapping[str, int],
    *,
    sizes: tuple[tuple[int, int], ...] = ((48, 64),),
    empty: int = 0,
) -> Dataset:
    """Write a dataset of so many pictures a split; the first `empty` ones hold no object, and sizes take turns."""
    writer = FolderWriter(folder)
    number = 0
    for split, count in splits.items():
        for _ in range(count):
            size = sizes[number % len(sizes)]
            picture, objects = picture_of(number, size)
            content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()
            writer.add(
                name=f"{number}.png", content=content, extension=".png", size=(size[1], size[0]),
                objects=[] if number < empty else objects, split=split, asset=f"asset-{number}",
            )  # fmt: skip
            number += 1
    return writer.close(
        name="shapes", task_type="semantic", exclusive=True, content_hash=f"{number:064d}", classes=CLASSES
    )


def tiny_plan(**changes: Any) -> dict[str, Any]:
    """A plan of a few small steps."""
    classes = [
        {"index": one.index, "name": one.name, "colour": one.colour, "is_thing": True, "directional": False}
        for one in CLASSES
    ]
    return {
        "architecture": "unet", "purpose": "semantic", "encoder": "efficientnet_lite0", "variant": "",
        "weights": "scratch", "classes": classes, "background": "class", "instances": "", "input_size": [32, 32],
        "scale": 1.0, "batch_size": 4, "accumulate": 1, "steps": 6, "evaluate_every": 3, "warmup": 2,
        "learning_rate": 2e-3, "optimizer": "adamw", "weight_decay": 1e-2, "schedule": "poly",
        "losses": [{"name": "cross_entropy", "weight": 1.0}, {"name": "dice", "weight": 1.0}],
        "class_weights": None, "oversample": 0.5,
        "augmentation": {
            "flip_horizontal": True, "flip_vertical": True, "rotate": 20, "zoom": [0.8, 1.25],
            "colour": 0.5, "blur": 0.5,
        },
        "anchors": None, "detections": 100, "tiling": None, "ema": 0.9, "precision": "float32", "workers": 0,
        "seed": 3, "minutes": 0.1, "device": {"kind": "cpu"}, **changes,
    }  # fmt: skip
