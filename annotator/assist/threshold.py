"""Thresholds: Otsu, multi-level Otsu, and a range, on the grey picture or one channel.

Owns which grey levels belong together, and how often each occurs. Does not own where to look: `inside` says that, and
nothing outside it is set.
All cost O(pixels) for the histogram and the comparison, plus what is said at each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from annotator.assist.inputs import (
    Choice,
    Labels,
    Mask,
    Number,
    OneColour,
    Region,
    Whole,
    check_mask,
    check_region,
    grey_of,
    refused,
)
from annotator.core.words import _

LEVELS = 256
_RGB = {"red": 0, "green": 1, "blue": 2}

CHANNEL = Choice(
    "channel",
    ("grey", "red", "green", "blue", "lightness", "saturation"),
    "grey",
    "What is compared: luma, a colour, L* of Lab, or S of HSV; each 0 to 255.",
)
SIDE = Choice("side", ("bright", "dark"), "bright", "Which side of the threshold is taken.")
CLASSES = Whole("classes", 2, 6, 3, "Into how many groups the levels are divided.")
LEVEL = Whole("level", 0, 5, 0, "Which group is taken, 0 the darkest; below `classes`.")
LOW = Number("low", 0, 255, 0, "The lowest level that is taken.")
HIGH = Number("high", 0, 255, 127, "The highest level that is taken.")


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The levels that a threshold takes, and what there was to choose from.

    Attributes:
        mask: (H, W) bool.
        low, high: the levels taken, both included.
        counts: (256,) int64, the pixels looked at of each level.
    """

    mask: Mask
    low: int
    high: int
    counts: npt.NDArray[np.int64]


def otsu(
    image: Region, *, inside: Mask | None = None, channel: str = CHANNEL.default, side: str = SIDE.default
) -> Band:
    """Divide the levels in two where the variance between both groups is greatest; take one of them.

    Args:
        image: (H, W, 3) uint8 RGB.
        inside: (H, W) bool: the pixels that count and may be set; None for all.
        channel: one of `CHANNEL.options`. side: `bright` takes what is above the threshold.

    Returns:
        The levels on that side of the threshold, and their pixels.

    Raises:
        InvalidInput: one level only, nothing inside, or a value that is not allowed.

    Source: Otsu 1979, A threshold selection method from gray-level histograms. O(pixels + 256).
    """
    values, within, counts = _levels(image, inside, CHANNEL.check(channel))
    [cut] = _cuts(counts, 2)
    low, high = (cut + 1, LEVELS - 1) if SIDE.check(side) == "bright" else (0, cut)
    return _band(values, within, counts, low, high)


def multi_otsu(
    image: Region,
    *,
    inside: Mask | None = None,
    channel: str = CHANNEL.default,
    classes: int = CLASSES.default,
    level: int = LEVEL.default,
) -> Band:
    """Divide the levels into `classes` groups of greatest variance between them; take the `level`-th.

    Args, Returns and Raises as `otsu`; also refused: `level` not below `classes`, fewer levels than classes.

    Source: Liao, Chen and Chung 2001, A fast algorithm for multilevel thresholding (the modified variance and its
    table), with dynamic programming over the cuts in place of the search through all. O(pixels + classes x 256^2).
    """
    values, within, counts = _levels(image, inside, CHANNEL.check(channel))
    if LEVEL.check(level) >= CLASSES.check(classes):
        raise refused(
            "level",
            _("%(level)s is not allowed with %(classes)s classes; it goes from 0 to %(last)s")
            % {"level": level, "classes": classes, "last": classes - 1},
        )
    edges = [-1, *_cuts(counts, classes), LEVELS - 1]
    return _band(values, within, counts, edges[level] + 1, edges[level + 1])


def multi_otsu_labels(
    image: Region,
    *,
    inside: Mask | None = None,
    channel: str = CHANNEL.default,
    classes: int = CLASSES.default,
) -> Labels:
    """Give every pixel's group, 0 the darkest: (H, W) int32. The cuts come from the pixels `inside`."""
    values, _within, counts = _levels(image, inside, CHANNEL.check(channel))
    return _divide(values, _cuts(counts, CLASSES.check(classes)))


