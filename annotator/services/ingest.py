"""From an uploaded file to an upright picture: what is accepted, how it is decoded, and what is measured on it.

Owns the safe decoding of JPEG, PNG, WebP, BMP and TIFF and the words that say why a file is refused. Does not own rows
(`image.py`) nor the storage (`files.py`).

What is decided here:
- The content decides the format, never the name.
- The size in pixels is read from the header and checked before anything is decoded.
- A picture over CONTORNO_LARGE_IMAGE_PIXELS is only looked at here: its pyramid is made by a job (`pyramid.py`).
- One file is one picture: an animation, or a TIFF of several pages, is refused (reduced-size pages, as GeoTIFF
  overviews are, don't count; nor do the extra pictures that phones append to a JPEG).
- EXIF orientation is applied once. Only EXIF counts, as in browsers, not XMP.
- For display, samples of more than 8 bits are scaled so that the 0.1 and 99.9 percentiles of the finite values of all
  bands become 0 and 255, unless the values already lie within 0..255. The original stays as it was uploaded.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from annotator.services.limits import Rejected, check_pixels, check_progressive, check_size, is_large
from annotator.services.tiff_header import TiffHeader, is_tiff, read_tiff_header
from annotator.services.video_read import HEAD, video_kind

__all__ = ["FORMATS", "Decoded", "Rejected", "check_size", "decode"]

FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif"}
READABLE = "JPEG, PNG, WebP, BMP, TIFF"
BROWSER_MODES = {"JPEG": {"L", "RGB"}, "PNG": {"1", "L", "LA", "P", "RGB", "RGBA"}, "WEBP": {"RGB", "RGBA"}}
DISPLAY_MODES = {"L", "LA", "P", "RGB", "RGBA"}
THUMBNAIL_SIZE = 256
PERCENTILES = (0.1, 99.9)
MAX_PAGES_LOOKED_AT = 200
TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What people upload by mistake, by the first bytes, so that the refusal can say what it is.
_OTHERS = (
    (b"GIF8", gettext_noop("a GIF")),
    (b"%PDF", gettext_noop("a PDF")),
    (b"PK\x03\x04", gettext_noop("a ZIP archive")),
    (b"8BPS", gettext_noop("a Photoshop file")),
    (b"\x1f\x8b", gettext_noop("a gzip archive")),
    (b"\x00\x00\x00\x0cjP  ", gettext_noop("a JPEG 2000")),
)
# Our own check comes first, from the header, with its own message.
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings(
    "ignore", category=UserWarning, module=r"PIL\."
)  # of damaged EXIF data, which costs us nothing
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    IndexError,
    KeyError,
    struct.error,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture that was taken in.

    Attributes:
        format: JPEG, PNG, WEBP, BMP or TIFF.
        width, height: of the upright picture.
        display: a lossless PNG of the upright picture; None where the file itself is upright and browser-readable, and
            for a large picture.
        turned: EXIF says that the stored pixels do not stand upright.
        large: nothing was decoded: there is no thumbnail yet, and no reading.
        thumbnail: WebP, longest side at most 256 pixels.
        perceptual_hash: 64-bit difference hash, 16 hex digits.
        sharpness: variance of the Laplacian of the grey thumbnail. exposure: its mean, 0..1.
    """

    format: str
    width: int
    height: int
    display: bytes | None
    thumbnail: bytes
    perceptual_hash: str
    sharpness: float
    exposure: float
    turned: bool = False
    large: bool = False


def decode(file: BinaryIO, size: int) -> Decoded:
    """Decode an uploaded file completely, or read the header of one that is large.

    Args:
        file: seekable; read from its beginning.
        size: in bytes.

    Raises:
        Rejected: saying why in a sentence for people.
    """
    check_size(size)
    file.seek(0)
    head = file.read(1024)
    _check_kind(head)
    try:
        tiff = _tiff_header(file) if is_tiff(head) else None
        if tiff is not None:
            check_pixels(tiff.width, tiff.height, "TIFF")
            if is_large(tiff.width, tiff.height, "TIFF"):
                return _large_tiff(tiff, size)
        file.seek(0)
        return _opened(file, tiff)
    except (UnidentifiedImageError, *_DAMAGED) as error:
        raise Rejected(_damage(error, head)) from error
    except MemoryError as error:
        raise Rejected(_("the picture is too large to be decoded")) from error


