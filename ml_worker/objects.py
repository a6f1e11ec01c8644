"""From what a model sees to objects as the HTTP interface has them: connected parts, masks, ids, overlaps.

Owns which pixels become one object, the choice of polygon or mask, and the ids. Does not own where label maps and
detections come from (`predictors.py`), nor joining what several tiles saw (`tiles.py`). Needs numpy, OpenCV and the
core alone.

An object's pixels are exact either way: a polygon is the traced outline, which rasterises to the same pixels.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.document import MaskGeometry
from annotator.core.raster import bitmap_of, mask_from_bitmap, trace, trace_each

# A polygon is for outlines that a person may want to move by hand. The traced outline of a round thing 20 pixels wide
# has about 64 corners; beyond that, corner by corner is no way to edit it, and run lengths are the shorter text.
MOST_CORNERS = 64
MOST_PARTS = 2000  # objects of one semantic prediction, the largest ones; the editor is smooth with 10,000
TRACED_TOGETHER = 10_000  # pixels of a box up to which objects are traced together
SLIVER = 0.25  # what is left of an object that others cover is kept when it is at least this share of it
NAMESPACE = uuid.UUID(
    "6f1f8a1e-54c1-4c61-9d7e-0d8f5f5a7a10"
)  # ours, drawn once, so that ids are no one else's

Labels: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]
Frame: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One object that a model sees.

    Attributes:
        class_index: the project's, 1..254.
        mask: cropped to its box, in pixels of the image.
        score: calibrated, 0..1. uncertainty: 0..1.
    """

    class_index: int
    mask: MaskGeometry
    score: float
    uncertainty: float

    @property
    def area(self) -> int:
        """Its pixels."""
        return rle.area(self.mask.counts)

    @property
    def box_xyxy(self) -> Frame:
        return self.mask.x, self.mask.y, self.mask.x + self.mask.width, self.mask.y + self.mask.height


# Connected parts of a label map


@dataclass(slots=True)
class _Part:
    """A connected part within one strip."""

    class_index: int
    mask: MaskGeometry
    area: int
    confidence: float  # sums over its pixels
    uncertainty: float


class Parts:
    """Collects the connected parts of a label map that comes strip by strip, joining them across the strips' edges.

    Strips are disjoint windows of the image, in any number of column bands; within a band from the top to the bottom,
    bands from the left to the right. A map that comes whole is one strip.

    Args:
        height, width: of the image. smallest: parts of fewer pixels are left out.
    """

    def __init__(self, height: int, width: int, *, smallest: int = 0) -> None:
        self._size = height, width
        self._smallest = max(1, smallest)
        self._parts: dict[int, _Part] = {}
        self._parent: dict[int, int] = {}
        self._next = 1
        self._band = 0  # where the column band begins
        # Part and class at the lower edge of what lies above, and at the right edge of the band to the left and of
        # this one; one place longer at both ends, for neighbours across a corner.
        self._above = np.zeros((2, width + 2), np.int64)
        self._left = np.zeros((2, height + 2), np.int64)
        self._right = np.zeros((2, height + 2), np.int64)

    def add(self, frame: Frame, labels: Labels, confidence: Floats, uncertainty: Floats) -> None:
        """Take a strip.

        Args:
            frame: x0, y0, x1, y1 of the strip in the image.
            labels: (h, w) uint8 class indices; 0 and 255 are nothing.
            confidence, uncertainty: (h, w) float, of each pixel, 0..1.
        """
        x0, y0, x1, y1 = frame
        if x0 != self._band:
            self._band, self._left = x0, self._right.copy()
            self._above[:] = 0
        numbers, classes = _numbered(labels)
        flat = numbers.ravel()
        areas = np.bincount(flat, minlength=classes.size)
        sums = [
            np.bincount(flat, weights=one.ravel(), minlength=classes.size)
            for one in (confidence, uncertainty)
        ]
        kept = areas >= self._smallest
        kept[self._at_open_edges(numbers, frame)] = True  # what lies beyond can make them larger
        kept[0] = False
        names = np.zeros(classes.size, np.int64)
        names[kept] = np.arange(self._next, self._next + int(kept.sum()))
        self._next += int(kept.sum())
        masks = _masks_of(np.where(kept, np.arange(classes.size, dtype=np.int32), 0)[numbers], (x0, y0))
        for number in np.flatnonzero(kept).tolist():
            name, (sure, unsure) = int(names[number]), (float(one[number]) for one in sums)
            self._parent[name] = name
            self._parts[name] = _Part(int(classes[number]), masks[number], int(areas[number]), sure, unsure)
        self._join(names[numbers[0]], labels[0], self._above[:, x0 : x1 + 2])
        self._join(names[numbers[:, 0]], labels[:, 0], self._left[:, y0 : y1 + 2])
        self._above[:, x0 + 1 : x1 + 1] = names[numbers[-1]], labels[-1]
        self._right[:, y0 + 1 : y1 + 1] = names[numbers[:, -1]], labels[:, -1]

    def _at_open_edges(self, numbers: npt.NDArray[np.int32], frame: Frame) -> npt.NDArray[np.int32]:
        """The parts of a strip that touch an edge of it which is not the image's own."""
        height, width = self._size
        x0, y0, x1, y1 = frame
        edges = [
            (y0 > 0, numbers[0]),
            (y1 < height, numbers[-1]),
            (x0 > 0, numbers[:, 0]),
            (x1 < width, numbers[:, -1]),
        ]
        return np.concatenate([np.zeros(1, np.int32), *(line for is_open, line in edges if is_open)])

    def _join(self, here: npt.NDArray[np.int64], own: Labels, there: npt.NDArray[np.int64]) -> None:
        """Join parts of the same class that touch across an edge, diagonally too.

        Args:
            here, own: (n,) parts and classes on this side. there: (2, n + 2) those on the other, one more at each end.
        """
        for shift in range(3):
            parts, classes = there[:, shift : shift + here.size]
            touch = (own == classes) & (here > 0) & (parts > 0)
            for one, two in set(zip(here[touch].tolist(), parts[touch].tolist(), strict=True)):
                self._parent[self._root(one)] = self._root(two)

    def _root(self, name: int) -> int:
        while self._parent[name] != name:
            self._parent[name] = self._parent[self._parent[name]]
            name = self._parent[name]
        return name

    def found(self) -> list[Found]:
        """The objects, in the order of their first pixel's strip; the largest `MOST_PARTS` of them."""
        groups: dict[int, list[_Part]] = {}
        for name, part in self._parts.items():
            groups.setdefault(self._root(name), []).append(part)
        joined = [group for group in groups.values() if sum(one.area for one in group) >= self._smallest]
        if len(joined) > MOST_PARTS:
            kept = sorted(range(len(joined)), key=lambda at: (-sum(one.area for one in joined[at]), at))[
                :MOST_PARTS
            ]
            joined = [joined[at] for at in sorted(kept)]
        return [_one_object(group) for group in joined]


