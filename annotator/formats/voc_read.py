"""Pascal VOC: the reader. Reports every bad record with where it is, and goes on with the others.

Owns what is accepted: class and object PNGs with a palette or in colours, boxes from the XML for images that have no
PNG. Boxes become 0-based and half open. The writer is `voc.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

import numpy as np

from annotator.core import palette
from annotator.core.document import (
    BACKGROUND,
    VOID,
    Annotation,
    BoxGeometry,
    ImageDocument,
    LabelClass,
    Split,
)
from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from annotator.formats.classes import ClassTable, Colour, read_table, table_of_names
from annotator.formats.codec import FileTree, ReadDataset, object_id
from annotator.formats.index_maps import decode, objects_of, shape_problem, to_labels
from annotator.formats.pictures import PICTURES, upright_size
from annotator.formats.tree import read_all, stem, suffix

VOC_NAMES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
FOLDERS = {
    "JPEGImages": "picture",
    "SegmentationClass": "classes",
    "SegmentationObject": "objects",
    "SegmentationObject16": "objects",
    "Annotations": "xml",
}
Pixels: TypeAlias = np.ndarray[Any, Any]

XML_LIMIT = 16 * 1024**2
MAX_SIDE = 1_000_000


@dataclass(slots=True)
class _Files:
    """One image's files; its id is their path below the folder that tells what they are."""

    id: str
    picture: str = ""
    classes: str = ""
    objects: str = ""
    xml: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    name: str
    box: BoxGeometry
    difficult: bool


@dataclass(frozen=True, slots=True)
class _Record:
    """What one XML file says; the size is None where it says none."""

    size: tuple[int, int] | None
    boxes: tuple[_Box, ...]


def detect(tree: FileTree) -> bool:
    """Say whether the tree has VOC's segmentation PNGs, or XML files with boxes that are VOC's."""
    files = _grouped(tree)
    if any(found.classes or found.objects for found in files.values()):
        return True
    first = next((found.xml for found in files.values() if found.xml), None)
    if first is None:
        return False
    try:
        return b"<annotation" in read_all(tree, first, limit=XML_LIMIT)
    except InvalidInput:
        return False


def _grouped(tree: FileTree) -> dict[str, _Files]:
    """Give each image's files by the image's id, sorted."""
    found: dict[str, _Files] = {}
    for name in tree.names():
        parts = name.split("/")
        place = next((k for k in range(len(parts) - 2, -1, -1) if parts[k] in FOLDERS), None)
        if place is None:
            continue
        role = FOLDERS[parts[place]]
        kind = suffix(name)
        fits = kind == ".xml" if role == "xml" else kind in PICTURES
        if fits:
            own = stem("/".join(parts[place + 1 :]))
            setattr(found.setdefault(own, _Files(own)), role, name)
    return dict(sorted(found.items()))


def read(tree: FileTree, problems: list[Problem]) -> ReadDataset:
    """Read pictures, PNGs and XML.

    Raises:
        InvalidInput: the tree holds nothing of VOC, or more than 254 classes.
    """
    files = _grouped(tree)
    if not any(found.classes or found.objects or found.xml for found in files.values()):
        raise InvalidInput(
            _("no VOC dataset found: no SegmentationClass/, SegmentationObject/ or Annotations/ folder")
        )
    table = read_table(tree, problems)
    records = {name: _record(tree, found.xml, problems) for name, found in files.items() if found.xml}
    named = {box.name for record in records.values() if record is not None for box in record.boxes}
    table = _with_names(table or _standard(tree, files, named), named)
    reader = _Reader(tree, table, records, _splits(tree), problems)
    return ReadDataset(table.classes, reader.documents(files), len(files))


def _standard(tree: FileTree, files: Mapping[str, _Files], named: set[str]) -> ClassTable:
    """Give VOC's own twenty classes where the PNGs or the names in the XML need them, else an empty table."""
    if any(found.classes for found in files.values()) or (named and named <= set(VOC_NAMES)):
        return table_of_names(VOC_NAMES, palette.voc_colour_map()[: len(VOC_NAMES)])
    return table_of_names(["background"])


