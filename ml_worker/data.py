"""Training samples of semantic networks: cut from decoded pictures, augmented, in the order that a seed gives.

Owns the decoded pictures in memory, where a sample is cut, and the loader. Does not own what chance does to it
(`augment.py`). Pictures and masks are decoded and scaled once, before the loader's processes are forked, which then
share the pixels; what does not fit into the memory budget is decoded again whenever it is needed.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from ml_worker.augment import GREY, VOID, Geometry, apply_colour, apply_geometry, draw_geometry, generator
from ml_worker.folder import Dataset, Item, Picture
from ml_worker.recipe import Plan, Sample, Samples

T = TypeVar("T")

MEMORY_SHARE = 0.4  # of the free memory may hold decoded pictures
SPARED = 0.2  # of the training units become validation where there is none
SEEN_PIXELS = 256  # places of each class remembered in an item, to cut samples around


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One item at the plan's scale.

    Attributes:
        picture: (H, W, 3) uint8. masks: (K, H, W) uint8; masks[0] are outputs of the network or 255.
        places: by output, some (row, col) of its pixels, int32 (P, 2).
    """

    picture: Picture
    masks: npt.NDArray[np.uint8]
    places: Mapping[int, npt.NDArray[np.int32]]


def output_table(plan: Plan) -> npt.NDArray[np.uint8]:
    """(256,) uint8: from class indices to outputs of the network; what it does not learn is 255."""
    table = np.full(256, VOID, np.uint8)
    first = int(plan["background"] == "class")
    if first:
        table[0] = 0
    for at, one in enumerate(plan["classes"]):
        table[one["index"]] = at + first
    return table


def scaled_size(height: int, width: int, scale: float) -> tuple[int, int]:
    """Height and width of a picture at a scale, at least one pixel."""
    return max(1, round(height * scale)), max(1, round(width * scale))


def resize_picture(picture: Picture, scale: float) -> Picture:
    """Scale a picture: averaged when it shrinks, bilinear when it grows."""
    if scale == 1:
        return picture
    height, width = scaled_size(picture.shape[0], picture.shape[1], scale)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=kind), np.uint8)


def decode(dataset: Dataset, item: Item, plan: Plan) -> Decoded:
    """Read an item as training needs it.

    Raises:
        InvalidInput: its picture is missing or cannot be decoded.
    """
    picture = resize_picture(dataset.picture(item), plan["scale"])
    height, width = picture.shape[:2]
    layers = [output_table(plan)[dataset.label_map(item)]]
    if plan["instances"] == "watershed":
        from ml_worker.watershed import distance_target

        layers.append(distance_target(dataset.objects(item), item.height, item.width))
    masks = np.stack(
        [cv2.resize(one, (width, height), interpolation=cv2.INTER_NEAREST_EXACT) for one in layers]
    ).astype(np.uint8)
    return Decoded(picture, masks, places_of(masks[0], first=int(plan["background"] == "class")))


class SemanticSamples:
    """Samples of semantic networks: `image` (3, h, w) uint8 and `masks` (K, h, w) uint8."""

    def __init__(
        self, dataset: Dataset, items: Sequence[Item], plan: Plan, *, memory_bytes: int | None = None
    ) -> None:
        """Decode as many items as the memory budget holds.

        Args:
            memory_bytes: the budget; None: a share of what is free now.

        Raises:
            InvalidInput: a picture cannot be decoded.
        """
        self._dataset, self._items, self._plan = dataset, tuple(items), plan
        self._kept = decode_within(
            self._items,
            plan,
            lambda item: decode(dataset, item, plan),
            layers=4 + (plan["instances"] == "watershed"),
            memory_bytes=memory_bytes,
        )

    def __len__(self) -> int:
        return len(self._items)

    def sample(self, epoch: int, index: int) -> Sample:
        """Cut and augment a sample of a picture; the same for the same epoch and index."""
        chance = generator(self._plan["seed"], epoch, index)
        decoded = self._kept.get(index) or decode(self._dataset, self._items[index], self._plan)
        image, masks, _ = draw_sample(decoded, self._plan, chance)
        return {"image": image, "masks": masks}


