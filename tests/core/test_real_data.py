"""Real masks: traced, rasterised, run-length encoded, and the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from annotator.core import raster, rle
from annotator.core.document import PolygonGeometry
from tests.golden.drawing import Mask


def assert_comes_back(mask: Mask) -> None:
    geometry = raster.mask_from_bitmap(mask)
    crop = raster.bitmap_of(geometry)
    polygons = raster.trace(crop)
    assert (raster.rasterise(PolygonGeometry(polygons), *crop.shape) == crop).all()
    whole = rle.expand(geometry, *mask.shape)
    theirs: Any = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    assert rle.counts_to_string(whole) == theirs["counts"].decode()
    assert (raster.rasterise(geometry, *mask.shape) == mask).all()


def test_every_nucleus_comes_back_from_tracing_pixel_for_pixel(shared_data: Path) -> None:
    nuclei = 0
    for path in sorted((shared_data / "nuclei" / "labels").glob("*.png"))[::9]:
        labels = np.array(Image.open(path))
        for number in np.unique(labels)[1:]:
            assert_comes_back(labels == number)
            nuclei += 1
    assert nuclei > 1000


def test_every_class_of_street_scenes_comes_back_from_tracing_pixel_for_pixel(shared_data: Path) -> None:
    regions = 0
    for path in sorted((shared_data / "camvid" / "valannot").glob("*.png"))[::4]:
        labels = np.array(Image.open(path))
        for index in np.unique(labels):
            assert_comes_back(labels == index)
            regions += 1
    assert regions > 100


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools and numpy 2
def test_coco_polygons_cover_what_pycocotools_covers_but_for_the_border(shared_data: Path) -> None:
    """COCO's own rasteriser scales by 5 and rounds, so it may differ from pixel centres along the outline only."""
    [path] = sorted((shared_data / "coco" / "annotations").glob("*.json"))[:1]
    content = json.loads(path.read_text())
    images = {image["id"]: image for image in content["images"]}
    checked = 0
    for annotation in content["annotations"]:
        if annotation["iscrowd"] or annotation["area"] < 400:
            continue
        height, width = images[annotation["image_id"]]["height"], images[annotation["image_id"]]["width"]
        parts = [np.array(flat, dtype=np.float32).reshape(-1, 2) for flat in annotation["segmentation"]]
        ours = raster.rasterise(PolygonGeometry(tuple((part,) for part in parts)), height, width)
        theirs = coco.decode(coco.merge(coco.frPyObjects(annotation["segmentation"], height, width))) > 0
        outline = sum(float(np.hypot(*(np.roll(part, -1, axis=0) - part).T).sum()) for part in parts)
        assert (ours != theirs).sum() <= 0.75 * outline + 4
        checked += 1
    if not checked:
        pytest.fail("no polygon was compared")