def between(
    image: Region,
    *,
    inside: Mask | None = None,
    channel: str = CHANNEL.default,
    low: float = LOW.default,
    high: float = HIGH.default,
) -> Band:
    """Take the pixels whose level lies from `low` to `high`, both included. O(pixels).

    Args, Returns and Raises as `otsu`; also refused: `low` above `high`. One colour is fine.
    """
    values, within = _values(image, inside, CHANNEL.check(channel))
    if LOW.check(low) > HIGH.check(high):
        raise refused("low", _("%(low)g is above high, %(high)g") % {"low": low, "high": high})
    counts = np.bincount(values[within], minlength=LEVELS)
    return _band(values, within, counts, math.ceil(low), math.floor(high))


def channel_of(image: Region, channel: str) -> Region:
    """Give one channel as (H, W) uint8; see `CHANNEL`."""
    if channel in _RGB:
        return image[:, :, _RGB[channel]]
    if channel == "grey":
        return grey_of(image)
    code, at = (cv2.COLOR_RGB2LAB, 0) if channel == "lightness" else (cv2.COLOR_RGB2HSV, 1)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), code), dtype=np.uint8)[:, :, at]


def _values(image: Region, inside: Mask | None, channel: str) -> tuple[Region, Mask]:
    check_region(image)
    within = np.ones(image.shape[:2], dtype=np.bool_) if inside is None else inside
    check_mask(within, image, "inside")
    if not within.any():
        raise refused("polygons", _("the area to look at covers no pixel of the region"))
    return channel_of(image, channel), within


def _levels(image: Region, inside: Mask | None, channel: str) -> tuple[Region, Mask, npt.NDArray[np.int64]]:
    """Give the channel, the pixels that count and their histogram, of which at least two levels are taken."""
    values, within = _values(image, inside, channel)
    counts = np.bincount(values[within], minlength=LEVELS)
    if np.count_nonzero(counts) < 2:
        plain = bool((image == image[0, 0]).all())
        if plain:
            raise OneColour
        raise refused(
            "channel", _("%(channel)s has one level only here; try another channel") % {"channel": channel}
        )
    return values, within, counts


def _band(values: Region, within: Mask, counts: npt.NDArray[np.int64], low: int, high: int) -> Band:
    return Band(within & (values >= low) & (values <= high), low, high, counts)


def _divide(values: Region, cuts: list[int]) -> Labels:
    table = np.searchsorted(np.array(cuts), np.arange(LEVELS), side="left").astype(np.int32)
    return table[values]


def _cuts(counts: npt.NDArray[np.int64], classes: int) -> list[int]:
    """Find the levels after which a new group begins, so that the variance between the groups is greatest.

    That variance is, but for constants, the sum over the groups of (sum of levels)^2 / (count of pixels), so the
    best division of the levels up to b into k groups ends with one group after the best division into k - 1.
    """
    levels = np.flatnonzero(counts)
    if levels.size < classes:
        raise refused(
            "classes",
            _("%(classes)s groups cannot be made of %(size)s different levels")
            % {"classes": classes, "size": levels.size},
        )
    weight = np.concatenate([[0], np.cumsum(counts[levels])]).astype(np.float64)
    moment = np.concatenate([[0], np.cumsum(counts[levels] * levels)]).astype(np.float64)
    n = levels.size
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = (moment[None, :] - moment[:, None]) ** 2 / (weight[None, :] - weight[:, None])  # [from, to)
    gain[np.tril_indices(n + 1)] = -np.inf
    best = gain[0].copy()
    back: list[npt.NDArray[np.int64]] = []
    for _level in range(classes - 1):
        total = best[:, None] + gain
        back.append(total.argmax(axis=0))
        best = total.max(axis=0)
    cuts: list[int] = []
    end = n
    for choice in reversed(back):
        end = int(choice[end])
        cuts.append(int(levels[end - 1]))
    return cuts[::-1]
