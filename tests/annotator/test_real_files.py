"""Real files of other tools: each is taken in, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pyvips
from PIL import Image, UnidentifiedImageError

from annotator.models import ImageAsset
from annotator.services.image import image_create
from annotator.services.ingest import Rejected, decode
from tests.annotator.factories import make_project
from tests.annotator.large import level_pixels, prepared

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".dcm"}


def size_of(path: Path) -> set[int]:
    """Width and height by another reader than ours where Pillow has no mode for the file's samples."""
    try:
        with Image.open(path) as picture:
            return set(picture.size)
    except UnidentifiedImageError:
        image = pyvips.Image.new_from_file(str(path))
        return {image.width, image.height}


def test_every_real_file_is_decoded_or_refused_with_a_sentence(shared_data: Path) -> None:
    folders = [shared_data / name for name in ("formats", "geo", "dicom")]
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    assert len(files) > 200
    taken = 0
    refused: dict[Path, str] = {}
    for path in files:
        with path.open("rb") as file:
            try:
                decoded = decode(file, path.stat().st_size)
            except Rejected as refusal:
                refused[path] = refusal.detail
                continue
        assert {decoded.width, decoded.height} == size_of(path), path
        taken += 1
    assert taken > 200
    assert {path.suffix.lower() for path in refused} <= {".dcm", ".tif"}
    assert all("cannot be read" in detail for detail in refused.values()), refused


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "stretched"),
    [
        ("solaris/sample_geotiff.tif", True),  # unsigned 16 bit, one band
        ("solaris/sample_geotiff_custom_proj.tif", True),  # signed 16 bit, three bands
        ("rasterio/RGB.byte.tif", False),
        ("rasterio/rgb_lzw.tif", False),
    ],
)
def test_geotiffs_become_pyramids(
    name: str, stretched: bool, shared_data: Path, storage: Path, settings: Any
) -> None:
    settings.LARGE_IMAGE_PIXELS = 1000
    image = prepared((shared_data / "geo" / name).read_bytes(), name)
    assert (image.stretch is not None) == stretched
    pixels = level_pixels(image, image.levels - 1)
    assert pixels.shape[:2] == (image.height, image.width)
    assert pixels.max() == 255
    assert pixels.std() > 10, "a picture, not one grey"


@pytest.mark.django_db
def test_photographs_held_sideways_come_out_upright(shared_data: Path, storage: Path) -> None:
    folder = shared_data / "formats" / "cvat" / "tests" / "mounted_file_share" / "images" / "exif_rotated"
    project = make_project()
    for name in ("left.jpg", "right.jpg"):
        with (folder / name).open("rb") as file:
            assert image_create(project=project, user=None, file=file, name=name).status == "created"
        image = ImageAsset.objects.get(name=name)
        assert (image.width, image.height) == (480, 640)
        with Image.open(storage / image.display) as picture:
            assert (picture.size, picture.getexif().get(0x0112, 1)) == ((480, 640), 1)
