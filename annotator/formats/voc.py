"""Pascal VOC segmentation and detection: the writer, and what the format can be asked for. Reader: `voc_read.py`.

Owns the layout of the development kit: `JPEGImages/`, `SegmentationClass/`, `SegmentationObject/`, `Annotations/*.xml`,
`ImageSets/Segmentation/` (and `Main/`, for the boxes), and `labelmap.txt`, which names the classes in their order:
a class's pixel value is its place in that order, from 1. Boxes in the XML are 1-based and inclusive.

Source: M. Everingham, J. Winn: The PASCAL Visual Object Classes Challenge 2012 development kit.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from PIL import Image

from annotator.core import palette, raster
from annotator.core.document import (
    VOID,
    Annotation,
    DatasetView,
    ImageDocument,
    LabelClass,
    Split,
)
from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from annotator.formats import voc_read
from annotator.formats.classes import Colour
from annotator.formats.codec import FileTree, Format, Member, Option, Options, ReadDataset, read_chunks
from annotator.formats.index_maps import MAX_NUMBER, Numbers, number_png, paint, palette_png
from annotator.formats.pictures import PictureList, file_name, unique_stem
from annotator.formats.tree import suffix

MAX_OBJECTS = 254  # 8 bits, less background and void
OPTIONS = (
    Option(
        "palette", "voc", "Colours of the PNGs: VOC's own colour map, or the project's.", ("voc", "project")
    ),
    Option("border", False, "Mark the pixels along every object's outline as void (255), as VOC does."),
    Option(
        "many_objects",
        "error",
        "What to do with an image of more than 254 objects, which an 8-bit PNG cannot number: stop with an error, or "
        "write its objects to a 16-bit PNG in SegmentationObject16/.",
        ("error", "side_file"),
    ),
    Option("xml", True, "Write detection boxes to Annotations/."),
    Option(
        "images",
        "original",
        "original puts the pictures in as they are; jpeg turns those that are none into JPEG, as readers that look for "
        ".jpg only need; none leaves them out.",
        ("original", "jpeg", "none"),
    ),
    Option("devkit", False, "Put everything below VOCdevkit/VOC2012/, where torchvision looks for it."),
)
JPEG_QUALITY = 95
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(view: DatasetView, options: Options) -> Iterator[Member]:
    """Write maps, XML and lists, then the pictures. One pass over the dataset, one image in memory.

    Raises:
        InvalidInput: images have more objects than the PNGs can number; all of them are named.
    """
    root = "VOCdevkit/VOC2012/" if options["devkit"] else ""
    writer = _Writer(view, options)
    yield Member(f"{root}labelmap.txt", [writer.label_map()])
    sets: dict[str, list[str]] = defaultdict(list)
    used: set[str] = set()
    with PictureList(view) as pictures:
        for document in view.images():
            name, extension = _picture_name(document, view, options)
            short = unique_stem(name, used)
            sets[str(document.split or "train")].append(short)
            for path, content in writer.files(document, short, short + extension):
                yield Member(root + path, [content])
            if options["images"] != "none":
                pictures.add(document, f"{root}JPEGImages/{short}{extension}")
        if writer.overfull:
            raise _too_many(writer.overfull)
        lists = {
            **{str(split): sets[split] for split in Split},
            "trainval": sorted(sets["train"] + sets["val"]),
        }
        for folder in ("Segmentation", "Main") if options["xml"] else ("Segmentation",):
            for name, names in lists.items():
                yield Member(f"{root}ImageSets/{folder}/{name}.txt", [_lines(names)])
        for member in pictures.members():
            yield _as_jpeg(member) if options["images"] == "jpeg" else member


def _picture_name(document: ImageDocument, view: DatasetView, options: Options) -> tuple[str, str]:
    """Give the name and the extension of the picture as it will be written."""
    name = file_name(document, view.image_extension(document))
    if options["images"] == "jpeg" and suffix(name) != ".jpg":
        return document.name, ".jpg"
    return name, suffix(name)


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _too_many(overfull: dict[str, int]) -> InvalidInput:
    problems = [Problem(name, _("%(count)s objects") % {"count": count}) for name, count in overfull.items()]
    return InvalidInput(
        _(
            "%(count)s images have more than %(most)s objects, which VOC's 8-bit PNGs cannot number; "
            "choose many_objects = side_file, or another format"
        )
        % {"count": len(overfull), "most": MAX_OBJECTS},
        problems,
    )


def _as_jpeg(member: Member) -> Member:
    """Turn the picture into a JPEG unless it is one."""

    def chunks() -> Iterator[bytes]:
        content = b"".join(member.chunks)
        with Image.open(io.BytesIO(content)) as image:
            if image.format == "JPEG":
                yield content
                return
            buffer = io.BytesIO()
            image.convert("RGB").save(buffer, format="JPEG", quality=JPEG_QUALITY)
        buffer.seek(0)
        yield from read_chunks(buffer)

    return Member(member.path, chunks())


class _Writer:
    """Makes one image's files. `overfull` gathers the images that have too many objects."""

    def __init__(self, view: DatasetView, options: Options) -> None:
        self._classes = list(view.classes)
        self._names = {label.index: label.name for label in view.classes}
        self._values = np.zeros(256, dtype=np.uint8)
        for place, label in enumerate(view.classes, start=1):
            self._values[label.index] = place
        self._values[VOID] = VOID
        self._options = options
        voc = palette.voc_colour_map()
        self._object_colours: list[Colour] = list(voc)
        self._class_colours = list(voc) if options["palette"] == "voc" else _own_colours(self._classes)
        self.overfull: dict[str, int] = {}

    def label_map(self) -> bytes:
        """Write the classes in the order of their pixel values, as `label:r,g,b:parts:actions`."""
        named = ["background", *(label.name for label in self._classes)]
        lines = ["# label:color_rgb:parts:actions"]
        for name, (red, green, blue) in zip(named, self._class_colours, strict=False):
            lines.append(f"{name.replace(':', ' ')}:{red},{green},{blue}::")
        return ("\n".join(lines) + "\n").encode()

    def files(self, document: ImageDocument, short: str, picture: str) -> Iterator[tuple[str, bytes]]:
        """Give path and content of the image's files."""
        if self.overfull and self._options["many_objects"] == "error":
            self._count(document)  # the export fails anyway: only find out which other images are in the way
            return
        labels, numbers = paint(document, lambda _: True)
        count = self._count(document)
        if count > MAX_OBJECTS and self._options["many_objects"] == "error":
            return
        if self._options["border"]:
            edge = _outlines(numbers)
            labels[edge], numbers[edge] = VOID, 0
        yield f"SegmentationClass/{short}.png", palette_png(self._values[labels], self._class_colours)
        if count > MAX_OBJECTS:
            yield f"SegmentationObject16/{short}.png", number_png(numbers)
        else:
            objects = np.where(labels == VOID, VOID, numbers).astype(np.uint8)
            yield f"SegmentationObject/{short}.png", palette_png(objects, self._object_colours)
        if self._options["xml"]:
            yield f"Annotations/{short}.xml", _annotation_xml(document, picture, self._names)

    def _count(self, document: ImageDocument) -> int:
        """Count the objects to number, and note an image that has too many."""
        count = sum(a.class_index != VOID for a in raster.paint_order(document.annotations))
        if count > (MAX_OBJECTS if self._options["many_objects"] == "error" else MAX_NUMBER):
            self.overfull[document.name] = count
        return count


