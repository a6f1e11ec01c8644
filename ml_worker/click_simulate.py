"""What a person would click: first clicks on an object, the next click for an error, a box, a mask to begin with.

Owns simulated marks alone, for training (`click_data.py`) and for counting clicks (`click_eval.py`). Pure numpy and
OpenCV; all coordinates are pixels of the masks that are given, and randomness is an argument.

Source: Sofiiuk, Petrov, Konushin 2022 (RITM): the next click lies in the middle of the largest error; in training it
is drawn from the error's inner part, so that the model does not learn that clicks are always exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
"""(h, w) bool."""

INNER = 0.5  # of the greatest depth: a click of training lies where the border is at least that far
SLOPPY = 0.3  # of first clicks lie anywhere on the object, as hasty ones do
MORE = (0.75, 0.15, 0.1)  # shares of one, two and three first clicks: most objects begin with one
NEGATIVES = (0.7, 0.2, 0.1)  # shares of none, one and two negative clicks beside them
BOX_JITTER = 0.06  # of a box's sides: people draw them a little off
EDGE = 0.12  # of an object's size: how far a mask to begin with is off at most


@dataclass(frozen=True, slots=True)
class Click:
    """A click in the middle of a pixel. `depth` is how far the border of the error is, in pixels."""

    x: float
    y: float
    positive: bool
    depth: float = 0.0


def next_click(truth: Mask, found: Mask, ignore: Mask | None = None) -> Click | None:
    """Give the click in the middle of the largest error, by the distance to its border.

    Args:
        ignore: pixels where nothing is an error. The picture's border counts as a border.

    Returns:
        None where there is no error.
    """
    error = _largest_error(truth, found, ignore)
    if error is None:
        return None
    depth, positive = error
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return Click(float(column) + 0.5, float(row) + 0.5, positive, float(depth.max()))


def near_click(
    truth: Mask, found: Mask, rng: np.random.Generator, ignore: Mask | None = None
) -> Click | None:
    """Give a click somewhere in the inner part of the largest error. None where there is no error."""
    error = _largest_error(truth, found, ignore)
    if error is None:
        return None
    depth, positive = error
    return _drawn(depth >= INNER * depth.max(), positive, rng)


def first_clicks(truth: Mask, others: Mask, rng: np.random.Generator) -> list[Click]:
    """Draw the clicks that somebody begins with: one to three on the object, seldom some beside it.

    Args:
        truth: the object; not empty. others: pixels of other objects, which negative clicks prefer.
    """
    depth = depth_of(truth)
    clicks: list[Click] = []
    for _ in range(1 + int(rng.choice(3, p=MORE))):
        inner = truth if rng.random() < SLOPPY else depth >= INNER * depth.max()
        clicks += _some(_drawn(inner, True, rng))
    for _ in range(int(rng.choice(3, p=NEGATIVES))):
        clicks += _some(_negative(truth, others, rng))
    return clicks


def box_of(truth: Mask, rng: np.random.Generator) -> tuple[Click, npt.NDArray[np.float32]]:
    """Draw a box as click models of one graph are told one: a click in its middle, and its area as the last mask."""
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    low = np.array([columns[0], rows[0]], np.float64)
    high = np.array([columns[-1] + 1, rows[-1] + 1], np.float64)
    jitter = rng.normal(0, BOX_JITTER / 2, 4).clip(-BOX_JITTER, BOX_JITTER).reshape(2, 2) * (high - low)
    low, high = np.maximum(low + jitter[0], 0), high + jitter[1]
    x0, y0, x1, y1 = np.concatenate([low, np.maximum(high, low + 1)]).round().astype(int).tolist()
    area = np.zeros(truth.shape, np.float32)
    area[y0:y1, x0:x1] = 1
    x, y = (low + high) / 2
    return Click(float(x), float(y), True), area


def flawed(truth: Mask, others: Mask, rng: np.random.Generator) -> Mask:
    """Give the object as a model or a hasty person has it: grown, shrunk, cut, spilled over, or with a piece missing.

    Args:
        truth: the object; not empty. others: pixels of other objects, over which it spills.
    """
    size = float(np.sqrt(truth.sum()))
    wrong = truth.copy()
    kind = int(rng.integers(5))
    if kind == 0:
        wrong = _moved_edge(truth, size, rng)
    elif kind == 1:
        wrong = truth & ~_blob(truth.shape, _place(truth, rng), size * rng.uniform(0.15, 0.5))
    elif kind == 2:
        wrong = truth | _blob(truth.shape, _place(_edge_of(truth), rng), size * rng.uniform(0.1, 0.4))
    elif kind == 3 and others.any():
        beside = _place(others, rng)
        count, labels = cv2.connectedComponents(others.astype(np.uint8), connectivity=4)
        wrong = truth | (labels == labels[int(beside[1]), int(beside[0])]) if count > 1 else truth
    else:
        wrong = _half(truth, rng)
    return wrong if kind == 0 else _moved_edge(wrong, size * 0.4, rng)


def depth_of(mask: Mask) -> npt.NDArray[np.float32]:
    """Give each pixel's distance to the mask's border; the picture's border counts as one."""
    padded = np.pad(mask, 1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 0), np.float32)[1:-1, 1:-1]


