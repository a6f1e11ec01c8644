"""Polygon with holes <-> pixels: the one rasteriser and the one contour tracer, exact inverses of each other.

Owns which pixels a shape covers and which polygons a mask has, bit for bit as `frontend/src/core/raster` does. Does
not own what the result is for (codecs, metrics) nor the run-length form (`rle.py`).

A pixel (col i, row j) belongs to a polygon when its centre (i + 0.5, j + 0.5) is inside by the even-odd rule over all
the rings, top and left edges inclusive. Rings are float32; all arithmetic is float64, in the order written here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from annotator.core import rle
from annotator.core.document import (
    Annotation,
    BoxGeometry,
    Geometry,
    MaskGeometry,
    Polygon,
    PolygonGeometry,
    Ring,
)

Mask: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Crop: TypeAlias = tuple[int, int, Mask]
"""x, y of the top-left pixel, and the (h, w) bool pixels."""

Frame: TypeAlias = tuple[int, int, int, int]
"""x0, y0, x1, y1 in whole pixels, the far sides exclusive."""

STRIP_PIXELS = 16_000_000  # pixels painted at once where an object may cover a large image
MAX_CROSSINGS = 4_000_000  # crossings held at once (about 200 MB); more are done in bands of rows
SHELF = 512  # columns at least of the bitmap on which many masks are traced
NOTHING: Crop = (0, 0, np.zeros((0, 0), dtype=np.bool_))


def rasterise_polygon(polygon: Polygon, height: int, width: int) -> Mask:
    """Give the pixels of one polygon with holes: (height, width) bool."""
    return _place(_crop_polygon(polygon, height, width), height, width)


def rasterise(geometry: Geometry, height: int, width: int) -> Mask:
    """Give the pixels of an object: (height, width) bool, all False for polylines and points."""
    return _place(rasterise_crop(geometry, height, width), height, width)


def rasterise_crop(geometry: Geometry, height: int, width: int) -> Crop:
    """Give the pixels of an object within a box around it, at a cost that doesn't grow with the image.

    Returns:
        x, y and (h, w) bool: a crop inside the image that holds every pixel of the object (not always the smallest
        one); 0 x 0 when the object has no pixels here.
    """
    if isinstance(geometry, PolygonGeometry):
        return _union([_crop_polygon(polygon, height, width) for polygon in geometry.polygons])
    if isinstance(geometry, BoxGeometry):
        return _crop_polygon((box_ring(geometry),), height, width)
    if isinstance(geometry, MaskGeometry):
        x0, y0 = max(geometry.x, 0), max(geometry.y, 0)
        x1, y1 = min(geometry.x + geometry.width, width), min(geometry.y + geometry.height, height)
        if x1 <= x0 or y1 <= y0:
            return NOTHING
        bitmap = bitmap_of(geometry)
        return x0, y0, bitmap[y0 - geometry.y : y1 - geometry.y, x0 - geometry.x : x1 - geometry.x]
    return NOTHING


def box_ring(box: BoxGeometry) -> Ring:
    """Give the box's corners as a ring, clockwise on the screen."""
    x0, y0, x1, y1 = box.x0, box.y0, box.x1, box.y1
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float32)


def _place(crop: Crop, height: int, width: int) -> Mask:
    """Paste a crop into an empty image."""
    x, y, pixels = crop
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return mask


def _union(crops: Sequence[Crop]) -> Crop:
    """Give the union of crops as one crop around them."""
    crops = [crop for crop in crops if crop[2].size]
    if len(crops) <= 1:
        return crops[0] if crops else NOTHING
    x0, y0 = min(x for x, _, _ in crops), min(y for _, y, _ in crops)
    x1 = max(x + pixels.shape[1] for x, _, pixels in crops)
    y1 = max(y + pixels.shape[0] for _, y, pixels in crops)
    union = np.zeros((y1 - y0, x1 - x0), dtype=np.bool_)
    for x, y, pixels in crops:
        union[y - y0 : y - y0 + pixels.shape[0], x - x0 : x - x0 + pixels.shape[1]] |= pixels
    return x0, y0, union