def _numbered(labels: Labels) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Number the 8-connected parts of all classes.

    Returns:
        (h, w) int32, 0 where nothing is; and of part k, at k, its class; at 0 nothing.
    """
    numbers = np.zeros(labels.shape, np.int32)
    classes = [np.zeros(1, np.uint8)]
    last = 0
    for index in np.flatnonzero(cv2.calcHist([labels], [0], None, [256], [0, 256])).tolist():
        if index in (0, 255):
            continue
        same = (labels == index).view(np.uint8)
        x, y, wide, tall = cv2.boundingRect(same)
        place = slice(y, y + tall), slice(x, x + wide)
        count, own = cv2.connectedComponents(same[place], connectivity=8, ltype=cv2.CV_32S)
        np.add(own, last, out=numbers[place], where=own > 0)
        classes.append(np.full(count - 1, index, np.uint8))
        last += count - 1
    return numbers, np.concatenate(classes)


def _masks_of(numbers: npt.NDArray[np.int32], offset: tuple[int, int]) -> dict[int, MaskGeometry]:
    """Give the mask of each number that occurs in a map, cropped, at one pass over the map.

    Args:
        numbers: (h, w), 0 nothing. offset: x, y of the map in the image.
    """
    height, _ = numbers.shape
    flat = numbers.ravel(order="F")
    changes = np.empty(flat.size, np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=changes[1:])
    changes[::height] = True  # no run goes over the end of a column
    starts = np.flatnonzero(changes)
    of = flat[starts]
    ends = np.append(starts[1:], flat.size)[of > 0]
    starts, of = starts[of > 0], of[of > 0]
    if of.size == 0:
        return {}
    order = np.argsort(of, kind="stable")
    starts, ends, of = starts[order], ends[order], of[order]
    first = np.flatnonzero(np.append(True, of[1:] != of[:-1]))
    column, top = np.divmod(starts, height)
    bottom = ends - column * height
    x0, x1 = column[first], column[np.append(first[1:], of.size) - 1] + 1
    y0, y1 = np.minimum.reduceat(top, first), np.maximum.reduceat(bottom, first)
    count = np.diff(np.append(first, of.size))
    shift = (column - np.repeat(x0, count)) * np.repeat(y1 - y0, count) - np.repeat(y0, count)
    starts, ends = top + shift, bottom + shift
    boxes = np.stack([x0 + offset[0], y0 + offset[1], x1 - x0, y1 - y0], axis=1).tolist()
    places = zip(of[first].tolist(), boxes, first.tolist(), (first + count).tolist(), strict=True)
    return {
        number: MaskGeometry(x, y, wide, tall, rle.from_spans(starts[a:b], ends[a:b], wide * tall))
        for number, (x, y, wide, tall), a, b in places
    }


def _one_object(group: Sequence[_Part]) -> Found:
    area = sum(one.area for one in group)
    return Found(
        class_index=group[0].class_index,
        mask=union([one.mask for one in group]),
        score=min(1.0, sum(one.confidence for one in group) / area),
        uncertainty=min(1.0, sum(one.uncertainty for one in group) / area),
    )


def parts_of(labels: Labels, confidence: Floats, uncertainty: Floats, *, smallest: int = 0) -> list[Found]:
    """Give one object for each 8-connected part of a class; see `Parts.add` for the arguments."""
    parts = Parts(*labels.shape, smallest=smallest)
    parts.add((0, 0, labels.shape[1], labels.shape[0]), labels, confidence, uncertainty)
    return parts.found()


def objects_of_numbers(
    numbers: npt.NDArray[np.int32],
    class_of: Sequence[int],
    scores: Sequence[float],
    uncertainty: Floats,
    *,
    smallest: int = 0,
) -> list[Found]:
    """Give the objects of an instance map, such as a watershed makes.

    Args:
        numbers: (H, W) int32, 0 background, k for object k from 1.
        class_of, scores: of object k at k - 1.
        uncertainty: (H, W) of each pixel; an object's is their mean.
    """
    found: list[Found] = []
    sums = np.bincount(numbers.ravel(), weights=uncertainty.ravel(), minlength=len(class_of) + 1)
    areas = np.bincount(numbers.ravel(), minlength=len(class_of) + 1)
    for number, (x0, y0, x1, y1) in _boxes(numbers, len(class_of)).items():
        area = int(areas[number])
        if area < max(1, smallest):
            continue
        mask = mask_from_bitmap(numbers[y0:y1, x0:x1] == number, x0, y0)
        found.append(Found(class_of[number - 1], mask, float(scores[number - 1]), float(sums[number] / area)))
    return found


def _boxes(numbers: npt.NDArray[np.int32], count: int) -> dict[int, Frame]:
    """The box of each number that occurs, xyxy, at one pass over the set pixels."""
    rows, columns = np.nonzero(numbers)
    of = numbers[rows, columns]
    low = np.full((2, count + 1), np.iinfo(np.int64).max)
    high = np.full((2, count + 1), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], of, places)
        np.maximum.at(high[axis], of, places)
    return {
        k: (int(low[0, k]), int(low[1, k]), int(high[0, k]) + 1, int(high[1, k]) + 1)
        for k in range(1, count + 1)
        if high[0, k] >= 0
    }


# Masks that meet


def union(masks: Sequence[MaskGeometry]) -> MaskGeometry:
    """Give the union of masks of one image, at a cost that goes with their boxes."""
    masks = [one for one in masks if one.width and one.height]
    if len(masks) == 1:
        return masks[0]
    if not masks:
        return MaskGeometry(0, 0, 0, 0, np.zeros(0, np.uint32))
    x0, y0 = min(one.x for one in masks), min(one.y for one in masks)
    x1, y1 = max(one.x + one.width for one in masks), max(one.y + one.height for one in masks)
    runs = [
        rle.window(one.counts, one.height, (x0 - one.x, y0 - one.y, x1 - one.x, y1 - one.y)) for one in masks
    ]
    return MaskGeometry(x0, y0, x1 - x0, y1 - y0, rle.merge(runs))


def shared_pixels(one: MaskGeometry, other: MaskGeometry, frame: Frame | None = None) -> int:
    """Count the pixels that two masks have in common, within a frame (xyxy) where one is given."""
    x0, y0 = max(one.x, other.x), max(one.y, other.y)
    x1 = min(one.x + one.width, other.x + other.width)
    y1 = min(one.y + one.height, other.y + other.height)
    if frame is not None:
        x0, y0, x1, y1 = max(x0, frame[0]), max(y0, frame[1]), min(x1, frame[2]), min(y1, frame[3])
    if x1 <= x0 or y1 <= y0:
        return 0
    seen = [
        rle.window(mask.counts, mask.height, (x0 - mask.x, y0 - mask.y, x1 - mask.x, y1 - mask.y))
        for mask in (one, other)
    ]
    return rle.intersection(seen[0], seen[1])


def area_within(mask: MaskGeometry, frame: Frame) -> int:
    """Count a mask's pixels within a frame (xyxy)."""
    x0, y0 = max(mask.x, frame[0]), max(mask.y, frame[1])
    x1, y1 = min(mask.x + mask.width, frame[2]), min(mask.y + mask.height, frame[3])
    if x1 <= x0 or y1 <= y0:
        return 0
    return rle.area(
        rle.window(mask.counts, mask.height, (x0 - mask.x, y0 - mask.y, x1 - mask.x, y1 - mask.y))
    )


