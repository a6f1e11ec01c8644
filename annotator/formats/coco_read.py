"""COCO instances: the reader. Reports every bad record with where it is, and goes on with the others.

Owns what is accepted: polygon lists, run lengths compressed or not, crowds, boxes without segmentation; category ids
are kept as class indices where they are 1..254, else the categories are numbered in their order. The writer is
`coco.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from annotator.core import palette, rle
from annotator.core.document import (
    BACKGROUND,
    MAX_CLASSES,
    VOID,
    Annotation,
    BoxGeometry,
    Geometry,
    ImageDocument,
    LabelClass,
    MaskGeometry,
    Polygon,
    PolygonGeometry,
    Split,
)
from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from annotator.formats import coco_values
from annotator.formats.classes import BACKGROUND_NAMES, VOID_NAMES
from annotator.formats.codec import CHUNK, FileTree, ReadDataset, object_id
from annotator.formats.pictures import PICTURES, upright_size
from annotator.formats.tree import read_all, safe_name, suffix

MARKS = (b'"images"', b'"annotations"', b'"categories"')
MAX_PIXELS = 2**31
NO_PICTURES = (
    "annotation",
    "mask",
    "label",
    "panoptic",
    "segmentation",
    "instance",
    "visuali",
)  # folders of other PNGs
SPLITS = ((r"train", Split.TRAIN), (r"val", Split.VAL), (r"test", Split.TEST))


def detect(tree: FileTree) -> bool:
    """Say whether a JSON file of the tree has the three lists of a COCO file."""
    return any(_has_marks(tree, name, MARKS) for name in tree.names() if suffix(name) == ".json")


def _has_marks(tree: FileTree, name: str, marks: tuple[bytes, ...]) -> bool:
    missing, tail = set(marks), b""
    try:
        with tree.open(name) as file:
            while missing and (chunk := file.read(CHUNK)):
                window = tail + chunk
                missing = {mark for mark in missing if mark not in window}
                tail = chunk[-16:]
    except InvalidInput:
        return False
    return not missing


@dataclass(slots=True)
class _Image:
    """One image and the records that name it, from however many files."""

    document: ImageDocument
    where: str
    records: list[tuple[str, Mapping[int, int], dict[str, Any]]] = field(default_factory=list)


def read(tree: FileTree, problems: list[Problem]) -> ReadDataset:
    """Read every instances file of the tree.

    Raises:
        InvalidInput: no file looks like COCO, or there are more than 254 categories.
    """
    return _Reader(tree, problems).dataset()


class _Reader:
    def __init__(self, tree: FileTree, problems: list[Problem]) -> None:
        self._tree = tree
        self._problems = problems
        self._pictures = _index_pictures(tree)
        self._images: dict[str, _Image] = {}
        self._named: set[str] = set()  # pictures that an image record speaks of, taken or refused

    def dataset(self) -> ReadDataset:
        files = self._load(_annotation_files(self._tree))
        categories = {name: self._categories(name, content) for name, content in files.items()}
        indices = _class_indices([pair for found in categories.values() for pair in found.items()])
        classes = self._classes(files, indices)
        for name, content in files.items():
            known = {number: indices[label] for number, label in categories[name].items() if label in indices}
            self._collect(name, content, known)
        unnamed = self._unnamed()
        return ReadDataset(classes, self._documents(unnamed), len(self._images) + len(unnamed))

    def _complain(self, where: str, message: str) -> None:
        self._problems.append(Problem(where, message))

    def _load(self, names: list[str]) -> dict[str, dict[str, Any]]:
        """Parse the files; those that are no COCO instances are reported and left out."""
        files: dict[str, dict[str, Any]] = {}
        for name in names:
            try:
                content = orjson.loads(read_all(self._tree, name))
            except (orjson.JSONDecodeError, InvalidInput, RecursionError) as problem:
                self._complain(name, _("not valid JSON: %(problem)s") % {"problem": problem})
                continue
            if not isinstance(content, dict):
                text = _("the file is a %(type)s; a COCO file is an object") % {
                    "type": type(content).__name__
                }
                self._complain(name, text)
                continue
            for key in ("images", "annotations", "categories"):
                if not isinstance(content.get(key, []), list):
                    text = _("must be a list, not %(type)s") % {"type": type(content[key]).__name__}
                    self._complain(f"{name}: {key}", text)
                    content[key] = []
            files[name] = content
        return files

    def _categories(self, file: str, content: dict[str, Any]) -> dict[int, str]:
        """Give a file's category names by id."""
        names: dict[int, str] = {}
        for k, record in enumerate(content.get("categories", [])):
            where = f"{file}: categories[{k}]"
            if not isinstance(record, dict) or not coco_values.is_int(record.get("id")):
                self._complain(where, _("a category needs an integer id"))
            elif not isinstance(record.get("name"), str) or not record["name"].strip():
                text = _("a category needs a name, not %(name)r") % {"name": record.get("name")}
                self._complain(f"{where}.name", text)
            elif record["id"] in names:
                self._complain(f"{where}.id", _("id %(number)r is used twice") % {"number": record["id"]})
            else:
                names[record["id"]] = record["name"].strip()
        return names

    def _classes(self, files: dict[str, dict[str, Any]], indices: dict[str, int]) -> tuple[LabelClass, ...]:
        """Give the classes of all files, with what else the records say about them."""
        classes: dict[int, LabelClass] = {}
        for content in files.values():
            for record in content.get("categories", []):
                name = str(record.get("name")).strip() if isinstance(record, dict) else ""
                index = indices.get(name, VOID)
                if index in classes or not BACKGROUND < index <= MAX_CLASSES:
                    continue
                taken = {label.colour for label in classes.values()}
                above = record.get("supercategory")
                classes[index] = LabelClass(
                    index=index,
                    name=name[:100],
                    colour=coco_values.colour(record.get("color")) or palette.colour_for(index, taken),
                    is_thing=bool(record.get("isthing", 1)),
                    supercategory=above[:100] if isinstance(above, str) else "",
                )
        return tuple(classes[index] for index in sorted(classes))

    def _collect(self, file: str, content: dict[str, Any], known: Mapping[int, int]) -> None:
        """Note a file's images, and give each annotation record to its image."""
        by_id: dict[Any, _Image | None] = {}
        for k, record in enumerate(content.get("images", [])):
            where = f"{file}: images[{k}]"
            number = record.get("id") if isinstance(record, dict) else None
            if isinstance(number, bool) or not isinstance(number, int | str):
                self._complain(where, _("an image needs an id"))
            elif number in by_id:
                self._complain(f"{where}.id", _("id %(number)r is used twice") % {"number": number})
            else:
                by_id[number] = self._image(file, where, record)
        seen: set[Any] = set()
        for k, record in enumerate(content.get("annotations", [])):
            where = f"{file}: annotations[{k}]"
            if not isinstance(record, dict):
                self._complain(where, _("must be an object, not %(type)s") % {"type": type(record).__name__})
                continue
            number, image_id = record.get("id"), record.get("image_id")
            if isinstance(number, int | str) and number in seen:
                self._complain(f"{where}.id", _("id %(number)r is used twice") % {"number": number})
                continue
            seen.add(number if isinstance(number, int | str) else None)
            if not isinstance(image_id, int | str) or image_id not in by_id:
                text = _("there is no image with id %(image_id)r") % {"image_id": image_id}
                self._complain(f"{where}.image_id", text)
            elif (image := by_id[image_id]) is not None:
                image.records.append((where, known, record))

    def _image(self, file: str, where: str, record: dict[str, Any]) -> _Image | None:
        """Read an image record, or None with a problem told. One picture named by two files is one image."""
        name = record.get("file_name")
        path = safe_name(name) if isinstance(name, str) else None
        if path is None:
            self._complain(f"{where}.file_name", _("%(name)r is no file name") % {"name": name})
            return None
        split = split_of(file)
        picture = self._picture(path, split)
        size = self._size(where, record, picture)
        if size is None:
            return None
        known = self._images.get(path)
        if known is not None and known.document.key != picture:
            path = f"{split or 'more'}/{path}"
            known = self._images.get(path)
        if known is not None:
            if (known.document.width, known.document.height) != size:
                text = _("%(path)s is %(width)s x %(height)s here and another size in %(other)s") % {
                    "path": path,
                    "width": size[0],
                    "height": size[1],
                    "other": known.where,
                }
                self._complain(where, text)
                return None
            return known
        text = {key: record.get(key) for key in ("coco_url", "attribution", "group")}
        document = ImageDocument(
            name=path,
            width=size[0],
            height=size[1],
            split=split,
            key=picture,
            source_url=text["coco_url"][:1000] if isinstance(text["coco_url"], str) else "",
            attribution=text["attribution"][:500] if isinstance(text["attribution"], str) else "",
            group=text["group"][:200] if isinstance(text["group"], str) else "",
        )
        self._images[path] = _Image(document, where)
        return self._images[path]

    def _picture(self, path: str, split: Split | None) -> str:
        """Find the picture's file in the tree: the path itself, or one that ends with it, the split's own first."""
        own = self._pictures.get(path.rsplit("/", 1)[-1], ())
        found = [name for name in own if name == path or name.endswith("/" + path)]
        found.sort(
            key=lambda name: (name != path, split is not None and split_of(name) != split, len(name), name)
        )
        self._named.update(found[:1])
        return found[0] if found else ""

    def _size(self, where: str, record: dict[str, Any], picture: str) -> tuple[int, int] | None:
        """Give width and height as the file says, checked against the picture where there is one."""
        real: tuple[int, int] | None = None
        if picture:
            try:
                real = upright_size(self._tree, picture)
            except InvalidInput as problem:
                self._complain(where, problem.detail)
                return None
        width, height = record.get("width"), record.get("height")
        if real is not None and width is None and height is None:
            return real
        if (
            not coco_values.is_int(width)
            or not coco_values.is_int(height)
            or width < 1
            or height < 1
            or width * height > MAX_PIXELS
        ):
            text = _("width %(width)r and height %(height)r are no size of an image") % {
                "width": width,
                "height": height,
            }
            self._complain(where, text)
            return None
        if real is not None and real != (width, height):
            said, seen = f"{width} x {height}", f"{real[0]} x {real[1]}"
            text = _("the file says %(said)s pixels, the picture has %(seen)s (upright)") % {
                "said": said,
                "seen": seen,
            }
            self._complain(where, text)
            return None
        return width, height

    def _unnamed(self) -> dict[str, str]:
        """Find the pictures that no annotation file names: they are images too, only without annotations."""
        roots = {
            document.key.removesuffix(document.name)
            for document in (i.document for i in self._images.values())
        }
        roots = sorted((root for root in roots if root.endswith("/")), key=len, reverse=True)
        found: dict[str, str] = {}
        for picture in sorted(name for names in self._pictures.values() for name in names):
            folders = picture.lower().split("/")[:-1]
            if picture in self._named or any(folder.startswith(NO_PICTURES) for folder in folders):
                continue
            root = next((root for root in roots if picture.startswith(root)), "")
            name = picture.removeprefix(root)
            found[picture if name in self._images or name in found else name] = picture
        return found

    def _documents(self, unnamed: dict[str, str]) -> Iterator[ImageDocument]:
        for image in self._images.values():
            annotations = [
                annotation
                for where, known, record in image.records
                if (annotation := self._annotation(image.document, where, known, record)) is not None
            ]
            image.records.clear()
            yield _with(image.document, annotations)
        for name, picture in unnamed.items():
            try:
                yield ImageDocument(name, *upright_size(self._tree, picture), key=picture)
            except InvalidInput as problem:
                self._complain(picture, problem.detail)

    def _annotation(
        self, image: ImageDocument, where: str, known: Mapping[int, int], record: dict[str, Any]
    ) -> Annotation | None:
        category, crowd = record.get("category_id"), record.get("iscrowd", 0)
        before = len(self._problems)
        if not coco_values.is_int(category) or category not in known:
            text = _("there is no category with id %(category)r") % {"category": category}
            self._complain(f"{where}.category_id", text)
        if crowd not in (0, 1):
            self._complain(f"{where}.iscrowd", _("must be 0 or 1, not %(crowd)r") % {"crowd": crowd})
        geometry = self._geometry(image, where, record)
        attributes = record.get("attributes") or {}
        if not isinstance(attributes, dict) or not all(
            coco_values.is_scalar(value) for value in attributes.values()
        ):
            self._complain(f"{where}.attributes", _("must be an object of words, numbers and booleans"))
        if geometry is None or len(self._problems) > before or not coco_values.is_int(category):
            return None
        return Annotation(
            id=UUID(int=0),
            class_index=known[category],
            geometry=geometry,
            attributes=attributes,
            is_crowd=bool(crowd),
            source="import",
        )

    def _geometry(self, image: ImageDocument, where: str, record: dict[str, Any]) -> Geometry | None:
        segmentation = record.get("segmentation")
        if isinstance(segmentation, dict):
            return self._mask(image, f"{where}.segmentation", segmentation)
        if segmentation in (None, []) and record.get("bbox") is not None:
            return self._box(f"{where}.bbox", record["bbox"])
        if not isinstance(segmentation, list) or not segmentation:
            text = _("must be a list of polygons or an object of run lengths")
            self._complain(f"{where}.segmentation", text)
            return None
        rings = [self._ring(f"{where}.segmentation[{k}]", ring) for k, ring in enumerate(segmentation)]
        polygons = tuple(polygon for polygon in rings if polygon is not None)
        return PolygonGeometry(polygons) if len(polygons) == len(rings) else None

    def _ring(self, where: str, numbers: object) -> Polygon | None:
        if not isinstance(numbers, list):
            text = _("a polygon must be a list of numbers, not %(type)s") % {"type": type(numbers).__name__}
            self._complain(where, text)
            return None
        points = coco_values.points(numbers)
        if points is None:
            self._complain(where, _("a polygon must be a flat list of finite numbers x0, y0, x1, y1, …"))
            return None
        if len(numbers) % 2:
            text = _("has %(count)s numbers; they must be pairs of x and y") % {"count": len(numbers)}
            self._complain(where, text)
            return None
        if len(points) > 3 and (points[0] == points[-1]).all():
            points = points[:-1]  # closed twice over: a ring closes by itself
        if len(points) < 3:
            text = _("has %(count)s points; a polygon needs at least 3") % {"count": len(points)}
            self._complain(where, text)
            return None
        return (points,)

    def _mask(self, image: ImageDocument, where: str, runs: dict[str, Any]) -> MaskGeometry | None:
        if runs.get("size") != [image.height, image.width]:
            values = {"size": runs.get("size"), "height": image.height, "width": image.width}
            text = _("size %(size)r is not the image's [height, width] [%(height)s, %(width)s]") % values
            self._complain(f"{where}.size", text)
            return None
        try:
            mask = rle.crop(coco_values.counts(runs.get("counts")), image.height, image.width)
        except InvalidInput as problem:
            self._complain(f"{where}.counts", problem.detail)
            return None
        if mask.width == 0:
            self._complain(where, _("the mask has no pixels"))
            return None
        return mask

    def _box(self, where: str, box: object) -> BoxGeometry | None:
        numbers = coco_values.points(box) if isinstance(box, list) and len(box) == 4 else None
        if numbers is None:
            self._complain(where, _("must be [x, y, width, height], not %(box).300r") % {"box": box})
            return None
        (x, y), (width, height) = numbers.astype(np.float64).tolist()
        if width <= 0 or height <= 0:
            text = _("the box has width %(width)g and height %(height)g") % {"width": width, "height": height}
            self._complain(where, text)
            return None
        return BoxGeometry(x, y, x + width, y + height)


