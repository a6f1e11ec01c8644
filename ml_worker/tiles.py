"""Large pictures tile by tile: where the tiles lie, logits blended over them, objects joined across their seams.

Owns the geometry of tiles and what happens where they meet. Does not own reading pixels (`pictures.py`) nor the network
(`predictors.py`). Everything is in pixels of the picture.

Semantic logits are weighted by a Gaussian around each tile's middle, because a network is worst at its borders, and
come out as strips, each final, so that memory goes with the width of a band and the height of a tile and not with the
picture. Instances are found in each tile alone; what two tiles see of one object agrees where both look.

Source: sliding window with Gaussian importance weighting, Isensee et al. 2021 (nnU-Net), with its sigma of an eighth.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml_worker.objects import Found, area_within, shared_pixels, union

if TYPE_CHECKING:
    from torch import Tensor

SIGMA = 1 / 8  # of a tile's side
LEAST_WEIGHT = 1e-3  # at a tile's corners the Gaussian is 1e-7; a pixel that only one tile sees divides by it
BAND_BYTES = 384 << 20  # of blended logits held at once
SAME = 0.5  # IoU within the part that both tiles see, from which two objects are one
INSIDE = 0.7  # share of an object within another of its class, from which it is left out

Frame = tuple[int, int, int, int]
"""x0, y0, x1, y1 in whole pixels, the far sides exclusive."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a picture is cut. height, width: of a tile; overlap: share of a tile that the next one repeats, 0..0.9."""

    height: int
    width: int
    overlap: float = 0.25

    def frames(self, height: int, width: int) -> list[list[Frame]]:
        """The tiles of a picture, row by row; they cover it, and are smaller only where the picture is."""
        rows = starts(height, self.height, self.overlap)
        columns = starts(width, self.width, self.overlap)
        tall, wide = min(self.height, height), min(self.width, width)
        return [[(x, y, x + wide, y + tall) for x in columns] for y in rows]

    def holds(self, height: int, width: int) -> bool:
        """Whether a picture fits into one tile."""
        return height <= self.height and width <= self.width


def starts(length: int, size: int, overlap: float) -> list[int]:
    """Where tiles of a size begin that cover a length, evenly spaced, each overlapping the next at least so much."""
    if length <= size:
        return [0]
    step = max(1, math.floor(size * (1 - overlap)))
    count = math.ceil((length - size) / step) + 1
    return [round(at * (length - size) / (count - 1)) for at in range(count)]


def gaussian(height: int, width: int) -> npt.NDArray[np.float32]:
    """The weights of a tile's pixels, (height, width) float32: 1 in the middle, `LEAST_WEIGHT` at least."""

    def bell(size: int) -> npt.NDArray[np.float64]:
        away = (np.arange(size) + 0.5 - size / 2) / (SIGMA * size)
        return np.exp(-0.5 * away * away)

    weights = np.outer(bell(height), bell(width))
    return np.maximum(weights, LEAST_WEIGHT).astype(np.float32)


def blended_strips(
    size: tuple[int, int],
    tiling: Tiling,
    logits_of: Callable[[Sequence[Frame]], Iterable[Tensor]],
    *,
    channels: int,
    most_bytes: int = BAND_BYTES,
) -> Iterator[tuple[Frame, Tensor]]:
    """Blend the logits of a picture's tiles.

    Args:
        size: height and width of the picture.
        logits_of: gives (C, h, w) float for each of a row's tiles, in their order; it may batch them.
        most_bytes: of accumulated logits; a wider picture is done in bands of columns, whose border tiles run twice.

    Yields:
        Disjoint strips that cover the picture: frame and (C, h, w) float32 logits; band by band, top to bottom.
    """
    height, width = size
    rows = tiling.frames(height, width)
    tall = rows[0][0][3]
    bands = max(1, math.ceil(4 * channels * tall * width / most_bytes))
    edges = [round(at * width / bands) for at in range(bands + 1)]
    for left, right in itertools.pairwise(edges):
        if right > left:
            yield from _band(rows, (left, right), logits_of)


def _band(
    rows: Sequence[Sequence[Frame]],
    columns: tuple[int, int],
    logits_of: Callable[[Sequence[Frame]], Iterable[Tensor]],
) -> Iterator[tuple[Frame, Tensor]]:
    import torch

    left, right = columns
    held: Tensor | None = None  # sums of weight x logit, then the weights as a last channel
    weights: Tensor | None = None
    top = 0
    for at, row in enumerate(rows):
        frames = [one for one in row if one[0] < right and one[2] > left]
        y0, y1 = frames[0][1], frames[0][3]
        for (x0, _, x1, _), logits in zip(frames, logits_of(frames), strict=True):
            if held is None or weights is None:
                shape = (logits.shape[0] + 1, y1 - y0, right - left)
                held = torch.zeros(shape, dtype=torch.float32, device=logits.device)
                weights = torch.from_numpy(gaussian(y1 - y0, x1 - x0)).to(logits.device)
            a, b = max(x0, left), min(x1, right)
            into, part = held[:, :, a - left : b - left], slice(a - x0, b - x0)
            into[:-1] += logits[:, :, part].float() * weights[:, part]
            into[-1] += weights[:, part]
        assert held is not None
        done = (rows[at + 1][0][1] if at + 1 < len(rows) else y1) - top
        yield (left, top, right, top + done), held[:-1, :done] / held[-1, :done]
        held = torch.cat([held[:, done:], torch.zeros_like(held[:, :done])], dim=1)
        top += done


