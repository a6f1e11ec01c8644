"""Class lists beside masks: which pixel value or colour means which class, read from the files that tools write.

Owns `classes.json` (ours, and lists of names), `labelmap.txt`, `dataset_meta.json`, `class_names.txt`, and the words
that mean background and void. Does not own the masks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from annotator.core import palette
from annotator.core.document import BACKGROUND, MAX_CLASSES, VOID, LabelClass
from annotator.core.errors import InvalidInput, Problem
from annotator.core.words import _
from annotator.formats.codec import FileTree
from annotator.formats.tree import read_all

BACKGROUND_NAMES = frozenset({"background", "_background_", "__background__", "bg"})
VOID_NAMES = frozenset({"void", "ignore", "ignored", "__ignore__", "_void_"})
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ClassTable:
    """What the pixels of a mask mean.

    Attributes:
        classes: index unique, 1..254.
        by_value: pixel value -> class index (0 background, 255 void).
        by_colour: RGB -> class index.
    """

    classes: tuple[LabelClass, ...] = ()
    by_value: Mapping[int, int] = field(default_factory=dict[int, int])
    by_colour: Mapping[Colour, int] = field(default_factory=dict[Colour, int])


def table_of_names(
    names: Sequence[str | None],
    colours: Sequence[Colour | None] = (),
    *,
    ignore_index: int | None = None,
) -> ClassTable:
    """Make a table from names in the order of the pixel values.

    A list that begins with the background keeps value and index the same. A list that begins with a class moves every
    class up by one, since index 0 is the background. Nameless values are gaps and mean nothing.

    Raises:
        InvalidInput: more than 254 classes.
    """
    first = names[0] if names else None
    shift = 0 if first is None or first.lower() in BACKGROUND_NAMES else 1
    classes: list[LabelClass] = []
    by_value: dict[int, int] = {}
    by_colour: dict[Colour, int] = {}
    seen: dict[str, int] = {}
    for value, name in enumerate(names):
        colour = colours[value] if value < len(colours) else None
        if value == ignore_index or (name is not None and name.lower() in VOID_NAMES):
            index = VOID
        elif name is None:
            continue
        elif shift == 0 and value == 0:
            index = BACKGROUND
        else:
            index = seen.setdefault(name, value + shift)
        if index != BACKGROUND and value + shift > MAX_CLASSES and value not in (ignore_index, VOID):
            raise InvalidInput(
                _("there are %(count)s classes; a project holds at most %(most)s")
                % {"count": len(names), "most": MAX_CLASSES}
            )
        by_value[value] = index
        if colour is not None:
            by_colour.setdefault(colour, index)
        if BACKGROUND < index < VOID and name is not None and index == value + shift:
            classes.append(_label(index, name, colour, classes))
    if ignore_index is not None:
        by_value[ignore_index] = VOID
    by_value.setdefault(VOID, VOID)
    if shift == 0:
        by_value.setdefault(0, BACKGROUND)
    return ClassTable(tuple(classes), by_value, by_colour)


def _label(index: int, name: str, colour: Colour | None, others: Sequence[LabelClass]) -> LabelClass:
    taken = {label.colour for label in others}
    if colour is None or colour in taken:
        colour = palette.colour_for(index, taken)
    return LabelClass(index, name.strip()[:100], colour)


def read_table(tree: FileTree, problems: list[Problem]) -> ClassTable | None:
    """Read the tree's class list, or None where it has none. A list that is broken is a problem."""
    readers = {
        "classes.json": _classes_json,
        "dataset_meta.json": _dataset_meta,
        "labelmap.txt": _labelmap,
        "label_colors.txt": _label_colours,
        "class_names.txt": _class_names,
    }
    for last, reader in readers.items():
        for name in sorted(tree.names(), key=lambda path: (path.count("/"), path)):
            if name.rsplit("/", 1)[-1] != last:
                continue
            try:
                return reader(read_all(tree, name))
            except InvalidInput as problem:
                problems.append(Problem(name, problem.detail))
    return None


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as problem:
        raise InvalidInput(_("not valid JSON: %(problem)s") % {"problem": problem}) from problem
    if not isinstance(content, dict):
        raise InvalidInput(_("must be an object, not a %(type)s") % {"type": type(content).__name__})
    return content


def _classes_json(data: bytes) -> ClassTable:
    """Read `{"names", "palette"?, "ignore_index"?, "classes"?}`; `classes` is ours and says everything."""
    content = _json_object(data)
    names, colours, ignore = content.get("names"), content.get("palette"), content.get("ignore_index")
    if not isinstance(names, list) or not all(name is None or isinstance(name, str) for name in names):
        raise InvalidInput(_("names must be a list of class names, in the order of the pixel values"))
    if ignore is not None and (
        isinstance(ignore, bool) or not isinstance(ignore, int) or not 0 <= ignore <= VOID
    ):
        raise InvalidInput(_("ignore_index must be 0..255, not %(ignore)r") % {"ignore": ignore})
    if content.get("classes") is not None:
        return _own_classes(content["classes"], ignore)
    return table_of_names(names, _colours(colours), ignore_index=ignore)


