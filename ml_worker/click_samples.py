"""Training samples of a click model: an object of the project, cut out with its surroundings, and what is marked.

Owns which objects are drawn, how they are cut out and changed, and the marks that a sample begins with. The clicks
that follow the model's own errors come with the training (`click_data.py`), those of a person from
`click_simulate.py`. numpy and OpenCV alone.

An object that others lie on is its visible part where the dataset is exclusive. Of a class that is no thing (road,
sky) a sample is one connected part: no click says what lies on the other side of the picture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.clicks.click_net import discs
from annotator.core import rle
from ml_worker.click_simulate import Click, box_of, first_clicks, flawed, near_click
from ml_worker.folder import DataObject, Dataset, Item, Picture

Mask = npt.NDArray[np.bool_]

VOID = 255
LEAST_AREA = 16  # pixels; smaller ones are noise, and nobody clicks for them
CACHE_BYTES = 512 * 1024**2  # of decoded pictures a process
CLOSE = (1.2, 2.6)  # context: the side that is seen over the object's longest side, as in a closer look
WIDE = (2.6, 10.0)  # as in a look at the whole picture
WIDE_SHARE = 0.35
CUT = 0.08  # of an object's sides: how much of it lies beyond the square at most
ENLARGED = 4.0  # at most, as closer looks do (annotator/clicks/click_net.py: LEAST_LOOK)
STARTS = {"clicks": 0.6, "box": 0.15, "mask": 0.25}  # what a sample begins with


@dataclass(frozen=True, slots=True)
class Target:
    """One object to be clicked: the item's and the object's position, its class and its visible area in pixels."""

    item: int
    object: int
    class_index: int
    area: int


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """An object in a square cut out of its picture.

    Attributes:
        picture: (s, s, 3) uint8. truth: (s, s) bool. ignore: void, crowds and what lies beyond the picture.
        others: pixels of other objects.
    """

    picture: Picture
    truth: Mask
    ignore: Mask
    others: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A scene and what is marked in it. previous: (s, s) float32 0..1, the last mask; zeros where there is none."""

    scene: Scene
    clicks: tuple[Click, ...]
    previous: npt.NDArray[np.float32]


class Pictures:
    """Decoded items and their objects, those used last up to a number of bytes; each process has its own."""

    def __init__(self, dataset: Dataset, items: Sequence[Item]) -> None:
        self.dataset, self.items = dataset, tuple(items)
        self._kept: OrderedDict[int, tuple[Picture, list[DataObject]]] = OrderedDict()
        self._bytes = 0

    def __getitem__(self, index: int) -> tuple[Picture, list[DataObject]]:
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        item = self.items[index]
        found = self.dataset.picture(item), self.dataset.objects(item)
        self._kept[index] = found
        self._bytes += found[0].nbytes
        while self._bytes > CACHE_BYTES and len(self._kept) > 1:
            _, (old, _objects) = self._kept.popitem(last=False)
            self._bytes -= old.nbytes
        return found


def targets_of(dataset: Dataset, items: Sequence[Item]) -> list[Target]:
    """List the objects that can be clicked, in the order of the items; void, crowds and specks are left out."""
    return [
        Target(k, n, one.class_index, area)
        for k, item in enumerate(items)
        for n, one in enumerate(dataset.objects(item))
        if not _unsure(one) and (area := int(rle.area(one.mask.counts))) >= LEAST_AREA
    ]


