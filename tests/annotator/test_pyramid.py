"""Large images: taken in by their header, cut into tiles by a job, exact where the file is, clear where it is bad."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from annotator import jobs
from annotator.core.errors import Conflict
from annotator.models import ImageAsset, Job, JobState
from annotator.selectors.region import region_pixels
from annotator.selectors.tiles import (
    PyramidMissing,
    TileMissing,
    expected_tiles,
    level_size,
    levels_of,
    pyramid_region,
    tile_at,
    tile_count,
)
from annotator.services.image import image_create, image_delete
from annotator.services.pyramid import pyramid_lost, pyramids_sweep
from annotator.services.version import version_freeze
from tests.annotator.factories import make_project
from tests.annotator.large import (
    HEIGHT,
    LIMIT,
    WIDTH,
    encoded,
    level_pixels,
    pattern,
    prepare,
    prepared,
    saved_by_vips,
    take,
)
from tests.annotator.test_ingest import bomb_png

pytestmark = pytest.mark.django_db
PIXELS = pattern()
NOISE = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def _low_limit(settings: Any, storage: Path) -> None:
    settings.LARGE_IMAGE_PIXELS = LIMIT


def parts(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_file() and path.name.startswith(".")]


def test_a_large_image_is_listed_at_once_and_ready_after_its_job(storage: Path) -> None:
    image = take(encoded(Image.fromarray(PIXELS), "PNG"), "large.png")
    assert (image.width, image.height, image.levels, image.tile_size) == (WIDTH, HEIGHT, 3, 512)
    assert image.pyramid == ""
    assert not (storage / image.thumbnail).exists()
    job = prepare(image)
    assert (job.kind, job.state, job.result and job.result["tiles"]) == ("pyramid", "succeeded", 6 + 2 + 1)
    assert image.pyramid
    assert (storage / image.thumbnail).exists()
    assert image.sharpness > 0
    assert len(image.perceptual_hash) == 16
    assert parts(storage) == []


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_tiles_of_a_lossless_file_are_its_pixels_exactly(kind: str) -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), kind))
    assert np.array_equal(level_pixels(image, 2), PIXELS)
    half = level_pixels(image, 1).astype(int)
    assert half.shape == (450, 650, 3)
    means = PIXELS.reshape(450, 2, 650, 2, 3).mean(axis=(1, 3))
    assert np.abs(half - means).max() <= 1


@pytest.mark.parametrize(
    "options",
    [
        {"tile": True, "tile_width": 128, "tile_height": 128, "bigtiff": True, "compression": "deflate"},
        {"tile": True, "tile_width": 256, "tile_height": 256, "compression": "none", "pyramid": True},
        {"compression": "lzw"},
    ],
    ids=["bigtiff tiles", "with its own pyramid", "strips"],
)
def test_tiled_and_big_tiffs_are_read(options: dict[str, Any], tmp_path: Path) -> None:
    image = prepared(saved_by_vips(PIXELS, tmp_path / "a.tif", **options))
    assert np.array_equal(level_pixels(image, 2), PIXELS)


def test_a_jpeg_gives_jpeg_tiles_close_to_its_pixels() -> None:
    smooth = np.stack([np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1))] * 3, axis=-1).astype(np.uint8)
    image = prepared(encoded(Image.fromarray(smooth), "JPEG", quality=95), "large.jpg")
    assert tile_at(image, 2, 0, 0).extension == "jpg"
    assert np.abs(level_pixels(image, 2).astype(int) - smooth).max() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_orientation_is_applied_once_and_exports_show_the_upright_picture(
    kind: str, orientation: int, storage: Path
) -> None:
    turn_back = {  # how a camera that is held this way lays the upright picture down
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    laid = Image.fromarray(np.ascontiguousarray(turn_back[orientation](PIXELS)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = prepared(encoded(laid, kind, exif=exif))
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    assert np.array_equal(level_pixels(image, 2), PIXELS)
    with Image.open(storage / image.display) as shown:
        assert np.array_equal(np.asarray(shown.convert("RGB")), PIXELS)
        assert shown.getexif().get(0x0112, 1) == 1
    assert (image.display == image.original) == (orientation == 1)


def test_sixteen_bits_are_stretched_by_their_percentiles_and_the_rule_is_kept() -> None:
    deep = np.linspace(1000, 5000, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)
    image = prepared(encoded(Image.fromarray(deep), "PNG"))
    low, high = image.stretch
    assert abs(low - np.percentile(deep, 0.1)) <= 1
    assert abs(high - np.percentile(deep, 99.9)) <= 1
    wanted = np.clip(np.rint((deep.astype(float) - low) * 255 / (high - low)), 0, 255)
    assert np.array_equal(level_pixels(image, 2)[..., 0], wanted)


def test_sixteen_bits_that_hold_small_values_are_kept() -> None:
    small = (PIXELS[..., 0] // 2).astype(np.uint16)
    image = prepared(encoded(Image.fromarray(small), "TIFF"))
    assert image.stretch is None
    assert np.array_equal(level_pixels(image, 2)[..., 0], small)


def test_floats_with_nan_are_stretched(tmp_path: Path) -> None:
    values = np.linspace(-3.0, 7.0, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.float32)
    values[:50] = np.nan
    image = prepared(saved_by_vips(values, tmp_path / "a.tif"))
    low, high = image.stretch
    assert low == pytest.approx(np.nanpercentile(values, 0.1), abs=0.02)
    shown = level_pixels(image, 2)[..., 0]
    assert shown[:50].max() == 0
    assert shown[-1, -1] == 255
    assert high == pytest.approx(6.99, abs=0.02)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_three_deep_bands_become_red_green_and_blue(dtype: Any, tmp_path: Path) -> None:
    deep = PIXELS.astype(dtype) * 100
    image = prepared(saved_by_vips(deep, tmp_path / "a.tif"))
    shown = level_pixels(image, 2)
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert shown[0, WIDTH - 1, 0] > 250
    assert shown[0, WIDTH - 1, 1] < 5


@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_small_tiffs_of_three_deep_bands_are_taken_whole(dtype: Any, tmp_path: Path, settings: Any) -> None:
    settings.LARGE_IMAGE_PIXELS = 10**9
    data = saved_by_vips(PIXELS.astype(dtype) * 100, tmp_path / "a.tif")
    image = take(data)
    assert (image.is_tiled, image.width, image.height) == (False, WIDTH, HEIGHT)
    with default_storage.open(image.display) as file:
        shown = np.asarray(Image.open(file))
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert shown[0, WIDTH - 1, 0] > 250


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_other_colour_modes_are_shown(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    source = Image.fromarray(PIXELS).convert(mode)
    image = prepared(encoded(source, kind))
    shown = level_pixels(image, 2)
    if mode == "CMYK":
        assert shown.shape == (HEIGHT, WIDTH, 3)
        return
    assert np.array_equal(shown[..., :3], np.asarray(source.convert("RGB")))


def test_alpha_and_the_colours_below_it_are_kept() -> None:
    alpha = (PIXELS[..., 2] > 128).astype(np.uint8) * 255
    rgba = np.dstack([PIXELS, alpha])
    image = prepared(encoded(Image.fromarray(rgba), "PNG"))
    assert np.array_equal(level_pixels(image, 2), rgba)


BAD = {
    "a cut PNG": (encoded(Image.fromarray(NOISE), "PNG")[:-400_000], "cut short", "damaged"),
    "a cut TIFF": (encoded(Image.fromarray(PIXELS), "TIFF")[: WIDTH * HEIGHT * 2], "cut short", "damaged"),
    "a cut JPEG": (encoded(Image.fromarray(NOISE), "JPEG")[:-60_000], "cut short", "damaged"),
    "a bomb": (bomb_png(20_000, 20_000), "cut short", "damaged"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_damaged_file_fails_its_job_with_a_clear_word_and_leaves_no_tiles(case: str, storage: Path) -> None:
    data, *words = BAD[case]
    result = image_create(project=make_project(), user=None, file=io.BytesIO(data), name="bad")
    if result.image is None:  # told at once: even better
        assert any(word in (result.reason or "") for word in words), result.reason
        return
    job = prepare(result.image)
    assert job.state == JobState.FAILED
    assert any(word in job.error["detail"] for word in words), job.error
    assert result.image.pyramid == ""
    assert not [path for path in (storage / "pyramids").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("size", "word"), [((60_000, 20_000), "60000 x 20000"), ((70_000, 10), "70000 x 10"), ((0, 10), "")]
)
def test_more_pixels_than_allowed_are_refused_by_the_header(size: tuple[int, int], word: str) -> None:
    result = image_create(project=make_project(), user=None, file=io.BytesIO(bomb_png(*size)), name="a.png")
    assert result.status == "rejected"
    assert word in (result.reason or "")
    assert ImageAsset.objects.count() == 0


def test_thirty_thousand_squared_is_allowed() -> None:
    image = take(bomb_png(30_000, 30_000), "a.png")
    assert (image.width, image.levels) == (30_000, 7)


def test_large_files_that_need_memory_for_all_their_pixels_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("annotator.services.limits.MAX_WHOLE_PIXELS", LIMIT)
    data = encoded(Image.fromarray(PIXELS), "JPEG", progressive=True)
    result = image_create(project=make_project(), user=None, file=io.BytesIO(data), name="a.jpg")
    assert "progressive" in (result.reason or "")
    data = encoded(Image.fromarray(PIXELS), "WEBP")
    result = image_create(project=make_project(), user=None, file=io.BytesIO(data), name="a.webp")
    assert "save it as TIFF" in (result.reason or "")


def test_a_full_disk_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, storage: Path) -> None:
    image = take(encoded(Image.fromarray(PIXELS), "PNG"))

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("annotator.services.pyramid.file_keep", full)
    job = prepare(image)
    assert job.state == JobState.FAILED
    assert "disk is full" in job.error["detail"]
    assert not [path for path in (storage / "pyramids").rglob("*") if path.is_file()]
    monkeypatch.undo()
    jobs.job_retry(job=job)
    assert prepare(image).state == JobState.SUCCEEDED


def test_a_cancelled_job_stops_in_the_middle_and_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, storage: Path
) -> None:
    image = take(encoded(Image.fromarray(PIXELS), "PNG"))
    job = Job.objects.get(pk=image.pyramid_job_id)
    from annotator.job_context import JobContext

    report = JobContext.progress

    def cancel_midway(self: JobContext, fraction: float, stage: str | None = None) -> None:
        report(self, fraction, stage)
        if fraction > 0.2:
            Job.objects.filter(pk=job.pk).update(cancel_requested=True)

    monkeypatch.setattr(JobContext, "progress", cancel_midway)
    assert prepare(image).state == JobState.CANCELLED
    assert image.pyramid == ""
    assert not [path for path in (storage / "pyramids").rglob("*") if path.is_file()]
    monkeypatch.undo()
    job.refresh_from_db()
    jobs.job_retry(job=job)
    assert prepare(image).state == JobState.SUCCEEDED


def test_running_again_finds_the_work_done() -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), "PNG"))
    first = image.pyramid
    Job.objects.filter(pk=image.pyramid_job_id).update(state=JobState.QUEUED)
    assert prepare(image).state == JobState.SUCCEEDED
    assert image.pyramid == first


def test_the_same_file_in_another_project_shares_the_pyramid_until_both_are_deleted(storage: Path) -> None:
    data = encoded(Image.fromarray(PIXELS), "PNG")
    first, second = prepared(data), take(data)
    second.refresh_from_db()
    assert second.pyramid == first.pyramid
    assert second.thumbnail == first.thumbnail
    archive = storage / first.pyramid
    image_delete(image=first)
    assert archive.exists()
    image_delete(image=second)


@pytest.mark.django_db(transaction=True)
def test_deleting_an_image_deletes_its_pyramid_and_stops_its_job(storage: Path) -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), "PNG"))
    archive = storage / image.pyramid
    version_freeze(project=image.project, user=image.project.created_by)
    image_delete(image=image)
    assert not archive.exists()
    assert (storage / image.display).exists(), "the frozen version exports the picture itself"
    image.refresh_from_db()
    assert image.pyramid == ""
    waiting = take(encoded(Image.fromarray(PIXELS[::-1].copy()), "PNG"))
    image_delete(image=waiting)
    assert Job.objects.get(pk=waiting.pyramid_job_id).state == JobState.CANCELLED


def test_a_job_whose_image_was_deleted_meanwhile_leaves_nothing(
    storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = take(encoded(Image.fromarray(PIXELS), "PNG"))
    from annotator.services import pyramid

    keep = pyramid.file_keep

    def deleted_now(path: Path, name: str) -> str:
        ImageAsset.objects.filter(pk=image.pk).update(deleted="2026-01-01T00:00Z")
        return keep(path, name)

    monkeypatch.setattr(pyramid, "file_keep", deleted_now)
    assert prepare(image).state == JobState.FAILED
    assert not [path for path in (storage / "pyramids").rglob("*") if path.is_file()]


def test_a_lost_pyramid_is_made_again_once(storage: Path) -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), "PNG"))
    (storage / image.pyramid).unlink()
    fresh = ImageAsset.objects.get(pk=image.pk)
    with pytest.raises(PyramidMissing):
        tile_at(fresh, 2, 0, 0)
    pyramid_lost(image=image)
    pyramid_lost(image=image)
    assert Job.objects.filter(kind="pyramid", state=JobState.QUEUED).count() == 1
    image.refresh_from_db()
    prepare(image)
    assert np.array_equal(level_pixels(image, 2), PIXELS)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_a_damaged_pyramid(storage: Path) -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), "PNG"))
    damaged = storage / image.pyramid
    damaged.write_bytes(b"x" * 1000)
    pyramid_lost(image=image)
    assert not damaged.exists()
    image.refresh_from_db()
    prepare(image)
    assert np.array_equal(level_pixels(image, 2), PIXELS)


def test_what_a_killed_worker_left_is_swept(storage: Path) -> None:
    folder = storage / "pyramids"
    folder.mkdir(parents=True)
    left = folder / ".part-0-1"
    left.mkdir()
    (left / "t.zip").write_bytes(b"half")
    pyramids_sweep(before=left.stat().st_mtime - 10)
    assert left.exists()
    pyramids_sweep(before=left.stat().st_mtime + 10)
    assert not left.exists()


def test_levels_and_counts() -> None:
    assert levels_of(512, 512, 512) == 1
    assert levels_of(513, 1, 512) == 2
    assert levels_of(30_000, 30_000, 512) == 7
    assert level_size(1301, 901, 3, 1) == (651, 451)
    assert expected_tiles(1301, 901, 512) == 6 + 2 + 1


def test_tiles_outside_do_not_exist() -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), "PNG"))
    assert tile_count(image.pyramid) == expected_tiles(WIDTH, HEIGHT, 512)
    for place in [(3, 0, 0), (2, 3, 0), (2, 0, 2), (0, 1, 0)]:
        with pytest.raises(TileMissing):
            tile_at(image, *place)


@pytest.mark.parametrize(
    "frame", [(0, 0, 1300, 900), (500, 500, 530, 520), (1290, 890, 1300, 900), (3, 5, 900, 700)]
)
def test_a_region_is_cut_out_of_tiles_exactly(frame: tuple[int, int, int, int]) -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), "PNG"))
    x0, y0, x1, y1 = frame
    assert np.array_equal(region_pixels(image, frame), PIXELS[y0:y1, x0:x1])


def test_a_large_region_comes_from_a_coarser_level() -> None:
    image = prepared(encoded(Image.fromarray(PIXELS), "PNG"))
    part = pyramid_region(image, (100, 100, 1300, 900), 100_000)
    assert part.shape[0] * part.shape[1] == pytest.approx(100_000, rel=0.02)
    wanted = np.asarray(
        Image.fromarray(PIXELS[100:900, 100:1300]).resize(
            (part.shape[1], part.shape[0]), Image.Resampling.BOX
        )
    ).astype(int)
    difference = np.abs(part.astype(int)[..., :2] - wanted[..., :2])
    assert difference.max() <= 3


def test_regions_of_an_image_that_is_not_ready_are_refused() -> None:
    image = take(encoded(Image.fromarray(PIXELS), "PNG"))
    with pytest.raises(Conflict, match="prepared"):
        region_pixels(image, (0, 0, 10, 10))
