"""GrabCut: an object cut out of a box, corrected by strokes.

Owns the cut, which is made on a scaled-down region, and bringing it back to the region's own pixels. Does not own the
choice of the region: a margin around the box shows what the background looks like.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.assist.inputs import Mask, Number, Region, Whole, check_mask, check_varied, grey_of, refused
from annotator.core.words import _

ITERATIONS = Whole("iterations", 1, 8, 1, "How often the colours are learned anew and the cut is made again.")
CORE = Number(
    "core", 0, 0.9, 0.5, "This share of the box, an ellipse in its middle, is taken to be the object."
)

# benchmarks/assists.py, 60 objects of COCO in their boxes, mean IoU and ms at p95: without a core 192 0.39, 69;
# 256 0.46, 182; 320 0.51, 278. With a core of half the box 192 0.62, 54; 256 0.63, 118; 320 0.64, 196. OpenCV alone at
# the region's own size, five iterations: 0.26, 260; so small regions are scaled up, for its weights suit an object of
# many pixels. Without a core the cut loses every third object. A third iteration doubled the time and gained nothing.
WORKING_SIDE = 256
MOST_ENLARGED = 4
LEAST_SAMPLES = 5  # of each kind: OpenCV learns five colours for the object and five for the background
SEED = 20_040_804
EDGE_RADIUS, EDGE_EPSILON = 2, 1e-3  # of the guided upscaling: pixels of the small picture; grey 0..1 squared

Box = tuple[float, float, float, float]
Floats = npt.NDArray[np.float32]


def grabcut(
    image: Region,
    *,
    box: Box,
    add: Mask | None = None,
    remove: Mask | None = None,
    iterations: int = ITERATIONS.default,
    core: float = CORE.default,
) -> Mask:
    """Cut the object in a box out of its background.

    Args:
        image: (H, W, 3) uint8 RGB; scaled to a longest side of `WORKING_SIDE` for the cut.
        box: x0, y0, x1, y1 around the object, region pixels; some of the region must lie outside it, or `remove` marks.
        add, remove: (H, W) bool marks that belong to the object, and that don't; `remove` wins where both are. Marks of
            the object may lie outside the box.
        iterations: 1..8.
        core: 0..0.9 of the box's width and height: an ellipse in its middle that is held for the object, but for what
            `remove` marks; 0 for objects that are hollow or lie elsewhere.

    Returns:
        (H, W) bool: holds all of `add`, nothing of `remove`, and nothing else outside the box. Empty when no object
        stands out in the box.

    Raises:
        InvalidInput: one colour, a box that is empty, outside, or leaves no background, or values not allowed.

    Source: Rother, Kolmogorov and Blake 2004, "GrabCut": interactive foreground extraction using iterated graph cuts;
    back to full size by He and Sun 2015, Fast guided filter. Each iteration is a minimum cut over the scaled pixels
    (at most 65,536): about O(pixels) in practice, worse where colours are alike; the way back is O(region's pixels).
    """
    check_varied(image)
    marks = [np.zeros(image.shape[:2], dtype=np.bool_) if one is None else one for one in (add, remove)]
    for mark, name in zip(marks, ("add", "remove"), strict=True):
        check_mask(mark, image, name)
    inside = _box_pixels(image, box)
    rounds, share = ITERATIONS.check(iterations), CORE.check(core)
    wanted, unwanted = marks[0] & ~marks[1], marks[1]
    small = _scaled(image)
    height, width = small.shape[:2]
    trimap = np.where(_scaled_mask(inside, height, width), cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    trimap[_scaled_mask(_middle(inside, share) | wanted, height, width)] = cv2.GC_FGD
    trimap[_scaled_mask(unwanted, height, width)] = cv2.GC_BGD
    found = _restored(_cut(small, trimap, rounds), small, image)
    return ((found & inside) | wanted) & ~unwanted


def _box_pixels(image: Region, box: Box) -> Mask:
    height, width = image.shape[:2]
    if len(box) != 4 or not all(math.isfinite(side) for side in box):
        raise refused("box", _("four finite numbers are needed: x0, y0, x1, y1"))
    x0, y0 = max(0, math.floor(box[0])), max(0, math.floor(box[1]))
    x1, y1 = min(width, math.ceil(box[2])), min(height, math.ceil(box[3]))
    if x1 <= x0 or y1 <= y0:
        raise refused(
            "box",
            _("%(box)s covers no pixel of the region, which is %(width)s x %(height)s")
            % {"box": list(box), "width": width, "height": height},
        )
    inside = np.zeros((height, width), dtype=np.bool_)
    inside[y0:y1, x0:x1] = True
    return inside


def _middle(inside: Mask, share: float) -> Mask:
    """Give the ellipse in the middle of the box: (H, W) bool, empty for a share of 0."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    middle = np.zeros(inside.shape, dtype=np.bool_)
    if share > 0:
        down = (rows - rows.mean()) / (share * rows.size / 2)
        across = (columns - columns.mean()) / (share * columns.size / 2)
        middle[np.ix_(rows, columns)] = down[:, None] ** 2 + across**2 <= 1
    return middle


def _scaled(image: Region) -> Region:
    height, width = image.shape[:2]
    scale = min(MOST_ENLARGED, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=how), dtype=np.uint8)


