"""Comments, presence and replicas as they travel."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.annotator.factories import make_member
from tests.api.conftest import Caller, World, change, polygon

pytestmark = pytest.mark.django_db


def test_a_thread_travels_whole(world: World) -> None:
    ana, lead = world.as_("annotator"), world.as_("reviewer")
    thing = polygon()
    ana.post(world.changes, change(thing))
    path = f"/images/{world.image.pk}/comments"
    made = ana.post(path, {"text": "<b>which class?</b>", "object": thing["id"]}).json()
    assert made["text"] == "<b>which class?</b>"
    assert (made["point"], made["object"], made["replies"]) == ([9.0, 9.0], thing["id"], [])
    answered = lead.post(f"/comments/{made['id']}/replies", {"text": "car"}).json()
    assert [(one["text"], one["author"]["name"]) for one in answered["replies"]] == [("car", "Reviewer")]
    done = ana.patch(f"/comments/{made['id']}", {"resolved": True}).json()
    assert done["resolved_by"]["name"] == "Annotator"
    assert world.as_("viewer").get(path).json()["results"] == [done]
    image = ana.get(f"/images/{world.image.pk}").json()
    assert image["open_comments"] == 0


def test_threads_come_in_pages_the_oldest_first(world: World) -> None:
    ana = world.as_("annotator")
    path = f"/images/{world.image.pk}/comments"
    for number in range(5):
        ana.post(path, {"text": str(number)})
    first = ana.get(path, query={"limit": 2}).json()
    second = ana.get(path, query={"limit": 2, "cursor": first["next"]}).json()
    assert [one["text"] for one in first["results"] + second["results"]] == ["0", "1", "2", "3"]
    with CaptureQueriesContext(
        connection,
    ) as few:
        ana.get(path, query={"limit": 2})
    with CaptureQueriesContext(connection) as many:
        ana.get(path, query={"limit": 5})
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "x", "point": [1]}, "point"),
        ({"text": "x", "point": [1, 999]}, "point"),
        ({"text": "x", "point": "here"}, "point"),
        ({"text": "x", "object": "thing"}, "object"),
        ({"text": "x", "object": str(uuid.uuid4())}, "object"),
        ({"text": "x", "colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_comment_is_named(world: World, body: dict[str, Any], where: str) -> None:
    answer = world.as_("annotator").post(f"/images/{world.image.pk}/comments", body)
    assert answer.status_code == 400
    assert [one["where"].split("[")[0] for one in answer.json()["errors"]] == [where]


def test_images_with_open_comments_are_found(world: World) -> None:
    other = world.add_image(3)
    ana = world.as_("annotator")
    ana.post(f"/images/{other.pk}/comments", {"text": "look"})
    found = ana.get(f"/projects/{world.project.pk}/images", query={"comments": "open"}).json()
    assert [(one["id"], one["open_comments"]) for one in found["results"]] == [(str(other.pk), 1)]
    assert found["count"] == 1
    beside = ana.get(f"/images/{other.pk}/neighbours", query={"comments": "open"}).json()
    assert (beside["position"], beside["count"]) == (1, 1)
    answer = ana.get(f"/projects/{world.project.pk}/images", query={"comments": "shut"})
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (400, "comments")


def test_a_heartbeat_tells_of_others_the_head_and_new_comments_and_writes_nothing(world: World) -> None:
    ana, lead = world.as_("annotator"), world.as_("reviewer")
    path, document = f"/images/{world.image.pk}/presence", str(world.document.pk)
    ana.post(path, {"tab": "a", "document": document, "editing": True})
    ana.post(world.changes, change(polygon()))
    lead.post(f"/images/{world.image.pk}/comments", {"text": "look"})
    lead.post(path, {"tab": "b"})  # the token's last use is written at most every few minutes
    with CaptureQueriesContext(connection) as queries:
        seen = lead.post(path, {"tab": "b", "document": document}).json()
    assert seen["others"] == [
        {
            "person": {"id": str(ana.user.pk), "email": ana.user.email, "name": "Annotator"},
            "editing": True,
            "same_document": True,
        }
    ]
    assert (seen["revision"], seen["comments"]["open"]) == (1, 1)
    statements = [one["sql"].split()[0] for one in queries.captured_queries]
    assert set(statements) == {"SELECT"}
    assert len(statements) <= 5
    ana.post(path, {"tab": "a", "leaving": True})
    assert lead.post(path, {"tab": "b"}).json()["others"] == []


def test_the_head_of_a_document_that_one_may_not_see_is_not_told(world: World) -> None:
    lead, ana = world.as_("reviewer"), world.as_("annotator")
    truth = lead.post(f"/images/{world.image.pk}/documents", {"role": "ground_truth"}).json()["id"]
    path = f"/images/{world.image.pk}/presence"
    assert lead.post(path, {"tab": "b", "document": truth}).status_code == 200
    assert ana.post(path, {"tab": "a", "document": truth}).status_code == 404
    assert ana.post(path, {"tab": "a", "document": str(uuid.uuid4())}).status_code == 404
    assert ana.get(f"/documents/{truth}").status_code == 404
    assert ana.get(f"/documents/{truth}/history").status_code == 404


def test_a_replica_is_made_once_and_changed_by_its_author_only(world: World) -> None:
    ana, lead = world.as_("annotator"), world.as_("reviewer")
    path = f"/images/{world.image.pk}/documents"
    first = ana.post(path, {"role": "replica"})
    again = ana.post(path, {"role": "replica"})
    assert (first.status_code, again.status_code) == (201, 200)
    replica = first.json()["id"]
    assert again.json()["id"] == replica
    assert ana.post(f"/documents/{replica}/changes", change(polygon())).status_code == 200
    assert len(lead.get(f"/documents/{replica}").json()["annotations"]) == 1
    assert lead.post(f"/documents/{replica}/changes", change(polygon(), base=1)).status_code == 403
    assert [one["role"] for one in lead.get(path).json()["results"]] == ["primary", "replica"]
    wrong = ana.post(path, {"role": "primary"})
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (400, "role")


def test_some_objects_are_restored(world: World) -> None:
    ana = world.as_("annotator")
    one, other = polygon(), polygon()
    ana.post(world.changes, change(one, other))
    gone = [{"id": each["id"], "base": 1} for each in (one, other)]
    ana.post(world.changes, change(base=1, delete=gone))
    path = f"/documents/{world.document.pk}/restore"
    body = {"revision": 1, "base_revision": 2, "key": "back", "objects": [one["id"]]}
    answer = ana.post(path, body).json()
    assert answer["versions"] == {one["id"]: 3}
    assert [each["id"] for each in answer["others"]["put"]] == [one["id"]]
    assert ana.post(path, body).json() == answer
    assert ana.post(path, {**body, "objects": [other["id"]]}).json()["type"] == "key-reused"
    for wrong in ([], ["thing"], [str(uuid.uuid4())]):
        assert ana.post(path, {**body, "key": "k", "objects": wrong}).status_code == 400


def test_a_comment_on_an_object_of_a_replica_is_seen_by_those_who_see_the_replica(world: World) -> None:
    ana, lead, viewer = world.as_("annotator"), world.as_("reviewer"), world.as_("viewer")
    replica = ana.post(f"/images/{world.image.pk}/documents", {"role": "replica"}).json()
    thing = polygon()
    assert ana.post(f"/documents/{replica['id']}/changes", change(thing)).status_code == 200
    path, here = f"/images/{world.image.pk}/comments", f"/images/{world.image.pk}/presence"
    made = ana.post(path, {"text": "is it one?", "object": thing["id"]}).json()
    ana.post(f"/comments/{made['id']}/replies", {"text": "or two?"})
    whole = ana.post(path, {"text": "too dark"}).json()
    for one in (ana, lead):
        assert [thread["id"] for thread in one.get(path).json()["results"]] == [made["id"], whole["id"]]
        assert one.post(here, {"tab": "t"}).json()["comments"]["open"] == 2
    assert [thread["id"] for thread in viewer.get(path).json()["results"]] == [whole["id"]]
    assert viewer.post(here, {"tab": "t"}).json()["comments"]["open"] == 1
    other = Caller(make_member(world.project, "annotator"))
    answers = [
        other.post(f"/comments/{made['id']}/replies", {"text": "mine too"}),
        other.patch(f"/comments/{made['id']}", {"resolved": True}),
        other.delete(f"/comments/{made['id']}"),
    ]
    assert [one.status_code for one in answers] == [404, 404, 404]