def _tiff_header(file: BinaryIO) -> TiffHeader | None:
    """What the TIFF says about itself; None where that is damaged, and Pillow shall find the words for it."""
    try:
        return read_tiff_header(file)
    except (ValueError, struct.error, OverflowError):
        return None


def _opened(file: BinaryIO, tiff: TiffHeader | None) -> Decoded:
    if tiff is not None and tiff.pages == 1 and tiff.bits > 8 and tiff.samples >= 3:
        return _decode_odd_tiff(file, tiff)  # Pillow would drop the lower bits
    try:
        with Image.open(file, formats=list(FORMATS)) as image:
            return _decode(image, file)
    except (UnidentifiedImageError, ValueError, OSError) as error:
        unknown = isinstance(error, UnidentifiedImageError) or "raw mode" in str(error)
        if tiff is None or tiff.pages > 1 or not unknown:
            raise
    return _decode_odd_tiff(file, tiff)


def _large_tiff(tiff: TiffHeader, size: int) -> Decoded:
    if tiff.end > size:
        raise Rejected(_("the file is cut short: a part of the picture is missing"))
    if tiff.pages > 1:
        raise Rejected(_("the TIFF has several pages; upload each page as a file of its own"))
    return _large("TIFF", (tiff.width, tiff.height), tiff.orientation)


def _large(kind: str, size: tuple[int, int], orientation: int) -> Decoded:
    width, height = size if orientation < 5 else size[::-1]
    return Decoded(kind, width, height, None, b"", "", 0.0, 0.0, turned=orientation > 1, large=True)


def _decode_odd_tiff(file: BinaryIO, tiff: TiffHeader) -> Decoded:
    """Decode a TIFF whose samples Pillow has no mode for: 16-bit colour, signed samples, many bands."""
    from annotator.services.rendition import decode_small

    shown = Image.fromarray(scale_to_bytes(decode_small(file, (tiff.width, tiff.height))))
    return _described("TIFF", shown, _png(shown, None), turned=False)


