from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from shapely.geometry import Polygon as ShapelyPolygon

from annotator.core import raster
from annotator.core.document import (
    BoxGeometry,
    DatasetView,
    MaskGeometry,
    PointGeometry,
    PolygonGeometry,
    Split,
)
from annotator.core.errors import InvalidInput
from annotator.formats.coco import FORMAT
from tests.formats.datasets import (
    CLASSES,
    datasets,
    document,
    picture,
    polygon,
    read_back,
    ring,
    square,
    view_of,
    written,
    zipped,
)

ALL = "annotations/instances_all.json"
HOLED = polygon(square(2, 2, 30, 20), square(8, 8, 14, 14))


def content_of(view: DatasetView, **options: Any) -> dict[str, Any]:
    return json.loads(written(FORMAT, view, **options)[ALL])


def loaded(tmp_path, content: dict[str, Any]) -> COCO:
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    return COCO(str(path))


def test_polygon_is_written_with_its_own_area_and_box() -> None:
    shape = ring(1.5, 2.25, 11.5, 2.25, 1.5, 22.25)
    content = content_of(view_of([document("a.jpg", 40, 32, [(1, polygon(shape))])]))
    assert content["annotations"] == [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "iscrowd": 0,
            "segmentation": [[1.5, 2.25, 11.5, 2.25, 1.5, 22.25]],
            "area": 100.0,
            "bbox": [1.5, 2.25, 10.0, 20.0],
        }
    ]


def test_category_ids_are_the_stable_class_indices() -> None:
    content = content_of(view_of([document("a.jpg", 40, 32, [(7, polygon(square(0, 0, 5, 5)))])]))
    assert [(one["id"], one["name"]) for one in content["categories"]] == [(1, "cat"), (2, "dog"), (7, "sky")]
    assert content["annotations"][0]["category_id"] == 7
    assert content["categories"][0]["supercategory"] == "animal"


def test_images_without_annotations_stay() -> None:
    content = content_of(view_of([document("a.jpg", 40, 32, []), document("b.png", 12, 8, [])]))
    assert [one["file_name"] for one in content["images"]] == ["a.jpg", "b.png"]
    assert content["annotations"] == []


@pytest.mark.parametrize("geometry", ["auto", "polygon", "rle"])
def test_hole_becomes_run_lengths_with_the_area_of_the_real_shape(tmp_path, geometry: str) -> None:
    view = view_of([document("a.jpg", 40, 32, [(1, HOLED)])])
    coco = loaded(tmp_path, content_of(view, geometry=geometry))
    record = coco.anns[1]
    assert record["area"] == 28 * 18 - 36
    assert record["bbox"] == [2, 2, 28, 18]
    assert np.array_equal(coco.annToMask(record), raster.rasterise(HOLED, 32, 40))


def test_hole_touching_outer_ring_survives_coco_round_trip() -> None:
    touching = polygon(square(2, 2, 30, 20), square(2, 8, 14, 14))
    files = written(FORMAT, view_of([document("a.jpg", 40, 32, [(1, touching)])]))
    _, documents, problems = read_back(FORMAT, files)
    assert problems == []
    mask = raster.rasterise(documents[0].annotations[0].geometry, 32, 40)
    assert np.array_equal(mask, raster.rasterise(touching, 32, 40))
    assert not mask[10, 5]
    assert mask[5, 5]


def test_every_part_of_an_object_survives(tmp_path) -> None:
    parts = PolygonGeometry(
        ((square(0, 0, 4, 4),), (square(10, 10, 16, 14),), (ring(20, 20, 30, 20, 25, 28),))
    )
    view = view_of([document("a.jpg", 40, 32, [(2, parts)])])
    content = content_of(view)
    record = content["annotations"][0]
    assert len(record["segmentation"]) == 3
    assert record["area"] == 16 + 24 + 40
    assert record["bbox"] == [0, 0, 30, 28]
    _, documents, _ = read_back(FORMAT, written(FORMAT, view))
    back = documents[0].annotations[0].geometry
    assert isinstance(back, PolygonGeometry)
    assert [[r.tolist() for r in p] for p in back.polygons] == [
        [r.tolist() for r in p] for p in parts.polygons
    ]


