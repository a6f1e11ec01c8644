from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from annotator.core import palette
from annotator.core.document import BoxGeometry, DatasetView, LabelClass, Split
from annotator.core.errors import InvalidInput
from annotator.formats.voc import FORMAT
from tests.formats.datasets import (
    CLASSES,
    datasets,
    document,
    label_map,
    picture,
    pixels_of,
    polygon,
    read_back,
    square,
    view_of,
    written,
    zipped,
)

TWO = [
    (1, polygon(square(0, 0, 10, 10))),
    (7, polygon(square(5, 5, 20, 20))),
    (255, polygon(square(30, 0, 40, 32))),
]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_maps_are_palette_pngs_with_the_voc_colour_map() -> None:
    files = written(FORMAT, view_of([document("a.jpg", 40, 32, TWO)]))
    expected = [part for colour in palette.voc_colour_map() for part in colour]
    for folder in ("SegmentationClass", "SegmentationObject"):
        image = opened(files[f"{folder}/a.png"])
        assert image.mode == "P"
        assert image.getpalette() == expected
    classes, objects = (
        pixels_of(files["SegmentationClass/a.png"]),
        pixels_of(files["SegmentationObject/a.png"]),
    )
    assert (classes[2, 2], classes[12, 12], classes[2, 35], classes[30, 2]) == (1, 3, 255, 0)
    assert (objects[2, 2], objects[12, 12], objects[2, 35], objects[30, 2]) == (1, 2, 255, 0)


def test_pixel_values_follow_the_users_class_order() -> None:
    classes = (CLASSES[2], CLASSES[0])
    files = written(FORMAT, view_of([document("a.jpg", 40, 32, TWO)], classes))
    pixels = pixels_of(files["SegmentationClass/a.png"])
    assert (pixels[2, 2], pixels[12, 12]) == (2, 1)
    lines = files["labelmap.txt"].decode().splitlines()
    assert lines[1:] == ["background:0,0,0::", "sky:128,0,0::", "cat:0,128,0::"]


def test_project_palette_keeps_the_projects_colours() -> None:
    files = written(FORMAT, view_of([document("a.jpg", 40, 32, TWO)]), palette="project")
    colours = opened(files["SegmentationClass/a.png"]).getpalette()
    assert colours is not None
    assert (colours[3:6], colours[9:12], colours[765:]) == ([255, 0, 0], [0, 0, 255], [224, 224, 192])
    assert "cat:255,0,0::" in files["labelmap.txt"].decode()


def test_border_marks_both_sides_of_every_outline_and_nothing_else() -> None:
    files = written(
        FORMAT, view_of([document("a.jpg", 40, 32, [(1, polygon(square(10, 10, 20, 20)))])]), border=True
    )
    pixels = pixels_of(files["SegmentationClass/a.png"])
    expected = np.zeros((32, 40), dtype=np.uint8)
    expected[9:21, 9:21] = 255
    expected[11:19, 11:19] = 1
    assert np.array_equal(pixels, expected)
    assert np.array_equal(pixels_of(files["SegmentationObject/a.png"]), expected)