def chances(targets: Sequence[Target]) -> npt.NDArray[np.float64]:
    """Give each object's chance to be drawn: classes and sizes that are rare are drawn more often than they occur.

    The square root of the counts, halfway between as they occur and all alike, so that five objects of a class are
    not learned by heart.

    Returns:
        (N,) float64 that sum to 1.
    """
    kinds = [(one.class_index, int(np.log2(one.area) // 2)) for one in targets]
    counts: dict[tuple[int, int], int] = {}
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
    weights = np.array([1 / np.sqrt(counts[kind]) for kind in kinds], np.float64)
    return weights / weights.sum()


class Sampler:
    """Draws samples.

    Args:
        side: of the squares, in pixels. augmentation: of the plan.
    """

    def __init__(self, pictures: Pictures, *, side: int, augmentation: Mapping[str, Any]) -> None:
        self.pictures, self.side, self.augmentation = pictures, side, augmentation
        self.targets = targets_of(pictures.dataset, pictures.items)
        self._chances = chances(self.targets) if self.targets else np.zeros(0)

    def draw(self, rng: np.random.Generator) -> Sample:
        """Draw a sample."""
        target = self.targets[int(rng.choice(len(self.targets), p=self._chances))]
        scene = self._changed(self.scene(target, rng), rng)
        return begun(scene, rng)

    def scene(self, target: Target, rng: np.random.Generator | None) -> Scene:
        """Cut an object out. Without rng in the way that validation does: in the middle, seen as in a closer look."""
        picture, objects = self.pictures[target.item]
        item = self.pictures.items[target.item]
        shape = picture.shape[0], picture.shape[1]
        mask = visible_mask(self.pictures.dataset, objects, target, shape, rng=rng)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        low = np.array([columns[0], rows[0]], np.float64)
        high = np.array([columns[-1] + 1, rows[-1] + 1], np.float64)
        side = _seen(float((high - low).max()), (item.width, item.height), self.side, rng)
        middle = (low + high) / 2
        if rng is not None:
            room = np.maximum(0.0, side - (high - low)) / 2 + CUT * (high - low)
            middle = middle + rng.uniform(-1, 1, 2) * room
        # Into the picture as far as it goes, as closer looks are: what lies beyond a picture teaches nothing.
        last = np.maximum(0, np.array([item.width, item.height]) - side)
        x0, y0 = np.clip(np.round(middle - side / 2), 0, last).astype(int).tolist()
        region = (x0, y0, x0 + side, y0 + side)
        ignore = ignored_mask(objects, shape)
        other = _painted(
            [one for k, one in enumerate(objects) if k != target.object and not _unsure(one)], shape
        )
        size = self.side
        truth = _cut_mask(mask, region, size, outside=False)
        if not truth.any():  # a thin thing at the edge of the jitter: it is put in the middle
            return self.scene(target, None)
        return Scene(
            _cut_picture(picture, region, size),
            truth,
            _cut_mask(ignore & ~mask, region, size, outside=True) & ~truth,
            _cut_mask(other & ~mask, region, size, outside=False) & ~truth,
        )

    def _changed(self, scene: Scene, rng: np.random.Generator) -> Scene:
        plan = self.augmentation
        layers: list[npt.NDArray[Any]] = [scene.picture, scene.truth, scene.ignore, scene.others]
        if plan.get("flip_horizontal", True) and rng.random() < 0.5:
            layers = [one[:, ::-1] for one in layers]
        if plan.get("flip_vertical", False):
            turns = int(rng.integers(4))  # a world without up and down has no left and right either
            layers = [np.rot90(one, turns) for one in layers]
        picture, truth, ignore, others = (np.ascontiguousarray(one) for one in layers)
        if plan.get("colour", True):
            picture = _recoloured(picture, rng)
        if plan.get("blur", False) and rng.random() < 0.2:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.2)), np.uint8)
        return Scene(picture, truth, ignore, others)


def visible_mask(
    dataset: Dataset,
    objects: Sequence[DataObject],
    target: Target,
    shape: tuple[int, int],
    *,
    rng: np.random.Generator | None = None,
) -> Mask:
    """Give what a person who clicks at an object wants: its visible part, of what is no thing one connected part.

    Args:
        objects: of the target's item, in paint order. shape: height and width of the item.
        rng: draws the part, by area; without it the largest is taken.
    """
    mask = _painted([objects[target.object]], shape)
    if dataset.exclusive:
        seen = mask & ~_painted(objects[target.object + 1 :], shape)
        mask = seen if seen.any() else mask
    if any(one.index == target.class_index and one.is_thing for one in dataset.classes):
        return mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    areas = np.asarray(stats)[1:, cv2.CC_STAT_AREA].astype(np.float64)
    part = int(np.argmax(areas)) if rng is None else int(rng.choice(len(areas), p=areas / areas.sum()))
    return np.asarray(labels) == part + 1


