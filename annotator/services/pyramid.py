"""Tile pyramids of large images: the job that makes one, and what happens when one is gone.

Owns the job's steps, where a pyramid lies and when it is deleted. Does not own reading tiles (`selectors/tiles.py`),
nor how samples become 8 bits (`rendition.py`).

The picture is read once, from the top to the bottom, and all levels are written as it goes by, so that memory holds a
few rows of tiles however large it is. The archive is written under a temporary name and gets its own when it is whole:
a job that is killed leaves nothing that anybody takes for a pyramid. Files that were stored without loss give lossless
tiles.
"""

from __future__ import annotations

import errno
import io
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from PIL import ExifTags, Image

from annotator.core.errors import InvalidInput
from annotator.job_context import JobContext
from annotator.jobs import job_start
from annotator.models import ImageAsset, Job, JobState, User
from annotator.selectors.tiles import expected_tiles, levels_of, tile_at, tile_count
from annotator.services.files import content_name, file_keep, file_store
from annotator.services.ingest import look
from annotator.services.prediction import prelabel_request
from annotator.services.rendition import (
    MOST_STREAMED_BYTES,
    Stretch,
    check_unpacked,
    eight_bits,
    open_anywhere,
    open_rows,
    picture_library,
    reason_of,
    stretch_of,
    turned,
    without_surplus,
)
from annotator.services.tiff_header import JPEG_COMPRESSIONS, read_tiff_header
from annotator.storage import stored_path

FOLDER = "pyramids"
TILE_SIZE = 512
# 900 million noisy pixels: WebP 110 s and 1.2 GB, PNG 30 s and 2.6 GB (two cores; docs/adr/0012).
LOSSLESS = ".webp[lossless,effort=0,exact]"
LOSSY = ".jpg[Q=90]"
SHARED = ("pyramid", "display", "thumbnail", "stretch", "perceptual_hash", "sharpness", "exposure")
SIDEWAYS = 5  # EXIF orientations from here on swap width and height
COPY_CHUNK = 1 << 20


def tiled_fields(width: int, height: int) -> dict[str, int]:
    """The fields of a row that say that an image has, or will have, a pyramid."""
    return {"tile_size": TILE_SIZE, "levels": levels_of(width, height, TILE_SIZE)}


def pyramid_start(*, image: ImageAsset, user: User | None) -> Job | None:
    """Start the job that makes an image's pyramid; another image of the same content may have one already.

    Returns:
        The job, or None where the pyramid was there.
    """
    if _share(image):
        return None
    job = job_start(kind="pyramid", project=image.project, user=user, parameters={"image": str(image.pk)})
    image.pyramid, image.pyramid_job = "", job
    image.save(update_fields=["pyramid", "pyramid_job"])
    return job


def _share(image: ImageAsset) -> bool:
    """Take over what another image of the same content has: files are named by their content."""
    twins = ImageAsset.objects.filter(sha256=image.sha256, tile_size=image.tile_size).exclude(pyramid="")
    for twin in twins.exclude(pk=image.pk):
        if default_storage.exists(twin.pyramid) and default_storage.exists(twin.display):
            for name in SHARED:
                setattr(image, name, getattr(twin, name))
            image.save(update_fields=SHARED)
            return True
    return False


@transaction.atomic
def pyramid_lost(*, image: ImageAsset) -> None:
    """The archive is gone from the storage: make it anew, once, whoever notices first."""
    locked = ImageAsset.objects.select_for_update().get(pk=image.pk)
    if locked.pyramid != image.pyramid or not locked.pyramid:
        return
    name = locked.pyramid
    living = list(ImageAsset.objects.filter(pyramid=name, deleted=None))
    ImageAsset.objects.filter(pyramid=name).update(pyramid="")
    transaction.on_commit(lambda: default_storage.delete(name))  # what is left of a damaged one
    for one in living:
        pyramid_start(image=one, user=None)


def pyramid_forget(*, image: ImageAsset) -> None:
    """An image was deleted: stop its job, and delete its pyramid unless a living image shows it too.

    A pyramid can always be made again from the original, which stays.
    """
    if image.pyramid_job_id is not None:  # type: ignore[attr-defined]
        job = Job.objects.filter(pk=image.pyramid_job_id)  # type: ignore[attr-defined]
        job.filter(state=JobState.QUEUED).update(
            state=JobState.CANCELLED, cancel_requested=True, finished=Now()
        )
        job.filter(state=JobState.RUNNING).update(cancel_requested=True)
    name = image.pyramid
    if not name or ImageAsset.objects.filter(pyramid=name, deleted=None).exists():
        return
    ImageAsset.objects.filter(pyramid=name).update(pyramid="")
    transaction.on_commit(lambda: default_storage.delete(name))


