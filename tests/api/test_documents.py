"""Objects over HTTP: what is sent comes back, conflicts, replays, and everything that is refused with its place."""

from __future__ import annotations

import uuid
from typing import Any

import msgpack
import numpy as np

from annotator.core import rle
from annotator.models import ImageAsset, Revision
from tests.api.conftest import HEIGHT, WIDTH, World, change, polygon, square
from tests.api.test_problems import check


def mask_rle() -> tuple[np.ndarray, dict[str, Any]]:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[5:20, 7:9] = mask[8:10, 7:30] = True
    return mask, {"size": [HEIGHT, WIDTH], "counts": rle.counts_to_string(rle.encode(mask))}


def every_kind() -> list[dict[str, Any]]:
    """One object of each kind, with a polygon of two parts and a hole."""

    def new(kind: str, **fields: Any) -> dict[str, Any]:
        body = {
            "id": str(uuid.uuid4()),
            "class": 1,
            "kind": kind,
            "z": 2,
            "attributes": {},
            "is_crowd": False,
        }
        return {**body, "base": None, **fields}

    hole = [6.5, 6.25, 6.5, 10, 10, 10, 10, 6.25]
    return [
        new("polygon", polygons=[[square()[0][0], hole], square(30.1, 20.3, 5)[0]], is_crowd=True),
        new("mask", rle=mask_rle()[1], **{"class": 2}),
        new("box", box=[1.5, 2.5, 20, 30]),
        new("polyline", points=[0, 0, 10, 5.5, 63, 47]),
        new("point", points=[3.25, 4], z=-1),
    ]


def document(world: World, **options: Any) -> dict[str, Any]:
    answer = world.as_("viewer").get(f"/documents/{world.document.pk}", **options)
    assert answer.status_code == 200, answer.content
    return answer.json()


def save(world: World, *put: dict[str, Any], role: str = "annotator", **fields: Any) -> Any:
    return world.as_(role).post(world.changes, change(*put, **fields))


def as_put(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "base": item["version"]}


def test_every_kind_comes_back_as_it_was_sent(world: World) -> None:
    sent = every_kind()
    answer = save(world, *sent)
    assert answer.status_code == 200, answer.content
    assert answer.json()["revision"] == 1
    assert answer.json()["versions"] == {item["id"]: 1 for item in sent}
    assert answer.json()["others"] == {"put": [], "delete": []}
    body = document(world)
    assert (body["revision"], body["head"], body["width"], body["height"]) == (1, 1, WIDTH, HEIGHT)
    got = {item["id"]: item for item in body["annotations"]}
    for item in sent:
        mine = got[item["id"]]
        for field in item.keys() - {"base", "polygons"}:
            assert mine[field] == item[field], field
        if "polygons" in item:
            flat = [np.float32(ring).tolist() for rings in item["polygons"] for ring in rings]
            assert [np.float32(ring).tolist() for rings in mine["polygons"] for ring in rings] == flat
        assert (mine["version"], mine["source"], mine["score"], mine["created"]) == (1, "person", None, 1)
    mask, _encoded = mask_rle()
    as_mask = next(item for item in got.values() if item["kind"] == "mask")
    assert as_mask["area"] == mask.sum()
    assert as_mask["bbox"] == [7, 5, 30, 20]


def test_objects_are_answered_in_the_order_in_which_they_are_painted(world: World) -> None:
    save(world, *every_kind())
    keys = [(item["z"], item["created"], item["id"]) for item in document(world)["annotations"]]
    assert keys == sorted(keys)


