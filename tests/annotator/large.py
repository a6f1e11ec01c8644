"""Large images for tests: small ones, with the limit lowered, and the job that prepares them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from annotator.jobs import run_job
from annotator.models import ImageAsset, Job, Project
from annotator.selectors.tiles import level_size, tile_at
from annotator.services.image import image_create
from tests.annotator.factories import make_project

WIDTH, HEIGHT = 1300, 900  # 3 x 2 tiles, three levels
LIMIT = 100_000


def pattern(width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """Pixels of which no two neighbouring tiles are alike: (height, width, 3)."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, (x * 7 + y * 13) % 256], axis=-1).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def saved_by_vips(array: npt.NDArray[Any], path: Path, **options: Any) -> bytes:
    """A TIFF as pyvips writes it: tiled, BigTIFF, of any sample type."""
    import pyvips

    pyvips.Image.new_from_array(array).tiffsave(str(path), **options)
    return path.read_bytes()


def take(data: bytes, name: str = "large.tif", project: Project | None = None) -> ImageAsset:
    result = image_create(project=project or make_project(), user=None, file=io.BytesIO(data), name=name)
    assert result.image is not None, result.reason
    return result.image


def prepare(image: ImageAsset) -> Job:
    """Run the image's job here and now."""
    job = Job.objects.get(pk=image.pyramid_job_id)  # type: ignore[attr-defined]
    run_job(job.pk)
    job.refresh_from_db()
    image.refresh_from_db()
    return job


def prepared(data: bytes, name: str = "large.tif", project: Project | None = None) -> ImageAsset:
    image = take(data, name, project)
    job = prepare(image)
    assert job.state == "succeeded", job.error
    return image


def level_pixels(image: ImageAsset, level: int) -> npt.NDArray[np.uint8]:
    """All tiles of a level put together: (h, w, bands)."""
    wide, high = level_size(image.width, image.height, image.levels, level)
    rows = []
    for row in range(-(-high // image.tile_size)):
        tiles = [
            np.asarray(Image.open(io.BytesIO(tile_at(image, level, column, row).data)))
            for column in range(-(-wide // image.tile_size))
        ]
        rows.append(np.concatenate(tiles, axis=1))
    return np.concatenate(rows, axis=0)