def test_brush_mask_is_run_lengths_and_no_crowd(tmp_path) -> None:
    bitmap = np.zeros((32, 40), dtype=bool)
    bitmap[3:9, 4:20] = bitmap[12, 30] = True
    mask = raster.mask_from_bitmap(bitmap)
    coco = loaded(tmp_path, content_of(view_of([document("a.jpg", 40, 32, [(1, mask)])])))
    record = coco.anns[1]
    assert record["iscrowd"] == 0
    assert record["area"] == bitmap.sum()
    assert record["segmentation"]["size"] == [32, 40]
    assert np.array_equal(coco.annToMask(record), bitmap)
    assert list(record["bbox"]) == coco_mask.toBbox(coco.annToRLE(record)).tolist()


def test_mask_traced_to_polygons_has_the_same_area_and_our_pixels() -> None:
    bitmap = np.zeros((32, 40), dtype=bool)
    bitmap[3:9, 4:20] = bitmap[12:14, 30:33] = True
    view = view_of([document("a.jpg", 40, 32, [(1, raster.mask_from_bitmap(bitmap))])])
    record = content_of(view, geometry="polygon")["annotations"][0]
    assert len(record["segmentation"]) == 2
    assert record["area"] == bitmap.sum()
    _, documents, _ = read_back(FORMAT, written(FORMAT, view, geometry="polygon"))
    assert np.array_equal(raster.rasterise(documents[0].annotations[0].geometry, 32, 40), bitmap)


def test_box_is_written_as_its_corners_and_points_are_left_out() -> None:
    objects = [(1, BoxGeometry(2, 3, 10, 9)), (1, PointGeometry(ring(1, 1)))]
    content = content_of(view_of([document("a.jpg", 40, 32, objects)]))
    assert [one["segmentation"] for one in content["annotations"]] == [[[2, 3, 10, 3, 10, 9, 2, 9]]]


def test_void_is_a_category_only_when_asked_for() -> None:
    view = view_of([document("a.jpg", 40, 32, [(255, HOLED), (1, HOLED)])])
    assert [one["category_id"] for one in content_of(view)["annotations"]] == [1]
    content = content_of(view, void=True)
    assert [one["category_id"] for one in content["annotations"]] == [255, 1]
    assert content["categories"][-1]["name"] == "void"
    _, documents, problems = read_back(FORMAT, written(FORMAT, view, void=True))
    assert problems == []
    assert [one.class_index for one in documents[0].annotations] == [255, 1]


def test_files_for_each_split_share_no_annotation_id() -> None:
    objects = [(1, polygon(square(0, 0, 4, 4)))] * 2
    splits = {"a.jpg": Split.VAL, "b.jpg": Split.TRAIN, "c.jpg": Split.VAL, "d.jpg": Split.TEST}
    view = view_of([document(name, 40, 32, objects, split) for name, split in splits.items()])
    files = written(FORMAT, view, files="per_split", images=False)
    assert sorted(files) == [f"annotations/instances_{split}.json" for split in ("test", "train", "val")]
    contents = {name: json.loads(content) for name, content in files.items()}
    ids = [one["id"] for content in contents.values() for one in content["annotations"]]
    assert sorted(ids) == list(range(1, 9))
    assert [one["file_name"] for one in contents["annotations/instances_val.json"]["images"]] == [
        "a.jpg",
        "c.jpg",
    ]
    _, documents, _ = read_back(FORMAT, files)
    assert {one.name: one.split for one in documents} == splits


def test_pictures_lie_beside_the_annotations_and_carry_the_right_extension() -> None:
    files = written(FORMAT, view_of([document("deep/a.jpg", 40, 32, []), document("scan.tif", 12, 8, [])]))
    assert files["images/deep/a.jpg"] == picture(40, 32, "JPEG")
    assert files["images/scan.tif.png"] == picture(12, 8)
    names = [one["file_name"] for one in json.loads(files[ALL])["images"]]
    assert names == ["deep/a.jpg", "scan.tif.png"]


def test_same_view_gives_same_bytes() -> None:
    view = view_of(
        [document(f"{k}.jpg", 40, 32, [(1, HOLED), (2, polygon(square(0, 0, k, 9)))]) for k in range(1, 20)]
    )
    assert zipped(FORMAT, view) == zipped(FORMAT, view)
    with zipfile.ZipFile(io.BytesIO(zipped(FORMAT, view))) as archive:
        assert archive.testzip() is None