def decode_within(
    items: Sequence[Item],
    plan: Plan,
    decode_one: Callable[[Item], T],
    *,
    layers: int,
    memory_bytes: int | None,
) -> dict[int, T]:
    """Decode as many items, from the first on, as the memory budget holds, several at a time.

    Args:
        layers: bytes that a decoded pixel takes. memory_bytes: the budget; None: a share of what is free now.

    Returns:
        The decoded items by their place among `items`.
    """
    budget = free_memory() * MEMORY_SHARE if memory_bytes is None else memory_bytes
    kept: list[int] = []
    for at, item in enumerate(items):
        height, width = scaled_size(item.height, item.width, plan["scale"])
        budget -= height * width * layers
        if budget < 0:
            break
        kept.append(at)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return dict(zip(kept, pool.map(lambda at: decode_one(items[at]), kept), strict=True))


def draw_sample(
    decoded: Decoded, plan: Plan, chance: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, Geometry]:
    """Draw how a picture is turned, cut and coloured, and do it.

    Returns:
        image (3, h, w) uint8, masks (K, h, w) uint8 that moved with it, and how they moved.
    """
    geometry = draw_geometry(plan["augmentation"], chance)
    size = (plan["input_size"][0], plan["input_size"][1])
    window = geometry.window(size)
    corner = choose_corner(decoded, window, plan, chance)
    picture, masks = cut(decoded, corner, window)
    image, moved = apply_geometry(
        torch.from_numpy(picture).permute(2, 0, 1), torch.from_numpy(masks), geometry=geometry, size=size
    )
    return apply_colour(image, plan["augmentation"], chance), moved, geometry


def choose_corner(
    decoded: Decoded, window: tuple[int, int], plan: Plan, chance: np.random.Generator
) -> tuple[int, int]:
    """Draw where a window is cut: anywhere in the picture, or (a share `oversample`) about a pixel of some class.

    Returns:
        row, col of its top-left corner; negative where the picture is smaller than the window, which it then lies
        somewhere in.
    """
    places = decoded.places
    if places and chance.random() < plan["oversample"]:
        of_class = places[int(chance.choice(sorted(places)))]
        middle = of_class[chance.integers(len(of_class))]
        shift = chance.uniform(0.25, 0.75, 2)  # the pixel lies anywhere in the middle of the window
        corner = [int(one - side * part) for one, side, part in zip(middle, window, shift, strict=True)]
    else:
        corner = [int(chance.integers(-(1 << 30), 1 << 30)) for _ in range(2)]
        for axis in range(2):
            low, high = sorted((0, decoded.picture.shape[axis] - window[axis]))
            corner[axis] = low + corner[axis] % (high - low + 1)
    for axis in range(2):
        low, high = sorted((0, decoded.picture.shape[axis] - window[axis]))
        corner[axis] = min(max(corner[axis], low), high)
    return corner[0], corner[1]


def cut(
    decoded: Decoded, corner: tuple[int, int], window: tuple[int, int]
) -> tuple[Picture, npt.NDArray[np.uint8]]:
    """Cut a window out; what lies outside the picture is grey, and void in the masks."""
    (y, x), (height, width) = corner, window
    rows, cols = decoded.picture.shape[:2]
    top, left, bottom, right = max(y, 0), max(x, 0), min(y + height, rows), min(x + width, cols)
    picture = decoded.picture[top:bottom, left:right]
    masks = decoded.masks[:, top:bottom, left:right]
    margins = ((top - y, y + height - bottom), (left - x, x + width - right))
    if any(any(one) for one in margins):
        picture = np.pad(picture, (*margins, (0, 0)), constant_values=GREY)
        masks = np.pad(masks, ((0, 0), *margins), constant_values=VOID)
    return np.ascontiguousarray(picture), np.ascontiguousarray(masks)


# Who is trained on, and in which order


