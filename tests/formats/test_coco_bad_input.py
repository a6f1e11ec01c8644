"""Every bad record of a COCO file is told with where it is; the good ones go in; nothing ever raises a traceback."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.core.document import BoxGeometry
from annotator.core.errors import InvalidInput
from annotator.formats.coco import FORMAT
from tests.formats.datasets import picture, read_back

GOOD: dict[str, Any] = {
    "images": [{"id": 5, "file_name": "a.png", "width": 20, "height": 10}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {"id": 1, "image_id": 5, "category_id": 1, "iscrowd": 0, "segmentation": [[1, 1, 9, 1, 5, 8.5]]},
        {"id": 2, "image_id": 5, "category_id": 1, "segmentation": {"size": [10, 20], "counts": [0, 5, 195]}},
    ],
}


def files_of(content: Any) -> dict[str, bytes]:
    return {"annotations/instances_train.json": json.dumps(content).encode()}


def changed(path: str, value: Any) -> dict[str, Any]:
    """GOOD with one value replaced; `path` is like `annotations.0.segmentation`."""
    content = copy.deepcopy(GOOD)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target: Any = content
    for part in parents:
        target = target[part]
    target[last] = value
    return content


def test_the_good_file_has_no_problems() -> None:
    _, documents, problems = read_back(FORMAT, files_of(GOOD))
    assert problems == []
    assert len(documents[0].annotations) == 2


@pytest.mark.parametrize(
    ("path", "value", "where", "message"),
    [
        ("annotations.0.category_id", 9, "annotations[0].category_id", "no category with id 9"),
        ("annotations.0.category_id", None, "annotations[0].category_id", "no category"),
        ("annotations.0.image_id", 77, "annotations[0].image_id", "no image with id 77"),
        ("annotations.0.image_id", [], "annotations[0].image_id", "no image"),
        ("annotations.1.id", 1, "annotations[1].id", "used twice"),
        ("annotations.0.iscrowd", 2, "annotations[0].iscrowd", "0 or 1"),
        ("annotations.0", "polygon", "annotations[0]", "must be an object"),
        ("annotations.0.segmentation", "x", "annotations[0].segmentation", "list of polygons"),
        ("annotations.0.segmentation", None, "annotations[0].segmentation", "list of polygons"),
        (
            "annotations.0.segmentation",
            [1, 2, 3, 4, 5, 6],
            "annotations[0].segmentation[0]",
            "must be a list",
        ),
        ("annotations.0.segmentation", [[1, 1, 5, 1, 5]], "annotations[0].segmentation[0]", "5 numbers"),
        ("annotations.0.segmentation", [[1, 1, 5, 1]], "annotations[0].segmentation[0]", "2 points"),
        (
            "annotations.0.segmentation",
            [[1, 1, 5, 1, 5, None]],
            "annotations[0].segmentation[0]",
            "finite numbers",
        ),
        (
            "annotations.0.segmentation",
            [[1, 1, 5, 1, 5, "7"]],
            "annotations[0].segmentation[0]",
            "finite numbers",
        ),
        (
            "annotations.0.segmentation",
            [[1, 1, 5, 1, 5, 1e300]],
            "annotations[0].segmentation[0]",
            "finite numbers",
        ),
        ("annotations.0.segmentation", [[1, [1], 5]], "annotations[0].segmentation[0]", "finite numbers"),
        ("annotations.0.bbox", 3, None, ""),
        ("annotations.0.attributes", ["x"], "annotations[0].attributes", "object of words"),
        ("annotations.0.attributes", {"a": {"b": 1}}, "annotations[0].attributes", "object of words"),
        ("annotations.1.segmentation.size", [20, 10], "annotations[1].segmentation.size", "[10, 20]"),
        ("annotations.1.segmentation.size", None, "annotations[1].segmentation.size", "size None"),
        (
            "annotations.1.segmentation.counts",
            [0, 5, 190],
            "annotations[1].segmentation.counts",
            "195 pixels",
        ),
        ("annotations.1.segmentation.counts", [-5, 205], "annotations[1].segmentation.counts", "below 0"),
        (
            "annotations.1.segmentation.counts",
            [1.5, 2],
            "annotations[1].segmentation.counts",
            "whole numbers",
        ),
        ("annotations.1.segmentation.counts", "~~~", "annotations[1].segmentation.counts", "character 0"),
        ("annotations.1.segmentation.counts", "ppppp", "annotations[1].segmentation.counts", ""),
        (
            "annotations.1.segmentation.counts",
            {},
            "annotations[1].segmentation.counts",
            "must be a string or a list",
        ),
        ("annotations.1.segmentation.counts", [200], "annotations[1].segmentation", "no pixels"),
        ("images.0.width", 0, "images[0]", "no size"),
        ("images.0.width", "20", "images[0]", "no size"),
        ("images.0.height", 10**12, "images[0]", "no size"),
        ("images.0.file_name", "../../a.png", "images[0].file_name", "no file name"),
        ("images.0.file_name", 3, "images[0].file_name", "no file name"),
        ("images.0.id", None, "images[0]", "needs an id"),
        ("images.0", None, "images[0]", "needs an id"),
        ("categories.0.id", "1", "categories[0]", "integer id"),
        ("categories.0.name", "", "categories[0].name", "needs a name"),
        ("categories", {}, "categories", "must be a list"),
        ("images", 5, "images", "must be a list"),
    ],
)
def test_bad_record_is_told_with_where_it_is(path: str, value: Any, where: str | None, message: str) -> None:
    _, _, problems = read_back(FORMAT, files_of(changed(path, value)))
    if where is None:
        assert problems == []
        return
    first = problems[0]
    assert first.where == f"annotations/instances_train.json: {where}"
    assert message in first.message


def test_all_bad_records_are_told_and_the_good_ones_stay() -> None:
    content = copy.deepcopy(GOOD)
    content["annotations"] += [
        {"id": 10 + k, "image_id": 5, "category_id": 1, "segmentation": [[0, 0, 1, 1]]} for k in range(50)
    ]
    _, documents, problems = read_back(FORMAT, files_of(content))
    assert len(problems) == 50
    assert len(documents[0].annotations) == 2


def test_picture_of_another_size_than_the_file_says_is_told() -> None:
    files = files_of(GOOD) | {"images/a.png": picture(10, 20)}
    _, documents, problems = read_back(FORMAT, files)
    assert "the file says 20 x 10 pixels, the picture has 10 x 20" in problems[0].message
    assert documents == []


def test_picture_that_is_no_picture_is_told() -> None:
    _, _, problems = read_back(FORMAT, files_of(GOOD) | {"images/a.png": b"GIF89 not really"})
    assert "images/a.png is not a picture" in problems[0].message


def test_object_without_segmentation_becomes_a_box() -> None:
    content = changed("annotations.0.segmentation", [])
    content["annotations"][0]["bbox"] = [2, 3, 5, 4]
    _, documents, problems = read_back(FORMAT, files_of(content))
    assert problems == []
    assert documents[0].annotations[0].geometry == BoxGeometry(2, 3, 7, 7)


def test_ids_outside_the_class_indices_are_numbered_in_order() -> None:
    content = changed(
        "categories", [{"id": 900, "name": "x"}, {"id": 1, "name": "cat"}, {"id": 0, "name": "background"}]
    )
    classes, documents, problems = read_back(FORMAT, files_of(content))
    assert problems == []
    assert [(c.index, c.name) for c in classes] == [(1, "x"), (2, "cat")]
    assert {a.class_index for a in documents[0].annotations} == {2}


def test_more_categories_than_a_project_holds_is_an_error() -> None:
    content = changed("categories", [{"id": k, "name": f"c{k}"} for k in range(300)])
    with pytest.raises(InvalidInput, match="300 categories"):
        read_back(FORMAT, files_of(content))


def test_no_coco_file_is_an_error_that_says_so() -> None:
    with pytest.raises(InvalidInput, match="no COCO annotation file"):
        read_back(FORMAT, {"a.json": b"{}", "b.txt": b""})


@given(cut=st.integers(0, 10_000))
def test_truncated_file_is_told(cut: int) -> None:
    data = json.dumps(GOOD).encode()
    try:
        _, _, problems = read_back(FORMAT, {"a.json": data[: cut % len(data)]})
    except InvalidInput:
        return
    assert problems[0].where == "a.json"
    assert "not valid JSON" in problems[0].message


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
PATHS = [
    *(f"images.0.{key}" for key in ("id", "file_name", "width", "height", "coco_url", "group")),
    *(f"categories.0.{key}" for key in ("id", "name", "color", "supercategory", "isthing")),
    *(f"annotations.0.{key}" for key in ("id", "image_id", "category_id", "iscrowd")),
    *(f"annotations.0.{key}" for key in ("segmentation", "bbox", "attributes")),
    "annotations.0.segmentation.0",
    "annotations.0.segmentation.0.3",
    "annotations.1.segmentation.counts",
    "annotations.1.segmentation.counts.1",
    "annotations.1.segmentation.size",
    "annotations.1.segmentation.size.0",
    *("images", "categories", "annotations", "images.0", "categories.0", "annotations.0"),
]


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(PATHS), value=anything)
def test_wrong_types_anywhere_never_raise_anything_else(path: str, value: Any) -> None:
    try:
        _, documents, problems = read_back(FORMAT, files_of(changed(path, value)))
    except InvalidInput:
        return
    complete = documents and len(documents[0].annotations) == 2
    assert complete or problems or value == []
