"""Regions from seeds: magic wand, region growing by the region's own colours, and watershed from strokes.

Owns which pixels hang together with what the person marked. Colours are compared in Lab.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from annotator.assist.inputs import (
    NO_POINTS,
    Choice,
    Mask,
    Number,
    Points,
    Region,
    Whole,
    check_mask,
    check_points,
    check_region,
    check_varied,
    lab_of,
    refused,
)
from annotator.core.words import _

TOLERANCE = Number("tolerance", 0, 100, 12, "Largest difference of colour to a seed, as a distance in Lab.")
REACH = Choice(
    "reach", ("contiguous", "anywhere"), "contiguous", "Only what hangs together with a seed, or all."
)
SPREAD = Number(
    "spread", 0.5, 6, 2.5, "How many standard deviations a pixel may lie from the region's mean colour."
)
ROUNDS = Whole("rounds", 1, 10, 4, "How often the mean is taken anew and the region grown again.")
RADIUS = Whole("radius", 0, 20, 3, "The first region: this many pixels around every seed.")
SMOOTHING = Number(
    "smoothing", 0, 5, 1, "Standard deviation of the blur before the edges are measured, in pixels."
)

LEAST_DEVIATION = 1.0  # in Lab units; below it differences are noise of JPEG and cannot be seen


def wand(
    image: Region,
    *,
    positive: Points,
    negative: Points = NO_POINTS,
    tolerance: float = TOLERANCE.default,
    reach: str = REACH.default,
) -> Mask:
    """Take the pixels whose colour is within `tolerance` of a seed's, and no nearer to a negative seed's.

    Args:
        image: (H, W, 3) uint8 RGB.
        positive, negative: (N, 2) seeds, x, y; at least one positive.
        tolerance: Euclidean distance in Lab (CIE76), 0..100.
        reach: `contiguous` keeps only the parts, 4-connected, that hold a seed.

    Returns:
        (H, W) bool.

    Raises:
        InvalidInput: no seed, seeds outside the region, values that are not allowed.

    Source: the flood fill of Smith 1979, Tint fill, with Robertson's 1977 CIE 1976 colour difference.
    O(pixels x seeds of different colours).
    """
    check_region(image)
    _some(positive, "positive")
    rows, columns = check_points(positive, image, "positive")
    away = check_points(negative, image, "negative")
    limit, kept = TOLERANCE.check(tolerance), REACH.check(reach)
    lab = lab_of(image)
    distance = _squared_distance(lab, lab[rows, columns])
    similar = distance <= limit * limit
    if negative.size:
        similar &= distance < _squared_distance(lab, lab[away])
        similar[rows, columns] = True
        similar[away] = False
    return similar if kept == "anywhere" else _holding(similar, rows, columns)


def grow(
    image: Region,
    *,
    positive: Points,
    spread: float = SPREAD.default,
    rounds: int = ROUNDS.default,
    radius: int = RADIUS.default,
) -> Mask:
    """Grow a region from the seeds by its own statistics: a pixel belongs when its colour is typical of the region.

    Each round takes the mean and standard deviation of the region's colours and grows it anew from the seeds over the
    pixels within `spread` deviations of the mean, until nothing changes. So textured areas, on which the wand stops
    at every speckle, need no tolerance.

    Args:
        positive: (N, 2) seeds, x, y; at least one.
        spread: 0.5..6 deviations. rounds: 1..10. radius: of the first region, 0..20 pixels.

    Returns:
        (H, W) bool, 4-connected to the seeds.

    Raises:
        InvalidInput: one colour, no seed, seeds outside, values that are not allowed.

    Source: Adams and Bischof 1994, Seeded region growing, in the form with confidence intervals (Ibanez et al., The
    ITK Software Guide, "Confidence connected"). O(rounds x pixels).
    """
    check_varied(image)
    _some(positive, "positive")
    rows, columns = check_points(positive, image, "positive")
    factor, most, around = SPREAD.check(spread), ROUNDS.check(rounds), RADIUS.check(radius)
    lab = lab_of(image)
    region = np.zeros(image.shape[:2], dtype=np.bool_)
    region[rows, columns] = True
    if around:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * around + 1, 2 * around + 1))
        region = cv2.dilate(region.astype(np.uint8), disc).astype(np.bool_)
    for _round in range(most):
        colours = lab[region].astype(np.float64)
        mean = colours.mean(axis=0)
        deviation = np.maximum(colours.std(axis=0), LEAST_DEVIATION)
        typical = (((lab - mean) / deviation) ** 2).mean(axis=2) <= factor * factor
        typical[rows, columns] = True
        grown = _holding(typical, rows, columns)
        if np.array_equal(grown, region):
            break
        region = grown
    return region


def watershed(image: Region, *, add: Mask, remove: Mask, smoothing: float = SMOOTHING.default) -> Mask:
    """Flood the edges of the picture from marks of object and background; take what the object's water reaches.

    Args:
        add, remove: (H, W) bool marks of the object and of what is not; both needed; `remove` wins where both are.
        smoothing: standard deviation of the Gaussian before the gradient, 0..5 pixels.

    Returns:
        (H, W) bool: holds all of `add`, nothing of `remove`.

    Raises:
        InvalidInput: one colour, a mark is missing, values that are not allowed.

    Source: Meyer 1992, Color image segmentation (flooding from markers by a priority queue), on the gradient of Lab.
    O(pixels x log pixels).
    """
    from skimage.segmentation import watershed as flood  # it takes long to load, and few requests need it

    check_varied(image)
    check_mask(add, image, "add")
    check_mask(remove, image, "remove")
    blur = SMOOTHING.check(smoothing)
    markers = np.where(remove, 2, np.where(add, 1, 0)).astype(np.int32)
    for value, text in (
        (1, _("there is no mark of the object in the region; mark both the object and the background")),
        (2, _("there is no mark of the background in the region; mark both the object and the background")),
    ):
        if not (markers == value).any():
            raise refused("strokes", text)
    return np.asarray(flood(_edges(lab_of(image), blur), markers)) == 1


def _edges(lab: npt.NDArray[np.float32], blur: float) -> npt.NDArray[np.float32]:
    """Give the length of the colour gradient: (H, W) float32."""
    smooth = cv2.GaussianBlur(lab, (0, 0), blur) if blur > 0 else lab
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    return np.sqrt((across * across + down * down).sum(axis=2))


def _squared_distance(
    lab: npt.NDArray[np.float32], colours: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Give each pixel's squared distance to the nearest of the colours: (H, W)."""
    nearest = np.full(lab.shape[:2], np.inf, dtype=np.float32)
    for colour in np.unique(colours, axis=0):
        difference = lab - colour
        np.minimum(nearest, np.einsum("ijk,ijk->ij", difference, difference), out=nearest)
    return nearest


def _holding(mask: Mask, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> Mask:
    """Keep the 4-connected parts of the mask that hold one of the pixels."""
    labels = np.asarray(
        cv2.connectedComponents(mask.astype(np.uint8), connectivity=4, ltype=cv2.CV_32S)[1], dtype=np.int32
    )
    kept = np.zeros(int(labels.max()) + 1, dtype=np.bool_)
    kept[labels[rows, columns]] = True
    kept[0] = False
    return kept[labels]


def _some(points: Points, name: str) -> None:
    if len(points) == 0:
        raise refused(name, _("at least one point is needed"))