def rasterise_window(geometry: Geometry, height: int, width: int, frame: Frame) -> Mask:
    """Give the pixels of an object within a window of the image, at a cost that goes with the window and the outline.

    Args:
        frame: x0, y0, x1, y1 in whole pixels, inside the image.

    Returns:
        (y1 - y0, x1 - x0) bool: exactly that part of `rasterise`.
    """
    x0, y0, x1, y1 = frame
    if isinstance(geometry, MaskGeometry):
        seen = (x0 - geometry.x, y0 - geometry.y, x1 - geometry.x, y1 - geometry.y)
        if geometry.width == 0 or geometry.height == 0:
            return np.zeros((y1 - y0, x1 - x0), dtype=np.bool_)
        return rle.decode(rle.window(geometry.counts, geometry.height, seen), y1 - y0, x1 - x0)
    polygons: Sequence[Polygon] = ()
    if isinstance(geometry, PolygonGeometry):
        polygons = geometry.polygons
    elif isinstance(geometry, BoxGeometry):
        polygons = ((box_ring(geometry),),)
    mask = np.zeros((y1 - y0, x1 - x0), dtype=np.bool_)
    for polygon in polygons:
        x, y, pixels = _crop_polygon(polygon, height, width, frame)
        if pixels.size:
            mask[y - y0 : y - y0 + pixels.shape[0], x - x0 : x - x0 + pixels.shape[1]] |= pixels
    return mask


