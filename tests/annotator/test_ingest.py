"""Taking files in: what becomes of good ones, and the word for each bad one."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from annotator.models import ImageAsset, Project
from annotator.services.image import ImageResult, clean_name, image_create
from annotator.services.ingest import difference_hash, scale_to_bytes
from tests.annotator.factories import make_project

pytestmark = pytest.mark.django_db

PIXELS = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
SMOOTH = np.stack([np.tile(np.linspace(0, 255, 60), (40, 1))] * 3, axis=-1).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def take(data: bytes, name: str = "a.png", project: Project | None = None, **given: Any) -> ImageResult:
    return image_create(
        project=project or make_project(), user=None, file=io.BytesIO(data), name=name, **given
    )


def shown(result: ImageResult) -> Image.Image:
    assert result.image is not None, result.reason
    with default_storage.open(result.image.display) as file:
        picture = Image.open(io.BytesIO(file.read()))
        picture.load()
        return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_each_format_is_known_by_its_content_not_its_name(kind: str, storage: Path) -> None:
    data = encoded(Image.fromarray(SMOOTH), kind)
    result = take(data, "photo.dat")
    assert result.status == "created"
    image = result.image
    assert image is not None
    assert (image.format, image.width, image.height, image.size_bytes) == (kind, 60, 40, len(data))
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    assert (storage / image.original).read_bytes() == data
    assert image.original.startswith(f"originals/{image.sha256[:2]}/{image.sha256}.")
    assert image.documents.get().role == "primary"
    assert np.abs(np.asarray(shown(result).convert("RGB")).astype(int) - SMOOTH).max() < 16


@pytest.mark.parametrize(
    ("kind", "same"), [("JPEG", True), ("PNG", True), ("WEBP", True), ("BMP", False), ("TIFF", False)]
)
def test_a_browser_readable_upright_original_is_shown_itself(kind: str, same: bool, storage: Path) -> None:
    image = take(encoded(Image.fromarray(SMOOTH), kind)).image
    assert image is not None
    assert (image.display == image.original) == same


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_comes_out_upright_pixel_by_pixel(
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
    options = {"lossless": True} if kind == "WEBP" else {}
    result = take(encoded(laid, kind, exif=exif, **options))
    assert result.image is not None
    assert (result.image.width, result.image.height) == (60, 40)
    picture = shown(result)
    assert np.array_equal(np.asarray(picture.convert("RGB")), PIXELS)
    assert not picture.getexif().get(0x0112, 1) > 1 or orientation == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_jpeg_comes_out_upright(orientation: int, storage: Path) -> None:
    upright = Image.fromarray(SMOOTH)
    laid = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    result = take(encoded(laid, "JPEG", quality=95, exif=exif))
    assert np.abs(np.asarray(shown(result).convert("RGB")).astype(int) - SMOOTH).max() < 8
    image = result.image
    assert image is not None
    assert (storage / image.original).read_bytes() == encoded(laid, "JPEG", quality=95, exif=exif)


def test_damaged_exif_data_does_not_cost_the_picture(storage: Path) -> None:
    data = encoded(Image.fromarray(SMOOTH), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert take(data).status == "created"


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def tiff_pages(count: int) -> bytes:
    pages = [Image.fromarray(PIXELS) for _ in range(count)]
    return encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])


def animation(kind: str) -> bytes:
    frames = [Image.fromarray(np.roll(SMOOTH, k * 7, axis=1)) for k in range(3)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def cut(kind: str) -> bytes:
    data = encoded(Image.fromarray(PIXELS), kind)
    return data[: len(data) * 2 // 3]


BAD = {
    "empty": (b"", "empty"),
    "text": (b"hello, this is no picture at all", "not an image"),
    "an SVG": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG is a drawing"),
    "an SVG without declaration": (b'\xef\xbb\xbf  <svg width="10"></svg>', "SVG is a drawing"),
    "a GIF": (b"GIF89a" + bytes(50), "a GIF"),
    "a PDF": (b"%PDF-1.7" + bytes(50), "a PDF"),
    "HEIC": (b"\x00\x00\x00\x18ftypheic" + bytes(50), "HEIC"),
    "a cut JPEG": (cut("JPEG"), "cut short"),
    "a cut PNG": (cut("PNG"), "cut short"),
    "a cut WebP": (cut("WEBP"), ""),
    "a cut BMP": (cut("BMP"), "cut short"),
    "a cut TIFF": (cut("TIFF"), ""),
    "a PNG header alone": (b"\x89PNG\r\n\x1a\n", ""),
    "a bomb": (bomb_png(60_000, 60_000), "60000 x 60000 pixels"),
    "an animated PNG": (animation("PNG"), "animation of 3 frames"),
    "an animated WebP": (animation("WEBP"), "animation of 3 frames"),
    "a TIFF of two pages": (tiff_pages(2), "several pages"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_rejected_with_a_clear_word_and_leaves_nothing(case: str, storage: Path) -> None:
    data, word = BAD[case]
    result = take(data, "photo.jpg")
    assert (result.status, result.image) == ("rejected", None)
    assert result.reason
    assert word in result.reason
    assert ImageAsset.objects.count() == 0
    assert not [path for path in storage.rglob("*") if path.is_file()]


def test_a_file_over_the_limit_is_rejected_before_it_is_read(storage: Path, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    assert "at most 0 MB" in (take(bytes(2000)).reason or "")


def test_reduced_pages_of_a_tiff_do_not_count(storage: Path) -> None:
    big, small = Image.fromarray(PIXELS), Image.fromarray(PIXELS[::2, ::2])
    small.encoderinfo = {"tiffinfo": {254: 1}}
    result = take(encoded(big, "TIFF", save_all=True, append_images=[small]))
    assert (result.status, result.image and result.image.width) == ("created", 60)


def test_the_same_file_again_is_a_duplicate_of_the_first_in_its_project_only(storage: Path) -> None:
    project, data = make_project(), encoded(Image.fromarray(PIXELS), "PNG")
    first = take(data, "a.png", project)
    again = take(data, "b/other.png", project)
    assert (again.status, again.image, again.reason) == ("duplicate", first.image, "the same file as a.png")
    assert take(data, "a.png").status == "created"


def test_another_file_of_the_same_name_gets_a_number(storage: Path) -> None:
    project = make_project()
    names = []
    for shift in range(3):
        result = take(encoded(Image.fromarray(np.roll(PIXELS, shift, axis=0)), "PNG"), "x/a.png", project)
        assert result.image is not None
        names.append(result.image.name)
    assert names == ["x/a.png", "x/a (2).png", "x/a (3).png"]


@pytest.mark.parametrize(
    ("given", "clean"),
    [("a.png", "a.png"), ("x\\y\\a.png", "x/y/a.png"), ("./x//a.png", "x/a.png"), ("a\x00b.png", "ab.png")],
)
def test_names_become_clean_paths(given: str, clean: str) -> None:
    assert clean_name(given) == clean


@pytest.mark.parametrize(
    "name", ["../a.png", "x/../../a.png", "/etc/a.png", "C:\\a.png", "..\\a.png", "", "a" * 600]
)
def test_a_name_that_leads_outside_is_rejected(name: str, storage: Path) -> None:
    assert take(encoded(Image.fromarray(PIXELS), "PNG"), name).status == "rejected"


def test_sixteen_bit_images_are_scaled_for_display_only(storage: Path) -> None:
    deep = np.linspace(1000, 5000, 40 * 60).reshape(40, 60).astype(np.uint16)
    data = encoded(Image.fromarray(deep), "PNG")
    result = take(data)
    picture = np.asarray(shown(result))
    assert (picture.dtype, picture.min(), picture.max()) == (np.uint8, 0, 255)
    assert abs(int(picture[20, 0]) - 127) <= 3
    assert result.image is not None
    assert (storage / result.image.original).read_bytes() == data


def test_scaling_keeps_small_values_and_survives_nan() -> None:
    assert scale_to_bytes(np.array([[0, 7, 255]], np.uint16)).tolist() == [[0, 7, 255]]
    values = np.array([[np.nan, 0.0, 0.5, 1.0, np.inf]], np.float32)
    assert scale_to_bytes(values).tolist()[0][1:] in ([0, 127, 255, 255], [0, 128, 255, 255])
    assert scale_to_bytes(np.full((2, 2), np.nan, np.float32)).max() == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I", "F", "LAB", "YCbCr"])
def test_other_colour_modes_are_shown_in_eight_bits(mode: str, storage: Path) -> None:
    kind = "TIFF" if mode in ("CMYK", "I", "F", "LAB", "YCbCr") else "PNG"
    result = take(
        encoded(Image.fromarray(SMOOTH).convert("L" if mode in "IF" else "RGB").convert(mode), kind)
    )
    assert shown(result).mode in ("1", "L", "LA", "P", "RGB", "RGBA")


def test_thumbnail_and_measures(storage: Path) -> None:
    wide = Image.fromarray(np.tile(PIXELS, (10, 20, 1)))  # 1200 x 400
    image = take(encoded(wide, "PNG")).image
    assert image is not None
    with Image.open(storage / image.thumbnail) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (256, 85))
    blurred = take(encoded(Image.fromarray(SMOOTH), "PNG")).image
    assert blurred is not None
    assert image.sharpness > 10 * blurred.sharpness
    assert abs(blurred.exposure - 0.5) < 0.02
    assert blurred.perceptual_hash == "f" * 16  # brighter to the right everywhere
    assert difference_hash(np.ascontiguousarray(SMOOTH[:, ::-1, 0])) == "0" * 16


def test_no_half_written_file_is_left_under_a_content_name(
    storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Torn(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is full")

    from annotator.services.files import file_store

    with pytest.raises(OSError, match="full"):
        file_store("originals/ab/abc.png", Torn(b"x"))
    assert not [path for path in storage.rglob("*") if path.is_file()]
