"""Projects, palettes and members over HTTP, and lists that are read while they change."""

from __future__ import annotations

import base64
import itertools
import uuid
from typing import Any

from django.contrib.auth.hashers import make_password

from annotator.models import ImageAsset, Project, User
from tests.api.conftest import Caller, World, change, polygon
from tests.api.test_problems import check


def test_a_project_is_made_with_its_palette_and_shown_as_the_contract_says(db: None) -> None:
    ada = User.objects.create_user("ada@example.org", name="Ada")
    answer = Caller(ada).post(
        "/projects",
        {
            "name": " Streets ", "task_type": "panoptic", "exclusive": True, "description": "Lisbon",
            "classes": [
                {"name": "car", "colour": "#FF0000", "hotkey": "7", "supercategory": "vehicle"},
                {"name": "sky", "is_thing": False, "attributes": [{"name": "wet", "type": "checkbox"}]},
            ],
        },
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert set(body) == {
        "id", "name", "description", "task_type", "exclusive", "role", "created", "updated", "counts", "classes",
        "members", "covers", "split_shares", "auto_prelabel",
    }  # fmt: skip
    assert (body["name"], body["role"], body["task_type"], body["exclusive"]) == (
        "Streets",
        "owner",
        "panoptic",
        True,
    )
    assert body["counts"] == {
        "images": 0, "new": 0, "in_progress": 0, "submitted": 0, "accepted": 0, "returned": 0, "objects": 0,
    }  # fmt: skip
    car, sky = body["classes"]
    assert (car["index"], car["colour"], car["hotkey"], car["object_count"]) == (1, "#ff0000", "7", 0)
    assert (sky["index"], sky["is_thing"], sky["attributes"][0]["type"]) == (2, False, "checkbox")
    assert [(m["user"]["email"], m["role"]) for m in body["members"]] == [("ada@example.org", "owner")]
    assert set(body["split_shares"]) == {"val", "test"}


def test_counts_and_covers_follow_what_is_there(world: World) -> None:
    world.as_("annotator").post(world.changes, change(polygon(), polygon(2)))
    body = world.as_("viewer").get(f"/projects/{world.project.pk}").json()
    assert (body["counts"]["images"], body["counts"]["in_progress"], body["counts"]["objects"]) == (1, 1, 2)
    assert [c["object_count"] for c in body["classes"]] == [1, 1]
    assert body["covers"] == [f"/api/v1/images/{world.image.pk}/thumbnail"]
    statistics = world.as_("viewer").get(f"/projects/{world.project.pk}/statistics").json()
    assert set(statistics) == {"status", "splits", "classes", "people", "days"}
    assert statistics["status"]["in_progress"] == 1
    assert sum(statistics["splits"].values()) == 1
    assert [(row["objects"], row["area"], row["images"]) for row in statistics["classes"]] == [
        (1, 100, 1),
        (1, 100, 1),
    ]
    assert statistics["people"][0]["added"] == 2
    assert statistics["days"][0]["objects"] == 2


def test_the_project_list_costs_the_same_for_one_project_and_for_many(
    world: World, django_assert_max_num_queries: Any
) -> None:
    caller = world.as_("owner")
    for number in range(5):
        caller.post("/projects", {"name": f"P{number}", "task_type": "semantic", "classes": [{"name": "a"}]})
    with django_assert_max_num_queries(9):
        assert len(caller.get("/projects").json()["results"]) == 6


def test_changing_a_project_and_the_order_of_its_classes_is_one_step(world: World) -> None:
    path = f"/projects/{world.project.pk}"
    order = [str(c.pk) for c in reversed(world.classes)]
    body = world.as_("manager").patch(path, {"name": "Roads", "class_order": order}).json()
    assert (body["name"], [c["id"] for c in body["classes"]]) == ("Roads", order)
    check(world.as_("manager").patch(path, {"name": "Nope", "class_order": order[:1]}), 400, "invalid-input")
    assert world.as_("manager").get(path).json()["name"] == "Roads"


def test_a_class_in_use_goes_only_with_a_target_that_takes_its_objects(world: World) -> None:
    world.as_("annotator").post(world.changes, change(polygon(1)))
    car, road = world.classes
    check(world.as_("manager").delete(f"/classes/{car.pk}"), 409, "class-in-use")
    check(world.as_("manager").delete(f"/classes/{car.pk}?target={car.pk}"), 400, "invalid-input")
    assert world.as_("manager").delete(f"/classes/{car.pk}?target={road.pk}").status_code == 204
    objects = world.as_("viewer").get(f"/documents/{world.document.pk}").json()["annotations"]
    assert [item["class"] for item in objects] == [2]
    new = world.as_("manager").post(f"/projects/{world.project.pk}/classes", {"name": "car"}).json()
    assert new["index"] == 3


def test_classes_say_which_value_is_taken(world: World) -> None:
    path = f"/projects/{world.project.pk}/classes"
    body = check(world.as_("manager").post(path, {"name": "car"}), 409, "conflict")
    assert body["errors"][0]["where"] == "name"
    changed = world.as_("manager").patch(
        f"/classes/{world.classes[0].pk}", {"colour": "#123456", "hotkey": ""}
    )
    assert (changed.json()["colour"], changed.json()["hotkey"], changed.json()["index"]) == ("#123456", "", 1)
    listed = world.as_("viewer").get(path).json()
    assert (listed["next"], listed["results"][0]) == (None, changed.json())


def test_members_below_the_owner_are_the_managers_matter(world: World) -> None:
    manager, owner = world.as_("manager"), world.as_("owner")
    mine, theirs = world.members["manager"], world.members["owner"]
    check(manager.patch(f"/members/{theirs.pk}", {"role": "viewer"}), 403, "not-allowed")
    check(manager.delete(f"/members/{theirs.pk}"), 403, "not-allowed")
    check(manager.patch(f"/members/{mine.pk}", {"role": "owner"}), 403, "not-allowed")
    path = f"/projects/{world.project.pk}/members"
    check(manager.post(path, {"email": "new@example.org", "role": "owner"}), 403, "not-allowed")
    check(owner.delete(f"/members/{theirs.pk}"), 409, "conflict")
    check(owner.patch(f"/members/{theirs.pk}", {"role": "manager"}), 409, "conflict")
    assert owner.patch(f"/members/{mine.pk}", {"role": "owner"}).json()["role"] == "owner"
    assert owner.delete(f"/members/{theirs.pk}").status_code == 204
    check(owner.get(f"/projects/{world.project.pk}"), 404, "not-found")


def test_adding_members_names_what_is_wrong(world: World) -> None:
    path = f"/projects/{world.project.pk}/members"
    body = check(world.as_("manager").post(path, {"email": "nobody", "role": "viewer"}), 400, "invalid-input")
    assert body["errors"][0]["where"] == "email"
    check(world.as_("manager").post(path, {"email": "a@example.org", "role": "king"}), 400, "invalid-input")
    again = {"email": world.members["viewer"].user.email.upper(), "role": "viewer"}
    check(world.as_("manager").post(path, again), 409, "conflict")


def walk(caller: Caller, path: str, between: Any = None) -> list[dict[str, Any]]:
    """All rows of a list, page after page."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = caller.get(f"{path}&cursor={cursor}" if cursor else path).json()
        rows += page["results"]
        cursor = page["next"]
        if between:
            between()
    return rows


def test_every_list_pages_through_all_rows_once(world: World) -> None:
    for number in range(7):
        world.add_image(number)
        world.as_("owner").post("/projects", {"name": f"P{number}", "task_type": "semantic"})
        world.as_("owner").post("/tokens", {"name": f"t{number}"})
        world.as_("owner").post(f"/projects/{world.project.pk}/versions", {})
    for path in (
        "/projects",
        "/tokens",
        f"/projects/{world.project.pk}/versions",
        f"/projects/{world.project.pk}/images",
    ):
        everything = walk(world.as_("owner"), f"{path}?limit=200")
        assert len(everything) >= 7
        assert walk(world.as_("owner"), f"{path}?limit=3") == everything


def test_pages_neither_skip_nor_repeat_while_rows_come_and_go(world: World) -> None:
    ImageAsset.objects.all().delete()
    before = {world.add_image(n, f"{n:03d}.png").name for n in range(0, 20, 2)}
    numbers = itertools.cycle(range(1, 20, 2))

    def disturb() -> None:
        """One row comes, another goes: before, at and behind where the reader stands."""
        number = next(numbers)
        ImageAsset.objects.filter(name=f"{(number + 10) % 20:03d}.png").delete()
        world.add_image(number, f"{number:03d}.png")

    for sort in ("name", "-name", "-created", "objects", "-objects"):
        rows = walk(world.as_("viewer"), f"/projects/{world.project.pk}/images?limit=3&sort={sort}", disturb)
        names = [row["name"] for row in rows]
        assert len(names) == len(set(names)), sort
        assert before <= set(names), sort


def test_rows_that_are_equal_in_the_sorted_field_are_not_lost_between_pages(world: World) -> None:
    for number in range(9):
        world.add_image(number)
    ImageAsset.objects.update(object_count=4, updated="2024-05-01T12:00:00.123456Z")
    for sort in ("objects", "-objects", "updated", "-updated"):
        rows = walk(world.as_("viewer"), f"/projects/{world.project.pk}/images?limit=2&sort={sort}")
        assert len({row["id"] for row in rows}) == 10


def test_a_cursor_is_of_one_list_in_one_order_and_cannot_be_made_up(world: World) -> None:
    for number in range(3):
        world.add_image(number)
    path = f"/projects/{world.project.pk}/images"
    caller = world.as_("viewer")
    cursor = caller.get(f"{path}?limit=1&sort=name").json()["next"]
    assert caller.get(f"{path}?limit=1&sort=name&cursor={cursor}").status_code == 200
    payload, signature = cursor.split("~")
    made_up = base64.urlsafe_b64encode(b'["a","b"]').decode().rstrip("=")
    for wrong, sort in (
        (cursor, "-name"), (cursor, "created"), (cursor[:-1], "name"), (f"{made_up}~{signature}", "name"),
        (payload, "name"), ("~", "name"), ("é", "name"), ("x" * 10_000, "name"),
    ):  # fmt: skip
        body = check(caller.get(path, query={"sort": sort, "cursor": wrong}), 400, "invalid-input")
        assert body["errors"][0]["where"] == "cursor"


def test_deleting_a_project_takes_everything_with_it(world: World) -> None:
    assert world.as_("owner").delete(f"/projects/{world.project.pk}").status_code == 204
    assert not Project.objects.filter(pk=world.project.pk).exists()
    check(world.as_("owner").get(f"/images/{world.image.pk}"), 404, "not-found")


def test_a_persons_secrets_are_in_no_answer(world: World) -> None:
    User.objects.update(password=make_password("correct horse battery"))
    secret = User.objects.get(pk=world.members["owner"].user.pk).password
    for path in (f"/projects/{world.project.pk}", f"/projects/{world.project.pk}/members", "/me", "/tokens"):
        text = world.as_("owner").get(path).text
        assert secret not in text
        assert "password" not in text
        assert "digest" not in text
    assert uuid.UUID(world.as_("owner").get("/me").json()["user"]["id"])
