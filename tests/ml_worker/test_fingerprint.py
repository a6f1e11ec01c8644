"""The fingerprint of a folder, by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.core.raster import mask_from_bitmap
from ml_worker.fingerprint import folder_fingerprint
from ml_worker.folder import DataClass, DataObject, FolderWriter
from ml_worker.plan import make_plan


def _object(name: str, index: int, box: tuple[int, int, int, int]) -> DataObject:
    x0, y0, x1, y1 = box
    return DataObject(name, index, mask_from_bitmap(np.ones((y1 - y0, x1 - x0), bool), x0, y0))


def test_fingerprint_counts_the_training_items_alone(tmp_path: Path) -> None:
    content = cv2.imencode(".png", np.zeros((10, 20, 3), np.uint8))[1].tobytes()
    writer = FolderWriter(tmp_path)
    train = [_object("a", 1, (0, 0, 4, 4)), _object("b", 1, (4, 0, 8, 4)), _object("c", 255, (0, 8, 20, 10))]
    for name, objects, split, group in [
        ("one", train, "train", "street"),
        ("two", [], "train", "street"),
        ("three", [_object("d", 2, (0, 0, 20, 10))], "val", ""),
        ("four", None, "train", ""),
    ]:
        writer.add(
            name=name,
            content=content,
            extension=".png",
            size=(20, 10),
            objects=objects,
            split=split,
            asset=name,
            group=group,
        )
    data = writer.close(
        name="x",
        task_type="instance",
        exclusive=True,
        content_hash="x",
        classes=[DataClass(1, "cell"), DataClass(2, "dust")],
    )
    found = folder_fingerprint(data)
    assert found["images"] == {"train": 2, "val": 1, "test": 0}
    assert found["groups"] == {"train": 1, "val": 1, "test": 0}
    assert found["sizes"] == [[20, 10, 3]]
    cell, dust = found["classes"]
    assert (cell["images"], cell["objects"], cell["pixels"]) == (1, 2, pytest.approx(32 / 400))
    assert cell["box_sides"] == [4.0] * 5
    assert (dust["objects"], dust["box_sides"]) == (0, [])
    assert found["objects_per_image"] == [1.0, 1.9, 2]
    assert found["touching"] == 1.0
    plan, reasons = make_plan(found, architecture="unet", device={"kind": "cpu", "cores": 2})
    assert plan["instances"] == "watershed"
    assert reasons["classes"]["code"] == "classes_without_examples"
