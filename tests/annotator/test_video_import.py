"""Videos as sequences of images: which frames come in, what they are called, and why others are refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from annotator import jobs
from annotator.core.errors import Cancelled, InvalidInput
from annotator.job_context import JobContext
from annotator.models import Document, ImageAsset, Job, JobState, Project
from annotator.services import video_import, video_read
from annotator.services.image import image_create
from annotator.services.import_job import import_start
from annotator.services.video_read import BadVideo, Video, VideoOptions, video_kind, video_options
from tests.annotator.factories import make_project
from tests.clips import CODECS, moving, write_clip

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(storage: Path) -> Project:
    return make_project()


def run(project: Project, files: dict[str, bytes], **video: Any) -> Job:
    sent = [(name, io.BytesIO(content)) for name, content in files.items()]
    job = import_start(user=None, project=project, files=sent, video=video)
    jobs.run_job(job.pk)
    job.refresh_from_db()
    return job


def clip(tmp_path: Path, name: str = "clip.avi", count: int = 12, **given: Any) -> bytes:
    return write_clip(tmp_path / name, moving(count), **given).read_bytes()


def frames(project: Project) -> list[ImageAsset]:
    return list(ImageAsset.objects.filter(project=project, deleted=None).order_by("frame"))


def pixels(image: ImageAsset) -> Any:
    with default_storage.open(image.display) as file:
        return np.asarray(Image.open(file).convert("RGB"))


@pytest.mark.parametrize("suffix", sorted(CODECS))
def test_every_container_becomes_one_group_in_order(project: Project, tmp_path: Path, suffix: str) -> None:
    job = run(project, {f"day/clip{suffix}": clip(tmp_path, f"clip{suffix}", 6)})
    assert job.state == JobState.SUCCEEDED, job.error
    found = frames(project)
    assert [image.name for image in found] == [f"day/clip/{n:06d}.jpg" for n in range(1, 7)]
    assert {image.group for image in found} == {"day/clip"}
    assert len({image.split for image in found}) == 1
    assert [image.frame for image in found] == [1, 2, 3, 4, 5, 6]
    assert np.allclose([image.timestamp for image in found], np.arange(6) / 10, atol=0.002)
    assert Document.objects.filter(image__project=project, role="primary").count() == 6
    means = [float(pixels(image)[30:, :].mean()) for image in found]
    assert np.allclose(means, [20 + 3 * n for n in range(6)], atol=6)  # the codecs lose a little
    assert job.result["images"] == {"created": 6, "duplicate": 0, "matched": 0, "rejected": 0}
    [told] = job.result["clips"]
    assert (told["group"], told["created"], told["present"]) == ("day/clip", 6, 0)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"every": 5}, [1, 6, 11, 16]),
        ({"per_second": 2}, [1, 6, 11, 16]),
        ({"per_second": 100}, list(range(1, 21))),
        ({"start": 0.5, "end": 0.8}, [6, 7, 8]),
        ({"start": 0.5, "per_second": 4}, [6, 9, 11, 14, 16, 19]),
    ],
)
def test_chosen_frames_keep_their_number_in_the_video(
    project: Project, tmp_path: Path, options: dict[str, Any], expected: list[int]
) -> None:
    job = run(project, {"clip.avi": clip(tmp_path, count=20)}, **options)
    assert job.state == JobState.SUCCEEDED, job.error
    assert [image.frame for image in frames(project)] == expected


def test_frames_are_scaled_and_kept_as_png_when_asked(project: Project, tmp_path: Path) -> None:
    run(project, {"clip.avi": clip(tmp_path, count=2)}, longest_side=32, format="png")
    assert [(i.name, i.format, i.width, i.height) for i in frames(project)] == [
        ("clip/000001.png", "PNG", 32, 24),
        ("clip/000002.png", "PNG", 32, 24),
    ]


def test_equal_frames_of_a_still_scene_all_stay_and_share_one_file(project: Project, tmp_path: Path) -> None:
    still = write_clip(tmp_path / "still.avi", [moving(1)[0]] * 5).read_bytes()
    job = run(project, {"still.avi": still})
    assert job.state == JobState.SUCCEEDED, job.error
    found = frames(project)
    assert [image.frame for image in found] == [1, 2, 3, 4, 5]
    assert len({image.sha256 for image in found}) == 1
    assert len({image.original for image in found}) == 1
    # A picture beside the clip is still there once only.
    with default_storage.open(found[0].original) as file:
        result = image_create(project=project, user=None, file=io.BytesIO(file.read()), name="again.jpg")
    assert result.status == "duplicate"


def test_same_video_again_adds_nothing_and_more_of_it_only_what_is_missing(
    project: Project, tmp_path: Path
) -> None:
    content = clip(tmp_path, count=10)
    run(project, {"clip.avi": content}, every=3)
    again = run(project, {"clip.avi": content}, every=3)
    assert again.result["clips"][0] | {"seconds": 0} == {
        "name": "clip.avi", "group": "clip", "created": 0, "present": 4, "seconds": 0,
    }  # fmt: skip
    more = run(project, {"clip.avi": content})
    assert (more.result["clips"][0]["created"], more.result["clips"][0]["present"]) == (6, 4)
    assert [image.frame for image in frames(project)] == list(range(1, 11))
    assert len({image.split for image in frames(project)}) == 1


def test_another_video_of_the_same_name_gets_a_group_of_its_own(project: Project, tmp_path: Path) -> None:
    run(project, {"clip.avi": clip(tmp_path, count=3)})
    other = write_clip(tmp_path / "other.avi", [255 - frame for frame in moving(3)]).read_bytes()
    job = run(project, {"clip.avi": other})
    assert job.result["clips"][0]["group"] == "clip (2)"
    assert {image.name for image in frames(project) if image.group == "clip (2)"} == {
        f"clip (2)/00000{n}.jpg" for n in (1, 2, 3)
    }


def test_videos_and_pictures_come_in_together(project: Project, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), (1, 2, 3)).save(buffer, "PNG")
    job = run(project, {"a.avi": clip(tmp_path, count=2), "p.png": buffer.getvalue()})
    assert job.state == JobState.SUCCEEDED, job.error
    assert {image.name for image in frames(project)} == {"a/000001.jpg", "a/000002.jpg", "p.png"}


def test_a_damaged_file_that_may_be_a_video_does_not_stop_the_others(
    project: Project, tmp_path: Path
) -> None:
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (20, 20), (1, 2, 3)).save(picture, "PNG")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes", b"what the photographs show")
        archive.writestr("p.png", picture.getvalue())
    damaged = packed.getvalue().replace(b"photographs show", b"photographs hide")
    job = run(project, {"set.zip": damaged})
    assert job.state == JobState.SUCCEEDED, job.error
    assert {image.name for image in frames(project)} == {"p.png"}
    assert [one["where"] for one in job.result["problems"]] == ["notes"]


def audio_only(tmp_path: Path) -> bytes:
    """A video whose one track says that it holds sound."""
    return clip(tmp_path, "sound.mp4").replace(b"hdlr\0\0\0\0\0\0\0\0vide", b"hdlr\0\0\0\0\0\0\0\0soun")


def truncated_avi(tmp_path: Path) -> bytes:
    content = clip(tmp_path, "cut.avi", 40)
    return content[: len(content) // 2]


BAD: dict[str, tuple[str, Callable[[Path], bytes], str]] = {
    "empty": ("a.mp4", lambda _path: b"", "empty"),
    "a picture": ("a.mp4", lambda _path: b"\x89PNG\r\n\x1a\n" + bytes(100), "content is no video"),
    "a playlist": (
        "a.mp4",
        lambda _path: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "content is no video",
    ),
    "sound only": ("a.mp4", audio_only, "no frame can be read"),
    "cut MP4": ("a.mp4", lambda path: clip(path, "cut.mp4", 40)[:2000], "no frame can be read"),
    "cut AVI": ("a.avi", truncated_avi, "breaks off"),
    "noise": ("a.mkv", lambda _path: b"\x1aE\xdf\xa3" + bytes(range(256)) * 40, "no frame can be read"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_bad_video_is_refused_by_name_and_leaves_nothing(project: Project, tmp_path: Path, case: str) -> None:
    name, make, words = BAD[case]
    job = run(project, {name: make(tmp_path)})
    assert job.state == JobState.FAILED
    assert job.error["detail"].startswith(f"{name}: ")
    assert words in job.error["detail"]
    assert job.error["errors"] and name in job.error["errors"][0]["where"]
    assert not ImageAsset.objects.filter(project=project).exists()


def test_bad_video_beside_a_good_one_is_told_and_the_good_one_taken(project: Project, tmp_path: Path) -> None:
    job = run(project, {"bad.mp4": b"no", "good.avi": clip(tmp_path, count=2)})
    assert job.state == JobState.SUCCEEDED
    assert (job.result["images"]["created"], job.result["images"]["rejected"]) == (2, 1)
    assert [one["where"] for one in job.result["problems"]] == ["bad.mp4"]


def test_limits_name_what_is_allowed(project: Project, tmp_path: Path, settings: Any) -> None:
    settings.MAX_VIDEO_FRAMES = 5
    job = run(project, {"clip.avi": clip(tmp_path, count=12)})
    assert "at most 5" in job.error["detail"]
    assert run(project, {"clip.avi": clip(tmp_path, count=12)}, every=3).state == JobState.SUCCEEDED
    settings.MAX_VIDEO_SECONDS = 60
    long = run(project, {"long.avi": clip(tmp_path, "long.avi", 12, rate=0.1)}, every=10)
    assert "at most 1 are taken" in long.error["detail"]
    settings.MAX_IMAGE_PIXELS = 1000
    assert "64 x 48" in run(project, {"wide.avi": clip(tmp_path, count=4)}).error["detail"]
    settings.MAX_VIDEO_BYTES = 100
    assert "MB" in run(project, {"big.avi": clip(tmp_path, count=4)}).error["detail"]


def test_frames_too_large_to_be_shown_whole_are_refused_unless_scaled(
    project: Project, tmp_path: Path, settings: Any
) -> None:
    settings.LARGE_IMAGE_PIXELS = 64 * 48 - 1
    refused = run(project, {"wide.avi": clip(tmp_path, count=4)})
    assert "64 x 48 pixels are too large" in refused.error["detail"]
    assert not frames(project)
    assert run(project, {"wide.avi": clip(tmp_path, count=4)}, longest_side=32).state == JobState.SUCCEEDED
    assert all(image.thumbnail and not image.is_tiled for image in frames(project))


def test_size_of_frames_is_checked_before_any_is_decoded(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_IMAGE_PIXELS = 1000
    path = write_clip(tmp_path / "wide.avi", moving(4))
    monkeypatch.setattr(Video, "frames", lambda *_: pytest.fail("decoded"))
    with pytest.raises(BadVideo, match="64 x 48"), Video(path, "wide.avi") as video:
        list(video.frames(VideoOptions()))


def test_cancelling_is_heard_while_frames_go_by_that_are_not_wanted(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "long.avi", moving(300))
    passed: list[int] = []

    def stop(number: int) -> None:
        passed.append(number)
        raise Cancelled("cancelled by a person")

    with Video(path, "long.avi") as video, pytest.raises(Cancelled):
        list(video.frames(VideoOptions(start=29.5), stop))
    assert 0 < passed[0] < 200


def test_decoder_itself_follows_no_list_of_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "other.avi", moving(4))
    path = tmp_path / "list.mp4"
    path.write_text("ffconcat version 1.0\nfile other.avi\n")
    monkeypatch.setattr(video_read, "video_kind", lambda _head: "MP4 or MOV")  # as if it had passed for one
    with pytest.raises(BadVideo):
        Video(path, "list.mp4")


def test_the_copy_lies_where_leftovers_are_swept(
    project: Project, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "swept")
    seen: list[Path] = []

    class Watched(Video):
        def __init__(self, path: Path, name: str) -> None:
            seen.append(path)
            super().__init__(path, name)

    monkeypatch.setattr(video_import, "Video", Watched)
    assert run(project, {"clip.avi": clip(tmp_path)}).state == JobState.SUCCEEDED
    assert seen[0].is_relative_to(tmp_path / "swept")
    assert not list((tmp_path / "swept").iterdir())


def test_cancelled_import_leaves_nothing_and_can_be_retried(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: JobContext) -> None:
        if self._progress > 0.4:  # pyright: ignore[reportPrivateUsage]
            raise Cancelled("cancelled by a person")

    monkeypatch.setattr(JobContext, "check_cancelled", stop)
    sent = [("clip.avi", io.BytesIO(clip(tmp_path)))]
    job = import_start(user=None, project=project, files=sent)
    job.cancel_requested = True
    jobs.run_job(job.pk)
    job.refresh_from_db()
    assert job.state != JobState.SUCCEEDED
    assert not frames(project)
    monkeypatch.undo()
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    jobs.job_retry(job=job)
    jobs.run_job(job.pk)
    assert len(frames(project)) == 12


def test_failure_while_the_rows_are_made_leaves_none(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_import.Document.objects, "bulk_create", lambda *_a, **_k: 1 / 0)
    job = run(project, {"clip.avi": clip(tmp_path)})
    assert job.state == JobState.FAILED
    assert not frames(project)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"every": 0}, "video.every"),
        ({"every": 2.5}, "video.every"),
        ({"per_second": float("nan")}, "video.per_second"),
        ({"every": 2, "per_second": 1}, "video.every"),
        ({"start": 5, "end": 5}, "video.end"),
        ({"quality": 101}, "video.quality"),
        ({"format": "gif"}, "video.format"),
        ({"longest_side": True}, "video.longest_side"),
        ({"speed": 1}, "video.speed"),
    ],
)
def test_options_that_are_not_right_are_named(given: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        video_options(given)
    assert [problem.where for problem in refused.value.problems] == [where]


def test_rate_of_frames_does_not_drift(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "ntsc.avi", moving(300, 16, 16), rate=29.97)
    with Video(path, "ntsc.avi") as video:
        taken = [frame.timestamp for frame in video.frames(VideoOptions(per_second=3))]
    assert len(taken) == 30  # the last of 300 frames is shown at 9.98 s
    assert all(0 <= at - k / 3 < 1 / 29.97 + 1e-3 for k, at in enumerate(taken))


def test_a_heic_picture_is_no_video() -> None:
    assert video_kind(b"\0\0\0\x18ftypheic\0\0\0\0") is None
    assert video_kind(b"\0\0\0\x18ftypisom\0\0\0\0") == "MP4 or MOV"
