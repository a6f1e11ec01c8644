"""Where a ring crosses itself.

Owns the search for properly crossing edges, fast for the small rings of bulk imports and for rings of many thousand
vertices alike. Does not own the rules for valid shapes (`geometry.validate_polygons`).

Two edges cross properly when each has its ends strictly on both sides of the other. Touching at a point, or running
along each other, is not a crossing.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from annotator.core.document import Ring

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

ALL_PAIRS = 250  # up to this many edges, comparing all pairs at once is faster than sorting them into cells
LEAF = 32  # edges in a cell that are compared all with all
SMALLEST = 1e-9  # of the largest coordinate: float32 vertices lie further apart, so such a cell holds at most one
MAX_PAIRS = 10_000_000  # beyond this many comparisons (2 s, 200 MB) the ring is refused
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


def _separates(points: Floats, i: Ints, j: Ints) -> npt.NDArray[np.bool_]:
    """Say for each pair whether edge i has the ends of edge j strictly on both its sides."""
    ax, ay = points[i].T
    dx, dy = points[i + 1].T
    dx, dy = dx - ax, dy - ay
    px, py = points[j].T
    qx, qy = points[j + 1].T
    return (dx * (py - ay) - dy * (px - ax)) * (dx * (qy - ay) - dy * (qx - ax)) < 0


def _candidates(points: Floats) -> tuple[Ints, Ints]:
    """Give pairs of edges that pass through a common cell of a tree of halved cells: first < second."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = float(np.abs(points).max())
    padding = 1e-12 * scale  # far more than the rounding of a cut, far less than a cell
    edges = np.arange(points.shape[0] - 1)
    cells = np.zeros(edges.size, dtype=np.int64)
    spans = np.tile([0.0, 1.0], (edges.size, 1))  # the part of the edge that lies in the cell
    boxes = np.array([[low, high]])  # (C, 2, 2): each cell's low and high corner
    pairs: list[tuple[Ints, Ints]] = []
    total = 0
    while cells.size:
        counts = np.bincount(cells, minlength=boxes.shape[0])
        done = (counts <= LEAF) | ((boxes[:, 1] - boxes[:, 0]).max(axis=1) < SMALLEST * scale)
        total += int((counts[done] * (counts[done] - 1) // 2).sum())
        if total > MAX_PAIRS:
            raise TooTangled
        leaf = done[cells]
        pairs.append(_pairs_within(cells[leaf], edges[leaf]))
        cells, edges, spans, boxes = _halve(points, cells[~leaf], edges[~leaf], spans[~leaf], boxes, padding)
    return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])


def _pairs_within(cells: Ints, edges: Ints) -> tuple[Ints, Ints]:
    """Give all pairs of edges that share a cell, smaller edge first."""
    order = np.lexsort((edges, cells))
    cells, edges = cells[order], edges[order]
    ends = np.searchsorted(cells, cells, side="right")
    partners = ends - np.arange(cells.size) - 1
    first = np.repeat(np.arange(cells.size), partners)
    second = np.arange(first.size) - np.repeat(np.cumsum(partners) - partners, partners) + first + 1
    return edges[first], edges[second]


def _halve(
    points: Floats, cells: Ints, edges: Ints, spans: Floats, boxes: Floats, padding: float
) -> tuple[Ints, Ints, Floats, Floats]:
    """Cut every cell in two across its longer side, and give each edge to the halves that it passes through."""
    kept, cells = np.unique(cells, return_inverse=True)
    boxes = boxes[kept]
    size = boxes[:, 1] - boxes[:, 0]
    axis = (size[:, 1] > size[:, 0]).astype(np.int64)
    rows = np.arange(boxes.shape[0])
    middle = (boxes[rows, 0, axis] + boxes[rows, 1, axis]) / 2
    lower, upper = boxes.copy(), boxes.copy()
    lower[rows, 1, axis] = middle
    upper[rows, 0, axis] = middle
    begin = points[edges, axis[cells]]
    run = points[edges + 1, axis[cells]] - begin
    with np.errstate(divide="ignore", invalid="ignore"):
        low_part = _cut(begin, run, spans, middle[cells] + padding, run >= 0)
        high_part = _cut(begin, run, spans, middle[cells] - padding, run < 0)
    below, above = low_part[:, 0] <= low_part[:, 1], high_part[:, 0] <= high_part[:, 1]
    return (
        np.concatenate([cells[below], cells[above] + boxes.shape[0]]),
        np.concatenate([edges[below], edges[above]]),
        np.concatenate([low_part[below], high_part[above]]),
        np.concatenate([lower, upper]),
    )


def _cut(begin: Floats, run: Floats, spans: Floats, limit: Floats, keep_start: npt.NDArray[np.bool_]) -> Floats:
    """Shorten the edges' parts to one side of `limit`: where `keep_start`, to the part before it, else after it."""
    at = (limit - begin) / run
    flat = run == 0  # level edges lie wholly on one side: -inf or +inf, both when on the limit itself
    at[flat & (begin == limit)] = np.inf
    parts = spans.copy()
    parts[keep_start, 1] = np.minimum(parts[keep_start, 1], at[keep_start])
    parts[~keep_start, 0] = np.maximum(parts[~keep_start, 0], at[~keep_start])
    return parts