# Objects across seams


def join_tiles(seen: Sequence[tuple[Frame, Sequence[Found]]]) -> list[Found]:
    """Give each object once that several tiles saw, with all its pixels.

    Two objects of one class in two tiles are the same when they agree (IoU of `SAME`) in the part that both tiles see;
    each has at most one partner in a tile. An object that a tile's edge cuts gives way to one that another tile sees
    whole, for its outline near the edge is a guess; where no tile sees the whole, the cut ones are put together. What
    then still lies within a larger one of its class is left out.

    Args:
        seen: each tile's frame and what was found in it, in pixels of the picture.
    """
    flat = [(tile, one) for tile, (_, found) in enumerate(seen) for one in found]
    parent = list(range(len(flat)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    frames = [frame for frame, _ in seen]
    cut = _cut(flat, frames)
    pairs = list(_partners(flat, frames))
    given_way = {one if cut[one] else other for one, other in pairs if cut[one] != cut[other]}
    for one, other in pairs:
        if not {one, other} & given_way:
            parent[root(one)] = root(other)
    groups: dict[int, list[Found]] = {}
    for at, (_, found) in enumerate(flat):
        if at not in given_way:
            groups.setdefault(root(at), []).append(found)
    return without_contained([_joined(group) for group in groups.values()])


def _cut(flat: Sequence[tuple[int, Found]], frames: Sequence[Frame]) -> list[bool]:
    """Whether each object touches an edge of its tile that is none of the picture's."""
    if not frames:
        return []
    right, bottom = max(one[2] for one in frames), max(one[3] for one in frames)
    answers: list[bool] = []
    for tile, found in flat:
        (a, b, c, d), (x0, y0, x1, y1) = frames[tile], found.box_xyxy
        inner = (x0 <= a and a > 0) or (y0 <= b and b > 0)
        answers.append(inner or (x1 >= c and c < right) or (y1 >= d and d < bottom))
    return answers


def _partners(flat: Sequence[tuple[int, Found]], frames: Sequence[Frame]) -> Iterator[tuple[int, int]]:
    """Pairs of objects that are one, best first, none twice between the same two tiles."""
    boxes = np.array([one.box_xyxy for _, one in flat], np.int64).reshape(-1, 4)
    agreed: list[tuple[float, int, int]] = []
    for at, (tile, found) in enumerate(flat):
        meet = (boxes[at + 1 :, :2] < boxes[at, 2:]).all(axis=1) & (boxes[at + 1 :, 2:] > boxes[at, :2]).all(
            axis=1
        )
        for to in (np.flatnonzero(meet) + at + 1).tolist():
            other_tile, other = flat[to]
            if other_tile == tile or other.class_index != found.class_index:
                continue
            both = _overlap(frames[tile], frames[other_tile])
            shared = shared_pixels(found.mask, other.mask, both)
            if not shared:
                continue
            whole = area_within(found.mask, both) + area_within(other.mask, both) - shared
            if shared >= SAME * whole:
                agreed.append((shared / whole, at, to))
    taken: set[tuple[int, int]] = set()
    for _, at, to in sorted(agreed, key=lambda each: (-each[0], each[1], each[2])):
        keys = (at, flat[to][0]), (to, flat[at][0])
        if not taken & set(keys):
            taken.update(keys)
            yield at, to


def _overlap(one: Frame, other: Frame) -> Frame:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _joined(group: Sequence[Found]) -> Found:
    """One object of its parts; whoever saw more of it says more about its score."""
    if len(group) == 1:
        return group[0]
    areas = [one.area for one in group]
    total = sum(areas)
    return replace(
        group[0],
        mask=union([one.mask for one in group]),
        score=sum(one.score * area for one, area in zip(group, areas, strict=True)) / total,
        uncertainty=sum(one.uncertainty * area for one, area in zip(group, areas, strict=True)) / total,
    )


def without_contained(found: Sequence[Found]) -> list[Found]:
    """Leave out objects that lie (to the share `INSIDE`) within a larger one of their class."""
    order = sorted(range(len(found)), key=lambda at: (-found[at].area, -found[at].score, at))
    kept: list[int] = []
    for at in order:
        one = found[at]
        if not any(
            found[other].class_index == one.class_index
            and shared_pixels(found[other].mask, one.mask) >= INSIDE * one.area
            for other in kept
        ):
            kept.append(at)
    return [found[at] for at in sorted(kept)]
