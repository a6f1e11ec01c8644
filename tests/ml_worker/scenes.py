"""Small dataset folders with known objects, and models that see just what a test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from annotator.core.raster import mask_from_bitmap
from ml_worker.folder import DataClass, DataObject, Dataset, FolderWriter
from ml_worker.seen import Detection

Box = tuple[int, int, int, int]
CLASSES = (DataClass(3, "cell"), DataClass(7, "fibre"))


def box_object(name: str, index: int, box: Box, *, crowd: bool = False) -> DataObject:
    """A filled box (xyxy) as an object."""
    x0, y0, x1, y1 = box
    return DataObject(name, index, mask_from_bitmap(np.ones((y1 - y0, x1 - x0), bool), x0, y0), crowd)


def box_seen(index: int, box: Box, score: float) -> Detection:
    """A filled box (xyxy) as a detection."""
    x0, y0, x1, y1 = box
    return Detection(index, mask_from_bitmap(np.ones((y1 - y0, x1 - x0), bool), x0, y0), score)


def write_scene(
    folder: Path,
    images: Sequence[Sequence[DataObject]],
    *,
    size: tuple[int, int] = (32, 24),
    split: str = "test",
    assets: Sequence[str] = (),
    groups: Sequence[str] = (),
    classes: Sequence[DataClass] = CLASSES,
    pictures: Mapping[int, np.ndarray] | None = None,
) -> Dataset:
    """A dataset with one picture for each list of objects; without `pictures`, picture k is flat grey of value k."""
    writer = FolderWriter(folder)
    for at, objects in enumerate(images):
        picture = np.full((size[1], size[0], 3), at, np.uint8)
        if pictures and at in pictures:
            picture = pictures[at][:, :, ::-1]
        writer.add(
            name=f"{at}.png",
            content=cv2.imencode(".png", picture)[1].tobytes(),
            extension=".png",
            size=size,
            objects=objects,
            split=split,
            asset=assets[at] if assets else f"asset{at:03d}",
            group=groups[at] if groups else "",
        )
    return writer.close(
        name="scene", task_type="instance", exclusive=False, content_hash="0" * 64, classes=classes
    )


def plan_of(
    purpose: str = "instance", *, background: str = "class", classes: Sequence[DataClass] = CLASSES
) -> dict:
    """The parts of a plan that measuring reads."""
    return {
        "purpose": purpose,
        "background": background,
        "detections": 100,
        "classes": [
            {
                "index": one.index,
                "name": one.name,
                "colour": one.colour,
                "is_thing": one.is_thing,
                "directional": False,
            }
            for one in classes
        ],
    }
