"""Versions, exports and imports over HTTP, with the real jobs run in this process."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from annotator.jobs import run_job
from annotator.models import Job
from tests.api.conftest import World, change, picture, polygon, square, upload
from tests.api.test_problems import check


def freeze(world: World, **fields: Any) -> dict[str, Any]:
    answer = world.as_("reviewer").post(f"/projects/{world.project.pk}/versions", fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def finished(world: World, answer: Any) -> dict[str, Any]:
    """The job that an answer holds, after it has been run here."""
    assert answer.status_code == 202, answer.content
    assert (answer.json()["state"], answer.json()["progress"]) == ("queued", 0)
    run_job(answer.json()["id"])
    return world.as_("viewer").get(f"/jobs/{answer.json()['id']}").json()


def test_a_version_holds_what_was_there_and_says_what_changed(world: World) -> None:
    first = freeze(world, name="first", note="before the cars")
    assert (first["number"], first["image_count"], first["object_count"], first["parent"]) == (1, 1, 0, None)
    assert [c["name"] for c in first["classes"]] == ["car", "road"]
    assert sum(first["splits"].values()) == 1
    assert first["created_by"]["email"] == world.members["reviewer"].user.email
    world.as_("annotator").post(world.changes, change(polygon()))
    world.add_image(5, "five.png")
    second = freeze(world)
    assert second["parent"] == first["id"]
    assert second["hash"] != first["hash"]
    assert second["changelog"] == {
        "images_added": 1, "images_removed": 0, "images_changed": 1, "classes_added": 0, "classes_removed": 0,
    }  # fmt: skip
    viewer = world.as_("viewer")
    assert viewer.get(f"/versions/{first['id']}").json() == first
    listed = viewer.get(f"/projects/{world.project.pk}/versions").json()["results"]
    assert [row["number"] for row in listed] == [2, 1]
    diff = viewer.get(f"/versions/{second['id']}/diff/{first['id']}").json()
    assert diff == viewer.get(f"/versions/{first['id']}/diff/{second['id']}").json()
    assert (diff["older"], diff["newer"]) == (first["id"], second["id"])
    assert (diff["images_added"], diff["images_changed"]) == (["five.png"], [world.image.name])


def test_freezing_nothing_or_an_unknown_status_is_refused(world: World) -> None:
    path = f"/projects/{world.project.pk}/versions"
    for statuses in (["accepted"], ["perfect"]):
        body = check(world.as_("reviewer").post(path, {"statuses": statuses}), 400, "invalid-input")
        assert body["errors"][0]["where"].startswith("statuses")


def test_versions_of_two_projects_are_not_compared(make_world: Any) -> None:
    mine, other = make_world(), make_world()
    one = freeze(mine)
    theirs = other.as_("reviewer").post(f"/projects/{other.project.pk}/versions", {}).json()
    check(mine.as_("owner").get(f"/versions/{one['id']}/diff/{theirs['id']}"), 404, "not-found")


def test_an_export_becomes_a_zip_to_download(world: World) -> None:
    world.as_("annotator").post(world.changes, change(polygon()))
    version = freeze(world)
    answer = world.as_("reviewer").post(
        f"/versions/{version['id']}/exports", {"format": "coco", "options": {}}
    )
    path = f"/exports/{answer.json()['id']}/file"
    check(world.as_("viewer").get(path), 409, "conflict")
    job = finished(world, answer)
    assert (job["state"], job["progress"], job["kind"]) == ("succeeded", 1, "export"), job
    download = world.as_("viewer").get(path)
    assert download.headers["Content-Type"] == "application/zip"
    assert "attachment" in download.headers["Content-Disposition"]
    assert ".zip" in download.headers["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(download.streaming_content)))
    assert archive.testzip() is None
    assert any(name.endswith(".json") for name in archive.namelist())
    check(world.as_("stranger").get(path), 404, "not-found")


def test_an_export_in_an_unknown_format_or_with_unknown_options_is_refused(world: World) -> None:
    version = freeze(world)
    path = f"/versions/{version['id']}/exports"
    check(world.as_("reviewer").post(path, {"format": "dicom"}), 415, "unsupported-format")
    body = check(
        world.as_("reviewer").post(path, {"format": "coco", "options": {"x": 1}}), 400, "invalid-input"
    )
    assert body["errors"][0]["where"] == "options.x"
    assert not Job.objects.exists()


def test_the_file_of_a_job_that_is_no_export_is_not_found(world: World) -> None:
    job = Job.objects.create(
        kind="import", project=world.project, state="succeeded", result={"file": "secret_key"}
    )
    check(world.as_("viewer").get(f"/exports/{job.pk}/file"), 404, "not-found")


def test_formats_are_listed_with_their_options(world: World) -> None:
    rows = world.as_("stranger").get("/formats").json()["results"]
    assert {"coco", "voc", "masks"} <= {row["name"] for row in rows}
    for row in rows:
        for option in row["options"]:
            assert set(option) == {"name", "type", "choices", "default", "help"}


def test_an_export_comes_back_through_an_import_of_another_project(make_world: Any) -> None:
    one, two = make_world(), make_world()
    one.as_("annotator").post(
        one.changes, change(polygon(polygons=square(3, 5, 12)), polygon(2, polygons=square(30, 20)))
    )
    version = freeze(one)
    options = {"images": True} if _has_option(one, "images", "boolean") else {}
    answer = one.as_("reviewer").post(
        f"/versions/{version['id']}/exports", {"format": "coco", "options": options}
    )
    assert finished(one, answer)["state"] == "succeeded"
    content = b"".join(one.as_("viewer").get(f"/exports/{answer.json()['id']}/file").streaming_content)
    two.as_("manager").upload(
        f"/projects/{two.project.pk}/images", files=[upload(one.image.name, _original(one))]
    )
    started = two.as_("manager").upload(
        f"/projects/{two.project.pk}/imports",
        files=[upload("coco.zip", content, "application/zip")],
        format="auto",
    )
    job = finished(two, started)
    assert job["state"] == "succeeded", job
    images = two.as_("viewer").get(f"/projects/{two.project.pk}/images?q={one.image.name}").json()["results"]
    document = two.as_("viewer").get(f"/documents/{images[0]['document']}").json()
    assert sorted(item["area"] for item in document["annotations"]) == [100, 144]
    assert {item["source"] for item in document["annotations"]} == {"import"}


def _has_option(world: World, name: str, type_: str) -> bool:
    rows = world.as_("viewer").get("/formats").json()["results"]
    coco = next(row for row in rows if row["name"] == "coco")
    return any(option["name"] == name and option["type"] == type_ for option in coco["options"])


def _original(world: World) -> bytes:
    return b"".join(world.as_("viewer").get(f"/images/{world.image.pk}/file?original=1").streaming_content)


def test_an_import_that_cannot_start_says_why(world: World) -> None:
    path = f"/projects/{world.project.pk}/imports"
    manager = world.as_("manager")
    check(manager.upload(path, format="auto"), 400, "invalid-input")
    check(manager.upload(path, files=[upload("a.zip", b"x")], format="dicom"), 415, "unsupported-format")
    check(manager.upload(path, files=[upload("a.png", picture(1))], paths=["../a.png"]), 400, "invalid-input")
    check(manager.post(path, {"urls": []}), 400, "invalid-input")
    check(manager.post(path, {"urls": ["not an address"]}), 400, "invalid-input")
    check(
        manager.upload(path, files=[upload("a.png", picture(1))], replace_existing="perhaps"),
        400,
        "invalid-input",
    )
    assert not Job.objects.exists()


def test_an_import_over_the_limit_is_refused_whole(world: World, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    body = check(
        world.as_("manager").upload(
            f"/projects/{world.project.pk}/imports",
            files=[upload("big.png", bytes(200)), upload("b.png", b"x")],
        ),
        400,
        "invalid-input",
    )
    assert [item["where"] for item in body["errors"]] == ["big.png"]


def test_a_failed_job_tells_what_was_wrong_with_its_input(world: World) -> None:
    started = world.as_("manager").upload(
        f"/projects/{world.project.pk}/imports",
        files=[upload("x.zip", b"PK\x03\x04 rubbish", "application/zip")],
    )
    job = finished(world, started)
    assert job["state"] == "failed"
    assert job["error"]["detail"]