def mask_of(geometry: Geometry, height: int, width: int) -> MaskGeometry:
    """Give the object's pixels as run lengths over their box, strip of columns by strip: never all pixels at once."""
    if isinstance(geometry, MaskGeometry):
        return rle.crop(rle.expand(geometry, height, width), height, width)
    x0, y0, x1, y1 = _pixel_box(geometry, height, width)
    starts: list[Ints] = []
    ends: list[Ints] = []
    tall = y1 - y0
    step = max(1, STRIP_PIXELS // max(tall, 1))
    for left in range(x0, x1, step):
        frame = (left, y0, min(x1, left + step), y1)
        first, last = rle.spans(rle.encode(rasterise_window(geometry, height, width, frame)))
        starts.append(first + (left - x0) * tall)
        ends.append(last + (left - x0) * tall)
    if not starts or tall == 0:
        return MaskGeometry(x=0, y=0, width=0, height=0, counts=np.zeros(0, dtype=np.uint32))
    counts = rle.from_spans(np.concatenate(starts), np.concatenate(ends), tall * (x1 - x0))
    found = rle.crop(counts, tall, x1 - x0)
    if found.width == 0:
        return found
    return MaskGeometry(found.x + x0, found.y + y0, found.width, found.height, found.counts)


def _pixel_box(geometry: Geometry, height: int, width: int) -> Frame:
    """Whole pixels around a polygon object or a box, within the image; empty for lines and points."""
    rings: list[Ring] = []
    if isinstance(geometry, PolygonGeometry):
        rings = [ring for polygon in geometry.polygons for ring in polygon]
    elif isinstance(geometry, BoxGeometry):
        rings = [box_ring(geometry)]
    if not rings:
        return (0, 0, 0, 0)
    points = np.concatenate(rings).astype(np.float64)
    low, high = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 1
    x0, y0 = np.clip(low, 0, [width, height]).astype(int).tolist()
    x1, y1 = np.clip(high, 0, [width, height]).astype(int).tolist()
    return (x0, y0, x1, y1)


def _crop_polygon(polygon: Polygon, height: int, width: int, frame: Frame | None = None) -> Crop:
    """Rasterise one polygon, or its part within a frame, into the box of its crossings."""
    left, top, right, bottom = frame or (0, 0, width, height)
    edges = np.concatenate([_ring_edges(ring) for ring in polygon])
    # An edge is crossed in the rows with ya <= row + 0.5 < yb: from the first row with ya <= row + 0.5
    # to before the first with yb <= row + 0.5.
    row_from = np.clip(np.ceil(edges[:, 1] - 0.5), top, bottom).astype(np.int64)
    row_to = np.clip(np.ceil(edges[:, 3] - 0.5), top, bottom).astype(np.int64)
    crossed = row_to > row_from
    edges, row_from, row_to = edges[crossed], row_from[crossed], row_to[crossed]
    if edges.shape[0] == 0:
        return NOTHING
    total = int((row_to - row_from).sum())
    if total <= MAX_CROSSINGS:
        return _fill(*_crossings(edges, row_from, row_to, (left, right)))
    return _union(_bands(edges, row_from, row_to, (left, right), total))


def _bands(edges: Floats, row_from: Ints, row_to: Ints, columns: tuple[int, int], total: int) -> list[Crop]:
    """Rasterise band by band, so that memory stays bounded however wild the polygon."""
    top, bottom = int(row_from.min()), int(row_to.max())
    step = max(1, (bottom - top) * MAX_CROSSINGS // (2 * total))
    crops: list[Crop] = []
    for row in range(top, bottom, step):
        first, last = np.maximum(row_from, row), np.minimum(row_to, row + step)
        here = last > first
        if here.any():
            crops.append(_fill(*_crossings(edges[here], first[here], last[here], columns)))
    return crops


def _ring_edges(ring: Ring) -> Floats:
    """Give a ring's edges in canonical order: (N, 4) float64 xa, ya, xb, yb with ya <= yb."""
    count = ring.shape[0]
    edges = np.empty((count, 4), dtype=np.float64)
    edges[:, :2] = ring
    edges[:-1, 2:] = ring[1:]
    edges[-1, 2:] = ring[0]
    upwards = edges[:, 1] > edges[:, 3]
    edges[upwards] = edges[upwards][:, [2, 3, 0, 1]]
    return edges


def _crossings(edges: Floats, row_from: Ints, row_to: Ints, columns: tuple[int, int]) -> tuple[Ints, Ints]:
    """Give row and column of every toggle: where an edge crosses a row's centre line.

    Args:
        columns: toggles left or right of these lie on them, so that a part of a row is filled as the whole would be.
    """
    counts = row_to - row_from
    edge_of = np.repeat(np.arange(counts.size), counts)
    rows = np.arange(edge_of.size) + np.repeat(row_from - (np.cumsum(counts) - counts), counts)
    xa, ya, xb, yb = edges[edge_of].T
    x = xa + (((rows + 0.5) - ya) * (xb - xa)) / (yb - ya)
    return rows, np.clip(np.ceil(x - 0.5), *columns).astype(np.int64)


def _fill(rows: Ints, columns: Ints) -> Crop:
    """Set the pixels that have an odd number of toggles at or left of them in their row.

    Every row has an even number of toggles, so the rows can be laid end to end: the sorted toggles are the run
    boundaries of the whole crop.
    """
    x0, y0 = int(columns.min()), int(rows.min())
    wide, tall = int(columns.max()) - x0, int(rows.max()) - y0 + 1
    if wide == 0:
        return NOTHING
    bounds = np.empty(rows.size + 2, dtype=np.int64)
    bounds[0], bounds[-1] = 0, wide * tall
    bounds[1:-1] = np.sort((rows - y0) * wide + (columns - x0))
    values = np.arange(bounds.size - 1) % 2 == 1
    return x0, y0, np.repeat(values, np.diff(bounds)).reshape(tall, wide)


def trace(mask: Mask) -> tuple[Polygon, ...]:
    """Give the polygons of a mask, exactly: rasterising them gives the mask back.

    The rings follow pixel edges with the set pixels on the right hand, so outer rings run clockwise on the screen and
    holes counter-clockwise; each starts at its top-most, then left-most vertex, has no collinear vertices and passes
    no vertex twice. One polygon for each 4-connected component, sorted by the component's first pixel in row-major
    order; holes sorted by (y, x) of their start.

    Args:
        mask: (H, W) bool, or any dtype where non-zero means set.
    """
    import cv2  # it takes long to load, and most processes never trace

    padded = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), dtype=np.uint8)
    padded[1:-1, 1:-1] = mask != 0
    labels = np.asarray(cv2.connectedComponents(padded, connectivity=4, ltype=cv2.CV_32S)[1], dtype=np.int32)
    x, y, following, east = _link_edges(padded, labels)
    order, starts = _walk(following)
    points = _ring_points(x, y, east, order, starts)
    heads = order[starts]  # each ring's first horizontal edge: its top-most, then left-most
    outer = east[heads]
    owner = labels[y[2 * heads] + np.where(outer, 1, 0), x[2 * heads] + 1]
    polygons: dict[int, list[Ring]] = {}
    bounds = [*(2 * starts).tolist(), points.shape[0]]
    for k, label in enumerate(owner.tolist()):
        polygons.setdefault(label, []).append(points[bounds[k] : bounds[k + 1]])
    return tuple(tuple(rings) for rings in polygons.values())