def ignored_mask(objects: Sequence[DataObject], shape: tuple[int, int]) -> Mask:
    """Give the pixels of void and crowds, where nothing is right or wrong."""
    return _painted([one for one in objects if _unsure(one)], shape)


def begun(scene: Scene, rng: np.random.Generator) -> Sample:
    """Mark a scene as a person would begin: by clicks, a box, or a mask with an error that is clicked at."""
    nothing = np.zeros(scene.truth.shape, np.float32)
    start = str(rng.choice(list(STARTS), p=list(STARTS.values())))
    if start == "box":
        click, area = box_of(scene.truth, rng)
        return Sample(scene, (click,), area)
    if start == "mask":
        wrong = flawed(scene.truth, scene.others, rng)
        click = near_click(scene.truth, wrong, rng, scene.ignore)
        if click is not None:
            blurred = cv2.GaussianBlur(wrong.astype(np.float32), (0, 0), rng.uniform(0.3, 2.0))
            return Sample(scene, (click,), np.clip(blurred, 0, 1, dtype=np.float32))
    return Sample(scene, tuple(first_clicks(scene.truth, scene.others, rng)), nothing)


def click_maps(clicks: Sequence[Click], side: int, *, radius: int) -> npt.NDArray[np.float32]:
    """Draw clicks as the served model gets them: (2, side, side) float32, positive and negative discs."""
    points = [
        np.array([(one.x, one.y) for one in clicks if one.positive is on], np.float64).reshape(-1, 2)
        for on in (True, False)
    ]
    return np.stack([discs(one, (side, side), radius=radius) for one in points])


def _seen(longest: float, size: tuple[int, int], side: int, rng: np.random.Generator | None) -> int:
    """Give the side of the square that is cut out, in pixels of the picture."""
    if rng is None:
        wanted = longest * 1.4
    else:
        low, high = WIDE if rng.random() < WIDE_SHARE else CLOSE
        wanted = longest * float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return max(4, round(max(min(wanted, max(size) * 1.05), side / ENLARGED)))


def _unsure(one: DataObject) -> bool:
    return one.class_index == VOID or one.is_crowd


def _painted(objects: Sequence[DataObject], shape: tuple[int, int]) -> Mask:
    painted = np.zeros(shape, np.bool_)
    for one in objects:
        x0, y0, x1, y1 = one.box_xyxy
        painted[y0:y1, x0:x1] |= one.bitmap()
    return painted


def _cut_picture(picture: Picture, region: tuple[int, int, int, int], side: int) -> Picture:
    """Cut a square; beyond the picture it is black, as the padding of the served model is."""
    return np.asarray(_resized(_padded(picture, region, 0), side), np.uint8)


def _cut_mask(mask: Mask, region: tuple[int, int, int, int], side: int, *, outside: bool) -> Mask:
    cut = _padded(mask.astype(np.uint8), region, int(outside)).astype(np.float32)
    return np.asarray(_resized(cut, side)) > 0.5


def _padded(values: npt.NDArray[Any], region: tuple[int, int, int, int], fill: int) -> npt.NDArray[Any]:
    x0, y0, x1, y1 = region
    height, width = values.shape[:2]
    part = values[max(0, y0) : max(0, min(y1, height)), max(0, x0) : max(0, min(x1, width))]
    before = max(0, -y0), max(0, -x0)
    after = (y1 - y0) - before[0] - part.shape[0], (x1 - x0) - before[1] - part.shape[1]
    pads = [(before[0], after[0]), (before[1], after[1]), *[(0, 0)] * (values.ndim - 2)]
    return np.pad(part, pads, constant_values=fill)


def _resized(values: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    if values.shape[:2] == (side, side):
        return values
    way = cv2.INTER_AREA if values.shape[0] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(values), (side, side), interpolation=way))


def _recoloured(picture: Picture, rng: np.random.Generator) -> Picture:
    """Change brightness, contrast, saturation and the balance of the channels a little."""
    values = picture.astype(np.float32)
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * rng.uniform(0.6, 1.4)
    values = (values - values.mean()) * rng.uniform(0.75, 1.3) + values.mean() * rng.uniform(0.75, 1.25)
    values *= rng.uniform(0.92, 1.08, 3).astype(np.float32)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