def _check_kind(head: bytes) -> None:
    """Refuse what is known to be no photograph, by name."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<svg") or (
        text.startswith((b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in text
    ):
        raise Rejected(_("SVG is a drawing, not a photograph; convert it to PNG first"))
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"heif"):
        raise Rejected(_("HEIC and AVIF cannot be read; use one of %(formats)s") % {"formats": READABLE})
    if video_kind(head[:HEAD]) is not None:
        raise Rejected(_("this is a video; import it, and its frames become images"))
    if head[128:132] == b"DICM":
        raise Rejected(_("DICOM cannot be read; use one of %(formats)s") % {"formats": READABLE})
    for magic, name in _OTHERS:
        if head.startswith(magic):
            values = {"what": _(name), "formats": READABLE}
            raise Rejected(_("this is %(what)s; use one of %(formats)s") % values)


def _damage(error: BaseException, head: bytes) -> str:
    text = str(error)
    identified = not isinstance(error, UnidentifiedImageError)
    if head[:4] in (b"II*\0", b"MM\0*") and ("raw mode" in text or not identified):
        return _("this TIFF has bands or samples that cannot be read; grey and RGB of 8 to 32 bits can")
    if not identified:
        return _("this is not an image, or one of a kind that cannot be read; use one of %(formats)s") % {
            "formats": READABLE
        }
    if "truncated" in text or "premature" in text.lower() or isinstance(error, EOFError):
        return _("the file is cut short: a part of the picture is missing")
    return _("the file is damaged and cannot be decoded (%(reason)s)") % {"reason": text[:200]}


def _decode(image: ImageFile.ImageFile, file: BinaryIO) -> Decoded:
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    check_pixels(image.width, image.height, kind)
    _check_single(image, kind)
    deep = kind == "PNG" and _is_deep_png(file)
    orientation = _orientation(image)
    if is_large(image.width, image.height, kind):
        if image.info.get("progressive") or image.info.get("interlace"):
            check_progressive(image.width, image.height, kind)
        return _large(kind, image.size, orientation if orientation in TRANSPOSE else 1)
    image.load()
    for name in ("exif", "xmp", "Raw profile type exif"):
        image.info.pop(name, None)  # so that nothing written below says again how to turn it
    turned = orientation in TRANSPOSE and kind != "TIFF"  # Pillow turns a TIFF itself while loading
    upright = image.transpose(TRANSPOSE[orientation]) if turned else image
    shown = _eight_bit(upright)
    as_it_is = not turned and not deep and shown is image and image.mode in BROWSER_MODES.get(kind, ())
    display = (
        None if as_it_is else _png(shown, image.info.get("icc_profile") if image.mode != "CMYK" else None)
    )
    return _described(kind, shown, display, turned=turned)


def _described(kind: str, shown: Image.Image, display: bytes | None, *, turned: bool) -> Decoded:
    """What is stored of a decoded picture; shown: upright, in 8 bits."""
    readings = look(shown)
    return Decoded(kind, shown.width, shown.height, display, *readings, turned=turned)


def look(shown: Image.Image) -> tuple[bytes, str, float, float]:
    """The thumbnail of a picture, its difference hash, sharpness and exposure: see `Decoded`."""
    thumbnail = _thumbnail(shown)
    grey = np.asarray(thumbnail.convert("L"))
    sharpness = float(cv2.Laplacian(grey, cv2.CV_64F).var())
    return (
        _saved(thumbnail, "WEBP", quality=80, method=4),
        difference_hash(grey),
        sharpness,
        float(grey.mean() / 255),
    )


def _check_single(image: Any, kind: str) -> None:
    """Refuse animations and several pages."""
    if kind == "TIFF" and _tiff_pages(image) > 1:
        raise Rejected(_("the TIFF has several pages; upload each page as a file of its own"))
    frames = getattr(image, "n_frames", 1) if kind in ("PNG", "WEBP") else 1
    if frames > 1:
        values = {"count": frames}
        raise Rejected(_("the file is an animation of %(count)s frames; upload single pictures") % values)


def _tiff_pages(image: Any) -> int:
    """How many full-size pages a TIFF has (2 for more); pages marked as reduced copies or masks do not count."""
    pages = 0
    for number in range(MAX_PAGES_LOOKED_AT):
        try:
            image.seek(number)
        except EOFError:
            break
        if not int(image.tag_v2.get(254, 0)) & 0b101:
            pages += 1
        if pages > 1:
            break
    image.seek(0)
    check_pixels(image.width, image.height, "TIFF")
    return pages


def _is_deep_png(file: BinaryIO) -> bool:
    """Whether a PNG has 16 bits a sample: the byte after width and height in its header."""
    file.seek(24)
    return file.read(1) == b"\x10"


def _orientation(image: Any) -> int:
    """The EXIF orientation, 1 where there is none or the EXIF data is damaged."""
    data = image.info.get("exif")
    if not data:
        return 1
    exif = Image.Exif()
    try:
        exif.load(data)
        return int(exif.get(ExifTags.Base.Orientation, 1))
    except _DAMAGED:
        return 1


def _eight_bit(image: Image.Image) -> Image.Image:
    """The picture in a mode that a PNG for browsers can hold; the same object where it already is."""
    if image.mode in DISPLAY_MODES:
        return image
    if image.mode == "1":
        return image if image.format == "PNG" else image.convert("L")
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(scale_to_bytes(np.asarray(image)))
    return image.convert("RGBA" if image.mode in ("PA", "RGBa", "La") else "RGB")


def scale_to_bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Scale samples of any type for display: see this file's head. NaN becomes 0.

    Args:
        values: (H, W) or (H, W, bands), any real type.
    """
    if values.dtype.kind != "f" and values.size and values.min() >= 0 and values.max() <= 255:
        return values.astype(np.uint8)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return np.zeros(values.shape, np.uint8)
    step = max(1, finite.size // 2_000_000)
    low, high = np.percentile(finite[::step], PERCENTILES)
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    scaled = (np.nan_to_num(values.astype(np.float32), nan=low, posinf=high, neginf=low) - low) * scale
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _png(image: Image.Image, profile: bytes | None) -> bytes:
    extra: dict[str, Any] = {"icc_profile": profile} if profile else {}
    if "transparency" in image.info:
        extra["transparency"] = image.info["transparency"]
    return _saved(image, "PNG", compress_level=3, **extra)


def _thumbnail(image: Image.Image) -> Image.Image:
    scale = min(1.0, THUMBNAIL_SIZE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    has_alpha = image.mode in ("LA", "RGBA") or "transparency" in image.info
    factor = max(1, int(1 / scale) // 3)
    if image.mode in ("L", "RGB") and factor > 1:
        image = image.reduce(factor)
    return image.convert("RGBA" if has_alpha else "RGB").resize(size, Image.Resampling.LANCZOS)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def difference_hash(grey: npt.NDArray[np.uint8]) -> str:
    """The 64-bit difference hash: for 8 x 9 grey means, whether each is brighter than its left neighbour.

    Args:
        grey: (H, W) uint8.
    """
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"