def pyramids_sweep(*, before: float) -> None:
    """Delete what killed workers had written of pyramids before this time (seconds since 1970)."""
    folder = stored_path(FOLDER)
    if folder is None or not folder.is_dir():
        return
    for path in folder.glob(".part-*"):
        if path.stat().st_mtime < before:
            shutil.rmtree(path, ignore_errors=True)


def run_pyramid(context: JobContext) -> dict[str, Any]:
    """Make the pyramid, the thumbnail and the readings of an image. Safe to run again from the beginning at any moment.

    Returns:
        {"tiles", "bytes", "format"} of the pyramid.

    Raises:
        InvalidInput: the image is gone, the file is damaged, or the disk is full.
    """
    key = context.job.parameters.get("image")
    image = ImageAsset.objects.filter(pk=key, deleted=None).first()
    if image is None:
        raise InvalidInput(_("the image was deleted"))
    if image.pyramid and default_storage.exists(image.pyramid):
        found: dict[str, Any] = {"tiles": tile_count(image.pyramid)}
    elif _share(image):
        found = {"shared": True}
    else:
        with _workplace(context.job.pk) as place, _original(image, place) as original:
            found = _Making(context, image, original, place).run()
    prelabel_request(project=image.project)  # nobody could look at it before
    return found


class _Making:
    """One run of the job."""

    def __init__(self, context: JobContext, image: ImageAsset, original: Path, place: Path) -> None:
        self._context = context
        self._image = image
        self._original = original
        self._place = place

    def run(self) -> dict[str, Any]:
        pyvips = picture_library()
        pyvips.cache_set_max(0)  # a worker lives on: nothing of one picture is kept for the next
        try:
            return self._run()
        except pyvips.Error as error:
            self._context.check_cancelled()  # pyvips was stopped because of that
            raise InvalidInput(_what_failed(error)) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise InvalidInput(_disk_full()) from error

    def _run(self) -> dict[str, Any]:
        suffix, orientation = self._nature()
        self._check_size(turned=orientation >= SIDEWAYS)
        stretch = self._stretch()
        display = self._image.display
        source = self._original
        if orientation > 1:
            source = self._upright(orientation, stretch, suffix)
            stretch_now = None
        else:
            stretch_now = stretch
        archive = self._place / "t.zip"
        image = eight_bits(self._shown(open_rows(source)), stretch_now)
        self._watch(image, 0.1 if orientation == 1 else 0.45, 0.95, _("making tiles"))
        image.dzsave(
            str(archive), container="zip", compression=0, layout="dz", depth="onetile", imagename="t",
            suffix=suffix, tile_size=TILE_SIZE, overlap=0, keep="icc",
        )  # fmt: skip
        self._context.progress(0.96, _("saving"))
        self._context.check_cancelled()
        if orientation > 1:
            display = file_keep(source, display)
        return self._keep(archive, display, stretch)

    def _check_size(self, *, turned: bool) -> None:
        """Refuse a file in which the decoder finds another picture than the header had, before it reads any of it."""
        found = open_rows(self._original)
        size = (found.height, found.width) if turned else (found.width, found.height)
        if size != (self._image.width, self._image.height):
            raise InvalidInput(_("the file is damaged: its size is not what its header says"))
        check_unpacked(found, MOST_STREAMED_BYTES)

    def _nature(self) -> tuple[str, int]:
        """The tiles' kind, and the orientation that is still to be applied."""
        lossy, orientation = self._image.format == "JPEG", 1
        if self._image.format == "TIFF":
            with self._original.open("rb") as file:
                header = read_tiff_header(file)
            lossy, orientation = header.compression in JPEG_COMPRESSIONS, header.orientation
        elif self._image.display != self._image.original:
            with Image.open(self._original) as picture:
                orientation = int(picture.getexif().get(ExifTags.Base.Orientation, 1))
        return (LOSSY if lossy else LOSSLESS), orientation

    def _shown(self, image: Any) -> Any:
        """The bands that are shown."""
        if self._image.format == "TIFF":
            with self._original.open("rb") as file:
                return without_surplus(image, alpha=read_tiff_header(file).has_alpha)
        return without_surplus(image, alpha=image.bands in (2, 4) and image.interpretation != "cmyk")

    def _stretch(self) -> Stretch | None:
        image = self._shown(open_rows(self._original))
        if image.format == "uchar":
            return None
        self._watch(image, 0.0, 0.1, _("reading the range of values"))
        return stretch_of(image)

    def _upright(self, orientation: int, stretch: Stretch | None, suffix: str) -> Path:
        """Write the upright picture, which exports show too."""
        image = turned(eight_bits(self._shown(open_anywhere(self._original)), stretch), orientation)
        target = self._place / f"upright{'.jpg' if suffix == LOSSY else '.tif'}"
        self._watch(image, 0.1, 0.45, _("turning the picture upright"))
        if suffix == LOSSY:
            image.jpegsave(str(target), Q=95, keep="icc")
        else:
            image.tiffsave(
                str(target), compression="deflate", predictor="horizontal", tile=True, tile_width=256,
                tile_height=256, bigtiff=True, keep="icc",
            )  # fmt: skip
        return target

    def _watch(self, image: Any, start: float, end: float, stage: str) -> None:
        """Tell the job how far pyvips is, and stop pyvips when the job was cancelled."""

        def on_step(_image: Any, progress: Any) -> None:
            self._context.progress(start + (end - start) * progress.percent / 100, stage)
            if self._context.is_cancelled():
                image.set_kill(True)

        self._context.progress(start, stage)
        image.set_progress(True)
        image.signal_connect("eval", on_step)

    def _keep(self, archive: Path, display: str, stretch: Stretch | None) -> dict[str, Any]:
        """Put the finished archive under its name and say so in the rows of this content."""
        size = archive.stat().st_size
        name = file_keep(
            archive, content_name(FOLDER, f"{self._image.sha256}-{uuid.uuid4().hex[:8]}", ".zip")
        )
        tiles = tile_count(name)
        needed = expected_tiles(self._image.width, self._image.height, TILE_SIZE)
        if tiles != needed:
            default_storage.delete(name)
            raise InvalidInput(_("the pyramid has %(tiles)s tiles of %(needed)s; try again")
                               % {"tiles": tiles, "needed": needed})  # fmt: skip
        self._image.pyramid = name
        top = Image.open(io.BytesIO(tile_at(self._image, 0, 0, 0).data))
        thumbnail, perceptual_hash, sharpness, exposure = look(top)
        stored = file_store(content_name("thumbnails", self._image.sha256, ".webp"), io.BytesIO(thumbnail))
        living = ImageAsset.objects.filter(pk=self._image.pk, deleted=None).update(
            pyramid=name,
            display=display,
            thumbnail=stored,
            stretch=[stretch.low, stretch.high] if stretch else None,
            perceptual_hash=perceptual_hash,
            sharpness=sharpness,
            exposure=exposure,
            updated=Now(),
        )
        if not living:
            default_storage.delete(name)
            raise InvalidInput(_("the image was deleted"))
        return {"tiles": tiles, "bytes": size}