def _with_names(table: ClassTable, named: set[str]) -> ClassTable:
    """Add classes that only the XML names."""
    names: list[str | None] = [None] * (max([0, *(label.index for label in table.classes)]) + 1)
    missing = sorted(named - {label.name for label in table.classes})
    if not missing:
        return table
    more = table_of_names(["background", *names[1:], *missing])
    taken = {label.colour for label in table.classes}
    added = [LabelClass(c.index, c.name, palette.colour_for(c.index, taken)) for c in more.classes]
    return ClassTable((*table.classes, *added), table.by_value, table.by_colour)


def _splits(tree: FileTree) -> dict[str, Split]:
    """Read the image sets, those for segmentation first."""
    splits: dict[str, Split] = {}
    for folder in ("Main", "Segmentation"):
        for split in Split:
            for name in tree.names():
                if f"/{name}".endswith(f"/ImageSets/{folder}/{split}.txt"):
                    text = read_all(tree, name).decode("utf-8", errors="replace")
                    splits.update((line.strip(), split) for line in text.splitlines() if line.strip())
    return splits


def _record(tree: FileTree, name: str, problems: list[Problem]) -> _Record | None:
    """Read one XML file; what is wrong in it is told."""
    try:
        root = _parsed(read_all(tree, name, limit=XML_LIMIT))
    except (InvalidInput, ET.ParseError, ValueError, LookupError) as problem:
        problems.append(Problem(name, _("not a readable XML file: %(problem)s") % {"problem": problem}))
        return None
    if root.tag != "annotation":
        problems.append(Problem(name, _("the root is <%(tag)s>, not <annotation>") % {"tag": root.tag}))
        return None
    boxes: list[_Box] = []
    for k, element in enumerate(root.findall("object")):
        try:
            boxes.append(_box(element))
        except InvalidInput as problem:
            problems.append(Problem(f"{name}: object[{k}]", problem.detail))
    return _Record(_size(root, name, problems), tuple(boxes))


def _parsed(data: bytes) -> ET.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InvalidInput(_("document types and entities are not allowed"))
    return ET.fromstring(data)  # noqa: S314  # no DTD, so there is nothing to expand


def _size(root: ET.Element, name: str, problems: list[Problem]) -> tuple[int, int] | None:
    if root.find("size") is None:
        return None
    try:
        width, height = (_number(root, f"size/{side}") for side in ("width", "height"))
    except InvalidInput as problem:
        problems.append(Problem(f"{name}: size", problem.detail))
        return None
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        problems.append(
            Problem(
                f"{name}: size",
                _("%(width)g x %(height)g is no size of an image") % {"width": width, "height": height},
            )
        )
        return None
    return int(width), int(height)


