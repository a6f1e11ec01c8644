"""Mask folders: index PNGs of classes, 16-bit PNGs of instances, colour-coded PNGs, beside their pictures.

Owns the layout that we write (`images/`, `masks/`, `instances/`, `classes.json`, `splits/`) and the layouts that are
read: any picture folder with a mask folder beside it, or `train/` with `trainannot/`. Does not own how pixels become
objects (`index_maps.py`) nor class lists (`classes.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from annotator.core import palette
from annotator.core.document import (
    BACKGROUND,
    VOID,
    DatasetView,
    ImageDocument,
    LabelClass,
    Split,
)
from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from annotator.formats.classes import ClassTable, Colour, read_table, table_of_names
from annotator.formats.coco_read import split_of
from annotator.formats.codec import FileTree, Format, Member, Option, Options, ReadDataset
from annotator.formats.index_maps import (
    MAX_NUMBER,
    Labels,
    decode,
    number_png,
    objects_of,
    paint,
    palette_png,
    shape_problem,
    to_labels,
)
from annotator.formats.pictures import PICTURES, PictureList, file_name, unique_stem, upright_size
from annotator.formats.tree import read_all, stem, suffix

OPTIONS = (
    Option(
        "maps",
        "both",
        "Which maps: class indices, instance numbers, or both.",
        ("both", "classes", "instances"),
    ),
    Option(
        "values",
        "index",
        "index: each pixel holds its class's stable index, 0 background, 255 void. from_zero: classes count from 0 in "
        "their order, and what has no class or is void gets the number after the last class.",
        ("index", "from_zero"),
    ),
    Option("images", True, "Put the pictures into the ZIP."),
)
IMAGE_FOLDERS = frozenset({"images", "image", "imgs", "img", "jpegimages", "rgb", "rgbleft"})
MASK_FOLDERS = frozenset(
    {"masks", "mask", "labels", "label", "annotations", "gt", "gtleft", "segmentationclass"}
)
INSTANCE_FOLDERS = frozenset({"instances", "instance", "segmentationobject"})
ANNOT = "annot"
MASK_FILES = frozenset({".png", ".bmp", ".tif", ".tiff", ".gif"})
MAX_COLOURS = 256  # looked at in one picture: a photograph among the masks makes no palette
VOID_COLOUR: Colour = (224, 224, 192)


@dataclass(frozen=True, slots=True)
class _Values:
    """Which pixel value each class gets.

    Attributes:
        lookup: (256,) uint8, class index -> pixel value.
        colours: by pixel value.
        names: by pixel value; None where no class has it.
        ignore: the value of void.
    """

    lookup: Labels
    colours: list[Colour]
    names: list[str | None]
    ignore: int


def write(view: DatasetView, options: Options) -> Iterator[Member]:
    """Write class list and maps, then the pictures. One pass over the dataset, one image in memory.

    Raises:
        InvalidInput: an image has more than 65,535 objects.
    """
    values = _values(view.classes, options["values"])
    things = {label.index for label in view.classes if label.is_thing}
    splits: dict[str, list[str]] = defaultdict(list)
    used: set[str] = set()
    yield Member("classes.json", [_class_list(view.classes, values)])
    with PictureList(view) as pictures:
        for document in view.images():
            name = file_name(document, view.image_extension(document))
            short = unique_stem(name, used)
            picture = name if short != name else name + suffix(name)
            splits[str(document.split or "train")].append(picture)
            labels, numbers = paint(document, lambda annotation: annotation.class_index in things)
            if options["maps"] != "classes":
                if int(numbers.max(initial=0)) > MAX_NUMBER:
                    raise InvalidInput(
                        _("%(name)s has %(count)s objects; a 16-bit map holds %(most)s")
                        % {"name": document.name, "count": numbers.max(), "most": MAX_NUMBER},
                        [Problem(document.name, _("too many objects"))],
                    )
                yield Member(f"instances/{short}.png", [number_png(numbers)])
            if options["maps"] != "instances":
                yield Member(f"masks/{short}.png", [palette_png(values.lookup[labels], values.colours)])
            if options["images"]:
                pictures.add(document, f"images/{picture}")
        yield from pictures.members()
    for split, names in sorted(splits.items()):
        yield Member(f"splits/{split}.txt", ["".join(f"{name}\n" for name in names).encode()])


def _values(classes: Sequence[LabelClass], wish: str) -> _Values:
    lookup = np.zeros(256, dtype=np.uint8)
    colours: list[Colour] = [(0, 0, 0)] * 256
    if wish == "from_zero":
        ignore = len(classes)
        lookup[:] = ignore
        names: list[str | None] = [*(label.name for label in classes), "void"]
    else:
        ignore = VOID
        names = ["background"] + [None] * max((label.index for label in classes), default=0)
    for place, label in enumerate(classes):
        value = place if wish == "from_zero" else label.index
        lookup[label.index], names[value], colours[value] = value, label.name, label.colour
    lookup[VOID], colours[ignore] = ignore, VOID_COLOUR
    return _Values(lookup, colours, names, ignore)


def _class_list(classes: Sequence[LabelClass], values: _Values) -> bytes:
    """Write `classes.json`: names and palette by pixel value, for everyone; `classes` for an exact way back."""
    records = [
        {
            "value": int(values.lookup[label.index]),
            "index": label.index,
            "name": label.name,
            "colour": palette.to_hex(label.colour),
            "is_thing": label.is_thing,
            "supercategory": label.supercategory,
        }
        for label in classes
    ]
    if values.ignore == VOID:
        records.insert(0, {"value": 0, "index": BACKGROUND, "name": "background", "colour": "#000000"})
    content = {
        "names": values.names,
        "ignore_index": values.ignore,
        "palette": [list(colour) for colour in values.colours[: len(values.names)]],
        "classes": records,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


@dataclass(slots=True)
class _Group:
    """A picture and the maps that belong to it."""

    picture: str = ""
    masks: str = ""
    instances: str = ""


def detect(tree: FileTree) -> bool:
    """Say whether a mask in the tree stands beside a picture, or a class list beside masks."""
    groups = _groups(tree)
    return any((group.masks or group.instances) and group.picture for group in groups.values())


def _place(name: str) -> tuple[str, str]:
    """Give a file's role (picture, masks, instances or nothing) and its path without the folder that tells the role."""
    *folders, last = name.split("/")
    for k in range(len(folders) - 1, -1, -1):
        folder = folders[k].lower()
        rest = "/".join([*folders[:k], *folders[k + 1 :], last])
        if folder in IMAGE_FOLDERS:
            return "picture", rest
        if folder in MASK_FOLDERS:
            return "masks", rest
        if folder in INSTANCE_FOLDERS:
            return "instances", rest
        if folder.endswith(ANNOT) and len(folder) > len(ANNOT):
            return "masks", "/".join([*folders[:k], folders[k][: -len(ANNOT)], *folders[k + 1 :], last])
    return "", name