def objects(count: int) -> list[Any]:
    return [(1, polygon(square(k % 40, k // 40, k % 40 + 1, k // 40 + 1))) for k in range(count)]


def test_254_objects_fit_and_255_are_an_error_that_names_every_image() -> None:
    files = written(FORMAT, view_of([document("a.jpg", 40, 32, objects(254))]))
    assert np.unique(pixels_of(files["SegmentationObject/a.png"])).tolist() == list(range(255))
    view = view_of(
        [
            document("a.jpg", 40, 32, objects(255)),
            document("b.jpg", 40, 32, []),
            document("c.jpg", 40, 32, objects(300)),
        ]
    )
    with pytest.raises(InvalidInput, match="side_file") as caught:
        written(FORMAT, view)
    assert [(p.where, p.message) for p in caught.value.problems] == [
        ("a.jpg", "255 objects"),
        ("c.jpg", "300 objects"),
    ]


def test_side_file_numbers_more_objects_in_16_bits_and_is_read_back() -> None:
    view = view_of([document("a.jpg", 40, 32, objects(1000)), document("b.jpg", 40, 32, objects(3))])
    files = written(FORMAT, view, many_objects="side_file")
    assert "SegmentationObject/a.png" not in files
    assert np.unique(pixels_of(files["SegmentationObject16/a.png"])).tolist() == list(range(1001))
    _, documents, problems = read_back(FORMAT, files)
    assert problems == []
    assert [len(one.annotations) for one in documents] == [1000, 3]


def test_xml_boxes_are_one_based_and_inclusive() -> None:
    view = view_of(
        [
            document(
                "deep/a.jpg", 40, 32, [(1, polygon(square(0, 0, 10, 5))), (2, BoxGeometry(39, 31, 40, 32))]
            )
        ]
    )
    root = ET.fromstring(written(FORMAT, view)["Annotations/deep/a.xml"])
    assert (root.findtext("folder"), root.findtext("filename"), root.findtext("segmented")) == (
        "deep",
        "a.jpg",
        "1",
    )
    assert [root.findtext(f"size/{side}") for side in ("width", "height", "depth")] == ["40", "32", "3"]
    boxes = [
        [element.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
        for element in root.findall("object")
    ]
    assert boxes == [["1", "1", "10", "5"], ["40", "32", "40", "32"]]
    assert [element.findtext("name") for element in root.findall("object")] == ["cat", "dog"]


def test_names_that_xml_cannot_hold_are_made_safe() -> None:
    odd = LabelClass(1, "a<b>&\x01", (1, 2, 3))
    view = view_of([document("a.jpg", 40, 32, TWO[:1])], (odd,))
    assert (
        ET.fromstring(written(FORMAT, view, palette="voc")["Annotations/a.xml"]).findtext("object/name")
        == "a<b>&\ufffd"
    )


def test_image_sets_name_every_image_once() -> None:
    splits = [Split.TRAIN, Split.VAL, Split.TEST, Split.TRAIN]
    view = view_of([document(f"d/{k}.jpg", 40, 32, [], split) for k, split in enumerate(splits)])
    files = written(FORMAT, view)
    sets = {
        name: files[f"ImageSets/Segmentation/{name}.txt"].decode().split()
        for name in ("train", "val", "test", "trainval")
    }
    assert sets == {
        "train": ["d/0", "d/3"],
        "val": ["d/1"],
        "test": ["d/2"],
        "trainval": ["d/0", "d/1", "d/3"],
    }


def test_pictures_stay_as_they_are_or_become_jpeg() -> None:
    view = view_of([document("a.png", 40, 32, []), document("b.jpg", 40, 32, [])])
    files = written(FORMAT, view)
    assert files["JPEGImages/a.png"] == picture(40, 32)
    jpeg = written(FORMAT, view, images="jpeg", devkit=True)
    assert opened(jpeg["VOCdevkit/VOC2012/JPEGImages/a.jpg"]).format == "JPEG"
    assert jpeg["VOCdevkit/VOC2012/JPEGImages/b.jpg"] == files["JPEGImages/b.jpg"]
    assert not any(name.startswith("JPEG") for name in written(FORMAT, view, images="none"))


def test_torchvision_reads_the_devkit_layout(tmp_path) -> None:
    datasets_of = pytest.importorskip("torchvision.datasets", reason="torchvision is not installed")
    for name, content in written(
        FORMAT, view_of([document("a.png", 40, 32, TWO)]), images="jpeg", devkit=True
    ).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    image, mask = datasets_of.VOCSegmentation(str(tmp_path), year="2012", image_set="train")[0]
    assert image.size == mask.size == (40, 32)
    _, boxes = datasets_of.VOCDetection(str(tmp_path), year="2012", image_set="train")[0]
    assert len(boxes["annotation"]["object"]) == 2


def test_boxes_have_the_same_image_sets_as_masks_and_none_without_boxes() -> None:
    view = view_of([document("a.png", 40, 32, TWO)])
    files = written(FORMAT, view)
    for name in ("train", "val", "trainval", "test"):
        assert files[f"ImageSets/Main/{name}.txt"] == files[f"ImageSets/Segmentation/{name}.txt"]
    assert not any("/Main/" in name for name in written(FORMAT, view, xml=False))


@settings(max_examples=60, deadline=None)
@given(view=datasets())
def test_round_trip_keeps_every_pixel(view: DatasetView) -> None:
    files = written(FORMAT, view)
    classes, documents, problems = read_back(FORMAT, files)
    assert problems == []
    assert [c.name for c in classes] == [c.name for c in CLASSES]
    places = np.zeros(256, dtype=np.uint8)
    places[[1, 2, 7, 255]] = [1, 2, 3, 255]
    for before, after in zip(view.images(), documents, strict=True):
        assert (before.name, before.split) == (after.name, after.split)
        assert np.array_equal(places[label_map(before)], label_map(after))


def test_same_view_gives_same_bytes() -> None:
    view = view_of([document(f"{k}.png", 40, 32, TWO) for k in range(5)])
    assert zipped(FORMAT, view, border=True) == zipped(FORMAT, view, border=True)


def xml(body: str) -> bytes:
    return f"<annotation><size><width>20</width><height>10</height></size>{body}</annotation>".encode()


def boxed(name: str, *box: object) -> str:
    sides = "".join(f"<{k}>{v}</{k}>" for k, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    return f"<object><name>{name}</name><bndbox>{sides}</bndbox></object>"


def test_boxes_without_maps_come_in_as_boxes() -> None:
    classes, documents, problems = read_back(
        FORMAT, {"Annotations/a.xml": xml(boxed("dog", 1, 2, 5, 6) + boxed("rover", 20, 10, 20, 10))}
    )
    assert problems == []
    named = {c.index: c.name for c in classes}
    assert [(named[a.class_index], a.geometry) for a in documents[0].annotations] == [
        ("dog", BoxGeometry(0, 1, 5, 6)),
        ("rover", BoxGeometry(19, 9, 20, 10)),
    ]


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        (b"<annotation>", "", "not a readable XML"),
        (b"", "", "not a readable XML"),
        (b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><annotation>&a;</annotation>", "", "entities are not allowed"),
        (b"<other/>", "", "the root is <other>"),
        (xml(boxed("", 1, 1, 2, 2)), ": object[0]", "no name"),
        (xml(boxed("dog", 1, 1, 2, 2) + boxed("dog", 9, 1, 2, 2)), ": object[1]", "ends before it begins"),
        (xml(boxed("dog", "one", 1, 2, 2)), ": object[0]", "must be a number"),
        (xml(boxed("dog", "nan", 1, 2, 2)), ": object[0]", "must be finite"),
        (xml("<object><name>dog</name></object>"), ": object[0]", "must be a number"),
        (
            b"<annotation><size><width>x</width><height>1</height></size></annotation>",
            ": size",
            "must be a number",
        ),
        (b"<annotation><size><width>-5</width><height>1</height></size></annotation>", ": size", "no size"),
    ],
)
def test_bad_xml_is_told(content: bytes, where: str, message: str) -> None:
    files = {"Annotations/a.xml": content, "JPEGImages/a.png": picture(20, 10)}
    _, documents, problems = read_back(FORMAT, files)
    assert problems[0].where == f"Annotations/a.xml{where}"
    assert message in problems[0].message
    assert len(documents) == 1


def test_picture_of_another_size_than_the_xml_says_is_told() -> None:
    files = {"Annotations/a.xml": xml(boxed("dog", 1, 1, 2, 2)), "JPEGImages/a.png": picture(10, 20)}
    _, documents, problems = read_back(FORMAT, files)
    assert problems[0].message == "says 20 x 10 pixels, the picture has 10 x 20"
    assert documents[0].annotations == ()


def test_nothing_of_voc_is_an_error_that_says_so() -> None:
    with pytest.raises(InvalidInput, match="no VOC dataset"):
        read_back(FORMAT, {"a.txt": b""})


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(
        ["Annotations/a.xml", "SegmentationClass/a.png", "labelmap.txt", "SegmentationObject/a.png"]
    ),
    cut=st.integers(0, 5000),
    flip=st.integers(0, 5000),
    bits=st.integers(0, 255),
)
def test_damaged_files_never_raise_anything_else(name: str, cut: int, flip: int, bits: int) -> None:
    files = dict(DAMAGEABLE)
    data = bytearray(files[name])
    data[flip % len(data)] ^= bits
    files[name] = bytes(data[: len(data) - cut % len(data)] if cut % 2 else data)
    with contextlib.suppress(InvalidInput):
        read_back(FORMAT, files)


def test_crowds_are_difficult() -> None:
    one = document("a.jpg", 40, 32, TWO[:1])
    view = view_of([replace(one, annotations=(replace(one.annotations[0], is_crowd=True),))])
    assert ET.fromstring(written(FORMAT, view)["Annotations/a.xml"]).findtext("object/difficult") == "1"


DAMAGEABLE = written(FORMAT, view_of([document("a.png", 40, 32, TWO)]))