def _box(element: ET.Element) -> _Box:
    """Read one object: VOC's 1-based inclusive corners become continuous ones."""
    name = (element.findtext("name") or "").strip()
    if not name:
        raise InvalidInput(_("the object has no name"))
    x0, y0, x1, y1 = (_number(element, f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax"))
    if x1 < x0 or y1 < y0:
        raise InvalidInput(
            _("the box ends before it begins: %(x0)g, %(y0)g, %(x1)g, %(y1)g")
            % {"x0": x0, "y0": y0, "x1": x1, "y1": y1}
        )
    difficult = (element.findtext("difficult") or "0").strip() in ("1", "true", "True")
    return _Box(name[:100], BoxGeometry(x0 - 1, y0 - 1, x1, y1), difficult)


def _number(element: ET.Element, path: str) -> float:
    text = element.findtext(path)
    try:
        value = float(text or "")
    except ValueError:
        raise InvalidInput(
            _("%(path)s must be a number, not %(text)r") % {"path": path, "text": text}
        ) from None
    if not math.isfinite(value):
        raise InvalidInput(_("%(path)s must be finite, not %(text)r") % {"path": path, "text": text})
    return value


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes documents of files; what is wrong is told and left out."""

    tree: FileTree
    table: ClassTable
    records: Mapping[str, _Record | None]
    splits: Mapping[str, Split]
    problems: list[Problem]

    def documents(self, files: Mapping[str, _Files]) -> Iterator[ImageDocument]:
        for name, found in files.items():
            try:
                yield self._document(name, found)
            except InvalidInput as problem:
                self._complain(found.picture or found.classes or found.objects or found.xml, problem.detail)

    def _document(self, name: str, found: _Files) -> ImageDocument:
        """Read one image: the PNGs where there are such, else the boxes."""
        record = self.records.get(name)
        real = upright_size(self.tree, found.picture) if found.picture else None
        said = record.size if record is not None else None
        fits = real is None or said is None or real == said
        if real is not None and said is not None and not fits:
            values = {"said": "{} x {}".format(*said), "seen": "{} x {}".format(*real)}
            text = _("says %(said)s pixels, the picture has %(seen)s") % values
            self._complain(f"{found.xml}: size", text)
        full = name + suffix(found.picture) if found.picture else name
        classes = self._map(found.classes, real or said)
        objects = self._map(found.objects, real or said)
        seen = classes if classes is not None else objects
        size = real or said or ((seen.shape[1], seen.shape[0]) if seen is not None else None)
        if size is None:
            raise InvalidInput(
                _("the size of this image is told nowhere: there is no picture, no PNG and no <size>")
            )
        annotations: tuple[Annotation, ...] = ()
        if seen is not None:
            annotations = self._from_maps(full, found, classes, objects)
        elif record is not None and fits:
            annotations = _from_boxes(full, record, self.table)
        return ImageDocument(full, *size, annotations, split=self.splits.get(name), key=found.picture)

    def _map(self, path: str, size: tuple[int, int] | None) -> Pixels | None:
        if not path:
            return None
        try:
            pixels = decode(self.tree, path)
        except InvalidInput as problem:
            self._complain(path, problem.detail)
            return None
        wrong = shape_problem(path, pixels, *size) if size is not None else None
        if wrong is not None:
            self.problems.append(wrong)
            return None
        return pixels

    def _from_maps(
        self, name: str, found: _Files, classes: Pixels | None, objects: Pixels | None
    ) -> tuple[Annotation, ...]:
        labels = numbers = None
        if classes is not None:
            labels = to_labels(classes, self.table, lambda text: self._complain(found.classes, text))
        if objects is not None:
            numbers = _object_numbers(objects)
            if labels is not None and labels.shape != numbers.shape:
                self._complain(found.objects, _("has another size than the SegmentationClass PNG"))
                numbers = None
        if labels is None and numbers is not None:
            only = self._only_class(found)
            if only is None:
                text = _("there is no SegmentationClass PNG that tells the objects' classes")
                self._complain(found.objects, text)
                return ()
            labels = np.where(numbers > 0, only, BACKGROUND).astype(np.uint8)
        return objects_of(name, labels, numbers)

    def _only_class(self, found: _Files) -> int | None:
        """Give the class of all objects where the XML names just one."""
        record = self.records.get(found.id)
        named = {box.name for box in record.boxes} if record is not None else set()
        indices = {label.name: label.index for label in self.table.classes}
        return indices[named.pop()] if len(named) == 1 else None

    def _complain(self, where: str, message: str) -> None:
        self.problems.append(Problem(where, message))


def _object_numbers(pixels: Pixels) -> Pixels:
    """Give the object numbers of a SegmentationObject PNG; void counts as no object."""
    if pixels.ndim == 2:
        void = VOID if pixels.dtype.itemsize == 1 else -1
        return np.where(pixels == void, 0, pixels.astype(np.int64))
    codes = pixels[..., 0].astype(np.int64) << 16 | pixels[..., 1].astype(np.int64) << 8 | pixels[..., 2]
    colours: tuple[Colour, ...] = palette.voc_colour_map()
    known = {red << 16 | green << 8 | blue: number for number, (red, green, blue) in enumerate(colours)}
    values, inverse = np.unique(codes, return_inverse=True)
    numbers = np.array([known.get(value, 256 + place) for place, value in enumerate(values.tolist())])
    return np.where(numbers == VOID, 0, numbers)[inverse.reshape(codes.shape)]


def _from_boxes(name: str, record: _Record, table: ClassTable) -> tuple[Annotation, ...]:
    indices = {label.name: label.index for label in table.classes}
    return tuple(
        Annotation(
            object_id(name, place), indices[box.name], box.box, is_crowd=box.difficult, source="import"
        )
        for place, box in enumerate(record.boxes)
    )
