"""A frozen dataset as a folder that a bare machine can train on: pictures, objects and `dataset.json`.

Owns the layout, writing and reading. Does not own where the data comes from (`tasks.py` writes one from a dataset
version) nor how samples are made of it (`data.py`). Needs numpy, OpenCV and the core alone.

    dataset.json        {"format", "name", "task_type", "exclusive", "content_hash", "classes", "items"}
    images/000017.jpg   one file an item: upright 8-bit RGB, any size
    objects/000017.json {"objects": [{"id", "class", "x", "y", "width", "height", "counts", "is_crowd"}]}

A picture that is too large to train on whole lies here as several items, its windows, which have its `asset` and
`group` in common. `objects` are in paint order (the last lies on top), their masks cropped to their boxes, run lengths
column-major. Coordinates are pixels of the item, origin at its top-left corner.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.document import MaskGeometry
from annotator.core.errors import InvalidInput
from annotator.core.words import _

FORMAT = 1
INDEX = "dataset.json"

Picture = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""


@dataclass(frozen=True, slots=True)
class DataClass:
    """A class of the dataset. `index` is the project's stable index, 1..254."""

    index: int
    name: str
    colour: str = "#808080"
    is_thing: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class DataObject:
    """One object of an item.

    Attributes:
        class_index: 1..254, or 255 for void: pixels that nothing is learned from.
        mask: cropped to its box, in pixels of the item.
    """

    id: str
    class_index: int
    mask: MaskGeometry
    is_crowd: bool = False

    @property
    def box_xyxy(self) -> tuple[int, int, int, int]:
        return self.mask.x, self.mask.y, self.mask.x + self.mask.width, self.mask.y + self.mask.height

    def bitmap(self) -> npt.NDArray[np.bool_]:
        """(height, width) bool: the crop."""
        return rle.decode(self.mask.counts, self.mask.height, self.mask.width)


@dataclass(frozen=True, slots=True)
class Item:
    """One picture, or one window of a large one.

    Attributes:
        file, objects: paths within the folder; `objects` is empty for a picture that nobody has labelled.
        asset: the image's id in the product (or its name). x, y: where the item lies in it.
        group: sequence, patient or slide; never torn between splits. Empty: the asset stands alone.
        split: train, val or test.
    """

    name: str
    file: str
    objects: str
    width: int
    height: int
    split: str
    asset: str
    group: str = ""
    x: int = 0
    y: int = 0

    @property
    def unit(self) -> str:
        """What intervals are resampled by: the group, or the asset where it has none."""
        return self.group or self.asset


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset folder that has been read."""

    folder: Path
    name: str
    task_type: str
    exclusive: bool
    content_hash: str
    classes: tuple[DataClass, ...]
    items: tuple[Item, ...]

    def of_split(self, split: str) -> tuple[Item, ...]:
        """The labelled items of a split."""
        return tuple(item for item in self.items if item.split == split and item.objects)

    def picture(self, item: Item) -> Picture:
        """Read an item's pixels.

        Raises:
            InvalidInput: the file is missing or cannot be decoded; the message names it.
        """
        # Not cv2.imread: it can't open every path that Python can, and says nothing when it fails.
        try:
            content = np.frombuffer((self.folder / item.file).read_bytes(), np.uint8)
        except OSError as problem:
            raise InvalidInput(f"{item.name}: {problem.strerror or problem}") from None
        # Both flags: gray and palette become RGB, and no EXIF turn is applied a second time.
        found = (
            cv2.imdecode(content, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
            if len(content)
            else None
        )
        if found is None:
            raise InvalidInput(_("%(name)s: the picture cannot be decoded") % {"name": item.name})
        return np.asarray(found, np.uint8)

    def objects(self, item: Item) -> list[DataObject]:
        """Read an item's objects in paint order. An unlabelled item has none."""
        if not item.objects:
            return []
        found = json.loads((self.folder / item.objects).read_text("utf-8"))
        return [
            DataObject(
                id=one["id"],
                class_index=one["class"],
                mask=MaskGeometry(
                    one["x"], one["y"], one["width"], one["height"], np.array(one["counts"], np.uint32)
                ),
                is_crowd=one.get("is_crowd", False),
            )
            for one in found["objects"]
        ]

    def label_map(self, item: Item) -> npt.NDArray[np.uint8]:
        """Paint an item's objects: (H, W) uint8 class indices, 0 background, 255 void."""
        painted = np.zeros((item.height, item.width), np.uint8)
        for one in self.objects(item):
            x0, y0, x1, y1 = one.box_xyxy
            painted[y0:y1, x0:x1][one.bitmap()] = one.class_index
        return painted


