"""Carrying objects from one picture to the next by dense optical flow.

Owns the flow and how shapes follow it. Does not own which pictures follow each other, nor pixels' reading.

The flow is DIS (Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, ECCV 2016), computed
both ways. A pixel is trusted where going there and back ends near where it began (Kalal, Mikolajczyk, Matas:
Forward-Backward Error, ICPR 2010). An object's confidence is the share of its pixels that are trusted, times the
correlation of its looks here and there: between pictures of two scenes the flow finds a way there and back, too, but
not the same thing at its end. O(pixels of the region).

All coordinates are region pixels; both pictures are of one size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from annotator.assist.inputs import Mask, Points, Region, check_region, grey_of
from annotator.core.document import BoxGeometry, Polygon, PolygonGeometry, PolylineGeometry
from annotator.core.errors import InvalidInput
from annotator.core.raster import rasterise
from annotator.core.words import _

Vectors = npt.NDArray[np.float32]
"""(H, W, 2) float32 dx, dy."""

MOST_PIXELS = (
    320_000  # the flow of a larger region is computed on a smaller picture: 480 x 360 takes 20 ms each way
)
TRUST_PIXELS = 1.0  # how far there and back may miss: this, and a share of the way
TRUST_SHARE = 0.05
NEAR = 9.0  # a vertex follows the object's trusted pixels within so many pixels around it
LEAST_NEAR = 6  # trusted pixels; with fewer it follows the object as a whole
FLAT = 4.0  # grey levels of deviation below which a look has nothing to correlate
FAR_SHADES = 48.0  # grey levels that make two shades altogether different
LEAST_SIDE = 16  # of a picture that DIS can do something with


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Where pixels go between two pictures of one size.

    Attributes:
        forward: for each pixel of the first picture. backward: for each pixel of the second.
        trusted: (H, W) bool over the first picture.
        before, after: (H, W) float32, grey: each pixel of the first picture, and what is at the end of its way.
    """

    forward: Vectors
    backward: Vectors
    trusted: Mask
    before: npt.NDArray[np.float32]
    after: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """A shape in the second picture. confidence: 0..1, see this file's head."""

    shape: Mask | PolygonGeometry | BoxGeometry | PolylineGeometry
    confidence: float


def flow_between(first: Region, second: Region) -> Flow:
    """Compute the flow between two pictures.

    Raises:
        InvalidInput: they are not (H, W, 3) uint8 of one size.
    """
    check_region(first)
    check_region(second)
    if first.shape != second.shape:
        raise InvalidInput(
            _("the pictures are %(first)s and %(second)s; one size is needed")
            % {"first": first.shape, "second": second.shape}
        )
    height, width = first.shape[:2]
    scale = min(1.0, (MOST_PIXELS / (height * width)) ** 0.5)
    size = (max(LEAST_SIDE, round(width * scale)), max(LEAST_SIDE, round(height * scale)))
    a, b = (_sized(grey_of(one), size) for one in (first, second))
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    forward = _full(method.calc(a, b, None), width, height)  # type: ignore[call-overload]
    backward = _full(method.calc(b, a, None), width, height)  # type: ignore[call-overload]
    before, there = (grey_of(one).astype(np.float32) for one in (first, second))
    after = _sampled(there, _grid(height, width) + forward)
    return Flow(forward, backward, _trusted(forward, backward), before, after)


def _sized(grey: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    if grey.shape[::-1] == size:
        return grey
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _full(flow: Vectors, width: int, height: int) -> Vectors:
    """Vectors of a smaller picture at the region's size, in its pixels."""
    rows, columns = flow.shape[:2]
    if (columns, rows) == (width, height):
        return flow
    large = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large * np.array([width / columns, height / rows]), dtype=np.float32)


def _grid(height: int, width: int) -> Vectors:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([x, y], axis=-1)


