"""How large an uploaded picture may be, and the refusal of one that is too large or otherwise cannot be taken.

Owns the limits that are checked before anything is decoded, and the line between pictures that are decoded whole and
those that get a tile pyramid (`pyramid.py`).
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from annotator.core.errors import InvalidInput

MAX_SIDE = 65_535
# Browsers and graphics processors hold no larger picture in one piece.
MAX_WHOLE_SIDE = 16_384
# Of what can only be decoded whole: WebP, BMP, progressive JPEG (2 bytes a coefficient), interlaced PNG.
MAX_WHOLE_PIXELS = 200_000_000
TILED_KINDS = frozenset({"JPEG", "PNG", "TIFF"})


class Rejected(InvalidInput):
    """The file is no picture that can be taken; the detail says why, for the person who uploaded it."""


def check_size(size: int) -> None:
    """Refuse a file for its size alone.

    Raises:
        Rejected: it is empty, or larger than the limit.
    """
    if size == 0:
        raise Rejected(_("the file is empty"))
    if size > settings.MAX_UPLOAD_BYTES:
        values = {"size": _megabytes(size), "limit": _megabytes(settings.MAX_UPLOAD_BYTES)}
        raise Rejected(_("the file has %(size)s MB; at most %(limit)s MB are taken") % values)


def check_pixels(width: int, height: int, kind: str) -> None:
    """Refuse a picture for the size that its header names.

    Args:
        kind: JPEG, PNG, WEBP, BMP or TIFF.

    Raises:
        Rejected: it has no pixels, or too many.
    """
    if width < 1 or height < 1:
        raise Rejected(
            _("the picture is %(width)s x %(height)s pixels: it is empty")
            % {"width": width, "height": height}
        )
    most = settings.MAX_IMAGE_PIXELS
    if kind not in TILED_KINDS:
        most = min(most, MAX_WHOLE_PIXELS)
    if width * height > most or max(width, height) > MAX_SIDE:
        values = {"width": width, "height": height, "limit": most // 1_000_000}
        if kind not in TILED_KINDS and most < settings.MAX_IMAGE_PIXELS:
            text = _(
                "the picture is %(width)s x %(height)s pixels; at most %(limit)s million are taken of this kind; "
                "save it as TIFF, PNG or JPEG"
            )
        else:
            text = _("the picture is %(width)s x %(height)s pixels; at most %(limit)s million are taken")
        raise Rejected(text % values)


def check_progressive(width: int, height: int, kind: str) -> None:
    """Refuse a large file whose layout makes its decoder hold all of it.

    Raises:
        Rejected: it is progressive or interlaced, and too large for that.
    """
    if width * height <= MAX_WHOLE_PIXELS:
        return
    values = {"limit": MAX_WHOLE_PIXELS // 1_000_000}
    if kind == "JPEG":
        raise Rejected(
            _("a progressive JPEG may have %(limit)s million pixels; save it as a baseline JPEG") % values
        )
    raise Rejected(
        _("an interlaced PNG may have %(limit)s million pixels; save it without interlacing") % values
    )


def is_large(width: int, height: int, kind: str) -> bool:
    """Whether a picture gets a tile pyramid instead of being decoded whole."""
    many = width * height > settings.LARGE_IMAGE_PIXELS or max(width, height) > MAX_WHOLE_SIDE
    return many and kind in TILED_KINDS


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}".removesuffix(".0")
