"""A small dataset of bright discs on dark grounds, which a click model can learn in a few steps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from annotator.core.raster import mask_from_bitmap
from ml_worker.folder import DataClass, DataObject, Dataset, FolderWriter

SIDE = 64


def disc(x: float, y: float, radius: float, side: int = SIDE) -> np.ndarray:
    rows, columns = np.ogrid[:side, :side]
    return (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 < radius**2


def as_object(id_: str, mask: np.ndarray, *, index: int = 1, is_crowd: bool = False) -> DataObject:
    rows, columns = np.nonzero(mask)
    y0, x0 = int(rows.min()), int(columns.min())
    cut = mask[y0 : rows.max() + 1, x0 : columns.max() + 1]
    return DataObject(id_, index, mask_from_bitmap(cut, x0, y0), is_crowd)


def discs_folder(folder: Path, *, images: int = 6, exclusive: bool = False) -> Dataset:
    """Two discs an image; the last third of the images is val, the one before test."""
    rng = np.random.default_rng(3)
    writer = FolderWriter(folder)
    for k in range(images):
        picture = rng.integers(10, 50, (SIDE, SIDE, 3)).astype(np.uint8)
        objects = []
        for n, left in enumerate((14, 46)):
            mask = disc(left + rng.uniform(-3, 3), rng.uniform(16, 48), rng.uniform(7, 12))
            picture[mask] = rng.integers(170, 220, 3)
            objects.append(as_object(f"{k}-{n}", mask))
        writer.add(
            name=f"{k}.png",
            content=cv2.imencode(".png", picture)[1].tobytes(),
            extension=".png",
            size=(SIDE, SIDE),
            objects=objects,
            split=("train", "test", "val")[k * 3 // images],
            asset=f"asset-{k}",
        )
    classes = [DataClass(1, "disc"), DataClass(2, "ground", is_thing=False)]
    return writer.close(
        name="discs", task_type="instance", exclusive=exclusive, content_hash="x", classes=classes
    )


def one_image(folder: Path, objects: list[DataObject], *, exclusive: bool = False) -> Dataset:
    """One black image of 64 x 64 with these objects."""
    writer = FolderWriter(folder)
    content = cv2.imencode(".png", np.zeros((SIDE, SIDE, 3), np.uint8))[1].tobytes()
    writer.add(
        name="one.png",
        content=content,
        extension=".png",
        size=(SIDE, SIDE),
        objects=objects,
        split="train",
        asset="one",
    )
    classes = [DataClass(1, "disc"), DataClass(2, "ground", is_thing=False)]
    return writer.close(
        name="one", task_type="instance", exclusive=exclusive, content_hash="x", classes=classes
    )