def test_attributes_and_crowds_come_back() -> None:
    one = document("a.jpg", 40, 32, [(1, raster.mask_from_bitmap(np.ones((4, 4), dtype=bool), 3, 3))])
    from dataclasses import replace

    changed = replace(one.annotations[0], is_crowd=True, attributes={"occluded": True, "age": 3, "note": "ç"})
    view = view_of(
        [replace(one, annotations=(changed,), licence="CC0", source_url="https://e.org/a", group="g1")]
    )
    _, documents, problems = read_back(FORMAT, written(FORMAT, view))
    back = documents[0].annotations[0]
    assert problems == []
    assert (back.is_crowd, back.attributes) == (True, {"occluded": True, "age": 3, "note": "ç"})
    assert (documents[0].source_url, documents[0].group) == ("https://e.org/a", "g1")


def test_unknown_options_are_all_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        written(FORMAT, view_of([]), geometry="svg", images="yes", borders=True)
    assert sorted(problem.where for problem in caught.value.problems) == [
        "options.borders",
        "options.geometry",
        "options.images",
    ]


@settings(max_examples=60, deadline=None)
@given(view=datasets())
def test_round_trip_keeps_every_object(view: DatasetView) -> None:
    classes, documents, problems = read_back(FORMAT, written(FORMAT, view, void=True))
    assert problems == []
    assert [(c.index, c.name, c.colour, c.is_thing, c.supercategory) for c in classes] == [
        (c.index, c.name, c.colour, c.is_thing, c.supercategory) for c in CLASSES
    ]
    for before, after in zip(view.images(), documents, strict=True):
        assert (before.name, before.width, before.height) == (after.name, after.width, after.height)
        assert [a.class_index for a in before.annotations] == [a.class_index for a in after.annotations]
        for a, b in zip(before.annotations, after.annotations, strict=True):
            assert np.array_equal(raster.rasterise(a.geometry, 32, 40), raster.rasterise(b.geometry, 32, 40))
            if isinstance(a.geometry, MaskGeometry):
                assert isinstance(b.geometry, MaskGeometry)
                assert a.geometry.counts.tolist() == b.geometry.counts.tolist()
            if isinstance(a.geometry, PolygonGeometry):
                assert isinstance(b.geometry, PolygonGeometry)
                assert [p[0].tolist() for p in a.geometry.polygons] == [
                    p[0].tolist() for p in b.geometry.polygons
                ]


@pytest.mark.parametrize("counts", ["list", "compressed"])
@settings(max_examples=30, deadline=None)
@given(view=datasets())
def test_pycocotools_sees_the_pixels_that_we_rasterise(
    tmp_path_factory, counts: str, view: DatasetView
) -> None:
    content = content_of(view, geometry="rle", void=True, counts=counts)
    forms = {type(record["segmentation"]["counts"]) for record in content["annotations"]}
    assert forms <= {list if counts == "list" else str}
    coco = loaded(tmp_path_factory.mktemp("coco"), content)
    for image_id, before in enumerate(view.images(), start=1):
        records = coco.loadAnns(coco.getAnnIds(imgIds=[image_id]))
        for annotation, record in zip(before.annotations, records, strict=True):
            mask = raster.rasterise(annotation.geometry, 32, 40)
            assert np.array_equal(coco.annToMask(record), mask)
            assert record["area"] == mask.sum() == coco_mask.area(coco.annToRLE(record))
            if mask.any():
                assert record["bbox"] == coco_mask.toBbox(coco.annToRLE(record)).tolist()


def test_area_of_polygons_equals_shapelys() -> None:
    random = np.random.default_rng(5)
    shapes = []
    for _ in range(50):
        angles = np.sort(random.uniform(0, 2 * np.pi, 12))
        radius = random.uniform(2, 15, 12)
        points = np.stack([20 + radius * np.cos(angles), 16 + radius * np.sin(angles)], axis=1).astype(
            np.float32
        )
        shapes.append(points)
    content = content_of(view_of([document("a.jpg", 40, 32, [(1, polygon(one)) for one in shapes])]))
    for shape, record in zip(shapes, content["annotations"], strict=True):
        assert record["area"] == pytest.approx(ShapelyPolygon(shape.astype(float)).area, abs=1e-3)


def test_pictures_that_no_annotation_names_come_in_too() -> None:
    files = written(FORMAT, view_of([document("deep/a.png", 40, 32, [])]))
    more = {
        "images/other/b.png": picture(9, 8),
        "c.png": picture(7, 6),
        "masks/a.png": picture(5, 5),
        "images/d.png": b"no",
    }
    _, documents, problems = read_back(FORMAT, files | more)
    assert [(one.name, one.width) for one in documents] == [
        ("deep/a.png", 40),
        ("c.png", 7),
        ("other/b.png", 9),
    ]
    assert [one.where for one in problems] == ["images/d.png"]
