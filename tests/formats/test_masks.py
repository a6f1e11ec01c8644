from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from annotator.core.document import DatasetView, LabelClass, Split
from annotator.core.errors import InvalidInput
from annotator.formats.masks import FORMAT
from annotator.formats.tree import MemoryTree
from tests.formats.datasets import (
    datasets,
    document,
    instance_map,
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


def png(pixels: Any, mode: str | None = None) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(np.asarray(pixels))
    (image.convert(mode) if mode else image).save(buffer, format="PNG")
    return buffer.getvalue()


def test_masks_hold_class_indices_in_the_projects_colours() -> None:
    view = view_of([document("a.png", 40, 32, TWO)])
    files = written(FORMAT, view)
    image = Image.open(io.BytesIO(files["masks/a.png"]))
    assert image.mode == "P"
    assert np.array_equal(np.asarray(image), label_map(next(view.images())))
    palette = image.getpalette()
    assert palette is not None
    assert palette[3:6] == [255, 0, 0]
    assert palette[21:24] == [0, 0, 255]


def test_instances_number_things_only() -> None:
    files = written(FORMAT, view_of([document("a.png", 40, 32, TWO)]))
    image = Image.open(io.BytesIO(files["instances/a.png"]))
    assert image.mode == "I;16"
    pixels = np.asarray(image)
    assert pixels[2, 2] == 1
    assert pixels[12, 12] == pixels[2, 35] == 0  # sky is stuff, the border is void


def test_more_than_255_instances_do_not_wrap() -> None:
    objects = [(1, polygon(square(k % 40, k // 40, k % 40 + 1, k // 40 + 1))) for k in range(1000)]
    pixels = pixels_of(written(FORMAT, view_of([document("a.png", 40, 32, objects)]))["instances/a.png"])
    assert np.unique(pixels).tolist() == list(range(1001))


def test_values_from_zero_follow_the_class_order_with_void_after_them() -> None:
    files = written(FORMAT, view_of([document("a.png", 40, 32, TWO)]), values="from_zero")
    pixels = pixels_of(files["masks/a.png"])
    assert (pixels[2, 2], pixels[12, 12], pixels[2, 35], pixels[30, 2]) == (0, 2, 3, 3)
    listed = json.loads(files["classes.json"])
    assert listed["names"] == ["cat", "dog", "sky", "void"]
    assert listed["ignore_index"] == 3


@settings(max_examples=60, deadline=None)
@given(view=datasets())
def test_round_trip_keeps_every_pixel_class_and_split(view: DatasetView) -> None:
    files = written(FORMAT, view)
    classes, documents, problems = read_back(FORMAT, files)
    assert problems == []
    assert classes == tuple(view.classes)
    for before, after in zip(view.images(), documents, strict=True):
        assert (before.name, before.split) == (after.name, after.split)
        assert np.array_equal(label_map(before), label_map(after))
    assert {k: v for k, v in written(FORMAT, view_of(documents)).items() if k.startswith("masks")} == {
        k: v for k, v in files.items() if k.startswith("masks")
    }


def test_same_view_gives_same_bytes() -> None:
    view = view_of([document(f"{k}.png", 40, 32, TWO) for k in range(5)])
    assert zipped(FORMAT, view) == zipped(FORMAT, view)


def test_instance_maps_without_classes_make_one_object_for_each_number() -> None:
    numbers = np.zeros((10, 20), dtype=np.uint16)
    numbers[1:4, 1:4], numbers[1:4, 4:8], numbers[8, 3], numbers[8, 15] = 1, 2, 700, 700
    files = {"images/a.png": picture(20, 10), "labels/a.png": png(numbers)}
    classes, documents, problems = read_back(FORMAT, files)
    assert problems == []
    assert [c.name for c in classes] == ["object"]
    assert len(documents[0].annotations) == 3
    assert np.array_equal(instance_map(documents[0]), np.searchsorted([0, 1, 2, 700], numbers))


def test_black_and_white_masks_are_one_class_and_not_void() -> None:
    mask = np.zeros((10, 20), dtype=np.uint8)
    mask[2:5, 2:5] = 255
    for mode in ("L", "1"):
        files = {"images/a.jpg": picture(20, 10, "JPEG"), "masks/a.png": png(mask, mode)}
        classes, documents, problems = read_back(FORMAT, files)
        assert problems == []
        assert [c.name for c in classes] == ["object"]
        assert np.array_equal(label_map(documents[0]), mask // 255)


def test_colour_masks_are_read_by_the_class_list() -> None:
    colours = np.zeros((10, 20, 3), dtype=np.uint8)
    colours[:5] = [255, 0, 0]
    colours[5:, 10:] = [0, 0, 9]
    meta = {"label_map": {"0": "background", "1": "car"}, "segmentation_colors": [[0, 0, 0], [255, 0, 0]]}
    files = {
        "images/a.png": picture(20, 10),
        "masks/a.png": png(colours),
        "dataset_meta.json": json.dumps(meta).encode(),
    }
    classes, documents, problems = read_back(FORMAT, files)
    assert [(c.index, c.name, c.colour) for c in classes] == [(1, "car", (255, 0, 0))]
    assert [(p.where, p.message) for p in problems] == [("masks/a.png", "no class has the colour #000009")]
    seen = label_map(documents[0])
    assert (seen[0, 0], seen[9, 0], seen[9, 19]) == (1, 0, 255)


def test_list_that_begins_with_a_class_moves_up_by_one_and_back() -> None:
    pixels = np.arange(4, dtype=np.uint8).repeat(5)[None, :].repeat(10, axis=0)
    listed = {
        "names": ["sky", "road", "car", "other"],
        "ignore_index": 3,
        "palette": [[1, 1, 1], [2, 2, 2], [3, 3, 3]],
    }
    files = {
        "train/a.png": picture(20, 10),
        "trainannot/a.png": png(pixels),
        "classes.json": json.dumps(listed).encode(),
    }
    classes, documents, problems = read_back(FORMAT, files)
    assert problems == []
    assert [(c.index, c.name) for c in classes] == [(1, "sky"), (2, "road"), (3, "car")]
    assert documents[0].split == Split.TRAIN
    assert np.array_equal(label_map(documents[0]), np.where(pixels == 3, 255, pixels + 1))
    again = written(FORMAT, view_of(documents, classes), values="from_zero")
    assert np.array_equal(pixels_of(again["masks/train/a.png"]), pixels)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (b"not a png", "not a picture"),
        (png(np.random.default_rng(1).integers(0, 3, (10, 20), dtype=np.uint8))[:80], "damaged"),
        (png(np.zeros((5, 20), dtype=np.uint8)), "the mask has 20 x 5 pixels, its image 20 x 10"),
    ],
)
def test_bad_mask_is_told_and_the_image_stays(mask: bytes, message: str) -> None:
    _, documents, problems = read_back(FORMAT, {"images/a.png": picture(20, 10), "masks/a.png": mask})
    assert problems[0].where == "masks/a.png"
    assert message in problems[0].message
    assert [one.annotations for one in documents] == [()]


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"names": 3}', b'{"names": [1]}', b'{"names": ["a"], "ignore_index": 999}',
     b'{"names": ["a"], "palette": "red"}', b'{"names": ["a"], "palette": [[1]]}', b'{"names": ["a"], "classes": [{}]}',
     b'{"names": ["a"], "classes": [{"value": true, "index": 1, "name": "x", "colour": "#ffffff"}]}'],
)  # fmt: skip
def test_broken_class_list_is_told(content: bytes) -> None:
    mask = png(np.eye(10, dtype=np.uint8))
    _, documents, problems = read_back(
        FORMAT, {"images/a.png": picture(10, 10), "masks/a.png": mask, "classes.json": content}
    )
    assert problems[0].where == "classes.json"
    assert len(documents) == 1


def test_no_masks_is_an_error_that_says_so() -> None:
    with pytest.raises(InvalidInput, match="no masks found"):
        read_back(FORMAT, {"images/a.png": picture(20, 10)})
    assert not FORMAT.detect(MemoryTree({"images/a.png": b""}))


def test_images_that_share_a_stem_keep_their_own_masks() -> None:
    documents = [document("a.jpg", 40, 32, TWO[:1]), document("a.png", 40, 32, TWO[1:2])]
    _, back, problems = read_back(FORMAT, written(FORMAT, view_of(documents)))
    assert problems == []
    assert [label_map(one).max() for one in back] == [1, 7]


def test_more_classes_than_indices_is_an_error() -> None:
    listed = {"names": [f"c{k}" for k in range(255)]}
    files = {
        "images/a.png": picture(10, 10),
        "masks/a.png": png(np.eye(10, dtype=np.uint8)),
        "classes.json": json.dumps(listed).encode(),
    }
    _, _, problems = read_back(FORMAT, files)
    assert "at most 254" in problems[0].message


def test_class_order_decides_values_from_zero() -> None:
    classes = (LabelClass(3, "b", (1, 2, 3)), LabelClass(1, "a", (4, 5, 6)))
    objects = [(1, polygon(square(0, 0, 10, 10))), (3, polygon(square(10, 0, 40, 32)))]
    pixels = pixels_of(
        written(FORMAT, view_of([document("a.png", 40, 32, objects)], classes), values="from_zero")[
            "masks/a.png"
        ]
    )
    assert (pixels[0, 0], pixels[0, 39], pixels[31, 0]) == (1, 0, 2)