def _sampled(values: npt.NDArray[np.float32], at: Vectors) -> npt.NDArray[np.float32]:
    return np.asarray(
        cv2.remap(values, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.float32,
    )


def _trusted(forward: Vectors, backward: Vectors) -> Mask:
    height, width = forward.shape[:2]
    target = _grid(height, width) + forward
    missed = np.linalg.norm(forward + _sampled(backward, target), axis=2)
    way = np.linalg.norm(forward, axis=2)
    inside = ((target >= 0) & (target <= (width - 1, height - 1))).all(axis=2)
    return (missed <= TRUST_PIXELS + TRUST_SHARE * way) & inside


def confidence_of(mask: Mask, flow: Flow) -> float:
    """How sure it is that an object was followed: 0..1; 0 for an empty one."""
    count = int(mask.sum())
    if not count:
        return 0.0
    return float((mask & flow.trusted).sum() / count) * _likeness(flow.before[mask], flow.after[mask])


def _likeness(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    """The correlation of two looks, 0..1; of what is of one shade, how near the shades are."""
    spread = float(a.std()), float(b.std())
    if max(spread) < FLAT:
        return max(0.0, 1.0 - abs(float(a.mean() - b.mean())) / FAR_SHADES)
    if min(spread) < FLAT / 4:
        return 0.0
    return max(0.0, float(np.mean((a - a.mean()) * (b - b.mean()))) / (spread[0] * spread[1]))


def carry_mask(mask: Mask, flow: Flow) -> Carried:
    """Move a mask: each pixel of the second picture asks where it comes from.

    Args:
        mask: (H, W) bool in the first picture.
    """
    height, width = mask.shape
    source = _grid(height, width) + flow.backward
    soft = cv2.remap(
        mask.astype(np.float32),
        source[..., 0],
        source[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0,),
    )
    return Carried(np.asarray(soft) >= 0.5, confidence_of(mask, flow))


def carry_polygons(geometry: PolygonGeometry, flow: Flow) -> Carried:
    """Move every vertex with the object's trusted pixels around it, so that the vertices stay as many as they are."""
    mask = rasterise(geometry, *flow.trusted.shape)
    mover = _Mover(mask, flow)
    polygons: list[Polygon] = [
        tuple(mover.moved(ring).astype(np.float32) for ring in polygon) for polygon in geometry.polygons
    ]
    return Carried(PolygonGeometry(tuple(polygons)), confidence_of(mask, flow))


def carry_box(box: BoxGeometry, flow: Flow) -> Carried:
    """Move and scale a box by the median flow of what is in it.

    Source: Kalal et al. 2010: the median of the displacements, and the median of the ratios of distances between
    points before and after.
    """
    height, width = flow.trusted.shape
    columns = slice(max(0, int(box.x0)), min(width, int(np.ceil(box.x1))))
    rows = slice(max(0, int(box.y0)), min(height, int(np.ceil(box.y1))))
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[rows, columns] = True
    y, x = np.nonzero(mask & flow.trusted)
    confidence = confidence_of(mask, flow)
    if len(x) < LEAST_NEAR:
        return Carried(box, 0.0)
    step = max(1, len(x) // 2000)
    before = np.stack([x, y], axis=1)[::step].astype(np.float64)
    moves = flow.forward[y, x][::step].astype(np.float64)
    dx, dy = np.median(moves, axis=0)
    scale = _scale(before, before + moves)
    centre_x, centre_y = (box.x0 + box.x1) / 2 + dx, (box.y0 + box.y1) / 2 + dy
    half_x, half_y = (box.x1 - box.x0) / 2 * scale, (box.y1 - box.y0) / 2 * scale
    sides = np.array(
        [centre_x - half_x, centre_y - half_y, centre_x + half_x, centre_y + half_y], dtype=np.float32
    )
    return Carried(BoxGeometry(*map(float, sides)), confidence)


def _scale(before: Points, after: Points) -> float:
    """The median ratio of the distances of pairs of points: pairs are drawn alike every time."""
    order = np.random.default_rng(0).permutation(len(before))
    partner = np.roll(order, 1)
    was = np.linalg.norm(before[order] - before[partner], axis=1)
    is_now = np.linalg.norm(after[order] - after[partner], axis=1)
    apart = was >= 4
    return float(np.median(is_now[apart] / was[apart])) if apart.sum() >= LEAST_NEAR else 1.0


def carry_line(points: Points, flow: Flow) -> Carried:
    """Move a line's points with the trusted pixels under and beside it."""
    height, width = flow.trusted.shape
    canvas = np.zeros((height, width), dtype=np.uint8)
    fixed = np.rint((points - 0.5) * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(canvas, [fixed], isClosed=False, color=(1,), thickness=5, shift=4)
    mask = canvas.astype(np.bool_)
    moved = _Mover(mask, flow).moved(points.astype(np.float32))
    return Carried(PolylineGeometry(moved.astype(np.float32)), confidence_of(mask, flow))


class _Mover:
    """Moves points by the median flow of one object's trusted pixels near them."""

    def __init__(self, mask: Mask, flow: Flow) -> None:
        rows, columns = np.nonzero(mask & flow.trusted)
        if len(rows) == 0:
            rows, columns = np.nonzero(mask)
        self._at = np.stack([columns, rows], axis=1).astype(np.float64) + 0.5
        self._moves = flow.forward[rows, columns].astype(np.float64)
        self._all = np.median(self._moves, axis=0) if len(rows) else np.zeros(2)

    def moved(self, points: npt.NDArray[np.float32]) -> Points:
        return points.astype(np.float64) + np.array([self._move(point) for point in points])

    def _move(self, point: npt.NDArray[np.float32]) -> Points:
        distance = np.abs(self._at - point).max(axis=1) if len(self._at) else np.zeros(0)
        near = distance <= NEAR
        return np.median(self._moves[near], axis=0) if near.sum() >= LEAST_NEAR else self._all