def trace_each(masks: Sequence[Mask]) -> list[tuple[Polygon, ...]]:
    """Trace many small masks at once, far quicker than one by one; see `trace`.

    They are put on shelves of one bitmap, a row and a column of nothing between them.
    """
    wide = max((one.shape[1] for one in masks), default=0) + 1
    wide = max(wide, SHELF)
    corners: list[tuple[int, int]] = []
    x = y = high = 0
    for one in masks:
        if x + one.shape[1] > wide:
            x, y, high = 0, y + high + 1, 0
        corners.append((x, y))
        x, high = x + one.shape[1] + 1, max(high, one.shape[0])
    board = np.zeros((y + high, wide), dtype=np.bool_)
    for one, (x, y) in zip(masks, corners, strict=True):
        board[y : y + one.shape[0], x : x + one.shape[1]] = one != 0
    found: list[list[Polygon]] = [[] for _ in masks]
    order = [(y, x) for x, y in corners]
    shelves = sorted({y for y, _ in order})
    for polygon in trace(board):
        left, top = polygon[0].min(axis=0).tolist()
        shelf = shelves[bisect_right(shelves, top) - 1]
        at = bisect_right(order, (shelf, left)) - 1
        corner = np.array(corners[at], dtype=np.float32)
        found[at].append(tuple(ring - corner for ring in polygon))
    return [tuple(polygons) for polygons in found]


def _link_edges(
    padded: npt.NDArray[np.uint8], labels: npt.NDArray[np.int32]
) -> tuple[Ints, Ints, Ints, Mask]:
    """Find the boundary's corners and say which horizontal edge follows which.

    A corner is a lattice point where the boundary turns; where two set pixels touch diagonally it counts twice. In
    row-major order corners 2e and 2e + 1 are the left and right end of horizontal edge e, and in column-major order
    the same holds for the vertical edges.

    Returns:
        x, y: (2E,) int64 of the corners. following: (E,) int64 next edge. east: (E,) bool, edge runs to the right.
    """
    upright = padded[:, 1:] != padded[:, :-1]  # (H + 2, W + 1)
    above, below = upright[:-1], upright[1:]
    diagonal = above & below & (padded[:-1, :-1] != padded[1:, :-1])
    places = np.flatnonzero((above != below) | diagonal)
    twice = diagonal.ravel()[places]
    y, x = np.divmod(np.repeat(places, twice + 1), np.int64(diagonal.shape[1]))
    columns = np.argsort(x.astype(np.uint16) if x.size and x.max() < 65536 else x, kind="stable")
    _order_diagonals(columns, np.repeat(twice, twice + 1), x, y, labels)
    partner = np.empty_like(columns)
    partner[columns[0::2]], partner[columns[1::2]] = columns[1::2], columns[0::2]
    east = padded[y[0::2] + 1, x[0::2] + 1] != 0
    end = 2 * np.arange(east.size, dtype=np.int64) + east
    return x, y, partner[end] // 2, east


def _order_diagonals(columns: Ints, doubled: Mask, x: Ints, y: Ints, labels: npt.NDArray[np.int32]) -> None:
    """Put the double corners in `columns` into the order in which they meet their vertical edges.

    The first of the two in row-major order ends the edge to the left, the second begins the edge to the right; in
    column-major order the first must be the one that turns to the vertical edge above. Two pixels of different
    components keep their own corner. Two pixels of one component swap corners, which splits their ring here.
    """
    at = np.flatnonzero(doubled[columns])[0::2]
    corner = columns[at]
    row, column = y[corner], x[corner]
    falling = labels[row, column] != 0  # the set pixels lie top-left and bottom-right
    one = np.where(falling, labels[row, column], labels[row, column + 1])
    other = np.where(falling, labels[row + 1, column + 1], labels[row + 1, column])
    swapped = at[falling == (one == other)]
    columns[swapped], columns[swapped + 1] = columns[swapped + 1], columns[swapped]


