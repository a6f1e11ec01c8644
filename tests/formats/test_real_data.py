"""Real datasets go through the codecs and come out identical, pixel for pixel and vertex for vertex."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from annotator.core import raster
from annotator.core.document import DatasetView, ImageDocument, LabelClass, Split, TaskType
from annotator.core.errors import InvalidInput, Problem
from annotator.formats import coco, masks, registry, voc
from annotator.formats.codec import ReadDataset, checked_options
from annotator.formats.tree import FolderTree, MemoryTree
from tests.formats.datasets import pixels_of

SUFFIXES = {".json", ".xml", ".png"}


def view_of(documents: list[ImageDocument], classes: Iterable[LabelClass]) -> DatasetView:
    ordered = sorted(documents, key=lambda one: one.name)
    return DatasetView(
        name="real",
        task_type=TaskType.SEMANTIC,
        classes=tuple(classes),
        created="2026-01-01",
        content_hash="0" * 64,
        image_count=len(ordered),
        images=lambda: iter(ordered),
        open_image=lambda one: io.BytesIO(),
        image_extension=lambda one: Path(one.name).suffix,
    )


def read(fmt: registry.Format, path: Path) -> tuple[ReadDataset, list[ImageDocument], list[Problem]]:
    problems: list[Problem] = []
    dataset = fmt.read(FolderTree(path), problems)
    return dataset, list(dataset.images), problems


def written(fmt: registry.Format, view: DatasetView, **options: object) -> dict[str, bytes]:
    return {member.path: b"".join(member.chunks) for member in fmt.write(view, checked_options(fmt, options))}


def test_nuclei_instance_maps_come_back_identical(shared_data: Path) -> None:
    dataset, documents, problems = read(masks.FORMAT, shared_data / "nuclei")
    assert problems == []
    assert len(documents) == 535
    assert sum(len(one.annotations) for one in documents) == 16_331
    files = written(masks.FORMAT, view_of(documents, dataset.classes), maps="instances", images=False)
    for path in (shared_data / "nuclei" / "labels").iterdir():
        assert np.array_equal(pixels_of(files[f"instances/{path.name}"]), np.asarray(Image.open(path))), (
            path.name
        )


def test_camvid_label_maps_come_back_identical(shared_data: Path) -> None:
    dataset, documents, problems = read(masks.FORMAT, shared_data / "camvid")
    assert problems == []
    assert [label.name for label in dataset.classes] == json.loads(
        (shared_data / "camvid/classes.json").read_text()
    )["names"][:11]
    counts = {split: sum(one.split == split for one in documents) for split in Split}
    assert counts == {Split.TRAIN: 367, Split.VAL: 101, Split.TEST: 233}
    options = {"values": "from_zero", "maps": "classes", "images": False}
    files = written(masks.FORMAT, view_of(documents, dataset.classes), **options)
    for folder in ("train", "val", "test"):
        for path in (shared_data / "camvid" / f"{folder}annot").iterdir():
            assert np.array_equal(
                pixels_of(files[f"masks/{folder}/{path.name}"]), np.asarray(Image.open(path))
            ), path.name


def test_coco_polygons_and_crowds_come_back_identical(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "coco" / "annotations" / "instances_train2017.json"
    before = json.loads(source.read_text())
    dataset, documents, problems = read(coco.FORMAT, shared_data / "coco")
    assert problems == []
    assert all(one.key for one in documents)
    files = written(coco.FORMAT, view_of(documents, dataset.classes), images=False)
    (tmp_path / "out.json").write_bytes(files["annotations/instances_all.json"])
    after = COCO(str(tmp_path / "out.json"))
    assert [(c["id"], c["name"], c["supercategory"]) for c in after.dataset["categories"]] == [
        (c["id"], c["name"], c["supercategory"]) for c in before["categories"]
    ]
    assert len(after.anns) == len(before["annotations"]) == 1_444
    ids = {one["file_name"]: one["id"] for one in after.dataset["images"]}
    for image in before["images"]:
        own = [one for one in before["annotations"] if one["image_id"] == image["id"]]
        for old, new in zip(
            own, after.loadAnns(after.getAnnIds(imgIds=[ids[image["file_name"]]])), strict=True
        ):
            assert (old["category_id"], old["iscrowd"]) == (new["category_id"], new["iscrowd"])
            if isinstance(old["segmentation"], list):
                assert [opened(ring) for ring in old["segmentation"]] == new["segmentation"]
            else:
                assert old["segmentation"] == new["segmentation"]


def opened(ring: list[float]) -> list[float]:
    """The ring without a last point that repeats the first: rings close by themselves."""
    return ring[:-2] if len(ring) > 6 and ring[:2] == ring[-2:] else ring


def test_coco_boxes_and_areas_are_those_of_the_shapes(shared_data: Path) -> None:
    dataset, documents, _ = read(coco.FORMAT, shared_data / "coco")
    content = json.loads(
        written(coco.FORMAT, view_of(documents, dataset.classes), images=False)[
            "annotations/instances_all.json"
        ]
    )
    for record in content["annotations"]:
        if isinstance(record["segmentation"], list):
            numbers = np.array(list(itertools.chain(*record["segmentation"]))).reshape(-1, 2)
            x, y, width, height = record["bbox"]
            assert np.allclose([x, y], numbers.min(axis=0), atol=1e-3)
            assert np.allclose([x + width, y + height], numbers.max(axis=0), atol=2e-3)


@pytest.mark.parametrize(
    ("path", "name", "images", "objects"),
    [
        ("labelme/examples/instance_segmentation/data_dataset_coco", "coco", 3, 12),
        ("datumaro/tests/assets/coco_dataset/coco_instances", "coco", 2, None),
        ("datumaro/tests/assets/coco_dataset/coco_roboflow", "coco", 2, None),
        ("datumaro/tests/assets/coco_dataset/mmdet_coco", "coco", 2, None),
        ("labelme/examples/semantic_segmentation/data_dataset_voc", "voc", 3, None),
        ("labelme/examples/instance_segmentation/data_dataset_voc", "voc", 3, None),
        ("labelme/examples/bbox_detection/data_dataset_voc", "voc", 3, None),
        ("datumaro/tests/assets/voc_dataset/voc_dataset1", "voc", 2, None),
        ("datumaro/tests/assets/voc_dataset/voc_dataset3", "voc", 1, None),
        ("datumaro/tests/assets/common_semantic_segmentation_dataset/dataset", "masks", 2, None),
    ],
)
def test_samples_of_other_tools_are_read(
    shared_data: Path, path: str, name: str, images: int, objects: int | None
) -> None:
    folder = shared_data / "formats" / path
    fmt = registry.format_of(FolderTree(folder))
    assert fmt is not None
    assert fmt.name == name
    _, documents, problems = read(fmt, folder)
    assert problems == []
    assert len(documents) == images
    assert all(one.annotations for one in documents) or objects is None
    if objects is not None:
        assert sum(len(one.annotations) for one in documents) == objects


def test_other_tools_instances_with_broken_sizes_are_told(shared_data: Path) -> None:
    folder = shared_data / "formats/labelbox/libs/labelbox/tests/data/assets/coco"
    files = {"rle.json": (folder / "rle.json").read_bytes()}
    problems: list[Problem] = []
    documents = list(coco.FORMAT.read(MemoryTree(files), problems).images)
    assert problems == []
    assert sum(len(one.annotations) for one in documents) == 231


def test_panoptic_json_is_told_not_to_be_instances(shared_data: Path) -> None:
    folder = shared_data / "formats/datumaro/tests/assets/coco_dataset/coco_panoptic"
    try:
        _, documents, problems = read(coco.FORMAT, folder)
    except InvalidInput:
        return
    assert problems
    assert not any(one.annotations for one in documents)


def test_labelme_voc_pixels_come_back_identical(shared_data: Path) -> None:
    folder = shared_data / "formats/labelme/examples/instance_segmentation/data_dataset_voc"
    dataset, documents, _ = read(voc.FORMAT, folder)
    files = written(voc.FORMAT, view_of(documents, dataset.classes), images="none")
    for path in (folder / "SegmentationClass").iterdir():
        assert np.array_equal(
            pixels_of(files[f"SegmentationClass/{path.name}"]), np.asarray(Image.open(path))
        ), path.name
        names = {label.index: label.name for label in dataset.classes}
        assert all(one.class_index in {*names, 255} for document in documents for one in document.annotations)


def test_every_sample_of_every_tool_is_read_or_refused_with_a_word(shared_data: Path) -> None:
    folders = {path.parent.parent for path in (shared_data / "formats").rglob("*") if path.suffix in SUFFIXES}
    read_count = 0
    for folder in sorted(folders):
        tree = FolderTree(folder)
        if len(tree.names()) > 40:
            continue
        for fmt in registry.FORMATS.values():
            try:
                read_count += sum(1 for _ in fmt.read(tree, []).images)
            except InvalidInput:
                continue
    assert read_count > 50


def test_label_maps_of_coco_survive_a_voc_round_trip(shared_data: Path) -> None:
    _, documents, _ = read(coco.FORMAT, shared_data / "coco")
    few = documents[:10]
    classes = tuple(LabelClass(k, f"c{k}", (k, k, k)) for k in range(1, 91))
    files = written(voc.FORMAT, view_of(few, classes), images="none")
    problems: list[Problem] = []
    back = {one.name: one for one in voc.FORMAT.read(MemoryTree(files), problems).images}
    assert problems == []
    for one in few:
        again = back[one.name.removesuffix(".jpg")]
        assert np.array_equal(
            raster.label_map(one.annotations, one.height, one.width),
            raster.label_map(again.annotations, one.height, one.width),
        )
