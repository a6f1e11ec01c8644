"""What a plan is made from, read from a dataset folder: sizes, shares of the classes, boxes, counts.

Owns the fingerprint of a folder, for machines that have nothing else. The product reads the same figures from its
database without opening a picture (`annotator/selectors/fingerprint.py`).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from annotator.core.document import VOID
from ml_worker.folder import DataObject, Dataset

SIDES, RATIOS, COUNTS = (0.05, 0.25, 0.5, 0.75, 0.95), (0.05, 0.5, 0.95), (0.5, 0.95)


def folder_fingerprint(dataset: Dataset) -> dict[str, Any]:
    """Read the fingerprint of a dataset folder: `docs/learning_formats.md` says what is in it.

    Objects, shares and boxes are those of the training items alone. Costs one look at every item's objects; no picture
    is opened.
    """
    splits = {split: dataset.of_split(split) for split in ("train", "val", "test")}
    labelled = [item for items in splits.values() for item in items]
    train = splits["train"]
    per_item = [[one for one in dataset.objects(item) if one.class_index != VOID] for item in train]
    area = sum(item.width * item.height for item in train) or 1
    objects = [one for found in per_item for one in found]
    counts = [len(found) for found in per_item]
    return {
        "task_type": dataset.task_type,
        "exclusive": dataset.exclusive,
        "images": {split: len(items) for split, items in splits.items()},
        "groups": {split: len({item.unit for item in items}) for split, items in splits.items()},
        "sizes": [[w, h, n] for (w, h), n in Counter((i.width, i.height) for i in labelled).most_common()],
        "channels": 3,
        "classes": [
            {
                "index": one.index,
                "name": one.name,
                "colour": one.colour,
                "is_thing": one.is_thing,
                **_of_class([found for found in objects if found.class_index == one.index], area),
                "images": sum(any(found.class_index == one.index for found in item) for item in per_item),
            }
            for one in dataset.classes
        ],
        "objects_per_image": [*_quantiles(counts, COUNTS), max(counts, default=0)],
        "covered": min(1.0, sum(_pixels(one) for one in objects) / area),
        "touching": _touching(per_item),
    }


def _of_class(objects: list[DataObject], area: int) -> dict[str, Any]:
    solid = [one for one in objects if one.mask.width and one.mask.height]
    sides = [float(np.sqrt(one.mask.width * one.mask.height)) for one in solid]
    ratios = [one.mask.height / one.mask.width for one in solid]
    return {
        "objects": len(objects),
        "pixels": min(1.0, sum(_pixels(one) for one in objects) / area),
        "box_sides": _quantiles(sides, SIDES),
        "box_ratios": _quantiles(ratios, RATIOS),
    }


def _pixels(one: DataObject) -> int:
    return int(one.mask.counts[1::2].sum())


def _quantiles(values: list[Any], shares: tuple[float, ...]) -> list[float]:
    """Rounded; empty where there are no values."""
    return [round(float(one), 2) for one in np.quantile(values, shares)] if values else []


def _touching(per_item: list[list[DataObject]]) -> float:
    """The share of objects whose box meets the box of another one of their class, which bounds those that touch."""
    touched = total = 0
    for found in per_item:
        total += len(found)
        if len(found) < 2:
            continue
        boxes = np.array([one.box_xyxy for one in found])
        kinds = np.array([one.class_index for one in found])
        meets = (kinds[:, None] == kinds) & ~np.eye(len(found), dtype=bool)
        for low, high in ((0, 2), (1, 3)):
            meets &= (boxes[:, None, low] <= boxes[None, :, high]) & (
                boxes[None, :, low] <= boxes[:, None, high]
            )
        touched += int(meets.any(axis=1).sum())
    return round(touched / total, 4) if total else 0.0
