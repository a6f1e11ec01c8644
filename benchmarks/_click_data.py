"""Dataset folders of the shared data for click models: nuclei, cars of CamVid, photographs of COCO.

Owns how files become items and which are held out. The splits are fixed and by what belongs together: a nucleus image
stands alone, CamVid is split by sequence (its standard split leaks) with blocks of ten frames as units, a photograph
stands alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.document import PolygonGeometry
from annotator.core.raster import rasterise
from ml_worker.folder import DataClass, DataObject, Dataset, FolderWriter, is_folder, read_folder

SETS = ("nuclei", "camvid_cars", "coco")
CAR = 8
CAMVID_SPLITS = {"0006R0": "train", "0016E5": "train", "0001TP": "val", "Seq05VD": "test"}
BLOCK = 10  # frames of CamVid that make a unit: neighbours are alike
LEAST_CAR = 100  # pixels; smaller parts of the label are slivers
SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}


def dataset_of(name: str, data: Path, folder: Path) -> Dataset:
    """Give a data set as a dataset folder; it is written where it is not there yet.

    Args:
        name: one of SETS. data: the shared data. folder: where dataset folders lie.
    """
    target = folder / name
    if is_folder(target):
        return read_folder(target)
    return {"nuclei": _nuclei, "camvid_cars": _camvid, "coco": _coco}[name](data, target)


def _split(name: str) -> str:
    """Give a picture's split by its name: the same on every machine."""
    place = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 16**8
    for split, share in SHARES.items():
        place -= share
        if place < 0:
            return split
    return "test"


def _nuclei(data: Path, folder: Path) -> Dataset:
    writer = FolderWriter(folder)
    for path in sorted((data / "nuclei" / "images").glob("*.png")):
        labels = _grey(data / "nuclei" / "labels" / path.name)
        _add(writer, path, labels.shape, list(_numbered(path.stem, labels)), split=_split(path.stem))
    return _closed(writer, "nuclei", [DataClass(1, "nucleus")])


def _numbered(stem: str, labels: npt.NDArray[Any]) -> Iterator[DataObject]:
    for number in np.unique(labels[labels > 0]).tolist():
        yield _object(f"{stem}-{number}", 1, labels == number)


def _camvid(data: Path, folder: Path) -> Dataset:
    writer = FolderWriter(folder)
    seen: dict[str, int] = {}
    for path in sorted(
        path for part in ("train", "val", "test") for path in (data / "camvid" / part).iterdir()
    ):
        sequence = path.stem.partition("_")[0]
        labels = _grey(path.parent.with_name(f"{path.parent.name}annot") / f"{path.stem}.png")
        count, parts = cv2.connectedComponents((labels == CAR).astype(np.uint8), connectivity=8)
        cars = [
            _object(f"{path.stem}-{k}", 1, parts == k)
            for k in range(1, count)
            if (parts == k).sum() >= LEAST_CAR
        ]
        block = seen[sequence] = seen.get(sequence, -1) + 1
        group = f"{sequence}-{block // BLOCK}"
        _add(writer, path, labels.shape, cars, split=CAMVID_SPLITS[sequence], group=group)
    return _closed(writer, "camvid cars", [DataClass(1, "car")])


def _coco(data: Path, folder: Path) -> Dataset:
    [path] = sorted((data / "coco" / "annotations").glob("*.json"))
    content = json.loads(path.read_text())
    categories = {one["id"]: k for k, one in enumerate(content["categories"], 1)}
    by_image: dict[int, list[dict[str, Any]]] = {}
    for one in content["annotations"]:
        by_image.setdefault(one["image_id"], []).append(one)
    writer = FolderWriter(folder)
    for image in content["images"]:
        shape = image["height"], image["width"]
        objects = [
            _object(str(one["id"]), categories[one["category_id"]], _polygons(one["segmentation"], shape))
            for one in by_image.get(image["id"], [])
            if not one["iscrowd"]
        ]
        file = data / "coco" / "train2017" / image["file_name"]
        found = [one for one in objects if one.mask.width]
        _add(writer, file, shape, found, split=_split(image["file_name"]))
    names = {categories[one["id"]]: one["name"] for one in content["categories"]}
    return _closed(writer, "coco", [DataClass(index, name) for index, name in names.items()])


def _polygons(segmentation: Sequence[Sequence[float]], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    rings = tuple((np.array(flat, dtype=np.float32).reshape(-1, 2),) for flat in segmentation)
    return rasterise(PolygonGeometry(rings), *shape)


def _object(id_: str, index: int, mask: npt.NDArray[np.bool_]) -> DataObject:
    return DataObject(id_, index, rle.crop(rle.encode(mask), *mask.shape))


def _grey(path: Path) -> npt.NDArray[Any]:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None, path
    return np.asarray(found)


def _add(
    writer: FolderWriter,
    path: Path,
    shape: tuple[int, ...],
    objects: list[DataObject],
    *,
    split: str,
    group: str = "",
) -> None:
    writer.add(
        name=path.name,
        content=path.read_bytes(),
        extension=path.suffix,
        size=(shape[1], shape[0]),
        objects=objects,
        split=split,
        asset=path.stem,
        group=group,
    )


def _closed(writer: FolderWriter, name: str, classes: list[DataClass]) -> Dataset:
    return writer.close(name=name, task_type="instance", exclusive=False, content_hash=name, classes=classes)
