"""Nuclei and COCO photographs as dataset folders, split by a hash of the file's name: the split never changes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from annotator.core.document import MaskGeometry, PolygonGeometry
from annotator.core.raster import bitmap_of, mask_from_bitmap, rasterise_crop
from ml_worker.folder import DataClass, DataObject, Dataset, FolderWriter

TEST, VAL = 3, 5  # tenths of the hashes: 0..2 are test, 3 and 4 validation, the others train
DARK, GREY = 80, 12  # fluorescence: a dark picture without colour


def split_of(name: str) -> str:
    """The split of a file: always the same."""
    tenth = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 10
    return "test" if tenth < TEST else "val" if tenth < VAL else "train"


def is_fluorescence(picture: np.ndarray) -> bool:
    """Whether a microscope picture is dark and grey, as the subset that StarDist reports."""
    picture = picture[:, :, :3]  # some have an alpha channel
    colour = picture.max(axis=2).astype(int) - picture.min(axis=2)
    return float(np.median(picture)) < DARK and float(np.percentile(colour, 99)) < GREY


def write_nuclei(data: Path, folder: Path, *, every: int, fluorescence: bool) -> Dataset:
    """Write the nuclei; every: only every n-th picture of each split. fluorescence: only dark grey pictures."""
    writer, counts = FolderWriter(folder), Counter[str]()
    for path in sorted((data / "images").glob("*.png")):
        split = split_of(path.stem)
        if fluorescence and not is_fluorescence(_read(path)):
            continue
        counts[split] += 1
        if (counts[split] - 1) % every:
            continue
        labels = _read(data / "labels" / path.name)
        writer.add(
            name=path.name,
            content=path.read_bytes(),
            extension=".png",
            size=(labels.shape[1], labels.shape[0]),
            objects=numbered_objects(labels),
            split=split,
            asset=path.stem,
        )
    return writer.close(
        name="nuclei",
        task_type="instance",
        exclusive=True,
        content_hash=f"nuclei-{every}-{fluorescence}",
        classes=[DataClass(1, "nucleus", "#3cb44b")],
    )


def _read(path: Path) -> np.ndarray:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None, path
    return np.asarray(found)


def numbered_objects(labels: np.ndarray) -> list[DataObject]:
    """One object of class 1 for each number of an instance map."""
    found = []
    for number in np.unique(labels)[1:].tolist():
        rows, columns = np.nonzero(labels == number)
        y, x = int(rows.min()), int(columns.min())
        crop = labels[y : rows.max() + 1, x : columns.max() + 1] == number
        found.append(DataObject(str(number), 1, mask_from_bitmap(crop, x, y)))
    return found


def write_photographs(data: Path, folder: Path, *, every: int, classes: int) -> Dataset:
    """Write COCO photographs with the objects of their commonest classes; all other things are background."""
    index = json.loads((data / "annotations" / "instances_train2017.json").read_text())
    common = [
        one for one, _ in Counter(one["category_id"] for one in index["annotations"]).most_common(classes)
    ]
    names = {one["id"]: one["name"] for one in index["categories"]}
    of_image: dict[int, list[dict[str, Any]]] = {}
    for one in index["annotations"]:
        of_image.setdefault(one["image_id"], []).append(one)
    writer = FolderWriter(folder)
    for image in sorted(index["images"], key=lambda one: one["id"])[::every]:
        height, width = image["height"], image["width"]
        writer.add(
            name=image["file_name"],
            content=(data / "train2017" / image["file_name"]).read_bytes(),
            extension=".jpg",
            size=(width, height),
            objects=_coco_objects(of_image.get(image["id"], ()), common, height, width),
            split=split_of(image["file_name"]),
            asset=str(image["id"]),
        )
    return writer.close(
        name="photographs",
        task_type="instance",
        exclusive=False,
        content_hash=f"photographs-{every}-{classes}",
        classes=[DataClass(at, names[one]) for at, one in enumerate(common, 1)],
    )


def _coco_objects(
    annotations: Sequence[dict[str, Any]], common: Sequence[int], height: int, width: int
) -> list[DataObject]:
    found = []
    for one in annotations:
        if one["category_id"] not in common:
            continue
        given = one["segmentation"]
        if isinstance(given, dict):
            counts = np.array(given["counts"], np.uint32)
            bitmap = bitmap_of(MaskGeometry(0, 0, width, height, counts))
            x = y = 0
        else:
            rings = tuple((np.array(ring, np.float32).reshape(-1, 2),) for ring in given if len(ring) >= 6)
            x, y, bitmap = rasterise_crop(PolygonGeometry(rings), height, width)
        if bitmap.any():
            index = common.index(one["category_id"]) + 1
            found.append(
                DataObject(str(one["id"]), index, mask_from_bitmap(bitmap, x, y), bool(one["iscrowd"]))
            )
    return found