def settle_overlaps(found: Iterable[Found], *, smallest: int = 0, least_left: float = SLIVER) -> list[Found]:
    """Give objects of which no two share a pixel: the surer one keeps it.

    An object is left out when less than the share `least_left` of it is left, or fewer than `smallest` pixels.
    """
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: (-each.score, each.box_xyxy)):
        bitmap = bitmap_of(one.mask).copy()
        before = int(bitmap.sum())
        for other in kept:
            clear(bitmap, one.mask, other.mask)
        left = int(bitmap.sum())
        if left == before:
            kept.append(one)
        elif left >= max(1, smallest, least_left * before):
            kept.append(replace(one, mask=mask_from_bitmap(bitmap, one.mask.x, one.mask.y)))
    return kept


def clear(bitmap: npt.NDArray[np.bool_], mask: MaskGeometry, other: MaskGeometry) -> None:
    """Take the other's pixels out of the bitmap of a mask, in place."""
    x0, y0 = max(mask.x, other.x), max(mask.y, other.y)
    x1, y1 = (
        min(mask.x + mask.width, other.x + other.width),
        min(mask.y + mask.height, other.y + other.height),
    )
    if x1 > x0 and y1 > y0:
        taken = bitmap_of(other)[y0 - other.y : y1 - other.y, x0 - other.x : x1 - other.x]
        bitmap[y0 - mask.y : y1 - mask.y, x0 - mask.x : x1 - mask.x] &= ~taken


