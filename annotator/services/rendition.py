"""Pictures through pyvips: large ones as streams of rows, and TIFFs whose samples Pillow has no mode for.

Owns how samples and colours become the 8 bits that are shown, the same for each band of a picture. Does not own tiles
nor jobs (`pyramid.py`), nor Pillow's way of doing the same for small pictures (`ingest.py`).

- 8-bit samples are kept. Others are scaled: the 0.1 and 99.9 percentiles of the finite values of all shown bands become
  0 and 255, unless all values lie within 0..255. Of unsigned 16-bit samples every value is counted; of signed, 32-bit
  and float samples those on a grid of about two million pixels.
- Of three and more bands the first three are red, green and blue; of two the first is grey. A band that the file marks
  as alpha is kept with 8-bit samples and left out otherwise. CMYK and CIELAB become sRGB.
- pyvips reads JPEG, PNG and TIFF and nothing else: what it would take for a drawing, a document or a script of another
  program is refused, whatever its name and however it came here.

pyvips is imported inside the functions: most web processes never need it.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _
from PIL import UnidentifiedImageError

from annotator.services.limits import Rejected

PERCENTILES = (0.1, 99.9)
LOADERS = ("Jpeg", "Png", "Tiff")
# Unpacked bytes of what is decoded whole, and of what a job reads row by row: a few kilobytes may stand for either.
MOST_WHOLE_BYTES = 2 << 30
MOST_STREAMED_BYTES = 64 << 30
SAMPLE_BYTES = {
    "uchar": 1, "char": 1, "ushort": 2, "short": 2, "uint": 4, "int": 4, "float": 4, "double": 8,
}  # fmt: skip
SAMPLED = 2_000_000  # pixels looked at for the percentiles of samples that cannot be counted one by one
CONVERTED = frozenset({"cmyk", "lab", "labs", "labq", "xyz", "lch", "hsv", "yxy", "scrgb"})


@dataclass(frozen=True, slots=True)
class Stretch:
    """The sample values that are shown as 0 and 255."""

    low: float
    high: float


def open_rows(path: Path) -> Any:
    """Open a picture to be read once from the top to the bottom, with errors where the file is damaged or cut.

    Raises:
        pyvips.Error: it cannot be opened.
    """
    return _opened(path, access="sequential")


def open_anywhere(path: Path) -> Any:
    """Open a picture to be read in any order; pyvips decodes a large one into a temporary file first."""
    return _opened(path, access="random")


@functools.cache
def picture_library() -> Any:
    """The module pyvips with all loaders blocked, for the whole process, but those of the formats that we read."""
    import pyvips

    pyvips.operation_block_set("VipsForeignLoad", True)
    for kind in LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{kind}", False)
    return pyvips


def _opened(path: Path, *, access: str) -> Any:
    return picture_library().Image.new_from_file(str(path), access=access, fail_on="error")


def check_unpacked(image: Any, most: int) -> None:
    """Refuse a picture that has so many bands that it unpacks to more bytes than this.

    Raises:
        Rejected: it does.
    """
    size = image.width * image.height * image.bands * SAMPLE_BYTES.get(image.format, 16)
    if size > most:
        values = {"bands": image.bands, "size": size >> 20, "limit": most >> 20}
        text = _(
            "its %(bands)s bands unpack to %(size)s MB; at most %(limit)s MB are taken. Leave some bands out"
        )
        raise Rejected(text % values)


def without_surplus(image: Any, *, alpha: bool) -> Any:
    """The bands that are shown: red, green and blue or grey, and alpha where there is one in 8 bits.

    Args:
        alpha: the file says that its last band is one. (pyvips takes any surplus band for alpha.)
    """
    if image.interpretation in CONVERTED:
        image = image.colourspace("srgb").copy()
        image.remove("icc-profile-data")  # the one of what it was; true if there was none
    colours = image.bands - (1 if alpha else 0)
    kept = image[0:3] if colours >= 3 else image[0]
    if alpha and image.format == "uchar":
        kept = kept.bandjoin(image[image.bands - 1])
    colour = "srgb" if colours >= 3 else "b-w"
    return kept.copy(interpretation=colour if image.format == "uchar" else "multiband")


def stretch_of(image: Any) -> Stretch | None:
    """How the samples of a picture are scaled to 8 bits; None where they are kept.

    Args:
        image: as `without_surplus` gives it; it is read to its end.
    """
    if image.format == "uchar":
        return None
    if image.format == "ushort":
        return _counted(image)
    step = max(1, math.floor(math.sqrt(image.width * image.height / SAMPLED)))
    values = image.subsample(step, step).numpy().ravel()
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Stretch(0.0, 0.0)
    if values.dtype.kind != "f" and finite.min() >= 0 and finite.max() <= 255:
        return None
    low, high = np.percentile(finite, PERCENTILES)
    if high <= low:
        low, high = finite.min(), finite.max()
    return Stretch(float(low), float(high))


def _counted(image: Any) -> Stretch | None:
    """The exact percentiles of unsigned 16-bit samples, from their counts."""
    counts = image.hist_find().numpy().reshape(-1, image.bands).sum(axis=1, dtype=np.int64)
    present = np.flatnonzero(counts)
    if present[-1] <= 255:
        return None
    below = np.cumsum(counts)
    low, high = (int(np.searchsorted(below, share / 100 * below[-1], side="left")) for share in PERCENTILES)
    if high <= low:
        low, high = int(present[0]), int(present[-1])
    return Stretch(float(low), float(high))


def eight_bits(image: Any, stretch: Stretch | None) -> Any:
    """The picture in 8 bits a sample; NaN becomes 0.

    Args:
        image: as `without_surplus` gives it.
    """
    if image.format == "uchar":
        return image
    if stretch is not None:
        scale = 255.0 / (stretch.high - stretch.low) if stretch.high > stretch.low else 0.0
        image = image.linear([scale], [-stretch.low * scale]).rint()
    return image.cast("uchar").copy(interpretation="srgb" if image.bands >= 3 else "b-w")


def turned(image: Any, orientation: int) -> Any:
    """The picture upright; orientation: as EXIF's. It must have been opened by `open_anywhere`."""
    image = image.copy()
    image.set_type(_int_type(), "orientation", orientation)
    return image.autorot()


