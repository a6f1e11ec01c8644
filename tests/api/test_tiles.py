"""Tiles of large images over HTTP: state, pixels, caching, who may, and what is said when they are not there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from annotator.models import ImageAsset, Job
from tests.annotator.large import HEIGHT, LIMIT, WIDTH, encoded, pattern, prepare
from tests.api.conftest import World, upload

PIXELS = pattern()


@pytest.fixture(autouse=True)
def _low_limit(settings: Any, tmp_path: Path) -> None:
    settings.LARGE_IMAGE_PIXELS = LIMIT


@pytest.fixture
def large(world: World) -> ImageAsset:
    """A large image of the world's project, not prepared yet."""
    data = upload("scan.png", encoded(Image.fromarray(PIXELS), "PNG"))
    answer = world.as_("manager").upload(f"/projects/{world.project.pk}/images", files=[data]).json()
    return ImageAsset.objects.get(pk=answer["results"][0]["image"]["id"])


def tiles_of(world: World, image: ImageAsset) -> dict[str, Any]:
    return world.as_("viewer").get(f"/images/{image.pk}").json()["tiles"]


def tile(world: World, image: ImageAsset, *place: int, role: str = "viewer", **more: Any) -> Any:
    z, x, y = place
    return world.as_(role).get(f"/images/{image.pk}/tiles/{z}/{x}_{y}", **more)


def test_the_state_goes_from_preparing_to_ready(world: World, large: ImageAsset) -> None:
    before = tiles_of(world, large)
    assert (before["state"], before["size"], before["levels"]) == ("preparing", 512, 3)
    assert before["job"] == str(large.pyramid_job_id)
    Job.objects.filter(pk=large.pyramid_job_id).update(progress=0.4)
    assert tiles_of(world, large)["progress"] == 0.4
    prepare(large)
    after = tiles_of(world, large)
    assert (after["state"], after["progress"], after["error"]) == ("ready", 1.0, "")


def test_an_image_below_the_limit_has_no_tiles(world: World) -> None:
    assert tiles_of(world, world.image) is None


def test_a_failed_preparation_says_why_and_can_be_retried(world: World, large: ImageAsset) -> None:
    error = {"detail": "the disk is full", "errors": []}
    Job.objects.filter(pk=large.pyramid_job_id).update(state="failed", error=error)
    assert (tiles_of(world, large)["state"], tiles_of(world, large)["error"]) == (
        "failed",
        "the disk is full",
    )
    assert world.as_("manager").post(f"/jobs/{large.pyramid_job_id}/retry").status_code == 200
    assert tiles_of(world, large)["state"] == "preparing"


def test_tiles_are_the_image_and_are_kept_for_ever(world: World, large: ImageAsset) -> None:
    prepare(large)
    answer = tile(world, large, 2, 2, 1)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in answer.headers["Cache-Control"]
    shown = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert np.array_equal(shown, PIXELS[512:HEIGHT, 1024:WIDTH])
    again = tile(world, large, 2, 2, 1, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("place", [(3, 0, 0), (2, 3, 0), (2, 0, 2), (0, 1, 0), (999, 0, 0)])
def test_tiles_outside_are_not_found(world: World, large: ImageAsset, place: tuple[int, int, int]) -> None:
    prepare(large)
    assert tile(world, large, *place).status_code == 404


def test_tiles_are_for_members_only(world: World, large: ImageAsset) -> None:
    prepare(large)
    statuses = {
        role: tile(world, large, 0, 0, 0, role=role).status_code for role in ("viewer", "stranger", "nobody")
    }
    assert statuses == {"viewer": 200, "stranger": 404, "nobody": 401}


def test_while_preparing_tiles_are_a_conflict_and_the_thumbnail_a_stand_in(
    world: World, large: ImageAsset
) -> None:
    answer = tile(world, large, 0, 0, 0)
    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")
    body = world.as_("viewer").get(f"/images/{large.pk}").json()
    stand_in = world.as_("viewer").get(body["thumbnail"])
    assert stand_in.headers["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(stand_in.content)).size == (256, 177)
    prepare(large)
    ready = world.as_("viewer").get(f"/images/{large.pk}").json()["thumbnail"]
    assert ready != body["thumbnail"], "a browser must not show the stand-in for ever"


def test_lost_tiles_are_made_again(world: World, large: ImageAsset) -> None:
    prepare(large)
    default_storage.delete(large.pyramid)
    lost = ImageAsset.objects.get(pk=large.pk)
    answer = tile(world, large, 1, 0, 0)
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    assert tiles_of(world, lost)["state"] == "preparing"
    large.refresh_from_db()
    prepare(large)
    assert tile(world, large, 1, 0, 0).status_code == 200


def test_a_damaged_archive_is_made_again(world: World, large: ImageAsset) -> None:
    prepare(large)
    path = Path(default_storage.path(large.pyramid))
    path.write_bytes(path.read_bytes()[:5000])
    assert tile(world, large, 2, 0, 0).status_code == 503
    assert tiles_of(world, large)["state"] == "preparing"


def test_an_assist_reads_only_its_region(world: World, large: ImageAsset) -> None:
    path = f"/images/{large.pk}/assist/wand"
    body = {"region": [500, 500, 560, 540], "positive": [[520, 520]], "parameters": {}}
    assert world.as_("annotator").post(path, body).status_code == 409
    prepare(large)
    answer = world.as_("annotator").post(path, body)
    assert answer.status_code == 200, answer.content
