"""Contours that cling to edges: the geodesic active contour, and the cost map on which intelligent scissors walk.

Owns the evolution of a mask's outline and the cost of a pixel. Does not own the walk from click to click: the browser
searches the cheapest path over the cost map while the pointer moves.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from annotator.assist.inputs import (
    Choice,
    Mask,
    Number,
    Region,
    Whole,
    check_mask,
    check_varied,
    grey_of,
    lab_of,
    refused,
)
from annotator.core.words import _

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

ITERATIONS = Whole("iterations", 1, 200, 60, "Steps of the contour, about a pixel each.")
SMOOTHING = Whole("smoothing", 0, 4, 1, "Rounds of smoothing after every step.")
BALLOON = Choice(
    "balloon",
    ("none", "outwards", "inwards"),
    "none",
    "Where the contour is pushed while it is far from edges.",
)
SIGMA = Number("sigma", 0.5, 5, 1.5, "Blur before edges are measured, in pixels.")

EDGE_SHARPNESS = 100.0  # alpha of the inverse gradient, as in the authors' own examples, for levels 0..1
WALL_PERCENTILE = 40  # the contour is pushed where the inverse gradient is above this percentile of it
# The structuring elements of the curvature operator: the four lines of three pixels.
LINES = tuple(
    np.array(rows, dtype=np.uint8)
    for rows in (
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
        [[0, 0, 1], [0, 1, 0], [1, 0, 0]],
        [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
    )
)
SQUARE = np.ones((3, 3), dtype=np.uint8)
# Mortensen and Barrett's weights of zero crossing, direction and magnitude.
ZERO_WEIGHT, DIRECTION_WEIGHT, MAGNITUDE_WEIGHT = 0.43, 0.43, 0.14
LEAST_EDGE = (
    0.03  # of the strongest gradient: weaker zero crossings are noise of flat ground, and cost as such
)
NEIGHBOURS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))  # x, y, in turn


def refine(
    image: Region,
    *,
    initial: Mask,
    iterations: int = ITERATIONS.default,
    smoothing: int = SMOOTHING.default,
    balloon: str = BALLOON.default,
    sigma: float = SIGMA.default,
) -> Mask:
    """Let a mask's outline move to the nearest edges of the picture.

    Args:
        image: (H, W, 3) uint8 RGB.
        initial: (H, W) bool: the mask to begin with, neither empty nor everything.
        iterations: 1..200. smoothing: 0..4. balloon: none, outwards, inwards. sigma: 0.5..5 pixels.

    Returns:
        (H, W) bool; empty when the contour shrank to nothing.

    Raises:
        InvalidInput: one colour, a mask that is empty, full or of another size, values that are not allowed.

    Source: Marquez-Neila, Baumela and Alvarez 2014, A morphological approach to curvature-based evolution of curves
    and surfaces, algorithm for geodesic active contours. O(iterations x pixels); ends early when nothing moves.
    """
    check_varied(image)
    check_mask(initial, image, "mask")
    if not initial.any() or initial.all():
        full = _("the mask covers the whole region; a contour needs an inside and an outside")
        empty = _("the mask is empty here; a contour needs an inside and an outside")
        raise refused("mask", full if initial.any() else empty)
    steps, rounds = ITERATIONS.check(iterations), SMOOTHING.check(smoothing)
    push = {"none": 0.0, "outwards": 1.0, "inwards": -1.0}[BALLOON.check(balloon)]
    stopping = inverse_gradient(image, SIGMA.check(sigma))
    return evolve(initial, stopping, iterations=steps, smoothing=rounds, balloon=push)


def inverse_gradient(image: Region, sigma: float) -> Floats:
    """Give where a contour may pass: (H, W) float32, 1 on flat ground and near 0 on edges of colour (Lab / 100)."""
    smooth = cv2.GaussianBlur(lab_of(image) / 100, (0, 0), sigma)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    squared = (across * across + down * down).sum(axis=2)
    return 1 / np.sqrt(1 + EDGE_SHARPNESS * np.sqrt(squared))


def evolve(initial: Mask, stopping: Floats, *, iterations: int, smoothing: int, balloon: float) -> Mask:
    """Move a contour in the field of `inverse_gradient`; see `refine`. Pixels beyond the border count as outside.

    Each iteration: balloon, attraction to edges, `smoothing` rounds of the curvature operator.
    """
    field = _gradient(stopping)
    wall = np.percentile(stopping, WALL_PERCENTILE) / abs(balloon) if balloon else np.inf
    pushed, push = stopping > wall, _dilate if balloon > 0 else _erode
    level, earlier = initial.astype(np.uint8), [initial.astype(np.uint8)] * 2
    for step in range(iterations):
        if balloon:
            level = np.where(pushed, push(level, SQUARE), level)
        level = _attract(level, field)
        for turn in range(step * smoothing, (step + 1) * smoothing):
            level = _sup_inf(_inf_sup(level)) if turn % 2 == 0 else _inf_sup(_sup_inf(level))
        # The curvature operator takes turns, so a contour at rest may go to and fro between two forms: it rests when
        # it is as two steps ago, and the step that a full run would end with is taken.
        if step > 0 and (iterations - 1 - step) % 2 == 0 and np.array_equal(level, earlier[0]):
            break
        earlier = [earlier[1], level]
    return level.astype(np.bool_)


def _attract(level: Bytes, field: tuple[Floats, Floats]) -> Bytes:
    """Move the outline one pixel down the field where it slopes."""
    down, across = _gradient(level.astype(np.float32))
    pull = field[0] * down + field[1] * across
    return np.where(pull > 0, np.uint8(1), np.where(pull < 0, np.uint8(0), level))


def _gradient(values: Floats) -> tuple[Floats, Floats]:
    """Give the central differences down and across, one-sided at the border; 0 along a side of one pixel."""
    down, across = np.zeros_like(values), np.zeros_like(values)
    if values.shape[0] > 1:
        down = np.gradient(values, axis=0)
    if values.shape[1] > 1:
        across = np.gradient(values, axis=1)
    return down, across


def _erode(level: Bytes, element: Bytes) -> Bytes:
    eroded = cv2.erode(level, element, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    return np.asarray(eroded, dtype=np.uint8)


def _dilate(level: Bytes, element: Bytes) -> Bytes:
    dilated = cv2.dilate(level, element, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    return np.asarray(dilated, dtype=np.uint8)


def _sup_inf(level: Bytes) -> Bytes:
    first, second, third, fourth = (_erode(level, line) for line in LINES)
    return (first | second) | (third | fourth)


def _inf_sup(level: Bytes) -> Bytes:
    first, second, third, fourth = (_dilate(level, line) for line in LINES)
    return (first & second) & (third & fourth)


def cost_map(image: Region, *, sigma: float = SIGMA.default) -> Bytes:
    """Give what it costs intelligent scissors to step on a pixel: low on edges, high on flat ground.

    0.43 x (no zero crossing of the Laplacian) + 0.43 x (direction) + 0.14 x (1 - gradient magnitude / greatest), as
    255ths. The paper's direction cost belongs to the link between two neighbours; a map has one number for a pixel,
    so here it is the mean over the pixel's two cheapest links: a contour enters by one and leaves by the other. Zero
    crossings of hardly any gradient don't count, for flat ground is full of them.

    Args:
        image: (H, W, 3) uint8 RGB. sigma: blur before edges are measured, 0.5..5 pixels.

    Returns:
        (H, W) uint8.

    Raises:
        InvalidInput: one colour, or a value that is not allowed.

    Source: Mortensen and Barrett 1995, Intelligent scissors for image composition, section 3. O(pixels).
    """
    check_varied(image)
    smooth = cv2.GaussianBlur(grey_of(image).astype(np.float32), (0, 0), SIGMA.check(sigma))
    across = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3), dtype=np.float32)
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3), dtype=np.float32)
    length = np.hypot(across, down)
    greatest = float(length.max())
    magnitude = 1 - length / greatest if greatest > 0 else np.ones_like(length)
    laplacian = np.asarray(cv2.Laplacian(smooth, cv2.CV_32F, ksize=3), dtype=np.float32)
    crossing = zero_crossings(laplacian) & (length > LEAST_EDGE * greatest)
    total = (
        ZERO_WEIGHT * ~crossing
        + DIRECTION_WEIGHT * _direction_cost(across, down, length)
        + MAGNITUDE_WEIGHT * magnitude
    )
    return np.rint(255 * np.clip(total, 0, 1)).astype(np.uint8)


def zero_crossings(laplacian: Floats) -> Mask:
    """Give the pixels where the Laplacian changes sign down or across: of two neighbours of opposite signs the one
    nearer to 0, and a 0 between opposite signs."""
    found = np.zeros(laplacian.shape, dtype=np.bool_)
    for values, marked in ((laplacian, found), (laplacian.T, found.T)):
        one, other = values[:-1], values[1:]
        opposite = one * other < 0
        nearer = np.abs(one) <= np.abs(other)
        marked[:-1] |= opposite & nearer
        marked[1:] |= opposite & ~nearer
        marked[1:-1] |= (values[1:-1] == 0) & (values[:-2] * values[2:] < 0)
    return found


def _direction_cost(across: Floats, down: Floats, length: Floats) -> Floats:
    """Give the mean direction cost of each pixel's two cheapest links, 0..1; 1 on flat ground.

    For pixels p, q with unit edge directions D' (the gradient turned by a right angle) and the unit link L from p to
    q, turned so that D'(p).L >= 0: f = (acos(D'(p).L) + acos(L.D'(q))) / pi x 2/3 (the paper's formula).
    """
    safe = np.maximum(length, np.float32(1e-6))
    edge_x = cv2.copyMakeBorder(down / safe, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    edge_y = cv2.copyMakeBorder(-across / safe, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    height, width = length.shape
    here_x, here_y = edge_x[1:-1, 1:-1], edge_y[1:-1, 1:-1]
    least, second = np.ones((2, height, width), dtype=np.float32)
    for x, y in NEIGHBOURS:
        norm = float(np.hypot(x, y))
        at = (slice(1 + y, 1 + y + height), slice(1 + x, 1 + x + width))
        mine = (here_x * x + here_y * y) / norm
        theirs = (edge_x[at] * x + edge_y[at] * y) / norm
        theirs = np.where(mine < 0, -theirs, theirs)
        angles = _arc_cosine(np.abs(mine)) + _arc_cosine(theirs)
        cost = angles * np.float32(2 / (3 * np.pi))
        second = np.minimum(second, np.maximum(least, cost))
        least = np.minimum(least, cost)
    return np.where(length > 1e-6, (least + second) / 2, np.float32(1))


def _arc_cosine(values: Floats) -> Floats:
    return np.arccos(np.clip(values, -1, 1))
