"""Uploads with a result for each file, lists and their filters, pixels, and the way through the workflow."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings
from PIL import Image

from annotator.models import ImageAsset
from api.uploads import CappedFileUploadHandler
from tests.api.conftest import HEIGHT, WIDTH, World, change, picture, polygon, upload
from tests.api.test_problems import check


def send(world: World, *files: Any, role: str = "manager", **fields: Any) -> Any:
    return world.as_(role).upload(f"/projects/{world.project.pk}/images", files=list(files), **fields)


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content[:500]
    return answer.json()["results"]


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_png", ".png"), content)
    return out.getvalue()


def names(world: World, query: str = "") -> list[str]:
    answer = world.as_("viewer").get(f"/projects/{world.project.pk}/images?{query}")
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_each_file_has_its_result_and_a_bad_one_stops_no_other(world: World) -> None:
    answer = send(
        world,
        upload("good.png", picture(1)),
        upload("cut.png", picture(2)[:40]),
        upload("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        upload("notes.txt", b"not a picture"),
        upload("empty.png", b""),
        upload("again.png", picture(1)),
        upload("also-good.png", picture(3)),
    )
    found = results(answer)
    assert [row["status"] for row in found] == [
        "created", "rejected", "rejected", "rejected", "rejected", "duplicate", "created",
    ]  # fmt: skip
    assert all(row["reason"] and row["image"] is None for row in found if row["status"] == "rejected")
    assert found[5]["image"]["id"] == found[0]["image"]["id"]
    first = found[0]["image"]
    assert (first["name"], first["width"], first["height"], first["format"]) == (
        "good.png",
        WIDTH,
        HEIGHT,
        "PNG",
    )
    assert first["document"]
    assert first["claimed_by"] is None


def test_paths_name_the_files_since_browsers_send_names_only(world: World) -> None:
    answer = send(
        world,
        upload("a.png", picture(1)),
        upload("a.png", picture(2)),
        paths=["north/a.png", "south/a.png"],
        group="x",
    )
    assert [row["image"]["name"] for row in results(answer)] == ["north/a.png", "south/a.png"]
    assert {row["image"]["group"] for row in results(answer)} == {"x"}


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "C:\\a.png", ""])
def test_a_path_that_leads_outside_is_rejected(world: World, path: str) -> None:
    answer = send(world, upload("a.png", picture(1)), paths=[path])
    assert [row["status"] for row in results(answer)] == ["rejected"]


def test_a_zip_gives_a_result_for_each_member(world: World) -> None:
    content = zipped(a__one_png=picture(1), a__two_png=picture(2), readme=b"hello")
    found = results(send(world, upload("photos.zip", content), upload("three.png", picture(3))))
    assert [(row["name"], row["status"]) for row in found] == [
        ("a/one.png", "created"), ("a/two.png", "created"), ("readme", "rejected"), ("three.png", "created"),
    ]  # fmt: skip


def test_a_damaged_zip_is_a_rejected_result(world: World) -> None:
    found = results(send(world, upload("photos.zip", zipped(one_png=picture(1))[:-30])))
    assert [row["status"] for row in found] == ["rejected"]


def test_a_file_over_the_limit_is_told_as_rejected_with_both_sizes(world: World) -> None:
    noise = upload("huge.png", b"\x89PNG" + bytes(3_000_000))
    with override_settings(MAX_UPLOAD_BYTES=1_000_000, FILE_UPLOAD_MAX_MEMORY_SIZE=0):
        found = results(send(world, noise, upload("small.png", picture(1))))
    assert [row["status"] for row in found] == ["rejected", "created"]
    assert "3.0 MB" in found[0]["reason"]
    assert "1.0 MB" in found[0]["reason"]


def test_what_is_over_the_limit_does_not_fill_the_disk() -> None:
    handler = CappedFileUploadHandler()
    with override_settings(MAX_UPLOAD_BYTES=1000):
        handler.new_file("files", "huge.png", "image/png", None)
        for start in range(0, 5000, 400):
            handler.receive_data_chunk(bytes(400), start)
            assert handler.file.tell() <= 1000
    file = handler.file_complete(5200)
    assert file is not None
    assert (file.size, len(file.read())) == (5200, 0)


def test_an_upload_without_files_or_with_other_paths_is_refused(world: World) -> None:
    body = check(send(world), 400, "invalid-input")
    assert body["errors"][0]["where"] == "files"
    body = check(send(world, upload("a.png", picture(1)), paths=["a", "b"]), 400, "invalid-input")
    assert body["errors"][0]["where"] == "paths"
    broken = world.as_("manager").post(
        f"/projects/{world.project.pk}/images", data=b"rubbish", content_type="multipart/form-data"
    )
    check(broken, 400, "malformed-body")


def test_too_many_files_at_once_are_refused_with_the_limit(world: World) -> None:
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FILES=2):
        answer = send(world, *[upload(f"{n}.png", picture(n)) for n in range(3)])
    body = check(answer, 413, "too-large")
    assert body["detail"] == "one request holds at most 2 files; send a ZIP of them, or several requests"


def test_nothing_is_read_of_an_upload_by_somebody_who_may_not(world: World) -> None:
    check(send(world, upload("a.png", picture(1)), role="annotator"), 403, "not-allowed")
    assert ImageAsset.objects.count() == 1


def test_filters_sort_and_count(world: World) -> None:
    ImageAsset.objects.all().delete()
    made = [world.add_image(n, name) for n, name in enumerate(["b.png", "a.png", "sub/c.png"])]
    ImageAsset.objects.filter(pk=made[0].pk).update(status="submitted", split="val", object_count=3)
    ImageAsset.objects.filter(pk=made[1].pk).update(status="returned", split="train", object_count=1)
    ImageAsset.objects.filter(pk=made[2].pk).update(split="train")
    assert names(world, "sort=name") == ["a.png", "b.png", "sub/c.png"]
    assert names(world, "sort=-name") == ["sub/c.png", "b.png", "a.png"]
    assert names(world, "sort=created") == ["b.png", "a.png", "sub/c.png"]
    assert names(world, "sort=-objects") == ["b.png", "a.png", "sub/c.png"]
    assert sorted(names(world, "status=submitted,returned")) == ["a.png", "b.png"]
    assert names(world, "split=val") == ["b.png"]
    assert names(world, "q=SUB") == ["sub/c.png"]
    assert names(world, "q=%25") == []
    answer = world.as_("viewer").get(f"/projects/{world.project.pk}/images?split=train&limit=1").json()
    assert (answer["count"], len(answer["results"])) == (2, 1)
    assert answer["next"]


def test_images_are_found_by_the_classes_on_them(world: World) -> None:
    world.as_("annotator").post(world.changes, change(polygon(2)))
    world.add_image(1)
    assert names(world, "class=2") == [world.image.name]
    assert names(world, "class=1") == []
    assert names(world, "class=1,2") == [world.image.name]


def test_neighbours_follow_the_same_filters(world: World) -> None:
    ImageAsset.objects.all().delete()
    a, b, c, d = [world.add_image(n, f"{name}.png") for n, name in enumerate("abcd")]
    ImageAsset.objects.filter(pk=b.pk).update(status="submitted")
    path = f"/images/{c.pk}/neighbours"
    assert world.as_("viewer").get(path).json() == {
        "previous": str(b.pk), "next": str(d.pk), "position": 3, "count": 4,
    }  # fmt: skip
    assert world.as_("viewer").get(f"{path}?status=new").json() == {
        "previous": str(a.pk), "next": str(d.pk), "position": 2, "count": 3,
    }  # fmt: skip
    assert world.as_("viewer").get(f"{path}?sort=-name").json()["previous"] == str(d.pk)
    check(world.as_("viewer").get(f"{path}?sort=size"), 400, "invalid-input")


def test_pixels_are_cached_for_ever_and_never_run_as_a_page(world: World) -> None:
    body = world.as_("viewer").get(f"/images/{world.image.pk}").json()
    for url, type_ in ((body["file"], "image/png"), (body["thumbnail"], "image/webp")):
        answer = world.as_("viewer").get(url)
        content = b"".join(answer.streaming_content)
        assert answer.headers["Content-Type"] == type_
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "private" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert Image.open(io.BytesIO(content)).size[0] in (WIDTH, 256)
        again = world.as_("viewer").get(url, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = world.as_("viewer").get(url, headers={"If-None-Match": '"other"'})
        assert other.status_code == 200
        assert b"".join(other.streaming_content) == content


def test_the_original_is_an_attachment_byte_for_byte(world: World) -> None:
    content = picture(9, format_="TIFF")
    made = results(send(world, upload("scan.tif", content, "image/tiff"), paths=["ünter/scän.tif"]))[0][
        "image"
    ]
    original = world.as_("viewer").get(made["original"])
    assert b"".join(original.streaming_content) == content
    assert original.headers["Content-Type"] == "image/tiff"
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert "sc%C3%A4n.tif" in original.headers["Content-Disposition"]
    shown = world.as_("viewer").get(made["file"])
    assert Image.open(io.BytesIO(b"".join(shown.streaming_content))).format == "PNG"


def test_an_image_element_gets_pixels_whatever_it_accepts(world: World) -> None:
    for accept in ("image/avif,image/webp,*/*;q=0.8", "image/png", "text/html"):
        answer = world.as_("viewer").get(f"/images/{world.image.pk}/file", headers={"Accept": accept})
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content).startswith(b"\x89PNG")


def test_a_file_that_is_gone_from_the_storage_is_a_problem(world: World) -> None:
    default_storage.delete(world.image.thumbnail)
    check(world.as_("viewer").get(f"/images/{world.image.pk}/thumbnail"), 404, "not-found")


def test_an_image_goes_the_whole_way_through_the_workflow(world: World) -> None:
    path = f"/images/{world.image.pk}"
    annotator, reviewer = world.as_("annotator"), world.as_("reviewer")
    check(reviewer.post(f"{path}/review", {"decision": "accept"}), 409, "conflict")
    assert annotator.post(f"{path}/submit").json()["status"] == "submitted"
    check(annotator.post(f"{path}/submit"), 409, "conflict")
    returned = reviewer.post(
        f"{path}/review", {"decision": "return", "comment": "the left car is missing"}
    ).json()
    assert (returned["status"], returned["review_comment"]) == ("returned", "the left car is missing")
    assert annotator.post(f"{path}/submit").json()["status"] == "submitted"
    assert annotator.post(f"{path}/reopen").json()["status"] == "in_progress"
    annotator.post(f"{path}/submit")
    assert reviewer.post(f"{path}/review", {"decision": "accept"}).json()["status"] == "accepted"
    check(annotator.post(f"{path}/reopen"), 403, "not-allowed")
    assert reviewer.post(f"{path}/reopen").json()["status"] == "in_progress"
    check(reviewer.post(f"{path}/review", {"decision": "maybe"}), 400, "invalid-input")


def test_no_two_people_get_the_same_image_and_an_empty_queue_says_so(world: World) -> None:
    world.add_image(1)
    path = f"/projects/{world.project.pk}/next"
    first = world.as_("annotator").post(path, {"queue": "annotate"}).json()
    second = world.as_("reviewer").post(path, {"queue": "annotate"}).json()
    assert first["id"] != second["id"]
    assert first["claimed_by"]["email"] == world.members["annotator"].user.email
    third = world.as_("manager").post(path, {"queue": "annotate"})
    assert (third.status_code, third.content) == (204, b"")
    assert world.as_("reviewer").post(path, {"queue": "review"}).status_code == 204
    check(world.as_("annotator").post(path, {"queue": "review"}), 403, "not-allowed")
    check(world.as_("annotator").post(path, {"queue": "other"}), 400, "invalid-input")


def test_a_deleted_image_is_gone_and_may_be_uploaded_again(world: World) -> None:
    world.add_image(1, "a.png")
    image = ImageAsset.objects.get(name="a.png")
    assert world.as_("manager").delete(f"/images/{image.pk}").status_code == 204
    check(world.as_("manager").get(f"/images/{image.pk}"), 404, "not-found")
    check(world.as_("manager").get(f"/images/{image.pk}/file"), 404, "not-found")
    assert results(send(world, upload("a.png", picture(1))))[0]["status"] == "created"


def test_changing_an_image_names_what_is_wrong(world: World) -> None:
    world.add_image(1, "taken.png")
    path = f"/images/{world.image.pk}"
    good = world.as_("manager").patch(path, {"name": "new/name.png", "licence": "CC0", "group": "g"}).json()
    assert (good["name"], good["licence"], good["group"]) == ("new/name.png", "CC0", "g")
    check(world.as_("manager").patch(path, {"name": "taken.png"}), 409, "conflict")
    body = check(
        world.as_("manager").patch(path, {"source_url": "javascript:alert(1)"}), 400, "invalid-input"
    )
    assert body["errors"][0]["where"] == "source_url"
    check(world.as_("manager").patch(path, {"width": 5}), 400, "invalid-input")