def _walk(following: Ints) -> tuple[Ints, Ints]:
    """Walk every cycle of edges. Returns the edges in walking order, and where in it each ring begins."""
    successor: list[int] = following.tolist()
    visited = bytearray(len(successor))
    order: list[int] = []
    starts: list[int] = []
    for first in range(len(successor)):
        if visited[first]:
            continue
        starts.append(len(order))
        edge = first
        while not visited[edge]:
            visited[edge] = 1
            order.append(edge)
            edge = successor[edge]
    return np.array(order, dtype=np.int64), np.array(starts, dtype=np.int64)


def _ring_points(x: Ints, y: Ints, east: Mask, order: Ints, starts: Ints) -> Ring:
    """Give all rings' vertices one after the other: (2E, 2) float32, each ring from its top-left vertex."""
    if order.size == 0:
        return np.zeros((0, 2), dtype=np.float32)
    head = 2 * order + east[order]  # where the edge ends
    corners = np.empty(2 * order.size, dtype=np.int64)
    corners[0::2], corners[1::2] = 4 * order + 1 - head, head
    sizes = np.diff(np.append(starts, order.size))
    holes = ~east[order[starts]]  # a hole's first edge runs to the left and ends at its start: turn by one
    index = np.arange(corners.size)
    turned = np.repeat(holes, 2 * sizes)
    index[turned] += 1
    last = 2 * (starts + sizes)[holes] - 1
    index[last] = 2 * starts[holes]
    corners = corners[index]
    return np.stack([x[corners], y[corners]], axis=1).astype(np.float32)


def paint_order(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Give the objects that have pixels in the order in which they are painted: by (z, created, id)."""
    painted = [a for a in annotations if isinstance(a.geometry, PolygonGeometry | MaskGeometry | BoxGeometry)]
    return sorted(painted, key=lambda a: (a.z, a.created, str(a.id)))


def label_map(annotations: Iterable[Annotation], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Paint the objects' class indices over each other.

    Returns:
        (height, width) uint8: 0 background, 1..254 classes, 255 void.
    """
    labels = np.zeros((height, width), dtype=np.uint8)
    for annotation in paint_order(annotations):
        x, y, pixels = rasterise_crop(annotation.geometry, height, width)
        window = labels[y : y + pixels.shape[0], x : x + pixels.shape[1]]
        np.copyto(window, np.uint8(annotation.class_index), where=pixels)
    return labels


def instance_map(annotations: Iterable[Annotation], height: int, width: int) -> npt.NDArray[np.int32]:
    """Paint the objects' numbers over each other.

    Returns:
        (height, width) int32: 0 background, k for the k-th object of `paint_order`, from 1.
    """
    numbers = np.zeros((height, width), dtype=np.int32)
    for number, annotation in enumerate(paint_order(annotations), start=1):
        x, y, pixels = rasterise_crop(annotation.geometry, height, width)
        window = numbers[y : y + pixels.shape[0], x : x + pixels.shape[1]]
        np.copyto(window, np.int32(number), where=pixels)
    return numbers


def mask_from_bitmap(bitmap: Mask, x: int = 0, y: int = 0) -> MaskGeometry:
    """Make a mask of a bitmap whose top-left pixel is pixel (x, y) of the image, cropped to what is set."""
    pixels = bitmap if bitmap.dtype == np.bool_ else bitmap != 0
    rows = np.flatnonzero(pixels.any(axis=1))
    columns = np.flatnonzero(pixels.any(axis=0))
    if rows.size == 0:
        return MaskGeometry(x=0, y=0, width=0, height=0, counts=np.zeros(0, dtype=np.uint32))
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    counts = rle.encode(pixels[y0:y1, x0:x1])
    return MaskGeometry(x=x + x0, y=y + y0, width=x1 - x0, height=y1 - y0, counts=counts)


def bitmap_of(mask: MaskGeometry) -> Mask:
    """Give a mask's cropped pixels: (height, width) bool."""
    return rle.decode(mask.counts, mask.height, mask.width)