def with_validation(dataset: Dataset, seed: int) -> Dataset:
    """Give a dataset validation items to choose the best checkpoint by, where it has none.

    A fifth of the training units (groups, or images without one), drawn by the seed, becomes them: whole units, so that
    nothing leaks. Of a single unit nothing can be spared.
    """
    units = sorted({item.unit for item in dataset.of_split("train")})
    if dataset.of_split("val") or len(units) < 2:
        return dataset
    drawn = np.random.default_rng((seed, len(units))).permutation(len(units))
    spared = {units[at] for at in drawn[: max(1, round(len(units) * SPARED))]}
    moved = (
        replace(item, split="val") if item.split == "train" and item.unit in spared else item
        for item in dataset.items
    )
    return replace(dataset, items=tuple(moved))


@functools.lru_cache(maxsize=8)
def order(count: int, *, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """The order in which an epoch goes through the pictures."""
    return np.random.default_rng((seed, epoch, count)).permutation(count)


def keys_of_step(step: int, *, count: int, batch: int, seed: int) -> list[tuple[int, int]]:
    """The (epoch, index) of a step's samples: an endless row of epochs, cut into batches that may span two.

    Args:
        step: from 0. count: pictures. batch: samples in a step.
    """
    keys: list[tuple[int, int]] = []
    for number in range(step * batch, (step + 1) * batch):
        epoch, at = divmod(number, count)
        keys.append((epoch, int(order(count, seed=seed, epoch=epoch)[at])))
    return keys


class _Keyed(TorchDataset[Sample]):
    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        return self._samples.sample(*key)


class _Steps:
    def __init__(self, keys: Callable[[int], list[tuple[int, int]]], first: int, last: int) -> None:
        self._keys, self._first, self._last = keys, first, last

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        return (self._keys(step) for step in range(self._first, self._last))

    def __len__(self) -> int:
        return self._last - self._first


def batches(
    samples: Samples, plan: Plan, *, first: int, last: int, rank: int = 0, ranks: int = 1, pin: bool = False
) -> Iterator[Sequence[Sample]]:
    """The samples of each step from `first` until before `last`, made ahead by the plan's workers.

    Args:
        rank, ranks: this process and how many share each step's batch. pin: into memory that a GPU can read from.
    """
    whole = plan["batch_size"] * plan["accumulate"]

    def keys(step: int) -> list[tuple[int, int]]:
        found = keys_of_step(step, count=len(samples), batch=whole, seed=plan["seed"])
        return found[rank::ranks] or found[:1]

    workers = plan["workers"]
    if workers:
        # A forked child waits for ever for OpenCV's threads, which a fork doesn't copy: they end here, and none start.
        cv2.setNumThreads(0)
    loader: DataLoader[Any] = DataLoader(
        _Keyed(samples),
        batch_sampler=_Steps(keys, first, last),  # pyright: ignore[reportArgumentType] - any iterable of keys will do
        num_workers=workers,
        collate_fn=_as_list,
        pin_memory=pin,
        prefetch_factor=3 if workers else None,
        multiprocessing_context="fork" if workers else None,  # the decoded pictures are shared, not copied
        worker_init_fn=_one_thread,
    )
    return iter(loader)


def free_memory() -> int:
    """Bytes that this process may still take: of the machine, or of its control group where that is less."""
    try:
        text = Path("/proc/meminfo").read_text("ascii")
        free = next(
            int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("MemAvailable")
        )
    except (OSError, StopIteration, ValueError):
        return 2 << 30  # not Linux: a laptop has that much
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text("ascii"))
        return free if limit == "max" else max(0, min(free, int(limit) - used))
    except (OSError, ValueError):
        return free


def places_of(outputs: npt.NDArray[np.uint8], *, first: int) -> dict[int, npt.NDArray[np.int32]]:
    """Evenly spread pixels of each output from `first` that occurs; a background is nothing to look for."""
    found: dict[int, npt.NDArray[np.int32]] = {}
    flat = outputs.ravel()
    for number in np.unique(flat):
        if first <= number < VOID:
            at = np.flatnonzero(flat == number)
            at = at[:: max(1, len(at) // SEEN_PIXELS)]
            found[int(number)] = np.stack(np.divmod(at, outputs.shape[1]), 1).astype(np.int32)
    return found


def _as_list(samples: list[Sample]) -> list[Sample]:
    return samples


def _one_thread(_worker: int) -> None:
    torch.set_num_threads(1)