def test_messagepack_says_the_same_as_json_with_coordinates_as_bytes(world: World) -> None:
    save(world, *every_kind())
    plain = document(world)
    answer = world.as_("viewer").get(
        f"/documents/{world.document.pk}", headers={"Accept": "application/msgpack"}
    )
    assert answer.headers["Content-Type"] == "application/msgpack"
    packed = msgpack.unpackb(answer.content)

    def numbers(value: bytes) -> list[float]:
        assert isinstance(value, bytes)
        return np.frombuffer(value, dtype="<f4").tolist()

    def single(values: list[float]) -> list[float]:
        return np.array(values, dtype=np.float32).tolist()

    for mine, theirs in zip(packed["annotations"], plain["annotations"], strict=True):
        if "polygons" in mine:
            mine["polygons"] = [[numbers(ring) for ring in rings] for rings in mine["polygons"]]
            theirs["polygons"] = [[single(ring) for ring in rings] for rings in theirs["polygons"]]
        if "points" in mine:
            mine["points"], theirs["points"] = numbers(mine["points"]), single(theirs["points"])
    assert packed == plain


def test_coordinates_survive_the_way_through_json_bit_for_bit(world: World) -> None:
    values = np.random.default_rng(7).uniform(0, 40, 8).astype(np.float32)
    ring = [*values[:2].tolist(), 60.1, 1.1, 60.2, 45.7, 1.3, 46.9]
    save(world, polygon(polygons=[[ring]]))
    got = document(world)["annotations"][0]["polygons"][0][0]
    assert np.array(got, np.float32).tobytes() == np.array(ring, np.float32).tobytes()


def test_an_object_may_be_sent_back_as_it_was_read(world: World) -> None:
    save(world, *every_kind())
    answer = save(world, *map(as_put, document(world)["annotations"]), base=1)
    assert answer.status_code == 200, answer.content
    assert all(item["version"] == 2 and item["created"] == 1 for item in document(world)["annotations"])


def test_an_earlier_revision_is_read_as_it_was(world: World) -> None:
    first = polygon()
    save(world, first)
    before = document(world)
    save(world, {**first, "base": 1, "z": 5}, polygon(polygons=square(30, 30)), base=1)
    assert document(world, query={"revision": 1})["annotations"] == before["annotations"]
    assert document(world, query={"revision": 0})["annotations"] == []
    assert document(world, query={"revision": 1})["head"] == 2
    check(world.as_("viewer").get(f"/documents/{world.document.pk}?revision=3"), 400, "invalid-input")
    check(world.as_("viewer").get(f"/documents/{world.document.pk}?revision=x"), 400, "invalid-input")


def test_only_the_asked_classes_are_answered(world: World) -> None:
    save(world, polygon(1), polygon(2, polygons=square(30, 30)))
    for query, expected in (
        ("class=2", {2}),
        ("class=1,2", {1, 2}),
        ("class=1&class=2", {1, 2}),
        ("class=7", set()),
    ):
        answer = world.as_("viewer").get(f"/documents/{world.document.pk}?{query}").json()
        assert {item["class"] for item in answer["annotations"]} == expected
    check(world.as_("viewer").get(f"/documents/{world.document.pk}?class=car"), 400, "invalid-input")


def test_two_people_who_touch_different_objects_both_get_through(world: World) -> None:
    one, two = polygon(), polygon(polygons=square(30, 30))
    save(world, one, two)
    save(world, {**one, "base": 1, "z": 1}, base=1)
    answer = save(world, {**two, "base": 1, "z": 2}, role="reviewer", base=1)
    assert answer.status_code == 200
    others = answer.json()["others"]
    assert [(item["id"], item["z"], item["version"]) for item in others["put"]] == [(one["id"], 1, 2)]
    assert others["delete"] == []


def test_an_object_that_both_touched_is_a_conflict_with_both_its_states(world: World) -> None:
    one, two, three = polygon(), polygon(polygons=square(30, 30)), polygon(polygons=square(2, 30))
    save(world, one, two, three)
    save(world, {**one, "base": 1, "z": 7}, base=1, delete=[{"id": two["id"], "base": 1}])
    answer = save(
        world,
        {**one, "base": 1, "z": 9},
        {**two, "base": 1},
        {**three, "base": 1, "z": 4},
        role="manager",
        base=1,
    )
    body = check(answer, 409, "stale-objects")
    assert body["revision"] == 2
    conflicts = {item["id"]: item for item in body["conflicts"]}
    assert set(conflicts) == {one["id"], two["id"]}
    assert (conflicts[one["id"]]["base"], conflicts[one["id"]]["current"]["z"]) == (1, 7)
    assert conflicts[one["id"]]["current"] in document(world)["annotations"]
    assert conflicts[two["id"]]["current"] is None
    assert document(world)["revision"] == 2
    assert {item["z"] for item in document(world)["annotations"]} == {7, 0}