# As they travel


def wire_objects(
    found: Iterable[Found], *, image: str, model: str, height: int, width: int
) -> list[dict[str, Any]]:
    """Write objects as the HTTP interface has them, with `score` and `uncertainty`.

    Args:
        image, model: ids, which an object's own id is made from, together with its class and place: predicting again
            gives the same ids.
    """
    found = list(found)
    seen: dict[str, int] = {}
    written: list[dict[str, Any]] = []
    for one, shape in zip(found, _shapes([each.mask for each in found], height, width), strict=True):
        first = int(one.mask.counts[0]) if one.mask.counts.size else 0
        place = f"{one.class_index}:{one.box_xyxy}:{first}"
        twin = seen[place] = seen.get(place, -1) + 1  # two objects of one class may lie in one box
        identity = uuid.uuid5(NAMESPACE, f"{image}/{model}/{place}/{twin}")
        written.append(
            {
                "id": str(identity),
                "class": one.class_index,
                **shape,
                "bbox": list(one.box_xyxy),
                "area": one.area,
                "score": round(min(1.0, max(0.0, one.score)), 4),
                "uncertainty": round(min(1.0, max(0.0, one.uncertainty)), 4),
            }
        )
    return written


def _shapes(masks: Sequence[MaskGeometry], height: int, width: int) -> list[dict[str, Any]]:
    """Each mask as a polygon where its outline is short, else as run lengths of the image."""
    outlines = _outlines(masks)
    others = [mask for mask, rings in zip(masks, outlines, strict=True) if not rings]
    strings = iter(rle.counts_to_strings(rle.expand_each(others, height, width)))
    return [
        {"kind": "polygon", "polygons": rings}
        if rings
        else {"kind": "mask", "rle": {"size": [height, width], "counts": next(strings)}}
        for rings in outlines
    ]


def _outlines(masks: Sequence[MaskGeometry]) -> list[list[list[list[float]]] | None]:
    """The polygons of each mask whose outline is short, as flat x, y lists; None for the others."""
    found: list[list[list[list[float]]] | None] = [None] * len(masks)
    # Each end of a run is at least half a corner.
    short = [at for at, one in enumerate(masks) if one.counts.size <= MOST_CORNERS + 1]
    small = [at for at in short if masks[at].width * masks[at].height <= TRACED_TOGETHER]
    large = [at for at in short if masks[at].width * masks[at].height > TRACED_TOGETHER]
    traced = trace_each([bitmap_of(masks[at]) for at in small])
    traced += [trace(bitmap_of(masks[at])) for at in large]
    for at, polygons in zip([*small, *large], traced, strict=True):
        if sum(len(ring) for rings in polygons for ring in rings) <= MOST_CORNERS:
            offset = np.array([masks[at].x, masks[at].y], np.float32)
            found[at] = [[(ring + offset).ravel().tolist() for ring in rings] for rings in polygons]
    return found