def _int_type() -> int:
    import pyvips

    return pyvips.GValue.gint_type


def decode_small(file: BinaryIO, size: tuple[int, int]) -> npt.NDArray[Any]:
    """Decode a whole TIFF.

    Args:
        size: width and height as they were checked; a decoder that finds others, on another page or in a tag that
            stands there twice, decodes nothing.

    Returns:
        (H, W) or (H, W, 3) of the file's own sample type, upright.

    Raises:
        Rejected: it is damaged. UnidentifiedImageError: its samples cannot be read.
    """
    pyvips = picture_library()
    file.seek(0)
    try:
        image = pyvips.Image.new_from_buffer(file.read(), "", fail_on="error")
        if (image.width, image.height) != size:
            raise Rejected(_("the file is damaged: its size is not what its header says"))
        check_unpacked(image, MOST_WHOLE_BYTES)
        pixels = (
            without_surplus(image, alpha=False).autorot().numpy()
        )  # in this order: turning keeps all it turns
    except pyvips.Error as error:
        if "out of range" in str(error) or "unsupported" in str(error).lower():
            raise UnidentifiedImageError(str(error)) from error
        raise Rejected(reason_of(error)) from error
    return pixels.reshape(pixels.shape[:2]) if pixels.ndim == 2 or pixels.shape[2] == 1 else pixels


def reason_of(error: Exception) -> str:
    """What is wrong with a file, from what pyvips says, for the person who uploaded it."""
    text = " ".join(str(error).split())
    low = text.lower()
    if "premature" in low or "truncat" in low or "end of" in low or "eof" in low or "read error" in low:
        return _("the file is cut short: a part of the picture is missing")
    return _("the file is damaged and cannot be decoded (%(reason)s)") % {"reason": text[:200]}