def test_deleting_without_having_seen_a_version_is_a_conflict(world: World) -> None:
    one = polygon()
    save(world, one)
    answer = save(world, base=1, delete=[{"id": one["id"], "base": None}])
    assert check(answer, 409, "stale-objects")["conflicts"][0]["base"] is None


def test_the_same_request_again_changes_nothing_and_answers_the_same(world: World) -> None:
    body = change(polygon(), key="once")
    first = world.as_("annotator").post(world.changes, body)
    save(world, polygon(polygons=square(30, 30)), base=1)
    second = world.as_("annotator").post(world.changes, body)
    assert (second.status_code, second.content) == (200, first.content)
    assert document(world)["revision"] == 2
    other = world.as_("annotator").post(world.changes, change(polygon(), key="once"))
    check(other, 409, "key-reused")
    assert Revision.objects.count() == 2


def test_history_names_who_did_what_and_pages_backwards(world: World) -> None:
    one = polygon()
    save(world, one, note="first")
    for number in range(1, 5):
        save(world, {**one, "base": number, "z": number}, base=number, role="reviewer")
    path = f"/documents/{world.document.pk}/history"
    page = world.as_("viewer").get(f"{path}?limit=2").json()
    assert [row["revision"] for row in page["results"]] == [5, 4]
    assert page["results"][0]["author"]["email"] == world.members["reviewer"].user.email
    rest = world.as_("viewer").get(f"{path}?limit=50&cursor={page['next']}").json()
    assert [row["revision"] for row in rest["results"]] == [3, 2, 1]
    assert rest["next"] is None
    first = rest["results"][-1]
    assert (first["kind"], first["note"], first["added"], first["changed"], first["removed"]) == (
        "edit",
        "first",
        1,
        0,
        0,
    )
    check(world.as_("viewer").get(f"{path}?cursor=x"), 400, "invalid-input")


def test_restoring_brings_an_earlier_state_back_as_a_new_revision(world: World) -> None:
    one = polygon()
    save(world, one)
    before = document(world)["annotations"][0]
    save(world, base=1, delete=[{"id": one["id"], "base": 1}])
    path = f"/documents/{world.document.pk}/restore"
    answer = world.as_("annotator").post(path, {"revision": 1, "base_revision": 2, "key": "back"})
    assert answer.json()["revision"] == 3
    assert answer.json()["versions"] == {one["id"]: 3}
    assert document(world)["annotations"][0]["polygons"] == before["polygons"]
    again = world.as_("annotator").post(path, {"revision": 1, "base_revision": 2, "key": "back"})
    assert again.content == answer.content
    check(
        world.as_("annotator").post(path, {"revision": 9, "base_revision": 3, "key": "x"}),
        400,
        "invalid-input",
    )


def test_only_a_reviewer_changes_an_image_that_was_submitted(world: World) -> None:
    save(world, polygon())
    ImageAsset.objects.filter(pk=world.image.pk).update(status="submitted")
    check(save(world, polygon(polygons=square(30, 30)), base=1), 409, "image-closed")
    assert save(world, polygon(polygons=square(30, 30)), base=1, role="reviewer").status_code == 200


def test_the_first_change_puts_a_new_image_in_progress(world: World) -> None:
    save(world, polygon())
    body = world.as_("viewer").get(f"/images/{world.image.pk}").json()
    assert (body["status"], body["object_count"], body["revision"]) == ("in_progress", 1, 1)


def test_a_shape_that_reaches_out_of_the_image_is_clipped(world: World) -> None:
    save(world, polygon(polygons=square(-5, -5, 20)))
    got = document(world)["annotations"][0]
    assert got["bbox"] == [0, 0, 15, 15]
    assert got["area"] == 225