def _scaled_mask(mask: Mask, height: int, width: int) -> Mask:
    """Set the scaled pixels that any set pixel falls into: a thin mark must not get lost."""
    how = cv2.INTER_AREA if mask.shape[0] > height else cv2.INTER_NEAREST_EXACT
    return np.asarray(cv2.resize(mask.astype(np.float32), (width, height), interpolation=how)) > 1e-6


def _cut(small: Region, trimap: npt.NDArray[np.uint8], rounds: int) -> Mask:
    """Run GrabCut: (h, w) bool."""
    background = int((trimap == cv2.GC_BGD).sum())
    if background < LEAST_SAMPLES:
        raise refused(
            "box", _("it covers the whole region; leave a margin around it, or mark background with strokes")
        )
    if trimap.size - background < LEAST_SAMPLES:
        raise refused(
            "box",
            _("fewer than %(least)s pixels of it are left to be searched; draw a larger box")
            % {"least": LEAST_SAMPLES},
        )
    cv2.setRNGSeed(SEED)  # of this thread: the same box gives the same object
    models = np.zeros((1, 65)), np.zeros((1, 65))
    nowhere = (0, 0, 0, 0)  # the marks say where
    try:
        cv2.grabCut(small, trimap, nowhere, *models, rounds, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # the object or the background lost its last pixel on the way
        raise refused("box", _("no object stands out in it; mark a part of it with an add stroke")) from None
    return (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)


def _restored(found: Mask, small: Region, image: Region) -> Mask:
    """Bring the scaled mask to the region's size, its outline drawn to the region's own edges.

    A guided filter fits, around every small pixel, the mask as a linear function of the grey level; those functions,
    enlarged, are applied to the grey levels of the full region.
    """
    height, width = image.shape[:2]
    mask = found.astype(np.float32)
    if found.shape[0] >= height:
        return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)) > 0.5
    guide = _levels(small)
    mean_guide, mean_mask = _mean(guide), _mean(mask)
    variance = _mean(guide * guide) - mean_guide * mean_guide
    slope = (_mean(guide * mask) - mean_guide * mean_mask) / (variance + EDGE_EPSILON)
    offset = mean_mask - slope * mean_guide
    return _widened(slope, image) * _levels(image) + _widened(offset, image) > 0.5


def _widened(values: npt.NDArray[Any], image: Region) -> Floats:
    """Give the local means of values of the small picture at the region's size."""
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.resize(_mean(values), size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _levels(image: Region) -> Floats:
    """Give the grey levels, 0..1."""
    return grey_of(image).astype(np.float32) / np.float32(255)


def _mean(values: npt.NDArray[Any]) -> Floats:
    side = 2 * EDGE_RADIUS + 1
    return np.asarray(cv2.boxFilter(values, -1, (side, side)), dtype=np.float32)
