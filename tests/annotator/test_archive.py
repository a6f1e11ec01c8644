"""ZIP archives of images: what is taken, skipped and refused."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator.models import ImageAsset
from annotator.services.archive import images_from_zip, is_zip
from tests.annotator.factories import make_project

pytestmark = pytest.mark.django_db


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    buffer.seek(0)
    return buffer


def taken(file: io.BytesIO) -> dict[str, tuple[str, str]]:
    project = make_project()
    results = list(images_from_zip(project=project, user=None, file=file, name="photos.zip"))
    return {result.name: (result.status, result.reason or "") for result in results}


def test_every_picture_is_taken_with_its_folder(storage: Path) -> None:
    file = zipped({"x/": b"", "x/a.png": png(1), "x/y/b.png": png(2), "c.png": png(1)})
    assert is_zip(file)
    results = taken(file)
    assert {name: status for name, (status, _reason) in results.items()} == {
        "x/a.png": "created",
        "x/y/b.png": "created",
        "c.png": "duplicate",
    }
    assert set(ImageAsset.objects.values_list("name", flat=True)) == {"x/a.png", "x/y/b.png"}


def test_litter_of_operating_systems_is_skipped_without_a_word(storage: Path) -> None:
    file = zipped(
        {
            "a.png": png(1),
            ".DS_Store": b"x",
            "x/.DS_Store": b"x",
            "__MACOSX/._a.png": b"x",
            "x/Thumbs.db": b"x",
            "._b.png": b"x",
        }
    )
    assert list(taken(file)) == ["a.png"]


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil.png", "x/../../evil.png", "C:/evil.png"])
def test_members_that_lead_outside_are_rejected_and_the_others_taken(name: str, storage: Path) -> None:
    results = taken(zipped({name: png(1), "good.png": png(2)}))
    assert [status for status, _reason in results.values()] == ["rejected", "created"]
    assert "outside" in results[name][1]
    assert all(path.resolve().is_relative_to(storage.resolve()) for path in storage.rglob("*"))


def test_archives_in_the_archive_links_and_texts_are_rejected_by_name(storage: Path) -> None:
    file = zipped({"inner.zip": zipped({"a.png": png(1)}).getvalue(), "readme.txt": b"hello there"})
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    results = taken(file)
    assert "inside the archive" in results["inner.zip"][1]
    assert "not an image" in results["readme.txt"][1]
    assert "a link" in results["link.png"][1]


def test_a_bomb_is_stopped_while_it_is_unpacked(storage: Path, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1_000_000
    results = taken(zipped({"bomb.png": bytes(20_000_000), "good.png": png(1)}))
    assert (results["bomb.png"][0], results["good.png"][0]) == ("rejected", "created")
    assert "at most 1 MB" in results["bomb.png"][1]


def test_the_sum_of_all_members_is_limited(storage: Path, settings: Any) -> None:
    settings.MAX_ARCHIVE_BYTES = len(png(1)) + 10
    results = taken(zipped({"a.png": png(1), "b.png": png(2)}))
    assert [status for status, _reason in results.values()] == ["created", "rejected"]


def test_too_many_members_are_refused_as_a_whole(storage: Path, settings: Any) -> None:
    settings.MAX_ARCHIVE_FILES = 2
    results = taken(zipped({f"{n}.png": b"x" for n in range(3)}))
    assert list(results) == ["photos.zip"]
    assert "3 files" in results["photos.zip"][1]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (zipped({}).getvalue(), "no files"),
        (zipped({"x/": b""}).getvalue(), "no files"),
        (b"rubbish", "no ZIP"),
    ],
)
def test_an_archive_of_nothing_is_told(content: bytes, word: str, storage: Path) -> None:
    status, reason = taken(io.BytesIO(content))["photos.zip"]
    assert (status, word in reason) == ("rejected", True)


def test_a_damaged_archive_and_a_damaged_member_are_told(storage: Path) -> None:
    whole = zipped({"a.png": png(1), "b.png": png(2)}, zipfile.ZIP_STORED).getvalue()
    assert "damaged" in taken(io.BytesIO(whole[: len(whole) // 2]))["photos.zip"][1]
    at = whole.index(png(2)) + 100
    results = taken(io.BytesIO(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :]))
    assert results["a.png"][0] == "created"
    assert (results["b.png"][0], "damaged" in results["b.png"][1]) == ("rejected", True)