def _largest_error(
    truth: Mask, found: Mask, ignore: Mask | None
) -> tuple[npt.NDArray[np.float32], bool] | None:
    """Give the depth of missed or of spilled pixels, whichever is deeper, and whether it is the missed ones."""
    counts = ~ignore if ignore is not None else np.True_
    depths = [depth_of(truth & ~found & counts), depth_of(found & ~truth & counts)]
    positive = bool(depths[0].max() >= depths[1].max())
    depth = depths[0 if positive else 1]
    return (depth, positive) if depth.max() > 0 else None


def _drawn(places: Mask, positive: bool, rng: np.random.Generator) -> Click | None:
    where = np.flatnonzero(places)
    if len(where) == 0:
        return None
    row, column = divmod(int(where[rng.integers(len(where))]), places.shape[1])
    return Click(column + 0.5, row + 0.5, positive)


def _some(click: Click | None) -> list[Click]:
    return [] if click is None else [click]


def _negative(truth: Mask, others: Mask, rng: np.random.Generator) -> Click | None:
    """Half of them on other objects, the rest close by, where a mask would spill, or anywhere beside the object."""
    place = rng.random()
    if place < 0.5 and (others & ~truth).any():
        return _drawn(others & ~truth, False, rng)
    if place < 0.85:
        away = max(3, round(0.2 * float(np.sqrt(truth.sum()))))
        return _drawn(_grown(truth, 2 * away) & ~_grown(truth, max(1, away // 3)), False, rng)
    return _drawn(~truth, False, rng)


def _grown(mask: Mask, by: int) -> Mask:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel)) > 0


def _moved_edge(mask: Mask, size: float, rng: np.random.Generator) -> Mask:
    """Grow or shrink by a little; a mask that would vanish stays."""
    by = round(size * rng.uniform(-EDGE, EDGE))
    if by == 0:
        return mask
    if by > 0:
        return _grown(mask, by)
    smaller = depth_of(mask) > -by
    return smaller if smaller.any() else mask


def _blob(shape: tuple[int, ...], middle: tuple[float, float], radius: float) -> Mask:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (columns + 0.5 - middle[0]) ** 2 + (rows + 0.5 - middle[1]) ** 2 < radius**2


def _place(mask: Mask, rng: np.random.Generator) -> tuple[float, float]:
    where = np.flatnonzero(mask)
    row, column = divmod(int(where[rng.integers(len(where))]), mask.shape[1])
    return column + 0.5, row + 0.5


def _edge_of(mask: Mask) -> Mask:
    edge = mask & (depth_of(mask) <= 1)
    return edge if edge.any() else mask


def _half(mask: Mask, rng: np.random.Generator) -> Mask:
    """Cut it by a straight line through one of its pixels."""
    angle, (x, y) = rng.uniform(0, 2 * np.pi), _place(mask, rng)
    rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
    side = (columns + 0.5 - x) * np.cos(angle) + (rows + 0.5 - y) * np.sin(angle) >= 0
    return mask & side