def _with(document: ImageDocument, annotations: list[Annotation]) -> ImageDocument:
    """Give the document with the annotations, their ids telling their order."""
    numbered = tuple(replace(a, id=object_id(document.name, k)) for k, a in enumerate(annotations))
    return replace(document, annotations=numbered)


def _annotation_files(tree: FileTree) -> list[str]:
    """Choose the files to read: those called instances where there are such, else all that look like it."""
    found = [name for name in tree.names() if suffix(name) == ".json" and _has_marks(tree, name, MARKS[:2])]
    if not found:
        raise InvalidInput(
            _("no COCO annotation file found: no .json file has lists of images and annotations")
        )
    named = [name for name in found if name.rsplit("/", 1)[-1].startswith("instances")]
    if named:
        return named
    return [name for name in found if not _has_marks(tree, name, (b'"segments_info"',))] or found


def split_of(name: str) -> Split | None:
    """Guess the split that a file's path speaks of, the last word first."""
    for part in reversed(name.lower().split("/")):
        for pattern, split in SPLITS:
            if re.search(rf"(?<![a-z]){pattern}(?![a-z])|(?<![a-z]){pattern}(id|idation|ing|annot)", part):
                return split
    return None


def _index_pictures(tree: FileTree) -> dict[str, list[str]]:
    """Give the tree's pictures by their last name."""
    index: dict[str, list[str]] = {}
    for name in tree.names():
        if suffix(name) in PICTURES:
            index.setdefault(name.rsplit("/", 1)[-1], []).append(name)
    return index


def _class_indices(pairs: list[tuple[int, str]]) -> dict[str, int]:
    """Give each category name its class index: its id where all ids can be kept, else its place in the order."""
    foreground = [(number, name) for number, name in pairs if not (number == 0 and _is_background(name))]
    named: dict[str, set[int]] = {}
    for number, name in foreground:
        named.setdefault(name, set()).add(number)
    void = {name for name, numbers in named.items() if numbers == {VOID} and name.lower() in VOID_NAMES}
    labels = [name for name in named if name not in void]
    if len(labels) > MAX_CLASSES:
        raise InvalidInput(
            _("there are %(count)s categories; a project holds at most %(most)s")
            % {"count": len(labels), "most": MAX_CLASSES}
        )
    numbers = [number for name in labels for number in named[name]]
    keep = len(numbers) == len(labels) == len(set(numbers)) and all(1 <= n <= MAX_CLASSES for n in numbers)
    indices = {name: min(named[name]) if keep else place for place, name in enumerate(labels, start=1)}
    return indices | dict.fromkeys(void, VOID)


def _is_background(name: str) -> bool:
    return name.lower() in BACKGROUND_NAMES
