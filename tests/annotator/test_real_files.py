"""Real files of other tools: each is taken in, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from annotator.models import ImageAsset
from annotator.services.image import image_create
from annotator.services.ingest import Rejected, decode
from tests.annotator.factories import make_project

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".dcm"}


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
        with Image.open(path) as picture:
            assert {decoded.width, decoded.height} == set(picture.size), path
        taken += 1
    assert taken > 200
    assert {path.suffix.lower() for path in refused} <= {".dcm", ".tif"}
    assert all("cannot be read" in detail for detail in refused.values()), refused


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
