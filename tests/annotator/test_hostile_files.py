"""Files made to mislead: headers that tell the check another size than the decoder, drawings under other names."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.models import ImageAsset
from annotator.services.image import image_create
from annotator.services.ingest import decode
from annotator.services.limits import Rejected
from annotator.services.rendition import decode_small, open_anywhere, open_rows
from tests.annotator.factories import make_project
from tests.annotator.large import prepare

Entry = tuple[int, int, int]  # tag, value, count
DATA, OFFSETS, COUNTS, SECOND = 16, 2_000, 40_000, 90_000


def directory(entries: Sequence[Entry], following: int = 0) -> bytes:
    """All values are LONG, and tags may stand there twice."""
    body = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, value, count in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def page(width: int, heights: Sequence[int], *, reduced: bool = False, samples: int = 3) -> list[Entry]:
    """A page of 16-bit colour of which each row is a strip, and all strips are the same few bytes."""
    rows = max(heights)
    stripes = [(273, OFFSETS, rows), (279, COUNTS, rows)]
    return [
        (254, int(reduced), 1), (256, width, 1), *((257, height, 1) for height in heights), (258, 16, 1),
        (259, 8, 1), (262, 2, 1), *stripes[:1], (277, samples, 1), (278, 1, 1), *stripes[1:], (284, 1, 1),
    ]  # fmt: skip


def tiff(width: int, rows: int, *directories: bytes) -> bytes:
    strip = zlib.compress(bytes(width * 6))
    whole = bytearray(SECOND + 2_000)
    whole[DATA : DATA + len(strip)] = strip
    whole[OFFSETS : OFFSETS + 4 * rows] = struct.pack(f"<{rows}I", *[DATA] * rows)
    whole[COUNTS : COUNTS + 4 * rows] = struct.pack(f"<{rows}I", *[len(strip)] * rows)
    for place, content in zip((SECOND, SECOND + 1_000), directories, strict=False):
        whole[place : place + len(content)] = content
    whole[:8] = b"II*\0" + struct.pack("<I", SECOND)
    return bytes(whole)


def test_a_plain_one_made_so_is_taken() -> None:
    plain = tiff(300, 200, directory(page(300, [200])))
    found = decode(io.BytesIO(plain), len(plain))
    assert (found.width, found.height) == (300, 200)


def test_one_of_many_bands_is_taken_and_turned(tmp_path: Path) -> None:
    import pyvips

    samples = np.arange(20 * 30 * 13, dtype=np.uint16).reshape(20, 30, 13)
    image = pyvips.Image.new_from_array(samples).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.tiffsave(str(tmp_path / "bands.tif"))
    with (tmp_path / "bands.tif").open("rb") as file:
        pixels = decode_small(file, (30, 20))
    assert np.array_equal(pixels, np.rot90(samples[:, :, :3], -1))


def test_a_huge_reduced_page_before_a_small_one_is_not_decoded() -> None:
    first = directory(page(9_000, [9_000], reduced=True), SECOND + 1_000)
    bomb = tiff(9_000, 9_000, first, directory(page(64, [64])))
    assert len(bomb) < 100_000  # and 486 MB of pixels
    with pytest.raises(Rejected, match="its size is not what its header says"):
        decode(io.BytesIO(bomb), len(bomb))


def test_a_tag_that_stands_there_twice_does_not_hide_the_size() -> None:
    bomb = tiff(9_000, 9_000, directory(page(9_000, [9_000, 64])))
    with pytest.raises(Rejected):
        decode(io.BytesIO(bomb), len(bomb))


def test_hundreds_of_bands_are_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.services.rendition.without_surplus", lambda *_, **__: pytest.fail("read"))
    bomb = tiff(8_000, 8_000, directory(page(8_000, [8_000], samples=300)))
    assert len(bomb) < 100_000  # and 38 GB of samples
    with pytest.raises(Rejected, match="300 bands unpack to 36621 MB; at most 2048 MB"):
        decode(io.BytesIO(bomb), len(bomb))


@pytest.mark.django_db
def test_the_job_of_a_large_one_reads_nothing_of_another_size(
    storage: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LARGE_IMAGE_PIXELS = 10_000
    first = directory(page(9_000, [9_000], reduced=True), SECOND + 1_000)
    bomb = tiff(9_000, 9_000, first, directory(page(200, [200])))
    result = image_create(project=make_project(), user=None, file=io.BytesIO(bomb), name="a.tif")
    assert result.image is not None
    monkeypatch.setattr("annotator.services.pyramid.stretch_of", lambda _image: pytest.fail("read"))
    job = prepare(result.image)
    assert job.state == "failed"
    assert "its size is not what its header says" in job.error["detail"]
    assert ImageAsset.objects.get(pk=result.image.pk).pyramid == ""


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>',
        b"P5 2 2 255\n\1\2\3\4",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj trailer<</Root 1 0 R>>",
        b"1,2\n3,4\n",
    ],
    ids=["svg", "pnm", "pdf", "csv"],
)
@pytest.mark.parametrize("opener", [open_rows, open_anywhere])
def test_no_loader_but_those_of_photographs_is_reached(tmp_path: Path, content: bytes, opener: Any) -> None:
    import pyvips

    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(pyvips.Error, match=r"not a known file format|unable to load"):
        opener(path)
    path.rename(tmp_path / "a.csv")
    with pytest.raises(pyvips.Error):  # nor by the name's suffix, nor with options in the name
        opener(tmp_path / "a.csv[skip=1]")