def _groups(tree: FileTree) -> dict[str, _Group]:
    """Pair pictures with maps. Keys are the images' names in the dataset, sorted."""
    placed = [(name, *_place(name)) for name in tree.names() if suffix(name) in PICTURES]
    groups: dict[str, _Group] = {}
    stems: dict[str, str] = {}
    for name, role, rest in placed:
        if role in ("picture", ""):
            groups[rest] = _Group(picture=name)
            stems.setdefault(stem(rest), rest)
    for name, role, rest in placed:
        if role not in ("masks", "instances") or suffix(name) not in MASK_FILES:
            continue
        short = stem(rest)
        image = next((key for key in groups if key == short), None) if short in groups else stems.get(short)
        if image is None:
            image = stems.setdefault(short, short)
            groups[image] = _Group()
        if role == "masks":
            groups[image].masks = name
        else:
            groups[image].instances = name
    return dict(sorted(groups.items()))


def read(tree: FileTree, problems: list[Problem]) -> ReadDataset:
    """Read pictures and maps.

    Raises:
        InvalidInput: the tree holds no masks.
    """
    groups = _groups(tree)
    if not any(group.masks or group.instances for group in groups.values()):
        raise InvalidInput(
            _("no masks found: put them into a folder masks/ beside images/, with the same file names")
        )
    table, numbered = read_table(tree, problems), set[str]()
    if table is None:
        table, numbered = _surveyed(tree, groups)
    reader = _Reader(tree, table, numbered, _splits(tree), problems)
    return ReadDataset(table.classes, reader.documents(groups), len(groups))


