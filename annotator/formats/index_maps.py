"""Index maps: arrays of class or instance numbers, as PNG files and as objects, without losing a pixel.

Owns decoding a mask file to numbers, cutting an index map into mask objects, painting objects into maps, and writing
palette and 16-bit PNGs. Does not own which files belong together (`masks.py`, `voc.py`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from annotator.core import raster
from annotator.core.document import (
    BACKGROUND,
    VOID,
    Annotation,
    ImageDocument,
    MaskGeometry,
)
from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from annotator.formats.classes import ClassTable, Colour
from annotator.formats.codec import FileTree, object_id
from annotator.formats.pictures import open_picture

Labels: TypeAlias = npt.NDArray[np.uint8]
"""(H, W) uint8 class indices, 0 background, 255 void."""

Numbers: TypeAlias = npt.NDArray[np.int32]
"""(H, W) int32 instance numbers, 0 none."""

UNKNOWN = -1
MAX_NUMBER = 65535
MOST_PAINTED = (
    250_000_000  # pixels of an image's maps: they take some ten bytes for each while they are written
)
LISTED = 10  # unknown values named in one problem


def decode(tree: FileTree, name: str) -> npt.NDArray[Any]:
    """Decode a mask file: (H, W) integers for index and grey files, (H, W, 3) uint8 for colour.

    Raises:
        InvalidInput: no picture, damaged, or of a kind that holds no numbers.
    """
    with tree.open(name) as file:
        image = open_picture(file, name)
        try:
            if image.mode in ("RGBA", "RGBX", "CMYK", "YCbCr"):
                image = image.convert("RGB")
            elif image.mode in ("LA", "PA", "1"):
                image = image.convert("L" if image.mode != "PA" else "P")
            pixels = np.asarray(image)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
            raise InvalidInput(
                _("%(name)s is damaged: %(problem)s") % {"name": name, "problem": problem}
            ) from problem
    if (
        pixels.dtype.kind not in "iu"
        or pixels.ndim not in (2, 3)
        or (pixels.ndim == 3 and pixels.shape[2] != 3)
    ):
        raise InvalidInput(
            _("%(name)s has mode %(mode)s; a mask has whole numbers or colours")
            % {"name": name, "mode": image.mode}
        )
    if pixels.ndim == 2 and pixels.size and (int(pixels.min()) < 0 or int(pixels.max()) > MAX_NUMBER):
        raise InvalidInput(
            _("%(name)s holds numbers outside 0..%(most)s") % {"name": name, "most": MAX_NUMBER}
        )
    return pixels


def to_labels(pixels: npt.NDArray[Any], table: ClassTable, report: Callable[[str], None]) -> Labels:
    """Translate pixel values or colours to class indices; what the table does not know is told and becomes void."""
    if pixels.dtype == np.uint8 and pixels.ndim == 2:
        present = np.flatnonzero(np.bincount(pixels.ravel(), minlength=256)).tolist()
        _tell_unknown([value for value in present if value not in table.by_value], 2, report)
        lookup = np.array([table.by_value.get(value, VOID) for value in range(256)], dtype=np.uint8)
        return lookup[pixels]
    if pixels.ndim == 3:
        codes = pixels[..., 0].astype(np.int64) << 16 | pixels[..., 1].astype(np.int64) << 8 | pixels[..., 2]
        known = {
            red << 16 | green << 8 | blue: index for (red, green, blue), index in table.by_colour.items()
        }
        known.setdefault(0, BACKGROUND)
    else:
        codes, known = pixels.astype(np.int64), dict(table.by_value)
    values, inverse = np.unique(codes, return_inverse=True)
    indices = np.array([known.get(value, UNKNOWN) for value in values.tolist()], dtype=np.int64)
    _tell_unknown(values[indices == UNKNOWN].tolist(), pixels.ndim, report)
    indices[indices == UNKNOWN] = VOID
    return indices.astype(np.uint8)[inverse.reshape(codes.shape)]


def _tell_unknown(unknown: Sequence[int], dimensions: int, report: Callable[[str], None]) -> None:
    if not unknown:
        return
    text = (
        _("no class has the colour %(names)s") if dimensions == 3 else _("no class has the value %(names)s")
    )
    names = ", ".join(f"#{value:06x}" if dimensions == 3 else str(value) for value in unknown[:LISTED])
    if len(unknown) > LISTED:
        names += _(" and %(count)s more") % {"count": len(unknown) - LISTED}
    report(text % {"names": names})


def regions(keys: npt.NDArray[Any]) -> Iterator[tuple[int, MaskGeometry]]:
    """Cut a map into one mask for each number but 0, in ascending order. keys: (H, W) integers."""
    if keys.size and int(keys.max()) <= VOID:  # few numbers: comparing is 4 times as fast as sorting
        small = keys.astype(np.uint8)
        for value in np.flatnonzero(np.bincount(small.ravel())).tolist():
            if value:
                yield value, raster.mask_from_bitmap(small == value)
        return
    width = keys.shape[1]
    flat = keys.ravel()
    places = np.flatnonzero(flat)
    values = flat[places]
    order = np.argsort(values, kind="stable")
    places, values = places[order], values[order]
    firsts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])) if values.size else places
    for first, last in zip(firsts.tolist(), [*firsts[1:].tolist(), values.size], strict=False):
        rows, columns = np.divmod(places[first:last], width)
        x0, y0 = int(columns.min()), int(rows.min())
        bitmap = np.zeros((int(rows.max()) - y0 + 1, int(columns.max()) - x0 + 1), dtype=np.bool_)
        bitmap[rows - y0, columns - x0] = True
        yield int(values[first]), raster.mask_from_bitmap(bitmap, x0, y0)


def objects_of(
    source: str, labels: Labels | None, numbers: npt.NDArray[Any] | None
) -> tuple[Annotation, ...]:
    """Make mask objects of a class map and an instance map, either of which may be missing.

    An instance takes its class from the class map (class 1 without one); where one instance covers two classes it
    becomes two objects. Pixels with a class and no instance make one object for each class. Objects come in the order
    of their instance numbers, then the others by class, so that numbering them again gives the same map.
    """
    if labels is None:
        assert numbers is not None
        labels = (numbers > 0).astype(np.uint8)
    keys = labels.astype(np.int64)
    if numbers is not None:
        instance = np.where((labels != BACKGROUND) & (labels != VOID), numbers.astype(np.int64), 0)
        keys = np.where(instance > 0, instance << 8 | labels, keys)
    found = sorted(regions(keys), key=lambda region: (region[0] < 256, region[0]))
    return tuple(
        Annotation(object_id(source, place), key & 0xFF, mask, source="import")
        for place, (key, mask) in enumerate(found)
    )


def paint(document: ImageDocument, kept: Callable[[Annotation], bool]) -> tuple[Labels, Numbers]:
    """Paint the image's objects.

    Args:
        kept: which objects get an instance number; the others and void hide what lies below them.

    Returns:
        The class map, and the instance map numbered 1..n over the kept objects in painting order.

    Raises:
        InvalidInput: the image is too large for maps in memory.
    """
    if document.width * document.height > MOST_PAINTED:
        text = _(
            "%(name)s has %(width)s x %(height)s pixels; index maps of at most %(most)s million pixels are written: "
            "export it as COCO"
        )
        message = text % {
            "name": document.name,
            "width": document.width,
            "height": document.height,
            "most": MOST_PAINTED // 1_000_000,
        }
        raise InvalidInput(message, [Problem(document.name, message)])
    painted = raster.paint_order(document.annotations)
    numbers = raster.instance_map(painted, document.height, document.width)
    classes = np.zeros(len(painted) + 1, dtype=np.uint8)
    instances = np.zeros(len(painted) + 1, dtype=np.int32)
    count = 0
    for place, annotation in enumerate(painted, start=1):
        classes[place] = annotation.class_index
        if annotation.class_index != VOID and kept(annotation):
            count += 1
            instances[place] = count
    return classes[numbers], instances[numbers]


def palette_png(values: Labels, colours: Sequence[Colour]) -> bytes:
    """Write (H, W) uint8 as a palette PNG. colours: up to 256."""
    image = Image.fromarray(values)
    flat = [part for colour in colours for part in colour]
    image.putpalette(flat + [0] * (768 - len(flat)))
    return _png(image)


def number_png(values: Numbers) -> bytes:
    """Write (H, W) numbers 0..65535 as a 16-bit grey PNG."""
    return _png(Image.fromarray(values.astype(np.uint16)))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def shape_problem(where: str, pixels: npt.NDArray[Any], width: int, height: int) -> Problem | None:
    """Tell when a mask has another size than its image."""
    if pixels.shape[:2] == (height, width):
        return None
    seen = f"{pixels.shape[1]} x {pixels.shape[0]}"
    return Problem(
        where,
        _("the mask has %(seen)s pixels, its image %(width)s x %(height)s")
        % {"seen": seen, "width": width, "height": height},
    )