class FolderWriter:
    """Writes a dataset folder item by item; it can be read once `close` has written the index."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._items: list[Item] = []
        for name in ("images", "objects"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def add(
        self,
        *,
        name: str,
        content: bytes,
        extension: str,
        size: tuple[int, int],
        objects: Sequence[DataObject] | None,
        split: str,
        asset: str,
        group: str = "",
        offset: tuple[int, int] = (0, 0),
    ) -> Item:
        """Add a picture.

        Args:
            content: of the file, upright. extension: its, with the dot.
            size: width and height. offset: where it lies in its asset.
            objects: None for a picture that nobody has labelled; an empty list says that it holds nothing.
        """
        number = f"{len(self._items):06d}"
        file, beside = f"images/{number}{extension}", f"objects/{number}.json" if objects is not None else ""
        (self._folder / file).write_bytes(content)
        if objects is not None:
            (self._folder / beside).write_text(
                json.dumps({"objects": [_as_json(one) for one in objects]}), "utf-8"
            )
        item = Item(name, file, beside, *size, split, asset, group, *offset)
        self._items.append(item)
        return item

    def close(
        self,
        *,
        name: str,
        task_type: str,
        exclusive: bool,
        content_hash: str,
        classes: Iterable[DataClass],
    ) -> Dataset:
        """Write the index and read the whole back."""
        index: Mapping[str, Any] = {
            "format": FORMAT,
            "name": name,
            "task_type": task_type,
            "exclusive": exclusive,
            "content_hash": content_hash,
            "classes": [asdict(one) for one in classes],
            "items": [asdict(one) for one in self._items],
        }
        draft = self._folder / f".{INDEX}"
        draft.write_text(json.dumps(index), "utf-8")
        draft.replace(self._folder / INDEX)
        return read_folder(self._folder)


def read_folder(folder: Path) -> Dataset:
    """Read a dataset folder's index.

    Raises:
        InvalidInput: it is none, or of another format.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_text("utf-8"))
        if index["format"] != FORMAT:
            raise InvalidInput(
                _("%(path)s: format %(found)r; this program reads format %(wanted)s")
                % {"path": path, "found": index["format"], "wanted": FORMAT}
            )
        return Dataset(
            folder=folder,
            name=index["name"],
            task_type=index["task_type"],
            exclusive=index["exclusive"],
            content_hash=index["content_hash"],
            classes=tuple(DataClass(**one) for one in index["classes"]),
            items=tuple(Item(**one) for one in index["items"]),
        )
    except OSError as problem:
        raise InvalidInput(f"{path}: {problem.strerror or problem}") from None
    except (ValueError, KeyError, TypeError) as problem:
        raise InvalidInput(
            _("%(path)s: not a dataset's index: %(problem)s") % {"path": path, "problem": problem}
        ) from None


def _as_json(one: DataObject) -> dict[str, Any]:
    mask = one.mask
    return {
        "id": one.id,
        "class": one.class_index,
        "x": mask.x,
        "y": mask.y,
        "width": mask.width,
        "height": mask.height,
        "counts": mask.counts.tolist(),
        "is_crowd": one.is_crowd,
    }


def is_folder(folder: Path) -> bool:
    """Whether a whole dataset lies there: the index is written last."""
    return os.path.isfile(folder / INDEX)  # noqa: PTH113 - a name that is no path answers False too
