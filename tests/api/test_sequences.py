"""Sequences over the API: frames, tracks, filling, and proposals that save nothing."""

from __future__ import annotations

import uuid
from typing import Any

from annotator.models import Annotation, Document, ImageAsset
from tests.api.conftest import World, change


def frames(world: World, count: int = 3) -> list[ImageAsset]:
    images = [world.add_image(100 + k, f"clip/{k}.png") for k in range(count)]
    for number, image in enumerate(images, start=1):
        ImageAsset.objects.filter(pk=image.pk).update(group="clip", frame=number, timestamp=number / 10)
    return images


def a_box(**fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "class": 1, "kind": "box", "box": [4, 4, 20, 16], "base": None, **fields}


def draw(world: World, image: ImageAsset, *put: dict[str, Any]) -> None:
    document = Document.objects.get(image=image, role="primary")
    answer = world.as_("annotator").post(f"/documents/{document.pk}/changes", change(*put))
    assert answer.status_code == 200, answer.content


def test_frames_are_answered_in_order_with_what_the_strip_shows(world: World) -> None:
    images = frames(world)
    draw(world, images[1], a_box())
    body = world.as_("viewer").get(f"/images/{images[1].pk}/sequence").json()
    assert (body["group"], body["count"], body["position"], body["next"]) == ("clip", 3, 1, None)
    assert [one["id"] for one in body["results"]] == [str(image.pk) for image in images]
    assert [one["object_count"] for one in body["results"]] == [0, 1, 0]
    assert [one["status"] for one in body["results"]] == ["new", "in_progress", "new"]
    alone = world.as_("viewer").get(f"/images/{world.image.pk}/sequence").json()
    assert (alone["group"], alone["count"]) == ("", 1)


def test_filling_answers_what_became_of_it_and_tracks_show_it(world: World) -> None:
    images = frames(world)
    one = a_box()
    draw(world, images[0], one)
    given = {"method": "copy", "objects": [one["id"]], "until": str(images[2].pk)}
    body = world.as_("annotator").post(f"/images/{images[0].pk}/fill", given).json()
    assert body["job"] is None
    assert (body["outcome"]["saved"], body["outcome"]["frames"], body["outcome"]["skipped"]) == (2, 2, [])
    [track] = world.as_("viewer").get(f"/images/{images[0].pk}/tracks").json()["results"]
    assert track == {
        "id": one["id"], "class_index": 1, "kind": "box", "keyframes": [0], "filled": [1, 2],
    }  # fmt: skip


def test_filling_says_what_is_wrong_and_where(world: World) -> None:
    images = frames(world)
    draw(world, images[0], a_box())
    annotator = world.as_("annotator")
    for given, where in (
        ({"method": "fly"}, "method"),
        ({"method": "copy"}, "until"),
        ({"method": "copy", "until": str(images[0].pk)}, "until"),
        ({"method": "copy", "until": str(images[1].pk), "objects": [str(uuid.uuid4())]}, "objects"),
    ):
        answer = annotator.post(f"/images/{images[0].pk}/fill", given)
        assert answer.status_code == 400
        assert [one["where"] for one in answer.json()["errors"]] == [where]
    assert Annotation.objects.count() == 1


def test_track_travels_with_the_object_and_stays_where_it_is_not_said(world: World) -> None:
    track = str(uuid.uuid4())
    one = a_box(track=track)
    caller = world.as_("annotator")
    assert caller.post(world.changes, change(one)).status_code == 200
    without = {key: value for key, value in one.items() if key != "track"}
    assert caller.post(world.changes, change({**without, "base": 1, "z": 2}, base=1)).status_code == 200
    [now] = caller.get(f"/documents/{world.document.pk}").json()["annotations"]
    assert (now["track"], now["z"]) == (track, 2)
    assert caller.post(world.changes, change({**one, "base": 2, "track": None}, base=2)).status_code == 200
    [now] = caller.get(f"/documents/{world.document.pk}").json()["annotations"]
    assert "track" not in now
    wrong = caller.post(world.changes, change({**one, "base": 3, "track": 7}, base=3))
    assert wrong.json()["errors"][0]["where"] == "put[0].track"


def test_proposals_save_nothing_and_refuse_an_image_of_another_project(world: World, make_world: Any) -> None:
    images = frames(world)
    body = {"to": str(images[1].pk), "objects": [a_box()]}
    body["objects"][0].pop("base")
    answer = world.as_("annotator").post(f"/images/{images[0].pk}/propagate", body)
    [found] = answer.json()["objects"]
    assert (found["kind"], len(found["box"])) == ("box", 4)
    assert not Annotation.objects.exists()
    other = make_world()
    body["to"] = str(other.image.pk)
    assert world.as_("annotator").post(f"/images/{images[0].pk}/propagate", body).status_code == 404
