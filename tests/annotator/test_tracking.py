"""Filling objects into other frames: what is put where, what is left alone, and that twice is the same as once."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator import jobs
from annotator.core.document import Annotation, BoxGeometry, MaskGeometry
from annotator.core.errors import InvalidInput, NotAllowed
from annotator.core.raster import mask_from_bitmap, rasterise
from annotator.models import Annotation as Row
from annotator.models import Document, ImageAsset, ImageStatus, Job, JobState, Project, Revision, User
from annotator.selectors.document import annotations_at, to_core
from annotator.selectors.sequence import frames_of, natural, tracks_of
from annotator.services.image import image_create
from annotator.services.tracking import Outcome, Plan, fill, fill_start
from tests.annotator.factories import (
    an_object,
    change,
    make_image,
    make_member,
    make_project,
    make_user,
    square,
)
from tests.clips import textured

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def clip(project: Project) -> list[ImageAsset]:
    """Nine frames without pixels."""
    return [
        make_image(project, name=f"clip/{k:06}.jpg", group="clip", frame=k, timestamp=k / 10)
        for k in range(1, 10)
    ]


def document(image: ImageAsset) -> Document:
    return image.documents.get()


def objects(image: ImageAsset) -> list[Annotation]:
    return [to_core(row) for row in annotations_at(document(image))]


def box(x: float, y: float, **fields: Any) -> Annotation:
    return an_object(BoxGeometry(x, y, x + 20, y + 10), **fields)


def draw(image: ImageAsset, *drawn: Annotation) -> None:
    change(document(image), list(drawn))


def run(image: ImageAsset, method: str, *chosen: Annotation, until: ImageAsset | None = None) -> Outcome:
    image = ImageAsset.objects.select_related("project").get(pk=image.pk)
    return fill(plan=Plan(image, method, tuple(one.id for one in chosen), until), user=None)


def test_copies_are_filled_objects_of_one_track_and_write_nothing_where_they_come_from(
    clip: list[ImageAsset],
) -> None:
    one = box(10, 10, attributes={}, z=3)
    draw(clip[0], one)
    outcome = run(clip[0], "copy", one, until=clip[3])
    assert (outcome.saved, outcome.frames, outcome.skipped) == (3, 3, [])
    for image in clip[1:4]:
        [made] = objects(image)
        assert (made.geometry, made.z, made.class_index) == (one.geometry, 3, 1)
        assert (made.own_track, made.source) == (one.id, "filled")
        assert made.id != one.id
    assert document(clip[0]).revision == 1
    assert not objects(clip[4])


def test_copying_backwards_fills_the_frames_before(clip: list[ImageAsset]) -> None:
    one = box(10, 10)
    draw(clip[5], one)
    run(clip[5], "copy", until=clip[2])
    assert [bool(objects(image)) for image in clip] == [
        False,
        False,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_filling_twice_writes_nothing_the_second_time(clip: list[ImageAsset]) -> None:
    one = box(10, 10)
    draw(clip[0], one)
    run(clip[0], "copy", until=clip[8])
    before = Revision.objects.count()
    again = run(clip[0], "copy", until=clip[8])
    assert (again.saved, again.unchanged, Revision.objects.count()) == (0, 8, before)


def test_interpolated_boxes_lie_where_arithmetic_says(clip: list[ImageAsset]) -> None:
    first = box(0, 0)
    last = box(40, 16, track=first.id)
    draw(clip[0], first)
    draw(clip[8], last)
    outcome = run(clip[8], "interpolate", last)
    assert (outcome.saved, outcome.frames) == (7, 7)
    for k, image in enumerate(clip):
        [made] = objects(image)
        assert made.geometry == BoxGeometry(5.0 * k, 2.0 * k, 5.0 * k + 20, 2.0 * k + 10)
        assert made.source == ("person" if k in (0, 8) else "filled")
    tracks = tracks_of(frames_of(clip[0]))
    assert [(one.id, one.keyframes, one.filled) for one in tracks] == [
        (first.id, [0, 8], [1, 2, 3, 4, 5, 6, 7])
    ]


def test_what_a_person_changes_becomes_a_keyframe_and_is_never_overwritten(clip: list[ImageAsset]) -> None:
    first = box(0, 0)
    draw(clip[0], first)
    draw(clip[8], box(40, 16, track=first.id))
    run(clip[0], "interpolate", first)
    [middle] = objects(clip[4])
    change(document(clip[4]), [(replace(middle, geometry=BoxGeometry(20, 40, 40, 50)), 1)])
    outcome = run(clip[0], "interpolate", first)
    assert objects(clip[4])[0].geometry == BoxGeometry(20, 40, 40, 50)
    assert objects(clip[2])[0].geometry == BoxGeometry(10, 20, 30, 30)
    assert outcome.saved == 6
    outcome = run(clip[0], "copy", first, until=clip[8])
    assert objects(clip[4])[0].geometry == BoxGeometry(20, 40, 40, 50)
    assert outcome.kept == 2


def test_object_that_a_person_deleted_is_not_interpolated_again(clip: list[ImageAsset]) -> None:
    first = box(0, 0)
    draw(clip[0], first)
    draw(clip[8], box(40, 16, track=first.id))
    run(clip[0], "interpolate", first)
    [gone] = objects(clip[3])
    change(document(clip[3]), delete=[(gone.id, 1)])
    outcome = run(clip[0], "interpolate", first)
    assert (outcome.saved, outcome.kept, objects(clip[3])) == (0, 1, [])


def test_polygons_and_masks_are_interpolated_too(clip: list[ImageAsset]) -> None:
    shape, bitmap = an_object(square(0, 0)), np.zeros((80, 100), dtype=bool)
    bitmap[10:30, 10:30] = True
    mask = an_object(mask_from_bitmap(bitmap))
    draw(clip[0], shape, mask)
    draw(
        clip[4],
        an_object(square(40, 0), track=shape.id),
        an_object(mask_from_bitmap(np.roll(bitmap, 40, axis=1)), track=mask.id),
    )
    run(clip[0], "interpolate")
    made = {one.own_track: one.geometry for one in objects(clip[2])}
    assert np.array_equal(made[shape.id].polygons[0][0], square(20, 0).polygons[0][0])
    assert isinstance(made[mask.id], MaskGeometry)
    assert np.array_equal(rasterise(made[mask.id], 80, 100), np.roll(bitmap, 20, axis=1))


@pytest.mark.parametrize("status", [ImageStatus.SUBMITTED, ImageStatus.ACCEPTED])
def test_closed_frames_are_left_alone_and_named(clip: list[ImageAsset], status: str) -> None:
    one = box(10, 10)
    draw(clip[0], one)
    ImageAsset.objects.filter(pk=clip[2].pk).update(status=status)
    outcome = run(clip[0], "copy", until=clip[4])
    assert (outcome.saved, outcome.skipped_count) == (3, 1)
    assert outcome.skipped == [{"image": str(clip[2].pk), "name": clip[2].name, "reason": f"it is {status}"}]
    assert not objects(clip[2])


def test_exclusive_project_refuses_the_object_that_overlaps_and_takes_the_others() -> None:
    project = make_project(exclusive=True)
    images = [make_image(project, name=f"s/{k}.png", group="s") for k in (1, 2, 3)]
    one, two = an_object(square(0, 0)), an_object(square(40, 40))
    draw(images[0], one, two)
    theirs = an_object(square(5, 5))
    draw(images[1], theirs)
    outcome = run(images[0], "copy", until=images[2])
    assert outcome.saved == 3
    assert {made.own_track for made in objects(images[1])} == {theirs.id, two.id}
    assert "shares 25 pixels" in outcome.skipped[0]["reason"]


def test_frame_of_another_size_is_skipped(project: Project) -> None:
    images = [make_image(project, name=f"s/{k}.png", group="s", width=100 + 10 * (k == 2)) for k in (1, 2, 3)]
    one = box(0, 0)
    draw(images[0], one)
    outcome = run(images[0], "copy", until=images[2])
    assert [bool(objects(image)) for image in images] == [True, False, True]
    assert outcome.skipped[0]["reason"] == "it has another size"


def test_what_is_not_right_is_refused_before_anything_is_written(
    clip: list[ImageAsset], project: Project
) -> None:
    one = box(10, 10)
    draw(clip[0], one)
    other = make_image(project, name="alone.png")
    for plan, where in (
        (Plan(clip[0], "teleport"), "method"),
        (Plan(clip[0], "copy"), "until"),
        (Plan(clip[0], "copy", until=clip[0]), "until"),
        (Plan(clip[0], "copy", until=other), "until"),
        (Plan(clip[0], "copy", (uuid.uuid4(),), clip[1]), "objects"),
        (Plan(clip[1], "copy", until=clip[2]), "objects"),
    ):
        with pytest.raises(InvalidInput) as refused:
            fill(plan=plan, user=None)
        assert [problem.where for problem in refused.value.problems] == [where]
    assert Row.objects.count() == 1


def test_person_without_a_role_may_not(clip: list[ImageAsset], project: Project) -> None:
    draw(clip[0], box(1, 1))
    with pytest.raises(NotAllowed):
        fill(plan=Plan(clip[0], "copy", until=clip[1]), user=make_member(project, "viewer"))


def test_many_frames_are_filled_by_a_job(project: Project) -> None:
    owner = User.objects.get(pk=project.created_by.pk)
    images = [make_image(project, name=f"l/{k:03}.png", group="l", frame=k) for k in range(1, 101)]
    one = box(10, 10)
    draw(images[0], one)
    job = fill_start(plan=Plan(images[0], "copy", until=images[-1]), user=owner)
    assert isinstance(job, Job)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, job.error
    assert (job.result["saved"], job.result["frames"]) == (99, 99)
    assert Row.objects.filter(track=one.id, valid_to=None, source="filled", source_ref="copy").count() == 99


def test_order_is_that_of_frames_or_of_numbers_in_names(project: Project) -> None:
    for name in ("s/10.png", "s/9.png", "s/1.png"):
        image = make_image(project, name=name, group="s")
    assert [frame.name for frame in frames_of(image)] == ["s/1.png", "s/9.png", "s/10.png"]
    for name, number in (("v/b.png", 1), ("v/a.png", 2)):
        image = make_image(project, name=name, group="v", frame=number)
    assert [frame.name for frame in frames_of(image)] == ["v/b.png", "v/a.png"]
    alone = make_image(project, name="alone.png")
    assert [frame.id for frame in frames_of(alone)] == [alone.pk]
    assert sorted(["0016E5_390", "0016E5_0012", "a"], key=natural) == ["0016E5_0012", "0016E5_390", "a"]
    # Digits that stand for no place in a number are letters here.
    assert sorted(["1\u00b210", "1\u00b22", "\u0663", "\u2460"], key=natural) == [
        "1\u00b22",
        "1\u00b210",
        "\u0663",
        "\u2460",
    ]


@pytest.fixture
def moving_clip(storage: Path) -> list[ImageAsset]:
    """Frames in which everything moves to the left by 3 pixels a frame."""
    project = make_project(make_user())
    images = []
    for k, frame in enumerate(textured(5), start=1):
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(frame[:, :, ::-1])).save(file, "PNG")
        result = image_create(project=project, user=None, file=file, name=f"m/{k}.png", group="m")
        assert result.image is not None
        images.append(result.image)
    return images


def test_propagated_objects_follow_the_picture(moving_clip: list[ImageAsset]) -> None:
    bitmap = np.zeros((120, 160), dtype=bool)
    bitmap[40:80, 80:120] = True
    mask, shape, frame = an_object(mask_from_bitmap(bitmap)), an_object(square(60, 30, 40)), box(80, 50)
    draw(moving_clip[0], mask, shape, frame)
    outcome = run(moving_clip[0], "propagate", until=moving_clip[4])
    assert (outcome.saved, outcome.skipped) == (12, [])
    made = {one.own_track: one for one in objects(moving_clip[4])}
    truth = np.roll(bitmap, -12, axis=1)
    found = rasterise(made[mask.id].geometry, 120, 160)
    assert (found & truth).sum() / (found | truth).sum() > 0.95
    assert np.abs(made[shape.id].geometry.polygons[0][0] - square(48, 30, 40).polygons[0][0]).max() < 1.5
    sides = made[frame.id].geometry
    assert np.allclose((sides.x0, sides.y0, sides.x1, sides.y1), (68, 50, 88, 60), atol=1.5)
    assert (made[mask.id].score or 0) > 0.8


def test_object_that_is_lost_ends_and_is_told(moving_clip: list[ImageAsset]) -> None:
    frame = box(0, 50)  # leaves to the left
    draw(moving_clip[0], frame)
    other = Image.effect_noise((160, 120), 90).convert("RGB")
    file = io.BytesIO()
    other.save(file, "PNG")
    cut = image_create(
        project=moving_clip[0].project, user=None, file=file, name="m/6.png", group="m"
    ).image  # a cut to another scene
    outcome = run(moving_clip[0], "propagate", until=cut)
    assert any("lost" in one["reason"] for one in outcome.skipped)
    assert not objects(cut)
