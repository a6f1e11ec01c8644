"""Pixels of a part of an image. Owns reading and scaling them down; does not own what is done with them, nor what is
kept decoded (`annotator/selectors/decoded.py`).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image

from annotator.core.errors import Conflict, InvalidInput, NotFound, Problem, TooLarge
from annotator.models import ImageAsset
from annotator.selectors.decoded import Decoded, Frame, Pixels
from annotator.selectors.tiles import PyramidMissing, pyramid_region

MOST_PIXELS = 4_000_000  # a larger region is scaled down to about this
MOST_REGION = 64_000_000  # in image pixels; more is refused, for its mask alone would fill 64 MB
KEPT = 4  # scaled regions kept in memory (12 MB each at most)
# A region at full size, which is what the editor asks for, is cut out of the decoded picture: at 100 million pixels
# the decoding takes 2 s, the cut nothing.
DECODED = Decoded()


def frame_of(image: ImageAsset, region: tuple[float, float, float, float]) -> Frame:
    """Give the whole pixels that a region touches.

    Raises:
        InvalidInput: the region is empty or reaches outside the image. TooLarge: it has too many pixels.
    """
    x0, y0, x1, y1 = math.floor(region[0]), math.floor(region[1]), math.ceil(region[2]), math.ceil(region[3])
    given = ", ".join(f"{side:g}" for side in region)
    if x1 <= x0 or y1 <= y0:
        message = _("the region [%(region)s] is empty; x0, y0, x1, y1 are needed, with x0 < x1 and y0 < y1")
        raise _refused(message % {"region": given})
    if x0 < 0 or y0 < 0 or x1 > image.width or y1 > image.height:
        values = {"region": given, "width": image.width, "height": image.height}
        message = _("the region [%(region)s] reaches outside the image, which is %(width)s x %(height)s")
        raise _refused(message % values)
    if (x1 - x0) * (y1 - y0) > MOST_REGION:
        values = {"size": round((x1 - x0) * (y1 - y0) / 1e6), "limit": MOST_REGION // 1_000_000}
        raise TooLarge(
            _("the region has %(size)s million pixels; at most %(limit)s million are taken") % values
        )
    return x0, y0, x1, y1


def region_pixels(image: ImageAsset, frame: Frame) -> npt.NDArray[np.uint8]:
    """Read a part of the upright picture, scaled down to at most about `MOST_PIXELS`.

    Args:
        frame: as `frame_of` gives it.

    Returns:
        (h, w, 3) uint8 RGB, read-only; both sides scaled alike but for rounding.

    Raises:
        NotFound: the file is gone from the storage. Conflict: a large image's tiles are not ready.
    """
    if image.is_tiled:
        return _tiled_pixels(image, frame)
    x0, y0, x1, y1 = frame
    if (x1 - x0) * (y1 - y0) > MOST_PIXELS:
        return _scaled(image.display, image.width, image.height, frame)
    size = image.width, image.height
    return DECODED.part(image.display, frame, size=size, decode=lambda part: _full(image.display, part))


def _full(stored: str, frame: Frame) -> Pixels:
    """Decode a part at its own size: (H, W, 3)."""
    try:
        with default_storage.open(stored, "rb") as file, Image.open(file) as picture:
            return np.array(picture.crop(frame).convert("RGB"))
    except FileNotFoundError:
        raise NotFound(_("the file is missing from the storage")) from None


def _tiled_pixels(image: ImageAsset, frame: Frame) -> Pixels:
    if not image.pyramid:
        raise Conflict(_("the image is still being prepared"))
    return _kept_region(_TiledImage(image), frame)


class _TiledImage:
    """An image as the key of what is kept: the archive's name stands for all that the pixels hang on."""

    def __init__(self, image: ImageAsset) -> None:
        self.image = image

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _TiledImage) and other.image.pyramid == self.image.pyramid

    def __hash__(self) -> int:
        return hash(self.image.pyramid)


@functools.lru_cache(maxsize=KEPT)
def _kept_region(tiled: _TiledImage, frame: Frame) -> Pixels:
    try:
        pixels = pyramid_region(tiled.image, frame, MOST_PIXELS)
    except PyramidMissing:
        raise NotFound(_("the file is missing from the storage")) from None
    pixels.setflags(write=False)
    return pixels


@functools.lru_cache(maxsize=KEPT)
def _scaled(stored: str, width: int, height: int, frame: Frame) -> Pixels:
    """Content-addressed, so what is kept never goes stale."""
    x0, y0, x1, y1 = frame
    scale = math.sqrt(MOST_PIXELS / ((x1 - x0) * (y1 - y0)))
    try:
        with default_storage.open(stored, "rb") as file, Image.open(file) as picture:
            # A JPEG is decoded at a half, a quarter or an eighth of its size for the same price as skipping pixels.
            picture.draft("RGB", (math.ceil(width * scale), math.ceil(height * scale)))
            across, down = picture.width / width, picture.height / height
            part = (x0 * across, y0 * down, x1 * across, y1 * down)
            pixels = _part(picture, part, scale, (x1 - x0, y1 - y0))
    except FileNotFoundError:
        raise NotFound(_("the file is missing from the storage")) from None
    pixels.setflags(write=False)
    return pixels


def _part(
    picture: Any, part: tuple[float, float, float, float], scale: float, size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Crop first, then convert and scale, so that the cost beyond decoding is that of the part."""
    outer = (math.floor(part[0]), math.floor(part[1]), math.ceil(part[2]), math.ceil(part[3]))
    inner = (part[0] - outer[0], part[1] - outer[1], part[2] - outer[0], part[3] - outer[1])
    target = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    cropped = picture.crop(outer).convert("RGB")
    inside = (*inner[:2], min(inner[2], cropped.width), min(inner[3], cropped.height))
    return np.array(cropped.resize(target, Image.Resampling.BOX, box=inside))


def _refused(message: str) -> InvalidInput:
    return InvalidInput(message, [Problem("region", message)])
