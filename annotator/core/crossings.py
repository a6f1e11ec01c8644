"""Where a ring crosses itself.

Owns the search for properly crossing edges, fast for the small rings of bulk imports and for rings of many thousand
vertices alike. Does not own the rules for valid shapes (`geometry.validate_polygons`).

Two edges cross properly when each has its ends strictly on both sides of the other. Touching at a point, or running
along each other, is not a crossing.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from annotator.core.document import Ring

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

ALL_PAIRS = 250  # up to this many edges, comparing all pairs at once is faster than sorting them into cells
LEAF = 32  # edges in a cell that are compared all with all
SMALLEST = 1e-9  # of the largest coordinate: float32 vertices lie further apart, so a cell holds at most one
MOST_PIECES = 32  # pieces an edge, on average: edges that lie on each other are cut no finer than this
MAX_PAIRS = 10_000_000  # beyond this many comparisons (2 s, 200 MB) the ring is refused
PADDING = 1e-12  # of the largest coordinate: far more than the rounding of a cut, far less than a cell
CHUNK = 1_000_000  # comparisons made at once


class TooTangled(ValueError):
    """So many edges meet in so few places that the search would take too long."""


def is_simple(ring: Ring) -> bool:
    """Say whether no two edges of the ring cross properly."""
    return not self_intersections(ring)


def self_intersections(ring: Ring) -> list[tuple[int, int]]:
    """Give the pairs (i, j), i < j, of edges that cross properly, sorted; edge i runs from point i to the next.

    Raises:
        TooTangled: over MAX_PAIRS comparisons would be needed.
    """
    count = ring.shape[0]
    if count < 4:
        return []
    points = np.empty((count + 1, 2), dtype=np.float64)
    points[:-1] = ring
    points[-1] = ring[0]
    if count <= ALL_PAIRS:
        return _all_pairs(points)
    first, second = _candidates(points)
    found: set[tuple[int, int]] = set()
    for start in range(0, first.size, CHUNK):
        i, j = first[start : start + CHUNK], second[start : start + CHUNK]
        crossing = _separates(points, i, j) & _separates(points, j, i)
        found.update(zip(i[crossing].tolist(), j[crossing].tolist(), strict=True))
    return sorted(found)


def _all_pairs(points: Floats) -> list[tuple[int, int]]:
    """Compare every edge with every other. points: (N + 1, 2), closed."""
    x, y = points[:, 0], points[:, 1]
    x0, y0 = x[:-1, None], y[:-1, None]
    dx, dy = x[1:, None] - x0, y[1:, None] - y0
    side = dx * (y - y0) - dy * (x - x0)  # (N, N + 1): which side of edge i point k lies on
    separates = side[:, :-1] * side[:, 1:] < 0
    crossing = separates & separates.T
    if not crossing.any():
        return []
    return [(i, j) for i, j in np.argwhere(crossing).tolist() if i < j]


def _separates(points: Floats, i: Ints, j: Ints) -> Bools:
    """Say for each pair whether edge i has the ends of edge j strictly on both its sides."""
    ax, ay = points[i].T
    dx, dy = points[i + 1].T
    dx, dy = dx - ax, dy - ay
    px, py = points[j].T
    qx, qy = points[j + 1].T
    return (dx * (py - ay) - dy * (px - ax)) * (dx * (qy - ay) - dy * (qx - ax)) < 0


class _Pieces(NamedTuple):
    """Edges as they pass through cells: one entry for each edge and cell.

    Attributes:
        cells, edges: (M,) int64 number of the cell and of the edge.
        spans: (M, 2) float64, the part of the edge that lies in the cell: 0 at its first point, 1 at its second.
    """

    cells: Ints
    edges: Ints
    spans: Floats

    def where(self, chosen: Bools) -> _Pieces:
        return _Pieces(self.cells[chosen], self.edges[chosen], self.spans[chosen])


def _candidates(points: Floats) -> tuple[Ints, Ints]:
    """Give pairs of edges that pass through a common cell of a tree of halved cells: first < second."""
    count = points.shape[0] - 1
    scale = float(np.abs(points).max())
    edges = np.arange(count, dtype=np.int64)
    whole = pieces = _Pieces(np.zeros_like(edges), edges, np.tile([0.0, 1.0], (count, 1)))
    everything = count * (count - 1) // 2
    boxes = np.array([[points.min(axis=0), points.max(axis=0)]])  # (C, 2, 2): each cell's low and high corner
    pairs: list[tuple[Ints, Ints]] = []
    total = 0
    while pieces.cells.size:
        counts = np.bincount(pieces.cells, minlength=boxes.shape[0])
        done = (counts <= LEAF) | ((boxes[:, 1] - boxes[:, 0]).max(axis=1) < SMALLEST * scale)
        done |= pieces.cells.size > MOST_PIECES * (count + ALL_PAIRS)
        total += int((counts[done] * (counts[done] - 1) // 2).sum())
        if min(total, everything) > MAX_PAIRS:
            raise TooTangled
        if total > everything:
            return _pairs_within(whole)
        leaf = done[pieces.cells]
        pairs.append(_pairs_within(pieces.where(leaf)))
        pieces, boxes = _halve(points, pieces.where(~leaf), boxes, padding=PADDING * scale)
    return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])


def _pairs_within(pieces: _Pieces) -> tuple[Ints, Ints]:
    """Give all pairs of edges that share a cell, smaller edge first."""
    order = np.lexsort((pieces.edges, pieces.cells))
    cells, edges = pieces.cells[order], pieces.edges[order]
    ends = np.searchsorted(cells, cells, side="right")
    partners = ends - np.arange(cells.size) - 1
    first = np.repeat(np.arange(cells.size), partners)
    second = np.arange(first.size) - np.repeat(np.cumsum(partners) - partners, partners) + first + 1
    return edges[first], edges[second]


def _halve(points: Floats, pieces: _Pieces, boxes: Floats, *, padding: float) -> tuple[_Pieces, Floats]:
    """Cut every cell in two across its longer side, and give each edge to the halves that it passes through."""
    kept, cells = np.unique(pieces.cells, return_inverse=True)
    boxes = boxes[kept]
    size = boxes[:, 1] - boxes[:, 0]
    axis = (size[:, 1] > size[:, 0]).astype(np.int64)
    rows: Ints = np.arange(boxes.shape[0], dtype=np.int64)
    middle = (boxes[rows, 0, axis] + boxes[rows, 1, axis]) / 2
    lower, upper = boxes.copy(), boxes.copy()
    lower[rows, 1, axis] = middle
    upper[rows, 0, axis] = middle
    begin = points[pieces.edges, axis[cells]]
    run = points[pieces.edges + 1, axis[cells]] - begin + 0.0  # no -0.0, whose quotients have the wrong sign
    with np.errstate(divide="ignore", invalid="ignore"):
        before = (middle[cells] + padding - begin) / run
        after = (middle[cells] - padding - begin) / run
    low = _Pieces(cells, pieces.edges, _shorten(pieces.spans, before, run >= 0))
    high = _Pieces(cells + boxes.shape[0], pieces.edges, _shorten(pieces.spans, after, run < 0))
    halves = [half.where(half.spans[:, 0] <= half.spans[:, 1]) for half in (low, high)]
    return _Pieces(*(np.concatenate(parts) for parts in zip(*halves, strict=True))), np.concatenate(
        [lower, upper]
    )


def _shorten(spans: Floats, limit: Floats, keep_start: Bools) -> Floats:
    """Shorten parts of edges at `limit`: to what comes before it where `keep_start`, else to what comes after.

    Edges along the cut have infinite limits, which keep all of them or nothing; right on the padded cut the limit is
    no number, and all is kept.
    """
    limit = np.where(np.isnan(limit), np.where(keep_start, np.inf, -np.inf), limit)
    shorter = spans.copy()
    shorter[keep_start, 1] = np.minimum(spans[keep_start, 1], limit[keep_start])
    shorter[~keep_start, 0] = np.maximum(spans[~keep_start, 0], limit[~keep_start])
    return shorter