def _own_colours(classes: Sequence[LabelClass]) -> list[Colour]:
    """Give the project's colours by pixel value, void as in VOC."""
    colours: list[Colour] = [(0, 0, 0), *(label.colour for label in classes)]
    colours += [(0, 0, 0)] * (VOID - len(colours))
    return [*colours, palette.voc_colour_map()[VOID]]


def _outlines(numbers: Numbers) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Find the pixels that have another object or background beside them (8 neighbours)."""
    edge = np.zeros(numbers.shape, dtype=np.bool_)
    for rows, columns in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = numbers[: numbers.shape[0] - rows, max(0, -columns) : numbers.shape[1] - max(0, columns)]
        there = numbers[rows:, max(0, columns) : numbers.shape[1] + min(0, columns)]
        differs = here != there
        edge[: numbers.shape[0] - rows, max(0, -columns) : numbers.shape[1] - max(0, columns)] |= differs
        edge[rows:, max(0, columns) : numbers.shape[1] + min(0, columns)] |= differs
    return edge


def _annotation_xml(document: ImageDocument, picture: str, names: dict[int, str]) -> bytes:
    root = ET.Element("annotation")
    folder, _slash, last = picture.rpartition("/")
    _add(root, "folder", folder)
    _add(root, "filename", last)
    source = ET.SubElement(root, "source")
    _add(source, "database", document.source_url or "Unknown")
    size = ET.SubElement(root, "size")
    for name, value in (("width", document.width), ("height", document.height), ("depth", 3)):
        _add(size, name, str(value))
    _add(root, "segmented", "1" if document.annotations else "0")
    for annotation in raster.paint_order(document.annotations):
        box = _inclusive_box(annotation, document)
        if annotation.class_index != VOID and box is not None:
            _add_object(root, annotation, names[annotation.class_index], box)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=False) + b"\n"


def _add_object(root: ET.Element, annotation: Annotation, name: str, box: tuple[int, ...]) -> None:
    element = ET.SubElement(root, "object")
    _add(element, "name", name)
    _add(element, "pose", str(annotation.attributes.get("pose", "Unspecified")))
    for key, default in (("truncated", False), ("occluded", False), ("difficult", annotation.is_crowd)):
        _add(element, key, str(int(bool(annotation.attributes.get(key, default)))))
    bounds = ET.SubElement(element, "bndbox")
    for key, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
        _add(bounds, key, str(value))


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _inclusive_box(annotation: Annotation, document: ImageDocument) -> tuple[int, int, int, int] | None:
    """Give xmin, ymin, xmax, ymax of the object's pixels, the first pixel being 1; None when it has none."""
    if document.width * document.height > raster.STRIP_PIXELS:
        mask = raster.mask_of(annotation.geometry, document.height, document.width)
        far = mask.x + mask.width, mask.y + mask.height
        return (mask.x + 1, mask.y + 1, *far) if mask.width else None
    x, y, pixels = raster.rasterise_crop(annotation.geometry, document.height, document.width)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if rows.size == 0:
        return None
    return (
        x + int(columns[0]) + 1,
        y + int(rows[0]) + 1,
        x + int(columns[-1]) + 1,
        y + int(rows[-1]) + 1,
    )


def read(tree: FileTree, problems: list[Problem]) -> ReadDataset:
    """Read a VOC tree; see `voc_read`."""
    return voc_read.read(tree, problems)


FORMAT = Format(
    name="voc",
    title="Pascal VOC",
    task_types=("semantic", "instance", "panoptic"),
    options=OPTIONS,
    write=write,
    read=read,
    detect=voc_read.detect,
)