@contextmanager
def _workplace(job_id: object) -> Iterator[Path]:
    """A folder for temporary files, on the storage's own disk where that is a folder.

    What an attempt that was killed left is deleted, and at the end the folder is. (A folder and not single files,
    because pyvips writes the end of a file at which it was stopped only when Python lets go of it.)
    """
    folder = stored_path(FOLDER) or Path(settings.FILE_UPLOAD_TEMP_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f".part-{job_id}-*"):
        shutil.rmtree(left, ignore_errors=True)
    place = tempfile.mkdtemp(prefix=f".part-{job_id}-", dir=folder)
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _original(image: ImageAsset, place: Path) -> Iterator[Path]:
    """The uploaded file as one on this machine's disk.

    Raises:
        InvalidInput: it is gone from the storage.
    """
    gone = InvalidInput(_("the file is missing from the storage"))
    path = stored_path(image.original)
    if path is not None:
        if not path.is_file():
            raise gone
        yield path
        return
    path = place / f"original{Path(image.original).suffix}"
    try:
        with default_storage.open(image.original, "rb") as source, path.open("wb") as target:
            while chunk := source.read(COPY_CHUNK):
                target.write(chunk)
    except FileNotFoundError:
        raise gone from None
    yield path


def _what_failed(error: Exception) -> str:
    """What pyvips says, for people: the disk, or the file."""
    text = str(error)
    words = (
        "No space left",
        "File too large",
        "Disk quota",
        "write error",
        "unable to write",
        "Write failed",
    )
    return _disk_full() if any(word in text for word in words) else reason_of(error)


def _disk_full() -> str:
    return _("the disk is full: nothing was kept of the tiles; free some room and try again")
