"""Everything that is wrong with a change set is named with its place, all at once, and nothing is saved."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest

from annotator.core import rle
from annotator.models import Annotation, Revision
from tests.api.conftest import HEIGHT, WIDTH, World, change, polygon, square
from tests.api.test_documents import document, save
from tests.api.test_problems import check

BAD_OBJECTS: list[tuple[str, dict[str, Any], str]] = [
    ("no id", {"id": None}, "put[1].id"),
    ("an id that is no UUID", {"id": "17"}, "put[1].id"),
    ("an unknown class", {"class": 9}, "put[1].class"),
    ("class 0", {"class": 0}, "put[1].class"),
    ("a class by name", {"class": "car"}, "put[1].class"),
    ("true as a class", {"class": True}, "put[1].class"),
    ("an unknown kind", {"kind": "circle"}, "put[1].kind"),
    ("a kind that is no text", {"kind": ["polygon"]}, "put[1].kind"),
    ("another kind's geometry", {"box": [0, 0, 1, 1]}, "put[1].box"),
    ("a misspelt field", {"colour": "red"}, "put[1].colour"),
    ("no polygons", {"polygons": []}, "put[1].polygons"),
    ("polygons as text", {"polygons": "square"}, "put[1].polygons"),
    ("a polygon without rings", {"polygons": [[]]}, "put[1].polygons[0]"),
    ("a ring of two points", {"polygons": [[[0, 0, 9, 9]]]}, "put[1].polygons[0][0]"),
    ("an odd number of coordinates", {"polygons": [[[0, 0, 9, 9, 4, 8, 2]]]}, "put[1].polygons[0][0]"),
    ("a hole of two points", {"polygons": [[square()[0][0], [5, 5, 6, 6]]]}, "put[1].polygons[0][1]"),
    ("text among coordinates", {"polygons": [[[0, 0, 9, "9", 4, 8]]]}, "put[1].polygons[0][0][3]"),
    ("null among coordinates", {"polygons": [[[0, 0, 9, None, 4, 8]]]}, "put[1].polygons[0][0][3]"),
    ("pairs instead of a flat list", {"polygons": [[[[0, 0], [9, 9], [4, 8]]]]}, "put[1].polygons[0][0][0]"),
    ("a number too large for float32", {"polygons": [[[0, 0, 1e39, 9, 4, 8]]]}, "put[1].polygons[0][0][2]"),
    ("a ring that crosses itself", {"polygons": [[[0, 0, 9, 9, 9, 0, 0, 9]]]}, "put[1].polygons[0][0]"),
    ("a shape outside the image", {"polygons": square(500, 500)}, "put[1].polygons"),
    ("z that is no whole number", {"z": 1.5}, "put[1].z"),
    ("z too large", {"z": 2**40}, "put[1].z"),
    ("attributes as a list", {"attributes": []}, "put[1].attributes"),
    ("an attribute that the class does not have", {"attributes": {"wet": True}}, "put[1].attributes.wet"),
    ("is_crowd as a number", {"is_crowd": 1}, "put[1].is_crowd"),
    ("a base that is no version", {"base": "1"}, "put[1].base"),
]


@pytest.mark.parametrize(
    ("fields", "where"), [row[1:] for row in BAD_OBJECTS], ids=[row[0] for row in BAD_OBJECTS]
)
def test_an_object_that_is_not_right_is_named_and_nothing_is_saved(
    world: World, fields: dict[str, Any], where: str
) -> None:
    body = check(save(world, polygon(), {**polygon(), **fields}), 400, "invalid-input")
    assert where in {item["where"] for item in body["errors"]}
    assert all(item["where"].startswith("put[1]") for item in body["errors"])
    assert not Annotation.objects.exists()
    assert document(world)["revision"] == 0


@pytest.mark.parametrize(
    ("kind", "fields", "where"),
    [
        ("box", {"box": [0, 0, 1]}, "put[0].box"),
        ("box", {"box": [9, 9, 1, 1]}, "put[0].box"),
        ("box", {}, "put[0].box"),
        ("polyline", {"points": [1, 1]}, "put[0].points"),
        ("polyline", {"points": [1, 1, 2]}, "put[0].points"),
        ("point", {"points": []}, "put[0].points"),
        ("point", {"points": [900, 900]}, "put[0].points[0]"),
        ("mask", {"rle": {"size": [HEIGHT, WIDTH]}}, "put[0].rle"),
        ("mask", {"rle": {"size": [WIDTH, HEIGHT], "counts": "0"}}, "put[0].rle.size"),
        ("mask", {"rle": {"size": [HEIGHT, WIDTH], "counts": [1, 2]}}, "put[0].rle.counts"),
        ("mask", {"rle": {"size": [HEIGHT, WIDTH], "counts": "\x01\x7f"}}, "put[0].rle.counts"),
        ("mask", {"rle": {"size": [HEIGHT, WIDTH], "counts": "1"}}, "put[0].rle.counts"),
        ("mask", {"rle": {"size": [HEIGHT, WIDTH], "counts": "PPPPPPPPPPPPPPPPPPPPPP"}}, "put[0].rle.counts"),
        ("mask", {"rle": "all of it"}, "put[0].rle"),
    ],
)
def test_other_kinds_that_are_not_right_are_named(
    world: World, kind: str, fields: dict[str, Any], where: str
) -> None:
    item = {"id": str(uuid.uuid4()), "class": 1, "kind": kind, "base": None, **fields}
    body = check(save(world, item), 400, "invalid-input")
    assert {error["where"] for error in body["errors"]} == {where}


def test_an_empty_mask_is_refused(world: World) -> None:
    empty = rle.counts_to_string(rle.encode(np.zeros((HEIGHT, WIDTH), dtype=bool)))
    item = {
        "id": str(uuid.uuid4()),
        "class": 1,
        "kind": "mask",
        "rle": {"size": [HEIGHT, WIDTH], "counts": empty},
    }
    body = check(save(world, item), 400, "invalid-input")
    assert body["errors"][0]["where"].startswith("put[0].rle")


def test_wrong_shapes_and_broken_rules_are_named_at_once(world: World) -> None:
    bad = [polygon(kind="circle"), polygon(9), polygon(), polygon(polygons=[[[0, 0, 9, 9, 9, 0, 0, 9]]]), 17]
    body = check(
        save(world, *bad, delete=[{"id": "x", "base": 1}], note=5),
        400,
        "invalid-input",  # type: ignore[arg-type]
    )
    where = {item["where"] for item in body["errors"]}
    assert where >= {"put[0].kind", "put[1].class", "put[3].polygons[0][0]", "put[4]", "delete[0].id", "note"}
    assert not any(place.startswith("put[2]") for place in where)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"base_revision": -1}, "base_revision"),
        ({"base_revision": 7}, "base_revision"),
        ({"base_revision": None}, "base_revision"),
        ({"key": ""}, "key"),
        ({"key": "k" * 65}, "key"),
        ({"key": None}, "key"),
        ({"put": {}}, "put"),
        ({"delete": 5}, "delete"),
        ({"puts": []}, "puts"),
    ],
)
def test_a_change_set_that_is_not_right_is_named(world: World, fields: dict[str, Any], where: str) -> None:
    body = check(
        world.as_("annotator").post(world.changes, {**change(polygon()), **fields}), 400, "invalid-input"
    )
    assert where in {item["where"] for item in body["errors"]}
    assert not Revision.objects.exists()


def test_one_object_twice_in_a_change_set_is_refused(world: World) -> None:
    one = polygon()
    check(save(world, one, one), 400, "invalid-input")
    save(world, one)
    check(
        save(world, {**one, "base": 1}, base=1, delete=[{"id": one["id"], "base": 1}]), 400, "invalid-input"
    )


def test_too_many_objects_are_refused_with_the_limit(world: World, settings: Any) -> None:
    settings.MAX_CHANGE_OBJECTS = 3
    body = check(save(world, *[polygon() for _ in range(4)]), 413, "too-large")
    assert "3" in body["detail"]