def _own_classes(records: Any, ignore: int | None) -> ClassTable:
    """Read the list that our own writer adds: value, index, name, colour, thing or stuff."""
    classes: list[LabelClass] = []
    by_value: dict[int, int] = {}
    by_colour: dict[Colour, int] = {}
    if not isinstance(records, list):
        raise InvalidInput(_("classes must be a list"))
    for k, record in enumerate(records):
        try:
            value, index, name = record["value"], record["index"], record["name"]
            colour = palette.parse_hex(record["colour"])
            known = isinstance(name, str) and type(value) is int and type(index) is int
        except (KeyError, TypeError, InvalidInput) as problem:
            raise InvalidInput(f"classes[{k}]: {problem}") from problem
        if not known or not 0 <= value <= VOID or not 0 <= index <= VOID:
            raise InvalidInput(
                _("classes[%(number)s]: value and index must be 0..255 and name a text") % {"number": k}
            )
        by_value[value] = index
        by_colour.setdefault(colour, index)
        if BACKGROUND < index < VOID:
            above = record.get("supercategory")
            classes.append(
                LabelClass(
                    index,
                    name,
                    colour,
                    is_thing=bool(record.get("is_thing", True)),
                    supercategory=above if isinstance(above, str) else "",
                )
            )
    if ignore is not None:
        by_value[ignore] = VOID
    return ClassTable(tuple(classes), by_value, by_colour)


def _dataset_meta(data: bytes) -> ClassTable:
    """Read `{"label_map": {"0": name, …}, "segmentation_colors": [[r, g, b], …]}`."""
    content = _json_object(data)
    labels = content.get("label_map")
    if not isinstance(labels, dict) or not all(str(key).isdigit() and int(key) <= VOID for key in labels):
        raise InvalidInput(_("label_map must name a class for each pixel value 0..255"))
    names: list[str | None] = [None] * (max((int(key) for key in labels), default=-1) + 1)
    for key, name in labels.items():
        if not isinstance(name, str):
            raise InvalidInput(
                _("label_map[%(key)r] must be a name, not %(name)r") % {"key": key, "name": name}
            )
        names[int(key)] = name
    return table_of_names(names, _colours(content.get("segmentation_colors")))


def _labelmap(data: bytes) -> ClassTable:
    """Read lines `label:r,g,b:parts:actions`; the order of the lines is the order of the pixel values."""
    names: list[str | None] = []
    colours: list[Colour | None] = []
    for line in _lines(data):
        name, _colon, rest = line.partition(":")
        names.append(name.strip())
        colours.append(
            _colour([part.strip() for part in rest.split(":")[0].split(",")]) if rest.strip(":") else None
        )
    return _checked(names, colours)


def _label_colours(data: bytes) -> ClassTable:
    """Read lines `r g b name`."""
    names: list[str | None] = []
    colours: list[Colour | None] = []
    for line in _lines(data):
        parts = line.split()
        if len(parts) < 4:
            raise InvalidInput(_("%(line)r is not `r g b name`") % {"line": line})
        colours.append(_colour(parts[:3]))
        names.append(" ".join(parts[3:]))
    return _checked(names, colours)


def _class_names(data: bytes) -> ClassTable:
    """Read one name a line, in the order of the pixel values."""
    return _checked([line.strip() for line in _lines(data)], [])


def _checked(names: list[str | None], colours: list[Colour | None]) -> ClassTable:
    if not names:
        raise InvalidInput(_("the list of classes is empty"))
    if any(not name for name in names):
        raise InvalidInput(_("a class has no name"))
    return table_of_names(names, colours)


def _lines(data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidInput(_("not UTF-8 text: %(problem)s") % {"problem": problem}) from problem
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _colours(values: Any) -> list[Colour | None]:
    if values is None:
        return []
    if not isinstance(values, list):
        raise InvalidInput(_("the palette must be a list of [r, g, b]"))
    return [_colour(value) for value in values]


def _colour(value: Any) -> Colour:
    try:
        red, green, blue = (int(part) for part in value)
    except (TypeError, ValueError) as problem:
        raise InvalidInput(_("%(value)r is no colour r, g, b") % {"value": value}) from problem
    if not all(0 <= part <= 255 for part in (red, green, blue)):
        raise InvalidInput(_("colour %(value)r has a part outside 0..255") % {"value": value})
    return (red, green, blue)