def _surveyed(tree: FileTree, groups: dict[str, _Group]) -> tuple[ClassTable, set[str]]:
    """Look through all maps once where no class list says what they hold.

    Returns:
        Classes made of the values and colours that occur, and the masks that hold instance numbers (16 bits).
    """
    values, colours, numbered = set[int](), set[Colour](), set[str]()
    for group in groups.values():
        if not group.masks:
            continue
        try:
            pixels = decode(tree, group.masks)
        except InvalidInput:
            continue  # told when the image's turn comes
        if pixels.ndim == 3:
            found = np.unique(pixels.reshape(-1, 3), axis=0)
            colours.update((int(red), int(green), int(blue)) for red, green, blue in found[:MAX_COLOURS])
        elif pixels.dtype.itemsize > 1:
            numbered.add(group.masks)
        else:
            values.update(np.unique(pixels).tolist())
    return _made_up(values, colours), numbered


def _made_up(values: set[int], colours: set[Colour]) -> ClassTable:
    """Make classes of values without names. Masks of 0 and 255 alone are black and white: 255 is the object."""
    if not values - {0, VOID} and not colours:
        table = table_of_names(["background", "object"])
        return ClassTable(table.classes, {0: BACKGROUND, VOID: 1}, {}) if VOID in values else table
    names: list[str | None] = ["background"]
    own: list[Colour | None] = [(0, 0, 0)]
    for value in range(1, max(values - {VOID}, default=0) + 1):
        names.append(f"class {value}" if value in values else None)
        own.append(None)
    for colour in sorted(colours - {(0, 0, 0)}):
        names.append(f"colour {palette.to_hex(colour)}")
        own.append(colour)
    return table_of_names(names, own)


def _splits(tree: FileTree) -> dict[str, Split]:
    """Read `splits/<split>.txt`, one image a line."""
    splits: dict[str, Split] = {}
    for split in Split:
        for name in tree.names():
            if name == f"splits/{split}.txt" or name.endswith(f"/splits/{split}.txt"):
                text = read_all(tree, name).decode("utf-8", errors="replace")
                splits.update((line.strip(), split) for line in text.splitlines() if line.strip())
    return splits


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes documents of groups; what is wrong is told and left out."""

    tree: FileTree
    table: ClassTable
    numbered: set[str]
    splits: dict[str, Split]
    problems: list[Problem]

    def documents(self, groups: dict[str, _Group]) -> Iterator[ImageDocument]:
        for name, group in groups.items():
            where = group.picture or group.masks or group.instances
            try:
                yield self._document(name, group, self.splits.get(name) or split_of(where))
            except InvalidInput as problem:
                self.problems.append(Problem(where, problem.detail))

    def _document(self, name: str, group: _Group, split: Split | None) -> ImageDocument:
        size = upright_size(self.tree, group.picture) if group.picture else None
        labels = numbers = None
        for path in (group.masks, group.instances):
            pixels = self._pixels(path, size) if path else None
            if pixels is None:
                continue
            size = size or (pixels.shape[1], pixels.shape[0])
            if path != group.instances and path not in self.numbered:
                labels = to_labels(pixels, self.table, lambda text, path=path: self._complain(path, text))
            elif pixels.ndim == 3:
                self._complain(path, _("an instance map has numbers, not colours"))
            else:
                numbers = pixels
        if size is None:
            raise InvalidInput(_("there is neither a picture nor a mask that can be read"))
        annotations = () if labels is None and numbers is None else objects_of(name, labels, numbers)
        return ImageDocument(name, *size, annotations, split=split, key=group.picture)

    def _pixels(self, path: str, size: tuple[int, int] | None) -> np.ndarray[Any, Any] | None:
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

    def _complain(self, where: str, message: str) -> None:
        self.problems.append(Problem(where, message))


FORMAT = Format(
    name="masks",
    title="Index masks (PNG)",
    task_types=("semantic", "instance", "panoptic"),
    options=OPTIONS,
    write=write,
    read=read,
    detect=detect,
)
